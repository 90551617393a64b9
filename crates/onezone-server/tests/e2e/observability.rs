//! What the server has counted: exact, in two formats, documented, used by dashboard and alerts, and nothing in it that belongs to
//! anybody.

#![allow(clippy::float_cmp, reason = "counts are whole numbers")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::Value;

use crate::curl::curl;
use crate::fixture::{ALICE, BOB, CAROL};
use crate::observed::{OPEN_METRICS, Observed, Scrape, grown, independently, map, tokens_of_krakow};
use crate::processes::Home;

#[test]
fn both_formats_say_the_same() {
    let home = Home::with_zone();
    let observed = Observed::serve(&home, &[]);
    let open = curl(&["-H", OPEN_METRICS, &format!("{}/metrics", observed.origin)]);
    assert_eq!(open.header("content-type"), "application/openmetrics-text; version=1.0.0; charset=utf-8");
    assert!(open.body.ends_with("\n# EOF\n"));
    let open = Scrape::read(open.body, "openmetrics");
    let plain = observed.get("/metrics");
    assert_eq!(plain.header("content-type"), "text/plain; version=0.0.4; charset=utf-8");
    let plain = Scrape::read(plain.body, "plain");
    assert_eq!(open.names(), plain.names());
    assert_eq!(
        open.samples().into_keys().collect::<Vec<_>>(),
        plain.samples().into_keys().collect::<Vec<_>>()
    );
    for family in &open.families {
        assert!(family["help"].as_str().unwrap().ends_with('.'), "{family}");
    }
    let samples = open.samples();
    let about = samples.keys().find(|name| name.starts_with("onezone_build_info")).unwrap();
    assert!(
        about.contains("backend=sqlite") && about.contains("version=0.1.0") && about.contains("rustc=1.")
    );
    assert_eq!(samples["onezone_ready{}"], 1.0);
    assert!(samples["process_resident_memory_bytes{}"] > 1e6 && samples["process_threads{}"] >= 3.0);
    assert!(samples["process_open_fds{}"] > 5.0 && samples["process_max_fds{}"] > 5.0);
    let age =
        std::time::UNIX_EPOCH.elapsed().unwrap().as_secs_f64() - samples["process_start_time_seconds{}"];
    assert!((0.0..600.0).contains(&age), "{age}");
    observed.server.stop();
}

#[test]
fn every_request_is_counted_once_where_it_belongs() {
    let home = Home::with_zone();
    let token = home.token("alice-token");
    let observed = Observed::serve(&home, &[]);
    let server = &observed.server;
    let before = observed.scrape();
    let list = tokens_of_krakow(server);
    let with_token = format!("X-Auth-Token: {token}");
    for _ in 0..7 {
        curl(&["-H", &with_token, &list]).expect(200);
    }
    for _ in 0..2 {
        curl(&["-u", CAROL, &list]).expect(200);
    }
    curl(&["-u", "carol-login:wrong", &list]).expect_error(401, "unauthorized");
    curl(&["-u", BOB, &list]).expect_error(403, "forbidden");
    curl(&["-H", "X-Auth-Token: garbage", &list]).expect_error(401, "unauthorized");
    curl(&[&list]).expect_error(401, "unauthorized");
    curl(&["-u", CAROL, &format!("{}/providers/nobody/tokens/named", server.base())])
        .expect_error(404, "notFound");
    curl(&[&format!("{}/nowhere", server.base())]).expect_error(404, "notFound");
    curl(&["-X", "BREW", &list]).expect(405);
    let deletion = format!("{}/users/alice/tokens/named", server.base());
    curl(&["-u", ALICE, "-X", "DELETE", &deletion]).expect(204);
    curl(&["-H", &with_token, &list]).expect_error(401, "unauthorized");
    let after = observed.scrape();
    let list = "operation=list_named_tokens_of_provider";
    assert_eq!(
        grown(&before, &after, "onezone_http_requests_total"),
        map([
            (&format!("onezone_http_requests_total{{code=200,{list}}}"), 9.0),
            (&format!("onezone_http_requests_total{{code=401,{list}}}"), 4.0),
            (&format!("onezone_http_requests_total{{code=403,{list}}}"), 1.0),
            (&format!("onezone_http_requests_total{{code=404,{list}}}"), 1.0),
            ("onezone_http_requests_total{code=204,operation=delete_named_tokens_of_user}", 1.0),
            ("onezone_http_requests_total{code=404,operation=none}", 1.0),
            ("onezone_http_requests_total{code=405,operation=none}", 1.0),
        ])
    );
    assert_eq!(
        grown(&before, &after, "onezone_authentications_total"),
        map([
            ("onezone_authentications_total{method=token,result=ok}", 7.0),
            ("onezone_authentications_total{method=token,result=badToken}", 1.0),
            ("onezone_authentications_total{method=token,result=tokenInvalid}", 1.0),
            ("onezone_authentications_total{method=basic,result=ok}", 5.0),
            ("onezone_authentications_total{method=basic,result=badBasicCredentials}", 1.0),
            ("onezone_authentications_total{method=none,result=unauthorized}", 1.0),
        ])
    );
    assert_eq!(
        grown(&before, &after, "onezone_passwords_total"),
        map([
            ("onezone_passwords_total{outcome=right}", 3.0),
            ("onezone_passwords_total{outcome=remembered}", 2.0),
            ("onezone_passwords_total{outcome=wrong}", 1.0),
        ])
    );
    assert_eq!(
        grown(&before, &after, "onezone_http_rejections_total"),
        map([
            ("onezone_http_rejections_total{reason=not_found}", 1.0),
            ("onezone_http_rejections_total{reason=method_not_allowed}", 1.0),
        ])
    );
    assert_eq!(
        grown(&before, &after, "onezone_tokens_deleted"),
        map([("onezone_tokens_deleted_total{}", 6.0)])
    );
    let changes = grown(&before, &after, "onezone_store_operations_total{backend=sqlite,operation=delete");
    let deleted = "onezone_store_operations_total{backend=sqlite,operation=delete_all_tokens,result=ok}";
    assert_eq!(changes, map([(deleted, 1.0)]));
    let durations = grown(&before, &after, &format!("onezone_http_request_duration_seconds_count{{{list}"));
    assert_eq!(durations.into_values().collect::<Vec<_>>(), [15.0]);
    let samples = after.samples();
    assert_eq!((samples["onezone_http_requests_in_flight{}"], samples["onezone_panics_total{}"]), (0.0, 0.0));
    assert_eq!(
        samples["onezone_connections_accepted_total{}"]
            - before.samples()["onezone_connections_accepted_total{}"],
        18.0
    );
    observed.server.stop();
}

/// Names of labels, and the values that each may have.
fn allowed(label: &str, value: &str) -> bool {
    let among = |words: &[&str]| words.contains(&value);
    match label {
        "operation" => among(&[
            "delete_named_tokens_of_user",
            "list_named_tokens_of_provider",
            "none",
            "subject_state",
            "token_for_authentication",
            "legacy_token_for_authentication",
            "token_of_any_subject",
            "user_by_username",
            "even_out",
            "has_zone_privilege",
            "has_cluster_privilege",
            "is_cluster_member",
            "is_user_of_provider",
            "is_group_member",
            "has_direct_group",
            "list_token_ids",
            "delete_all_tokens",
            "ping",
            "other",
        ]),
        "code" => value == "none" || (value.len() == 3 && value.parse::<u16>().is_ok()),
        "method" => among(&["token", "basic", "none"]),
        "result" => among(&[
            "ok",
            "unauthorized",
            "userBlocked",
            "badBasicCredentials",
            "basicAuthDisabled",
            "badToken",
            "badServiceToken",
            "badConsumerToken",
            "tokenInvalid",
            "tokenRevoked",
            "tokenTooLarge",
            "notAnAccessToken",
            "notAnIdentityToken",
            "tokenCaveatUnknown",
            "tokenCaveatUnverified",
            "tokenSubjectInvalid",
            "serviceUnavailable",
            "tokenServiceForbidden",
            "changed",
            "unchanged",
            "failed",
            "not_found",
            "overloaded",
        ]),
        "outcome" => {
            among(&["remembered", "joined", "right", "wrong", "overloaded", "locked", "limited", "broken"])
        }
        "reason" => value.chars().all(|letter| letter.is_ascii_lowercase() || letter == '_'),
        "le" => value == "+Inf" || value.parse::<f64>().is_ok(),
        "queue" => among(&["read", "change"]),
        "backend" => value == "sqlite",
        "version" | "rustc" => value.chars().next().is_some_and(|digit| digit.is_ascii_digit()),
        _ => false,
    }
}

#[test]
fn nothing_that_a_client_sends_is_ever_in_a_label() {
    let home = Home::with_zone();
    let ids = [
        "alice-token",
        "alice-revoked",
        "alice-expired",
        "alice-reads",
        "alice-invites",
        "bob-token",
        "dora-token",
        "p1",
        "p5",
    ];
    let tokens: Vec<String> = ids.iter().map(|id| home.token(id)).collect();
    let observed = Observed::serve(&home, &[]);
    let list = tokens_of_krakow(&observed.server);
    for (token, other) in tokens.iter().zip(tokens.iter().rev()) {
        curl(&["-H", &format!("X-Auth-Token: {token}"), &list]);
        curl(&[
            "-H",
            &format!("Authorization: Bearer {token}"),
            "-H",
            &format!("X-Onedata-Service-Token: {other}"),
            &list,
        ]);
        curl(&[
            "-H",
            &format!("Macaroon: {token}"),
            "-H",
            &format!("X-Onedata-Consumer-Token: {other}"),
            &list,
        ]);
    }
    let secrets =
        ["s3cret-user", "s3cret-password", "s3cret-path", "s3cret-query", "s3cret-method", "s3cret-agent"];
    for (arguments, path) in [
        (vec!["-u", "s3cret-user:s3cret-password"], "/providers/s3cret-path/tokens/named?key=s3cret-query"),
        (vec!["-u", CAROL, "-A", "s3cret-agent"], "/providers/s3cret-path/tokens/named"),
        (vec!["-u", "dora-login:dora's password"], "/providers/krakow/tokens/named"),
        (vec!["-u", "erin-login:erin's password"], "/users/erin/tokens/named"),
        (vec!["-X", "s3cret-method"], "/providers/s3cret-path/tokens/named"),
        (vec!["-H", "X-Request-Id: s3cret-path"], "/s3cret-path/%00%zz"),
        (vec!["-u", ALICE, "-X", "DELETE"], "/users/alice/tokens/named"),
    ] {
        let url = format!("{}{path}", observed.server.base());
        curl(&[&arguments[..], &[&url]].concat());
    }
    let scrape = observed.scrape();
    for family in &scrape.families {
        for sample in family["samples"].as_array().unwrap() {
            for (label, value) in sample[1].as_object().unwrap() {
                assert!(allowed(label, value.as_str().unwrap()), "{label}={value} in {}", sample[0]);
            }
        }
    }
    let people = ["krakow", "alice", "carol", "dora", "erin", "operators", "127.0.0.1"];
    for secret in secrets.iter().chain(&people).copied().chain(tokens.iter().map(String::as_str)) {
        assert!(!scrape.text.contains(secret), "{secret} in {}", scrape.text);
    }
    let probes = observed.get("/readyz?verbose").body + &observed.get("/livez?verbose").body;
    assert!(people.iter().all(|name| !probes.contains(name)), "{probes}");
    observed.server.stop();
}

#[test]
fn every_metric_is_documented_and_dashboards_and_alerts_use_none_that_does_not_exist() {
    let home = Home::with_zone();
    let observed = Observed::serve(&home, &[]);
    curl(&["-u", CAROL, &tokens_of_krakow(&observed.server)]).expect(200);
    let scrape = observed.scrape();
    observed.server.stop();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let read = |path: &str| std::fs::read_to_string(root.join(path)).unwrap();
    let chapter = read("docs/observability.md");
    let rows: BTreeMap<&str, Vec<&str>> = chapter
        .lines()
        .filter(|line| line.starts_with("| `onezone_") || line.starts_with("| `process_"))
        .map(|line| {
            let cells: Vec<&str> = line.trim_matches(['|', ' ']).split(" | ").map(str::trim).collect();
            (cells[0].trim_matches('`'), cells)
        })
        .collect();
    for family in &scrape.families {
        let (name, kind) = (family["name"].as_str().unwrap(), family["type"].as_str().unwrap());
        let name = if kind == "counter" { format!("{name}_total") } else { name.to_owned() };
        let row = rows.get(name.as_str()).unwrap_or_else(|| panic!("{name} is not in docs/observability.md"));
        assert_eq!((row[1], row.len()), (kind, 4), "{name}");
        let labels: BTreeSet<String> = family["samples"]
            .as_array()
            .unwrap()
            .iter()
            .flat_map(|sample| sample[1].as_object().unwrap().keys().cloned())
            .filter(|label| label != "le")
            .collect();
        let documented: BTreeSet<String> = row[2]
            .split(", ")
            .filter(|label| !label.is_empty())
            .map(|label| label.trim_matches('`').to_owned())
            .collect();
        assert!(labels.is_subset(&documented), "{name} has {labels:?} and not only {documented:?}");
    }
    assert_eq!(rows.len(), scrape.families.len(), "a metric is documented that does not exist");

    let names = scrape.names();
    let exists = |name: &str| names.contains(name);
    let mut used = 0;
    for file in ["packaging/grafana/onezone-server.json", "packaging/prometheus/alerts.yaml"] {
        let text = read(file);
        for name in text.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_') {
            if ["onezone_", "process_"].iter().any(|prefix| name.starts_with(prefix)) {
                assert!(exists(name), "{name} in {file} does not exist");
                used += 1;
            }
        }
    }
    assert!(used > 40, "{used}");
    independently("queries", &queries(read).join("\n"));
    // What an alert is about and what to do stands in the chapter, under the alert's own name.
    let alerts = read("packaging/prometheus/alerts.yaml");
    let alerts = alerts.lines().filter_map(|line| line.trim().strip_prefix("- alert: "));
    let mut count = 0;
    for alert in alerts {
        assert!(chapter.contains(&format!("| `{alert}` |")), "{alert} is not in docs/observability.md");
        count += 1;
    }
    let documented = chapter.lines().filter(|line| line.starts_with("| `Onezone")).count();
    assert!(count > 5 && count == documented, "{count} alerts and {documented} documented");
}

/// The queries of the dashboard and the alerts, a line each.
fn queries(read: impl Fn(&str) -> String) -> Vec<String> {
    let alerts: Value = serde_saphyr::from_str(&read("packaging/prometheus/alerts.yaml")).unwrap();
    let rules = alerts["groups"][0]["rules"].as_array().unwrap();
    let mut queries: Vec<String> =
        rules.iter().map(|rule| rule["expr"].as_str().unwrap().to_owned()).collect();
    let dashboard: Value = serde_json::from_str(&read("packaging/grafana/onezone-server.json")).unwrap();
    for panel in dashboard["panels"].as_array().unwrap() {
        // Every panel asks the data source that is chosen at the top.
        for target in panel["targets"].as_array().into_iter().flatten() {
            assert_eq!(target["datasource"]["uid"], "${datasource}", "{panel}");
            queries.push(target["expr"].as_str().unwrap().replace("$__rate_interval", "5m"));
        }
    }
    assert!(queries.len() > 50 && queries.iter().all(|query| !query.contains('\n')), "{queries:?}");
    queries
}
