//! Every golden that is not a refusal, compiled without warnings on both sides and held against its document by the round trip.

#![deny(warnings)]
#![allow(
    missing_docs,       // the documents describe only what their case is about
    dead_code,          // nobody calls the generated code here
    unreachable_pub,    // the modules are private to this test
    clippy::pedantic,   // generated code is read in diffs, not maintained
    clippy::unwrap_used // typify unwraps the compilation of patterns that it has compiled before
)]

use progenitor_client::ClientHooks;
use serde_json::Value;
use stubgen_runtime::roundtrip;

/// What the generated clients carry; a published client has its credentials here.
#[derive(Clone, Debug)]
pub struct Shell;

/// How the generated clients encode path values; a published client refuses `.` and `..` here.
pub fn encode_path(value: &str) -> String {
    progenitor_client::encode_path(value)
}

#[rustfmt::skip]
#[path = "golden/minimal/api/mod.rs"]
pub mod minimal_api;

#[rustfmt::skip]
#[path = "golden/minimal/client/mod.rs"]
pub mod minimal_client;

#[rustfmt::skip]
#[path = "golden/parameters/api/mod.rs"]
pub mod parameters_api;

#[rustfmt::skip]
#[path = "golden/parameters/client/mod.rs"]
pub mod parameters_client;

#[rustfmt::skip]
#[path = "golden/bodies/api/mod.rs"]
pub mod bodies_api;

#[rustfmt::skip]
#[path = "golden/bodies/client/mod.rs"]
pub mod bodies_client;

#[rustfmt::skip]
#[path = "golden/security/api/mod.rs"]
pub mod security_api;

#[rustfmt::skip]
#[path = "golden/security/client/mod.rs"]
pub mod security_client;

#[rustfmt::skip]
#[path = "golden/documentation/api/mod.rs"]
pub mod documentation_api;

#[rustfmt::skip]
#[path = "golden/documentation/client/mod.rs"]
pub mod documentation_client;

#[rustfmt::skip]
#[path = "golden/schemas/api/mod.rs"]
pub mod schemas_api;

#[rustfmt::skip]
#[path = "golden/schemas/client/mod.rs"]
pub mod schemas_client;

/// Checks the round trip, and that the check catches every mutation.
fn round_trip(name: &str, document: &str, emitted: &Value) {
    let specification: Value = serde_json::from_str(document).expect("JSON");
    roundtrip::check(&specification, emitted).unwrap_or_else(|failure| panic!("{name}: {failure}"));
    let missed = roundtrip::mutate_and_check(&specification, emitted).missed;
    // Where an operation declares no error, dropshot adds error responses that nobody asked for; without them the document is only nearer.
    let lost: Vec<_> =
        missed.iter().filter(|mutation| !removes_what_nobody_declared(mutation, &specification)).collect();
    assert!(lost.is_empty(), "{name}: mutations went unnoticed: {lost:?}");
}

fn removes_what_nobody_declared(mutation: &str, specification: &Value) -> bool {
    let removed = mutation.strip_prefix("remove ").and_then(|pointer| pointer.strip_suffix("XX"));
    let Some(responses) = removed.map(|pointer| pointer.trim_end_matches(['4', '5', '/'])) else {
        return false;
    };
    let declared = specification.pointer(responses).and_then(Value::as_object);
    declared.is_some_and(|declared| declared.keys().all(|status| !status.starts_with(['4', '5'])))
}

macro_rules! round_trips {
    ($($case:ident $api:ident $client:ident $text:literal)*) => {
        $(
            impl ClientHooks<Shell> for $client::Client {}

            #[test]
            fn $case() {
                let emitted = $api::endpoints::emitted().expect("emitted");
                round_trip(stringify!($case), include_str!($text), &emitted);
            }
        )*
    };
}

round_trips! {
    minimal minimal_api minimal_client "golden/minimal/api/openapi.json"
    parameters parameters_api parameters_client "golden/parameters/api/openapi.json"
    bodies bodies_api bodies_client "golden/bodies/api/openapi.json"
    security security_api security_client "golden/security/api/openapi.json"
    documentation documentation_api documentation_client "golden/documentation/api/openapi.json"
    schemas schemas_api schemas_client "golden/schemas/api/openapi.json"
}

#[test]
fn every_golden_is_compiled_here() {
    let source = include_str!("compiled.rs");
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    for entry in std::fs::read_dir(folder).expect("the folder of the goldens") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        let compiled = source.contains(&format!("golden/{name}/api/mod.rs"));
        assert_eq!(compiled, path.join("api").exists(), "{name}");
    }
}
