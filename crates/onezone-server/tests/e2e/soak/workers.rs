//! The load: clients with a connection each that create, delete, list and authenticate as fast as they are answered, and
//! hold every answer against what is documented.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use onezone_store::StoreError;
use onezone_store::conformance::{Asked, token};

use super::arena::Arena;
use super::subjects::{Tokens, numbers};
use crate::faults::exchange::{self, Answer, Broken, Caller};

/// Who may do everything, with a password and a token.
pub(crate) const ADMIN: &str = "carol-login:carol's password";

/// Statuses that `openapi.yaml` documents for the operations, and those that the runtime documents for what is none.
const DOCUMENTED: [u16; 11] = [200, 204, 400, 401, 403, 404, 405, 406, 431, 500, 503];

/// One client.
pub(crate) struct Worker {
    pub(crate) arena: Arc<Arena>,
    pub(crate) subjects: Vec<Arc<Tokens>>,
    pub(crate) random: fastrand::Rng,
    pub(crate) caller: Caller,
    pub(crate) admin_token: String,
}

impl Worker {
    /// Works until it is told to stop.
    pub(crate) async fn work(mut self, stop: Arc<AtomicBool>) {
        while !stop.load(Ordering::Relaxed) {
            let tokens = Arc::clone(&self.subjects[self.random.usize(..self.subjects.len())]);
            match self.random.u8(0..20) {
                0..4 => self.create(&tokens).await,
                4..6 if tokens.is_user => self.delete(&tokens).await,
                4..6 => self.delete_by_store(&tokens).await,
                6 if tokens.is_user => self.list_by_store(&tokens).await,
                6..17 => self.authenticate(&tokens).await,
                _ => self.try_something_else().await,
            }
        }
    }

    async fn create(&mut self, tokens: &Tokens) {
        let arena = Arc::clone(&self.arena);
        let Ok(_permit) = arena.changers.acquire().await else { return };
        let (number, entry, store) = (arena.new_token(), arena.entry(), arena.store().await);
        let id = Tokens::text(number);
        tokens.remember(number);
        let call = arena.tick();
        match store.create_token(&token(&tokens.subject, &id, &id), &entry).await {
            Ok(()) => tokens.certain(call, arena.tick(), Asked::Create(number)),
            Err(error) => self.doubt(tokens, call, Asked::Create(number), &error),
        }
    }

    async fn delete_by_store(&mut self, tokens: &Tokens) {
        let arena = Arc::clone(&self.arena);
        let Ok(_permit) = arena.changers.acquire().await else { return };
        let (entry, store) = (arena.entry(), arena.store().await);
        let call = arena.tick();
        match store.delete_all_tokens(&tokens.subject, &entry).await {
            Ok(count) => tokens.certain(call, arena.tick(), Asked::DeleteAll(Some(count))),
            Err(error) => self.doubt(tokens, call, Asked::DeleteAll(None), &error),
        }
    }

    fn doubt(&self, tokens: &Tokens, call: u64, asked: Asked, error: &StoreError) {
        // These say for sure that something is wrong with what is stored.
        if matches!(
            error,
            StoreError::AlreadyExists { .. }
                | StoreError::TokenNameTaken { .. }
                | StoreError::NotFound { .. }
                | StoreError::DamagedRecord { .. }
                | StoreError::Corrupt { .. }
        ) {
            self.arena.violate(format!("the store says of {}: {error}", tokens.subject));
        }
        tokens.uncertain(call, asked);
    }

    async fn list_by_store(&mut self, tokens: &Tokens) {
        let store = self.arena.store().await;
        let call = self.arena.tick();
        if let Ok(ids) = store.list_token_ids(&tokens.subject).await {
            tokens.certain(call, self.arena.tick(), Asked::List(numbers(&ids)));
        }
    }

    /// Deletes the tokens of a user: by one of them, or as somebody who may delete everybody's.
    async fn delete(&mut self, tokens: &Tokens) {
        let own = self.random.bool().then(|| tokens.any(&mut self.random)).flatten();
        let asked = exchange::Asked::new("DELETE", &tokens.path());
        let asked = match own {
            Some(number) => asked.with_token(&tokens.token(number)),
            None if self.random.bool() => asked.with_token(&self.admin_token),
            None => asked.with("authorization", basic(ADMIN)),
        };
        let call = self.arena.tick();
        if self.random.u8(0..50) == 0 {
            self.ask_and_leave(&asked).await;
            return tokens.uncertain(call, Asked::DeleteAll(None));
        }
        let answer = self.ask(&asked, &[204, 401]).await;
        let end = self.arena.tick();
        match (answer, own) {
            (Told::Answer(answer), Some(number)) if answer.status == 401 => {
                tokens.certain(call, end, Asked::Authenticate(number, false));
            }
            (Told::Answer(answer), None) if answer.status == 401 => {
                self.arena.violate(format!("the administrator is refused: {answer:?}"));
            }
            (Told::Answer(_), own) => {
                tokens.certain(call, end, Asked::DeleteAll(None));
                if let Some(number) = own {
                    tokens.certain(call, end, Asked::Authenticate(number, true));
                }
            }
            (Told::NotDone, _) => {}
            (Told::Nothing, _) => tokens.uncertain(call, Asked::DeleteAll(None)),
        }
    }

    /// Uses a token that may be there; that of a provider lists all that are.
    async fn authenticate(&mut self, tokens: &Tokens) {
        let Some(number) = tokens.any(&mut self.random) else { return };
        let path = if tokens.is_user { "/providers/nobody/tokens/named" } else { &tokens.path() };
        let asked = exchange::Asked::new("GET", path).with_token(&tokens.token(number));
        let call = self.arena.tick();
        let expected: &[u16] = if tokens.is_user { &[401, 403] } else { &[200, 401] };
        if let Told::Answer(answer) = self.ask(&asked, expected).await {
            let end = self.arena.tick();
            tokens.certain(call, end, Asked::Authenticate(number, answer.status != 401));
            if answer.status == 200 {
                let ids: BTreeSet<u32> = numbers(&answer.tokens().unwrap_or_default());
                tokens.certain(call, end, Asked::List(ids));
            }
        }
    }

    /// What has the same answer whatever happens.
    async fn try_something_else(&mut self) {
        let list = exchange::Asked::new("GET", "/providers/krakow/tokens/named");
        let (asked, expected) = match self.random.u8(0..9) {
            0 => (list, 401),
            1 => (list.with_token("garbage"), 401),
            2 => (list.with_token(&"A".repeat(3000)), 401),
            3 => (list.with("authorization", basic("alice-login:wrong")), 401),
            4 => (exchange::Asked { target: "/elsewhere".to_owned(), ..list }, 404),
            5 => (exchange::Asked { method: "POST", ..list }, 405),
            6 => (
                exchange::Asked::new("GET", "/providers/none/tokens/named").with_token(&self.admin_token),
                404,
            ),
            7 => (list.with("authorization", basic(ADMIN)), 200),
            _ => (list.with_token(&self.admin_token), 200),
        };
        self.ask(&asked, &[expected]).await;
    }

    /// Sends a request and goes away at some moment before the answer is there, or a little later.
    async fn ask_and_leave(&mut self, asked: &exchange::Asked) {
        let mut caller = Caller::default();
        let patience = Duration::from_micros(self.random.u64(0..5000));
        // It is the point that nobody hears the answer.
        let _ = tokio::time::timeout(patience, caller.ask(&self.arena.address(), asked)).await;
    }

    /// Asks, and notes what must not be: an answer that is not one of these nor explained by what happens, or none.
    async fn ask(&mut self, asked: &exchange::Asked, expected: &[u16]) -> Told {
        let arena = Arc::clone(&self.arena);
        let (cuts, failures) = (arena.cuts.mark(), arena.failures.mark());
        let since = Instant::now();
        let what = || format!("{} {}", asked.method, asked.target);
        match self.caller.ask(&arena.address(), asked).await {
            Ok(answer) => {
                let error = answer.error();
                let kind = error.as_ref().map(|id| format!("{} {id}", answer.status));
                arena.count(kind.unwrap_or_else(|| answer.status.to_string()), since);
                if !DOCUMENTED.contains(&answer.status) || !answer.has_request_id {
                    arena.violate(format!(
                        "{} is answered without a request id or documentation: {answer:?}",
                        what()
                    ));
                }
                if answer.status >= 400 && error.is_none() {
                    arena.violate(format!("{} is answered by an error without its form: {answer:?}", what()));
                }
                if expected.contains(&answer.status) {
                    return Told::Answer(answer);
                }
                let is_overload = answer.status == 503 && answer.has_retry_after;
                let is_failure = answer.status == 500 && arena.failures.was_since(failures);
                if !(is_overload || is_failure) {
                    arena.violate(format!("{} is answered {answer:?}, expected {expected:?}", what()));
                }
                if error.as_deref() == Some("serviceUnavailable") { Told::NotDone } else { Told::Nothing }
            }
            Err(Broken::NotConnected) => {
                if !arena.cuts.was_since(cuts) {
                    arena.violate(format!("{}: there is no connection to be had", what()));
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
                Told::NotDone
            }
            Err(Broken::Cut(error)) => {
                arena.count("cut".to_owned(), since);
                if !arena.cuts.was_since(cuts) {
                    arena.violate(format!("{}: the connection is cut: {error}", what()));
                }
                Told::Nothing
            }
            Err(Broken::Silent) => {
                arena.violate(format!("{}: there is no answer", what()));
                Told::Nothing
            }
        }
    }
}

/// What became of a request.
enum Told {
    /// What was expected.
    Answer(Answer),
    /// Nothing was done for it, as is promised.
    NotDone,
    /// Nobody knows.
    Nothing,
}

pub(crate) fn basic(credentials: &str) -> String {
    format!("Basic {}", STANDARD.encode(credentials))
}
