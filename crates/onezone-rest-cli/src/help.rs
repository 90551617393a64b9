//! What the program says about itself, made from the table of operations.

use std::fmt::Write as _;

use crate::table::{Api, Operation, SchemeKind};

const OPTIONS: &str = "\
Options (before or after the operation):
  --host URL                Onezone to talk to, a host name or a URL; or set ONEZONE_HOST
  -u, --user NAME:PASSWORD  authenticate by HTTP Basic; without the password it is asked for
  -k, --insecure            accept any certificate
  --cacert FILE             trust the certificates in this PEM file, in place of those of the system
  -ac, --accept TYPE        media type to ask for, e.g. json
  -ct, --content-type TYPE  media type of the body, e.g. json
  --dry-run                 print the equivalent curl command, without secrets, and send nothing
  -h, --help                this text, or that of an operation
  -V, --version             version of the API
  --about                   what the API is for
";

const WORDS: &str = "\
Words after the operation:
  NAME=VALUE                parameter of the operation; the value may contain anything
  HEADER:VALUE              request header
  KEY==TEXT, KEY:=JSON      member of a JSON body
  -                         body from standard input
";

const EXIT_STATUS: &str = "\
Exit status: 0 success, 1 the call failed or the server answered with an error, 2 wrong usage.
";

/// The line that says what this is.
pub(crate) fn version(api: &Api) -> String {
    format!("{} command line client (API version {})\n", api.title, api.version)
}

/// What the API is for.
pub(crate) fn about(api: &Api) -> String {
    format!("{}\n{}\n", version(api), api.description)
}

/// The text for the whole program.
pub(crate) fn general(api: &Api) -> String {
    let mut text = version(api);
    text.push_str("\nUsage: onezone-rest-cli [OPTIONS] OPERATION [NAME=VALUE ...] [HEADER:VALUE ...]\n\n");
    text.push_str("Operations (see OPERATION --help):\n");
    let width = api.operations.iter().map(|operation| operation.name.len()).max().unwrap_or_default();
    let mut tags: Vec<_> = api.operations.iter().map(|operation| operation.tag).collect();
    tags.sort_unstable();
    tags.dedup();
    for tag in tags {
        let _ = writeln!(text, "[{tag}]");
        for operation in api.operations.iter().filter(|operation| operation.tag == tag) {
            let _ = writeln!(text, "  {:width$}  {}", operation.name, operation.summary);
        }
    }
    for part in [OPTIONS, WORDS, &authentication(api), EXIT_STATUS] {
        let _ = write!(text, "\n{part}");
    }
    text
}

/// The text for an operation.
pub(crate) fn operation(operation: &Operation) -> String {
    let mut text = format!("{} - {}\n", operation.name, operation.summary);
    if operation.deprecated {
        text.push_str("\nDeprecated: it may go away.\n");
    }
    let _ = write!(text, "\n{}\n\nUsage: onezone-rest-cli {}\n", operation.description, operation.usage());
    if !operation.authenticated {
        text.push_str("\nNeeds no authentication.\n");
    }
    if !operation.parameters.is_empty() {
        text.push_str("\nParameters\n");
    }
    for parameter in operation.parameters {
        let required = if parameter.required { " (required)" } else { "" };
        let _ = writeln!(
            text,
            "  * {} [{}]{required} - {}",
            parameter.name, parameter.type_name, parameter.description
        );
        let _ = writeln!(text, "    Specify as: {}=value", parameter.name);
    }
    if let Some(body) = &operation.body {
        let _ = writeln!(text, "\nBody ({})\n  {}", body.media_type, body.description);
    }
    text.push_str("\nResponses\n");
    for response in operation.responses {
        let _ = writeln!(text, "  {}  {}", response.status, response.description);
    }
    if !operation.samples.is_empty() {
        text.push_str("\nExample use\n");
    }
    for sample in operation.samples {
        let _ = writeln!(text, "  {}", sample.trim_end().replace('\n', "\n  "));
    }
    text
}

fn authentication(api: &Api) -> String {
    let mut text =
        "Authentication (one way is used; the command line comes before the environment):\n".to_owned();
    for scheme in api.schemes {
        let line = match scheme.kind {
            SchemeKind::ApiKeyHeader(header) => format!("ONEZONE_API_KEY=TOKEN, or the word {header}:TOKEN"),
            SchemeKind::Bearer => "the word Authorization:'Bearer TOKEN'".to_owned(),
            SchemeKind::Basic => "ONEZONE_BASIC_AUTH=NAME:PASSWORD, or -u NAME:PASSWORD".to_owned(),
        };
        let _ = writeln!(text, "  {line}");
    }
    text.push_str("  Other users of a machine see its command lines; the environment is the safer place.\n");
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::generated::operations::API;

    #[test]
    fn general_help_names_every_operation_and_every_scheme() {
        let text = general(&API);
        for operation in API.operations {
            assert!(text.contains(operation.name) && text.contains(operation.summary));
        }
        for word in
            ["ONEZONE_HOST", "ONEZONE_API_KEY", "ONEZONE_BASIC_AUTH", "X-Auth-Token", "Bearer", "[Token]"]
        {
            assert!(text.contains(word), "{word}");
        }
    }

    #[test]
    fn help_of_an_operation_has_parameters_responses_and_samples() {
        let text = operation(API.operation("deleteNamedTokensOfUser").unwrap());
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
