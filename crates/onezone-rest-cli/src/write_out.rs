//! `-w`: what curl prints after an answer, for scripts that want the status. It knows the variables that such scripts use.

use onezone_client::RawResponse;

use crate::error::Error;

/// The variables there are.
const VARIABLES: [&str; 11] = [
    "http_code",
    "response_code",
    "content_type",
    "size_download",
    "method",
    "url",
    "url_effective",
    "time_total",
    "exitcode",
    "stderr",
    "stdout",
];

/// A format that was read.
pub(crate) struct WriteOut {
    parts: Vec<Part>,
}

enum Part {
    Text(String),
    Variable(&'static str),
}

/// What is known of a call.
#[derive(Default)]
pub(crate) struct Report {
    /// The method of the request.
    pub(crate) method: &'static str,
    /// The URL of the request.
    pub(crate) url: String,
    /// How long the call took.
    pub(crate) seconds: f64,
    /// What the shell gets to know.
    pub(crate) exit_status: u8,
    /// The status of the answer, 0 without one.
    pub(crate) status: u16,
    /// Its content type.
    pub(crate) content_type: String,
    /// How many bytes it has.
    pub(crate) length: usize,
}

impl Report {
    /// Takes down what an answer tells.
    pub(crate) fn answer(&mut self, answer: &RawResponse) {
        self.status = answer.status.as_u16();
        self.length = answer.body.len();
        let content_type = answer.headers.get("content-type").and_then(|value| value.to_str().ok());
        content_type.unwrap_or_default().clone_into(&mut self.content_type);
    }
}

impl WriteOut {
    /// Reads a format as curl takes it: text with `%{variable}`, `%%`, `\n`, `\r` and `\t` in it.
    pub(crate) fn parse(text: &str) -> Result<Self, Error> {
        let mut parts = Vec::new();
        let mut plain = String::new();
        let mut rest = text;
        while let Some(first) = rest.chars().next() {
            let escapes = [("\\n", '\n'), ("\\r", '\r'), ("\\t", '\t'), ("\\\\", '\\'), ("%%", '%')];
            if let Some((escape, c)) = escapes.iter().find(|(escape, _)| rest.starts_with(escape)) {
                plain.push(*c);
                rest = &rest[escape.len()..];
            } else if let Some((name, after)) = rest.strip_prefix("%{").and_then(|rest| rest.split_once('}'))
            {
                let known = VARIABLES.iter().find(|known| **known == name).ok_or_else(|| unknown(name))?;
                parts.push(Part::Text(std::mem::take(&mut plain)));
                parts.push(Part::Variable(known));
                rest = after;
            } else {
                plain.push(first);
                rest = &rest[first.len_utf8()..];
            }
        }
        parts.push(Part::Text(plain));
        Ok(Self { parts })
    }

    /// The text for a call, and whether it belongs on standard error.
    pub(crate) fn text(&self, report: &Report) -> (String, bool) {
        let mut text = String::new();
        let mut to_errors = false;
        for part in &self.parts {
            match part {
                Part::Text(plain) => text.push_str(plain),
                Part::Variable("stderr") => to_errors = true,
                Part::Variable("stdout") => to_errors = false,
                Part::Variable(name) => text.push_str(&report.variable(name)),
            }
        }
        (text, to_errors)
    }
}

impl Report {
    fn variable(&self, name: &str) -> String {
        match name {
            "http_code" | "response_code" => format!("{:03}", self.status),
            "content_type" => self.content_type.clone(),
            "size_download" => self.length.to_string(),
            "method" => self.method.to_owned(),
            "time_total" => format!("{:.6}", self.seconds),
            "exitcode" => self.exit_status.to_string(),
            _ => self.url.clone(),
        }
    }
}

fn unknown(name: &str) -> Error {
    Error::Usage(format!("`-w` does not know %{{{name}}}; it knows {}", VARIABLES.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_and_escapes_are_replaced() {
        let report = Report { method: "GET", url: "https://h/".to_owned(), status: 204, ..Report::default() };
        let text = |format: &str| WriteOut::parse(format).unwrap().text(&report);
        assert_eq!(text(r"%{http_code}\n"), ("204\n".to_owned(), false));
        assert_eq!(
            text("%{stderr}%% %{method} %{url} %{exitcode} %"),
            ("% GET https://h/ 0 %".to_owned(), true)
        );
        assert_eq!(WriteOut::parse("%{http_code").unwrap().text(&report).0, "%{http_code");
    }

    #[test]
    fn no_answer_has_no_status() {
        assert_eq!(WriteOut::parse("%{response_code}").unwrap().text(&Report::default()).0, "000");
    }

    #[test]
    fn unknown_variable_is_refused_with_those_there_are() {
        let refused = WriteOut::parse("%{http_cod}").err().unwrap().to_string();
        assert!(refused.contains("%{http_cod}") && refused.contains("http_code, response_code"), "{refused}");
    }
}
