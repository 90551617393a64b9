//! The tokens of a document: checked one by one as they come, and against one another and the stored ones when all have.

use std::cell::Cell;

use onezone_store::{Clash, NamedToken, Spool, SpooledToken, TokenLines};

use super::problems::{Located, Place, Problems};
use super::read;
use super::resolve::{Known, Resolver};
use super::tree::Node;
use crate::tokens;

/// Takes tokens as they are read.
pub(super) struct Tokens<'a> {
    spool: &'a Spool,
    problems: &'a Problems,
    position: Cell<u64>,
}

impl<'a> Tokens<'a> {
    pub(super) fn new(spool: &'a Spool, problems: &'a Problems) -> Self {
        Self { spool, problems, position: Cell::new(0) }
    }

    pub(super) fn take(&self, entry: &Located<&Node>) -> anyhow::Result<()> {
        let position = self.position.get();
        self.position.set(position + 1);
        let Some(read) = read::read_token(entry, self.problems) else { return Ok(()) };
        let lines = TokenLines {
            token: number(read.place.line),
            id: number(read.id.as_ref().map_or(read.place.line, |id| id.place.line)),
            name: number(read.name.place.line),
            subject: number(read.subject.place.line),
        };
        let has_id = read.id.is_some();
        let token = NamedToken {
            caveats: read.caveats,
            id: read.id.map(|id| id.value).unwrap_or_default(),
            name: read.name.value,
            revoked: read.revoked,
            secret: read.secret,
            subject: read.subject.value,
            token_type: read.token_type,
            version: read.version,
        };
        if has_id {
            self.problems.check(&read.place, tokens::check_can_be_issued(&token));
        }
        self.spool.add(&SpooledToken { position, lines, has_id, token })?;
        Ok(())
    }
}

impl Resolver<'_> {
    /// Completes the tokens of the document and reports what is wrong with them.
    pub(super) fn tokens(&self, spool: &Spool, known: &Known<'_>) -> anyhow::Result<()> {
        for subject in spool.subjects()? {
            if !known.has_owner(&subject) {
                spool.of_subject(&subject, |clash| {
                    let place = part(&clash, "subject", clash.lines.subject);
                    known.require_owner(&Located { value: subject.clone(), place });
                })?;
            }
        }
        spool.complete(|spooled, is_stored| self.complete(spooled, is_stored))?;
        spool.namesakes(|clash| {
            let Clash { shared, other, .. } = &clash;
            let message = format!("`{shared}` has a token of this name in line {other}; choose another name");
            self.problems.add(&part(&clash, "name", clash.lines.name), message);
        })?;
        spool.of_one_id(|clash| {
            let Clash { shared, other, .. } = &clash;
            let place = if clash.has_id {
                part(&clash, "id", clash.lines.id)
            } else {
                entry(clash.position, clash.lines.token)
            };
            let message =
                format!("the token id `{shared}` is used in line {other} already; keep one of the two");
            self.problems.add(&place, message);
        })?;
        if self.keep {
            spool.name_holders(|clash| {
                let Clash { shared, other, .. } = &clash;
                let message = format!("`{shared}` has a token of this name, with the id `{other}`");
                let message = format!("{message}; choose another name, or give that id");
                self.problems.add(&part(&clash, "name", clash.lines.name), message);
            })?;
        }
        Ok(())
    }

    fn complete(&self, spooled: &mut SpooledToken, is_stored: bool) -> anyhow::Result<()> {
        let token = &mut spooled.token;
        if token.id.is_empty() {
            token.id = self.environment.new_id()?;
        }
        if token.secret.is_none() && !is_stored {
            token.secret = Some(self.environment.new_secret()?);
        }
        if !spooled.has_id {
            let place = entry(spooled.position, spooled.lines.token);
            self.problems.check(&place, tokens::check_can_be_issued(&spooled.token));
        }
        Ok(())
    }
}

fn entry(position: u64, line: u64) -> Place {
    let place = Place { line: 0, path: "tokens".to_owned() };
    place.index(usize::try_from(position).unwrap_or(usize::MAX), usize::try_from(line).unwrap_or_default())
}

fn part(clash: &Clash, key: &str, line: u64) -> Place {
    entry(clash.position, clash.lines.token).key(key, usize::try_from(line).unwrap_or_default())
}

fn number(line: usize) -> u64 {
    u64::try_from(line).unwrap_or_default()
}
