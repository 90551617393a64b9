//! The words after an operation: parameters, headers and body members, each told apart by its first separator.
//!
//! A word that begins with the name of a parameter and `=` is that parameter, whatever comes after, so that a value may
//! contain every separator.

use serde_json::{Map, Value};

use crate::error::Error;
use crate::table::{Api, Location, Operation, Parameter};

/// A call of an operation, checked against the table.
pub(crate) struct Call {
    /// The operation.
    pub(crate) operation: &'static Operation,
    /// Values for its parameters, by name.
    pub(crate) parameters: Vec<(&'static str, String)>,
    /// Further headers.
    pub(crate) headers: Vec<(String, String)>,
    /// The body, if there is one.
    pub(crate) body: Option<Body>,
}

/// Where the body of a call comes from.
#[derive(Debug, PartialEq)]
pub(crate) enum Body {
    /// From standard input.
    Input,
    /// From the command line.
    Members(Map<String, Value>),
}

/// What a word is.
#[derive(Debug, PartialEq)]
enum Word<'a> {
    Parameter(&'a str, &'a str),
    Header(&'a str, &'a str),
    Text(&'a str, &'a str),
    Json(&'a str, &'a str),
    Input,
}

impl Call {
    /// Reads the words after an operation.
    pub(crate) fn parse(operation: &'static Operation, words: &[&str]) -> Result<Self, Error> {
        let mut call = Self { operation, parameters: Vec::new(), headers: Vec::new(), body: None };
        for word in words {
            let classified = classify(operation, word).ok_or_else(|| {
                usage(operation, &format!("`{word}` is neither NAME=VALUE nor HEADER:VALUE"))
            })?;
            match classified {
                Word::Parameter(name, value) => call.add_parameter(name, value)?,
                Word::Header(name, value) => call.add_header(name, value)?,
                Word::Text(name, value) => call.add_member(name, Value::String(value.to_owned()))?,
                Word::Json(name, value) => {
                    let value = serde_json::from_str(value).map_err(|error| {
                        usage(operation, &format!("`{word}`: what follows `:=` is no JSON, {error}"))
                    })?;
                    call.add_member(name, value)?;
                }
                Word::Input => call.read_input()?,
            }
        }
        call.check_complete()?;
        Ok(call)
    }

    /// The header of this name, if there is one on the command line.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(given, _)| given.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    fn add_parameter(&mut self, name: &str, value: &str) -> Result<(), Error> {
        let Some(parameter) = self.operation.parameter(name) else {
            return Err(usage(self.operation, &format!("there is no parameter `{name}`")));
        };
        if self.parameters.iter().any(|(given, _)| *given == name) {
            return Err(usage(self.operation, &format!("`{name}` is given twice")));
        }
        if parameter.location == Location::Path && matches!(value, "" | "." | "..") {
            let reason =
                if value.is_empty() { "it cannot be empty" } else { "in a path it is a step, not a value" };
            return Err(usage(self.operation, &format!("`{name}={value}`: {reason}")));
        }
        self.parameters.push((parameter.name, value.to_owned()));
        Ok(())
    }

    fn add_header(&mut self, name: &str, value: &str) -> Result<(), Error> {
        if self.header(name).is_some() {
            return Err(usage(self.operation, &format!("the header `{name}` is given twice")));
        }
        self.headers.push((name.to_owned(), value.trim().to_owned()));
        Ok(())
    }

    fn add_member(&mut self, name: &str, value: Value) -> Result<(), Error> {
        self.check_takes_body()?;
        match self.body.get_or_insert_with(|| Body::Members(Map::new())) {
            Body::Input => Err(both_bodies(self.operation)),
            Body::Members(members) => match members.insert(name.to_owned(), value) {
                Some(_) => Err(usage(self.operation, &format!("the member `{name}` is given twice"))),
                None => Ok(()),
            },
        }
    }

    fn read_input(&mut self) -> Result<(), Error> {
        self.check_takes_body()?;
        match self.body.replace(Body::Input) {
            Some(_) => Err(both_bodies(self.operation)),
            None => Ok(()),
        }
    }

    fn check_takes_body(&self) -> Result<(), Error> {
        match self.operation.body {
            Some(_) => Ok(()),
            None => Err(usage(self.operation, "this operation takes no body")),
        }
    }

    fn check_complete(&self) -> Result<(), Error> {
        let given = |parameter: &Parameter| {
            self.parameters.iter().any(|(name, _)| *name == parameter.name)
                || (parameter.location == Location::Header && self.header(parameter.name).is_some())
        };
        let missing: Vec<_> = self
            .operation
            .parameters
            .iter()
            .filter(|parameter| parameter.required && !given(parameter))
            .map(|parameter| format!("`{}=VALUE`", parameter.name))
            .collect();
        if !missing.is_empty() {
            return Err(usage(self.operation, &format!("{} is missing", missing.join(", "))));
        }
        if self.operation.body.as_ref().is_some_and(|body| body.required) && self.body.is_none() {
            return Err(usage(self.operation, "the body is missing"));
        }
        Ok(())
    }
}

/// The error for an operation that does not exist, with the one that was probably meant.
pub(crate) fn unknown_operation(name: &str, api: &Api) -> Error {
    let similarity = |candidate: &str| {
        strsim::normalized_damerau_levenshtein(&name.to_lowercase(), &candidate.to_lowercase())
    };
    let nearest = api
        .operations
        .iter()
        .map(|operation| (similarity(operation.name).max(similarity(operation.id)), operation.name))
        .filter(|(similarity, _)| *similarity > 0.6)
        .max_by(|left, right| left.0.total_cmp(&right.0));
    let hint = match nearest {
        Some((_, candidate)) => format!("did you mean `{candidate}`?"),
        None => {
            let names: Vec<_> = api.operations.iter().map(|operation| operation.name).collect();
            format!("there are {}", names.join(", "))
        }
    };
    Error::Usage(format!("unknown operation `{name}`; {hint}"))
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

fn both_bodies(operation: &Operation) -> Error {
    usage(
        operation,
        "the body comes once: from standard input (`-`) or from members (KEY==STRING, KEY:=JSON)",
    )
}

fn usage(operation: &Operation, problem: &str) -> Error {
    Error::Usage(format!("{problem}\nusage: onezone-rest-cli {}", operation.usage()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table;

    /// Has everything that an operation can have; the generated table need not.
    static UPDATE: Operation = Operation {
        name: "updateThing",
        id: "update_thing",
        method: "PUT",
        path: "/things/{id}",
        tag: "Thing",
        summary: "",
        description: "",
        deprecated: false,
        parameters: &[
            Parameter {
                name: "id",
                location: Location::Path,
                required: true,
                type_name: "string",
                description: "",
            },
            Parameter {
                name: "q",
                location: Location::Query,
                required: false,
                type_name: "string",
                description: "",
            },
            Parameter {
                name: "X-Kind",
                location: Location::Header,
                required: true,
                type_name: "string",
                description: "",
            },
        ],
        body: Some(table::Body { media_type: "application/json", required: true, description: "" }),
        responses: &[],
        samples: &[],
        authenticated: true,
    };

    static DELETE: Operation = Operation {
        name: "deleteThing",
        id: "delete_thing",
        method: "DELETE",
        path: "/things/{id}",
        tag: "Thing",
        summary: "",
        description: "",
        deprecated: false,
        parameters: &[Parameter {
            name: "id",
            location: Location::Path,
            required: true,
            type_name: "string",
            description: "",
        }],
        body: None,
        responses: &[],
        samples: &[],
        authenticated: true,
    };

    fn id_of(word: &str) -> String {
        Call::parse(&DELETE, &[word]).unwrap().parameters.remove(0).1
    }

    fn refusal(operation: &'static Operation, words: &[&str]) -> String {
        Call::parse(operation, words).err().unwrap().to_string()
    }

    #[test]
    fn value_of_a_parameter_may_contain_every_separator() {
        for value in ["a:b", "a=b", "a==b", "a:=b", "=a", ":a", "-", "x y", "a/b"] {
            assert_eq!(id_of(&format!("id={value}")), value);
        }
    }

    #[test]
    fn first_separator_decides_what_a_word_is() {
        for (word, expected) in [
            ("a==b:c=d", Word::Text("a", "b:c=d")),
            ("a:={\"b\":1}", Word::Json("a", "{\"b\":1}")),
            ("A-B:c==d", Word::Header("A-B", "c==d")),
            ("a=b:c", Word::Parameter("a", "b:c")),
            ("id==x", Word::Text("id", "x")),
            ("id:=1", Word::Json("id", "1")),
            ("id:x", Word::Header("id", "x")),
            ("id=x==y", Word::Parameter("id", "x==y")),
            ("-", Word::Input),
        ] {
            assert_eq!(classify(&UPDATE, word), Some(expected), "{word}");
        }
        for word in ["", "a", "=a", ":a", "--"] {
            assert_eq!(classify(&UPDATE, word), None, "{word}");
        }
    }

    #[test]
    fn parameters_headers_and_body_come_together() {
        let call =
            Call::parse(&UPDATE, &["id=1", "q=", "X-Kind:k", "name==n", "count:=3", "X-Own: v "]).unwrap();
        assert_eq!(call.parameters, [("id", "1".to_owned()), ("q", String::new())]);
        assert_eq!(call.headers, [("X-Kind".into(), "k".into()), ("X-Own".to_owned(), "v".to_owned())]);
        let expected = serde_json::json!({"name": "n", "count": 3});
        assert_eq!(call.body, Some(Body::Members(expected.as_object().unwrap().clone())));
        let call = Call::parse(&UPDATE, &["id=1", "X-Kind=k", "-"]).unwrap();
        assert_eq!(call.body, Some(Body::Input));
    }

    #[test]
    fn missing_parameters_and_body_are_named() {
        let refused = refusal(&UPDATE, &["q=1", "a==b"]);
        assert!(refused.contains("`id=VALUE`, `X-Kind=VALUE` is missing"), "{refused}");
        assert!(
            refused.contains("usage: onezone-rest-cli updateThing id=VALUE [q=VALUE] X-Kind=VALUE"),
            "{refused}"
        );
        assert!(refusal(&UPDATE, &["id=1", "X-Kind=k"]).contains("the body is missing"));
        assert!(refusal(&DELETE, &["id:1"]).contains("`id=VALUE` is missing"));
    }

    #[test]
    fn unknown_repeated_and_unreadable_words_are_refused_with_the_usage() {
        for (words, problem) in [
            (&["ids=x"][..], "no parameter `ids`"),
            (&["id=x", "id=y"], "`id` is given twice"),
            (&["id=x", "A:1", "a:2"], "the header `a` is given twice"),
            (&["id=x", "stray"], "`stray` is neither"),
            (&["id=x", "a==b"], "takes no body"),
            (&["id=x", "a:=1"], "takes no body"),
            (&["id=x", "-"], "takes no body"),
        ] {
            let refused = refusal(&DELETE, words);
            assert!(refused.contains(problem) && refused.contains("usage: "), "{refused}");
        }
        for (words, problem) in [
            (&["a:=nope"][..], "is no JSON"),
            (&["a==1", "a:=2"], "the member `a` is given twice"),
            (&["a==1", "-"], "the body comes once"),
            (&["-", "a==1"], "the body comes once"),
            (&["-", "-"], "the body comes once"),
        ] {
            assert!(refusal(&UPDATE, words).contains(problem), "{words:?}");
        }
    }

    #[test]
    fn path_values_that_lead_elsewhere_are_refused() {
        for value in ["", ".", ".."] {
            assert!(
                refusal(&DELETE, &[&format!("id={value}")]).contains(&format!("`id={value}`")),
                "{value}"
            );
        }
    }
}
