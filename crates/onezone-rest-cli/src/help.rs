//! What the program says about itself, made from the tables of operations and of options.

use std::fmt::Write as _;

use crate::credentials::{API_KEY, BASIC_AUTH, HOST};
use crate::markdown;
use crate::options::{Kind, OPTIONS};
use crate::table::{Api, Body, BodyForm, Operation, Parameter, SchemeKind};
use crate::terminal::Paint;

/// Where the second column begins.
const COLUMN: usize = 30;

/// The words that may follow an operation, and what they are.
pub(crate) const WORDS: [(&str, &str); 5] = [
    ("NAME=VALUE", "parameter of the operation; the value may contain anything, and a list repeats the word"),
    ("HEADER:VALUE", "request header"),
    ("NAME==TEXT", "member of the body, a text"),
    ("NAME:=JSON", "member of the body, any JSON: a number, true, null, a list"),
    ("-", "body from standard input"),
];

/// The variables that count, and what for.
pub(crate) const VARIABLES: [(&str, &str); 6] = [
    (HOST, "Onezone to talk to, if --host is not given"),
    (API_KEY, "access token, sent as X-Auth-Token unless credentials are on the command line"),
    (BASIC_AUTH, "NAME:PASSWORD, if there is no token"),
    ("NO_COLOR", "if set, no colours; CLICOLOR_FORCE=1 asks for them without a terminal"),
    ("COLUMNS", "width of help"),
    ("https_proxy", "proxy, as with curl; also http_proxy, all_proxy and no_proxy"),
];

/// The exit statuses, and what they mean.
pub(crate) const EXIT_STATUS: [(&str, &str); 11] = [
    ("0", "success"),
    ("1", "the server answered with an error, or the answer cannot be shown as asked"),
    ("2", "wrong usage; nothing was sent"),
    ("6, 7", "unknown host, no connection"),
    ("22", "the server answered with an error, and -f was given"),
    ("23", "the answer could not be written"),
    ("28", "no answer in time"),
    ("35", "TLS could not be agreed on"),
    ("56", "the connection was lost"),
    ("60", "the certificate of the server is not trusted"),
    ("63", "the answer is longer than --max-filesize"),
];

/// The line that says what this is.
pub(crate) fn version(api: &Api) -> String {
    format!("{} command line client (API version {})\n", api.title, api.version)
}

/// What the API is for.
pub(crate) fn about(api: &Api, width: usize) -> String {
    let mut text = version(api);
    for (name, value) in [("License", api.license), ("Contact", api.contact)] {
        if !value.is_empty() {
            let _ = writeln!(text, "{name}: {value}");
        }
    }
    let _ = writeln!(text, "\n{}", markdown::text(api.description, width));
    text
}

/// The text for the whole program.
pub(crate) fn general(api: &Api, width: usize, paint: Paint) -> String {
    let mut text = version(api);
    let _ = writeln!(
        text,
        "\n{} onezone-rest-cli [OPTIONS] OPERATION [NAME=VALUE ...] [HEADER:VALUE ...]",
        paint.bold("Usage:")
    );
    let _ = writeln!(text, "\n{}", paint.bold("Operations (see OPERATION --help):"));
    for group in api.groups() {
        operations(&mut text, api, group, width, paint);
    }
    let options = |kind| OPTIONS.iter().filter(move |option| option.kind == kind);
    let own: Vec<_> = options(Kind::Own).map(|option| (option.heading(), option.text)).collect();
    section(&mut text, "Options (before or after the operation):", &own, width, paint);
    let curl: Vec<_> = options(Kind::Curl).map(|option| (option.heading(), option.text)).collect();
    section(&mut text, "Options of curl:", &curl, width, paint);
    let passed: Vec<_> = options(Kind::Passed)
        .map(|option| if option.short.is_empty() { option.name() } else { format!("-{}", option.short) })
        .collect();
    let passed = format!("Passed over, since they ask for what is so anyway: {}", passed.join(", "));
    let _ = writeln!(text, "{}", textwrap::fill(&passed, hanging(width, "  ", "  ")));
    section(&mut text, "Words after the operation:", &owned(&WORDS), width, paint);
    authentication(&mut text, api, width, paint);
    section(&mut text, "Environment:", &owned(&VARIABLES), width, paint);
    section(&mut text, "Exit status:", &owned(&EXIT_STATUS), width, paint);
    text
}

/// The text for an operation.
pub(crate) fn operation(operation: &Operation, width: usize, paint: Paint) -> String {
    let summary = markdown::line(operation.summary);
    let summary = if summary.is_empty() { String::new() } else { format!(" - {summary}") };
    let title = textwrap::fill(&format!("{}{summary}", operation.name), hanging(width, "", "  "));
    let mut text = format!("{}\n", title.replacen(operation.name, &paint.bold(operation.name), 1));
    if operation.deprecated {
        text.push_str("\nDeprecated: it may go away.\n");
    }
    if !operation.description.is_empty() {
        let _ = writeln!(text, "\n{}", markdown::text(operation.description, width));
    }
    let usage = format!("onezone-rest-cli {}", operation.usage());
    let usage = textwrap::fill(&usage, hanging(width.saturating_sub(7), "", "         "));
    let _ = writeln!(text, "\n{} {usage}", paint.bold("Usage:"));
    let _ = writeln!(text, "\n{} {} {}", paint.bold("Request:"), operation.method, operation.path);
    if !operation.authenticated {
        text.push_str("\nNeeds no authentication.\n");
    }
    if !operation.parameters.is_empty() {
        let _ = writeln!(text, "\n{}", paint.bold("Parameters"));
    }
    for one in operation.parameters {
        parameter(&mut text, one, width, paint);
    }
    if let Some(one) = &operation.body {
        body(&mut text, one, width, paint);
    }
    let responses: Vec<_> = operation
        .responses
        .iter()
        .map(|response| (response.status.to_owned(), markdown::line(response.description)))
        .collect();
    let _ = writeln!(text, "\n{}", paint.bold("Responses"));
    for (status, description) in &responses {
        let first = format!("  {status}  ");
        let line = textwrap::fill(description, hanging(width, &first, &" ".repeat(first.len())));
        let _ = writeln!(text, "{}", if line.is_empty() { first.trim_end() } else { &line });
    }
    if !operation.samples.is_empty() {
        let _ = writeln!(text, "\n{}", paint.bold("Example use"));
    }
    for sample in operation.samples {
        let _ = writeln!(text, "  {}", sample.trim_end().replace('\n', "\n  "));
    }
    text
}

fn operations(text: &mut String, api: &Api, group: &str, width: usize, paint: Paint) {
    let _ =
        writeln!(text, "{}", paint.bold(&format!("[{}]", if group.is_empty() { "other" } else { group })));
    let of_group = || api.operations.iter().filter(|operation| operation.tag == group);
    let longest = of_group().map(|operation| operation.name.len()).max().unwrap_or_default().min(40);
    for operation in of_group() {
        let mut summary = markdown::line(operation.summary);
        if operation.deprecated {
            summary.push_str(" (deprecated)");
        }
        entry(text, operation.name, &summary, longest + 4, width, paint);
    }
}

fn section(text: &mut String, heading: &str, entries: &[(String, &str)], width: usize, paint: Paint) {
    let _ = writeln!(text, "\n{}", paint.bold(heading));
    for (name, description) in entries {
        entry(text, name, description, COLUMN, width, paint);
    }
}

/// A name, and in the second column what it is; on a line of its own where the name reaches into it.
fn entry(text: &mut String, name: &str, description: &str, column: usize, width: usize, paint: Paint) {
    let blanks = " ".repeat(column);
    let lines = textwrap::fill(description, hanging(width, &blanks, &blanks));
    if description.is_empty() {
        let _ = writeln!(text, "  {}", paint.name(name));
    } else if name.len() + 4 > column {
        let _ = writeln!(text, "  {}\n{lines}", paint.name(name));
    } else {
        let gap = " ".repeat(column - 2 - name.len());
        let _ = writeln!(text, "  {}{gap}{}", paint.name(name), &lines[column..]);
    }
}

fn hanging<'a>(width: usize, first: &'a str, others: &'a str) -> textwrap::Options<'a> {
    textwrap::Options::new(width)
        .initial_indent(first)
        .subsequent_indent(others)
        .break_words(false)
        .word_splitter(textwrap::WordSplitter::NoHyphenation)
}

fn owned(entries: &[(&str, &'static str)]) -> Vec<(String, &'static str)> {
    entries.iter().map(|(name, description)| ((*name).to_owned(), *description)).collect()
}

fn parameter(text: &mut String, parameter: &Parameter, width: usize, paint: Paint) {
    let required = if parameter.required { " (required)" } else { "" };
    let default = parameter.default.map_or_else(String::new, |value| format!(" (default: {value})"));
    let head = format!("{} [{}]{required}{default}", parameter.name, parameter.shape.name());
    let description = markdown::line(parameter.description);
    let line = if description.is_empty() { head } else { format!("{head} - {description}") };
    let line = textwrap::fill(&line, hanging(width, "  * ", "    "));
    let _ = writeln!(text, "{}", line.replacen(parameter.name, &paint.name(parameter.name), 1));
    if !parameter.choices().is_empty() {
        let choices = format!("One of: {}", parameter.choices().join(", "));
        let _ = writeln!(text, "{}", textwrap::fill(&choices, hanging(width, "    ", "      ")));
    }
    let example = parameter.choices().first().copied().unwrap_or("value");
    let again = if matches!(parameter.shape, crate::table::Shape::Array(_)) {
        format!(" {}={} ...", parameter.name, parameter.choices().get(1).copied().unwrap_or("value"))
    } else {
        String::new()
    };
    let _ = writeln!(text, "    Specify as: {}={example}{again}", parameter.name);
}

fn body(text: &mut String, body: &Body, width: usize, paint: Paint) {
    let required = if body.required { "required" } else { "optional" };
    let _ = writeln!(text, "\n{} ({}, {required})", paint.bold("Body"), body.media_types.join(", "));
    if !body.description.is_empty() {
        let description = markdown::line(body.description);
        let _ = writeln!(text, "{}", textwrap::fill(&description, hanging(width, "  ", "  ")));
    }
    for member in body.members {
        let required = if member.required { " (required)" } else { "" };
        let head = format!("{} [{}]{required}", member.word(), member.type_name);
        let description = markdown::line(member.description);
        let line = if description.is_empty() { head } else { format!("{head} - {description}") };
        let _ = writeln!(text, "{}", textwrap::fill(&line, hanging(width, "  * ", "    ")));
        if !member.values.is_empty() {
            let choices = format!("One of: {}", member.values.join(", "));
            let _ = writeln!(text, "{}", textwrap::fill(&choices, hanging(width, "    ", "      ")));
        }
    }
    let how = match body.form {
        BodyForm::Json | BodyForm::Form => {
            "Specify as: NAME==TEXT and NAME:=JSON, or --body=TEXT, or - for standard input"
        }
        BodyForm::Text | BodyForm::Bytes | BodyForm::Multipart => {
            "Specify as: --body=TEXT, or - for standard input"
        }
    };
    let _ = writeln!(text, "  {how}");
}

fn authentication(text: &mut String, api: &Api, width: usize, paint: Paint) {
    let heading = "Authentication (one way is used; the command line comes before the environment):";
    let _ = writeln!(text, "\n{}", paint.bold(heading));
    for scheme in api.schemes {
        let line = match scheme.kind {
            SchemeKind::ApiKeyHeader(header) => format!("{API_KEY}=TOKEN, or the word {header}:TOKEN"),
            SchemeKind::Bearer => {
                "the word Authorization:'Bearer TOKEN', or --oauth2-bearer TOKEN".to_owned()
            }
            SchemeKind::Basic => format!("{BASIC_AUTH}=NAME:PASSWORD, or -u NAME:PASSWORD"),
        };
        let _ = writeln!(text, "  {line}");
    }
    let warning = "Other users of a machine see its command lines; the environment is the safer place.";
    let _ = writeln!(text, "{}", textwrap::fill(warning, hanging(width, "  ", "  ")));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::generated::operations::API;

    #[test]
    fn general_help_names_every_operation_every_option_and_every_scheme() {
        let text = general(&API, 80, Paint::default());
        // Long summaries are wrapped.
        let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
        for operation in API.operations {
            assert!(
                words.contains(&format!("{} {}", operation.name, operation.summary)),
                "{}",
                operation.name
            );
        }
        for option in OPTIONS.iter().filter(|option| matches!(option.kind, Kind::Own | Kind::Curl)) {
            assert!(text.contains(&format!("  {}", option.heading())), "{}", option.name());
        }
        for word in
            ["ONEZONE_HOST", "ONEZONE_API_KEY", "ONEZONE_BASIC_AUTH", "X-Auth-Token", "Bearer", "[Token]"]
        {
            assert!(text.contains(word), "{word}");
        }
    }

    #[test]
    fn help_fits_the_terminal() {
        for width in [40, 80, 100] {
            let mut texts = vec![general(&API, width, Paint::default()), about(&API, width)];
            texts.extend(API.operations.iter().map(|one| operation(one, width, Paint::default())));
            for line in texts.iter().flat_map(|text| text.lines()).filter(|line| !line.contains("://")) {
                let is_long_word = line.split_whitespace().count() < 4 || width == 40;
                assert!(line.chars().count() <= width || is_long_word, "{width}: {line}");
            }
        }
    }

    #[test]
    fn help_of_an_operation_has_parameters_responses_and_samples() {
        let text = operation(API.operation("deleteNamedTokensOfUser").unwrap(), 80, Paint::default());
        for part in [
            "deleteNamedTokensOfUser - Delete named tokens of a user\n",
            "Usage: onezone-rest-cli deleteNamedTokensOfUser id=VALUE\n",
            "  * id [string] (required) - User Id",
            "Specify as: id=value\n",
            "  204  All user's named tokens have been deleted.\n",
            "  404  Resource not found.\n",
            "  onezone-rest-cli deleteNamedTokensOfUser id=c26bab23d12f7389c3c311caf9c15902\n",
        ] {
            assert!(text.contains(part), "{part:?} is not in {text}");
        }
    }
}
