//! The security of an operation: which credentials a request presents, and how a refusal says what is wanted.

use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderName, HeaderValue};

use crate::credentials::{ApiKey, Authorization, BasicCredentials, BearerToken, Credential, Presented};
use crate::definition::{Definition, Operation, SchemeKind, SecurityScheme};
use crate::parameters::{cookie_values, query_values};
use crate::rejection::Rejection;
use crate::request::Request;

/// The credentials that decide: those of the first alternative whose schemes are all present, even empty ones.
/// A credential of any scheme of the operation that is there twice refuses the request, since two readers of
/// it could believe different ones.
pub(crate) fn find(request: &Request) -> Result<Option<Presented>, Rejection> {
    let definition = request.definition();
    let operation = request.operation();
    refuse_duplicates(definition, operation, request)?;
    for &alternative in operation.security.alternatives {
        let found: Option<Vec<_>> =
            definition.alternatives[alternative].iter().map(|&scheme| present(scheme, request)).collect();
        if let Some(credentials) = found.filter(|credentials| !credentials.is_empty()) {
            return Ok(Some(Presented::new(alternative, credentials)));
        }
    }
    Ok(None)
}

/// For each scheme of the API, the header that carries its key, if one does. Read once, since names of headers are not compared as texts.
pub(crate) fn key_headers(definition: &Definition) -> Vec<Option<HeaderName>> {
    let header = |scheme: &SecurityScheme| match scheme.kind {
        SchemeKind::ApiKeyHeader(name) => HeaderName::from_bytes(name.as_bytes()).ok(),
        _ => None,
    };
    definition.schemes.iter().map(header).collect()
}

/// The challenges of an operation's schemes, in the order of its alternatives, each once.
pub(crate) fn challenges(definition: &Definition, operation: &Operation) -> Vec<(SchemeKind, HeaderValue)> {
    let mut challenges: Vec<(SchemeKind, HeaderValue)> = Vec::new();
    for scheme in schemes(definition, operation).map(|index| &definition.schemes[index]) {
        if challenges.iter().all(|(kind, _)| *kind != scheme.kind) {
            challenges.push((scheme.kind, challenge(definition.title, scheme.kind)));
        }
    }
    challenges
}

/// Whether a header carries credentials, for any scheme of the API or for a proxy, or a session's cookie.
pub(crate) fn is_secret_header(definition: &Definition, name: &HeaderName) -> bool {
    const ALWAYS: [&str; 4] = ["authorization", "cookie", "proxy-authorization", "set-cookie"];
    let name = name.as_str();
    ALWAYS.contains(&name)
        || definition.schemes.iter().any(|scheme| match scheme.kind {
            SchemeKind::ApiKeyHeader(header) => header.eq_ignore_ascii_case(name),
            _ => false,
        })
}

fn schemes(definition: &Definition, operation: &Operation) -> impl Iterator<Item = usize> {
    let alternatives = operation.security.alternatives.iter().map(|&index| definition.alternatives[index]);
    alternatives.flatten().copied()
}

fn refuse_duplicates(
    definition: &Definition,
    operation: &Operation,
    request: &Request,
) -> Result<(), Rejection> {
    let mut has_authorization = false;
    for scheme in schemes(definition, operation) {
        let (header, count) = match definition.schemes[scheme].kind {
            // The two share a header.
            SchemeKind::Basic | SchemeKind::Bearer if has_authorization => continue,
            SchemeKind::Basic | SchemeKind::Bearer => {
                has_authorization = true;
                ("authorization", request.headers().get_all(AUTHORIZATION).iter().count())
            }
            SchemeKind::ApiKeyHeader(name) => (name, keys(scheme, request).count()),
            SchemeKind::ApiKeyQuery(name) => (name, query_values(request.uri().query(), name).count()),
            SchemeKind::ApiKeyCookie(name) => (name, cookie_values(request.headers(), name).count()),
            SchemeKind::MutualTls => continue,
        };
        if count > 1 {
            let scheme =
                (header == "authorization").then(|| scheme_as_sent(definition, operation, request.headers()));
            return Err(Rejection::DuplicateCredential { header, scheme: scheme.flatten() });
        }
    }
    Ok(())
}

/// The values of the header that carries the key of a scheme.
fn keys(scheme: usize, request: &Request) -> impl Iterator<Item = &HeaderValue> {
    let header = request.shared().key_headers[scheme].as_ref();
    header.map(|header| request.headers().get_all(header).iter()).into_iter().flatten()
}

fn present(scheme: usize, request: &Request) -> Option<Credential> {
    let key = |bytes: &[u8]| Credential::ApiKey(ApiKey::new(bytes));
    match request.definition().schemes[scheme].kind {
        SchemeKind::MutualTls => request.peer_certificate().cloned().map(Credential::Certificate),
        SchemeKind::ApiKeyHeader(_) => keys(scheme, request).next().map(|value| key(value.as_bytes())),
        SchemeKind::ApiKeyQuery(name) => {
            query_values(request.uri().query(), name).next().map(|value| key(&value))
        }
        SchemeKind::ApiKeyCookie(name) => cookie_values(request.headers(), name).next().map(key),
        SchemeKind::Bearer => {
            authorization(request, "bearer").map(|found| Credential::Bearer(BearerToken::from(found)))
        }
        SchemeKind::Basic => {
            authorization(request, "basic").map(|found| Credential::Basic(BasicCredentials::from(found)))
        }
    }
}

/// Only the name of a scheme is repeated: the first word of a header could be a secret of somebody who forgot the scheme.
fn scheme_as_sent(definition: &Definition, operation: &Operation, headers: &HeaderMap) -> Option<String> {
    let word = headers.get(AUTHORIZATION)?.as_bytes().split(|byte| *byte == b' ').next()?;
    let is_ours = |scheme: usize| match definition.schemes[scheme].kind {
        SchemeKind::Basic => word.eq_ignore_ascii_case(b"basic"),
        SchemeKind::Bearer => word.eq_ignore_ascii_case(b"bearer"),
        _ => false,
    };
    let known = schemes(definition, operation).any(is_ours);
    known.then(|| String::from_utf8_lossy(word).into_owned())
}

fn authorization(request: &Request, scheme: &str) -> Option<Authorization> {
    let value = request.headers().get(AUTHORIZATION)?.as_bytes();
    let word = value.split(|byte| *byte == b' ').next()?;
    word.eq_ignore_ascii_case(scheme.as_bytes()).then(|| Authorization::new(value.to_vec()))
}

fn challenge(title: &str, kind: SchemeKind) -> HeaderValue {
    let text = match kind {
        SchemeKind::Basic => format!("Basic realm=\"{}\", charset=\"UTF-8\"", quotable(title)),
        SchemeKind::Bearer => "Bearer".to_owned(),
        SchemeKind::ApiKeyHeader(name) => format!("ApiKey header=\"{}\"", quotable(name)),
        SchemeKind::ApiKeyQuery(name) => format!("ApiKey query=\"{}\"", quotable(name)),
        SchemeKind::ApiKeyCookie(name) => format!("ApiKey cookie=\"{}\"", quotable(name)),
        SchemeKind::MutualTls => "MutualTLS".to_owned(),
    };
    HeaderValue::from_str(&text).unwrap_or_else(|_| HeaderValue::from_static("Bearer"))
}

/// A text that may stand between double quotes in a header: other characters become question marks.
fn quotable(text: &str) -> String {
    let allowed = |character: char| matches!(character, ' '..='~') && !matches!(character, '"' | '\\');
    text.chars().map(|character| if allowed(character) { character } else { '?' }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::definition::{Method, Security};

    #[test]
    fn realm_cannot_break_out_of_its_quotes() {
        let challenge = challenge("a\"b\\c\r\u{e9}", SchemeKind::Basic);
        assert_eq!(challenge, "Basic realm=\"a?b?c??\", charset=\"UTF-8\"");
    }
    #[test]
    fn only_a_scheme_of_the_operation_is_repeated() {
        const BASIC: SecurityScheme = SecurityScheme { name: "basic", kind: SchemeKind::Basic };
        const BEARER: SecurityScheme = SecurityScheme { name: "bearer", kind: SchemeKind::Bearer };
        let operation = Operation {
            id: "a",
            method: Method::Get,
            path: "/",
            parameters: &[],
            body: None,
            produces: &[],
            statuses: &[],
            security: Security { alternatives: &[0], optional: false },
        };
        let definition = Definition {
            title: "",
            version: "",
            base_path: "",
            schemes: &[BASIC, BEARER],
            alternatives: &[&[0], &[1]],
            operations: &[],
            validation: "{}",
            json: "{}",
            yaml: "{}",
        };
        for (value, expected) in [
            ("bAsIc YTpi", Some("bAsIc")),
            ("Basic", Some("Basic")),
            ("Bearer x", None),
            ("s3cret", None),
            ("s3cret x", None),
        ] {
            let headers = HeaderMap::from_iter([(AUTHORIZATION, HeaderValue::from_static(value))]);
            assert_eq!(scheme_as_sent(&definition, &operation, &headers).as_deref(), expected, "{value}");
        }
    }
}
