//! A call as the `curl` command that does the same. Unless told otherwise it has no secrets in it: those of the environment
//! are named by their variables, so that the command still works, and those of the command line are masked.

use onezone_client::{ClientInfo as _, Credentials};

use crate::arguments::Arguments;
use crate::credentials::{API_KEY, BASIC_AUTH, Chosen, Environment};
use crate::error::Error;
use crate::options::{Id, Kind};
use crate::request;
use crate::secrets;
use crate::words::{Body, Call};

/// The command for a call.
pub(crate) fn command(
    call: &Call,
    arguments: &Arguments,
    environment: &Environment,
) -> Result<String, Error> {
    let with_secrets = arguments.has(Id::ShowSecrets);
    let chosen = Chosen::of(call, arguments, environment)?;
    let client = request::client(arguments, environment, Credentials::None)?;
    let url = request::url(call, client.baseurl(), with_secrets)?;
    // What cannot be sent cannot be printed, either.
    request::raw(call)?;
    let mut words = vec!["curl".to_owned()];
    words.extend(basic(&chosen, with_secrets));
    words.extend(["-sS".to_owned(), "--tlsv1.2".to_owned()]);
    words.extend(options(arguments, with_secrets));
    if url.contains(['{', '}']) || url.split_once("://").is_some_and(|(_, rest)| has_brackets(rest)) {
        words.push("--globoff".to_owned());
    }
    if let Chosen::ApiKey(key) = chosen {
        let value = if with_secrets {
            quoted(&format!("X-Auth-Token: {}", key.expose()))
        } else {
            format!("\"X-Auth-Token: ${API_KEY}\"")
        };
        words.extend(["-H".to_owned(), value]);
    }
    for (name, value) in request::headers(call) {
        let shown = if with_secrets { value } else { secrets::masked(&name, &value) };
        // With a colon and nothing after it, curl takes a header away.
        let header = if shown.is_empty() { format!("{name};") } else { format!("{name}: {shown}") };
        words.extend(["-H".to_owned(), quoted(&header)]);
    }
    words.extend(body(call, with_secrets));
    match call.operation.method {
        "HEAD" => words.push("--head".to_owned()),
        method => words.extend(["-X".to_owned(), method.to_owned()]),
    }
    words.push(quoted(&url));
    Ok(words.join(" "))
}

/// Brackets after the host, where they are not those of an IPv6 address, which curl knows.
fn has_brackets(rest: &str) -> bool {
    rest.split_once('/').is_some_and(|(_, path)| path.contains(['[', ']']))
}

fn basic(chosen: &Chosen<'_>, with_secrets: bool) -> Vec<String> {
    let user = match chosen {
        Chosen::User(user) if with_secrets => quoted(user),
        Chosen::User(user) => quoted(&secrets::without_password(user)),
        Chosen::BasicAuth(pair) if with_secrets => quoted(pair.expose()),
        Chosen::BasicAuth(_) => format!("\"${BASIC_AUTH}\""),
        Chosen::Nothing | Chosen::Header | Chosen::ApiKey(_) => return Vec::new(),
    };
    vec!["-u".to_owned(), user]
}

/// The options of curl's that are not part of the request.
fn options(arguments: &Arguments, with_secrets: bool) -> Vec<String> {
    let mut words = Vec::new();
    for given in &arguments.given {
        let in_request = matches!(
            given.option.id,
            Id::Body
                | Id::Cookie
                | Id::Data
                | Id::Header
                | Id::Json
                | Id::Method
                | Id::OauthBearer
                | Id::Referer
                | Id::Silent
                | Id::UserAgent
        );
        if given.option.kind != Kind::Curl || in_request {
            continue;
        }
        let short = given.option.short;
        words.push(if short.is_empty() { format!("--{}", given.option.long) } else { format!("-{short}") });
        if !given.option.value.is_empty() {
            words.push(quoted(&match given.option.id {
                Id::ProxyUser if !with_secrets => secrets::without_password(&given.value),
                Id::Proxy if !with_secrets => secrets::without_credentials(&given.value),
                _ => given.value.clone(),
            }));
        }
    }
    words
}

fn body(call: &Call, with_secrets: bool) -> Vec<String> {
    let (option, value) = match &call.body {
        None => return Vec::new(),
        Some(Body::Input) => ("--data-binary", "@-".to_owned()),
        Some(Body::File(file)) => ("--data-binary", format!("@{file}")),
        Some(Body::Text(text)) => ("--data-raw", shown(text, with_secrets)),
        Some(Body::Members(members)) => {
            let members = serde_json::Value::Object(members.clone());
            let members = if with_secrets { members } else { secrets::masked_json(&members) };
            ("--data-raw", request::encoded(call, &members))
        }
    };
    vec![option.to_owned(), quoted(&value)]
}

/// A body as it was given, unless it is JSON with secrets in it.
fn shown(text: &str, with_secrets: bool) -> String {
    let Ok(value) = serde_json::from_str::<serde_json::Value>(text) else { return text.to_owned() };
    let masked = secrets::masked_json(&value);
    if with_secrets || masked == value { text.to_owned() } else { masked.to_string() }
}

/// The text as one word of a shell.
fn quoted(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:@,+".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
#[path = "curl_tests.rs"]
mod tests;
