//! `token create`, `print`, `inspect`, `list`, `revoke`, `generation`, `revoke-temporary`.

use serde_json::json;

use super::{Home, error_of};

/// Runs `token inspect` on a token and gives its standard output.
fn inspect(home: &Home, token: &str, options: &[&str]) -> String {
    let arguments: Vec<&str> = ["token", "inspect"].iter().chain(options).copied().collect();
    let output = home.command(&arguments).write_stdin(token).output().unwrap();
    assert!(output.status.success(), "{options:?}: {}", error_of(&output));
    String::from_utf8(output.stdout).unwrap()
}

fn inspect_json(home: &Home, token: &str, options: &[&str]) -> serde_json::Value {
    let options: Vec<&str> = options.iter().chain(&["--output", "json"]).copied().collect();
    serde_json::from_str(&inspect(home, token, &options)).unwrap()
}

/// What `--verify` says of each check that failed.
fn failures(home: &Home, token: &str) -> Vec<String> {
    let inspected = inspect_json(home, token, &["--verify"]);
    let checks = inspected["verification"].as_array().unwrap().clone();
    let failed = checks.iter().filter(|check| check["verdict"] == "fails");
    failed
        .map(|check| format!("{}: {}", check["check"].as_str().unwrap(), check["words"].as_str().unwrap()))
        .collect()
}

fn with_alice() -> Home {
    let home = Home::new();
    home.run(&["user", "add", "--id", "alice", "--username", "alice"]);
    home
}

#[test]
fn a_created_token_is_printed_alone_and_can_be_printed_again() {
    let home = with_alice();
    let arguments = [
        "token",
        "create",
        "--subject",
        "usr-alice",
        "--name",
        "laptop",
        "--id",
        "t1",
        "--caveat",
        "time < 1893456000",
    ];
    let printed = home.run(&arguments);
    assert_eq!(printed.lines().count(), 1);
    assert!(printed.trim_end().chars().all(|character| character.is_ascii_alphanumeric()), "{printed}");
    assert_eq!(home.run(&["token", "print", "t1"]), printed);

    let inspected = inspect_json(&home, &printed, &["--at", "1800000000"]);
    assert_eq!(
        inspected,
        json!({
            "id": "t1",
            "identifier": "2/nmd/usr-alice/act/t1",
            "version": 2,
            "persistence": "named",
            "generation": null,
            "subject": "usr-alice",
            "type": { "accessToken": {} },
            "typeInWords": "access token",
            "domain": "localhost",
            "serviceIndication": null,
            "session": { "verdict": "holds", "reason": "bound to no session, and sent without one" },
            "caveats": ["time < 1893456000"],
            "assessment": [{
                "caveat": "time < 1893456000",
                "json": { "type": "time", "validUntil": 1_893_456_000 },
                "words": "valid until 2030-01-01T00:00:00Z, that is in 2 years",
                "verdict": "holds",
                "reason": null,
            }],
            "circumstances": {
                "at": 1_800_000_000,
                "peerIp": null,
                "service": null,
                "consumer": null,
                "session": null,
                "interface": "rest",
            },
        })
    );
}

#[test]
fn inspecting_needs_no_database() {
    let home = with_alice();
    let token = home.run(&[
        "token",
        "create",
        "--subject",
        "usr-alice",
        "--name",
        "laptop",
        "--domain",
        "zone.example",
    ]);
    let elsewhere = Home::new();
    let output = elsewhere.command(&["token", "inspect"]).write_stdin(token).output().unwrap();
    let shown = String::from_utf8(output.stdout).unwrap();
    assert!(shown.contains("subject      usr-alice") && shown.contains("zone.example"), "{shown}");
    assert!(!elsewhere.path("data").exists());
    let output = elsewhere.command(&["token", "inspect"]).write_stdin("nonsense!").output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(error_of(&output).contains("standard input is not a token"), "{}", error_of(&output));
}

#[test]
fn a_list_is_in_the_order_of_names_and_shows_no_secret() {
    let home = with_alice();
    for (id, name, kind) in [
        ("t1", "laptop", "accessToken"),
        ("t2", "Backup", "identityToken"),
        ("t3", "guests", "inviteToken:userJoinGroup:admins"),
    ] {
        home.run(&["token", "create", "--subject", "usr-alice", "--id", id, "--name", name, "--type", kind]);
    }
    assert_eq!(home.run(&["token", "revoke", "t2"]), "revoked token t2\n");
    let listed = home.json(&["token", "list", "--subject", "usr-alice"]);
    let listed = listed.as_array().unwrap();
    let ids: Vec<_> = listed.iter().map(|token| token["id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["t2", "t3", "t1"]);
    assert_eq!(listed[0]["revoked"], true);
    assert_eq!(
        listed[1]["type"],
        json!({ "inviteToken": { "groupId": "admins", "inviteType": "userJoinGroup" } })
    );
    let secret = home.json(&["zone", "export"])["tokens"][0]["secret"].as_str().unwrap().to_owned();
    let shown = home.run(&["token", "list", "--subject", "usr-alice"]);
    assert!(shown.starts_with("ID  NAME    TYPE"), "{shown}");
    assert!(!shown.contains(&secret) && !listed.iter().any(|token| token.to_string().contains(&secret)));
}

#[test]
fn what_cannot_be_created_is_refused_with_the_reason() {
    let home = with_alice();
    home.run(&["token", "create", "--subject", "usr-alice", "--name", "laptop", "--id", "t1"]);
    for (code, arguments, expected) in [
        (
            1,
            &["--subject", "usr-alice", "--name", "laptop"][..],
            "usr-alice has a token named \"laptop\" already",
        ),
        (1, &["--subject", "usr-alice", "--name", "other", "--id", "t1"], "token \"t1\" exists already"),
        (1, &["--subject", "usr-bob", "--name", "laptop"], "subject \"usr-bob\" does not exist"),
        (1, &["--subject", "usr-alice", "--name", "x"], "a token name of 1 characters"),
        (1, &["--subject", "usr-alice", "--name", "ab", "--id", "a/b"], "use ids without slashes"),
        (2, &["--subject", "alice", "--name", "laptop"], "write usr-ID for a user or prv-ID for a provider"),
        (2, &["--subject", "usr-alice", "--name", "ab", "--type", "key"], "write accessToken, identityToken"),
        (
            2,
            &["--subject", "usr-alice", "--name", "ab", "--type", "inviteToken:x:y"],
            "`x` is not an invite type",
        ),
        (2, &["--subject", "usr-alice", "--name", "ab", "--caveat", "soon"], "`soon` is not a caveat"),
        (2, &["--name", "laptop"], "--subject"),
    ] {
        let arguments: Vec<&str> = ["token", "create"].iter().chain(arguments).copied().collect();
        let error = home.fail(code, &arguments);
        assert!(error.contains(expected), "{arguments:?}: {error}");
    }
    assert!(home.fail(1, &["token", "print", "t9"]).contains("token \"t9\" does not exist"));
    assert!(home.fail(1, &["token", "revoke", "t9"]).contains("token \"t9\" does not exist"));
    assert!(
        home.fail(1, &["token", "list", "--subject", "prv-x"]).contains("subject \"prv-x\" does not exist")
    );
}

#[test]
fn a_legacy_token_is_printed_in_its_old_form() {
    let home = with_alice();
    let yaml = "tokens: [{id: old, name: legacy token 1, subject: usr-alice, version: 1, secret: x}]";
    let applied = home.command(&["zone", "apply", "-"]).write_stdin(yaml).output().unwrap();
    assert!(applied.status.success(), "{}", error_of(&applied));
    let token = home.run(&["token", "print", "old"]);
    let inspected =
        home.command(&["token", "inspect", "--output", "json"]).write_stdin(token).output().unwrap();
    let inspected: serde_json::Value = serde_json::from_slice(&inspected.stdout).unwrap();
    assert_eq!((&inspected["id"], &inspected["subject"]), (&json!("old"), &json!(null)));
}

#[test]
fn every_type_of_token_can_be_created_and_is_explained() {
    let home = with_alice();
    for (number, (written, words)) in [
        ("accessToken", "access token"),
        ("identityToken", "identity token"),
        ("inviteToken:userJoinGroup:X", "invite token for a user to join group \"X\""),
        ("inviteToken:groupJoinGroup:X", "invite token for a group to join group \"X\""),
        ("inviteToken:userJoinSpace:X", "invite token for a user to join space \"X\""),
        ("inviteToken:groupJoinSpace:X", "invite token for a group to join space \"X\""),
        ("inviteToken:supportSpace:X", "invite token to grant support for space \"X\""),
        (
            "inviteToken:harvesterJoinSpace:X",
            "invite token for a harvester to become a metadata sink for space \"X\"",
        ),
        ("inviteToken:registerOneprovider:X", "invite token to register a Oneprovider for admin user \"X\""),
        ("inviteToken:userJoinCluster:X", "invite token for a user to join cluster \"X\""),
        ("inviteToken:groupJoinCluster:X", "invite token for a group to join cluster \"X\""),
        ("inviteToken:userJoinHarvester:X", "invite token for a user to join harvester \"X\""),
        ("inviteToken:groupJoinHarvester:X", "invite token for a group to join harvester \"X\""),
        (
            "inviteToken:spaceJoinHarvester:X",
            "invite token for a space to become a metadata source for harvester \"X\"",
        ),
        ("inviteToken:userJoinAtmInventory:X", "invite token for a user to join automation inventory \"X\""),
        (
            r#"{"inviteToken": {"inviteType": "groupJoinAtmInventory", "atmInventoryId": "X"}}"#,
            "invite token for a group to join automation inventory \"X\"",
        ),
    ]
    .into_iter()
    .enumerate()
    {
        let name = format!("token {number}");
        let arguments = ["token", "create", "--subject", "usr-alice", "--name", &name, "--type", written];
        let token = home.run(&arguments);
        let inspected = inspect_json(&home, &token, &[]);
        assert_eq!(inspected["typeInWords"], words, "{written}");
        assert_eq!(failures(&home, &token), Vec::<String>::new(), "{written}");
    }
}

#[test]
fn every_caveat_can_be_given_in_either_form_and_is_explained() {
    let home = with_alice();
    for (number, (serialized, as_json)) in [
        ("time < 1893456000", r#"{"type":"time","validUntil":1893456000}"#),
        ("ip = 10.0.0.0/8|192.0.2.1/32", r#"{"type":"ip","whitelist":["10.0.0.0/8","192.0.2.1/32"]}"#),
        ("asn = 64496", r#"{"type":"asn","whitelist":[64496]}"#),
        ("geo.country = PL|FR", r#"{"type":"geo.country","filter":"whitelist","list":["PL","FR"]}"#),
        ("geo.region != Asia", r#"{"type":"geo.region","filter":"blacklist","list":["Asia"]}"#),
        ("authorization = none", r#"{"scope":"identityToken"}"#),
        ("service = ozw-onezone|opw-*", r#"{"type":"service","whitelist":["ozw-onezone","opw-*"]}"#),
        ("consumer = usr-a|grp-g|prv-*", r#"{"type":"consumer","whitelist":["usr-a","grp-g","prv-*"]}"#),
        ("interface = rest", r#"{"type":"interface","interface":"rest"}"#),
        ("api = ozw/get/token.*.*:*", r#"{"type":"api","whitelist":["ozw/get/token.*.*:*"]}"#),
        ("data.readonly", r#"{"type":"data.readonly"}"#),
        ("data.path = L3NwYWNlMS9kaXI=", r#"{"type":"data.path","whitelist":["L3NwYWNlMS9kaXI="]}"#),
        ("data.objectid = 00000000000CDBDA", r#"{"type":"data.objectid","whitelist":["00000000000CDBDA"]}"#),
    ]
    .into_iter()
    .enumerate()
    {
        let name = format!("token {number}");
        let token = home.run(&[
            "token",
            "create",
            "--subject",
            "usr-alice",
            "--name",
            &name,
            "--caveat",
            serialized,
            "--caveat",
            as_json,
        ]);
        let inspected = inspect_json(&home, &token, &[]);
        assert_eq!(inspected["caveats"], json!([serialized, serialized]));
        assert_eq!(inspected["assessment"][1]["json"].to_string().len(), as_json.len(), "{serialized}");
        assert_eq!(failures(&home, &token), Vec::<String>::new(), "{serialized}");
    }
}

#[test]
fn inspecting_says_which_caveats_hold_and_why_the_others_do_not() {
    let home = with_alice();
    let token = home.run(&[
        "token",
        "create",
        "--subject",
        "usr-alice",
        "--name",
        "laptop",
        "--caveat",
        "time < 1800000000",
        "--caveat",
        "ip = 10.0.0.0/8",
        "--caveat",
        "interface = oneclient",
        "--caveat",
        "consumer = usr-bob",
        "--caveat",
        "service = opw-p|ozw-*",
        "--caveat",
        "api = ozw/delete/token.*.*:*",
    ]);
    let shown = inspect(&home, &token, &["--at", "2027-01-15T07:59:00Z"]);
    for line in [
        "valid until 2027-01-15T08:00:00Z, that is in 60 seconds",
        "depends on the address of the client",
        "does not hold: the interface is rest",
        "does not hold: without a consumer token there is no consumer, not even the subject itself",
        "only when used by the op_worker of p or any oz_worker, and for what such a service needs",
        "depends on the call; deleting the subject's own named tokens is allowed",
    ] {
        assert!(shown.lines().any(|shown| shown.ends_with(line)), "{line}\n{shown}");
    }
    let options = ["--at", "1800000001", "--peer-ip", "::ffff:10.1.2.3", "--interface", "oneclient"];
    let options = [&options[..], &["--consumer", "usr-bob", "--service", "opw-q"]].concat();
    let inspected = inspect_json(&home, &token, &options);
    let verdicts: Vec<_> = inspected["assessment"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (one["verdict"].as_str().unwrap(), one["reason"].as_str().unwrap_or_default()))
        .collect();
    assert_eq!(
        verdicts,
        [
            ("fails", "it has expired"),
            ("holds", ""),
            ("holds", ""),
            ("holds", ""),
            ("fails", "the service is op_worker:q"),
            ("depends", "the call; deleting the subject's own named tokens is allowed"),
        ]
    );
    assert_eq!(inspected["circumstances"]["peerIp"], "10.1.2.3");
}

#[test]
fn the_database_knows_the_groups_of_a_consumer() {
    let home = with_alice();
    home.run(&["group", "add", "--id", "staff", "--name", "Staff", "--user", "alice"]);
    let token = home.run(&[
        "token",
        "create",
        "--subject",
        "usr-alice",
        "--name",
        "laptop",
        "--caveat",
        "consumer = grp-staff|grp-other",
    ]);
    let verdict = |options: &[&str]| inspect_json(&home, &token, options)["assessment"][0]["verdict"].clone();
    assert_eq!(verdict(&["--consumer", "usr-alice"]), "depends");
    assert_eq!(verdict(&["--consumer", "usr-alice", "--verify"]), "holds");
    home.run(&["user", "add", "--id", "bob", "--username", "bob"]);
    assert_eq!(verdict(&["--consumer", "usr-bob", "--verify"]), "fails");
}

#[test]
fn a_temporary_token_leaves_nothing_behind_but_the_secret_of_its_subject() {
    let home = with_alice();
    let generation = || home.json(&["token", "generation", "--subject", "usr-alice"])["generation"].clone();
    assert_eq!(generation(), json!(null));
    assert_eq!(
        home.run(&["token", "generation", "--subject", "usr-alice"]),
        "usr-alice has had no temporary token; the first will be of generation 1\n"
    );
    let create = [
        "token",
        "create",
        "--subject",
        "usr-alice",
        "--temporary",
        "--ttl",
        "1h",
        "--caveat",
        "interface = rest",
    ];
    let token = home.run(&create);
    assert_eq!(generation(), 1);
    assert_eq!(home.json(&["token", "list", "--subject", "usr-alice"]), json!([]));

    let inspected = inspect_json(&home, &token, &[]);
    assert_eq!((&inspected["persistence"], &inspected["generation"]), (&json!("temporary"), &json!(1)));
    let now = inspected["circumstances"]["at"].as_i64().unwrap();
    let until = inspected["assessment"][0]["json"]["validUntil"].as_i64().unwrap();
    assert!((now + 3_590..=now + 3_600).contains(&until), "{now} {until}");
    assert_eq!(inspected["caveats"][1], "interface = rest");
    assert_eq!(failures(&home, &token), Vec::<String>::new());
    let id = inspected["id"].as_str().unwrap();
    assert!(
        home.fail(1, &["token", "print", id])
            .contains("a temporary token is not stored and cannot be printed again")
    );

    assert_eq!(
        home.run(&["token", "revoke-temporary", "--subject", "usr-alice"]),
        "revoked the temporary tokens of usr-alice; the generation is now 2\n"
    );
    assert_eq!(
        failures(&home, &token),
        [
            "generation: revoked: the current generation is 2",
            "signature: the token was not signed with the secret that is stored",
        ]
    );
    let next = home.run(&create);
    assert_eq!(inspect_json(&home, &next, &[])["generation"], 2);
    assert_eq!(failures(&home, &next), Vec::<String>::new());
    assert_eq!(home.json(&["token", "revoke-temporary", "--subject", "usr-alice"])["generation"], 3);
}

#[test]
fn temporary_tokens_are_of_every_type_and_sessions_are_said_not_to_be_kept() {
    let home = with_alice();
    for kind in ["accessToken", "identityToken", "inviteToken:userJoinGroup:g"] {
        let token = home.run(&[
            "token",
            "create",
            "--subject",
            "usr-alice",
            "--temporary",
            "--ttl",
            "30d",
            "--type",
            kind,
        ]);
        assert_eq!(failures(&home, &token), Vec::<String>::new(), "{kind}");
    }
    let bound = [
        "token",
        "create",
        "--subject",
        "usr-alice",
        "--temporary",
        "--ttl",
        "60",
        "--type",
        "accessToken:s1",
    ];
    let output = home.command(&bound).output().unwrap();
    assert!(error_of(&output).contains("this server keeps no sessions"), "{}", error_of(&output));
    let token = String::from_utf8(output.stdout).unwrap();
    for (options, reason) in [
        (&[][..], "bound to a session, and sent without its SID cookie"),
        (&["--session", "s2"], "bound to another session"),
        (&["--session", "s1"], "bound to this session, but this server keeps no sessions"),
    ] {
        let session = inspect_json(&home, &token, options)["session"].clone();
        assert_eq!(session, json!({ "verdict": "fails", "reason": reason }));
    }
    let unbound = home.run(&["token", "create", "--subject", "usr-alice", "--temporary", "--ttl", "60"]);
    let session = inspect_json(&home, &unbound, &["--session", "s1"])["session"].clone();
    assert_eq!(session["reason"], "bound to no session, and refused when sent with a SID cookie");
}

#[test]
fn temporary_tokens_that_cannot_be_are_refused_and_leave_no_secret() {
    let home = with_alice();
    for (code, arguments, expected) in [
        (2, &["--temporary"][..], "--ttl"),
        (2, &["--ttl", "1h"], "--temporary"),
        (2, &["--temporary", "--ttl", "31d"], "2592000 seconds (30d) at most"),
        (2, &["--temporary", "--ttl", "0"], "write at least 1s"),
        (2, &["--temporary", "--ttl", "soon"], "as 3600, 1h or 30d"),
        (2, &["--temporary", "--ttl", "1h", "--name", "laptop"], "cannot be used with"),
        (2, &["--temporary", "--ttl", "1h", "--id", "t1"], "cannot be used with"),
        (
            1,
            &["--temporary", "--ttl", "1h", "--type", "inviteToken:userJoinGroup:a/b"],
            "use ids without slashes",
        ),
    ] {
        let arguments: Vec<&str> =
            ["token", "create", "--subject", "usr-alice"].iter().chain(arguments).copied().collect();
        let error = home.fail(code, &arguments);
        assert!(error.contains(expected), "{arguments:?}: {error}");
    }
    assert_eq!(home.json(&["token", "generation", "--subject", "usr-alice"])["generation"], json!(null));
    let missing = "subject \"usr-bob\" does not exist";
    for arguments in [
        &["token", "create", "--subject", "usr-bob", "--temporary", "--ttl", "1h"][..],
        &["token", "generation", "--subject", "usr-bob"],
        &["token", "revoke-temporary", "--subject", "usr-bob"],
    ] {
        assert!(home.fail(1, arguments).contains(missing), "{arguments:?}");
    }
    let bound = ["token", "create", "--subject", "usr-alice", "--name", "ab", "--type", "accessToken:s"];
    assert!(home.fail(1, &bound).contains("cannot be a named one"));
}

#[test]
fn verification_names_what_is_wrong_with_a_token() {
    let home = with_alice();
    home.run(&["user", "add", "--id", "bob", "--username", "bob"]);
    let create = |id: &str, name: &str| {
        home.run(&["token", "create", "--subject", "usr-alice", "--id", id, "--name", name])
    };
    let token = create("t1", "laptop");
    home.run(&["token", "revoke", "t1"]);
    assert_eq!(failures(&home, &token), ["revoked: the token has been revoked"]);

    let elsewhere = with_alice();
    let foreign =
        elsewhere.run(&["token", "create", "--subject", "usr-alice", "--id", "t2", "--name", "laptop"]);
    assert_eq!(failures(&home, &foreign), ["record: no token with this id is stored"]);
    create("t2", "desktop");
    assert_eq!(
        failures(&home, &foreign),
        ["signature: the token was not signed with the secret that is stored"]
    );

    let yaml = "users: [{id: alice, username: alice, blocked: true}]
tokens: [{id: t2, name: desktop, subject: usr-bob}]";
    let file = home.write("zone.yaml", yaml);
    home.run(&["zone", "apply", super::text(&file)]);
    assert_eq!(
        failures(&home, &foreign),
        [
            "subject: the stored token of this id is one of usr-bob",
            "signature: the token was not signed with the secret that is stored",
        ]
    );
    let third = create("t3", "third");
    assert_eq!(failures(&home, &third), ["blocked: usr-alice is blocked"]);
    let temporary =
        elsewhere.run(&["token", "create", "--subject", "usr-alice", "--temporary", "--ttl", "1h"]);
    assert_eq!(failures(&home, &temporary)[0], "generation: the subject has had no temporary token");

    let nowhere = Home::new();
    let output = nowhere.command(&["token", "inspect", "--verify"]).write_stdin(third).output().unwrap();
    assert!(error_of(&output).contains("there is no database"), "{}", error_of(&output));
}

#[test]
fn neither_secrets_nor_signatures_nor_the_token_itself_are_shown() {
    let home = with_alice();
    let token = home.run(&[
        "token",
        "create",
        "--subject",
        "usr-alice",
        "--name",
        "laptop",
        "--caveat",
        "data.readonly",
    ]);
    home.run(&["token", "create", "--subject", "usr-alice", "--temporary", "--ttl", "1h"]);
    let zone = home.json(&["zone", "export"]);
    let secrets = [&zone["tokens"][0]["secret"], &zone["temporaryTokens"][0]["secret"]]
        .map(|one| one.as_str().unwrap());
    for format in ["table", "json"] {
        let shown = inspect(&home, &token, &["--verify", "--output", format]);
        for secret in secrets {
            assert_eq!(secret.len(), 64);
            assert!(!shown.contains(secret), "{format}");
        }
        assert!(!shown.contains(&token.trim()[..40]), "{format}");
        assert!(!shown.contains(&token.trim()[token.trim().len() - 20..]), "{format}");
    }
    for (input, expected) in [
        (String::new(), "standard input is empty"),
        (format!("X-Auth-Token: {token}"), "without the name of a header"),
        (format!("Bearer {token}"), "without the name of a header"),
        (format!("{token}{token}"), "it has 2 lines; give one token"),
        (token.trim()[..token.trim().len() - 7].to_owned(), "it may be cut off"),
        ("x".repeat(1_048_577), "it is longer than 1048576 bytes"),
    ] {
        let output = home.command(&["token", "inspect"]).write_stdin(input).output().unwrap();
        let error = error_of(&output);
        assert_eq!(output.status.code(), Some(1));
        assert!(error.contains(expected) && !error.contains(&token.trim()[..20]), "{error}");
    }
    let output = home.command(&["token", "inspect"]).write_stdin(&b"\xff\xfe"[..]).output().unwrap();
    assert!(error_of(&output).contains("it is not even text"));
}

#[test]
fn services_that_a_sender_indicates_are_shown() {
    let home = with_alice();
    let token = home.run(&["token", "create", "--subject", "usr-alice", "--name", "laptop"]);
    assert_eq!(inspect_json(&home, &format!("opp-{token}"), &[])["serviceIndication"], "opp");
    assert!(inspect(&home, &format!("opw-{token}"), &[]).contains("service      op_worker"));
}

#[test]
fn help_lists_every_type_and_every_caveat() {
    let home = Home::new();
    let help = home.run(&["token", "create", "--help"]);
    for name in [
        "userJoinGroup",
        "groupJoinGroup",
        "userJoinSpace",
        "groupJoinSpace",
        "supportSpace",
        "harvesterJoinSpace",
        "registerOneprovider",
        "userJoinCluster",
        "groupJoinCluster",
        "userJoinHarvester",
        "groupJoinHarvester",
        "spaceJoinHarvester",
        "userJoinAtmInventory",
        "groupJoinAtmInventory",
        "adminUserId",
        "time < ",
        "ip = ",
        "asn = ",
        "geo.country = ",
        "geo.region != ",
        "service = ",
        "consumer = ",
        "interface = ",
        "api = ",
        "data.readonly",
        "data.path = ",
        "data.objectid = ",
        "authorization = none",
        "--temporary",
        "30d",
    ] {
        assert!(help.contains(name), "{name}\n{help}");
    }
}
