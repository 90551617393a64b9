//! Whether each caveat of a token holds, and why not, for somebody who looks at it. Unlike verification, this goes
//! on after a caveat that does not hold, and says so where the circumstances do not tell.

use std::net::IpAddr;

use super::authorize::service_needs;
use super::condition::{Purpose, holds, is_supported};
use super::{Consumer, Context, GeoLookup, NoGeo};
use crate::api::ApiCall;
use crate::{Caveat, Interface, Service, Subject, Token, TokenType};

/// What is known about the request that a token would come with.
#[derive(Clone, Copy)]
pub struct Circumstances<'a> {
    /// The time in whole seconds since 1970.
    pub now: i64,
    /// The address at the other end of the connection, if one is given.
    pub peer: Option<IpAddr>,
    /// The interface that the request would come through.
    pub interface: Interface,
    /// The service of a service token; without one, Onezone itself.
    pub service: Option<&'a Service>,
    /// The party of a consumer token.
    pub consumer: Option<&'a Consumer>,
    /// Whether the groups of the consumer are all there.
    pub groups_are_known: bool,
    /// A database of autonomous systems, if one is there.
    pub asn: Option<&'a dyn GeoLookup>,
    /// A database of countries, if one is there.
    pub location: Option<&'a dyn GeoLookup>,
}

impl Circumstances<'_> {
    /// A request to the REST API at this time, of which nothing else is known.
    pub fn rest(now: i64) -> Self {
        Self {
            now,
            peer: None,
            interface: Interface::Rest,
            service: None,
            consumer: None,
            groups_are_known: false,
            asn: None,
            location: None,
        }
    }
}

/// A caveat as a person sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assessment {
    /// The caveat as it stands in the token. Bytes that are not UTF-8 are shown as [`Token::caveats`] shows them.
    pub serialized: String,
    /// The caveat, when it is a known one.
    pub caveat: Option<Caveat>,
    /// What it asks for, in words.
    pub words: String,
    /// Whether it holds.
    pub verdict: Verdict,
}

/// Whether a caveat holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It does.
    Holds,
    /// It does not, for this reason.
    Fails(String),
    /// It depends on this.
    Depends(String),
}

impl Verdict {
    /// One word for it: `holds`, `fails` or `depends`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Holds => "holds",
            Self::Fails(_) => "fails",
            Self::Depends(_) => "depends",
        }
    }

    /// Why it fails, or what it depends on.
    pub fn reason(&self) -> Option<&str> {
        match self {
            Self::Holds => None,
            Self::Fails(reason) | Self::Depends(reason) => Some(reason),
        }
    }
}

/// Every caveat of the token in its order. What holds and what fails here does the same in a verification under these
/// circumstances.
pub fn assess(token: &Token, circumstances: &Circumstances<'_>) -> Vec<Assessment> {
    token
        .caveats()
        .zip(token.are_first_party())
        .map(|(text, is_first_party)| {
            let caveat = Caveat::parse(&text).filter(|_| is_first_party);
            let (words, verdict) = match &caveat {
                Some(caveat) => (words(caveat, circumstances.now), verdict(caveat, token, circumstances)),
                None if is_first_party => (
                    "not a caveat of Onedata".to_owned(),
                    Verdict::Fails("what is not understood is refused".to_owned()),
                ),
                None => (
                    "a third party has to confirm it".to_owned(),
                    Verdict::Fails("Onedata takes no confirmations of third parties".to_owned()),
                ),
            };
            Assessment { serialized: text.into_owned(), caveat, words, verdict }
        })
        .collect()
}

fn words(caveat: &Caveat, now: i64) -> String {
    let Caveat::Time { valid_until } = caveat else { return caveat.words() };
    let distance = span(valid_until.abs_diff(now));
    let words = caveat.words();
    match valid_until.cmp(&now) {
        std::cmp::Ordering::Greater => format!("{words}, that is in {distance}"),
        std::cmp::Ordering::Equal => format!("{words}, that is now"),
        std::cmp::Ordering::Less => format!("{words}, that was {distance} ago"),
    }
}

/// A span of time in the greatest unit of which it has two.
fn span(seconds: u64) -> String {
    const UNITS: [(u64, &str); 4] =
        [(31_556_952, "years"), (86_400, "days"), (3_600, "hours"), (60, "minutes")];
    match UNITS.into_iter().find(|(unit, _)| seconds / unit >= 2) {
        Some((unit, name)) => format!("{} {name}", seconds / unit),
        None if seconds == 1 => "1 second".to_owned(),
        None => format!("{seconds} seconds"),
    }
}

fn verdict(caveat: &Caveat, token: &Token, circumstances: &Circumstances<'_>) -> Verdict {
    let purpose = match token.identifier().token_type() {
        TokenType::Access { .. } => Purpose::Access,
        TokenType::Identity => Purpose::Identity,
        TokenType::Invite { .. } => Purpose::Invitation,
    };
    if !is_supported(caveat, purpose) {
        return Verdict::Fails(unsupported(purpose));
    }
    if let Some(lacking) = lacking(caveat, circumstances) {
        return Verdict::Depends(lacking.to_owned());
    }
    let context = Context {
        now: circumstances.now,
        // Whatever asks for the address was answered above when there is none.
        peer: circumstances.peer.unwrap_or(IpAddr::V4(std::net::Ipv4Addr::UNSPECIFIED)),
        interface: circumstances.interface,
        service: circumstances.service,
        consumer: circumstances.consumer,
        geo: map(caveat, circumstances).unwrap_or(&NoGeo),
        session: None,
    };
    match (holds(caveat, &context), caveat) {
        (true, Caveat::Api(_)) => Verdict::Depends(on_the_call(caveat, token)),
        (true, Caveat::Service(services)) if !services.iter().any(needs_named_tokens) => Verdict::Fails(
            "what these services need does not include any operation on named tokens".to_owned(),
        ),
        (true, _) => Verdict::Holds,
        (false, Caveat::Consumer(consumers)) if depends_on_groups(consumers, circumstances) => {
            Verdict::Depends("the groups of the consumer".to_owned())
        }
        (false, _) => Verdict::Fails(reason(caveat, &context)),
    }
}

fn unsupported(purpose: Purpose) -> String {
    match purpose {
        Purpose::Invitation => "an invite token with this caveat is never accepted",
        Purpose::Identity | Purpose::AccessAsIdentity => {
            "an identity token with this caveat is never accepted"
        }
        Purpose::Access => "an access token with this caveat is never accepted",
    }
    .to_owned()
}

/// The database that the caveat is held against.
fn map<'a>(caveat: &Caveat, circumstances: &Circumstances<'a>) -> Option<&'a dyn GeoLookup> {
    if matches!(caveat, Caveat::Asn(_)) { circumstances.asn } else { circumstances.location }
}

/// What would have to be known first.
fn lacking(caveat: &Caveat, circumstances: &Circumstances<'_>) -> Option<&'static str> {
    let needs_map = matches!(caveat, Caveat::Asn(_) | Caveat::Country(_) | Caveat::Region(_));
    if circumstances.peer.is_none() && (needs_map || matches!(caveat, Caveat::Ip(_))) {
        Some("the address of the client")
    } else if needs_map && map(caveat, circumstances).is_none() {
        Some(
            "where the address of the client is, which takes a geographical database; a server without one \
             refuses the token",
        )
    } else {
        None
    }
}

fn depends_on_groups(consumers: &[Subject], circumstances: &Circumstances<'_>) -> bool {
    let is_user = circumstances.consumer.is_some_and(|consumer| matches!(consumer.subject, Subject::User(_)));
    let names_groups = consumers.iter().any(|consumer| matches!(consumer, Subject::Group(_)));
    is_user && names_groups && !circumstances.groups_are_known
}

fn needs_named_tokens(service: &Service) -> bool {
    let calls = [ApiCall::delete_user_named_tokens(""), ApiCall::list_provider_named_tokens("")];
    calls.iter().any(|call| service_needs(service.service_type, call))
}

/// What an API caveat says about the one operation on the subject's own tokens.
fn on_the_call(caveat: &Caveat, token: &Token) -> String {
    let (what, call) = match token.identifier().subject() {
        Some(Subject::User(id)) => ("deleting", ApiCall::delete_user_named_tokens(id)),
        Some(Subject::Provider(id)) => ("listing", ApiCall::list_provider_named_tokens(id)),
        _ => return "the call".to_owned(),
    };
    let allowed = super::authorize_api(std::slice::from_ref(caveat), &call).is_ok();
    let allowed = if allowed { "allowed" } else { "not allowed" };
    format!("the call; {what} the subject's own named tokens is {allowed}")
}

fn reason(caveat: &Caveat, context: &Context<'_>) -> String {
    match caveat {
        Caveat::Time { .. } => "it has expired".to_owned(),
        Caveat::Ip(_) => format!("the client's address is {}", context.peer),
        Caveat::Asn(_) => match context.geo.asn(context.peer.to_canonical()) {
            Some(number) => format!("{} belongs to the autonomous system {number}", context.peer),
            None => format!("it is not known where {} belongs", context.peer),
        },
        Caveat::Country(_) | Caveat::Region(_) => {
            let location = context.geo.location(context.peer.to_canonical());
            match location.and_then(|location| location.country) {
                Some(country) => format!("{} is in {country}", context.peer),
                None => format!("it is not known where {} is", context.peer),
            }
        }
        Caveat::Service(_) => match context.service {
            Some(service) => format!("the service is {}", service.printable()),
            None => "without a service token the service is oz_worker:onezone".to_owned(),
        },
        Caveat::Consumer(_) => match context.consumer {
            Some(consumer) => format!("the consumer is {}", consumer.subject.printable()),
            None => "without a consumer token there is no consumer, not even the subject itself".to_owned(),
        },
        Caveat::Interface(_) => format!("the interface is {}", context.interface.name()),
        Caveat::DataReadonly | Caveat::DataPath(_) | Caveat::DataObjectId(_) => {
            "only Oneproviders give access to data; Onezone refuses the token".to_owned()
        }
        // Both always hold where they are supported.
        Caveat::Api(_) | Caveat::Scope => String::new(),
    }
}
