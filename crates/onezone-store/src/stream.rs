//! A zone on its way into or out of a store, without its tokens ever being in memory together: there may be millions.
//! Everything else of a zone is small enough to be held.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::error::BoxError;
use crate::{NamedToken, RecordKind, Result, StoreError, Subject, Zone};

/// How many tokens are on their way together.
pub(crate) const PAGE: usize = 500;

/// What takes a zone that is read. It is called from where the store reads, so that the store goes no faster than it.
pub trait ZoneSink: Send + 'static {
    /// Everything but the tokens, and how many of those will follow. Comes first, and once.
    fn head(&mut self, zone: Zone, tokens: u64) -> Result<(), BoxError>;

    /// Tokens, by subject (in the order of the text form) and within a subject by name.
    fn tokens(&mut self, tokens: Vec<NamedToken>) -> Result<(), BoxError>;

    /// Whether tokens are wanted at all.
    fn wants_tokens(&self) -> bool {
        true
    }
}

/// Tokens to be applied, which can be read several times. Their ids are unique.
pub trait TokenSource: Send + Sync + 'static {
    /// The next tokens after a place, in the byte order of the subject's text form and the id; none at the end.
    fn page(&self, after: Option<(&str, &str)>, limit: usize) -> Result<Vec<NamedToken>>;

    /// Whose token has this id here.
    fn owner_of(&self, id: &str) -> Result<Option<Subject>>;
}

/// Tokens in memory as a source.
pub struct SortedTokens {
    tokens: Vec<((String, String), NamedToken)>,
    owners: HashMap<String, Subject>,
}

impl SortedTokens {
    /// Refuses tokens that share an id.
    pub fn new(tokens: Vec<NamedToken>) -> Result<Self> {
        let mut owners = HashMap::with_capacity(tokens.len());
        for token in &tokens {
            if owners.insert(token.id.clone(), token.subject.clone()).is_some() {
                return Err(StoreError::Duplicate { kind: RecordKind::Token, id: token.id.clone() });
            }
        }
        let key = |token: &NamedToken| (token.subject.to_string(), token.id.clone());
        let mut tokens: Vec<_> = tokens.into_iter().map(|token| (key(&token), token)).collect();
        tokens.sort_by(|(one, _), (other, _)| one.cmp(other));
        Ok(Self { tokens, owners })
    }
}

impl TokenSource for SortedTokens {
    fn page(&self, after: Option<(&str, &str)>, limit: usize) -> Result<Vec<NamedToken>> {
        let start = after.map_or(0, |after| {
            self.tokens.partition_point(|((subject, id), _)| (subject.as_str(), id.as_str()) <= after)
        });
        Ok(self.tokens[start..].iter().take(limit).map(|(_, token)| token.clone()).collect())
    }

    fn owner_of(&self, id: &str) -> Result<Option<Subject>> {
        Ok(self.owners.get(id).cloned())
    }
}

/// Gathers a zone in memory.
#[derive(Clone, Default)]
pub(crate) struct Gathered(Arc<Mutex<Zone>>);

impl Gathered {
    pub(crate) fn take(&self) -> Zone {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl ZoneSink for Gathered {
    fn head(&mut self, zone: Zone, _tokens: u64) -> Result<(), BoxError> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = zone;
        Ok(())
    }

    fn tokens(&mut self, tokens: Vec<NamedToken>) -> Result<(), BoxError> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).tokens.extend(tokens);
        Ok(())
    }
}
