//! What command lines mean.

use super::*;
use crate::generated::operations::API;

fn parse(line: &str) -> Result<Arguments, String> {
    Arguments::parse(line.split_whitespace().map(str::to_owned).collect(), &API)
        .map_err(|error| error.to_string())
}

fn called(line: &str) -> Call {
    match parse(line).unwrap().action {
        Action::Call(call) => call,
        _ => panic!("{line} calls nothing"),
    }
}

#[test]
fn options_are_taken_before_and_after_the_operation() {
    for line in [
        "--host h -u a:b -k --cacert f --dry-run listNamedTokensOfProvider id=x",
        "listNamedTokensOfProvider id=x --host h --user a:b --insecure --cacert f --dry-run",
        "--host=h listNamedTokensOfProvider -ua:b --cacert=f id=x -k --dry-run",
    ] {
        let arguments = parse(line).unwrap();
        assert_eq!(arguments.value(Id::Host), Some("h"), "{line}");
        assert_eq!(arguments.value(Id::User), Some("a:b"), "{line}");
        assert_eq!(arguments.value(Id::CaCert), Some("f"), "{line}");
        assert!(arguments.has(Id::Insecure) && arguments.has(Id::DryRun), "{line}");
    }
}

#[test]
fn operation_is_found_by_name_and_by_id() {
    assert_eq!(called("deleteNamedTokensOfUser id=x").operation.method, "DELETE");
    assert_eq!(called("delete_named_tokens_of_user id=x").operation.method, "DELETE");
}

#[test]
fn mistyped_operation_is_answered_with_the_nearest_one() {
    for name in ["listNamedTokenOfProvider", "listnamedtokensofprovider", "listTokensOfProvider"] {
        let error = parse(&format!("{name} id=x")).err().unwrap();
        assert!(error.contains("did you mean `listNamedTokensOfProvider`"), "{error}");
    }
    let error = parse("frobnicate id=x").err().unwrap();
    assert!(!error.contains("did you mean") && error.contains("deleteNamedTokensOfUser"), "{error}");
}

#[test]
fn command_line_without_an_operation_is_refused() {
    for line in ["", "--host h", "id=x", "-u a:b id=x", "-"] {
        assert!(parse(line).err().unwrap().contains("no operation given"), "{line}");
    }
}

#[test]
fn options_that_nobody_knows_lack_a_value_or_come_twice_are_refused() {
    for (line, message) in [
        ("-@ listNamedTokensOfProvider id=x", "unknown option `-@`"),
        ("-sS@ listNamedTokensOfProvider id=x", "unknown option `-@`"),
        ("--hots h listNamedTokensOfProvider id=x", "unknown option `--hots`; did you mean `--host`?"),
        ("--insecure=yes listNamedTokensOfProvider id=x", "`--insecure` takes no value"),
        ("-O listNamedTokensOfProvider id=x", "curl's `-O` cannot be used here: write -o FILE"),
        ("--digest listNamedTokensOfProvider id=x", "curl's `--digest` cannot be used here"),
        ("-m soon listNamedTokensOfProvider id=x", "`--max-time` needs a number of seconds"),
        ("-m -1 listNamedTokensOfProvider id=x", "`--max-time` needs a number of seconds"),
        ("--retry some listNamedTokensOfProvider id=x", "`--retry` needs a whole number"),
        ("--tls-max 1.4 listNamedTokensOfProvider id=x", "`--tls-max` needs 1.2 or 1.3"),
        ("-46 listNamedTokensOfProvider id=x", "leave no address"),
        ("--key f listNamedTokensOfProvider id=x", "`--key` is the key of a certificate"),
        ("-b file listNamedTokensOfProvider id=x", "`-b` needs NAME=VALUE"),
        ("-H @file listNamedTokensOfProvider id=x", "`-H @FILE` is not read"),
        ("-H word listNamedTokensOfProvider id=x", "`-H` needs HEADER:VALUE"),
        (
            "-X POST listNamedTokensOfProvider id=x",
            "is not the method of `listNamedTokensOfProvider`, which is GET",
        ),
        (
            "--output jsn listNamedTokensOfProvider id=x",
            "`jsn` is no format; there are json, yaml, table, ids; did you mean `json`?",
        ),
        ("listNamedTokensOfProvider id=x --host", "`--host` needs a value"),
        ("listNamedTokensOfProvider id=x --host=", "`--host` needs a value"),
        ("--host a --host b listNamedTokensOfProvider id=x", "`--host` is given twice"),
        ("-u a:b -u c:d listNamedTokensOfProvider id=x", "`-u` is given twice"),
    ] {
        assert!(parse(line).err().unwrap().contains(message), "{line}");
    }
}

#[test]
fn help_names_the_operation_before_or_after_and_asks_for_nothing_else() {
    assert!(parse("-h listNamedTokensOfProvide").err().unwrap().contains("did you mean"));
    for line in [
        "listNamedTokensOfProvider -h",
        "--help listNamedTokensOfProvider",
        "-h listNamedTokensOfProvider id",
    ] {
        let Action::Help(Some(operation)) = parse(line).unwrap().action else { panic!("{line}") };
        assert_eq!(operation.name, "listNamedTokensOfProvider");
    }
    assert!(matches!(parse("-h").unwrap().action, Action::Help(None)));
    assert!(matches!(parse("-V").unwrap().action, Action::Version));
    assert!(matches!(parse("--about").unwrap().action, Action::About));
}

#[test]
fn media_types_are_headers_and_may_be_abbreviated() {
    let call = called("-ac json -ct text/x deleteNamedTokensOfUser id=x");
    assert_eq!(
        call.headers,
        [
            ("Accept".to_owned(), "application/json".to_owned()),
            ("Content-Type".to_owned(), "text/x".to_owned())
        ]
    );
}

#[test]
fn words_after_two_dashes_are_no_options() {
    assert!(parse("-- deleteNamedTokensOfUser -k").err().unwrap().contains("`-k`"));
    assert!(!parse("-- deleteNamedTokensOfUser id=-k").unwrap().has(Id::Insecure));
}

#[test]
fn options_of_curl_are_read_as_curl_reads_them() {
    let arguments =
        parse("-sSkm5 -ofile -HA:1 -vvv -XGET --tlsv1.2 -L --retry 2 listNamedTokensOfProvider id=x -f")
            .unwrap();
    assert!(arguments.has(Id::Insecure) && arguments.has(Id::Fail) && arguments.has(Id::Verbose));
    assert_eq!(arguments.seconds(Id::MaxTime).unwrap(), Some(Duration::from_secs(5)));
    assert_eq!(arguments.file(), Some("file"));
    assert_eq!(arguments.number::<u32>(Id::Retry).unwrap(), Some(2));
    let Action::Call(call) = arguments.action else { panic!() };
    assert_eq!(call.headers, [("A".to_owned(), "1".to_owned())]);
}

#[test]
fn empty_data_is_passed_over_where_there_is_no_body() {
    let line = ["-d", "", "listNamedTokensOfProvider", "id=x"].map(str::to_owned).to_vec();
    let Action::Call(call) = Arguments::parse(line, &API).unwrap().action else { panic!() };
    assert_eq!(call.body, None);
    assert!(parse("-d x listNamedTokensOfProvider id=x").err().unwrap().contains("takes no body"));
}

#[test]
fn output_is_a_format_or_a_file_by_its_name() {
    let arguments = |words: &str| parse(&format!("{words} listNamedTokensOfProvider id=x")).unwrap();
    assert_eq!(
        (arguments("--output yaml").format(), arguments("--output yaml").file()),
        (Some(Format::Yaml), None)
    );
    assert_eq!(arguments("--output out.json").file(), Some("out.json"));
    assert_eq!(arguments("--output /dev/null").file(), Some("/dev/null"));
    assert_eq!((arguments("-o ids").format(), arguments("-o ids").file()), (None, Some("ids")));
    assert_eq!(arguments("-o -").file(), None);
    let both = arguments("--output ids -o f");
    assert_eq!((both.format(), both.file()), (Some(Format::Ids), Some("f")));
}
