//! Whether operations that overlapped can have taken effect one after the other, each at a moment between its call and its
//! return, so that all answers are explained (linearizability; the search of Wing and Gong, with the states it has seen).

use std::collections::{BTreeSet, HashSet};

/// What was asked about one subject's tokens, with the answer.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Asked {
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
pub(crate) struct Event {
    pub(crate) call: u64,
    /// When it returned; of what did not return well, the moment after which it took no effect any more.
    pub(crate) end: u64,
    /// Whether it took effect for sure.
    pub(crate) certain: bool,
    pub(crate) asked: Asked,
}

/// A point of the search: which events have taken effect, and what is there then.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Point {
    done: Vec<u64>,
    tokens: BTreeSet<u32>,
}

impl Point {
    fn is_done(&self, index: usize) -> bool {
        self.done[index / 64] >> (index % 64) & 1 == 1
    }

    /// After this event, if its answer is right here.
    fn after(&self, index: usize, asked: &Asked) -> Option<Self> {
        let mut next = self.clone();
        next.done[index / 64] |= 1 << (index % 64);
        let is_right = match asked {
            Asked::Create(id) => next.tokens.insert(*id),
            Asked::DeleteAll(count) => {
                let found = std::mem::take(&mut next.tokens).len() as u64;
                count.is_none_or(|count| count == found)
            }
            Asked::List(ids) => *ids == next.tokens,
            Asked::Authenticate(id, found) => next.tokens.contains(id) == *found,
        };
        is_right.then_some(next)
    }
}

/// Whether there is an order of the events of one subject, who has no tokens at first, that explains them.
pub(crate) fn is_explained(mut events: Vec<Event>) -> bool {
    events.sort_by_key(|event| event.call);
    let start = Point { done: vec![0; events.len() / 64 + 1], tokens: BTreeSet::new() };
    let (mut seen, mut open) = (HashSet::from([start.clone()]), vec![start]);
    while let Some(point) = open.pop() {
        let left: Vec<usize> = (0..events.len()).filter(|index| !point.is_done(*index)).collect();
        let must_end = left.iter().map(|index| &events[*index]).filter(|event| event.certain);
        let Some(horizon) = must_end.map(|event| event.end).min() else { return true };
        // No event takes effect after its end, which is before the call of one that already has.
        let latest = (0..events.len()).filter(|index| point.is_done(*index));
        let latest = latest.map(|index| events[index].call).max().unwrap_or_default();
        for index in left {
            let event = &events[index];
            if event.call > horizon {
                break;
            }
            if event.end < latest {
                continue;
            }
            if let Some(next) = point.after(index, &event.asked)
                && seen.insert(next.clone())
            {
                open.push(next);
            }
        }
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
