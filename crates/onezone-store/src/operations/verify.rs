//! Reading every record as a request would, and saying what is wrong instead of failing.

use crate::operations::read;
use crate::seal::Place;
use crate::session::{Row, Session, Value};
use crate::upkeep::{Position, Stage, Verified};
use crate::{Result, StoreError, Subject, sql};

/// How many records are read at a time.
const PAGE: i64 = 500;

/// What is said about records that nobody owns or that name nobody.
const REFERENCES: &[(&str, &str)] = &[
    (sql::SUBJECTS_WITHOUT_OWNER, "is neither a user nor a provider, and its tokens are nobody's"),
    (sql::USERS_WITHOUT_SUBJECT, "is a user who can own no tokens"),
    (sql::PROVIDERS_WITHOUT_SUBJECT, "is a provider that can own no tokens"),
    (sql::MEMBERS_WITHOUT_RECORD, "has memberships or privileges and does not exist"),
];

/// With `strict`, a missing key is an error, so that keys can be read anew.
pub(crate) async fn page(session: &mut dyn Session, from: &Position, strict: &bool) -> Result<Verified> {
    let (first, second): (Value, Value) = (from.after.0.as_str().into(), from.after.1.as_str().into());
    let rows = match from.stage {
        Stage::Tokens => session.rows(sql::TOKENS_AFTER, &[first, second, PAGE.into()]).await?,
        Stage::Subjects => session.rows(sql::SUBJECTS_AFTER, &[first, PAGE.into()]).await?,
        Stage::Users => session.rows(sql::PASSWORDS_AFTER, &[first, PAGE.into()]).await?,
        Stage::Audit => session.rows(sql::AUDIT_AFTER, &[first, second, PAGE.into()]).await?,
    };
    let mut found = Verified::default();
    let mut last = None;
    for mut row in rows {
        let key = (row.text(0)?, row.text(1)?);
        found.records += 1;
        match check(session, from.stage, &key, row) {
            Ok(()) => {}
            Err(error @ StoreError::KeyMissing { .. }) if *strict => return Err(error),
            Err(error) => found.problems.push(match error {
                // It says which key, and here it matters as much whose secret it is.
                StoreError::KeyMissing { number } => {
                    format!(
                        "{}: it is sealed with key {number}, which is not among the keys",
                        name(from.stage, &key)
                    )
                }
                error => error.to_string(),
            }),
        }
        last = Some(key);
    }
    found.next = from.behind(last, from.stage.next());
    Ok(found)
}

fn check(session: &dyn Session, stage: Stage, key: &(String, String), mut row: Row) -> Result<()> {
    match stage {
        Stage::Tokens => read::stored_token(session.keys(), row.without(2)).map(|_| ()),
        Stage::Subjects => {
            key.0.parse::<Subject>()?;
            match row.optional_bytes(2)? {
                Some(sealed) => {
                    let place = Place::TemporarySecret { subject: &key.0 };
                    read::open_secret(session.keys(), place, &sealed).map(|_| ())
                }
                None => Ok(()),
            }
        }
        Stage::Users => read::password_hash(session.keys(), &mut row, 2, &key.0).map(|_| ()),
        Stage::Audit => read::audit_record(row.without(2)).map(|_| ()),
    }
}

fn name(stage: Stage, key: &(String, String)) -> String {
    match stage {
        Stage::Tokens => Place::TokenSecret { subject: &key.0, id: &key.1 }.to_string(),
        Stage::Subjects => Place::TemporarySecret { subject: &key.0 }.to_string(),
        Stage::Users => Place::PasswordHash { user: &key.0 }.to_string(),
        Stage::Audit => format!("audit row {:?}", key.0),
    }
}

pub(crate) async fn references(session: &mut dyn Session) -> Result<Vec<String>> {
    session.take_time().await?;
    let mut problems = Vec::new();
    for (statement, said) in REFERENCES {
        let found = session.texts(statement, &[]).await?;
        problems.extend(found.into_iter().map(|id| format!("{id:?} {said}")));
    }
    Ok(problems)
}
