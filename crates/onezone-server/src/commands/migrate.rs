//! `migrate`: the schema of a database on a server, which no server changes by itself.

use serde_json::json;

use super::Context;
use crate::database::Database;

pub(crate) async fn run(context: &Context<'_>) -> anyhow::Result<()> {
    let database = Database::from_options(&context.common)?;
    let url = database.url();
    let migrated = database.migrate(&context.environment).await?;
    let text = if migrated.from == migrated.to {
        format!("{url} has schema {} already", migrated.to)
    } else if migrated.from == 0 {
        format!("made schema {} in {url}", migrated.to)
    } else {
        format!("brought {url} from schema {} to {}", migrated.from, migrated.to)
    };
    context.output.result(&json!({ "database": url, "from": migrated.from, "to": migrated.to }), &text)
}
