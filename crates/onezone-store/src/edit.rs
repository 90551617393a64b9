//! A change of a few records, written as a function of the state before: what a command does to a user, a group or a
//! provider without naming the rest of the zone.

use std::sync::Arc;

use crate::{Result, Subject, Zone};

/// What is done to the zone, of which tokens are left out, and what is noted about it. It runs in the transaction that writes
/// the difference, again if that has to be repeated, so that it must depend on nothing but the zone it is given. A refusal of its
/// own is [`StoreError::Refused`](crate::StoreError::Refused), and then nothing is changed.
pub type Edit = Arc<dyn Fn(&mut Zone) -> Result<Note> + Send + Sync>;

/// What the audit log says about an edit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// What was done, such as `user.block`.
    pub action: &'static str,
    /// To what: `usr-ID`, `prv-ID`, `grp-ID` or `spc-ID`.
    pub target: String,
}

/// What an edit came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edited {
    /// What it was done to.
    pub target: String,
    /// Whether anything was different afterwards; without a difference nothing is written, no audit row either.
    pub changed: bool,
    /// How many named tokens went with their owner.
    pub removed_tokens: u64,
}

/// What can be done to one named token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TokenChange {
    /// It gets another name, unique within its subject.
    Rename(String),
    /// It is valid again.
    Restore,
    /// Its record is deleted. Works for a record that is damaged, too.
    Delete,
}

impl Zone {
    /// Takes a user out, with their temporary tokens and all that refers to them.
    pub fn remove_user(&mut self, id: &str) {
        self.users.retain(|user| user.id != id);
        for group in &mut self.groups {
            group.users.remove(id);
        }
        for provider in &mut self.providers {
            provider.cluster.users.remove(id);
        }
        for space in &mut self.spaces {
            space.users.remove(id);
        }
        self.remove_temporary_tokens(&Subject::User(id.to_owned()));
    }

    /// Takes a group out, with all that refers to it. Its members stay.
    pub fn remove_group(&mut self, id: &str) {
        self.groups.retain(|group| group.id != id);
        for group in &mut self.groups {
            group.groups.remove(id);
        }
        for provider in &mut self.providers {
            provider.cluster.groups.remove(id);
        }
        for space in &mut self.spaces {
            space.groups.remove(id);
        }
    }

    /// Takes a provider out, with its cluster, its temporary tokens and its support of spaces.
    pub fn remove_provider(&mut self, id: &str) {
        self.providers.retain(|provider| provider.id != id);
        for space in &mut self.spaces {
            space.providers.remove(id);
        }
        self.remove_temporary_tokens(&Subject::Provider(id.to_owned()));
    }

    /// Takes a space out.
    pub fn remove_space(&mut self, id: &str) {
        self.spaces.retain(|space| space.id != id);
    }

    fn remove_temporary_tokens(&mut self, subject: &Subject) {
        self.temporary_tokens.retain(|secret| secret.subject != *subject);
    }
}
