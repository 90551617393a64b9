//! A call as the `curl` command that does the same, without the secrets: those of the environment are named by their
//! variables, so that the command still works, and those of the command line are masked.

use onezone_client::{ClientInfo as _, Credentials};

use crate::arguments::Arguments;
use crate::credentials::{API_KEY, BASIC_AUTH, Chosen, Environment};
use crate::error::Error;
use crate::request;
use crate::table::Location;
use crate::words::{Body, Call};

const MASK: &str = "***";

/// The command for a call.
pub(crate) fn command(
    call: &Call,
    arguments: &Arguments,
    environment: &Environment,
) -> Result<String, Error> {
    let chosen = Chosen::of(call, arguments, environment)?;
    let client = request::client(arguments, environment, Credentials::None)?;
    let url = request::raw(call)?.url(client.baseurl())?;
    let mut words = vec!["curl".to_owned(), "-sS".to_owned()];
    if arguments.insecure {
        words.push("-k".to_owned());
    }
    if let Some(file) = &arguments.cacert {
        words.extend(["--cacert".to_owned(), quoted(file)]);
    }
    words.extend(["-X".to_owned(), call.operation.method.to_owned()]);
    match chosen {
        Chosen::Nothing | Chosen::Header => {}
        Chosen::User(user) => words.extend(["-u".to_owned(), quoted(&without_password(user))]),
        Chosen::BasicAuth(_) => words.extend(["-u".to_owned(), format!("\"${BASIC_AUTH}\"")]),
        Chosen::ApiKey(_) => words.extend(["-H".to_owned(), format!("\"X-Auth-Token: ${API_KEY}\"")]),
    }
    for header in headers(call) {
        words.extend(["-H".to_owned(), quoted(&header)]);
    }
    match &call.body {
        None => {}
        Some(Body::Input) => words.extend(["--data-binary".to_owned(), "@-".to_owned()]),
        Some(Body::Members(members)) => {
            let body = serde_json::Value::Object(members.clone()).to_string();
            words.extend(["--data-raw".to_owned(), quoted(&body)]);
        }
    }
    words.push(quoted(url.as_str()));
    Ok(words.join(" "))
}

fn headers(call: &Call) -> Vec<String> {
    let mut headers = Vec::new();
    if call.header("Accept").is_none() {
        headers.push("Accept: application/json".to_owned());
    }
    if let (Some(body), Some(_), None) = (&call.operation.body, &call.body, call.header("Content-Type")) {
        headers.push(format!("Content-Type: {}", body.media_type));
    }
    let parameters = call.parameters.iter().filter(|(name, _)| {
        call.operation.parameter(name).is_some_and(|found| found.location == Location::Header)
    });
    headers.extend(parameters.map(|(name, value)| format!("{name}: {}", masked(name, value))));
    headers.extend(call.headers.iter().map(|(name, value)| format!("{name}: {}", masked(name, value))));
    headers
}

/// The value of a header, unless its name says that it is a secret. The scheme of `Authorization` is none.
fn masked(name: &str, value: &str) -> String {
    const SECRET: [&str; 8] =
        ["auth", "token", "cookie", "macaroon", "secret", "key", "password", "credential"];
    let lower = name.to_lowercase();
    if !SECRET.iter().any(|word| lower.contains(word)) {
        return value.to_owned();
    }
    match value.split_once(' ') {
        Some((scheme, _)) if lower == "authorization" => format!("{scheme} {MASK}"),
        _ => MASK.to_owned(),
    }
}

fn without_password(user: &str) -> String {
    user.split_once(':').map_or_else(|| user.to_owned(), |(name, _)| format!("{name}:{MASK}"))
}

/// The text as one word of a shell.
fn quoted(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:@=,+".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::generated::operations::API;
    use onezone_client::Secret;

    fn dry_run(words: &[&str], user: Option<&str>, environment: Environment) -> String {
        let call = Call::parse(&API.operations[0], words).unwrap();
        let arguments = Arguments {
            user: user.map(str::to_owned),
            host: Some("zone.example.org".to_owned()),
            ..Arguments::default()
        };
        let environment = Environment { host: None, ..environment };
        command(&call, &arguments, &environment).unwrap()
    }

    #[test]
    fn command_is_complete_and_quoted_for_a_shell() {
        assert_eq!(
            dry_run(&["id=a'b c/*"], None, Environment::default()),
            "curl -sS -X DELETE -H 'Accept: application/json' \
             https://zone.example.org/api/v3/onezone/users/a%27b%20c%2F%2A/tokens/named"
                .replace("https", "'https")
                .replace("named", "named'")
        );
    }

    #[test]
    fn secrets_of_the_command_line_are_masked() {
        let user = dry_run(&["id=x"], Some("alice:canary"), Environment::default());
        assert!(user.contains("-u 'alice:***'"), "{user}");
        let bearer = dry_run(&["id=x", "Authorization:Bearer canary"], None, Environment::default());
        assert!(bearer.contains("'Authorization: Bearer ***'"), "{bearer}");
        for header in ["X-Auth-Token", "Macaroon", "Cookie", "X-Onedata-Service-Token"] {
            let shown = dry_run(&["id=x", &format!("{header}:canary")], None, Environment::default());
            assert!(shown.contains(&format!("'{header}: ***'")), "{shown}");
        }
    }

    #[test]
    fn secrets_of_the_environment_are_named_by_their_variables() {
        let key = Environment { api_key: Some(Secret::from("canary")), ..Environment::default() };
        let shown = dry_run(&["id=x"], None, key);
        assert!(
            shown.contains("-H \"X-Auth-Token: $ONEZONE_API_KEY\"") && !shown.contains("canary"),
            "{shown}"
        );
        let pair = Environment { basic_auth: Some(Secret::from("alice:canary")), ..Environment::default() };
        let shown = dry_run(&["id=x"], None, pair);
        assert!(shown.contains("-u \"$ONEZONE_BASIC_AUTH\"") && !shown.contains("canary"), "{shown}");
    }
}
