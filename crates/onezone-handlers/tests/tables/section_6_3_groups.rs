//! Effective privileges: section 6.3, through hierarchies of every shape.

use serde_json::json;
use stubgen_runtime::Options;

use crate::row::{Row, delete, list, run};
use crate::world::{World, settings};
use crate::zone::document;

const OF_PARIS: [&str; 3] = ["legacy-paris", "paris-revoked", "paris-root"];

/// In a cluster: direct members, and members of its groups at any depth.
pub(crate) fn rows() -> Vec<Row> {
    let row = |what: &str, user: &str| list("6.3", what, "paris").user(user);
    let mut rows = vec![
        row("direct", "erin").lists(&OF_PARIS),
        row("a subgroup", "frank").lists(&OF_PARIS),
        row("twelve groups deep", "deep").lists(&OF_PARIS),
        row("two ways", "wide").lists(&OF_PARIS),
        row("a ring", "ring").lists(&OF_PARIS),
        row("direct, without the privilege", "gwen").forbidden(),
        row("a group without the privilege", "iris").forbidden(),
        row("no member", "alice").forbidden(),
        // Privileges are those in that cluster.
        list("6.3", "another cluster", "prague").user("erin").forbidden(),
        list("6.3", "another cluster", "prague").user("gwen").lists(&["prague-root"]),
        list("6.3", "another cluster, through groups", "prague").user("deep").forbidden(),
        list("6.3", "no cluster", "nowhere").user("erin").forbidden(),
        // What a cluster gives is nothing for users.
        delete("6.3", "a privilege of a cluster", "alice").user("erin").forbidden(),
        delete("6.3", "a privilege of a cluster of the same id", "twin").user("gwen").forbidden(),
    ];
    // In the zone: one's own privileges, and those of groups above, not below.
    for (what, user, may) in [
        ("one's own", "carol", true),
        ("of a group above", "dora", true),
        ("of a group below", "out", false),
        ("others", "bob", false),
        ("none", "frank", false),
    ] {
        let row = delete("6.3", what, "alice").user(user);
        rows.push(if may { row.deleted() } else { row.forbidden() });
    }
    rows
}

#[tokio::test]
async fn privileges_come_through_groups_at_any_depth() {
    run(&World::new().await, &rows()).await;
}

#[tokio::test]
async fn privileges_of_the_zone_come_through_groups_of_every_shape() {
    let mut zone = document();
    for group in zone["groups"].as_array_mut().unwrap() {
        if ["depth-0", "left", "ring-b"].contains(&group["id"].as_str().unwrap()) {
            group["privileges"] = json!(["oz_tokens_manage"]);
        }
    }
    for provider in zone["providers"].as_array_mut().unwrap() {
        provider["cluster"] = json!({});
    }
    let world = World::with(serde_json::from_value(zone).unwrap(), settings(), Options::default()).await;
    let mut rows = Vec::new();
    for user in ["deep", "wide", "ring"] {
        rows.push(delete("6.3", "zone", "alice").user(user).deleted());
        rows.push(list("6.3", "zone", "paris").user(user).lists(&OF_PARIS));
        rows.push(delete("6.3", "zone", "nowhere").user(user).not_found());
    }
    for user in ["erin", "frank", "iris"] {
        rows.push(delete("6.3", "zone", "alice").user(user).forbidden());
        rows.push(list("6.3", "without clusters", "paris").user(user).forbidden());
    }
    run(&world, &rows).await;
}
