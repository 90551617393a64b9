//! The round trip: proves that the document dropshot emits for a generated trait says what `openapi.yaml` says.
//! It works on JSON values alone and must not know any particular API.
//!
//! # What is proved
//!
//! Both documents are brought into [`canonical`] form, in which two documents that mean the same are equal. Then
//!
//! 1. every difference between them is on the closed list [`INEXPRESSIBLE`] of what dropshot cannot say. Each entry
//!    of the list has one direction, and a condition wherever the place alone would let a real loss through;
//! 2. every error body that an operation declares has the schema that dropshot emits for `4XX` and `5XX`, and an
//!    operation that declares errors has both emitted;
//! 3. the emitted document plus an [`Overlay`] equals the specification. The overlay is made of listed differences
//!    only: it is not "whatever is missing".
//!
//! # Why the check itself can be trusted
//!
//! A check with a list of exceptions can become vacuous unnoticed. [`mutations`] changes an emitted document in
//! every systematic way, and [`mutate_and_check`] says which of the changes went unnoticed; [`unused`] names the
//! entries of the list that nothing needs any more.
//!
//! # What dropshot does not know
//!
//! The service goes by a table of its own. [`check_definition`] holds that against the document.
//!
//! # Its limit
//!
//! Equal schemas do not prove that the serde types behind them accept the same values. That is for tests with
//! instances.

mod canonical;
mod definition;
mod difference;
mod error_responses;
mod inexpressible;
mod mutation;
mod overlay;
mod pointer;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::fmt;

use serde_json::Value;

pub use self::canonical::canonical;
pub use self::definition::check_definition;
pub use self::difference::{Difference, DifferenceKind};
pub use self::error_responses::ErrorResponseProblem;
pub use self::inexpressible::{Condition, INEXPRESSIBLE, Inexpressible};
pub use self::mutation::{MutationReport, mutate_and_check, mutations};
pub use self::overlay::{Edit, Overlay};
pub use crate::declare::nearest_semver;

/// What a successful [`check`] found out.
#[derive(Clone, Debug, PartialEq)]
pub struct RoundTrip {
    /// What has to be added to the emitted document, each edit with the entry of the list that allows it.
    pub overlay: Overlay,
    /// The emitted document with the overlay applied, in canonical form: equal to the canonical specification.
    pub published: Value,
}

impl RoundTrip {
    /// The names of the entries of [`INEXPRESSIBLE`] that this document needed, sorted.
    pub fn used(&self) -> BTreeSet<&'static str> {
        self.overlay.edits.iter().map(|edit| edit.entry.name).collect()
    }
}

/// Why the emitted document does not say what the specification says.
#[derive(Clone, Debug, PartialEq)]
pub struct Failure {
    /// Differences that are not on the list of what dropshot cannot say.
    pub differences: Vec<Difference>,
    /// Operations whose emitted error responses are not the declared ones.
    pub error_responses: Vec<ErrorResponseProblem>,
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.differences.len() + self.error_responses.len();
        let noun = if count == 1 { "place" } else { "places" };
        writeln!(formatter, "the emitted document differs from the specification in {count} {noun}:")?;
        for difference in &self.differences {
            writeln!(formatter, "{difference}")?;
        }
        for problem in &self.error_responses {
            writeln!(formatter, "{problem}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Failure {}

/// Checks all three parts of the round trip for one specification and the document emitted for it.
///
/// # Errors
///
/// Names every difference that the list does not allow and every error response that is not the declared one.
pub fn check(specification: &Value, emitted: &Value) -> Result<RoundTrip, Failure> {
    let specification = canonical(specification);
    let emitted = canonical(emitted);
    let error_responses = error_responses::problems(&specification, &emitted);
    let (overlay, differences) = inexpressible::separate(&specification, &emitted);
    if !differences.is_empty() || !error_responses.is_empty() {
        return Err(Failure { differences, error_responses });
    }
    let published = overlay.apply(&emitted);
    let differences = difference::between(&specification, &published);
    if differences.is_empty() {
        Ok(RoundTrip { overlay, published })
    } else {
        Err(Failure { differences, error_responses })
    }
}

/// The differences between the canonical forms that are not on the list of what dropshot cannot say.
pub fn differences(specification: &Value, emitted: &Value) -> Vec<Difference> {
    inexpressible::separate(&canonical(specification), &canonical(emitted)).1
}

/// The overlay: one edit for each difference that the list allows, and none for any other.
pub fn overlay(specification: &Value, emitted: &Value) -> Overlay {
    inexpressible::separate(&canonical(specification), &canonical(emitted)).0
}

/// The entries of [`INEXPRESSIBLE`] that none of these documents needed: an entry that no document of a whole test
/// suite needs is to be deleted, because it can only hide a loss.
pub fn unused<'a>(round_trips: impl IntoIterator<Item = &'a RoundTrip>) -> Vec<&'static Inexpressible> {
    let used: BTreeSet<&str> = round_trips.into_iter().flat_map(RoundTrip::used).collect();
    INEXPRESSIBLE.iter().filter(|entry| !used.contains(entry.name)).collect()
}
