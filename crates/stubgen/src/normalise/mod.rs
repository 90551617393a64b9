//! Says a document in the terms of OpenAPI 3.0, whatever version it follows, so that everything after this knows one way to say a thing.
//!
//! After this stage: schemas are objects (only `additionalProperties` may be true or false), `$ref`s of schemas stand alone and name
//! components, `nullable: true` adds null to whatever else the schema allows, and parameters and servers stand at operations. Keywords that
//! OpenAPI 3.0 does not have are kept in an extension and enforced; what is lost is a finding, never silent. The document that a server publishes stays as it was written.

mod document;
mod keywords;
mod kind;
mod schema;
mod swagger;
mod swagger_parts;
mod types;

pub(crate) use keywords::ASSERTIONS;
pub use kind::Reduction;
pub(crate) use swagger::swagger;

use crate::diagnostic::{Diagnostics, Kind};
use crate::load::{Document, Scope};
use crate::pointer::Pointer;

/// Normalises a document, whose root is an object.
pub(crate) fn normalise(document: &mut Document, diagnostics: &mut Diagnostics) {
    let is_newer = crate::repair::is_newer(&document.root);
    let (root, scope) = document.edit(diagnostics);
    let mut terms = Terms { scope };
    document::head(root, is_newer, &mut terms);
    schema::normalise(root, &mut terms);
    document::references(root);
    document::newer_members(root, &mut terms);
    document::push_down(root, &mut terms);
}

/// What every normalisation has at hand.
struct Terms<'a> {
    scope: Scope<'a>,
}

impl Terms<'_> {
    /// Says what is lost.
    fn note(&mut self, at: &Pointer, reduction: Reduction, message: &str, help: &str) {
        self.scope.report(at, Kind::Reduced(reduction), message, help);
    }

    fn moved(&mut self, from: &Pointer, to: &Pointer) {
        self.scope.origins.moved(from, to);
    }
}
