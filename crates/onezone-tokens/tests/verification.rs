//! The order of checks, the caveats of every kind against a request, and what tampering leads to.

#![allow(clippy::unwrap_used, reason = "the functions beside the tests belong to them")]

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::sync::atomic::{AtomicUsize, Ordering};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use onezone_tokens::verify::{
    Consumer, Context, Continent, GeoLookup, Location, NoGeo, Record, check_access_type, check_identity_type,
    names_consumer_groups, verify_access, verify_identity,
};
use onezone_tokens::{
    AuthError, Caveat, Identifier, Interface, Limits, OnedataError, Secret, Service, Subject, Token,
};
use sha2::Sha256;

const NOW: i64 = 1_000;
const SECRET: &str = "3d2b1f0e5c4a6978877665544332211000ffeeddccbbaa998877665544332211";

/// One address in Poland, one in Japan, one known only by its country, one only by its continent, and none else.
struct Atlas;

impl GeoLookup for Atlas {
    fn asn(&self, address: IpAddr) -> Option<u32> {
        (address == ip("192.0.2.1")).then_some(64_496)
    }

    fn location(&self, address: IpAddr) -> Option<Location> {
        let (country, continent, in_european_union) = match address.to_string().as_str() {
            "192.0.2.1" => ("PL", Continent::from_code("EU"), true),
            "192.0.2.2" => ("JP", Continent::from_code("AS"), false),
            "192.0.2.3" => ("XX", None, false),
            "192.0.2.4" => ("", Continent::from_code("EU"), false),
            _ => return None,
        };
        let country = (!country.is_empty()).then(|| country.to_owned());
        Some(Location { country, continent, in_european_union })
    }
}

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

fn secret() -> Secret {
    Secret::new(SECRET)
}

fn user() -> Subject {
    Subject::User("u".to_owned())
}

fn context<'a>() -> Context<'a> {
    Context::rest(NOW, ip("192.0.2.1"), &Atlas)
}

fn token(identifier: &str, caveats: &[&str]) -> Token {
    let caveats: Vec<Caveat> = caveats.iter().map(|text| Caveat::parse(text).unwrap()).collect();
    Token::mint("onezone.example.com", &Identifier::parse(identifier).unwrap(), &caveats, &secret()).unwrap()
}

/// The same token with another signature.
fn forged(identifier: &str, caveats: &[&str]) -> Token {
    let caveats: Vec<Caveat> = caveats.iter().map(|text| Caveat::parse(text).unwrap()).collect();
    Token::mint("d", &Identifier::parse(identifier).unwrap(), &caveats, &Secret::new("guess")).unwrap()
}

fn packets(parts: &[(&str, &[u8])]) -> Token {
    let mut bytes = Vec::new();
    for (key, value) in parts {
        bytes.extend_from_slice(format!("{:04x}{key} ", key.len() + value.len() + 6).as_bytes());
        bytes.extend_from_slice(value);
        bytes.push(b'\n');
    }
    Token::decode(&URL_SAFE_NO_PAD.encode(bytes).replace('0', "00"), &Limits::default()).unwrap()
}

fn id<T: std::fmt::Debug>(outcome: Result<T, AuthError>) -> &'static str {
    outcome.map_or_else(|error| error.id(), |_| "valid")
}

fn named(token: &Token, context: &Context<'_>) -> &'static str {
    id(verify_access(token, &Record::Named { subject: &user(), secret: &secret(), revoked: false }, context))
}

#[test]
fn the_type_is_checked_before_the_record() {
    for (identifier, error) in [
        ("2/nmd/usr-u/idn/i", "notAnAccessToken"),
        ("2/nmd/usr-u/ujg:g:/i", "notAnAccessToken"),
        ("2/tmp-0/nobody/idn/i", "notAnAccessToken"),
    ] {
        let token = token(identifier, &["time < 1"]);
        assert_eq!(id(check_access_type(&token)), error, "{identifier}");
        assert_eq!(id(verify_access(&token, &Record::Absent, &context())), error, "{identifier}");
    }
    for (identifier, outcome) in [
        ("2/nmd/usr-u/act/i", "valid"),
        ("2/nmd/usr-u/idn/i", "valid"),
        ("v1", "valid"),
        ("2/nmd/usr-u/act:s/i", "notAnIdentityToken"),
        ("2/nmd/usr-u/ujg:g:/i", "notAnIdentityToken"),
    ] {
        let token = token(identifier, &["time < 1"]);
        assert_eq!(id(check_identity_type(&token)), outcome, "{identifier}");
        if outcome != "valid" {
            assert_eq!(id(verify_identity(&token, &Record::Absent, &context())), outcome, "{identifier}");
        }
    }
}

#[test]
fn the_record_of_a_named_token_is_checked_before_caveats_and_signature() {
    let forged = forged("2/nmd/usr-u/act/i", &["time < 1"]);
    let (user, other, same_id, secret) =
        (user(), Subject::User("v".to_owned()), Subject::Provider("u".to_owned()), secret());
    let temporary = Record::Temporary { secret: &secret, generation: 1 };
    for (record, error) in [
        (Record::Absent, "tokenInvalid"),
        (temporary, "tokenInvalid"),
        (Record::Named { subject: &other, secret: &secret, revoked: true }, "tokenRevoked"),
        (Record::Named { subject: &other, secret: &secret, revoked: false }, "tokenSubjectInvalid"),
        (Record::Named { subject: &same_id, secret: &secret, revoked: false }, "tokenSubjectInvalid"),
        (Record::Named { subject: &user, secret: &secret, revoked: false }, "tokenCaveatUnverified"),
    ] {
        assert_eq!(id(verify_access(&forged, &record, &context())), error, "{record:?}");
    }
}

#[test]
fn the_generation_of_a_temporary_token_is_checked_before_caveats_and_signature() {
    let secret = secret();
    for (generation, current, error) in [
        (1, 2, "tokenRevoked"),
        (3, 2, "tokenInvalid"),
        (2, 2, "tokenCaveatUnverified"),
        (-1, 1, "tokenRevoked"),
    ] {
        let forged = forged(&format!("2/tmp-{generation}/usr-u/act/i"), &["time < 1"]);
        let record = Record::Temporary { secret: &secret, generation: current };
        assert_eq!(id(verify_access(&forged, &record, &context())), error, "{generation} of {current}");
    }
    let valid = token("2/tmp-2/prv-p/act/i", &[]);
    let record = Record::Temporary { secret: &secret, generation: 2 };
    assert_eq!(verify_access(&valid, &record, &context()).unwrap().subject.to_string(), "prv-p");
}

#[test]
fn a_temporary_token_of_a_subject_without_a_secret_is_answered_as_if_the_first_had_just_been_made() {
    for (identifier, caveats, error) in [
        ("2/tmp-0/usr-u/act/i", &[][..], "tokenRevoked"),
        ("2/tmp-2/usr-u/act/i", &[], "tokenInvalid"),
        ("2/tmp-1/usr-u/act/i", &["time < 1"], "tokenCaveatUnverified"),
        ("2/tmp-1/usr-u/act/i", &[], "tokenInvalid"),
    ] {
        assert_eq!(id(verify_access(&token(identifier, caveats), &Record::Absent, &context())), error);
    }
}

#[test]
fn groups_and_nobody_have_no_tokens() {
    let (secret, user) = (secret(), user());
    for subject in ["grp-g", "nobody"] {
        let temporary = token(&format!("2/tmp-1/{subject}/act/i"), &[]);
        let record = Record::Temporary { secret: &secret, generation: 1 };
        assert_eq!(id(verify_access(&temporary, &record, &context())), "internalServerError");
        let named = token(&format!("2/nmd/{subject}/act/i"), &[]);
        let record = Record::Named { subject: &user, secret: &secret, revoked: false };
        assert_eq!(id(verify_access(&named, &record, &context())), "tokenSubjectInvalid");
        assert_eq!(id(verify_access(&named, &Record::Absent, &context())), "tokenInvalid");
    }
}

#[test]
fn the_subject_of_a_version_one_token_is_that_of_its_record() {
    let (secret, provider) = (secret(), Subject::Provider("p".to_owned()));
    let record = Record::Named { subject: &provider, secret: &secret, revoked: false };
    let verified = verify_access(&token("legacy", &["time < 1001"]), &record, &context()).unwrap();
    assert_eq!(verified.subject, provider);
    assert_eq!(verified.caveats, [Caveat::Time { valid_until: 1001 }]);
}

#[test]
fn the_first_caveat_that_does_not_hold_decides_and_precedes_the_signature() {
    let identifier = "2/nmd/usr-u/act/i";
    for (caveats, error) in [
        (&["time < 1001", "interface = oneclient", "time < 1"][..], "interface = oneclient"),
        (&["time < 1", "interface = oneclient"], "time < 1"),
    ] {
        for token in [token(identifier, caveats), forged(identifier, caveats)] {
            let record = Record::Named { subject: &user(), secret: &secret(), revoked: false };
            let expected = AuthError::TokenCaveatUnverified(Box::new(Caveat::parse(error).unwrap()));
            assert_eq!(verify_access(&token, &record, &context()).unwrap_err(), expected);
        }
    }
    assert_eq!(named(&forged(identifier, &["time < 1001"]), &context()), "tokenInvalid");

    let caveats = |first: &str, second: &str| {
        let (first, second) = (("cid", first.as_bytes()), ("cid", second.as_bytes()));
        packets(&[("identifier", identifier.as_bytes()), first, second, ("signature", b"x")])
    };
    assert_eq!(named(&caveats("what = ever", "time < 1"), &context()), "tokenCaveatUnknown");
    assert_eq!(named(&caveats("time < 1", "what = ever"), &context()), "tokenCaveatUnverified");
}

#[test]
fn a_token_without_a_signature_or_with_a_third_party_caveat_is_invalid() {
    let identifier = ("identifier", &b"2/nmd/usr-u/act/i"[..]);
    assert_eq!(named(&packets(&[identifier]), &context()), "tokenInvalid");
    let third_party =
        packets(&[identifier, ("cid", b"elsewhere"), ("vid", b"v"), ("cl", b"l"), ("signature", b"x")]);
    assert_eq!(named(&third_party, &context()), "tokenInvalid");
}

#[test]
fn a_caveat_that_is_not_utf_8_is_unknown_and_echoed_readably() {
    let token = packets(&[("identifier", b"2/nmd/usr-u/act/i"), ("cid", b"\xff"), ("signature", b"x")]);
    let record = Record::Named { subject: &user(), secret: &secret(), revoked: false };
    let error = verify_access(&token, &record, &context()).unwrap_err();
    assert_eq!(error, AuthError::TokenCaveatUnknown { caveat: "\u{fffd}".to_owned() });
}

#[test]
fn tokens_and_requests_must_agree_on_the_session() {
    let (bound, unbound) = (token("2/nmd/usr-u/act:s/i", &[]), token("2/nmd/usr-u/act/i", &[]));
    let (worker, panel) = (Service::parse("opw-p").unwrap(), Service::parse("opp-p").unwrap());
    for (session, service, of_bound, of_unbound) in [
        (None, None, "tokenSessionInvalid", "valid"),
        (Some("s"), None, "valid", "tokenSessionInvalid"),
        (Some("t"), None, "tokenSessionInvalid", "tokenSessionInvalid"),
        (Some("t"), Some(&worker), "tokenSessionInvalid", "tokenSessionInvalid"),
        (Some("t"), Some(&panel), "valid", "valid"),
    ] {
        let context = Context { session, service, ..context() };
        assert_eq!(named(&bound, &context), of_bound, "{session:?} {service:?}");
        assert_eq!(named(&unbound, &context), of_unbound, "{session:?} {service:?}");
    }
    let forged = forged("2/nmd/usr-u/act:s/i", &[]);
    assert_eq!(named(&forged, &context()), "tokenInvalid", "the signature comes before the session");
}

#[test]
fn caveats_hold_for_the_requests_that_they_describe() {
    let poland = context();
    let japan = Context { peer: ip("192.0.2.2"), ..poland };
    let mapped = Context { peer: ip("::ffff:192.0.2.1"), ..poland };
    let six = Context { peer: ip("2001:db8::1"), ..poland };
    let halfway = Context { peer: ip("192.0.2.3"), ..poland };
    let unmapped = Context { geo: &NoGeo, ..poland };
    // Whether the caveat holds in Poland, in Japan, in Poland through IPv6, over IPv6, in a country on no
    // continent, and without a map.
    for (caveat, expected) in [
        ("time < 1001", [true; 6]),
        ("time < 1000", [false; 6]),
        ("time < 99999999999999999999", [true; 6]),
        ("time < -99999999999999999999", [false; 6]),
        ("ip = 10.0.0.0/8|192.0.2.1", [true, false, true, false, false, true]),
        ("ip = 0.0.0.0/0", [true, true, true, false, true, true]),
        ("asn = 1|64496", [true, false, true, false, false, false]),
        ("asn = 64497", [false; 6]),
        ("geo.country = PL|FR", [true, false, true, false, false, false]),
        ("geo.country = pl", [false; 6]),
        ("geo.country != PL", [false, true, false, false, true, false]),
        ("geo.region = EU", [true, false, true, false, false, false]),
        ("geo.region = Africa|Europe", [true, false, true, false, false, false]),
        ("geo.region != EU", [false, true, false, false, false, false]),
        ("geo.region != Asia", [true, false, true, false, false, false]),
        ("authorization = none", [false; 6]),
        ("service = ozw-onezone", [true; 6]),
        ("service = opw-p|ozw-*", [true; 6]),
        ("service = ozw-other|opw-*|ozp-onezone", [false; 6]),
        ("consumer = usr-u|usr-*|grp-*", [false; 6]),
        ("interface = rest", [true; 6]),
        ("interface = oneclient", [false; 6]),
        ("interface = graphsync", [false; 6]),
        ("api = opw/get/user.x.y", [true; 6]),
        ("data.readonly", [false; 6]),
        ("data.path = YQ==", [false; 6]),
        ("data.objectid = a", [false; 6]),
    ] {
        let token = token("2/nmd/usr-u/act/i", &[caveat]);
        let outcome =
            [poland, japan, mapped, six, halfway, unmapped].map(|context| named(&token, &context) == "valid");
        assert_eq!(outcome, expected, "{caveat}");
    }
}

#[test]
fn service_caveats_hold_for_the_service_of_the_request() {
    let provider = Service::parse("opw-p").unwrap();
    let relayed = Context { service: Some(&provider), ..context() };
    for (caveat, outcome) in [
        ("service = opw-p", "valid"),
        ("service = opw-*", "valid"),
        ("service = opw-q|opp-p|ozw-onezone", "tokenCaveatUnverified"),
        ("service = opp-*", "tokenCaveatUnverified"),
    ] {
        assert_eq!(named(&token("2/nmd/usr-u/act/i", &[caveat]), &relayed), outcome, "{caveat}");
    }
}

#[test]
fn consumer_caveats_hold_for_the_consumer_and_its_groups() {
    let consumer = |subject: &str, groups: &[&str]| Consumer {
        subject: subject.parse().unwrap(),
        effective_groups: groups.iter().map(|group| (*group).to_owned()).collect::<BTreeSet<_>>(),
        in_any_group: !groups.is_empty(),
    };
    let (alone, member, provider) =
        (consumer("usr-u", &[]), consumer("usr-v", &["g"]), consumer("prv-u", &[]));
    for (caveat, expected) in [
        ("consumer = usr-u", [true, false, false]),
        ("consumer = usr-x|prv-u", [false, false, true]),
        ("consumer = usr-*", [true, true, false]),
        ("consumer = prv-*", [false, false, true]),
        ("consumer = grp-g", [false, true, false]),
        ("consumer = grp-h", [false, false, false]),
        ("consumer = grp-*", [false, true, false]),
        ("consumer = nobody", [false, false, false]),
        ("consumer = nobody|usr-u|grp-g|prv-u", [true, true, true]),
    ] {
        let token = token("2/nmd/usr-o/act/i", &[caveat]);
        let owner = Subject::User("o".to_owned());
        let record = Record::Named { subject: &owner, secret: &secret(), revoked: false };
        let outcome = [&alone, &member, &provider].map(|consumer| {
            let context = Context { consumer: Some(consumer), ..context() };
            verify_access(&token, &record, &context).is_ok()
        });
        assert_eq!(outcome, expected, "{caveat}");
        assert_eq!(names_consumer_groups(&token), caveat.contains("grp-"), "{caveat}");
    }
}

#[test]
fn an_address_of_which_only_the_continent_is_known_is_in_no_region() {
    let context = Context { peer: ip("192.0.2.4"), ..context() };
    for caveat in ["geo.region = Europe", "geo.region != Asia", "geo.country = PL", "geo.country != PL"] {
        let token = token("2/nmd/usr-u/act/i", &[caveat]);
        assert_eq!(named(&token, &context), "tokenCaveatUnverified", "{caveat}");
    }
}

/// A named access token of the user `u` with these bytes as its caveat, signed as they are.
fn with_caveat_bytes(caveat: &[u8]) -> Token {
    let chain = |key: &[u8], message: &[u8]| {
        let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
        mac.update(message);
        mac.finalize().into_bytes()
    };
    let root = chain(b"macaroons-key-generator\0\0\0\0\0\0\0\0\0", SECRET.as_bytes());
    let signature = chain(&chain(&root, b"2/nmd/usr-u/act/i"), caveat);
    packets(&[("identifier", b"2/nmd/usr-u/act/i"), ("cid", caveat), ("signature", &signature)])
}

#[test]
fn caveats_that_are_not_utf_8_are_read_byte_by_byte_as_in_onezone() {
    let me = Consumer {
        subject: Subject::User("\u{fffd}".to_owned()),
        effective_groups: ["g".to_owned()].into(),
        in_any_group: true,
    };
    let context = Context { consumer: Some(&me), ..context() };
    for (caveat, outcome) in [
        (&b"geo.country = \xff|PL"[..], "valid"),
        (b"geo.country != \xff", "valid"),
        (b"geo.country = \xff", "tokenCaveatUnverified"),
        (b"service = opw-\xff|ozw-onezone", "valid"),
        (b"consumer = usr-\xff|grp-g", "valid"),
        // What only looks like the consumer's id is not the consumer.
        (b"consumer = usr-\xff", "tokenCaveatUnverified"),
        ("consumer = usr-\u{fffd}".as_bytes(), "valid"),
        (b"api = ozw/get/token.\xff.\xfe:*|all/all/*.*.*:*", "valid"),
        (b"data.objectid = \xff", "tokenCaveatUnverified"),
        (b"time < 5\xff", "tokenCaveatUnknown"),
        (b"\xff", "tokenCaveatUnknown"),
        (b"interface = rest\xff", "tokenCaveatUnknown"),
    ] {
        let token = with_caveat_bytes(caveat);
        assert_eq!(named(&token, &context), outcome, "{}", String::from_utf8_lossy(caveat));
    }
}

#[test]
fn an_identifier_that_is_not_utf_8_names_no_record() {
    let token = packets(&[("identifier", b"2/nmd/usr-u/act/\xff"), ("signature", &[0; 32])]);
    assert_eq!(token.lookup(), onezone_tokens::Lookup::Nothing);
}

/// Counts the questions of caveats.
#[derive(Default)]
struct Counting(AtomicUsize);

impl GeoLookup for Counting {
    fn asn(&self, _address: IpAddr) -> Option<u32> {
        self.0.fetch_add(1, Ordering::Relaxed);
        Some(1)
    }

    fn location(&self, _address: IpAddr) -> Option<Location> {
        None
    }
}

#[test]
fn caveats_are_evaluated_whether_or_not_there_is_a_record() {
    let (user, secret) = (user(), secret());
    let token = token("2/nmd/usr-u/act/i", &["asn = 1", "asn = 1", "asn = 1"]);
    for record in [
        Record::Absent,
        Record::Named { subject: &user, secret: &secret, revoked: true },
        Record::Named { subject: &user, secret: &secret, revoked: false },
    ] {
        let counting = Counting::default();
        let context = Context { geo: &counting, ..context() };
        let _ = verify_access(&token, &record, &context);
        assert_eq!(counting.0.load(Ordering::Relaxed), 3, "{record:?}");
    }
}

#[test]
fn proofs_of_identity_support_fewer_caveats() {
    let (user, secret) = (user(), secret());
    let record = Record::Named { subject: &user, secret: &secret, revoked: false };
    let me = Consumer { subject: user.clone(), effective_groups: BTreeSet::new(), in_any_group: false };
    let service = Service::onezone();
    let context = Context { consumer: Some(&me), service: Some(&service), session: Some("s"), ..context() };
    for (caveat, as_identity, as_legacy) in [
        ("time < 1001", true, true),
        ("ip = 192.0.2.1", true, true),
        ("asn = 64496", true, true),
        ("geo.country = PL", true, true),
        ("geo.region = EU", true, true),
        ("interface = rest", true, true),
        ("consumer = usr-u", false, false),
        ("authorization = none", false, true),
        ("service = ozw-onezone", false, false),
        ("api = all/all/*.*.*:*", false, false),
        ("data.readonly", false, false),
        ("data.path = YQ==", false, false),
        ("data.objectid = a", false, false),
    ] {
        for (kind, expected) in [("idn", as_identity), ("act", as_legacy)] {
            let token = token(&format!("2/nmd/usr-u/{kind}/i"), &[caveat]);
            let outcome = id(verify_identity(&token, &record, &context));
            assert_eq!(outcome, if expected { "valid" } else { "tokenCaveatUnverified" }, "{kind} {caveat}");
        }
    }
}

#[test]
fn who_may_be_a_service_and_who_a_consumer_depends_on_type_and_subject() {
    let secret = secret();
    for (identifier, prefix, service, consumer) in [
        ("2/nmd/prv-p/idn/i", "", "opw-p", "prv-p"),
        ("2/nmd/prv-p/idn/i", "opw-", "opw-p", "prv-p"),
        ("2/nmd/prv-p/idn/i", "opp-", "opp-p", "prv-p"),
        ("2/nmd/prv-p/act/i", "opp-", "opp-p", "prv-p"),
        ("2/nmd/usr-p/idn/i", "opp-", "tokenInvalid", "usr-p"),
        ("2/nmd/usr-p/act/i", "", "notAnIdentityToken", "notAnIdentityToken"),
    ] {
        let text = format!("{prefix}{}", token(identifier, &[]).serialize().expose());
        let token = Token::decode(&text, &Limits::default()).unwrap();
        let subject = token.identifier().subject().unwrap().clone();
        let record = Record::Named { subject: &subject, secret: &secret, revoked: false };
        let verified = verify_identity(&token, &record, &context()).unwrap();
        let cause = |error: AuthError| match error {
            AuthError::BadServiceToken(cause) | AuthError::BadConsumerToken(cause) => cause.id().to_owned(),
            other => panic!("not wrapped: {other:?}"),
        };
        assert_eq!(
            verified.service().map_or_else(cause, |service| service.to_string()),
            service,
            "{identifier}"
        );
        assert_eq!(verified.consumer().map_or_else(cause, ToString::to_string), consumer, "{identifier}");
    }
}

#[test]
fn the_prefix_of_a_version_one_token_is_honoured() {
    let text = format!("opp-{}", token("legacy", &[]).serialize().expose());
    let (secret, provider) = (secret(), Subject::Provider("p".to_owned()));
    let record = Record::Named { subject: &provider, secret: &secret, revoked: false };
    let token = Token::decode(&text, &Limits::default()).unwrap();
    let verified = verify_identity(&token, &record, &context()).unwrap();
    assert_eq!(verified.service().unwrap().to_string(), "opp-p");
}

#[test]
fn another_interface_can_be_asked_for() {
    let context = Context { interface: Interface::Graphsync, ..context() };
    assert_eq!(named(&token("2/nmd/usr-u/act/i", &["interface = graphsync"]), &context), "valid");
    assert_eq!(named(&token("2/nmd/usr-u/act/i", &["interface = rest"]), &context), "tokenCaveatUnverified");
}

#[test]
fn refusals_have_the_wire_form_of_the_catalogue() {
    let body = |cause: Option<AuthError>| OnedataError::unauthorized(cause.as_ref()).to_json().to_string();
    let nested = |inner: &str| {
        format!(
            r#"{{"error":{{"id":"unauthorized","details":{{"authError":{inner}}},"description":"Provided authentication is not valid (see details)."}}}}"#
        )
    };
    assert_eq!(
        body(None),
        r#"{"error":{"id":"unauthorized","description":"You must authenticate yourself to perform this operation."}}"#
    );
    assert_eq!(
        body(Some(AuthError::BadToken)),
        nested(r#"{"id":"badToken","description":"Provided token could not be understood by the server."}"#)
    );
    let identity = check_access_type(&token("2/nmd/usr-u/idn/i", &[])).unwrap_err();
    assert_eq!(
        body(Some(identity)),
        nested(
            r#"{"id":"notAnAccessToken","details":{"received":{"identityToken":{}}},"description":"Expected an access token, but received a(n) identity token."}"#
        )
    );
    let expired = AuthError::TokenCaveatUnverified(Box::new(Caveat::Time { valid_until: 1_571_147_494 }));
    let inner = r#"{"id":"tokenCaveatUnverified","details":{"caveat":{"type":"time","validUntil":1571147494}},"description":"Provided token is not valid - unverified time caveat: this token has expired at '2019-10-15T13:51:34Z'."}"#;
    assert_eq!(body(Some(expired.clone())), nested(inner));
    assert_eq!(
        body(Some(expired.in_service_token())),
        nested(&format!(
            r#"{{"id":"badServiceToken","details":{{"tokenError":{inner}}},"description":"Provided service token is not valid (see details)."}}"#
        ))
    );
}
