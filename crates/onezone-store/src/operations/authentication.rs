//! The look-ups of authentication. Whoever sends credentials may be a stranger, and the time of a refusal must not tell
//! the stranger which records exist.
//!
//! Looking up a record that is there takes longer than finding that there is none: the row is read, what belongs to
//! it in other tables is looked up, and its secret is opened. So each look-up has a counterpart, which whoever refuses the
//! credentials asks for as well, unless the answer says what was found. After one that found a record it looks for another that cannot be; after one that found nothing it
//! reads the first record of the table, by its key. Either way one record is read and one look-up finds nothing. Whoever is let
//! in learns nothing from the time, and is spared it. A delay up to a fixed time would be simpler, but
//! it would have to be as long as the slowest look-up under load, and would make all refusals slow to hide a difference of
//! two microseconds.
//!
//! Over a network to a database server that difference drowns in the time of the way there, which the counterpart would
//! double: such a backend does without it.

use std::hint::black_box;

use crate::operations::read;
use crate::session::{Session, Value};
use crate::store::Lookup;
use crate::{Result, Subject, TokenRecord, UserCredentials, sql};

/// No subject, id or name is this, and all come after it.
const NOBODY: &str = "";

/// How a record is looked up: by what, and what is read instead of one that does not exist.
struct Texts {
    found: &'static str,
    any: &'static str,
}

impl Lookup {
    const fn texts(self) -> Texts {
        let (found, any) = match self {
            Self::SubjectState => (sql::SUBJECT_STATE, sql::ANY_SUBJECT_STATE),
            Self::Token => (sql::TOKEN_FOR_AUTHENTICATION, sql::ANY_TOKEN),
            Self::LegacyToken => (sql::LEGACY_TOKEN_FOR_AUTHENTICATION, sql::ANY_LEGACY_TOKEN),
            Self::TokenOfAnySubject => (sql::TOKEN_OF_ANY_SUBJECT, sql::ANY_TOKEN_BY_ID),
            Self::User => (sql::USER_BY_USERNAME, sql::ANY_USER_CREDENTIALS),
        };
        Texts { found, any }
    }

    fn counterpart(self, was_found: bool) -> &'static str {
        let texts = self.texts();
        if was_found { texts.found } else { texts.any }
    }
}

pub(crate) async fn token_for_authentication(
    session: &mut dyn Session,
    subject: &Subject,
    id: &str,
) -> Result<Option<TokenRecord>> {
    token_record(session, Lookup::Token.texts().found, [&subject.to_string(), id]).await
}

pub(crate) async fn legacy_token_for_authentication(
    session: &mut dyn Session,
    id: &str,
) -> Result<Option<TokenRecord>> {
    token_record(session, Lookup::LegacyToken.texts().found, [id]).await
}

pub(crate) async fn token_of_any_subject(session: &mut dyn Session, id: &str) -> Result<Option<TokenRecord>> {
    token_record(session, Lookup::TokenOfAnySubject.texts().found, [id]).await
}

pub(crate) async fn user_by_username(
    session: &mut dyn Session,
    username: &str,
) -> Result<Option<UserCredentials>> {
    read::user_credentials(session, Lookup::User.texts().found, username).await
}

/// What the look-up would have read, had it ended the other way.
pub(crate) async fn even_out(session: &mut dyn Session, lookup: &Lookup, was_found: &bool) -> Result<()> {
    found_beside(session, *lookup, *was_found).await?;
    Ok(())
}

/// The same, and whether it read a record.
async fn found_beside(session: &mut dyn Session, lookup: Lookup, was_found: bool) -> Result<bool> {
    let text = lookup.counterpart(was_found);
    Ok(match lookup {
        Lookup::SubjectState => is_some(read::subject_state_by(session, text, NOBODY).await?),
        Lookup::User => is_some(read::user_credentials(session, text, NOBODY).await?),
        Lookup::Token => is_some(token_record(session, text, [NOBODY; 2]).await?),
        Lookup::LegacyToken | Lookup::TokenOfAnySubject => {
            is_some(token_record(session, text, [NOBODY]).await?)
        }
    })
}

async fn token_record<const N: usize>(
    session: &mut dyn Session,
    text: &'static str,
    keys: [&str; N],
) -> Result<Option<TokenRecord>> {
    read::token_record(session, text, &keys.map(Value::from)).await
}

/// Also what nobody needs is read.
fn is_some<T>(found: Option<T>) -> bool {
    black_box(found).is_some()
}

#[cfg(all(test, feature = "conformance"))]
mod tests {
    use async_trait::async_trait;

    use super::*;
    use crate::backend::Backend as _;
    use crate::conformance::{apply, keys, sample_zone};
    use crate::operations::Operation;
    use crate::{OpenMode, SqliteStore, Store as _};

    /// Whether the counterpart of a look-up finds a record.
    struct Counterpart(Lookup, bool);

    #[async_trait]
    impl Operation for Counterpart {
        type Output = bool;

        async fn run(&self, session: &mut dyn Session) -> Result<bool> {
            found_beside(session, self.0, self.1).await
        }
    }

    #[tokio::test]
    async fn a_look_up_that_finds_is_evened_out_by_one_that_does_not_and_the_other_way_round() {
        let directory = tempfile::tempdir().unwrap();
        let store = SqliteStore::open(&directory.path().join("zone.db"), OpenMode::Admin, keys()).unwrap();
        apply(&store, &sample_zone(), 1).await;
        for lookup in [
            Lookup::Token,
            Lookup::LegacyToken,
            Lookup::TokenOfAnySubject,
            Lookup::SubjectState,
            Lookup::User,
        ] {
            for was_found in [true, false] {
                let finds = store.read(Counterpart(lookup, was_found)).await.unwrap();
                assert_eq!(finds, !was_found, "{lookup:?}");
            }
        }
        store.close().await.unwrap();
    }
}
