//! Caveats in zone files: texts in their serialized form, or objects in their JSON form.

use onezone_tokens::Caveat;
use serde_json::{Map, Value};

use super::problems::{Located, Problems};
use super::tree::{Content, Node};
use crate::names;

/// Reads a caveat. The serialized form is kept as it is written, since it may be the one that is signed already.
pub(super) fn read(node: &Located<&Node>, problems: &Problems) -> Option<String> {
    match &node.value.content {
        Content::Scalar { text, .. } if !node.value.is_null() => {
            let caveat = problems.check(&node.place, names::parse_caveat(text))?;
            Some(if text.trim_start().starts_with('{') { caveat.to_string() } else { text.clone() })
        }
        Content::Mapping(_) => {
            let json = problems.check(&node.place, as_json(node.value))?;
            problems.check(&node.place, Caveat::from_json(&json)).map(|caveat| caveat.to_string())
        }
        _ => {
            problems.add(
                &node.place,
                "a caveat is expected here, as `time < 1893456000` or {type: time, validUntil: 1893456000}",
            );
            None
        }
    }
}

/// The JSON that the YAML says. Digits are numbers where caveats have numbers, and a name or an id elsewhere.
fn as_json(node: &Node) -> Result<Value, String> {
    let Content::Mapping(entries) = &node.content else { return Ok(plain(node, false)) };
    let kind = entries.iter().find_map(|(key, value)| match &value.content {
        Content::Scalar { text, .. } if key.text == "type" => Some(text.as_str()),
        _ => None,
    });
    let of_numbers = matches!(kind, Some("time" | "asn"));
    let mut object = Map::new();
    for (key, value) in entries {
        if object.insert(key.text.clone(), plain(value, of_numbers)).is_some() {
            return Err(format!("`{}` is written twice; keep one of the two", key.text));
        }
    }
    Ok(Value::Object(object))
}

fn plain(node: &Node, of_numbers: bool) -> Value {
    match &node.content {
        Content::Scalar { text, plain: true } if of_numbers => {
            text.parse::<i64>().map_or_else(|_| text.as_str().into(), Value::from)
        }
        Content::Scalar { text, .. } => text.as_str().into(),
        Content::Sequence(nodes) => nodes.iter().map(|node| plain(node, of_numbers)).collect(),
        // No caveat has an object inside; as null it is refused under its name.
        Content::Mapping(_) => Value::Null,
    }
}
