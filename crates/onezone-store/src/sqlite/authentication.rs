//! The look-ups of authentication. Whoever sends credentials may be a stranger, and the time of a refusal must not tell
//! the stranger which records exist.
//!
//! Looking up a record that is there takes longer than finding that there is none: the row is read, and what belongs to
//! it in other tables is looked up. So each look-up has a counterpart in the same job. One that found a record looks for
//! another that cannot be; one that found nothing reads the first record of the table instead, by its
//! key. Either way one record is
//! read and one look-up finds nothing. A delay up to a fixed time would be simpler, but it would have to be as long as
//! the slowest look-up under load, and would make all refusals slow to hide a difference of two microseconds.

use std::hint::black_box;

use rusqlite::{Connection, params_from_iter};

use super::read;
use super::threads::Failure;
use crate::{Subject, SubjectState, TokenRecord, UserCredentials, sql};

/// No subject, id or name is this, and all come after it.
const NOBODY: &str = "";

/// How tokens are looked up: by what, and what is read instead of a token that does not exist.
#[derive(Clone, Copy)]
pub(super) struct TokenLookup {
    found: &'static str,
    any: &'static str,
}

/// By subject and id.
pub(super) const OF_SUBJECT: TokenLookup =
    TokenLookup { found: sql::TOKEN_FOR_AUTHENTICATION, any: sql::ANY_TOKEN };
/// By an id that says it all.
pub(super) const LEGACY: TokenLookup =
    TokenLookup { found: sql::LEGACY_TOKEN_FOR_AUTHENTICATION, any: sql::ANY_LEGACY_TOKEN };
/// By id, whoever owns it.
pub(super) const OF_ANY_SUBJECT: TokenLookup =
    TokenLookup { found: sql::TOKEN_OF_ANY_SUBJECT, any: sql::ANY_TOKEN_BY_ID };

/// The token with these keys.
pub(super) fn token_record<const N: usize>(
    connection: &Connection,
    lookup: TokenLookup,
    keys: [&str; N],
) -> Result<Option<TokenRecord>, Failure> {
    let read = |sql, keys: [&str; N]| read::token_record(connection, sql, params_from_iter(keys));
    let found = read(lookup.found, keys)?;
    Ok(with_counterpart(found, || read(lookup.found, [NOBODY; N]), || read(lookup.any, [NOBODY; N])))
}

/// A subject's state.
pub(super) fn subject_state(
    connection: &Connection,
    subject: &Subject,
) -> Result<Option<SubjectState>, Failure> {
    let read = |sql, key: &str| read::subject_state(connection, sql, [key]);
    let found = read(sql::SUBJECT_STATE, &subject.to_string())?;
    Ok(with_counterpart(found, || read(sql::SUBJECT_STATE, NOBODY), || read(sql::ANY_SUBJECT_STATE, NOBODY)))
}

/// The user who logs in with this name.
pub(super) fn user_by_username(
    connection: &Connection,
    username: &str,
) -> Result<Option<UserCredentials>, Failure> {
    let read = |sql, key: &str| read::user_credentials(connection, sql, [key]);
    let found = read(sql::USER_BY_USERNAME, username)?;
    Ok(with_counterpart(
        found,
        || read(sql::USER_BY_USERNAME, NOBODY),
        || read(sql::ANY_USER_CREDENTIALS, NOBODY),
    ))
}

/// What was found, after the counterpart of finding it, whose own result, good or bad, is nobody's.
fn with_counterpart<T>(
    found: Option<T>,
    nothing: impl FnOnce() -> Result<Option<T>, Failure>,
    any: impl FnOnce() -> Result<Option<T>, Failure>,
) -> Option<T> {
    let counterpart = if found.is_some() { nothing() } else { any() };
    drop(black_box(counterpart));
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What was looked at beside the answer.
    fn counterpart_of(found: Option<u8>) -> (Option<u8>, &'static str) {
        let asked = std::cell::Cell::new("");
        let ask = |name, result| {
            asked.set(name);
            result
        };
        let broken = Err(crate::StoreError::Closed.into());
        let answer = with_counterpart(found, || ask("nothing", Ok(None)), || ask("any", broken));
        (answer, asked.get())
    }

    #[test]
    fn a_look_up_that_finds_is_followed_by_one_that_does_not_and_the_other_way_round() {
        assert_eq!(counterpart_of(Some(1)), (Some(1), "nothing"));
        assert_eq!(counterpart_of(None), (None, "any"));
    }
}
