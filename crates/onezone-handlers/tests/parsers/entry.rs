//! What holds for any bytes at all, one entry for each parser that reads what nobody has vouched for: the entries of
//! the fuzz targets and of the ordinary tests.

use std::net::{IpAddr, Ipv4Addr};

use http::header::COOKIE;
use http::{HeaderMap, HeaderValue};
use onezone_handlers::parsers;
use onezone_tokens::verify::{self, Circumstances, Context, NoGeo, Record};
use onezone_tokens::{Caveat, Limits, Secret, Subject, Token};

/// Signs nothing that is in any seed, and no fuzzer finds what it would sign.
const SECRET: &str = "f1a0c7d25be84936a1b0c9d8e7f60514233241506978879685a4b3c2d1e0f0f1";

/// A token is refused, or decodes to something that is written and read back the same and that no record accepts.
pub(crate) fn token(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let limits = Limits { max_serialized: 8_192, max_caveats: 32 };
    let Ok(token) = Token::decode(&text, &limits) else { return };
    assert!(token.caveats().len() <= limits.max_caveats);

    let written = token.serialize();
    let roomy = Limits { max_serialized: usize::MAX, ..limits };
    let reread = Token::decode(written.expose(), &roomy).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(reread.identifier(), token.identifier());
    assert_eq!(reread.service_indication(), token.service_indication());
    assert!(reread.caveats().eq(token.caveats()));
    assert_eq!(reread.serialize().expose(), written.expose());

    let secret = Secret::new(SECRET);
    assert!(!token.is_signed_with(&secret), "signed by nobody");
    let subject = token.identifier().subject().cloned().unwrap_or(Subject::Nobody);
    let context = Context::rest(0, IpAddr::V4(Ipv4Addr::LOCALHOST), &NoGeo);
    for record in [
        Record::Absent,
        Record::Named { subject: &subject, secret: &secret, revoked: false },
        Record::Temporary { secret: &secret, generation: 1 },
    ] {
        for outcome in [
            verify::verify_access(&token, &record, &context),
            verify::verify_identity(&token, &record, &context),
        ] {
            let error = outcome.expect_err("nobody signed it");
            assert!(!error.to_json().to_string().is_empty());
        }
    }
    let assessed = verify::assess(&token, &Circumstances::rest(0));
    assert_eq!(assessed.len(), token.caveats().len());
    if let Ok(confined) = token.confine(&Caveat::DataReadonly) {
        assert_eq!(confined.caveats().len(), token.caveats().len() + 1);
    }
}

/// A caveat is unknown, or is written and read back the same in both forms.
pub(crate) fn caveat(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let of_json = serde_json::from_slice(bytes).ok().and_then(|json| Caveat::from_json(&json).ok());
    for caveat in Caveat::parse(&text).into_iter().chain(of_json) {
        // A list of one empty path, which Onezone reads in blanks alone, has no serialized form of its own.
        if matches!(&caveat, Caveat::DataPath(paths) if paths.len() == 1 && paths[0].is_empty()) {
            assert!(Caveat::from_json(&caveat.to_json()).is_err());
            continue;
        }
        let written = caveat.to_string();
        assert_eq!(Caveat::parse(&written).as_ref(), Some(&caveat), "{written:?}");
        assert_eq!(Caveat::from_json(&caveat.to_json()).as_ref(), Ok(&caveat), "{written:?}");
        assert!(!caveat.words().is_empty() && !caveat.unverified_text().is_empty());
    }
}

/// Basic credentials are malformed, or a name without a colon and a password, whatever blanks stand between.
pub(crate) fn basic(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let Some((name, password)) = parsers::basic(&text) else { return };
    assert!(!name.contains(&b':'));
    assert!(name.len() + password.len() < text.len());
    let spread: String = text.chars().flat_map(|character| [character, ' ']).collect();
    // What was just short enough may be too long with the blanks.
    if let Some(again) = parsers::basic(&spread) {
        assert_eq!(again, (name, password));
    }
}

/// A Cookie header is refused, or names a session that stands in it behind a `SID`, or none. Cookies behind the
/// first session do not change it.
pub(crate) fn cookie(bytes: &[u8]) {
    let Ok(value) = HeaderValue::from_bytes(bytes) else { return };
    let mut headers = HeaderMap::new();
    headers.insert(COOKIE, value);
    let Ok(session) = parsers::session(&headers) else { return };
    if let Some(session) = &session {
        let text = String::from_utf8_lossy(bytes);
        let (_, behind) = text.split_once("SID").unwrap_or_else(|| panic!("a session from nowhere"));
        assert!(behind.contains('|') && behind.contains(session.as_str()));
    }
    headers.append(COOKIE, HeaderValue::from_static("a=b"));
    assert_eq!(parsers::session(&headers), Ok(session.clone()));
    if session.is_some() {
        headers.append(COOKIE, HeaderValue::from_static("SID=n|another"));
        assert_eq!(parsers::session(&headers), Ok(session));
    }
}
