//! What a person is told about the caveats of a token: the words, whether each holds, and that this agrees with
//! verification.

#![allow(clippy::unwrap_used, reason = "the functions beside the tests belong to them")]

use std::net::IpAddr;

use onezone_tokens::verify::{
    Assessment, Circumstances, Consumer, Context, Continent, GeoLookup, Location, Record, Verdict, assess,
    verify_access,
};
use onezone_tokens::{AuthError, Caveat, Identifier, Limits, Secret, Service, Subject, Token};

const NOW: i64 = 1_800_000_000;

/// Every address but that of the machine itself is in Poland.
struct Poland;

impl GeoLookup for Poland {
    fn asn(&self, address: IpAddr) -> Option<u32> {
        (!address.is_loopback()).then_some(64_496)
    }

    fn location(&self, address: IpAddr) -> Option<Location> {
        (!address.is_loopback()).then(|| Location {
            country: Some("PL".to_owned()),
            continent: Some(Continent::Europe),
            in_european_union: true,
        })
    }
}

fn token(identifier: &str, caveats: &[&str]) -> Token {
    let caveats: Vec<Caveat> = caveats.iter().map(|text| Caveat::parse(text).unwrap()).collect();
    let identifier = Identifier::parse(identifier).unwrap();
    Token::mint("zone.example.com", &identifier, &caveats, &Secret::new("s")).unwrap()
}

fn only(token: &Token, circumstances: &Circumstances<'_>) -> Assessment {
    let mut assessed = assess(token, circumstances);
    assert_eq!(assessed.len(), 1);
    assessed.remove(0)
}

fn access(caveat: &str, circumstances: &Circumstances<'_>) -> String {
    let assessment = only(&token("2/nmd/usr-u/act/i", &[caveat]), circumstances);
    match assessment.verdict {
        Verdict::Holds => "holds".to_owned(),
        Verdict::Fails(reason) => format!("fails: {reason}"),
        Verdict::Depends(on) => format!("depends: {on}"),
    }
}

fn consumer(subject: &str) -> Consumer {
    Consumer {
        subject: subject.parse().unwrap(),
        effective_groups: ["g".to_owned()].into(),
        in_any_group: true,
    }
}

#[test]
fn what_is_not_known_about_the_request_is_said_to_matter() {
    let unknown = Circumstances::rest(NOW);
    let at = Circumstances { peer: Some("10.1.2.3".parse().unwrap()), ..unknown };
    let mapped = Circumstances { asn: Some(&Poland), location: Some(&Poland), ..at };
    let local = Circumstances { peer: Some("127.0.0.1".parse().unwrap()), ..mapped };
    for (caveat, circumstances, expected) in [
        ("time < 1800000001", unknown, "holds"),
        ("time < 1800000000", unknown, "fails: it has expired"),
        ("ip = 10.0.0.0/8", unknown, "depends: the address of the client"),
        ("ip = 10.0.0.0/8", at, "holds"),
        ("ip = 11.0.0.0/8", at, "fails: the client's address is 10.1.2.3"),
        ("asn = 64496", unknown, "depends: the address of the client"),
        ("asn = 64496", mapped, "holds"),
        ("asn = 5", mapped, "fails: 10.1.2.3 belongs to the autonomous system 64496"),
        ("asn = 5", local, "fails: it is not known where 127.0.0.1 belongs"),
        ("geo.country = PL", mapped, "holds"),
        ("geo.country != PL", mapped, "fails: 10.1.2.3 is in PL"),
        ("geo.country != FR", local, "fails: it is not known where 127.0.0.1 is"),
        ("geo.region = EU", mapped, "holds"),
        ("geo.region = Asia", mapped, "fails: 10.1.2.3 is in PL"),
        ("authorization = none", unknown, "fails: an access token with this caveat is never accepted"),
        ("interface = rest", unknown, "holds"),
        ("interface = oneclient", unknown, "fails: the interface is rest"),
        ("data.readonly", unknown, "fails: only Oneproviders give access to data; Onezone refuses the token"),
    ] {
        assert_eq!(access(caveat, &circumstances), expected, "{caveat}");
    }
    let half = Circumstances { asn: Some(&Poland), ..at };
    assert_eq!(access("asn = 64496", &half), "holds");
    assert!(access("geo.country = PL", &half).starts_with("depends: where the address"));
    for caveat in ["asn = 1", "geo.country = PL", "geo.region != Asia"] {
        assert!(access(caveat, &at).starts_with("depends: where the address of the client is"), "{caveat}");
    }
}

#[test]
fn services_and_consumers_are_those_that_are_given() {
    let unknown = Circumstances::rest(NOW);
    let (worker, alice, provider) = (Service::parse("opw-p").unwrap(), consumer("usr-a"), consumer("prv-p"));
    let relayed = Circumstances { service: Some(&worker), ..unknown };
    let by_alice = Circumstances { consumer: Some(&alice), ..unknown };
    let with_groups = Circumstances { groups_are_known: true, ..by_alice };
    let by_provider = Circumstances { consumer: Some(&provider), ..unknown };
    for (caveat, circumstances, expected) in [
        ("service = ozw-*", unknown, "holds"),
        ("service = opw-p", unknown, "fails: without a service token the service is oz_worker:onezone"),
        ("service = opw-p|ozw-x", relayed, "holds"),
        ("service = ozw-x", relayed, "fails: the service is op_worker:p"),
        (
            "service = opw-p",
            relayed,
            "fails: what these services need does not include any operation on named tokens",
        ),
        (
            "consumer = usr-u",
            unknown,
            "fails: without a consumer token there is no consumer, not even the subject itself",
        ),
        ("consumer = usr-a", by_alice, "holds"),
        ("consumer = usr-b", by_alice, "fails: the consumer is user:a"),
        ("consumer = grp-h|usr-b", by_alice, "depends: the groups of the consumer"),
        ("consumer = grp-h", with_groups, "fails: the consumer is user:a"),
        ("consumer = grp-g", with_groups, "holds"),
        ("consumer = grp-h", by_provider, "fails: the consumer is oneprovider:p"),
    ] {
        assert_eq!(access(caveat, &circumstances), expected, "{caveat}");
    }
}

#[test]
fn api_caveats_depend_on_the_call_and_tell_about_the_one_at_hand() {
    let unknown = Circumstances::rest(NOW);
    for (identifier, caveat, expected) in [
        (
            "2/nmd/usr-u/act/i",
            "api = ozw/delete/token.*.*:*",
            "the call; deleting the subject's own named tokens is allowed",
        ),
        (
            "2/nmd/usr-u/act/i",
            "api = ozw/get/*.*.*:*",
            "the call; deleting the subject's own named tokens is not allowed",
        ),
        (
            "2/nmd/prv-p/act/i",
            "api = ozw/get/*.*.*:*",
            "the call; listing the subject's own named tokens is allowed",
        ),
        ("legacy", "api = ozw/get/*.*.*:*", "the call"),
    ] {
        let verdict = only(&token(identifier, &[caveat]), &unknown).verdict;
        assert_eq!(verdict, Verdict::Depends(expected.to_owned()), "{identifier} {caveat}");
    }
}

#[test]
fn identity_and_invite_tokens_take_fewer_caveats() {
    let unknown = Circumstances::rest(NOW);
    for (caveat, identity, invite) in [
        ("time < 1900000000", "holds", "holds"),
        ("interface = rest", "holds", "fails"),
        ("service = ozw-onezone", "fails", "fails"),
        ("api = all/all/*.*.*:*", "fails", "fails"),
        ("data.readonly", "fails", "fails"),
        ("authorization = none", "fails", "fails"),
        ("ip = 10.0.0.0/8", "depends", "depends"),
    ] {
        let of = |kind: &str| only(&token(&format!("2/nmd/usr-u/{kind}/i"), &[caveat]), &unknown).verdict;
        assert_eq!((of("idn").name(), of("ujg:g:").name()), (identity, invite), "{caveat}");
    }
}

#[test]
fn times_are_told_with_their_distance() {
    for (until, words) in [
        (NOW, "valid until 2027-01-15T08:00:00Z, that is now"),
        (NOW + 1, "valid until 2027-01-15T08:00:01Z, that is in 1 second"),
        (NOW + 119, "valid until 2027-01-15T08:01:59Z, that is in 119 seconds"),
        (NOW + 7_199, "valid until 2027-01-15T09:59:59Z, that is in 119 minutes"),
        (NOW + 172_799, "valid until 2027-01-17T07:59:59Z, that is in 47 hours"),
        (NOW + 55 * 86_400, "valid until 2027-03-11T08:00:00Z, that is in 55 days"),
        (NOW + 70_000_000, "valid until 2029-04-04T12:26:40Z, that is in 2 years"),
        (NOW - 3 * 86_400, "valid until 2027-01-12T08:00:00Z, that was 3 days ago"),
    ] {
        let token = token("2/nmd/usr-u/act/i", &[&format!("time < {until}")]);
        assert_eq!(only(&token, &Circumstances::rest(NOW)).words, words);
    }
    for extreme in ["time < 99999999999999999999", "time < -99999999999999999999"] {
        assert!(!only(&token("2/nmd/usr-u/act/i", &[extreme]), &Circumstances::rest(NOW)).words.is_empty());
    }
}

/// A token made of packets, whose signature is nobody's.
fn packets(parts: &[(&str, &str)]) -> Token {
    use base64::Engine as _;
    let packet = |(key, value): &(&str, &str)| format!("{:04x}{key} {value}\n", key.len() + value.len() + 6);
    let bytes: String = parts.iter().map(packet).collect();
    let text = base64::engine::general_purpose::STANDARD_NO_PAD.encode(bytes).replace('0', "00");
    Token::decode(&text, &Limits::default()).unwrap()
}

#[test]
fn caveats_that_are_not_understood_fail() {
    let token = packets(&[
        ("identifier", "i"),
        ("cid", "grant = all"),
        ("cid", "time < 1900000000"),
        ("vid", "v"),
        ("cl", "l"),
    ]);
    let assessed = assess(&token, &Circumstances::rest(NOW));
    assert_eq!((assessed[0].caveat.as_ref(), assessed[0].verdict.name()), (None, "fails"));
    assert_eq!(
        (assessed[1].caveat.as_ref(), assessed[1].verdict.name()),
        (None, "fails"),
        "of a third party"
    );
    assert_eq!(assessed[1].serialized, "time < 1900000000");
}

#[test]
fn what_holds_or_fails_does_so_in_a_verification_too() {
    let (peer, alice, worker) =
        ("10.1.2.3".parse().unwrap(), consumer("usr-a"), Service::parse("opw-p").unwrap());
    let user = Subject::User("u".to_owned());
    let secret = Secret::new("s");
    let record = Record::Named { subject: &user, secret: &secret, revoked: false };
    let mut told = 0;
    for service in [None, Some(&worker)] {
        for consumer in [None, Some(&alice)] {
            let context = Context { service, consumer, ..Context::rest(NOW, peer, &Poland) };
            let circumstances = Circumstances {
                peer: Some(peer),
                service,
                consumer,
                groups_are_known: true,
                asn: Some(&Poland),
                location: Some(&Poland),
                ..Circumstances::rest(NOW)
            };
            for caveat in [
                "time < 1800000000",
                "time < 1800000001",
                "ip = 10.0.0.0/8",
                "ip = 11.0.0.0/8",
                "asn = 64496",
                "asn = 1",
                "geo.country = PL",
                "geo.country != PL",
                "geo.region = EU",
                "geo.region != Europe",
                "service = ozw-*",
                "service = ozw-onezone|opw-p",
                "consumer = usr-a",
                "consumer = grp-g",
                "consumer = grp-h",
                "consumer = usr-*",
                "interface = rest",
                "interface = graphsync",
                "authorization = none",
                "data.readonly",
                "data.path = L3M=",
                "data.objectid = x",
            ] {
                let token = token("2/nmd/usr-u/act/i", &[caveat]);
                let verdict = only(&token, &circumstances).verdict;
                let outcome = verify_access(&token, &record, &context);
                match outcome {
                    Ok(_) => assert_eq!(verdict, Verdict::Holds, "{caveat}"),
                    Err(AuthError::TokenCaveatUnverified(_)) => {
                        assert_eq!(verdict.name(), "fails", "{caveat}");
                    }
                    Err(other) => panic!("{caveat}: {other}"),
                }
                told += 1;
            }
        }
    }
    assert_eq!(told, 88);
}
