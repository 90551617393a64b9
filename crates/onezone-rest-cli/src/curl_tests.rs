//! The commands that dry runs print.

use super::*;
use crate::arguments::Action;
use crate::generated::operations::API;
use onezone_client::Secret;

fn dry_run(words: &[&str], options: &[&str], environment: &Environment) -> String {
    let line = ["--host", "zone.example.org", "deleteNamedTokensOfUser"];
    let line = line.iter().chain(options).chain(words).map(|word| (*word).to_owned()).collect();
    let arguments = Arguments::parse(line, &API).unwrap();
    let Action::Call(ref call) = arguments.action else { panic!() };
    command(call, &arguments, environment).unwrap()
}

#[test]
fn command_is_complete_and_quoted_for_a_shell() {
    assert_eq!(
        dry_run(&["id=a'b c/*"], &[], &Environment::default()),
        "curl -sS --tlsv1.2 -H 'Accept: application/json' -X DELETE \
         https://zone.example.org/api/v3/onezone/users/a%27b%20c%2F%2A/tokens/named"
            .replace("https", "'https")
            .replace("named", "named'")
    );
}

#[test]
fn secrets_of_the_command_line_are_masked() {
    let user = dry_run(&["id=x"], &["-u", "alice:canary"], &Environment::default());
    assert!(user.contains("-u 'alice:***'"), "{user}");
    let bearer = dry_run(&["id=x", "Authorization:Bearer canary"], &[], &Environment::default());
    assert!(bearer.contains("'Authorization: Bearer ***'"), "{bearer}");
    for header in ["X-Auth-Token", "Macaroon", "Cookie", "X-Onedata-Service-Token"] {
        let shown = dry_run(&["id=x", &format!("{header}:canary")], &[], &Environment::default());
        assert!(shown.contains(&format!("'{header}: ***'")), "{shown}");
    }
}

#[test]
fn secrets_of_the_environment_are_named_by_their_variables() {
    let key = Environment { api_key: Some(Secret::from("canary")), ..Environment::default() };
    let shown = dry_run(&["id=x"], &[], &key);
    assert!(shown.contains("-H \"X-Auth-Token: $ONEZONE_API_KEY\"") && !shown.contains("canary"), "{shown}");
    let pair = Environment { basic_auth: Some(Secret::from("alice:canary")), ..Environment::default() };
    let shown = dry_run(&["id=x"], &[], &pair);
    assert!(shown.contains("-u \"$ONEZONE_BASIC_AUTH\"") && !shown.contains("canary"), "{shown}");
}

#[test]
fn secrets_are_shown_to_those_who_ask_for_them() {
    let shown =
        dry_run(&["id=x", "Authorization:Bearer canary"], &["--show-secrets"], &Environment::default());
    assert!(shown.contains("'Authorization: Bearer canary'"), "{shown}");
    let shown = dry_run(&["id=x"], &["--show-secrets", "-u", "a:can'ary"], &Environment::default());
    assert!(shown.contains(r"-u 'a:can'\''ary'"), "{shown}");
    let key = Environment { api_key: Some(Secret::from("canary")), ..Environment::default() };
    let shown = dry_run(&["id=x"], &["--show-secrets"], &key);
    assert!(shown.contains("-H 'X-Auth-Token: canary'"), "{shown}");
}

#[test]
fn options_of_curl_are_passed_on_without_their_secrets() {
    let options = [
        "-m",
        "5",
        "-x",
        "u:canary@proxy:1",
        "-U",
        "p:canary",
        "-sSfi",
        "-o",
        "a b",
        "--tlsv1.3",
        "--oauth2-bearer",
        "canary",
    ];
    assert_eq!(
        dry_run(&["id=x", "A:"], &options, &Environment::default()),
        "curl -sS --tlsv1.2 -m 5 -x '***@proxy:1' -U 'p:***' -f -i -o 'a b' --tlsv1.3 -H 'Accept: application/json' \
         -H 'Authorization: Bearer ***' -H 'A;' -X DELETE https://zone.example.org/api/v3/onezone/users/x/tokens/named"
    );
}
