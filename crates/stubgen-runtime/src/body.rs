//! Request bodies: media type, limit, deadline, and JSON that is exactly one value.

use std::fmt::{self, Write};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http_body::Body as _;
use http_body_util::BodyExt;
use http_body_util::combinators::UnsyncBoxBody;
use serde::de::{self, DeserializeOwned, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};
use serde_path_to_error::{Path, Segment};

use crate::accept::essence;
use crate::media_type;
use crate::rejection::Rejection;
use crate::response::BoxError;

/// A request body, of whatever transport.
pub(crate) type IncomingBody = UnsyncBoxBody<Bytes, BoxError>;

/// Whether the body is of a type that the operation reads. An empty one is, and so is one that does not say.
pub(crate) fn check_media_type(
    body: &IncomingBody,
    received: Option<&str>,
    supported: &'static [&'static str],
) -> Result<(), Rejection> {
    let Some(name) = received else { return Ok(()) };
    if body.is_end_stream() || media_type::position(received, supported).is_some() {
        return Ok(());
    }
    Err(Rejection::UnsupportedMediaType { received: essence(name).to_owned(), supported })
}

/// Reads a body to its end, or until it exceeds the limit.
pub(crate) async fn read(body: IncomingBody, limit: u64, timeout: Duration) -> Result<Bytes, Rejection> {
    // A declared length is refused before a byte of it is read, or asked for with 100 Continue.
    if body.size_hint().lower() > limit {
        return Err(Rejection::PayloadTooLarge { limit });
    }
    match tokio::time::timeout(timeout, collect(body, limit)).await {
        Ok(result) => result,
        Err(_) => Err(Rejection::BodyTimeout),
    }
}

/// Reads one JSON value; anything but white space after it is refused.
pub(crate) fn parse_json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Rejection> {
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut deserializer)
        .map_err(|error| invalid(pointer(error.path()), error.inner()))?;
    deserializer.end().map_err(|error| invalid(String::new(), error))?;
    Ok(value)
}

/// Any JSON value in which no object has a member twice: which of the two counts would be anybody's guess.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Strict(pub(crate) Value);

impl<'de> Deserialize<'de> for Strict {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(StrictVisitor).map(Self)
    }
}

struct StrictVisitor;

impl<'de> Visitor<'de> for StrictVisitor {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        while let Some(Strict(value)) = elements.next_element()? {
            values.push(value);
        }
        Ok(Value::Array(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut values = Map::new();
        while let Some(name) = members.next_key::<String>()? {
            if values.contains_key(&name) {
                return Err(de::Error::custom(format_args!("duplicate field `{name}`")));
            }
            let Strict(value) = members.next_value()?;
            values.insert(name, value);
        }
        Ok(Value::Object(values))
    }
}

/// A value that was checked, as the type that a handler takes.
pub(crate) fn typed<T: DeserializeOwned>(value: Value) -> Result<T, Rejection> {
    serde_path_to_error::deserialize(value).map_err(|error| invalid(pointer(error.path()), error.inner()))
}

/// Collects the frames by hand: `Limited` makes the futures of generated code too particular to be `Send`.
async fn collect(mut body: IncomingBody, limit: u64) -> Result<Bytes, Rejection> {
    let mut whole = Bytes::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| invalid(String::new(), "it could not be read to its end"))?;
        let Ok(data) = frame.into_data() else { continue };
        if (whole.len() + data.len()) as u64 > limit {
            return Err(Rejection::PayloadTooLarge { limit });
        }
        whole = if whole.is_empty() { data } else { joined(whole, &data) };
    }
    Ok(whole)
}

/// The first piece is most often the only one and is not copied; the buffer of the later ones is grown in place.
fn joined(whole: Bytes, data: &[u8]) -> Bytes {
    let mut buffer = BytesMut::from(whole);
    buffer.extend_from_slice(data);
    buffer.freeze()
}

/// The place as a JSON pointer (RFC 6901), as far as serde knows it.
fn pointer(path: &Path) -> String {
    let mut pointer = String::new();
    for segment in path {
        match segment {
            Segment::Seq { index } => {
                // Writing to a string cannot fail.
                let _ = write!(pointer, "/{index}");
            }
            Segment::Map { key } => {
                pointer.push('/');
                pointer.push_str(&key.replace('~', "~0").replace('/', "~1"));
            }
            Segment::Enum { .. } => {}
            Segment::Unknown => break,
        }
    }
    pointer
}

fn invalid(pointer: String, reason: impl std::fmt::Display) -> Rejection {
    Rejection::InvalidBody { pointer, reason: reason.to_string() }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn offending_value_is_named_by_an_escaped_pointer() {
        let result = parse_json::<BTreeMap<String, Vec<u8>>>(br#"{"a/b~c": [1, 2, "x"]}"#);
        assert!(
            matches!(&result, Err(Rejection::InvalidBody { pointer, .. }) if pointer == "/a~1b~0c/2"),
            "{result:?}"
        );
    }

    #[test]
    fn white_space_may_follow_the_value_and_nothing_else() {
        assert_eq!(parse_json::<u8>(b" 1 \n"), Ok(1));
        assert!(parse_json::<u8>(b"1 x").is_err());
        assert!(parse_json::<u8>(b"1 2").is_err());
    }
}
