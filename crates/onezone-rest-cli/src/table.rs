//! The shape of the generated table of operations: plain data, all of it known when the program is built.

#![allow(
    dead_code,
    reason = "a document need not use every kind of parameter, body and scheme that the table can hold"
)]

/// An API, as its document describes it.
pub(crate) struct Api {
    /// Its title.
    pub title: &'static str,
    /// Its version.
    pub version: &'static str,
    /// What it is for, in Markdown.
    pub description: &'static str,
    /// Where it begins on its host.
    pub base_path: &'static str,
    /// What it can do.
    pub operations: &'static [Operation],
    /// How to authenticate.
    pub schemes: &'static [Scheme],
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
    /// What it is, as JSON calls it.
    pub type_name: &'static str,
    /// What it means.
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
}

/// The body of a request.
pub(crate) struct Body {
    /// Its media type.
    pub media_type: &'static str,
    /// Whether the operation cannot do without.
    pub required: bool,
    /// What it means.
    pub description: &'static str,
}

/// An answer of an operation.
pub(crate) struct Response {
    /// Its status.
    pub status: &'static str,
    /// What it means.
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
}

impl Operation {
    /// The parameter of this name.
    pub(crate) fn parameter(&self, name: &str) -> Option<&'static Parameter> {
        self.parameters.iter().find(|parameter| parameter.name == name)
    }

    /// What has to be written to call it.
    pub(crate) fn usage(&self) -> String {
        let parameters = self.parameters.iter().map(|parameter| {
            let word = format!("{}=VALUE", parameter.name);
            if parameter.required { word } else { format!("[{word}]") }
        });
        let body = self.body.iter().map(|body| {
            let words = "KEY==STRING KEY:=JSON ... | -";
            if body.required { format!("({words})") } else { format!("[{words}]") }
        });
        [self.name.to_owned()].into_iter().chain(parameters).chain(body).collect::<Vec<_>>().join(" ")
    }
}
