//! The words after an operation: parameters, headers and body members, each told apart by its first separator.
//!
//! A word that begins with the name of a parameter and `=` is that parameter, whatever comes after, so that a value may
//! contain every separator. No message quotes the value of a header or of a body, which may be a secret.

use std::fmt::Write as _;

use serde_json::{Map, Value};

use crate::error::Error;
use crate::media;
use crate::suggest;
use crate::table::{BodyForm, Location, Operation, Parameter, Shape};
use crate::values;

/// A call of an operation, checked against the table.
pub(crate) struct Call {
    /// The operation.
    pub(crate) operation: &'static Operation,
    /// Values for its parameters.
    pub(crate) parameters: Vec<(&'static Parameter, Value)>,
    /// Parameters that the operation does not have; they go into the query.
    pub(crate) unknown: Vec<(String, String)>,
    /// Further headers.
    pub(crate) headers: Vec<(String, String)>,
    /// Further cookies, as they are sent.
    pub(crate) cookies: Vec<String>,
    /// The body, if there is one.
    pub(crate) body: Option<Body>,
}

/// Where the body of a call comes from.
#[derive(Debug, PartialEq)]
pub(crate) enum Body {
    /// From standard input.
    Input,
    /// From a file.
    File(String),
    /// From the command line, as it is.
    Text(String),
    /// From the command line, member by member.
    Members(Map<String, Value>),
}

/// What options contribute to a call.
#[derive(Default)]
pub(crate) struct Given {
    /// Headers.
    pub(crate) headers: Vec<(String, String)>,
    /// Cookies.
    pub(crate) cookies: Vec<String>,
    /// The body.
    pub(crate) body: Option<Body>,
    /// Whether nothing is checked that can be sent.
    pub(crate) force: bool,
}

impl Given {
    /// Takes a body; there can only be one.
    pub(crate) fn body(&mut self, body: Body) -> Result<(), Error> {
        match self.body.replace(body) {
            Some(_) => Err(Error::Usage(BODY_ONCE.to_owned())),
            None => Ok(()),
        }
    }
}

const BODY_ONCE: &str =
    "the body comes once: from members (KEY==TEXT, KEY:=JSON), from `--body`, or from standard input (`-`)";

/// What a word is.
#[derive(Debug, PartialEq)]
enum Word<'a> {
    Parameter(&'a str, &'a str),
    Header(&'a str, &'a str),
    Text(&'a str, &'a str),
    Json(&'a str, &'a str),
    Input,
}

/// A call that is being read.
struct Reader {
    call: Call,
    /// The parameters as they were written, in the order of their first appearance.
    texts: Vec<(&'static Parameter, Vec<String>)>,
    force: bool,
}

impl Call {
    /// Reads the words after an operation.
    pub(crate) fn parse(operation: &'static Operation, words: &[&str], given: Given) -> Result<Self, Error> {
        let Given { headers, cookies, body, force } = given;
        let call = Self {
            operation,
            parameters: Vec::new(),
            unknown: Vec::new(),
            headers: Vec::new(),
            cookies,
            body: None,
        };
        let mut reader = Reader { call, texts: Vec::new(), force };
        for (name, value) in headers {
            reader.header(&name, &value)?;
        }
        // Scripts of old give every call an empty body.
        if let Some(body) = body.filter(|body| operation.body.is_some() || *body != Body::Text(String::new()))
        {
            reader.body(body)?;
        }
        for word in words {
            reader.word(word)?;
        }
        reader.finish()
    }

    /// The header of this name, if there is one on the command line.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(given, _)| given.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    /// The media type of the body, if there is a body.
    pub(crate) fn content_type(&self) -> Option<&str> {
        self.body.as_ref()?;
        let preferred = self.operation.body.as_ref().and_then(|body| body.media_types.first());
        Some(self.header("Content-Type").or(preferred.copied()).unwrap_or("application/json"))
    }
}

impl Reader {
    fn word(&mut self, word: &str) -> Result<(), Error> {
        let Some(classified) = classify(self.call.operation, word) else {
            return Err(self.stray(word));
        };
        match classified {
            Word::Parameter(name, value) => self.parameter(name, value),
            Word::Header(name, value) => self.header(name, value),
            Word::Text(name, value) => self.member(name, Value::String(value.to_owned())),
            Word::Json(name, value) => {
                let value = serde_json::from_str(value).map_err(|error| {
                    self.wrong(&format!(
                        "what follows `{name}:=` is no JSON ({error}); a text is {name}==TEXT"
                    ))
                })?;
                self.member(name, value)
            }
            Word::Input => self.body(Body::Input),
        }
    }

    fn parameter(&mut self, name: &str, value: &str) -> Result<(), Error> {
        let Some(parameter) = self.call.operation.parameter(name) else {
            if self.force {
                self.call.unknown.push((name.to_owned(), value.to_owned()));
                return Ok(());
            }
            return Err(self.unknown_parameter(name));
        };
        match self.texts.iter_mut().find(|(known, _)| std::ptr::eq(*known, parameter)) {
            Some((_, texts)) if matches!(parameter.shape, Shape::Array(_)) => texts.push(value.to_owned()),
            Some(_) => return Err(self.wrong(&format!("`{name}` is given twice, and takes one value"))),
            None => self.texts.push((parameter, vec![value.to_owned()])),
        }
        Ok(())
    }

    fn header(&mut self, name: &str, value: &str) -> Result<(), Error> {
        let parameter = self.call.operation.parameter(name);
        if let Some(parameter) = parameter.filter(|parameter| parameter.location == Location::Header) {
            return self.parameter(parameter.name, value.trim());
        }
        if self.call.header(name).is_some() {
            return Err(self.wrong(&format!("the header `{name}` is given twice")));
        }
        self.call.headers.push((name.to_owned(), value.trim().to_owned()));
        Ok(())
    }

    fn member(&mut self, name: &str, value: Value) -> Result<(), Error> {
        self.check_takes_body()?;
        let form = self.call.operation.body.as_ref().map_or(BodyForm::Json, |body| body.form);
        if !matches!(form, BodyForm::Json | BodyForm::Form) && !self.force {
            return Err(self.wrong(
                "its body has no members; give it whole, with `--body` or from standard input (`-`)",
            ));
        }
        match self.call.body.get_or_insert_with(|| Body::Members(Map::new())) {
            Body::Members(members) => match members.insert(name.to_owned(), value) {
                Some(_) => Err(self.wrong(&format!("the member `{name}` is given twice"))),
                None => Ok(()),
            },
            _ => Err(self.wrong(BODY_ONCE)),
        }
    }

    fn body(&mut self, body: Body) -> Result<(), Error> {
        self.check_takes_body()?;
        match self.call.body.replace(body) {
            Some(_) => Err(self.wrong(BODY_ONCE)),
            None => Ok(()),
        }
    }

    fn check_takes_body(&self) -> Result<(), Error> {
        match self.call.operation.body {
            None if !self.force => Err(self.wrong("this operation takes no body")),
            _ => Ok(()),
        }
    }

    fn finish(mut self) -> Result<Call, Error> {
        for (parameter, texts) in std::mem::take(&mut self.texts) {
            let value =
                values::read(parameter, &texts, self.force).map_err(|problem| self.wrong(&problem))?;
            self.call.parameters.push((parameter, value));
        }
        self.check_complete()?;
        self.check_content_type()?;
        Ok(self.call)
    }

    fn check_complete(&self) -> Result<(), Error> {
        let operation = self.call.operation;
        let given = |parameter: &Parameter| {
            self.call.parameters.iter().any(|(known, _)| std::ptr::eq(*known, parameter))
        };
        // Without its value a path leads elsewhere, whoever forces it.
        let needed = |parameter: &&Parameter| {
            parameter.required && (!self.force || parameter.location == Location::Path)
        };
        let mut missing: Vec<_> = operation
            .parameters
            .iter()
            .filter(|parameter| needed(parameter) && !given(parameter))
            .map(|parameter| (parameter.word(), parameter.description))
            .collect();
        if let (Some(body), false) = (&operation.body, self.force) {
            match &self.call.body {
                None if body.required && body.members.is_empty() => {
                    return Err(self.incomplete("the body is missing", &missing));
                }
                None if !body.required => {}
                None => missing.extend(members_missing(body, &Map::new())),
                Some(Body::Members(members)) => missing.extend(members_missing(body, members)),
                Some(_) => {}
            }
            if missing.is_empty() && body.required && self.call.body.is_none() {
                return Err(self.wrong("the body is missing"));
            }
        }
        if missing.is_empty() {
            return Ok(());
        }
        let names: Vec<_> = missing.iter().map(|(word, _)| format!("`{word}`")).collect();
        let verb = if names.len() == 1 { "is" } else { "are" };
        Err(self.incomplete(&format!("{} {verb} missing", names.join(", ")), &missing))
    }

    fn check_content_type(&self) -> Result<(), Error> {
        let (Some(body), Some(content_type)) = (&self.call.operation.body, self.call.content_type()) else {
            return Ok(());
        };
        let essence = media::essence(content_type);
        if self.force || body.media_types.iter().any(|known| media::essence(known) == essence) {
            return Ok(());
        }
        let known = body.media_types.join(", ");
        Err(self
            .wrong(&format!("`{content_type}` is no content type of this operation, which takes {known}")))
    }

    /// What is missing, with its description, and a call that has it all.
    fn incomplete(&self, problem: &str, missing: &[(String, &str)]) -> Error {
        let mut problem = problem.to_owned();
        let width = missing.iter().map(|(word, _)| word.len()).max().unwrap_or_default();
        for (word, description) in missing.iter().filter(|(_, description)| !description.is_empty()) {
            let line = crate::markdown::line(description);
            let _ = write!(problem, "\n  {word:width$}  {line}");
        }
        let sample =
            self.call.operation.samples.iter().find(|sample| sample.starts_with("onezone-rest-cli "));
        let example = sample.map_or_else(String::new, |sample| format!("\nexample: {sample}"));
        Error::Usage(format!("{problem}\nusage: onezone-rest-cli {}{example}", self.call.operation.usage()))
    }

    fn unknown_parameter(&self, name: &str) -> Error {
        let parameters = self.call.operation.parameters;
        let names = || parameters.iter().map(|parameter| parameter.name);
        let members = self.call.operation.body.iter().flat_map(|body| body.members);
        let hint = match suggest::nearest(name, names()) {
            Some(nearest) => format!("; did you mean `{nearest}`?"),
            None => match members.clone().find(|member| member.name == name) {
                Some(member) => format!("; it is a member of the body: `{}`", member.word()),
                None if parameters.is_empty() => "; it takes none".to_owned(),
                None => format!("; there {}", listed(&names().collect::<Vec<_>>())),
            },
        };
        self.wrong(&format!("there is no parameter `{name}`{hint}"))
    }

    fn stray(&self, word: &str) -> Error {
        let open = |parameter: &&Parameter| {
            parameter.required && !self.texts.iter().any(|(known, _)| std::ptr::eq(*known, *parameter))
        };
        let mut open = self.call.operation.parameters.iter().filter(open);
        let hint = match (open.next(), open.next()) {
            (Some(parameter), None) => format!("; did you mean `{}={word}`?", parameter.name),
            _ => String::new(),
        };
        self.wrong(&format!("`{word}` is neither NAME=VALUE nor HEADER:VALUE{hint}"))
    }

    fn wrong(&self, problem: &str) -> Error {
        Error::Usage(format!("{problem}\nusage: onezone-rest-cli {}", self.call.operation.usage()))
    }
}

fn listed(names: &[&str]) -> String {
    let verb = if names.len() == 1 { "is" } else { "are" };
    format!("{verb} {}", names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", "))
}

/// The members that a body cannot do without and that are not there, with their descriptions.
fn members_missing(
    body: &'static crate::table::Body,
    members: &Map<String, Value>,
) -> impl Iterator<Item = (String, &'static str)> {
    let missing = body.members.iter().filter(|member| member.required && !members.contains_key(member.name));
    missing.map(|member| (member.word(), member.description)).collect::<Vec<_>>().into_iter()
}

fn classify<'a>(operation: &Operation, word: &'a str) -> Option<Word<'a>> {
    if word == "-" {
        return Some(Word::Input);
    }
    let place = word.find(['=', ':']).filter(|place| *place > 0)?;
    let (name, rest) = word.split_at(place);
    let is_parameter = operation.parameter(name).is_some();
    // Where a body is possible, `==` with a parameter's name stays what it is for every other name: a body member.
    if rest.starts_with('=') && is_parameter && !(rest.starts_with("==") && operation.body.is_some()) {
        return Some(Word::Parameter(name, &rest[1..]));
    }
    if let Some(value) = rest.strip_prefix("==") {
        return Some(Word::Text(name, value));
    }
    if let Some(value) = rest.strip_prefix(":=") {
        return Some(Word::Json(name, value));
    }
    if let Some(value) = rest.strip_prefix(':') {
        return Some(Word::Header(name, value));
    }
    Some(Word::Parameter(name, &rest[1..]))
}

#[cfg(test)]
#[path = "words_tests.rs"]
mod tests;
