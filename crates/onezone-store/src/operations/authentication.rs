//! The look-ups of authentication. Whoever sends credentials may be a stranger, and the time of a refusal must not tell
//! the stranger which records exist.
//!
//! Looking up a record that is there takes longer than finding that there is none: the row is read, what belongs to
//! it in other tables is looked up, and its secret is opened. So each look-up has a counterpart right after it. One that
//! found a record looks for another that cannot be; one that found nothing reads the first record of the table instead,
//! by its key. Either way one record is read and one look-up finds nothing. A delay up to a fixed time would be simpler, but
//! it would have to be as long as the slowest look-up under load, and would make all refusals slow to hide a difference of
//! two microseconds.
//!
//! Over a network to a database server that difference drowns in the time of the way there, which the counterpart would
//! double: such a session does without it.

use std::hint::black_box;

use crate::operations::read;
use crate::session::{Session, Value};
use crate::{Result, Subject, SubjectState, TokenRecord, UserCredentials, sql};

/// No subject, id or name is this, and all come after it.
const NOBODY: &str = "";

/// How a record is looked up: by what, and what is read instead of one that does not exist.
struct Lookup {
    found: &'static str,
    any: &'static str,
}

const TOKEN: Lookup = Lookup { found: sql::TOKEN_FOR_AUTHENTICATION, any: sql::ANY_TOKEN };
const LEGACY_TOKEN: Lookup =
    Lookup { found: sql::LEGACY_TOKEN_FOR_AUTHENTICATION, any: sql::ANY_LEGACY_TOKEN };
const TOKEN_BY_ID: Lookup = Lookup { found: sql::TOKEN_OF_ANY_SUBJECT, any: sql::ANY_TOKEN_BY_ID };
const SUBJECT: Lookup = Lookup { found: sql::SUBJECT_STATE, any: sql::ANY_SUBJECT_STATE };
const USER: Lookup = Lookup { found: sql::USER_BY_USERNAME, any: sql::ANY_USER_CREDENTIALS };

pub(crate) async fn token_for_authentication(
    session: &mut dyn Session,
    subject: &Subject,
    id: &str,
) -> Result<Option<TokenRecord>> {
    token_record(session, &TOKEN, [&subject.to_string(), id]).await
}

pub(crate) async fn legacy_token_for_authentication(
    session: &mut dyn Session,
    id: &str,
) -> Result<Option<TokenRecord>> {
    token_record(session, &LEGACY_TOKEN, [id]).await
}

pub(crate) async fn token_of_any_subject(session: &mut dyn Session, id: &str) -> Result<Option<TokenRecord>> {
    token_record(session, &TOKEN_BY_ID, [id]).await
}

pub(crate) async fn subject_state(
    session: &mut dyn Session,
    subject: &Subject,
) -> Result<Option<SubjectState>> {
    let found = read::subject_state_by(session, SUBJECT.found, &subject.to_string()).await?;
    if session.hides_what_it_finds() {
        let counterpart = SUBJECT.counterpart(found.is_some());
        ignore(read::subject_state_by(session, counterpart, NOBODY).await);
    }
    Ok(found)
}

pub(crate) async fn user_by_username(
    session: &mut dyn Session,
    username: &str,
) -> Result<Option<UserCredentials>> {
    let found = read::user_credentials(session, USER.found, username).await?;
    if session.hides_what_it_finds() {
        let counterpart = USER.counterpart(found.is_some());
        ignore(read::user_credentials(session, counterpart, NOBODY).await);
    }
    Ok(found)
}

async fn token_record<const N: usize>(
    session: &mut dyn Session,
    lookup: &Lookup,
    keys: [&str; N],
) -> Result<Option<TokenRecord>> {
    let found = read::token_record(session, lookup.found, &keys.map(Value::from)).await?;
    if session.hides_what_it_finds() {
        let counterpart = lookup.counterpart(found.is_some());
        ignore(read::token_record(session, counterpart, &[NOBODY; N].map(Value::from)).await);
    }
    Ok(found)
}

impl Lookup {
    fn counterpart(&self, was_found: bool) -> &'static str {
        if was_found { self.found } else { self.any }
    }
}

/// The counterpart's own result, good or bad, is nobody's.
fn ignore<T>(result: Result<T>) {
    drop(black_box(result));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_look_up_that_finds_is_followed_by_one_that_does_not_and_the_other_way_round() {
        for lookup in [TOKEN, LEGACY_TOKEN, TOKEN_BY_ID, SUBJECT, USER] {
            assert_eq!(lookup.counterpart(true), lookup.found);
            assert_eq!(lookup.counterpart(false), lookup.any);
        }
    }
}
