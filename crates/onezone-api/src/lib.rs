//! Server stubs of the Onezone named-token API, generated from `openapi.yaml`.
//!
//! Implement [`OnezoneApi`]; serve it with [`stubgen_runtime::serve`] as [`Server`], or mount it into a dropshot server with
//! [`endpoints::mounted`]. The trait has one required method an operation, so that after a change of the document the compiler says
//! what to fill in.

#[rustfmt::skip] // The generator formats its output itself, so that it does not depend on the installed rustfmt.
#[allow(
unreachable_pub, // the modules are private, their items are public through the re-exports below
clippy::pedantic // generated code is read in diffs, not maintained
)]
mod generated;

pub use generated::*;
