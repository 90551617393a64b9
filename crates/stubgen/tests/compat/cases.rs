//! Every kind of difference, made by an edit of one document and by taking it back. `STUBGEN_BLESS=1 cargo test -p stubgen --test compat`
//! writes what is said of them as the new expectation; the diff is for the reviewer.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

use serde_json::{Map, Value, json};
use stubgen::compat::{ChangeKind, Comparison, Version, compare};
use stubgen::{Options, Source};

/// An edit of a document.
pub(crate) enum Edit {
    Set(&'static str, Value),
    Remove(&'static str),
    Rename(&'static str, &'static str),
    Push(&'static str, Value),
    /// Every `$ref` to the first goes to the second.
    Refer(&'static str, &'static str),
}

use Edit::{Push, Refer, Remove, Rename, Set};

pub(crate) fn base() -> Value {
    let text = include_str!("base.yaml");
    stubgen::prepare(&Source { name: "base.yaml", text }, &Options::default()).expect("a document").served
}

pub(crate) fn compared(old: &Value, new: &Value) -> Comparison {
    let (old, new) = (format!("{old:#}"), format!("{new:#}"));
    let version = |name, text| Version { source: Source { name, text }, files: None };
    compare(&version("old.json", &old), &version("new.json", &new)).expect("two documents")
}

pub(crate) fn edited(edits: &[Edit]) -> Value {
    let mut document = base();
    for edit in edits {
        apply(&mut document, edit);
    }
    document
}

fn split(pointer: &str) -> (&str, String) {
    let (around, last) = pointer.rsplit_once('/').expect("a pointer");
    (around, last.replace("~1", "/").replace("~0", "~"))
}

fn apply(document: &mut Value, edit: &Edit) {
    match edit {
        Set(pointer, value) => {
            let (around, key) = split(pointer);
            match document.pointer_mut(around).unwrap_or_else(|| panic!("there is no {around}")) {
                Value::Object(members) => {
                    members.insert(key, value.clone());
                }
                Value::Array(elements) => elements[key.parse::<usize>().expect("an index")] = value.clone(),
                other => panic!("{around} is {other}"),
            }
        }
        Remove(pointer) => {
            let (around, key) = split(pointer);
            match document.pointer_mut(around).unwrap_or_else(|| panic!("there is no {around}")) {
                Value::Object(members) => {
                    assert!(members.shift_remove(&key).is_some(), "there is no {pointer}");
                }
                Value::Array(elements) => {
                    elements.remove(key.parse().expect("an index"));
                }
                other => panic!("{around} is {other}"),
            }
        }
        Rename(pointer, name) => {
            let (around, key) = split(pointer);
            let members = document.pointer_mut(around).and_then(Value::as_object_mut).expect("an object");
            assert!(members.contains_key(&key), "there is no {pointer}");
            let renamed: Map<String, Value> = std::mem::take(members)
                .into_iter()
                .map(|(known, value)| (if known == key { (*name).to_owned() } else { known }, value))
                .collect();
            *members = renamed;
        }
        Push(pointer, value) => {
            let list = document.pointer_mut(pointer).and_then(Value::as_array_mut);
            list.unwrap_or_else(|| panic!("no list at {pointer}")).push(value.clone());
        }
        Refer(from, to) => refer(document, from, to),
    }
}

fn refer(value: &mut Value, from: &str, to: &str) {
    match value {
        Value::String(text) if text == from => to.clone_into(text),
        Value::Object(members) => members.values_mut().for_each(|inner| refer(inner, from, to)),
        Value::Array(elements) => elements.iter_mut().for_each(|inner| refer(inner, from, to)),
        _ => {}
    }
}

macro_rules! at {
    ($($part:expr),*) => { concat!($($part),*) };
}

/// Edits with the names that the expectation has them under.
#[rustfmt::skip]
#[expect(clippy::too_many_lines, reason = "a table")]
fn cases() -> Vec<(&'static str, Vec<Edit>)> {
    macro_rules! get { ($rest:literal) => { at!("/paths/~1pets~1{id}/get", $rest) }; }
    macro_rules! put { ($rest:literal) => { at!("/paths/~1pets~1{id}/put", $rest) }; }
    macro_rules! pet { ($rest:literal) => { at!("/components/schemas/Pet/properties", $rest) }; }
    macro_rules! schemas { ($rest:literal) => { at!("/components/schemas", $rest) }; }
    let operation = || json!({"operationId": "more", "responses": {"204": {"description": "Done"}}});
    vec![
        ("path", vec![Set("/paths/~1more", json!({"get": operation()}))]),
        ("path variable", vec![Rename("/paths/~1pets~1{id}", "/pets/{pet}"), Set("/paths/~1pets~1{pet}/parameters/0/name", json!("pet"))]),
        ("operation", vec![Set("/paths/~1pets/get", operation())]),
        ("operation moved", vec![Rename("/paths/~1pets/post", "put")]),
        ("path moved", vec![Rename("/paths/~1pets", "/animals")]),
        ("operation id", vec![Set(get!("/operationId"), json!("fetchPet"))]),
        ("operation id in other words", vec![Set(get!("/operationId"), json!("get_pet"))]),
        ("operation deprecated", vec![Set(get!("/deprecated"), json!(true))]),
        ("summary", vec![Set(get!("/summary"), json!("Fetches"))]),
        ("required parameter", vec![Push(get!("/parameters"), json!({"name": "n", "in": "query", "required": true, "schema": {"type": "string"}}))]),
        ("optional parameter", vec![Push(get!("/parameters"), json!({"name": "n", "in": "query", "schema": {"type": "string"}}))]),
        ("parameter moved", vec![Set(get!("/parameters/1/in"), json!("header"))]),
        ("parameter required", vec![Set(get!("/parameters/1/required"), json!(true))]),
        ("parameter exploded", vec![Set(get!("/parameters/0/explode"), json!(false))]),
        ("parameter style", vec![Set(get!("/parameters/0/style"), json!("pipeDelimited"))]),
        ("scalar exploded", vec![Set(get!("/parameters/1/explode"), json!(false))]),
        ("parameter empty", vec![Set(get!("/parameters/1/allowEmptyValue"), json!(true))]),
        ("parameter minimum", vec![Set(get!("/parameters/1/schema/minimum"), json!(5))]),
        ("parameter maximum", vec![Set(get!("/parameters/1/schema/maximum"), json!(50))]),
        ("parameter default", vec![Set(get!("/parameters/1/schema/default"), json!(20))]),
        ("parameter type", vec![Set(get!("/parameters/1/schema"), json!({"type": "string"}))]),
        ("parameter number", vec![Set(get!("/parameters/1/schema/type"), json!("number"))]),
        ("parameter pattern", vec![Set(get!("/parameters/2/schema/pattern"), json!("^[a-z]{3}$"))]),
        ("parameter without pattern", vec![Remove(get!("/parameters/2/schema/pattern"))]),
        ("parameter without schema", vec![Remove(get!("/parameters/2/schema"))]),
        ("parameter name in another case", vec![Set(get!("/parameters/2/name"), json!("x-trace"))]),
        ("parameter in content", vec![Set(get!("/parameters/3"), json!({"name": "filter", "in": "query", "schema": {"type": "string"}}))]),
        ("optional body", vec![Set(get!("/requestBody"), json!({"content": {"text/plain": {"schema": {"type": "string"}}}}))]),
        ("required body", vec![Set(get!("/requestBody"), json!({"required": true, "content": {"text/plain": {"schema": {"type": "string"}}}}))]),
        ("body optional", vec![Set(put!("/requestBody/required"), json!(false))]),
        ("request media type", vec![Set(put!("/requestBody/content/text~1plain"), json!({"schema": {"type": "string"}}))]),
        ("encoding", vec![Set(at!("/paths/~1pets~1{id}/put", "/requestBody/content/application~1x-www-form-urlencoded/encoding/tags/explode"), json!(false))]),
        ("success", vec![Set(get!("/responses/202"), json!({"description": "Later"}))]),
        ("error", vec![Set(get!("/responses/409"), json!({"description": "Conflict"}))]),
        ("default", vec![Remove(get!("/responses/default"))]),
        ("answer body", vec![Set(put!("/responses/204/content"), json!({"text/plain": {"schema": {"type": "string"}}}))]),
        ("answer media type", vec![Set(get!("/responses/200/content/text~1csv"), json!({"schema": {"type": "string"}}))]),
        ("header", vec![Set(get!("/responses/200/headers/X-New"), json!({"schema": {"type": "string"}}))]),
        ("header optional", vec![Set(get!("/responses/200/headers/X-Count/required"), json!(false))]),
        ("header type", vec![Set(get!("/responses/200/headers/X-Count/schema/type"), json!("string"))]),
        ("security alternative", vec![Push("/security", json!({"key": [], "login": []}))]),
        ("security optional", vec![Push("/security", json!({}))]),
        ("security", vec![Remove("/paths/~1pets/post/security")]),
        ("scope", vec![Set(put!("/security"), json!([{"flow": ["read"]}]))]),
        ("scheme", vec![Set("/components/securitySchemes/key/name", json!("X-Other"))]),
        ("scheme in another case", vec![Set("/components/securitySchemes/key/name", json!("x-key"))]),
        ("scheme renamed", vec![Rename("/components/securitySchemes/key", "apiKey"), Set("/security/0", json!({"apiKey": []}))]),
        ("scheme described", vec![Set("/components/securitySchemes/key/description", json!("The key"))]),
        ("scope described", vec![Set("/components/securitySchemes/flow/flows/clientCredentials/scopes/read", json!("May read"))]),
        ("server", vec![Push("/servers", json!({"url": "https://c.example/v1"}))]),
        ("base path", vec![Set("/servers/0/url", json!("https://{host}/v2"))]),
        ("server variable", vec![Set("/servers/0/variables/host/default", json!("b.example"))]),
        ("server of an operation", vec![Set(get!("/servers"), json!([{"url": "https://d.example/v1"}]))]),
        ("callback", vec![Remove(put!("/callbacks"))]),
        ("callback of another shape", vec![Set(put!("/callbacks/done"), json!({"{$request.query.url}": {"put": {"responses": {"200": {"description": "OK"}}}}}))]),
        ("webhook", vec![Set("/webhooks/died", json!({"post": {"responses": {"200": {"description": "OK"}}}}))]),
        ("webhook of another shape", vec![Rename("/webhooks/born/post", "put")]),
        ("type", vec![Set(pet!("/name"), json!({"type": "integer"}))]),
        ("integer to number", vec![Set(pet!("/age"), json!({"type": "number", "format": "int32", "minimum": 0}))]),
        ("any type", vec![Set(pet!("/name"), json!({}))]),
        ("format", vec![Set(pet!("/age/format"), json!("int64"))]),
        ("format gone", vec![Remove(pet!("/age/format"))]),
        ("enum value in both ways", vec![Push(schemas!("/Kind/enum"), json!("fish"))]),
        ("enum", vec![Remove(schemas!("/Kind/enum"))]),
        ("null", vec![Set(pet!("/born/type"), json!("string"))]),
        ("length", vec![Set(pet!("/name/maxLength"), json!(80))]),
        ("exclusive bound", vec![Remove(pet!("/age/minimum")), Set(pet!("/age/exclusiveMinimum"), json!(0))]),
        ("multiple that is one", vec![Set(pet!("/weight/multipleOf"), json!(1))]),
        ("multiple that is none", vec![Set(pet!("/weight/multipleOf"), json!(0.3))]),
        ("unique", vec![Remove(pet!("/tags/uniqueItems"))]),
        ("items", vec![Set(pet!("/tags/items/type"), json!("integer"))]),
        ("property", vec![Set(pet!("/colour"), json!({"type": "string"}))]),
        ("property renamed", vec![Rename(pet!("/age"), "years")]),
        ("required property", vec![Set(pet!("/colour"), json!({"type": "string"})), Push(schemas!("/Pet/required"), json!("colour"))]),
        ("required property of answers", vec![Set(pet!("/seen"), json!({"type": "string", "readOnly": true})), Push(schemas!("/Pet/required"), json!("seen"))]),
        ("required property of requests", vec![Set(pet!("/seen"), json!({"type": "string", "writeOnly": true})), Push(schemas!("/Pet/required"), json!("seen"))]),
        ("property required", vec![Push(schemas!("/Pet/required"), json!("age"))]),
        ("property of a closed object", vec![Set(schemas!("/Made/properties/more"), json!({"type": "string"}))]),
        ("property of a closed object optional", vec![Set(schemas!("/Made/required"), json!([]))]),
        ("closed", vec![Set(schemas!("/Error/additionalProperties"), json!(false))]),
        ("open", vec![Set(schemas!("/Error/additionalProperties"), json!(true))]),
        ("further properties", vec![Set(schemas!("/Pet/additionalProperties"), json!(true))]),
        ("further properties of another type", vec![Set(schemas!("/Pet/additionalProperties/type"), json!("integer"))]),
        ("branch", vec![Push(schemas!("/Home/oneOf"), json!({"type": "object", "title": "Boat", "properties": {"sort": {"type": "string"}, "sail": {"type": "boolean"}}}))]),
        ("branches that are one", vec![Set(pet!("/age"), json!({"anyOf": [{"type": "integer", "format": "int32", "minimum": 0}, {"type": "string"}]}))]),
        ("branches that came", vec![Set(pet!("/friends/items"), json!({"type": "object", "properties": {"a": {"type": "string"}}, "anyOf": [{"required": ["a"]}]}))]),
        ("inside of a branch", vec![Set(schemas!("/House/properties/rooms/minimum"), json!(1))]),
        ("discriminator", vec![Set(schemas!("/Home/discriminator/propertyName"), json!("kind"))]),
        ("mapping", vec![Rename(schemas!("/Home/discriminator/mapping/house"), "villa")]),
        ("condition", vec![Push(schemas!("/NewPet/allOf"), json!({"oneOf": [{"required": ["note"]}, {"required": ["age"]}]}))]),
        ("property of an allOf", vec![Set(schemas!("/NewPet/allOf/1/properties/note/type"), json!("integer"))]),
        ("assertion", vec![Set(pet!("/tags/contains"), json!({"minLength": 1}))]),
        ("assertion of nothing that is used", vec![Set(schemas!("/Unused/not/required"), json!(["c"]))]),
        ("read only", vec![Remove(pet!("/id/readOnly"))]),
        ("xml", vec![Set(pet!("/name/xml"), json!({"attribute": true}))]),
        ("content of a text", vec![Set(pet!("/name/contentMediaType"), json!("text/html"))]),
        ("schema renamed", vec![Rename(schemas!("/Kind"), "Species"), Refer("#/components/schemas/Kind", "#/components/schemas/Species")]),
        ("schema replaced", vec![Set(pet!("/home"), json!({"$ref": "#/components/schemas/House"}))]),
        ("schema in place", vec![Set(pet!("/kind"), json!({"type": "string", "enum": ["cat", "dog"]}))]),
        ("schema that nothing uses", vec![Remove(schemas!("/Unused"))]),
        ("property of a schema that nothing uses", vec![Remove(schemas!("/Unused/properties/a"))]),
        ("property deprecated", vec![Set(pet!("/age/deprecated"), json!(true))]),
        ("description", vec![Set(schemas!("/Pet/description"), json!("An animal"))]),
        ("example", vec![Set(pet!("/name/examples"), json!(["Rex"]))]),
        ("version", vec![Set("/info/version", json!("2.0.0"))]),
        ("tag", vec![Set("/tags/0/description", json!("Pets"))]),
        ("extension", vec![Set("/x-team", json!("animals"))]),
        ("extension of a schema", vec![Set(schemas!("/Pet/x-note"), json!("more"))]),
        ("component that nothing uses", vec![Set("/components/responses/Idle/description", json!("Idle"))]),
        ("component that all use", vec![Set("/components/responses/Missing/description", json!("None"))]),
        ("parameter of the operation itself", vec![Remove("/paths/~1pets~1{id}/parameters"),
            Push(get!("/parameters"), json!({"name": "id", "in": "path", "required": true, "schema": {"type": "string"}})),
            Set(put!("/parameters"), json!([{"name": "id", "in": "path", "required": true, "schema": {"type": "string"}}]))]),
        ("null as in 3.1", vec![Set(pet!("/born"), json!({"anyOf": [{"type": "string", "format": "date"}, {"type": "null"}]}))]),
    ]
}

fn listed(comparison: &Comparison) -> String {
    let mut text = String::new();
    for change in &comparison.changes {
        let (level, kind, side) = (change.level.name(), change.kind.code(), change.side.name());
        let (wire, rust) = (change.wire.name(), change.rust.name());
        writeln!(text, "    {level} {kind} (wire {wire}, rust {rust}) {side} {}", change.pointer)
            .expect("written");
        writeln!(text, "        {}", change.message).expect("written");
        writeln!(text, "        in {}", change.operations.join(", ")).expect("written");
    }
    text
}

fn expected() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/compat/expected.txt")
}

#[test]
fn every_kind_of_difference_is_found_and_judged_both_ways() {
    let (old, mut text, mut shown) = (base(), String::new(), BTreeSet::new());
    for (name, edits) in cases() {
        let new = edited(&edits);
        for (way, comparison) in [("there", compared(&old, &new)), ("back", compared(&new, &old))] {
            writeln!(text, "{name}, {way}").expect("written");
            text.push_str(&listed(&comparison));
            shown.extend(comparison.changes.iter().map(|change| change.kind));
            assert!(!comparison.changes.is_empty() || name.ends_with("another case"), "{name}, {way}");
        }
    }
    if env::var_os("STUBGEN_BLESS").is_some() {
        let mut file = fs::File::create(expected()).expect("created");
        std::io::Write::write_all(&mut file, text.as_bytes()).expect("written");
    }
    let known = fs::read_to_string(expected()).unwrap_or_default();
    assert!(known == text, "not as expected (STUBGEN_BLESS=1 accepts it):\n{text}");
    let missing: Vec<_> = ChangeKind::ALL.iter().filter(|kind| !shown.contains(*kind)).collect();
    assert!(missing.is_empty(), "add an edit for each of {missing:?}");
}

#[test]
fn a_document_is_the_same_as_itself_and_as_the_same_in_yaml() {
    let comparison = compared(&base(), &base());
    assert_eq!(comparison.changes, []);
    assert_eq!(comparison.level(), None);
    let json = base().to_string();
    let version = |name, text| Version { source: Source { name, text }, files: None };
    let comparison = compare(&version("a.yaml", include_str!("base.yaml")), &version("a.json", &json));
    assert_eq!(comparison.expect("two documents").changes, []);
}
