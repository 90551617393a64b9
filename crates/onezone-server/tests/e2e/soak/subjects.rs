//! Users and providers whose tokens are created, deleted and used by many at once, with everything that was asked about them,
//! and the question whether some order explains all the answers.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use onezone_store::conformance::{Asked, Event, is_explained, of_provider, of_user, provider, token, user};
use onezone_store::{Subject, Unnamed, Zone};
use tokio::time::sleep;

use super::arena::Arena;
use crate::faults::exchange::{self, Caller};
use crate::faults::place::mint;

/// How many of each kind there are in a round.
pub(crate) const EACH: usize = 12;

/// For how long a busy server may refuse what nothing stands in the way of.
const REFUSED_FOR: Duration = Duration::from_secs(60);

pub(crate) struct Tokens {
    pub(crate) subject: Subject,
    pub(crate) is_user: bool,
    events: Mutex<Vec<Event>>,
    /// Every number that was tried to be created.
    known: Mutex<Vec<u32>>,
}

/// What was there at the end of a round, and what must not be there ever again.
pub(crate) struct Settled {
    subject: Subject,
    is_user: bool,
    left: BTreeSet<u32>,
    dead: Vec<u32>,
}

impl Tokens {
    pub(crate) fn text(number: u32) -> String {
        format!("t{number}")
    }

    /// The path of an operation about the subject.
    pub(crate) fn path(&self) -> String {
        let kind = if self.is_user { "users" } else { "providers" };
        format!("/{kind}/{}/tokens/named", self.subject.id())
    }

    pub(crate) fn token(&self, number: u32) -> String {
        mint(&self.subject, &Self::text(number))
    }

    /// A token that may or may not be there, the latest ones most often.
    pub(crate) fn any(&self, random: &mut fastrand::Rng) -> Option<u32> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let back = random.usize(0..6).min(random.usize(0..40));
        known.len().checked_sub(1 + back).map(|index| known[index])
    }

    pub(crate) fn remember(&self, number: u32) {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).push(number);
    }

    /// Notes what was answered.
    pub(crate) fn certain(&self, call: u64, end: u64, asked: Asked) {
        self.push(Event { call, end, certain: true, asked });
    }

    /// Notes a change of which nobody knows whether it took effect.
    pub(crate) fn uncertain(&self, call: u64, asked: Asked) {
        self.push(Event { call, end: u64::MAX, certain: false, asked });
    }

    fn push(&self, event: Event) {
        self.events.lock().unwrap_or_else(PoisonError::into_inner).push(event);
    }
}

/// The tokens that these ids are.
pub(crate) fn numbers(ids: &[String]) -> BTreeSet<u32> {
    ids.iter().map(|id| id.trim_start_matches('t').parse().unwrap()).collect()
}

/// Subjects that nobody has heard of.
pub(crate) async fn fresh(arena: &Arena, round: usize) -> Vec<Arc<Tokens>> {
    let names = |kind: &str| (0..EACH).map(|number| format!("{kind}{round}-{number}")).collect::<Vec<_>>();
    let (users, providers) = (names("u"), names("p"));
    let zone = Zone {
        users: users.iter().map(|id| user(id)).collect(),
        providers: providers.iter().map(|id| provider(id)).collect(),
        ..Zone::default()
    };
    arena.store().await.apply(&zone, Unnamed::Keep, &arena.entry()).await.unwrap();
    let tokens = |subject: Subject, is_user| {
        Arc::new(Tokens { subject, is_user, events: Mutex::default(), known: Mutex::default() })
    };
    let users = users.iter().map(|id| tokens(of_user(id), true));
    users.chain(providers.iter().map(|id| tokens(of_provider(id), false))).collect()
}

/// Looks at what is left when nothing goes on any more, and judges the history of each. Gives how many events there were, and
/// how many of them had no answer.
pub(crate) async fn settle(
    arena: &Arena,
    all: Vec<Arc<Tokens>>,
    settled: &mut Vec<Settled>,
) -> (usize, usize) {
    let (mut count, mut unanswered) = (0, 0);
    let mut judged = Vec::new();
    for tokens in all {
        let call = arena.tick();
        let ids = arena.list(&tokens.subject).await;
        let left = numbers(&ids);
        tokens.certain(call, arena.tick(), Asked::List(left.clone()));
        let known = tokens.known.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let dead = known.into_iter().filter(|number| !left.contains(number)).collect();
        let (subject, is_user) = (tokens.subject.clone(), tokens.is_user);
        settled.push(Settled { subject, is_user, left, dead });
        let events = std::mem::take(&mut *tokens.events.lock().unwrap_or_else(PoisonError::into_inner));
        count += events.len();
        unanswered += events.iter().filter(|event| !event.certain).count();
        judged.push(tokio::task::spawn_blocking(move || {
            let is_explained = is_explained(events.clone());
            (tokens, events, is_explained)
        }));
    }
    for judgement in judged {
        let (tokens, events, is_explained) = judgement.await.unwrap();
        if !is_explained {
            arena.violate(format!("no order explains what happened to {}: {events:?}", tokens.subject));
        }
    }
    (count, unanswered)
}

impl Settled {
    /// Whether everything is as it was left, by the store and by the server: what is there is taken, and some of what is not
    /// is refused.
    pub(crate) async fn check(&self, arena: &Arena, caller: &mut Caller, random: &mut fastrand::Rng) {
        let ids = arena.list(&self.subject).await;
        if numbers(&ids) != self.left {
            arena.violate(format!("the tokens of {} were {:?} and are {ids:?}", self.subject, self.left));
        }
        let mut tried: Vec<(u32, bool)> =
            (0..2).filter_map(|_| random.choice(&self.dead)).map(|number| (*number, false)).collect();
        tried.extend(random.choice(&self.left).map(|number| (*number, true)));
        for (number, is_there) in tried {
            self.try_token(arena, caller, number, is_there).await;
        }
    }

    /// Does what must never happen: one that was deleted is there again. Whether there was one.
    pub(crate) async fn bring_back(&self, arena: &Arena) -> bool {
        let Some(number) = self.dead.first() else { return false };
        let id = Tokens::text(*number);
        let back = token(&self.subject, &id, &id);
        arena.store().await.create_token(&back, &arena.entry()).await.unwrap();
        true
    }

    async fn try_token(&self, arena: &Arena, caller: &mut Caller, number: u32, is_there: bool) {
        // Of the user nobody is a provider; the provider may see to itself.
        let id = if self.is_user { "nobody" } else { self.subject.id() };
        let token = mint(&self.subject, &Tokens::text(number));
        let asked = exchange::Asked::new("GET", &format!("/providers/{id}/tokens/named")).with_token(&token);
        let mut answer = caller.ask(&arena.address(), &asked).await;
        let give_up = Instant::now() + REFUSED_FOR;
        // A busy machine may have to refuse, and says so.
        while matches!(&answer, Ok(answer) if answer.status == 503 && answer.has_retry_after)
            && Instant::now() < give_up
        {
            sleep(Duration::from_millis(100)).await;
            answer = caller.ask(&arena.address(), &asked).await;
        }
        let status = match &answer {
            Ok(answer) => answer.status,
            Err(_) => 0,
        };
        let expected = match (is_there, self.is_user) {
            (false, _) => 401,
            (true, true) => 403,
            (true, false) => 200,
        };
        if status != expected {
            let what = if is_there { "is there" } else { "was deleted" };
            arena.violate(format!("token {number} of {} {what} and is answered {answer:?}", self.subject));
        } else if status == 200 {
            let ids = answer.ok().and_then(|answer| answer.tokens()).unwrap_or_default();
            if numbers(&ids) != self.left {
                arena.violate(format!(
                    "the tokens of {} are {:?} and listed as {ids:?}",
                    self.subject, self.left
                ));
            }
        }
    }
}
