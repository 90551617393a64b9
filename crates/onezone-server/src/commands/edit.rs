//! What commands that change or show records have in common: one transaction for a change, the zone without its tokens
//! for a look, a question before what cannot be undone, and the words for what was done.

use std::sync::{Arc, Mutex, PoisonError};

use anyhow::bail;
use clap::Args;
use onezone_store::{Edited, NamedToken, Note, StoreError, Subject, Zone, ZoneSink};
use serde_json::json;

use super::Context;

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Whether something is meant that cannot be undone.
#[derive(Args)]
pub(crate) struct Confirmation {
    /// Do not ask; needed where there is no terminal to ask on
    #[arg(long, short = 'y')]
    yes: bool,
}

/// What is being done to which kind of record, for messages.
pub(super) struct Deed {
    /// As the audit log has it: the command's words.
    pub(super) command: &'static str,
    /// `user`, `group`, ...
    pub(super) kind: &'static str,
    /// What was done, as in `blocked user alice`.
    pub(super) done: &'static str,
}

impl Context<'_> {
    /// The zone without its tokens, as of one moment.
    pub(super) async fn zone(&self) -> anyhow::Result<Zone> {
        let store = self.open_existing().await?;
        let head = Head::default();
        store.export_to(Box::new(head.clone())).await?;
        store.close().await?;
        Ok(head.take())
    }

    /// The zone without its tokens, and how many named tokens a subject of it has.
    pub(super) async fn zone_and_tokens<T>(
        &self,
        find: impl FnOnce(&Zone) -> anyhow::Result<(T, Subject)>,
    ) -> anyhow::Result<(Zone, T, usize)> {
        let store = self.open_existing().await?;
        let head = Head::default();
        store.export_to(Box::new(head.clone())).await?;
        let zone = head.take();
        let (found, subject) = find(&zone)?;
        // Removed meanwhile is as good as without tokens.
        let tokens = match store.list_token_ids(&subject).await {
            Err(StoreError::NotFound { .. }) => 0,
            other => other?.len(),
        };
        store.close().await?;
        Ok((zone, found, tokens))
    }

    /// Changes records in one transaction. The function may run again, on another state.
    pub(super) async fn edit(
        &self,
        command: &str,
        edit: impl Fn(&mut Zone) -> anyhow::Result<Note> + Send + Sync + 'static,
    ) -> anyhow::Result<Edited> {
        let refused = |error: anyhow::Error| StoreError::Refused(error.into());
        let store = self.open_existing().await?;
        let audit = self.environment.audit(command)?;
        let edited = store.edit(Arc::new(move |zone: &mut Zone| edit(zone).map_err(refused)), &audit).await?;
        store.close().await?;
        Ok(edited)
    }

    /// The same, and says what was done.
    pub(super) async fn change(
        &self,
        deed: Deed,
        edit: impl Fn(&mut Zone) -> anyhow::Result<Note> + Send + Sync + 'static,
    ) -> anyhow::Result<()> {
        let Edited { target, changed, .. } = self.edit(deed.command, edit).await?;
        // `usr-`, `grp-` and the others have four letters.
        let id = target.get(4..).unwrap_or_default();
        let Deed { kind, done, .. } = deed;
        let text = if changed {
            format!("{done} {kind} {id}")
        } else {
            format!("nothing to change: {kind} {id} is like that already")
        };
        self.output.result(&json!({ "id": id, "changed": changed }), &text)
    }

    /// Says that a record was removed, and what went with it.
    pub(super) fn removed(&self, kind: &str, edited: &Edited) -> anyhow::Result<()> {
        let id = edited.target.get(4..).unwrap_or_default();
        let count = edited.removed_tokens;
        let text = match count {
            0 => format!("removed {kind} {id}"),
            _ => format!("removed {kind} {id} and {}", tokens(count)),
        };
        self.output.result(&json!({ "id": id, "removedTokens": count }), &text)
    }

    /// Asks on a terminal; without one, the answer has to be given with the command.
    pub(super) fn confirm(&self, given: &Confirmation, question: &str) -> anyhow::Result<()> {
        if given.yes {
            return Ok(());
        }
        match self.output.ask(&format!("{question} Continue? [y/N] "))? {
            None => bail!("{question} Say that this is meant with --yes"),
            Some(answer) if matches!(answer.trim().to_lowercase().as_str(), "y" | "yes") => Ok(()),
            Some(_) => bail!("nothing was changed"),
        }
    }
}

/// A number of named tokens.
pub(super) fn tokens(count: u64) -> String {
    if count == 1 { "1 named token".to_owned() } else { format!("{count} named tokens") }
}

/// Names, or that there is none.
pub(super) fn list<'a>(items: impl IntoIterator<Item = &'a String>) -> String {
    let text = items.into_iter().map(String::as_str).collect::<Vec<_>>().join(", ");
    if text.is_empty() { "-".to_owned() } else { text }
}

/// Takes a zone and no tokens.
#[derive(Clone, Default)]
struct Head(Arc<Mutex<Zone>>);

impl Head {
    fn take(&self) -> Zone {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl ZoneSink for Head {
    fn head(&mut self, zone: Zone, _tokens: u64) -> Result<(), BoxError> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = zone;
        Ok(())
    }

    fn tokens(&mut self, _tokens: Vec<NamedToken>) -> Result<(), BoxError> {
        Ok(())
    }

    fn wants_tokens(&self) -> bool {
        false
    }
}
