//! The zone that the rows are asked about.

use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use onezone_store::Zone;
use onezone_tokens::password::StoredPasswordHash;
use serde_json::{Value, json};

use crate::mint::secret_of;

/// 2023-11-14T22:13:20Z.
pub(crate) const NOW: i64 = 1_700_000_000;

/// Of every user that has one.
pub(crate) const PASSWORD: &str = "correct horse";

/// What temporary tokens are signed with, in generation 2.
pub(crate) const TEMPORARY_SECRET: &str = "secret of temporary tokens";

static HASH: LazyLock<String> = LazyLock::new(|| hash(PASSWORD));

/// Names that are told by their bytes, and whether the token is revoked; ids in the order of the names.
pub(crate) const LISTED: [(&str, &str, bool); 7] = [
    ("l5", "Root", false),
    ("l1", "a", false),
    ("l7", "a b", false),
    ("l3", "aa", true),
    ("l2", "b", false),
    ("l6", "z", false),
    ("l4", "\u{105}", false),
];

/// A hash as the zone keeps it.
pub(crate) fn hash(password: &str) -> String {
    STANDARD.encode(StoredPasswordHash::create(password, [b'.'; 32]).as_bytes())
}

/// Who everybody is:
///
/// - users: alice and bob, who have privileges that do not matter here; carol, who has `oz_tokens_manage`, and dora, who
///   has it through groups; mallory, who is blocked; nora without a password; otto, who may not use his; colin with
///   colons in it; for the cluster of paris: erin with `cluster_update`, frank with it through groups, gwen with the
///   preset of managers, hugo with `cluster_view`, iris in a group with it; of hierarchies: deep, wide, ring, out;
///   twin, whose id is also a provider's; through spaces, bob, frank, deep and ring are users of paris, and gwen of prague;
/// - providers: paris, prague, twin, louvre with [`LISTED`], and bare without any token;
/// - tokens: everybody's `<name>-token` or `<name>-root`, and some more of alice's and paris'.
pub(crate) fn zone() -> Zone {
    serde_json::from_value(document()).unwrap()
}

/// The same as a document, for what has to be different in it.
pub(crate) fn document() -> Value {
    let names = [
        "alice", "bob", "carol", "dora", "erin", "frank", "gwen", "hugo", "iris", "mallory", "nora", "otto",
        "colin", "deep", "wide", "ring", "out", "twin",
    ];
    let providers = ["paris", "prague", "twin", "louvre"];
    let mut tokens: Vec<Value> =
        names.map(|name| named(&format!("usr-{name}"), &format!("{name}-token"))).into();
    tokens.extend(providers.map(|name| named(&format!("prv-{name}"), &format!("{name}-root"))));
    for (subject, id) in [
        ("usr-alice", "legacy"),
        ("usr-alice", "legacy/with/slashes"),
        ("usr-mallory", "legacy-mallory"),
        ("prv-paris", "legacy-paris"),
    ] {
        let mut token = named(subject, id);
        token["version"] = json!(1);
        tokens.push(token);
    }
    for (subject, id) in [("usr-alice", "alice-revoked"), ("prv-paris", "paris-revoked")] {
        let mut token = named(subject, id);
        token["revoked"] = json!(true);
        tokens.push(token);
    }
    for (id, name, revoked) in LISTED {
        let mut token = named("prv-louvre", id);
        (token["name"], token["revoked"]) = (json!(name), json!(revoked));
        tokens.push(token);
    }
    let secret = |subject: &str| json!({ "subject": subject, "secret": TEMPORARY_SECRET, "generation": 2 });
    let temporary = ["usr-alice", "usr-mallory", "prv-paris", "prv-prague"].map(secret);
    json!({
        "users": names.map(user),
        "groups": groups(),
        "providers": [
            {
                "id": "paris", "name": "Paris", "cluster": {
                    "users": {
                        "erin": ["cluster_update"],
                        "gwen": [
                            "cluster_view", "cluster_add_user", "cluster_remove_user", "cluster_add_group",
                            "cluster_remove_group"
                        ],
                        "hugo": ["cluster_view"],
                    },
                    "groups": {
                        "operators": ["cluster_view", "cluster_update"], "watchers": ["cluster_view"],
                        "depth-0": ["cluster_update"], "top": ["cluster_update"], "ring-a": ["cluster_update"],
                    },
                }
            },
            { "id": "prague", "name": "Prague", "cluster": { "users": { "gwen": ["cluster_update"] } } },
            { "id": "twin", "name": "Twin" },
            { "id": "louvre", "name": "Louvre" },
            { "id": "bare", "name": "Bare" },
        ],
        "spaces": [
            { "id": "lab", "name": "Lab", "users": ["bob"], "groups": ["night"], "providers": ["paris", "twin"] },
            { "id": "field", "name": "Field", "groups": ["depth-0", "ring-a"], "providers": ["paris"] },
            { "id": "far", "name": "Far", "users": ["gwen"], "providers": ["prague"] },
            { "id": "alone", "name": "Alone", "users": ["alice", "erin"], "groups": ["everybody"] },
        ],
        "tokens": tokens,
        "temporaryTokens": temporary,
    })
}

fn groups() -> Vec<Value> {
    let group = |id: &str, groups: Value, users: Value, privileges: Value| json!({ "id": id, "name": id, "groups": groups, "users": users, "privileges": privileges });
    let mut all = vec![
        group("admins", json!(["staff"]), json!([]), json!(["oz_tokens_manage"])),
        group("staff", json!([]), json!(["dora"]), json!([])),
        // Below the administrators by name only: it is the parent.
        group("everybody", json!(["admins"]), json!(["out"]), json!(["oz_users_list"])),
        group("operators", json!(["night"]), json!([]), json!([])),
        group("night", json!([]), json!(["frank"]), json!([])),
        group("watchers", json!([]), json!(["iris"]), json!([])),
        group("top", json!(["left", "right"]), json!([]), json!([])),
        group("left", json!(["bottom"]), json!([]), json!([])),
        group("right", json!(["bottom"]), json!([]), json!([])),
        group("bottom", json!([]), json!(["wide"]), json!([])),
        group("ring-a", json!(["ring-b"]), json!([]), json!([])),
        group("ring-b", json!(["ring-c"]), json!([]), json!([])),
        group("ring-c", json!(["ring-a"]), json!(["ring"]), json!([])),
    ];
    let depth = 12;
    for level in 0..depth {
        let last = level + 1 == depth;
        let groups = if last { json!([]) } else { json!([format!("depth-{}", level + 1)]) };
        let users = if last { json!(["deep"]) } else { json!([]) };
        all.push(group(&format!("depth-{level}"), groups, users, json!([])));
    }
    all
}

fn user(id: &str) -> Value {
    let mut user = json!({ "id": id, "username": format!("{id}.name"), "passwordHash": *HASH });
    match id {
        "alice" => user["privileges"] = json!(["oz_view_privileges"]),
        "bob" => user["privileges"] = json!(["oz_users_delete", "oz_providers_update", "oz_clusters_update"]),
        "carol" => user["privileges"] = json!(["oz_tokens_manage"]),
        "mallory" => user["blocked"] = json!(true),
        "nora" => user["passwordHash"] = Value::Null,
        "otto" => user["basicAuth"] = json!(false),
        "colin" => user["passwordHash"] = json!(hash("a:b::c")),
        _ => {}
    }
    if user["passwordHash"].is_null() {
        user.as_object_mut().unwrap().remove("passwordHash");
    }
    user
}

fn named(subject: &str, id: &str) -> Value {
    let name = format!("name of {id}").replace('/', "_");
    json!({ "id": id, "name": name, "subject": subject, "secret": secret_of(id) })
}
