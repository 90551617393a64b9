//! Every golden that is not a refusal, compiled without warnings on both sides and held against its document by the round trip.

#![deny(warnings)]
#![allow(
    missing_docs,       // the documents describe only what their case is about
    dead_code,          // nobody calls the generated code here
    unreachable_pub,    // the modules are private to this test
    clippy::pedantic    // generated code is read in diffs, not maintained
)]

use progenitor_client::ClientHooks;
use serde_json::Value;
use stubgen_runtime::roundtrip;

/// What the generated clients carry; a published client has its credentials here.
#[derive(Clone, Debug, Default)]
pub struct Shell {}

/// What all generated clients share; a published one has it in its own folder.
#[rustfmt::skip]
#[path = "../src/emit/client/run_time/call.rs"]
pub mod call;

#[rustfmt::skip]
#[path = "../src/emit/client/run_time/mock_server.rs"]
pub mod mock_server;

#[rustfmt::skip]
#[path = "../src/emit/client/run_time/trace.rs"]
pub mod trace;

#[rustfmt::skip]
#[path = "golden/minimal/api/mod.rs"]
pub mod minimal_api;

#[rustfmt::skip]
#[path = "golden/minimal/client/mod.rs"]
pub mod minimal_client;

#[rustfmt::skip]
#[path = "golden/minimal/client"]
pub mod minimal_mocked {
    pub use crate::minimal_client::*;
    #[path = "mock/mod.rs"]
    pub mod mock;
}

#[rustfmt::skip]
#[path = "golden/parameters/api/mod.rs"]
pub mod parameters_api;

#[rustfmt::skip]
#[path = "golden/parameters/client/mod.rs"]
pub mod parameters_client;

#[rustfmt::skip]
#[path = "golden/parameters/client"]
pub mod parameters_mocked {
    pub use crate::parameters_client::*;
    #[path = "mock/mod.rs"]
    pub mod mock;
}

#[rustfmt::skip]
#[path = "golden/bodies/api/mod.rs"]
pub mod bodies_api;

#[rustfmt::skip]
#[path = "golden/bodies/client/mod.rs"]
pub mod bodies_client;

#[rustfmt::skip]
#[path = "golden/bodies/client"]
pub mod bodies_mocked {
    pub use crate::bodies_client::*;
    #[path = "mock/mod.rs"]
    pub mod mock;
}

#[rustfmt::skip]
#[path = "golden/command_line/api/mod.rs"]
pub mod command_line_api;

#[rustfmt::skip]
#[path = "golden/command_line/client/mod.rs"]
pub mod command_line_client;

#[rustfmt::skip]
#[path = "golden/command_line/client"]
pub mod command_line_mocked {
    pub use crate::command_line_client::*;
    #[path = "mock/mod.rs"]
    pub mod mock;
}

#[rustfmt::skip]
#[path = "golden/security/api/mod.rs"]
pub mod security_api;

#[rustfmt::skip]
#[path = "golden/security/client/mod.rs"]
pub mod security_client;

#[rustfmt::skip]
#[path = "golden/security/client"]
pub mod security_mocked {
    pub use crate::security_client::*;
    #[path = "mock/mod.rs"]
    pub mod mock;
}

#[rustfmt::skip]
#[path = "golden/documentation/api/mod.rs"]
pub mod documentation_api;

#[rustfmt::skip]
#[path = "golden/documentation/client/mod.rs"]
pub mod documentation_client;

#[rustfmt::skip]
#[path = "golden/documentation/client"]
pub mod documentation_mocked {
    pub use crate::documentation_client::*;
    #[path = "mock/mod.rs"]
    pub mod mock;
}

#[rustfmt::skip]
#[path = "golden/schemas/api/mod.rs"]
pub mod schemas_api;

#[rustfmt::skip]
#[path = "golden/schemas/client/mod.rs"]
pub mod schemas_client;

#[rustfmt::skip]
#[path = "golden/schemas/client"]
pub mod schemas_mocked {
    pub use crate::schemas_client::*;
    #[path = "mock/mod.rs"]
    pub mod mock;
}

#[rustfmt::skip]
#[path = "golden/statuses/api/mod.rs"]
pub mod statuses_api;

#[rustfmt::skip]
#[path = "golden/statuses/client/mod.rs"]
pub mod statuses_client;

#[rustfmt::skip]
#[path = "golden/statuses/client"]
pub mod statuses_mocked {
    pub use crate::statuses_client::*;
    #[path = "mock/mod.rs"]
    pub mod mock;
}

#[rustfmt::skip]
#[path = "golden/media_types/api/mod.rs"]
pub mod media_types_api;

#[rustfmt::skip]
#[path = "golden/media_types/client/mod.rs"]
pub mod media_types_client;

#[rustfmt::skip]
#[path = "golden/media_types/client"]
pub mod media_types_mocked {
    pub use crate::media_types_client::*;
    #[path = "mock/mod.rs"]
    pub mod mock;
}

#[rustfmt::skip]
#[path = "golden/styles/api/mod.rs"]
pub mod styles_api;

#[rustfmt::skip]
#[path = "golden/styles/client/mod.rs"]
pub mod styles_client;

#[rustfmt::skip]
#[path = "golden/styles/client"]
pub mod styles_mocked {
    pub use crate::styles_client::*;
    #[path = "mock/mod.rs"]
    pub mod mock;
}

#[rustfmt::skip]
#[path = "golden/paths/api/mod.rs"]
pub mod paths_api;

#[rustfmt::skip]
#[path = "golden/paths/client/mod.rs"]
pub mod paths_client;

#[rustfmt::skip]
#[path = "golden/paths/client"]
pub mod paths_mocked {
    pub use crate::paths_client::*;
    #[path = "mock/mod.rs"]
    pub mod mock;
}

#[rustfmt::skip]
#[path = "golden/schemes/api/mod.rs"]
pub mod schemes_api;

#[rustfmt::skip]
#[path = "golden/schemes/client/mod.rs"]
pub mod schemes_client;

#[rustfmt::skip]
#[path = "golden/schemes/client"]
pub mod schemes_mocked {
    pub use crate::schemes_client::*;
    #[path = "mock/mod.rs"]
    pub mod mock;
}

#[rustfmt::skip]
#[path = "golden/odd_schemas/api/mod.rs"]
pub mod odd_schemas_api;

#[rustfmt::skip]
#[path = "golden/odd_schemas/client/mod.rs"]
pub mod odd_schemas_client;

#[rustfmt::skip]
#[path = "golden/odd_schemas/client"]
pub mod odd_schemas_mocked {
    pub use crate::odd_schemas_client::*;
    #[path = "mock/mod.rs"]
    pub mod mock;
}

#[rustfmt::skip]
#[path = "golden/shared_paths/api/mod.rs"]
pub mod shared_paths_api;

#[rustfmt::skip]
#[path = "golden/shared_paths/client/mod.rs"]
pub mod shared_paths_client;

#[rustfmt::skip]
#[path = "golden/shared_paths/client"]
pub mod shared_paths_mocked {
    pub use crate::shared_paths_client::*;
    #[path = "mock/mod.rs"]
    pub mod mock;
}

#[rustfmt::skip]
#[path = "golden/headers/api/mod.rs"]
pub mod headers_api;

#[rustfmt::skip]
#[path = "golden/headers/client/mod.rs"]
pub mod headers_client;

#[rustfmt::skip]
#[path = "golden/headers/client"]
pub mod headers_mocked {
    pub use crate::headers_client::*;
    #[path = "mock/mod.rs"]
    pub mod mock;
}

#[rustfmt::skip]
#[path = "golden/methods/api/mod.rs"]
pub mod methods_api;

#[rustfmt::skip]
#[path = "golden/methods/client/mod.rs"]
pub mod methods_client;

#[rustfmt::skip]
#[path = "golden/methods/client"]
pub mod methods_mocked {
    pub use crate::methods_client::*;
    #[path = "mock/mod.rs"]
    pub mod mock;
}

#[rustfmt::skip]
#[path = "golden/alternatives/api/mod.rs"]
pub mod alternatives_api;

#[rustfmt::skip]
#[path = "golden/alternatives/client/mod.rs"]
pub mod alternatives_client;

#[rustfmt::skip]
#[path = "golden/alternatives/client"]
pub mod alternatives_mocked {
    pub use crate::alternatives_client::*;
    #[path = "mock/mod.rs"]
    pub mod mock;
}

#[rustfmt::skip]
#[path = "golden/shared_responses/api/mod.rs"]
pub mod shared_responses_api;

#[rustfmt::skip]
#[path = "golden/shared_responses/client/mod.rs"]
pub mod shared_responses_client;

#[rustfmt::skip]
#[path = "golden/shared_responses/client"]
pub mod shared_responses_mocked {
    pub use crate::shared_responses_client::*;
    #[path = "mock/mod.rs"]
    pub mod mock;
}

#[rustfmt::skip]
#[path = "golden/unknown_fields/api/mod.rs"]
pub mod unknown_fields_api;

#[rustfmt::skip]
#[path = "golden/unknown_fields/client/mod.rs"]
pub mod unknown_fields_client;

#[rustfmt::skip]
#[path = "golden/unknown_fields/client"]
pub mod unknown_fields_mocked {
    pub use crate::unknown_fields_client::*;
    #[path = "mock/mod.rs"]
    pub mod mock;
}

#[rustfmt::skip]
#[path = "golden/odd_names/api/mod.rs"]
pub mod odd_names_api;

#[rustfmt::skip]
#[path = "golden/odd_names/client/mod.rs"]
pub mod odd_names_client;

#[rustfmt::skip]
#[path = "golden/odd_names/client"]
pub mod odd_names_mocked {
    pub use crate::odd_names_client::*;
    #[path = "mock/mod.rs"]
    pub mod mock;
}

#[rustfmt::skip]
#[path = "golden/taken_names/api/mod.rs"]
pub mod taken_names_api;

#[rustfmt::skip]
#[path = "golden/taken_names/client/mod.rs"]
pub mod taken_names_client;

#[rustfmt::skip]
#[path = "golden/taken_names/client"]
pub mod taken_names_mocked {
    pub use crate::taken_names_client::*;
    #[path = "mock/mod.rs"]
    pub mod mock;
}

/// Checks the round trip of a document in the terms that it is generated in, and that the check catches every mutation. Where dropshot
/// carries operations as a whole there is nothing to lose on the way, and so nothing to mutate.
fn round_trip(name: &str, text: &str, emitted: &Value) {
    let generated = stubgen::generate(&stubgen::Source { name, text }, &stubgen::Options::default());
    let specification = generated.unwrap_or_else(|findings| panic!("{findings}")).normalised;
    roundtrip::check(&specification, emitted).unwrap_or_else(|failure| panic!("{name}: {failure}"));
    if CARRIED.contains(&name) {
        return;
    }
    let missed = roundtrip::mutate_and_check(&specification, emitted).missed;
    // Where an operation declares no error, dropshot adds error responses that nobody asked for; without them the document is only nearer.
    let lost: Vec<_> =
        missed.iter().filter(|mutation| !removes_what_nobody_declared(mutation, &specification)).collect();
    assert!(lost.is_empty(), "{name}: mutations went unnoticed: {lost:?}");
}

/// Goldens with operations or schemas that dropshot cannot say part by part.
const CARRIED: [&str; 15] = [
    "alternatives",
    "command_line",
    "documentation",
    "headers",
    "media_types",
    "methods",
    "odd_names",
    "shared_responses",
    "unknown_fields",
    "odd_schemas",
    "paths",
    "schemes",
    "statuses",
    "styles",
    "taken_names",
];

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
    minimal minimal_api minimal_client "golden/minimal/spec.yaml"
    parameters parameters_api parameters_client "golden/parameters/spec.yaml"
    bodies bodies_api bodies_client "golden/bodies/spec.yaml"
    command_line command_line_api command_line_client "golden/command_line/spec.yaml"
    security security_api security_client "golden/security/spec.yaml"
    documentation documentation_api documentation_client "golden/documentation/spec.yaml"
    schemas schemas_api schemas_client "golden/schemas/spec.yaml"
    statuses statuses_api statuses_client "golden/statuses/spec.yaml"
    media_types media_types_api media_types_client "golden/media_types/spec.yaml"
    styles styles_api styles_client "golden/styles/spec.yaml"
    paths paths_api paths_client "golden/paths/spec.yaml"
    schemes schemes_api schemes_client "golden/schemes/spec.yaml"
    shared_paths shared_paths_api shared_paths_client "golden/shared_paths/spec.yaml"
    shared_responses shared_responses_api shared_responses_client "golden/shared_responses/spec.yaml"
    unknown_fields unknown_fields_api unknown_fields_client "golden/unknown_fields/spec.yaml"
    odd_names odd_names_api odd_names_client "golden/odd_names/spec.yaml"
    taken_names taken_names_api taken_names_client "golden/taken_names/spec.yaml"
    odd_schemas odd_schemas_api odd_schemas_client "golden/odd_schemas/spec.yaml"
    alternatives alternatives_api alternatives_client "golden/alternatives/spec.yaml"
    methods methods_api methods_client "golden/methods/spec.yaml"
    headers headers_api headers_client "golden/headers/spec.yaml"
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
