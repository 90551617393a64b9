//! Whether the servers do the same: their answers to one request of each workload, compared. Only those that answer as ours does
//! are measured.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::bail;
use serde_json::Value;

use super::cell::Plan;
use super::load::{Loader, Protocol};
use super::servers::{Kind, Servers};

/// Headers whose values are another's in every answer.
const VARYING: [&str; 2] = ["date", "x-request-id"];

/// Who answers what otherwise, by which protocol, and in what.
#[derive(Default)]
pub(super) struct Compared(BTreeMap<(Kind, Protocol, String), String>);

impl Compared {
    /// Whether a server can be measured with a workload.
    pub(super) fn allows(&self, server: Kind, protocol: Protocol, workload: &str) -> bool {
        !self.0.contains_key(&(server, protocol, workload.to_owned()))
    }

    #[cfg(test)]
    pub(super) fn without(server: Kind, protocol: Protocol, workload: &str) -> Self {
        Self([((server, protocol, workload.to_owned()), "another body".to_owned())].into())
    }

    /// What a server is not measured with, and why.
    pub(super) fn left_out(&self, server: Kind) -> Vec<(String, String)> {
        let own = self.0.iter().filter(|((kind, ..), _)| *kind == server);
        own.map(|((_, protocol, workload), difference)| {
            (format!("{workload} by {protocol}"), difference.clone())
        })
        .collect()
    }
}

/// Asks every server once by every protocol.
pub(super) fn compare(servers: &Servers, loader: &Loader<'_>, plan: &Plan) -> anyhow::Result<Compared> {
    let mut compared = Compared::default();
    for protocol in &plan.protocols {
        let mut expected = None;
        for server in servers.all() {
            let mut started = loader.start(server, &[], *protocol)?;
            let answers = loader.answers(&mut started, *protocol, &plan.workloads)?;
            started.stop()?;
            let Some(expected) = &expected else {
                if server.kind != Kind::Ours {
                    bail!("the servers cannot be compared without ours");
                }
                expected = Some(answers);
                continue;
            };
            for workload in &plan.workloads {
                if let Some(mut difference) = difference(&expected[workload], &answers[workload]) {
                    if let Some(cause) = refusal(server.kind, *protocol, &answers[workload]) {
                        difference = format!("{difference}: {cause}");
                    }
                    compared.0.insert((server.kind, *protocol, workload.clone()), difference);
                }
            }
        }
    }
    Ok(compared)
}

/// Why a server refuses whatever comes by a protocol, where that is known.
fn refusal(server: Kind, protocol: Protocol, answer: &Value) -> Option<&'static str> {
    let is_known = server == Kind::OpenapiGenerator && protocol == Protocol::Http2 && answer["status"] == 400;
    is_known.then_some("what is generated wants a header `host`, and HTTP/2 has `:authority` instead")
}

/// In what an answer differs from the expected one.
fn difference(expected: &Value, found: &Value) -> Option<String> {
    if expected["status"] != found["status"] {
        return Some(format!("status {} and not {}", found["status"], expected["status"]));
    }
    if expected["body"] != found["body"] {
        return Some("another body".to_owned());
    }
    let (expected, found) = (headers(expected), headers(found));
    let missing: Vec<_> = expected.difference(&found).map(|(name, _)| format!("no such {name}")).collect();
    let more: Vec<_> = found.difference(&expected).map(|(name, _)| format!("another {name}")).collect();
    let all = [missing, more].concat();
    (!all.is_empty()).then(|| all.join(", "))
}

/// The headers, without the values that vary.
fn headers(answer: &Value) -> BTreeSet<(String, String)> {
    let headers = answer["headers"].as_array().into_iter().flatten();
    let pairs = headers.filter_map(|pair| Some((pair[0].as_str()?.to_lowercase(), pair[1].as_str()?)));
    pairs
        .map(|(name, value)| {
            let value = if VARYING.contains(&name.as_str()) { String::new() } else { value.to_owned() };
            (name, value)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn answer(status: u16, headers: &[(&str, &str)], body: &str) -> Value {
        json!({"status": status, "headers": headers, "body": body})
    }

    #[test]
    fn only_what_varies_by_itself_may_differ() {
        let ours = answer(200, &[("date", "now"), ("x-request-id", "1"), ("content-type", "a")], "b");
        let same = answer(200, &[("Content-Type", "a"), ("Date", "then"), ("x-request-id", "2")], "b");
        assert_eq!(difference(&ours, &same), None);
        for (other, told) in [
            (answer(404, &[], "b"), "status 404 and not 200"),
            (answer(200, &[], "c"), "another body"),
            (answer(200, &[("date", ""), ("x-request-id", "")], "b"), "no such content-type"),
            (
                answer(200, &[("date", ""), ("x-request-id", ""), ("content-type", "b")], "b"),
                "no such content-type, another content-type",
            ),
        ] {
            assert_eq!(difference(&ours, &other).as_deref(), Some(told));
        }
    }

    #[test]
    fn a_refusal_is_explained_only_where_its_cause_is_known() {
        let refused = answer(400, &[], "Header of type `host` was missing");
        assert!(refusal(Kind::OpenapiGenerator, Protocol::Http2, &refused).is_some());
        assert_eq!(refusal(Kind::OpenapiGenerator, Protocol::Http1, &refused), None);
        assert_eq!(refusal(Kind::Axum, Protocol::Http2, &refused), None);
        assert_eq!(refusal(Kind::OpenapiGenerator, Protocol::Http2, &answer(404, &[], "")), None);
    }

    #[test]
    fn a_server_is_left_out_where_it_answers_otherwise_and_nowhere_else() {
        let compared = Compared::without(Kind::Dropshot, Protocol::Http2, "404-path");
        assert!(!compared.allows(Kind::Dropshot, Protocol::Http2, "404-path"));
        for (server, protocol, workload) in [
            (Kind::Dropshot, Protocol::Http2, "list-10-token"),
            (Kind::Dropshot, Protocol::Http1, "404-path"),
            (Kind::Axum, Protocol::Http2, "404-path"),
        ] {
            assert!(compared.allows(server, protocol, workload));
        }
        let told = ("404-path by HTTP/2 with TLS".to_owned(), "another body".to_owned());
        assert_eq!(compared.left_out(Kind::Dropshot), [told]);
    }
}
