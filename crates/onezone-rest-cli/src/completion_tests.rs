//! What is proposed where, without a shell; `tests/shells.rs` asks the shells themselves.

use super::*;
use crate::generated::operations::API;
use crate::rich_tests::rich::API as RICH;

fn texts(words: &[&str], api: &Api) -> Vec<String> {
    let words: Vec<_> = words.iter().map(|word| (*word).to_owned()).collect();
    match proposals(&words, api) {
        Reply::Files => vec![":files".to_owned()],
        Reply::Words(found) => found.into_iter().map(|one| one.text).collect(),
    }
}

#[test]
fn operations_come_first_with_what_they_do() {
    let words = ["-k".to_owned(), String::new()];
    let Reply::Words(found) = proposals(&words, &API) else { panic!() };
    assert_eq!(found.len(), API.operations.len());
    assert!(
        found
            .iter()
            .zip(API.operations)
            .all(|(one, operation)| one.text == operation.name && one.about == operation.summary)
    );
}

#[test]
fn parameters_of_an_operation_follow_it_until_they_are_given() {
    for operation in API.operations {
        let expected: Vec<_> = operation.parameters.iter().map(|one| format!("{}=", one.name)).collect();
        assert!(texts(&[operation.name, ""], &API).starts_with(&expected));
        assert!(!texts(&[operation.name, "id=x", ""], &API).contains(&"id=".to_owned()));
    }
    let found = texts(&["findThings", "id=1", "tags=big", "X-Trace:t", ""], &RICH);
    assert_eq!(found, ["kind=", "tags=", "sort=", "limit=", "exact=", "level=", "filter=", "session="]);
}

#[test]
fn values_out_of_a_list_and_members_of_bodies_are_proposed() {
    assert!(texts(&["findThings", "kind="], &RICH).ends_with(&["session=".to_owned()]));
    assert!(texts(&["findThings", "kind=b"], &RICH).contains(&"kind=big".to_owned()));
    assert!(texts(&["findThings", "exact="], &RICH).contains(&"exact=true".to_owned()));
    assert_eq!(texts(&["setThing", "id=1", "name==x", ""], &RICH), ["size:=", "kind=="]);
    assert!(texts(&["setThing", "id=1", "kind=="], &RICH).contains(&"kind==small".to_owned()));
    assert!(texts(&["writeNote", "id=1", ""], &RICH).contains(&"-".to_owned()));
}

#[test]
fn options_and_their_values_are_proposed() {
    let found = texts(&["-"], &API);
    assert!(["--host", "-u", "--dry-run", "-ac", "-m"].iter().all(|one| found.contains(&(*one).to_owned())));
    assert_eq!(texts(&["--output", ""], &API), Format::NAMES);
    assert_eq!(texts(&["--output="], &API), Format::NAMES.map(|name| format!("--output={name}")));
    assert!(texts(&["-ac", ""], &API).contains(&"json".to_owned()));
    assert_eq!(texts(&["--completion", ""], &API), ["bash", "zsh", "fish"]);
    assert_eq!(texts(&["-sSko", ""], &API), [":files"]);
    assert_eq!(texts(&["--cacert", "x"], &API), [":files"]);
    assert_eq!(texts(&["--host", ""], &API), Vec::<String>::new());
    assert_eq!(texts(&["-ua:b", ""], &API).len(), API.operations.len());
    assert_eq!(texts(&["--", "-"], &API).len(), API.operations.len());
}

#[test]
fn bash_gets_the_rest_of_the_word() {
    let ask =
        |line: &str, breaks: &str, api| answer(&["bash".to_owned(), line.to_owned(), breaks.to_owned()], api);
    assert_eq!(ask("A=1 onezone-rest-cli list", "=:", &API), "listNamedTokensOfProvider \n");
    assert_eq!(ask("onezone-rest-cli 'listNamedTokensOfProvider' ", "=:", &API), "id=\n");
    assert_eq!(ask("onezone-rest-cli findThings kind=b", "=:", &RICH), "big \n");
    assert_eq!(ask("onezone-rest-cli findThings kind=b", "", &RICH), "kind=big \n");
    assert_eq!(ask("onezone-rest-cli --cacert ", "=:", &API), FILES);
    assert_eq!(ask("", "", &API), "");
    assert_eq!(escaped("a b$`'ä"), "a\\ b\\$\\`\\'ä");
}

#[test]
fn lines_are_split_as_a_shell_does_it() {
    for (line, words) in [
        ("a b", &["a", "b"][..]),
        ("a  'b c' \"d\\\"e\" f\\ g", &["a", "b c", "d\"e", "f g"]),
        ("a ", &["a", ""]),
        ("X=1 Y=2 a 'b", &["a", "b"]),
        ("X=1", &["X=1"]),
    ] {
        assert_eq!(split(line), words, "{line}");
    }
}

#[test]
fn unknown_shell_is_refused_with_those_there_are() {
    assert!(script("/usr/bin/zsh").is_ok());
    let refused = script("bsh").unwrap_err().to_string();
    assert!(refused.contains("bash, zsh, fish; did you mean `bash`?"), "{refused}");
}
