//! The README of a workspace: what is there, and the next step.

use std::fmt::Write as _;

use super::{Context, naming};

/// The text of `README.md`.
pub(super) fn readme(context: &Context<'_>) -> String {
    let (api, client, server) =
        (context.package("api"), context.package("client"), context.package("server"));
    let header = context.header.comment("").trim().to_owned();
    let title = naming::line(&context.surface.title);
    let mut text = format!(
        "<!-- {} -->\n# {title}\n\n| Package | Is | Edits |\n| --- | --- | --- |\n\
         | `{api}` | server stubs: the trait `{}`, its types, the document it serves, the round trip as a test | are lost |\n\
         | `{client}` | a client: typed calls, credentials, safe paths | are lost |\n\
         | `{server}` | a server that answers 501 everywhere | are yours: it was written once |\n\n",
        header.replace("--", "- -"),
        context.surface.trait_name
    );
    let _ = write!(
        text,
        "The next step:\n\n```sh\ncargo test                      # the round trip, and a request for each operation\n\
         cargo run -p {server}   # prints its address\n```\n\nThen write the operations in `{server}/src/handlers.rs`. After a change of \
         the document, generate again: the compiler says what is to be written.\n"
    );
    if !context.generated.left_out.is_empty() {
        text.push_str("\n## Left out\n\n");
        for left_out in &context.generated.left_out {
            let reasons: Vec<_> =
                left_out.reasons.iter().map(|reason| format!("`{}`", reason.kind.code())).collect();
            let _ = writeln!(
                text,
                "- {} {} ({}): {}",
                left_out.method,
                naming::line(&left_out.path),
                naming::line(&left_out.operation),
                reasons.join(", ")
            );
        }
    }
    text
}
