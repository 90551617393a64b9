//! Whether operations that overlapped can have taken effect one after the other, each at a moment between its call and its
//! return, so that all answers are explained (linearizability; the search of Wing and Gong, with the states it has seen).

use std::collections::{BTreeSet, HashMap, HashSet};

/// What was asked about one subject's tokens, with the answer.
#[derive(Clone, Debug, PartialEq)]
pub enum Asked {
    /// A token of this number was created.
    Create(u32),
    /// All tokens were deleted: so many, or nobody knows how many.
    DeleteAll(Option<u64>),
    /// The tokens were these.
    List(BTreeSet<u32>),
    /// Whether the token of this number was there.
    Authenticate(u32, bool),
}

/// An operation from its call to its return, in the ticks of a clock that only counts.
#[derive(Clone, Debug)]
pub struct Event {
    /// When it was called.
    pub call: u64,
    /// When it returned; of what did not return well, the moment after which it took no effect any more.
    pub end: u64,
    /// Whether it took effect for sure.
    pub certain: bool,
    /// What it was.
    pub asked: Asked,
}

/// A point of the search: which events have taken effect, and what is there then.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Point {
    done: Vec<u64>,
    tokens: BTreeSet<u32>,
}

/// How many of the changes that are alike, the earliest first, have taken effect.
#[derive(Clone, Copy)]
struct Spent {
    deletions: usize,
    creations: usize,
}

/// The events of one subject, by their calls; without those that are alike: changes of which nobody knows whether they took
/// effect, nor when at the latest. If one of several such deletions takes effect, it may as well be the earliest, and the same
/// goes for creations of tokens that nobody has seen, which matter to nobody but a deletion that counts.
struct History {
    events: Vec<Event>,
    /// When the deletions that are alike were called.
    deletions: Vec<u64>,
    /// When the creations that are alike were called.
    creations: Vec<u64>,
}

impl Asked {
    /// Whether nothing is different afterwards.
    fn only_asks(&self) -> bool {
        matches!(self, Self::List(_) | Self::Authenticate(..))
    }
}

impl Point {
    fn is_done(&self, index: usize) -> bool {
        self.done[index / 64] >> (index % 64) & 1 == 1
    }

    /// After this event, if its answer is right here and with so many more tokens that nobody has seen.
    fn after(&self, index: usize, asked: &Asked, unseen: usize) -> Option<Self> {
        let mut next = self.clone();
        next.done[index / 64] |= 1 << (index % 64);
        let is_right = match asked {
            Asked::Create(id) => next.tokens.insert(*id),
            Asked::DeleteAll(count) => {
                let found = (std::mem::take(&mut next.tokens).len() + unseen) as u64;
                count.is_none_or(|count| count == found)
            }
            Asked::List(ids) => *ids == next.tokens,
            Asked::Authenticate(id, found) => next.tokens.contains(id) == *found,
        };
        is_right.then_some(next)
    }
}

impl History {
    fn new(mut events: Vec<Event>) -> Self {
        events.sort_by_key(|event| event.call);
        let mut seen = HashSet::new();
        for event in &events {
            match &event.asked {
                Asked::List(ids) => seen.extend(ids.iter().copied()),
                Asked::Authenticate(id, true) => drop(seen.insert(*id)),
                _ => {}
            }
        }
        let (mut deletions, mut creations) = (Vec::new(), Vec::new());
        events.retain(|event| {
            let is_open = !event.certain && event.end == u64::MAX;
            match event.asked {
                Asked::DeleteAll(None) if is_open => deletions.push(event.call),
                Asked::Create(id) if is_open && !seen.contains(&id) => creations.push(event.call),
                _ => return true,
            }
            false
        });
        Self { events, deletions, creations }
    }

    /// What can come next, the most promising last; none when nothing has to.
    fn next(&self, point: &Point, spent: Spent) -> Option<Vec<(Point, Spent)>> {
        let events = &self.events;
        let left: Vec<usize> = (0..events.len()).filter(|index| !point.is_done(*index)).collect();
        let must_end = left.iter().map(|index| &events[*index]).filter(|event| event.certain);
        let horizon = must_end.map(|event| event.end).min()?;
        if let Some(next) = self.question(point, &left, horizon) {
            return Some(vec![(next, spent)]);
        }
        let mut points = Vec::new();
        if !point.tokens.is_empty()
            && self.deletions.get(spent.deletions).is_some_and(|call| *call <= horizon)
        {
            let next = Point { tokens: BTreeSet::new(), ..point.clone() };
            points.push((next, Spent { deletions: spent.deletions + 1, ..spent }));
        }
        let latest = self.latest(point, spent);
        let open = left.iter().map(|index| (*index, &events[*index]));
        let open =
            open.take_while(|(_, event)| event.call <= horizon).filter(|(_, event)| event.end >= latest);
        let mut open: Vec<(usize, &Event)> = open.collect();
        open.sort_by_key(|(_, event)| (event.certain, std::cmp::Reverse(event.end)));
        for (index, event) in open {
            let unseen = match event.asked {
                Asked::DeleteAll(Some(count)) => {
                    usize::try_from(count).unwrap_or(usize::MAX).saturating_sub(point.tokens.len())
                }
                _ => 0,
            };
            let creations = spent.creations + unseen;
            let are_there =
                unseen == 0 || self.creations.get(creations - 1).is_some_and(|call| *call <= horizon);
            if let Some(next) = point.after(index, &event.asked, unseen).filter(|_| are_there) {
                points.push((next, Spent { creations, ..spent }));
            }
        }
        Some(points)
    }

    /// No event takes effect after its end, which is before the call of one that already has.
    fn latest(&self, point: &Point, spent: Spent) -> u64 {
        let done = (0..self.events.len()).filter(|index| point.is_done(*index));
        let calls = done.map(|index| self.events[index].call);
        let calls = calls.chain(self.deletions[..spent.deletions].last().copied());
        calls.chain(self.creations[..spent.creations].last().copied()).max().unwrap_or_default()
    }

    /// A question whose answer is right now need not be tried later as well: it changes nothing, and an order that has it
    /// later remains one when it is moved here, unless something without an answer that ended before the question was called
    /// could still come in between.
    fn question(&self, point: &Point, left: &[usize], horizon: u64) -> Option<Point> {
        let events = &self.events;
        let doubtful = left.iter().map(|index| &events[*index]).filter(|event| !event.certain);
        let first_doubt = doubtful.map(|event| event.end).min().unwrap_or(u64::MAX);
        let mut open = left.iter().copied().take_while(|index| events[*index].call <= horizon);
        open.find_map(|index| {
            let event = &events[index];
            let is_settled = event.certain && event.asked.only_asks() && event.call <= first_doubt;
            is_settled.then(|| point.after(index, &event.asked, 0)).flatten()
        })
    }
}

/// Whether there is an order of the events of one subject, who has no tokens at first, that explains them.
pub fn is_explained(events: Vec<Event>) -> bool {
    let history = History::new(events);
    let point = Point { done: vec![0; history.events.len() / 64 + 1], tokens: BTreeSet::new() };
    let mut open = vec![(point, Spent { deletions: 0, creations: 0 })];
    // Whoever has spent less has more left.
    let mut seen: HashMap<Point, Vec<Spent>> = HashMap::new();
    while let Some((point, spent)) = open.pop() {
        let before = seen.entry(point.clone()).or_default();
        if before.iter().any(|other| other.deletions <= spent.deletions && other.creations <= spent.creations)
        {
            continue;
        }
        before.push(spent);
        let Some(points) = history.next(&point, spent) else { return true };
        open.extend(points);
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(call: u64, end: u64, asked: Asked) -> Event {
        Event { call, end, certain: true, asked }
    }

    fn list(ids: &[u32]) -> Asked {
        Asked::List(ids.iter().copied().collect())
    }

    /// The same by trying every order.
    fn is_explained_by_some_order(left: &[Event], latest: u64, tokens: &BTreeSet<u32>) -> bool {
        let Some(horizon) = left.iter().filter(|event| event.certain).map(|event| event.end).min() else {
            return true;
        };
        (0..left.len()).any(|index| {
            let event = &left[index];
            if event.call > horizon || event.end < latest {
                return false;
            }
            let start = Point { done: vec![0], tokens: tokens.clone() };
            let Some(next) = start.after(0, &event.asked, 0) else { return false };
            let rest = [&left[..index], &left[index + 1..]].concat();
            is_explained_by_some_order(&rest, latest.max(event.call), &next.tokens)
        })
    }

    #[test]
    fn short_random_histories_are_judged_as_by_trying_every_order() {
        let (mut random, mut explained) = (fastrand::Rng::with_seed(7), 0);
        for _ in 0..3000 {
            let mut created = 0;
            let events: Vec<Event> = (0..random.u64(2..7))
                .map(|number| {
                    let call = number * 2 + random.u64(0..3);
                    let asked = match random.u8(0..6) {
                        0 | 1 => {
                            created += 1;
                            Asked::Create(created)
                        }
                        2 => Asked::DeleteAll(Some(random.u64(0..3)).filter(|_| random.bool())),
                        3 => Asked::List((1..=created).filter(|_| random.bool()).collect()),
                        _ => Asked::Authenticate(random.u32(1..3), random.bool()),
                    };
                    let certain = random.u8(0..4) > 0 || asked.only_asks();
                    let end = if certain || random.bool() { call + random.u64(1..8) } else { u64::MAX };
                    Event { call, end, certain, asked }
                })
                .collect();
            let expected = is_explained_by_some_order(&events, 0, &BTreeSet::new());
            assert_eq!(is_explained(events.clone()), expected, "{events:#?}");
            explained += usize::from(expected);
        }
        assert!((300..2700).contains(&explained), "{explained} of 3000");
    }

    #[test]
    fn many_changes_without_an_answer_are_judged_at_once() {
        let mut events = Vec::new();
        for number in 0..12_u32 {
            let call = u64::from(number) * 10;
            events.push(event(call, call + 1, Asked::Create(number)));
            let unknown = |asked| Event { call: call + 2, end: u64::MAX, certain: false, asked };
            events.push(unknown(Asked::DeleteAll(None)));
            events.push(unknown(Asked::Create(1000 + number)));
            events.push(event(call + 4, call + 5, Asked::Authenticate(number, true)));
        }
        events.push(event(700, 701, Asked::DeleteAll(Some(3))));
        assert!(is_explained(events.clone()));
        events.push(event(702, 703, list(&[1])));
        assert!(!is_explained(events));
    }

    #[test]
    fn what_overlaps_may_be_seen_either_way() {
        for found in [true, false] {
            let events = vec![
                event(0, 1, Asked::Create(1)),
                event(2, 5, Asked::DeleteAll(Some(1))),
                event(3, 4, Asked::Authenticate(1, found)),
            ];
            assert!(is_explained(events));
        }
    }

    #[test]
    fn a_token_that_outlives_the_return_of_its_deletion_has_no_explanation() {
        let mut events = vec![
            event(0, 1, Asked::Create(1)),
            event(2, 3, Asked::DeleteAll(Some(1))),
            event(4, 5, Asked::Authenticate(1, true)),
        ];
        assert!(!is_explained(events.clone()));
        events[2].asked = Asked::Authenticate(1, false);
        assert!(is_explained(events));
    }

    #[test]
    fn half_a_deletion_has_no_explanation() {
        let events = vec![
            event(0, 1, Asked::Create(1)),
            event(0, 1, Asked::Create(2)),
            event(2, 9, Asked::DeleteAll(Some(2))),
            event(3, 4, list(&[2])),
        ];
        assert!(!is_explained(events));
    }

    #[test]
    fn two_readers_cannot_see_a_deletion_and_then_its_absence() {
        let events = vec![
            event(0, 1, Asked::Create(1)),
            event(2, 9, Asked::DeleteAll(Some(1))),
            event(3, 4, list(&[])),
            event(5, 6, list(&[1])),
        ];
        assert!(!is_explained(events));
    }

    #[test]
    fn what_did_not_return_took_effect_before_its_end_or_never() {
        let unknown = Event { certain: false, ..event(2, 5, Asked::DeleteAll(None)) };
        for (seen, explained) in
            [([[1_u32].as_slice(), &[1]], true), ([&[], &[]], true), ([&[1], &[]], false)]
        {
            let [first, second] = seen;
            let events = vec![
                event(0, 1, Asked::Create(1)),
                unknown.clone(),
                event(6, 7, list(first)),
                event(8, 9, list(second)),
            ];
            assert_eq!(is_explained(events), explained, "{first:?}, {second:?}");
        }
    }
}
