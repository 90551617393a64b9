//! What `token inspect` found out, for people and for programs. The shape of the JSON is a promise.

use std::borrow::Cow;

use onezone_tokens::verify::{Assessment, Circumstances, Verdict};
use onezone_tokens::{Identifier, Persistence, ServiceType, Token, TokenType};
use serde_json::{Value, json};

/// The findings about one token.
pub(super) struct Report<'a> {
    pub(super) token: &'a Token,
    pub(super) caveats: Vec<Assessment>,
    pub(super) circumstances: Circumstances<'a>,
    /// The session of the request.
    pub(super) session: Option<&'a str>,
    /// What the database says, when it was asked.
    pub(super) checks: Option<Vec<Check>>,
}

/// One thing that was held against the database.
pub(super) struct Check {
    name: &'static str,
    holds: bool,
    words: String,
}

impl Check {
    pub(super) fn holds(name: &'static str, words: &str) -> Self {
        Self { name, holds: true, words: words.to_owned() }
    }

    pub(super) fn fails(name: &'static str, words: &str) -> Self {
        Self { name, holds: false, words: words.to_owned() }
    }

    fn verdict(&self) -> &'static str {
        if self.holds { "holds" } else { "fails" }
    }
}

impl Report<'_> {
    /// Two columns: what, and its value.
    pub(super) fn rows(&self) -> Vec<Vec<String>> {
        let identifier = self.token.identifier();
        let none = || "-".to_owned();
        let persistence = match identifier.persistence() {
            Persistence::Named => "named".to_owned(),
            Persistence::Temporary { generation } => format!("temporary, generation {generation}"),
        };
        let subject = match identifier.subject() {
            Some(subject) => subject.to_string(),
            None => "only the stored record knows (version 1)".to_owned(),
        };
        let mut rows = vec![
            row("id", identifier.id().to_owned()),
            row("identifier", identifier.to_string()),
            row("persistence", persistence),
            row("subject", subject),
            row("type", identifier.token_type().printable()),
            row("domain", self.token.domain().map_or_else(none, Cow::into_owned)),
            row(
                "service",
                self.token.service_indication().map_or_else(none, |service| service.name().to_owned()),
            ),
        ];
        let (verdict, reason) = self.session_verdict();
        rows.push(row("session", format!("{verdict}: {reason}")));
        for caveat in &self.caveats {
            rows.push(row("caveat", caveat.serialized.clone()));
            rows.push(row("", caveat.words.clone()));
            rows.push(row(
                "",
                match &caveat.verdict {
                    Verdict::Holds => "holds".to_owned(),
                    Verdict::Fails(reason) => format!("does not hold: {reason}"),
                    Verdict::Depends(on) => format!("depends on {on}"),
                },
            ));
        }
        for check in self.checks.iter().flatten() {
            rows.push(row(check.name, format!("{}: {}", check.verdict(), check.words)));
        }
        rows
    }

    /// The same for programs. `caveats` holds the texts, `assessment` what they mean, in the same order.
    pub(super) fn to_json(&self) -> Value {
        let identifier = self.token.identifier();
        let (persistence, generation) = match identifier.persistence() {
            Persistence::Named => ("named", None),
            Persistence::Temporary { generation } => ("temporary", Some(generation)),
        };
        let (verdict, reason) = self.session_verdict();
        let caveats: Vec<&str> = self.caveats.iter().map(|caveat| caveat.serialized.as_str()).collect();
        let mut value = json!({
            "id": identifier.id(),
            "identifier": identifier.to_string(),
            "version": if matches!(identifier, Identifier::V1 { .. }) { 1 } else { 2 },
            "persistence": persistence,
            "generation": generation,
            "subject": identifier.subject().map(ToString::to_string),
            "type": identifier.token_type().to_json(),
            "typeInWords": identifier.token_type().printable(),
            "domain": self.token.domain().map(Cow::into_owned),
            "serviceIndication": self.token.service_indication().map(ServiceType::short_name),
            "session": { "verdict": verdict, "reason": reason },
            "caveats": caveats,
            "assessment": self.caveats.iter().map(assessment).collect::<Vec<_>>(),
            "circumstances": {
                "at": self.circumstances.now,
                "peerIp": self.circumstances.peer.map(|peer| peer.to_string()),
                "service": self.circumstances.service.map(ToString::to_string),
                "consumer": self.circumstances.consumer.map(|consumer| consumer.subject.to_string()),
                "session": self.session,
                "interface": self.circumstances.interface.name(),
            },
        });
        if let Some(checks) = &self.checks {
            let check = |check: &Check| json!({ "check": check.name, "verdict": check.verdict(), "words": check.words });
            value["verification"] = checks.iter().map(check).collect();
        }
        value
    }

    /// Whether the token may come with this session, and why.
    fn session_verdict(&self) -> (&'static str, &'static str) {
        let TokenType::Access { session } = self.token.identifier().token_type() else {
            return ("holds", "tokens of this type have nothing to do with sessions");
        };
        let relayed =
            self.circumstances.service.is_some_and(|service| service.service_type == ServiceType::OpPanel);
        match (session.as_deref(), self.session) {
            (None, Some(_)) if relayed => {
                ("holds", "the panel of a Oneprovider relays requests of any session")
            }
            (None, None) => ("holds", "bound to no session, and sent without one"),
            (None, Some(_)) => ("fails", "bound to no session, and refused when sent with a SID cookie"),
            (Some(_), None) => ("fails", "bound to a session, and sent without its SID cookie"),
            (Some(bound), Some(sent)) if bound != sent => ("fails", "bound to another session"),
            (Some(_), Some(_)) => ("fails", "bound to this session, but this server keeps no sessions"),
        }
    }
}

fn row(name: &str, value: String) -> Vec<String> {
    vec![name.to_owned(), value]
}

fn assessment(assessment: &Assessment) -> Value {
    json!({
        "caveat": assessment.serialized,
        "json": assessment.caveat.as_ref().map(onezone_tokens::Caveat::to_json),
        "words": assessment.words,
        "verdict": assessment.verdict.name(),
        "reason": assessment.verdict.reason(),
    })
}
