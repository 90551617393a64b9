//! The audit log, page by page.

use crate::operations::read;
use crate::session::{Session, Value};
use crate::{AuditQuery, AuditRow, Result, sql};

/// Behind every id and target.
const LAST: &str = "\u{10ffff}";

pub(crate) async fn page(session: &mut dyn Session, query: &AuditQuery) -> Result<Vec<AuditRow>> {
    let start = if query.newest_first { LAST } else { "" };
    let (id, target) =
        query.after.as_ref().map_or((start, start), |(id, target)| (id.as_str(), target.as_str()));
    let mut parameters: Vec<Value> = vec![query.token_ids.into()];
    let statement = match (&query.target, query.newest_first) {
        (Some(wanted), newest_first) => {
            parameters.extend([wanted.as_str().into(), id.into()]);
            if newest_first { sql::AUDIT_OF_TARGET_BACKWARDS } else { sql::AUDIT_OF_TARGET_FORWARDS }
        }
        (None, newest_first) => {
            parameters.extend([id.into(), target.into()]);
            if newest_first { sql::AUDIT_BACKWARDS } else { sql::AUDIT_FORWARDS }
        }
    };
    parameters.extend([
        query.floor.as_str().into(),
        query.since.into(),
        query.until.into(),
        query.actor.as_deref().unwrap_or_default().into(),
        i64::from(query.limit).into(),
    ]);
    let rows = session.rows(statement, &parameters).await?;
    rows.into_iter()
        .map(|mut row| {
            let tokens = u64::try_from(row.integer(10)?).unwrap_or_default();
            Ok(AuditRow { record: read::audit_record(row)?, tokens })
        })
        .collect()
}
