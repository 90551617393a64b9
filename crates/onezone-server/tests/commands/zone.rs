//! `zone apply`, `zone export`, `zone schema`.

use serde_json::{Value, json};

use super::{Home, text};

pub(crate) const FULL: &str = r#"
users:
  - id: c26bab23d12f7389c3c311caf9c15902
    username: alice
    fullName: Alice Example
    password: correct horse battery
    basicAuth: true
    blocked: false
    privileges: [oz_tokens_manage]
  - username: bob
    basicAuth: false
    privileges: viewer
groups:
  - id: admins
    name: Admins
    privileges: admin
    users: [c26bab23d12f7389c3c311caf9c15902]
    groups: [inner]
  - id: inner
providers:
  - id: 6ebe7ac282e0188b5336b5d8cfa564d5
    name: Cracow
    cluster:
      users:
        c26bab23d12f7389c3c311caf9c15902: admin
      groups:
        admins: [cluster_view, cluster_update]
spaces:
  - id: genome
    name: Genome
    users: [c26bab23d12f7389c3c311caf9c15902]
    groups: [inner]
    providers: [6ebe7ac282e0188b5336b5d8cfa564d5]
  - name: "Without an id"
tokens:
  - id: "00112233445566778899001122334455"
    name: laptop
    subject: usr-c26bab23d12f7389c3c311caf9c15902
    type: accessToken
    secret: 00112233
    caveats: ["time < 1893456000", "interface = rest"]
    revoked: false
  - name: "null"
    subject: prv-6ebe7ac282e0188b5336b5d8cfa564d5
    type: {inviteToken: {inviteType: userJoinGroup, groupId: "yes"}}
    revoked: true
  - id: 1e10
    name: legacy token 1
    subject: prv-6ebe7ac282e0188b5336b5d8cfa564d5
    version: 1
temporaryTokens:
  - subject: usr-c26bab23d12f7389c3c311caf9c15902
    secret: "0011"
    generation: 2
"#;

#[test]
fn a_file_is_applied_once_and_then_changes_nothing() {
    let home = Home::new();
    let file = home.write("zone.yaml", FULL);
    let report = home.json(&["zone", "apply", text(&file)]);
    assert_eq!(report["users"], json!({ "created": 2, "updated": 0, "removed": 0 }));
    assert_eq!((&report["spaces"]["created"], &report["tokens"]["created"]), (&json!(2), &json!(3)));
    let again = home.run(&["zone", "apply", text(&file), "--prune"]);
    assert_eq!(
        again,
        "KIND              CREATED  UPDATED  REMOVED\n\
         users             0        0        0\n\
         groups            0        0        0\n\
         providers         0        0        0\n\
         spaces            0        0        0\n\
         tokens            0        0        0\n\
         temporary tokens  0        0        0\n"
    );
}

#[test]
fn an_export_applied_to_an_empty_database_is_exported_again_to_the_letter() {
    let home = Home::new();
    let file = home.write("zone.yaml", FULL);
    home.run(&["zone", "apply", text(&file)]);
    for format in [&["zone", "export"][..], &["zone", "export", "--output", "json"]] {
        let exported = home.run(format);
        let other = Home::new();
        let applied = other.command(&["zone", "apply", "-"]).write_stdin(exported.clone()).output().unwrap();
        assert!(applied.status.success(), "{}\n{exported}", super::error_of(&applied));
        assert_eq!(other.run(format), exported);
    }
    let exported = home.json(&["zone", "export"]);
    assert_eq!(exported["tokens"][0]["id"], "1e10");
    assert_eq!(exported["tokens"][2]["secret"], "00112233");
    let bob = exported["users"].as_array().unwrap().iter().find(|user| user["username"] == "bob").unwrap();
    assert_eq!(bob["id"].as_str().unwrap().len(), 38, "an id was generated");
    assert!(exported["users"].as_array().unwrap().iter().all(|user| user.get("password").is_none()));
}

#[test]
fn the_keys_of_an_export_are_sorted() {
    fn check(value: &Value) {
        match value {
            Value::Object(object) => {
                let keys: Vec<_> = object.keys().collect();
                assert!(keys.is_sorted(), "{keys:?}");
                object.values().for_each(check);
            }
            Value::Array(values) => values.iter().for_each(check),
            _ => {}
        }
    }
    let home = Home::new();
    let file = home.write("zone.yaml", FULL);
    home.run(&["zone", "apply", text(&file)]);
    check(&home.json(&["zone", "export"]));
}

#[test]
fn pruning_removes_what_the_file_does_not_name() {
    let home = Home::new();
    let file = home.write("zone.yaml", FULL);
    home.run(&["zone", "apply", text(&file)]);
    let less = home.write("less.yaml", "users:\n  - username: alice\n");
    assert_eq!(home.json(&["zone", "apply", text(&less)])["users"]["removed"], 0);
    let report = home.json(&["zone", "apply", text(&less), "--prune"]);
    assert_eq!(report["users"]["removed"], 1);
    assert_eq!(report["tokens"]["removed"], 3);
    let exported = home.json(&["zone", "export"]);
    // The user was found by the name, so the id and the password are what they were.
    assert_eq!(exported["users"][0]["id"], "c26bab23d12f7389c3c311caf9c15902");
    assert!(exported["users"][0]["passwordHash"].is_string());
}

#[test]
fn a_space_without_an_id_is_the_stored_one_of_its_name() {
    let home = Home::new();
    home.write("zone.yaml", "users: [{id: a}]\nspaces: [{name: Genome}, {id: other, name: Atlas}]\n");
    home.run(&["zone", "apply", "zone.yaml"]);
    let ids = || {
        let spaces = home.json(&["zone", "export"])["spaces"].clone();
        let spaces = spaces.as_array().unwrap().iter();
        let mut ids: Vec<_> = spaces.map(|space| (space["name"].clone(), space["id"].clone())).collect();
        ids.sort_by_key(|(name, _)| name.to_string());
        ids
    };
    let before = ids();
    home.write("more.yaml", "users: [{id: a}]\nspaces: [{name: Genome, users: [a]}]\n");
    let report = home.json(&["zone", "apply", "more.yaml"]);
    assert_eq!(report["spaces"], json!({ "created": 0, "updated": 1, "removed": 0 }));
    assert_eq!(ids(), before);
    let report = home.json(&["zone", "apply", "more.yaml", "--prune"]);
    assert_eq!(report["spaces"], json!({ "created": 0, "updated": 0, "removed": 1 }));
    // One entry takes the stored space by its id, so that the other is a new one of the same name.
    let genome = before[1].1.as_str().unwrap();
    home.write("two.yaml", &format!("spaces: [{{id: {genome}, name: Genome}}, {{name: Genome}}]\n"));
    assert_eq!(home.json(&["zone", "apply", "two.yaml"])["spaces"]["created"], 1);
    assert_eq!(ids().len(), 2);
}

#[test]
fn a_password_is_hashed_anew_only_when_it_differs() {
    let home = Home::new();
    let hash = |password: &str| {
        let yaml = format!("users: [{{id: a, username: alice, password: {password}}}]");
        let file = home.write("zone.yaml", &yaml);
        let report = home.json(&["zone", "apply", text(&file)]);
        let exported = home.json(&["zone", "export"]);
        (report["users"]["updated"].clone(), exported["users"][0]["passwordHash"].clone())
    };
    let (_, first) = hash("long enough");
    assert_eq!(hash("long enough"), (json!(0), first.clone()));
    let (updated, second) = hash("another one");
    assert_eq!(updated, 1);
    assert_ne!(first, second);
}

#[test]
fn five_mistakes_are_reported_together_with_their_places_and_nothing_is_written() {
    let home = Home::new();
    let yaml = "users:\n\
                \x20 - id: alice\n\
                \x20   username: a\n\
                \x20   password: short\n\
                \x20   nickname: Al\n\
                tokens:\n\
                \x20 - name: laptop\n\
                \x20   subject: usr-bob\n\
                \x20   caveats: [interface = rest, whenever]\n";
    home.write("zone.yaml", yaml);
    let error = home.fail(1, &["zone", "apply", "zone.yaml"]);
    assert_eq!(
        error,
        "error: zone.yaml has 5 mistakes; nothing was written\n\
         zone.yaml:3: users[0].username: a username of 1 characters: use 2 to 32\n\
         zone.yaml:4: users[0].password: a password of 5 characters: use at least 8\n\
         zone.yaml:5: users[0].nickname: unknown key; known here: `id`, `username`, `fullName`, `password`, \
         `passwordHash`, `basicAuth`, `blocked`, `privileges`\n\
         zone.yaml:8: tokens[0].subject: there is no user with the id `bob`; add it or correct the id\n\
         zone.yaml:9: tokens[0].caveats[1]: `whenever` is not a caveat; write one as `time < 1893456000` or \
         `interface = rest`\n"
    );
    assert_eq!(home.json(&["zone", "export"])["users"], json!([]));
}

#[test]
fn every_kind_of_mistake_has_its_line() {
    let home = Home::new();
    let first = home.write("first.yaml", "users: [{id: u, username: taken}]\ngroups: [{id: up, groups: [down]}, {id: down}]\ntokens: [{id: t, name: held, subject: usr-u}]\n");
    home.run(&["zone", "apply", text(&first)]);
    for (yaml, expected) in [
        ("user: []", "z:1: user: unknown key"),
        ("users:\nusers: []", "z:2: users: `users` is written twice"),
        ("users: x", "z:1: users: a list is expected here"),
        ("users: [x]", "z:1: users[0]: keys with values are expected here"),
        ("users:\n  - fullName: Alice", "z:2: users[0]: a user needs an `id` or a `username`"),
        ("users: [{id: a}, {id: a}]", "users[1].id: the user id `a` is used in line 1 already"),
        (
            "users: [{id: a, username: ab}, {id: b, username: ab}]",
            "users[1].username: the username `ab` is used",
        ),
        ("users: [{id: a, username: taken}]", "users[0].username: the username `taken` belongs to user `u`"),
        ("users: [{id: a, username: a b}]", "users[0].username: ' ' cannot stand at position 2"),
        ("users: [{id: a, blocked: maybe}]", "users[0].blocked: true or false is expected here"),
        ("users: [{id: \"a\\0\"}]", "users[0].id: '\\0' cannot stand at position 2 of a user id"),
        ("users: [{id: [a]}]", "users[0].id: a single text is expected here"),
        ("users: [{id: a, passwordHash: abc}]", "users[0].passwordHash: not a password hash"),
        (
            "users: [{id: a, privileges: root}]",
            "users[0].privileges: `root` is not a preset; write `viewer`, `admin`",
        ),
        (
            "users: [{id: a, privileges: [oz_all]}]",
            "users[0].privileges[0]: `oz_all` is not a zone privilege",
        ),
        ("groups: [{name: nameless}]", "groups[0]: `id` is missing"),
        ("groups: [{id: a, users: [x]}]", "groups[0].users[0]: there is no user with the id `x`"),
        ("groups: [{id: a, groups: [x]}]", "groups[0].groups[0]: there is no group with the id `x`"),
        ("groups: [{id: a, groups: [a]}]", "groups[0].id: a cycle of groups: a -> a; break it"),
        (
            "groups:\n- id: a\n  groups: [b]\n- id: b\n  groups: [a]",
            "z:2: groups[0].id: a cycle of groups: a -> b -> a",
        ),
        ("groups: [{id: down, groups: [up]}]", "a cycle of groups: down -> up -> down"),
        (
            "providers: [{id: p, cluster: {users: {x: admin}}}]",
            "cluster.users.x: there is no user with the id `x`",
        ),
        (
            "providers: [{id: p, cluster: {users: {u: chief}}}]",
            "cluster.users.u: `chief` is not a preset; write `member`",
        ),
        (
            "providers: [{id: p, cluster: {users: {u: [oz_users_list]}}}]",
            "cluster.users.u[0]: `oz_users_list` is not a cluster privilege",
        ),
        ("tokens: [{subject: usr-u}]", "tokens[0]: `name` is missing"),
        ("tokens: [{name: ab, subject: u}]", "tokens[0].subject: \"u\" is not a subject"),
        ("tokens: [{name: ab, subject: prv-p}]", "tokens[0].subject: there is no provider with the id `p`"),
        (
            "tokens: [{name: ab, subject: usr-u}, {name: ab, subject: usr-u}]",
            "tokens[1].name: `usr-u` has a token of this name in line 1",
        ),
        (
            "tokens: [{id: x, name: held, subject: usr-u}]",
            "tokens[0].name: `usr-u` has a token of this name, with the id `t`",
        ),
        (
            "tokens: [{id: x, name: ab, subject: usr-u}, {id: x, name: cd, subject: usr-u}]",
            "tokens[1].id: the token id `x` is used",
        ),
        ("tokens: [{id: a/b, name: ab, subject: usr-u, version: 2}]", "tokens[0]: the token identifier"),
        ("tokens: [{name: ab, subject: usr-u, type: key}]", "tokens[0].type: `\"key\"` is not a token type"),
        (
            "tokens: [{name: ab, subject: usr-u, version: 3}]",
            "tokens[0].version: a token's version is 1 or 2",
        ),
        ("temporaryTokens: [{subject: usr-u}]", "temporaryTokens[0]: `secret` is missing"),
        (
            "temporaryTokens: [{subject: usr-u, secret: x, generation: 0}]",
            "temporaryTokens[0].generation: a generation is",
        ),
        (
            "temporaryTokens: [{subject: usr-u, secret: x}, {subject: usr-u, secret: y}]",
            "temporaryTokens[1].subject: this subject has",
        ),
        ("users: [\n", "not YAML"),
    ] {
        expect_mistake(&home, yaml, expected);
    }
}

#[test]
fn every_kind_of_mistake_about_spaces_has_its_line() {
    let home = Home::new();
    home.write("first", "users: [{id: u}]\nspaces: [{id: s1, name: twin}, {id: s2, name: twin}]\n");
    home.run(&["zone", "apply", "first"]);
    for (yaml, expected) in [
        ("spaces: [{users: [u]}]", "spaces[0]: a space needs an `id` or a `name`"),
        ("spaces: [{id: [s]}]", "spaces[0].id: a single text is expected here"),
        ("spaces: [{id: s}, {id: s}]", "spaces[1].id: the space id `s` is used in line 1 already"),
        ("spaces: [{id: \"a\\0\"}]", "spaces[0].id: '\\0' cannot stand at position 2 of a space id"),
        ("spaces: [{id: s, name: x}]", "spaces[0].name: a space name of 1 characters"),
        (
            "spaces:\n- name: ab\n- name: ab",
            "z:3: spaces[1].name: the space in line 2 has this name and no id",
        ),
        ("spaces: [{id: s, users: [x]}]", "spaces[0].users[0]: there is no user with the id `x`"),
        ("spaces: [{id: s, groups: [x]}]", "spaces[0].groups[0]: there is no group with the id `x`"),
        ("spaces: [{id: s, providers: [x]}]", "spaces[0].providers[0]: there is no provider with the id `x`"),
        ("spaces: [{id: s, providers: {p: x}}]", "spaces[0].providers: a list is expected here"),
        ("spaces: [{id: s, shares: []}]", "spaces[0].shares: unknown key"),
        (
            "spaces: [{name: twin}]",
            "spaces[0].name: there are several spaces of this name, with the ids `s1` and `s2`",
        ),
    ] {
        expect_mistake(&home, yaml, expected);
    }
}

fn expect_mistake(home: &Home, yaml: &str, expected: &str) {
    home.write("z", yaml);
    let error = home.fail(1, &["zone", "apply", "z"]);
    assert!(error.contains(expected), "{yaml}\nexpected: {expected}\n{error}");
    assert!(error.starts_with("error: z has 1 mistake; nothing was written\n"), "{yaml}\n{error}");
}

#[test]
fn mistakes_never_repeat_a_password_or_a_secret() {
    let home = Home::new();
    home.write(
        "z",
        "users: [{id: a, password: hushhus}, {id: b, password: hush-hush, passwordHash: aHVzaA==}]\n\
         tokens: [{name: x, subject: usr-a, secret: hush}]\n",
    );
    let error = home.fail(1, &["zone", "apply", "z"]);
    assert!(
        error.contains("has 4 mistakes") && !error.contains("hush") && !error.contains("aHVz"),
        "{error}"
    );
}

#[test]
fn usernames_may_be_swapped_and_groups_reversed_in_one_file() {
    let home = Home::new();
    let one = home.write("one.yaml", "users: [{id: a, username: left}, {id: b, username: right}]\ngroups: [{id: x, groups: [y]}, {id: y}]\n");
    let two = home.write("two.yaml", "users: [{id: a, username: right}, {id: b, username: left}]\ngroups: [{id: x}, {id: y, groups: [x]}]\n");
    home.run(&["zone", "apply", text(&one)]);
    let report = home.json(&["zone", "apply", text(&two)]);
    assert_eq!((&report["users"]["updated"], &report["groups"]["updated"]), (&json!(2), &json!(2)));
}

#[test]
fn a_token_whose_id_has_a_slash_is_one_of_old() {
    let home = Home::new();
    let token = |rest: &str| {
        format!(
            "users: [{{id: alice}}]\ntokens:\n  - {{id: abc/def, name: old one, subject: usr-alice{rest}}}\n"
        )
    };
    home.write("zone.yaml", &token(""));
    home.run(&["zone", "apply", "zone.yaml"]);
    assert!(home.run(&["zone", "export"]).contains("version: 1"));
    home.write("inspected", &home.run(&["token", "print", "abc/def"]));
    expect_mistake(&home, &token(", version: 2"), ":3: tokens[0]: the token identifier");
}

#[test]
fn an_empty_file_changes_nothing_and_a_missing_one_is_named() {
    let home = Home::new();
    let empty = home.write("empty.yaml", "# nothing yet\n");
    assert_eq!(home.json(&["zone", "apply", text(&empty)])["users"]["created"], 0);
    let error = home.fail(1, &["zone", "apply", "missing.yaml"]);
    assert!(error.starts_with("error: cannot read missing.yaml: "), "{error}");
}

#[test]
fn the_schema_takes_what_apply_takes_and_finds_the_mistakes_that_it_can() {
    let home = Home::new();
    let schema: Value = serde_json::from_str(&home.run(&["zone", "schema"])).unwrap();
    assert!(jsonschema::meta::is_valid(&schema));
    let schema = jsonschema::validator_for(&schema).unwrap();
    let file = home.write("zone.yaml", FULL);
    home.run(&["zone", "apply", text(&file)]);
    let exported = home.json(&["zone", "export"]);
    let problems: Vec<_> = schema.iter_errors(&exported).map(|error| error.to_string()).collect();
    assert_eq!(problems, [""; 0]);
    assert!(schema.is_valid(&json!({})) && schema.is_valid(&json!({ "spaces": [{ "name": "Genome" }] })));
    // Generated ids are hexadecimal and come before `genome`.
    for (pointer, wrong) in [
        ("/spaces/1/users", json!("alice")),
        ("/spaces/1/providers/0", json!("")),
        ("/spaces/1/name", json!(7)),
        ("/groups/0/privileges", json!("root")),
        ("/users/0/username", json!("a b")),
        ("/tokens/0/subject", json!("alice")),
        ("/temporaryTokens/0/generation", json!(0)),
    ] {
        let mut zone = exported.clone();
        *zone.pointer_mut(pointer).unwrap() = wrong;
        assert!(!schema.is_valid(&zone), "{pointer}");
        home.write("wrong.json", &zone.to_string());
        home.fail(1, &["zone", "apply", "wrong.json"]);
    }
    assert!(!schema.is_valid(&json!({ "spaces": [{ "users": [] }] })));
}

/// The schema and the reader are two writings of one thing; this keeps their keys the same.
#[test]
fn the_schema_has_the_keys_that_the_reader_knows() {
    let home = Home::new();
    let schema: Value = serde_json::from_str(&home.run(&["zone", "schema"])).unwrap();
    assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
    let sections = schema["properties"].as_object().unwrap();
    for (section, items) in sections {
        home.write("z", &format!("{section}: [{{no-such-key: 1}}]"));
        let error = home.fail(1, &["zone", "apply", "z"]);
        let (_, known) = error.split_once("unknown key; known here: ").unwrap();
        let known: Vec<&str> =
            known.lines().next().unwrap().split(", ").map(|key| key.trim_matches('`')).collect();
        let listed: Vec<&String> = items["items"]["properties"].as_object().unwrap().keys().collect();
        assert_eq!(listed, known, "{section}");
    }
    home.write("z", "no-such-section: 1");
    let error = home.fail(1, &["zone", "apply", "z"]);
    let sections = sections.keys().map(String::as_str).collect::<Vec<_>>().join("`, `");
    assert!(error.contains(&format!("known here: `{sections}`")), "{error}");
}

#[test]
fn caveats_are_written_as_texts_or_as_objects() {
    let home = Home::new();
    let yaml = r#"
users: [{id: alice}]
tokens:
  - id: t1
    name: laptop
    subject: usr-alice
    caveats:
      - time < 1893456000
      - {type: time, validUntil: 1893456000}
      - {type: asn, whitelist: [64496, 64497]}
      - {type: geo.country, filter: blacklist, list: [NO, "PL"]}
      - {type: data.objectid, whitelist: [1234]}
      - {scope: identityToken}
      - '{"type": "interface", "interface": "rest"}'
"#;
    let file = home.write("zone.yaml", yaml);
    home.run(&["zone", "apply", text(&file)]);
    assert_eq!(
        home.json(&["zone", "export"])["tokens"][0]["caveats"],
        serde_json::json!([
            "time < 1893456000",
            "time < 1893456000",
            "asn = 64496|64497",
            "geo.country != NO|PL",
            "data.objectid = 1234",
            "authorization = none",
            "interface = rest",
        ])
    );
}

#[test]
fn every_caveat_that_cannot_be_read_is_reported_with_its_line() {
    let home = Home::new();
    let yaml = "users: [{id: alice}]
tokens:
  - name: laptop
    subject: usr-alice
    caveats:
      - soon
      - {type: time, validUntil: soon}
      - {type: tiem}
      - [time]
      - {type: ip, type: ip}
      - '{\"type\": \"time\"'
";
    let file = home.write("zone.yaml", yaml);
    let error = home.fail(1, &["zone", "apply", text(&file)]);
    for expected in [
        "has 6 mistakes",
        ":6: tokens[0].caveats[0]: `soon` is not a caveat; write one as `time < 1893456000`",
        ":7: tokens[0].caveats[1]: not a caveat: `validUntil` is \"soon\"",
        ":8: tokens[0].caveats[2]: not a caveat: \"tiem\" is not a type of caveats",
        ":9: tokens[0].caveats[3]: a caveat is expected here",
        ":10: tokens[0].caveats[4]: `type` is written twice",
        ":11: tokens[0].caveats[5]: not a caveat: not JSON",
    ] {
        assert!(error.contains(expected), "{expected}\n{error}");
    }
}
