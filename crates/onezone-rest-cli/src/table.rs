//! The shape of the generated table of operations: plain data, all of it known when the program is built.

#![allow(
    dead_code,
    reason = "a document need not use every kind of parameter, body and scheme that the table can hold"
)]

use onezone_client::ParameterStyle;

/// An API, as its document describes it.
pub(crate) struct Api {
    /// Its title.
    pub title: &'static str,
    /// Its version.
    pub version: &'static str,
    /// What it is for, in Markdown.
    pub description: &'static str,
    /// The licence of the API, if the document names one.
    pub license: &'static str,
    /// Whom to ask, if the document says so.
    pub contact: &'static str,
    /// Where it begins on its host.
    pub base_path: &'static str,
    /// The groups of operations, in the order of the document.
    pub tags: &'static [Tag],
    /// What it can do.
    pub operations: &'static [Operation],
    /// How to authenticate.
    pub schemes: &'static [Scheme],
}

/// A group of operations.
pub(crate) struct Tag {
    /// Its name.
    pub name: &'static str,
    /// What its operations are about, in Markdown.
    pub description: &'static str,
}

/// An operation.
pub(crate) struct Operation {
    /// What the command line calls it: its id in camel case.
    pub name: &'static str,
    /// Its id.
    pub id: &'static str,
    /// Its HTTP method.
    pub method: &'static str,
    /// Its path, relative to the base path, with its parameters in braces.
    pub path: &'static str,
    /// The group it belongs to.
    pub tag: &'static str,
    /// What it does, in a line.
    pub summary: &'static str,
    /// What it does, in Markdown.
    pub description: &'static str,
    /// Whether it should no longer be used.
    pub deprecated: bool,
    /// What it has to be told.
    pub parameters: &'static [Parameter],
    /// The body it takes, if it takes one.
    pub body: Option<Body>,
    /// The media types that it answers with when it succeeds, separated by commas.
    pub accept: &'static str,
    /// What it answers.
    pub responses: &'static [Response],
    /// Commands that call it.
    pub samples: &'static [&'static str],
    /// Whether it needs credentials.
    pub authenticated: bool,
}

/// A parameter of an operation.
pub(crate) struct Parameter {
    /// Its name.
    pub name: &'static str,
    /// Where in the request it goes.
    pub location: Location,
    /// Whether the operation cannot do without.
    pub required: bool,
    /// What it is.
    pub shape: Shape,
    /// How its value is written.
    pub style: Style,
    /// Whether several values are written apart from each other.
    pub explode: bool,
    /// The values that it, or an item of it, may have, if they are out of a list.
    pub values: &'static [&'static str],
    /// The value that it has when it is not given.
    pub default: Option<&'static str>,
    /// What it means, in Markdown.
    pub description: &'static str,
}

/// Where in a request a parameter goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Location {
    /// Into the path.
    Path,
    /// Into the query.
    Query,
    /// Into a header.
    Header,
    /// Into a cookie.
    Cookie,
}

/// What a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// A text.
    String,
    /// A whole number.
    Integer,
    /// A number.
    Number,
    /// `true` or `false`.
    Boolean,
    /// Whatever it is.
    Any,
    /// Several values.
    Array(&'static Shape),
    /// Members with names, given as JSON.
    Object,
    /// A text that is JSON.
    Json,
}

/// How the value of a parameter is written; see [`ParameterStyle`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    /// `a,b`.
    Simple,
    /// `.a,b`.
    Label,
    /// `;name=a,b`.
    Matrix,
    /// `name=a&name=b`.
    Form,
    /// `name=a%20b`.
    SpaceDelimited,
    /// `name=a%7Cb`.
    PipeDelimited,
    /// `name[key]=a`.
    DeepObject,
    /// As JSON.
    Json,
}

/// The body of a request.
pub(crate) struct Body {
    /// Its media types, the preferred one first.
    pub media_types: &'static [&'static str],
    /// What it is in the preferred media type.
    pub form: BodyForm,
    /// Whether the operation cannot do without.
    pub required: bool,
    /// What is known of its members, if it has members.
    pub members: &'static [Member],
    /// What it means, in Markdown.
    pub description: &'static str,
}

/// What a body is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BodyForm {
    /// JSON.
    Json,
    /// The fields of a form.
    Form,
    /// A text.
    Text,
    /// Whatever it is.
    Bytes,
    /// Parts, which this program cannot put together.
    Multipart,
}

/// A member of a body.
pub(crate) struct Member {
    /// Its name.
    pub name: &'static str,
    /// What it is.
    pub type_name: &'static str,
    /// Whether the body cannot do without.
    pub required: bool,
    /// The values that it, or an item of it, may have, if they are out of a list.
    pub values: &'static [&'static str],
    /// What it means, in Markdown.
    pub description: &'static str,
}

/// An answer of an operation.
pub(crate) struct Response {
    /// Its status.
    pub status: &'static str,
    /// What it means, in Markdown.
    pub description: &'static str,
}

/// A way to authenticate.
pub(crate) struct Scheme {
    /// What the document calls it.
    pub name: &'static str,
    /// How it works.
    pub kind: SchemeKind,
}

/// How a way to authenticate works.
pub(crate) enum SchemeKind {
    /// User name and password in `Authorization`.
    Basic,
    /// A token in `Authorization`.
    Bearer,
    /// A token in a header of its own.
    ApiKeyHeader(&'static str),
}

impl Api {
    /// The operation of this name, or of this id.
    pub(crate) fn operation(&self, name: &str) -> Option<&'static Operation> {
        self.operations.iter().find(|operation| operation.name == name || operation.id == name)
    }

    /// The groups that have operations, in the order of the document and those that it does not list after them.
    pub(crate) fn groups(&self) -> Vec<&'static str> {
        let mut groups: Vec<_> = self.tags.iter().map(|tag| tag.name).collect();
        for operation in self.operations {
            if !groups.contains(&operation.tag) {
                groups.push(operation.tag);
            }
        }
        groups.retain(|group| self.operations.iter().any(|operation| operation.tag == *group));
        groups
    }
}

impl Operation {
    /// The parameter of this name; the name of a header may be in either case.
    pub(crate) fn parameter(&self, name: &str) -> Option<&'static Parameter> {
        let is_header = |parameter: &&Parameter| {
            parameter.location == Location::Header && parameter.name.eq_ignore_ascii_case(name)
        };
        let exact = self.parameters.iter().find(|parameter| parameter.name == name);
        exact.or_else(|| self.parameters.iter().find(is_header))
    }

    /// The words that call it.
    pub(crate) fn usage(&self) -> String {
        let mut words = vec![self.name.to_owned()];
        let required = self.parameters.iter().filter(|parameter| parameter.required);
        words.extend(required.map(Parameter::word));
        let optional = self.parameters.iter().filter(|parameter| !parameter.required);
        words.extend(optional.map(|parameter| format!("[{}]", parameter.word())));
        if let Some(body) = &self.body {
            words.extend(body.usage());
        }
        words.join(" ")
    }
}

impl Parameter {
    /// How it is written on the command line.
    pub(crate) fn word(&self) -> String {
        let more = if matches!(self.shape, Shape::Array(_)) { "..." } else { "" };
        format!("{}=VALUE{more}", self.name)
    }

    /// The values to choose from, if there are only some.
    pub(crate) fn choices(&self) -> &'static [&'static str] {
        match self.shape {
            Shape::Boolean | Shape::Array(Shape::Boolean) if self.values.is_empty() => &["true", "false"],
            _ => self.values,
        }
    }
}

impl Body {
    /// How it is written on the command line.
    fn usage(&self) -> Vec<String> {
        let required: Vec<_> =
            self.members.iter().filter(|member| member.required).map(Member::word).collect();
        let others = self.members.len() > required.len() || self.members.is_empty();
        let words = match self.form {
            BodyForm::Json | BodyForm::Form if !required.is_empty() && others => {
                format!("{} [NAME==TEXT|NAME:=JSON]...", required.join(" "))
            }
            BodyForm::Json | BodyForm::Form if !required.is_empty() => required.join(" "),
            BodyForm::Json | BodyForm::Form => "[NAME==TEXT|NAME:=JSON]...".to_owned(),
            BodyForm::Text | BodyForm::Bytes | BodyForm::Multipart => "--body=TEXT".to_owned(),
        };
        let words = format!("{words} | -");
        vec![if self.required { format!("({words})") } else { format!("[{words}]") }]
    }
}

impl Member {
    /// How it is written on the command line.
    pub(crate) fn word(&self) -> String {
        if self.type_name == "string" {
            format!("{}==TEXT", self.name)
        } else {
            format!("{}:=JSON", self.name)
        }
    }
}

impl Shape {
    /// What a person calls it.
    pub(crate) fn name(self) -> String {
        match self {
            Self::String => "string".to_owned(),
            Self::Integer => "integer".to_owned(),
            Self::Number => "number".to_owned(),
            Self::Boolean => "boolean".to_owned(),
            Self::Any => "value".to_owned(),
            Self::Array(items) => format!("array of {}", items.name()),
            Self::Object => "object, as JSON".to_owned(),
            Self::Json => "JSON".to_owned(),
        }
    }
}

impl From<Style> for ParameterStyle {
    fn from(style: Style) -> Self {
        match style {
            Style::Simple => Self::Simple,
            Style::Label => Self::Label,
            Style::Matrix => Self::Matrix,
            Style::Form => Self::Form,
            Style::SpaceDelimited => Self::SpaceDelimited,
            Style::PipeDelimited => Self::PipeDelimited,
            Style::DeepObject => Self::DeepObject,
            Style::Json => Self::Json,
        }
    }
}
