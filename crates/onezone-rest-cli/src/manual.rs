//! The manual page, in the macros of man(7), made from the same tables as the help.

use std::fmt::Write as _;

use crate::help::{EXIT_STATUS, VARIABLES, WORDS};
use crate::markdown;
use crate::options::{Kind, OPTIONS};
use crate::table::Api;

/// The page.
pub(crate) fn page(api: &Api) -> String {
    let mut page = String::from(".TH ONEZONE\\-REST\\-CLI 1\n.SH NAME\n");
    let _ = writeln!(
        page,
        "onezone\\-rest\\-cli \\- {}",
        escaped(&format!("command line client for {} (API version {})", api.title, api.version))
    );
    page.push_str(".SH SYNOPSIS\n.B onezone\\-rest\\-cli\n");
    page.push_str("[\\fIOPTIONS\\fR] \\fIOPERATION\\fR [\\fINAME\\fR=\\fIVALUE\\fR ...] [\\fIHEADER\\fR:\\fIVALUE\\fR ...]\n");
    page.push_str(".SH DESCRIPTION\n");
    for line in markdown::text(api.description, usize::MAX).lines() {
        let _ = writeln!(page, "{}", if line.is_empty() { ".PP".to_owned() } else { escaped(line) });
    }
    for group in api.groups() {
        let _ = writeln!(page, ".SH OPERATIONS: {}", escaped(&group.to_uppercase()));
        for operation in api.operations.iter().filter(|operation| operation.tag == group) {
            entry(&mut page, &operation.usage(), &markdown::line(operation.summary));
        }
    }
    page.push_str(".SH WORDS AFTER THE OPERATION\n");
    entries(&mut page, &WORDS);
    page.push_str(".SH OPTIONS\n");
    for option in OPTIONS.iter().filter(|option| option.kind == Kind::Own) {
        entry(&mut page, &option.heading(), option.text);
    }
    page.push_str(".SH OPTIONS OF CURL\n");
    for option in OPTIONS.iter().filter(|option| option.kind == Kind::Curl) {
        entry(&mut page, &option.heading(), option.text);
    }
    page.push_str(".SS Passed over\n");
    for option in OPTIONS.iter().filter(|option| option.kind == Kind::Passed) {
        entry(&mut page, &option.heading(), option.text);
    }
    page.push_str(".SS Refused, and what to write instead\n");
    for option in OPTIONS.iter().filter(|option| option.kind == Kind::Refused) {
        entry(&mut page, &option.heading(), option.text);
    }
    page.push_str(".SH ENVIRONMENT\n");
    entries(&mut page, &VARIABLES);
    page.push_str(".SH EXIT STATUS\n");
    entries(&mut page, &EXIT_STATUS);
    page.push_str(".SH EXAMPLES\n");
    for sample in api
        .operations
        .iter()
        .flat_map(|operation| operation.samples)
        .filter(|sample| !sample.starts_with("curl "))
        .take(5)
    {
        let _ = writeln!(page, ".PP\n.nf\n{}\n.fi", escaped(sample));
    }
    page
}

fn entries(page: &mut String, entries: &[(&str, &str)]) {
    for (name, text) in entries {
        entry(page, name, text);
    }
}

fn entry(page: &mut String, name: &str, text: &str) {
    let _ = writeln!(page, ".TP\n\\fB{}\\fR\n{}", escaped(name), escaped(text));
}

/// A text with nothing in it that roff obeys.
fn escaped(text: &str) -> String {
    let lines = text.lines().map(|line| {
        let line = line.replace('\\', "\\e").replace('-', "\\-");
        if line.starts_with(['.', '\'']) { format!("\\&{line}") } else { line }
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::generated::operations::API;

    #[test]
    fn page_has_every_operation_and_every_option() {
        let page = page(&API);
        for operation in API.operations {
            assert!(page.contains(&format!("\\fB{}", operation.name)), "{}", operation.name);
        }
        for option in OPTIONS {
            assert!(page.contains(&format!("\\fB{}\\fR", escaped(&option.heading()))), "{}", option.name());
        }
    }

    #[test]
    fn nothing_in_a_text_is_a_command_of_roff() {
        assert_eq!(escaped(".so /etc/passwd\n'x\\fB-"), "\\&.so /etc/passwd\n\\&'x\\efB\\-");
    }
}
