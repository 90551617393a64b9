//! How the document writes its errors, as plain data: where the parts of what the runtime answers by itself go.

use serde_json::Value;

/// The forms of the errors of an API.
#[derive(Clone, Debug)]
pub(crate) struct ErrorForms {
    /// Of errors in general.
    pub(crate) document: ErrorForm,
    /// Of errors of single operations.
    pub(crate) others: Vec<ErrorForm>,
    /// By operation, status (as [`super::Status::number`]), and index into `others`; without one it is the document's. An operation
    /// whose errors all have the document's form has none.
    pub(crate) operations: Vec<Vec<(u16, Option<usize>)>>,
}

/// How an error is written.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ErrorForm {
    pub(crate) media_type: String,
    /// What is the same in every error.
    pub(crate) template: Value,
    pub(crate) places: Vec<ErrorPlace>,
    /// Whether its type is the one of the document's errors.
    pub(crate) is_typed: bool,
}

/// Where a part goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ErrorPlace {
    /// Into the template.
    pub(crate) pointer: String,
    pub(crate) part: ErrorPart,
    pub(crate) value: ErrorValue,
}

/// What an error says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ErrorPart {
    Id,
    Message,
    Details,
    Status,
    Title,
}

impl ErrorPart {
    pub(crate) fn pascal(self) -> &'static str {
        match self {
            Self::Id => "Id",
            Self::Message => "Message",
            Self::Details => "Details",
            Self::Status => "Status",
            Self::Title => "Title",
        }
    }
}

/// What a part is written as.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ErrorValue {
    /// With the most characters it may have.
    Text(usize),
    /// One of the texts.
    Choice(Vec<String>),
    Number,
    Object,
}
