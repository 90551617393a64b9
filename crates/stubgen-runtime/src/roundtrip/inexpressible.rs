//! The closed list of what dropshot 0.18 cannot say in the document that it emits, and the sorting of differences
//! by it. Whatever is not listed here must come out of dropshot as it stands in the specification.

use std::collections::BTreeSet;

use serde_json::Value;

use super::difference::{self, Difference, DifferenceKind};
use super::overlay::{Edit, Overlay};
use super::pointer::{matches, matches_one, parent, segments};
use crate::declare::nearest_semver;

/// One thing that dropshot cannot say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Inexpressible {
    /// What it is called in reports and tests.
    pub name: &'static str,
    /// The one direction in which the documents may differ.
    pub kind: DifferenceKind,
    /// Where: patterns of JSON pointers into the canonical form.
    pub places: &'static [&'static str],
    /// What else must hold, where the place alone would let a loss through.
    pub condition: Condition,
    /// Why dropshot cannot say it.
    pub reason: &'static str,
}

/// What must hold for a difference at a listed place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Condition {
    /// Nothing: whatever stands there is lost.
    Always,
    /// The emitted document has exactly this text there.
    EmittedText(&'static str),
    /// The specification says false and the emitted document says true.
    FalseBecomesTrue,
    /// The emitted version is the semantic version nearest to that of the specification.
    NearestSemver,
    /// The emitted document has another member of the same sort at this place, and the specification has that too.
    AnotherIsEmitted,
    /// The emitted document has error responses for this operation; their bodies are compared on their own.
    ErrorsAreEmitted,
    /// Nothing in the paths of the specification leads to this schema.
    Unreferenced,
}

use Condition::{
    Always, AnotherIsEmitted, EmittedText, ErrorsAreEmitted, FalseBecomesTrue, NearestSemver, Unreferenced,
};
use DifferenceKind::{Changed, OnlyInEmitted, OnlyInSpec};

/// An entry for something that the specification has and the emitted document has not.
const fn lost(
    name: &'static str,
    places: &'static [&'static str],
    condition: Condition,
    reason: &'static str,
) -> Inexpressible {
    Inexpressible { name, kind: OnlyInSpec, places, condition, reason }
}

/// An entry for something that dropshot adds.
const fn added(
    name: &'static str,
    places: &'static [&'static str],
    condition: Condition,
    reason: &'static str,
) -> Inexpressible {
    Inexpressible { name, kind: OnlyInEmitted, places, condition, reason }
}

/// An entry for something that dropshot says otherwise.
const fn changed(
    name: &'static str,
    places: &'static [&'static str],
    condition: Condition,
    reason: &'static str,
) -> Inexpressible {
    Inexpressible { name, kind: Changed, places, condition, reason }
}

/// Everything that dropshot cannot say; the only places that an overlay may touch.
#[rustfmt::skip] // One entry is one thought; broken into one argument a line, the list cannot be read as a list.
pub const INEXPRESSIBLE: &[Inexpressible] = &[
    changed("openapi version", &["/openapi"], EmittedText("3.0.3"), "dropshot always says 3.0.3"),
    changed("version", &["/info/version"], NearestSemver, "dropshot takes semantic versions only"),
    lost("servers", &["/servers", "/paths/*/servers", "/paths/*/{method}/servers"], Always,
        "dropshot does not know under which address it is reached"),
    lost("security", &["/security", "/components/securitySchemes", "/paths/*/{method}/security"], Always,
        "dropshot has no model of authentication"),
    lost("external documentation", &["/externalDocs", "/paths/*/{method}/externalDocs"], Always,
        "dropshot links documentation from tags only"),
    lost("extension", &[
        "/{extension}", "/info/{extension}", "/tags/*/{extension}", "/paths/{extension}", "/paths/*/{extension}",
        "/components/{extension}", "/paths/*/{method}/{extension}", "/paths/*/{method}/parameters/*/{extension}",
        "/paths/*/{method}/requestBody/{extension}", "/paths/*/{method}/requestBody/content/*/{extension}",
        "/paths/*/{method}/responses/{extension}", "/paths/*/{method}/responses/{success}/{extension}",
        "/paths/*/{method}/responses/{success}/content/*/{extension}",
        "/paths/*/{method}/responses/{success}/headers/*/{extension}",
    ], Always, "dropshot keeps extensions of schemas only"),
    lost("unknown field", &[
        "/!openapi|info|servers|paths|components|security|tags|externalDocs",
        "/info/!title|summary|description|termsOfService|contact|license|version", "/info/contact/!name|url|email",
        "/info/license/!name|url|identifier", "/tags/*/!name|description|externalDocs",
        "/tags/*/externalDocs/!description|url",
        "/components/!schemas|responses|parameters|examples|requestBodies|headers|securitySchemes|links|callbacks|pathItems",
    ], Always, "dropshot keeps what OpenAPI knows"),
    lost("component", &["/components/examples|links|callbacks"], Always,
        "dropshot emits schemas and error responses as components, nothing else"),
    lost("unreferenced schema", &["/components/schemas/*"], Unreferenced,
        "dropshot emits the schemas that its endpoints reach"),
    lost("schema keyword", &[
        "/components/schemas/*/{schema}/discriminator|xml|externalDocs",
        "/paths/**/schema/{schema}/discriminator|xml|externalDocs",
    ], Always, "dropshot's conversion from JSON Schema drops these keywords"),
    lost("path item text", &["/paths/*/summary|description"], Always, "dropshot knows operations, not path items"),
    lost("callbacks", &["/paths/*/{method}/callbacks"], Always, "dropshot has no model of callbacks"),
    lost("cookie parameter", &["/paths/*/{method}/parameters/{cookie}"], Always,
        "dropshot knows path, query and header parameters"),
    lost("parameter annotation", &[
        "/paths/*/{method}/parameters/*/example|examples|deprecated|style|explode|allowReserved|allowEmptyValue",
    ], Always, "dropshot emits name, place, description, requirement and schema of a parameter"),
    lost("parameter schema annotation", &[
        "/paths/*/{method}/parameters/*/schema/default|title|description|deprecated|readOnly|writeOnly",
    ], Always, "dropshot drops the metadata of a parameter's schema"),
    lost("request body annotation", &[
        "/paths/*/{method}/requestBody/description", "/paths/*/{method}/requestBody/content/*/example|examples|encoding",
    ], Always, "dropshot emits the media type and the schema of a request body"),
    changed("optional request body", &["/paths/*/{method}/requestBody/required"], FalseBecomesTrue,
        "dropshot takes every request body for required"),
    lost("further media type", &[
        "/paths/*/{method}/requestBody/content/*", "/paths/*/{method}/responses/{success}/content/*",
    ], AnotherIsEmitted, "dropshot emits one media type a body"),
    lost("response annotation", &[
        "/paths/*/{method}/responses/{success}/links",
        "/paths/*/{method}/responses/{success}/content/*/example|examples",
        "/paths/*/{method}/responses/{success}/headers/*/example|examples|deprecated",
    ], Always, "dropshot emits description, headers and schema of a response"),
    lost("further success", &["/paths/*/{method}/responses/{success}"], AnotherIsEmitted,
        "dropshot emits one success status an operation"),
    lost("error status", &["/paths/*/{method}/responses/{error}"], ErrorsAreEmitted,
        "dropshot has one error type an operation and emits it as 4XX and 5XX"),
    added("error range", &["/paths/*/{method}/responses/4XX|5XX"], Always,
        "dropshot has one error type an operation and emits it as 4XX and 5XX"),
    lost("error range annotation", &[
        "/paths/*/{method}/responses/4XX|5XX/headers|links", "/paths/*/{method}/responses/4XX|5XX/{extension}",
        "/paths/*/{method}/responses/4XX|5XX/content/*/example|examples",
    ], Always, "dropshot emits the schema of an error"),
    changed("error range description", &["/paths/*/{method}/responses/4XX|5XX/description"], ErrorsAreEmitted,
        "dropshot describes an error response by the name of its schema"),
];

/// Sorts the differences of two canonical documents into those that the list allows and the others.
pub(super) fn separate(specification: &Value, emitted: &Value) -> (Overlay, Vec<Difference>) {
    let mut overlay = Overlay::default();
    let mut others = Vec::new();
    for difference in difference::between(specification, emitted) {
        match INEXPRESSIBLE.iter().find(|entry| entry.allows(&difference, specification, emitted)) {
            Some(entry) => {
                overlay.edits.push(Edit { pointer: difference.pointer, value: difference.spec, entry });
            }
            None => others.push(difference),
        }
    }
    (overlay, others)
}

impl Inexpressible {
    fn allows(&self, difference: &Difference, specification: &Value, emitted: &Value) -> bool {
        self.kind == difference.kind
            && self.places.iter().any(|place| {
                matches(place, &difference.pointer)
                    && self.condition.holds(place, difference, specification, emitted)
            })
    }
}

impl Condition {
    fn holds(self, place: &str, difference: &Difference, specification: &Value, emitted: &Value) -> bool {
        let container = parent(&difference.pointer);
        let text = |value: &Option<Value>| value.as_ref().and_then(Value::as_str).map(str::to_owned);
        match self {
            Always => true,
            EmittedText(expected) => text(&difference.emitted).as_deref() == Some(expected),
            FalseBecomesTrue => {
                difference.spec == Some(Value::Bool(false)) && difference.emitted == Some(Value::Bool(true))
            }
            NearestSemver => {
                let nearest = text(&difference.spec).map(|version| nearest_semver(&version));
                nearest.is_some() && nearest == text(&difference.emitted)
            }
            AnotherIsEmitted => {
                let (specification, emitted) = (specification.pointer(container), emitted.pointer(container));
                let sort = place.rsplit('/').next().unwrap_or_default();
                emitted.and_then(Value::as_object).into_iter().flatten().any(|(key, _)| {
                    matches_one(sort, key) && specification.is_some_and(|members| members.get(key).is_some())
                })
            }
            ErrorsAreEmitted => {
                let operation =
                    difference.pointer.find("/responses/").map_or("", |end| &difference.pointer[..end]);
                ["4XX", "5XX"]
                    .iter()
                    .all(|range| emitted.pointer(&format!("{operation}/responses/{range}")).is_some())
            }
            Unreferenced => segments(&difference.pointer)
                .last()
                .is_some_and(|name| !reachable_schemas(specification).contains(name)),
        }
    }
}

/// The names of the schemas to which the paths of a document lead, directly or through other schemas.
fn reachable_schemas(document: &Value) -> BTreeSet<String> {
    let mut reached = BTreeSet::new();
    let mut pending: Vec<&Value> = document.get("paths").into_iter().collect();
    while let Some(value) = pending.pop() {
        match value {
            Value::Array(items) => pending.extend(items),
            Value::Object(members) => {
                let name = members
                    .get("$ref")
                    .and_then(Value::as_str)
                    .and_then(|reference| reference.strip_prefix("#/components/schemas/"));
                if let Some(name) = name
                    && reached.insert(name.to_owned())
                {
                    pending.extend(document.pointer(&format!("/components/schemas/{name}")));
                }
                pending.extend(members.values());
            }
            _ => {}
        }
    }
    reached
}
