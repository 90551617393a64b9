//! The command line as a whole: options, the operation, and the words that follow it.

use crate::error::Error;
use crate::table::{Api, Operation};
use crate::words::{Call, unknown_operation};

/// What the command line asks for.
#[derive(Default)]
pub(crate) struct Arguments {
    /// What to do.
    pub(crate) action: Action,
    /// Where the Onezone is.
    pub(crate) host: Option<String>,
    /// `NAME:PASSWORD`, or `NAME` alone when the password is to be asked for.
    pub(crate) user: Option<String>,
    /// Whether to accept any certificate.
    pub(crate) insecure: bool,
    /// A file of certificates to trust in place of those of the system.
    pub(crate) cacert: Option<String>,
    /// Whether to print the request and not send it.
    pub(crate) dry_run: bool,
}

/// What to do.
#[derive(Default)]
pub(crate) enum Action {
    /// Explain the program, or an operation.
    Help(Option<&'static Operation>),
    /// Say which version this is.
    #[default]
    Version,
    /// Say what the API is for.
    About,
    /// Call an operation.
    Call(Call),
}

impl Arguments {
    /// Reads the words of a command line. Options may stand anywhere; what follows `--` is no option.
    pub(crate) fn parse(words: Vec<String>, api: &Api) -> Result<Self, Error> {
        let mut arguments = Self::default();
        let mut first: Option<Action> = None;
        let mut help = false;
        let mut plain = Vec::new();
        let mut rest = words.into_iter();
        while let Some(word) = rest.next() {
            let (name, attached) = split_option(&word);
            match name {
                "--" => plain.extend(rest.by_ref()),
                "-h" | "--help" => help = true,
                "-V" | "--version" => first = first.or(Some(Action::Version)),
                "--about" => first = first.or(Some(Action::About)),
                "-k" | "--insecure" => arguments.insecure = true,
                "--dry-run" => arguments.dry_run = true,
                "--host" => once(&mut arguments.host, name, value(name, attached, &mut rest)?)?,
                "-u" | "--user" => once(&mut arguments.user, name, value(name, attached, &mut rest)?)?,
                "--cacert" => once(&mut arguments.cacert, name, value(name, attached, &mut rest)?)?,
                "-ac" | "--accept" => plain.push(media_type("Accept", &value(name, attached, &mut rest)?)),
                "-ct" | "--content-type" => {
                    plain.push(media_type("Content-Type", &value(name, attached, &mut rest)?));
                }
                "-" => plain.push(word),
                option if option.starts_with('-') => {
                    return Err(Error::Usage(format!(
                        "unknown option `{option}`; see `onezone-rest-cli --help` for those there are"
                    )));
                }
                _ => plain.push(word),
            }
        }
        arguments.action = match (help, first) {
            (true, _) => Action::Help(plain.iter().find_map(|word| api.operation(word))),
            (false, Some(action)) => action,
            (false, None) => Action::Call(call(&plain, api)?),
        };
        Ok(arguments)
    }
}

/// The first word without a separator is the operation; headers from options may stand before it.
fn call(plain: &[String], api: &Api) -> Result<Call, Error> {
    let is_name = |word: &&String| word.as_str() != "-" && !word.contains(['=', ':']);
    let Some(name) = plain.iter().find(is_name) else {
        let first = plain.iter().find(|word| word.contains('='));
        let hint = first.map(|_| "; the operation comes before its parameters").unwrap_or_default();
        return Err(Error::Usage(format!(
            "no operation given{hint}; see `onezone-rest-cli --help` for those there are"
        )));
    };
    let operation = api.operation(name).ok_or_else(|| unknown_operation(name, api))?;
    let mut words = plain.iter().map(String::as_str).collect::<Vec<_>>();
    if let Some(place) = words.iter().position(|word| word == name) {
        words.remove(place);
    }
    Call::parse(operation, &words)
}

/// An option and the value attached to it: `--name=value`, or `-uvalue` as curl has it.
fn split_option(word: &str) -> (&str, Option<&str>) {
    if word.starts_with("--") && word.len() > 2 {
        return word.split_once('=').map_or((word, None), |(name, value)| (name, Some(value)));
    }
    match word.strip_prefix("-u") {
        Some(value) if !value.is_empty() => ("-u", Some(value)),
        _ => (word, None),
    }
}

fn value(
    name: &str,
    attached: Option<&str>,
    rest: &mut impl Iterator<Item = String>,
) -> Result<String, Error> {
    let value = attached.map(str::to_owned).or_else(|| rest.next());
    value.filter(|value| !value.is_empty()).ok_or_else(|| Error::Usage(format!("`{name}` needs a value")))
}

fn once(place: &mut Option<String>, name: &str, value: String) -> Result<(), Error> {
    match place.replace(value) {
        Some(_) => Err(Error::Usage(format!("`{name}` is given twice"))),
        None => Ok(()),
    }
}

/// A header word for a media type, which may be abbreviated.
fn media_type(header: &str, text: &str) -> String {
    const ABBREVIATIONS: [(&str, &str); 17] = [
        ("text", "text/plain"),
        ("html", "text/html"),
        ("md", "text/x-markdown"),
        ("csv", "text/csv"),
        ("css", "text/css"),
        ("rtf", "application/rtf"),
        ("json", "application/json"),
        ("xml", "application/xml"),
        ("yaml", "application/yaml"),
        ("js", "application/javascript"),
        ("bin", "application/octet-stream"),
        ("rdf", "application/rdf+xml"),
        ("jpg", "image/jpeg"),
        ("png", "image/png"),
        ("gif", "image/gif"),
        ("bmp", "image/bmp"),
        ("tiff", "image/tiff"),
    ];
    let full = ABBREVIATIONS.iter().find(|(short, _)| *short == text).map_or(text, |(_, full)| full);
    format!("{header}:{full}")
}

#[cfg(test)]
mod tests {
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
            assert_eq!(arguments.host.as_deref(), Some("h"), "{line}");
            assert_eq!(arguments.user.as_deref(), Some("a:b"), "{line}");
            assert_eq!(arguments.cacert.as_deref(), Some("f"), "{line}");
            assert!(arguments.insecure && arguments.dry_run, "{line}");
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
            ("-vvv listNamedTokensOfProvider id=x", "unknown option `-vvv`"),
            ("--hots h listNamedTokensOfProvider id=x", "unknown option `--hots`"),
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
        assert!(!parse("-- deleteNamedTokensOfUser id=-k").unwrap().insecure);
    }
}
