//! Small changes: of records by an [`Edit`], whose difference is written, and of single tokens.

use crate::edit::{Edit, Edited, TokenChange};
use crate::operations::keys::sealing_keys;
use crate::operations::read;
use crate::plan::Plan;
use crate::session::Session;
use crate::statement::Script;
use crate::{AuditEntry, RecordKind, Result, StoreError, sql};

pub(crate) async fn edit(session: &mut dyn Session, edit: &Edit, audit: &AuditEntry) -> Result<Edited> {
    session.lock_zone().await?;
    let before = read::head(session).await?;
    let mut after = before.clone();
    let note = edit(&mut after)?;
    if after == before {
        return Ok(Edited { target: note.target, changed: false, removed_tokens: 0 });
    }
    let plan = Plan::to(&before, &after)?;
    let mut token_ids = Vec::new();
    for subject in plan.removed_subjects() {
        token_ids.extend(session.texts(sql::REMOVE_ALL_TOKENS, &[subject.to_string().into()]).await?);
    }
    let removed_tokens = u64::try_from(token_ids.len()).unwrap_or(u64::MAX);
    let mut script = Script::new(&sealing_keys(session).await?);
    plan.write(&mut script, audit)?;
    script.audit(audit, note.action, &note.target, token_ids);
    session.execute(&script.into_statements()).await?;
    Ok(Edited { target: note.target, changed: true, removed_tokens })
}

/// Says whether there was anything to do. The secret stays sealed, so that what does not open can be deleted.
pub(crate) async fn change_token(
    session: &mut dyn Session,
    id: &str,
    change: &TokenChange,
    audit: &AuditEntry,
) -> Result<bool> {
    let (subject, ..) = token(session, id).await?;
    session.lock_subject(&subject).await?;
    // Read again: until the lock it may have changed.
    let (subject, name, revoked) = token(session, id).await?;
    let mut script = Script::new(session.keys());
    let action = match change {
        TokenChange::Rename(wanted) if *wanted == name => return Ok(false),
        TokenChange::Rename(wanted) => {
            let taken = [subject.as_str().into(), wanted.as_str().into()];
            if session.exists(sql::TOKEN_ID_BY_NAME, &taken).await? {
                return Err(StoreError::TokenNameTaken { subject, name: wanted.clone() });
            }
            script.push(sql::RENAME_TOKEN, [wanted.as_str().into(), subject.as_str().into(), id.into()]);
            "token.rename"
        }
        TokenChange::Restore if !revoked => return Ok(false),
        TokenChange::Restore => {
            script.push(sql::RESTORE_TOKEN, [subject.as_str().into(), id.into()]);
            "token.restore"
        }
        TokenChange::Delete => {
            script.remove_token(&subject, id);
            script.raise_token_epoch(&subject);
            "token.delete"
        }
    };
    script.audit(audit, action, &subject, vec![id.to_owned()]);
    session.execute(&script.into_statements()).await?;
    Ok(true)
}

/// Its subject, its name, and whether it was revoked.
async fn token(session: &mut dyn Session, id: &str) -> Result<(String, String, bool)> {
    let no_token = || StoreError::NotFound { kind: RecordKind::Token, id: id.to_owned() };
    let mut row = session.row(sql::TOKEN_BY_ID, &[id.into()]).await?.ok_or_else(no_token)?;
    Ok((row.text(1)?, row.text(2)?, row.boolean(7)?))
}
