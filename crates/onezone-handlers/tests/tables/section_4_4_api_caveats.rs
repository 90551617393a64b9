//! Caveats on the API: section 4.4, the whole grammar, for both operations.

use crate::expect::{unknown, unverified};
use crate::mint;
use crate::row::{Row, confined, delete, list, root, run};
use crate::world::World;

const SERVICE: &str = "X-Onedata-Service-Token";

pub(crate) fn rows() -> Vec<Row> {
    [patterns(), unreadable(), several(), services(), precedence()].concat()
}

/// A pattern, whether it allows alice to delete her tokens, and whether it allows erin to list those of paris.
const PATTERNS: [(&str, bool, bool); 62] = [
    ("all/all/*.*.*:*", true, true),
    ("ozw/all/*.*.*:*", true, true),
    ("opw/all/*.*.*:*", false, false),
    ("opp/all/*.*.*:*", false, false),
    ("ozp/all/*.*.*:*", false, false),
    ("ozw/delete/*.*.*:*", true, false),
    ("ozw/get/*.*.*:*", false, true),
    ("all/create/*.*.*:*", false, false),
    ("all/update/*.*.*:*", false, false),
    ("all/all/token.*.*:*", true, true),
    ("all/all/user.*.*:*", false, false),
    ("all/all/provider.*.*:*", false, false),
    ("all/all/oz_worker.*.*:*", false, false),
    ("all/all/file.*.*:*", false, false),
    ("all/all/temporary_token_secret.*.*:*", false, false),
    ("all/all/*.null.*:*", true, true),
    ("all/all/*.self.*:*", false, false),
    ("all/all/*.alice.*:*", false, false),
    ("all/all/*.paris.*:*", false, false),
    ("all/all/*..*:*", false, false),
    ("all/all/*.*.user_named_tokens:*", false, false),
    ("all/all/*.*.provider_named_tokens:*", false, false),
    ("all/all/*.*.user_named_tokens,alice:*", true, false),
    ("all/all/*.*.user_named_tokens,bob:*", false, false),
    ("all/all/*.*.user_named_tokens,ALICE:*", false, false),
    ("all/all/*.*.user_named_tokens,paris:*", false, false),
    ("all/all/*.*.provider_named_tokens,paris:*", false, true),
    ("all/all/*.*.provider_named_tokens,alice:*", false, false),
    ("all/all/*.*.user_named_tokens,*:*", true, false),
    ("all/all/*.*.provider_named_tokens,*:*", false, true),
    ("all/all/*.*.user_named_tokens,:*", false, false),
    ("all/all/*.*.*,*:*", true, true),
    ("all/all/*.*.*,alice:*", true, false),
    ("all/all/*.*.*,paris:*", false, true),
    ("all/all/*.*.,alice:*", false, false),
    ("all/all/*.*.user_temporary_tokens,alice:*", false, false),
    ("all/all/*.*.instance:*", false, false),
    ("all/all/*.*.:*", false, false),
    ("all/all/*.*.*:private", true, true),
    ("all/all/*.*.*:protected", false, false),
    ("all/all/*.*.*:shared", false, false),
    ("all/all/*.*.*:public", false, false),
    ("all/all/*.*.*:auto", false, false),
    ("ozw/delete/token.null.user_named_tokens,alice:private", true, false),
    ("ozw/get/token.null.provider_named_tokens,paris:private", false, true),
    ("ozw/get/token.null.user_named_tokens,alice:private", false, false),
    ("ozw/delete/token.null.provider_named_tokens,paris:private", false, false),
    ("all/delete/token.null.user_named_tokens,*:private", true, false),
    ("opw/delete/token.null.user_named_tokens,alice:private", false, false),
    ("ozw/delete/token.alice.user_named_tokens,alice:private", false, false),
    ("ozw/delete/token.null.user_named_tokens,alice:public", false, false),
    ("ozw/delete/token.null.user_named_tokens:private", false, false),
    ("ozw/delete/user.alice.named_tokens:private", false, false),
    (
        "ozw/delete/token.*.user_named_tokens,alice:*|ozw/get/token.*.provider_named_tokens,paris:*",
        true,
        true,
    ),
    ("opw/all/*.*.*:*|opp/all/*.*.*:*|ozw/all/*.*.*:*", true, true),
    ("opw/all/*.*.*:*|ozw/create/*.*.*:*", false, false),
    ("all/all/onp_host.*.*:*", false, false),
    ("all/all/op_space.*.*:*", false, false),
    ("all/all/handleService.*.*:*", false, false),
    ("all/all/atm_workflow_schema.*.*:*", false, false),
    ("all/all/space_stats.*.*:*", false, false),
    ("all/all/harvester.*.*:*", false, false),
];

fn of_alice(caveats: &[&str]) -> Row {
    delete("4.4", caveats.join(", "), "alice").token(confined("alice", caveats))
}

fn of_erin(caveats: &[&str]) -> Row {
    list("4.4", caveats.join(", "), "paris").token(confined("erin", caveats))
}

fn listed(row: Row) -> Row {
    row.lists(&["legacy-paris", "paris-revoked", "paris-root"])
}

fn patterns() -> Vec<Row> {
    let mut rows = Vec::new();
    for (pattern, deletes, lists) in PATTERNS {
        let caveat = format!("api = {pattern}");
        let (alice, erin) = (of_alice(&[&caveat]), of_erin(&[&caveat]));
        rows.push(if deletes { alice.deleted() } else { alice.refused(unverified(&caveat)) });
        rows.push(if lists { listed(erin) } else { erin.refused(unverified(&caveat)) });
    }
    // A pattern without a scope is one of the private scope, and is told so.
    rows.push(of_alice(&["api = ozw/delete/token.*.user_named_tokens,*"]).deleted());
    rows.push(of_erin(&["api = ozw/delete/*.*.*"]).refused(unverified("api = ozw/delete/*.*.*:private")));
    // The id in the path is the one that counts, decoded.
    let encoded = delete("4.4", "an encoded id", "%61lice")
        .token(confined("alice", &["api = all/all/*.*.user_named_tokens,alice"]));
    rows.push(encoded.deleted());
    rows
}

fn unreadable() -> Vec<Row> {
    let mut rows = Vec::new();
    for pattern in [
        "",
        "all",
        "all/all",
        "all/all/",
        "all/all/*.*.*:*/",
        "/all/all/*.*.*:*",
        "xyz/all/*.*.*:*",
        "ALL/all/*.*.*:*",
        "*/all/*.*.*:*",
        "all/list/*.*.*:*",
        "all/*/*.*.*:*",
        "all//*.*.*:*",
        "all/all/*.*",
        "all/all/*.*.*.*",
        "all/all/*.a.b.*:*",
        "all/all/nothing.*.*:*",
        "all/all/od_user.*.*:*",
        "all/all/.*.*:*",
        "all/all/*.*.*:",
        "all/all/*.*.*:secret",
        "all/all/*.*.*:*:*",
        "all/all/*.*.a,b,c:*",
        "all/all/*.*.*,*,*:*",
        "all/all/*.*.*:*|",
        "|all/all/*.*.*:*",
        "all/all/*.*.*:*|nonsense",
        "all/all/token.null.user_named_tokens,a.b:*",
    ] {
        let caveat = format!("api = {pattern}");
        rows.push(of_alice(&[&caveat]).refused(unknown(&caveat)));
    }
    rows
}

/// Every API caveat must have an entry that matches; the first without one is told.
fn several() -> Vec<Row> {
    let (yes, no, neither) = ("api = ozw/delete/*.*.*:*", "api = ozw/get/*.*.*:*", "api = opw/all/*.*.*:*");
    vec![
        of_alice(&[yes, yes]).deleted(),
        of_alice(&[yes, no]).refused(unverified(no)),
        of_alice(&[no, yes]).refused(unverified(no)),
        of_alice(&[neither, no]).refused(unverified(neither)),
        of_alice(&[no, "time < 1"]).refused(unverified("time < 1")),
        of_alice(&[no, "interface = rest", yes]).refused(unverified(no)),
    ]
}

/// A service caveat confines to what its services need, none of which but Onezone needs these operations.
fn services() -> Vec<Row> {
    let panel = format!("opp-{}", root("paris"));
    let through = |row: Row| row.header(SERVICE, &panel);
    let mut rows = Vec::new();
    for caveat in [
        "service = opp-paris",
        "service = opp-*",
        "service = opw-paris|opp-*",
        "service = opp-paris|ozp-onezone",
    ] {
        rows.push(of_erin(&[caveat]).also("4.4 service").refused(unverified(caveat)));
        rows.push(through(of_erin(&[caveat]).also("4.4 service")).refused(unverified(caveat)));
    }
    for caveat in ["service = opp-paris|ozw-onezone", "service = ozw-elsewhere|opp-*"] {
        rows.push(listed(through(of_erin(&[caveat]))));
    }
    let (api, service) = ("api = ozw/delete/*.*.*:*", "service = opp-paris");
    // API caveats come first, wherever they stand.
    rows.push(through(of_erin(&[service, api])).refused(unverified(api)));
    rows.push(through(of_erin(&[service, "api = all/all/*.*.*:*"])).refused(unverified(service)));
    rows.push(through(of_erin(&["service = ozw-*|opp-*", service])).refused(unverified(service)));
    rows
}

/// Before the right to it, and before whether it exists.
fn precedence() -> Vec<Row> {
    let elsewhere = "api = opw/all/*.*.*:*";
    let refused = |row: Row| row.refused(unverified(elsewhere)).answers("content-type", "application/json");
    let bob = || confined("bob", &[elsewhere]);
    let carol = || confined("carol", &[elsewhere]);
    let paris = || mint::token("2/nmd/prv-paris/act/paris-root", &[elsewhere]);
    vec![
        refused(delete("4.4", "no right", "alice").token(bob())),
        refused(delete("4.4", "no right, nobody", "nowhere").token(bob())),
        refused(delete("4.4", "nobody", "nowhere").token(carol())),
        refused(list("4.4", "no right", "paris").token(bob())),
        refused(list("4.4", "nobody", "nowhere").token(carol())),
        refused(list("4.4", "one's own", "paris").token(paris())),
        refused(delete("4.4", "a provider", "alice").token(paris())),
    ]
}

#[tokio::test]
async fn api_caveats_are_held_against_the_call() {
    run(&World::new().await, &rows()).await;
}
