//! A document that tries to become code: in each of its texts and names in turn, and in all of its prose at once.

use std::path::Path;

use proc_macro2::{TokenStream, TokenTree};
use serde_json::Value;

use crate::change::places;
use crate::{document, entry};

/// What must not become a token, or a line of its own in a file that is no Rust.
const CANARY: &str = "pwned";

/// Ways out of string literals, comments, attributes, format strings and manifests. Each has another word beside the canary, so that
/// names made of it are longer.
pub(crate) const ATTEMPTS: [&str; 12] = [
    "\"); fn pwned() {} /*",
    "*/ fn pwned() {} /*",
    "\n fn pwned() {}\n//",
    "\r\nfn pwned() {}\r\n",
    "\"#; fn pwned() {} r#\"",
    "\"##; fn pwned() {} const X: &str = r##\"",
    "{pwned} {} {{ fn pwned() {}",
    "] fn pwned() {} #[",
    "\u{2028}fn pwned() {}\u{202e}\u{0}",
    "\"\n[fn.pwned]\npwned = 1\n#",
    "'); fn pwned() {} b'",
    "\\\" fn pwned() {} \\",
];

fn has_canary(tokens: TokenStream) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Group(group) => has_canary(group.stream()),
        TokenTree::Ident(ident) => ident == CANARY,
        TokenTree::Punct(_) | TokenTree::Literal(_) => false,
    })
}

/// Whether a text of the document got out of its place in any generated file.
fn escaped(text: &str) -> Option<String> {
    let made = entry::once(text)?;
    let out =
        made.files.iter().find(|(path, file)| match Path::new(path).extension().and_then(|e| e.to_str()) {
            Some("rs") => has_canary(file.text.parse().expect("tokens")) || file.text.contains('\u{202e}'),
            Some("toml") => file
                .text
                .lines()
                .any(|line| line.trim_start().starts_with("[fn.") || line.starts_with(CANARY)),
            _ => false,
        });
    out.map(|(path, _)| path.clone())
}

/// The document with an attempt behind the text at a place, or behind its key.
fn attacked(document: &Value, place: &str, attempt: &str, key: bool) -> Option<Value> {
    let mut document = document.clone();
    if !key {
        let text = document.pointer_mut(place)?;
        let attacked = format!("{}{attempt}", text.as_str().filter(|text| !text.is_empty())?);
        *text = Value::String(attacked);
        return Some(document);
    }
    let (around, last) = place.rsplit_once('/')?;
    let name = last.replace("~1", "/").replace("~0", "~");
    let members = document.pointer_mut(around)?.as_object_mut()?;
    let attacked = std::mem::take(members).into_iter();
    *members = attacked
        .map(|(known, value)| (if known == name { format!("{known}{attempt}") } else { known }, value))
        .collect();
    Some(document)
}

/// Of the keys, which are many and alike, every second.
fn attack_each(document: &Value, key: bool) {
    let mut tried = 0;
    for (index, place) in places(document).iter().enumerate().step_by(if key { 2 } else { 1 }) {
        let attempt = ATTEMPTS[index % ATTEMPTS.len()];
        let Some(attacked) = attacked(document, place, attempt, key) else { continue };
        tried += 1;
        let out = escaped(&attacked.to_string());
        assert_eq!(out, None, "{attempt:?} at {place} became code");
    }
    assert!(tried > 15, "{tried}");
}

#[test]
fn no_text_of_a_document_becomes_code() {
    attack_each(&document::modern(), false);
}

#[test]
fn no_key_of_a_document_becomes_code() {
    attack_each(&document::modern(), true);
}

#[test]
fn no_text_or_key_of_a_swagger_document_becomes_code() {
    attack_each(&document::swagger(), false);
    attack_each(&document::swagger(), true);
}

/// Prose, names and values that may be any text, with every attempt somewhere.
pub(crate) fn hostile_throughout() -> Value {
    let mut document = document::modern();
    for (index, place) in places(&document).iter().enumerate() {
        let free = ["title", "description", "summary", "example", "text", "name", "operationId"];
        let last = place.rsplit('/').next().unwrap_or_default();
        let is_name_of_path = place.contains("/parameters/Id/");
        if free.contains(&last) && !is_name_of_path && !place.contains("securitySchemes") {
            let attempt = ATTEMPTS[index % ATTEMPTS.len()];
            if let Some(text) = document.pointer_mut(place).filter(|text| text.is_string()) {
                *text = Value::String(format!("{}{attempt}", text.as_str().unwrap_or_default()));
            }
        }
    }
    let values = document
        .pointer_mut("/components/schemas/Level/enum")
        .and_then(Value::as_array_mut)
        .expect("an enum");
    values.extend(ATTEMPTS.iter().map(|attempt| Value::String((*attempt).to_owned())));
    let properties = document
        .pointer_mut("/components/schemas/A/properties")
        .and_then(Value::as_object_mut)
        .expect("properties");
    for attempt in ATTEMPTS {
        properties.insert(attempt.to_owned(), serde_json::json!({"type": "string", "description": attempt, "default": attempt, "pattern": attempt}));
    }
    document
}

#[test]
fn a_document_that_is_hostile_throughout_is_generated_from_and_stays_text() {
    let text = hostile_throughout().to_string();
    assert_eq!(escaped(&text), None);
    let made = entry::once(&text).expect("generated");
    assert!(made.generated.left_out.is_empty(), "{:?}", made.generated.left_out);
}
