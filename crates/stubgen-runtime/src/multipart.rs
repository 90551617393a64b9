//! Bodies of several parts (RFC 7578), as they were sent: what a part is worth is the generated code's to say.

use std::fmt;

use bytes::Bytes;
use http_body_util::{BodyDataStream, Full};

use crate::rejection::Rejection;

/// The parts of a `multipart/form-data` body, in their order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Multipart {
    /// The parts.
    pub parts: Vec<Part>,
}

/// One part.
#[derive(Clone, PartialEq, Eq)]
pub struct Part {
    /// The name of its field; empty when it has none.
    pub name: String,
    /// The name of the file that it was. It is the client's word: never a path to write to.
    pub file_name: Option<String>,
    /// Its media type, as sent.
    pub content_type: Option<String>,
    /// Its content.
    pub bytes: Bytes,
}

impl Multipart {
    /// The first part of the field.
    pub fn part(&self, name: &str) -> Option<&Part> {
        self.parts.iter().find(|part| part.name == name)
    }

    /// Every part of the field.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Part> {
        self.parts.iter().filter(move |part| part.name == name)
    }

    /// Takes a body apart whose length was limited before.
    pub(crate) async fn parse(content_type: &str, bytes: Bytes) -> Result<Self, Rejection> {
        let boundary = multer::parse_boundary(content_type).map_err(|error| invalid(&error))?;
        let mut source = multer::Multipart::new(BodyDataStream::new(Full::new(bytes)), boundary);
        let mut parts = Vec::new();
        while let Some(field) = source.next_field().await.map_err(|error| invalid(&error))? {
            let name = field.name().unwrap_or_default().to_owned();
            let file_name = field.file_name().map(str::to_owned);
            let content_type = field.headers().get(http::header::CONTENT_TYPE);
            let content_type =
                content_type.map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
            parts.push(Part {
                name,
                file_name,
                content_type,
                bytes: field.bytes().await.map_err(|error| invalid(&error))?,
            });
        }
        Ok(Self { parts })
    }
}

impl Part {
    /// The content as text.
    pub fn text(&self) -> Result<&str, Rejection> {
        std::str::from_utf8(&self.bytes).map_err(|_| Rejection::InvalidBody {
            pointer: format!("/{}", self.name.replace('~', "~0").replace('/', "~1")),
            reason: "is not UTF-8".to_owned(),
        })
    }
}

impl fmt::Debug for Part {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The content may be confidential; its length never is.
        formatter
            .debug_struct("Part")
            .field("name", &self.name)
            .field("content_type", &self.content_type)
            .field("bytes", &self.bytes.len())
            .finish_non_exhaustive()
    }
}

fn invalid(error: &multer::Error) -> Rejection {
    Rejection::InvalidBody { pointer: String::new(), reason: error.to_string() }
}
