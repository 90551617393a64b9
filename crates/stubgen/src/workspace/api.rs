//! The shell of the server crate: `lib.rs` around the generated modules, and the round trip as its test.

use super::{Context, Sources, naming};

/// The files that are not generated modules.
pub(super) fn files(context: &Context<'_>) -> Sources {
    let fill = |template: &str| {
        template
            .replace("{{header}}", &context.header.comment("//"))
            .replace("{{title}}", &naming::line(&context.surface.title))
            .replace("{{trait}}", &context.surface.trait_name.to_string())
            .replace("{{source}}", &naming::line(context.source))
            .replace("{{crate}}", &context.krate("api"))
    };
    let document = if context.is_normalised() {
        (
            "the document in terms of OpenAPI 3.0, repaired, without operations that were left out",
            "include_str!(\"../src/generated/normalised.json\")",
        )
    } else {
        ("the document", "api::DEFINITION.json")
    };
    let lib = fill(include_str!("templates/api_lib.rs.in"));
    let test = fill(include_str!("templates/api_round_trip.rs.in"));
    let test = test.replace("{{which}}", document.0).replace("{{document}}", document.1);
    Sources::from([("src/lib.rs".to_owned(), lib), ("tests/round_trip.rs".to_owned(), test)])
}
