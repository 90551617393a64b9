//! Finds cycles of groups, in time that grows with the number of memberships and not with its square.

use std::collections::{BTreeMap, BTreeSet};

use onezone_store::Group;

/// The subgroups of every group.
pub(super) type Subgroups<'a> = BTreeMap<&'a str, &'a BTreeSet<String>>;

/// Cycles reachable from these groups, each as the way from one of its groups to the last before that one again.
/// Every group on a way back to itself that the search takes is on one of them; what remains hidden behind a cycle
/// shows once that is broken. Depth first, with a stack of its own, since chains may be of any length.
pub(super) fn cycles<'a>(
    starts: impl Iterator<Item = &'a str>,
    subgroups: &Subgroups<'a>,
) -> Vec<Vec<&'a str>> {
    let mut search = Search { subgroups, depths: BTreeMap::new(), path: Vec::new(), cycles: Vec::new() };
    for start in starts {
        search.follow(start);
    }
    search.cycles
}

/// A cycle that can be reached from this group, closed by its first group again.
pub(crate) fn cycle_through(groups: &[Group], start: &str) -> Option<Vec<String>> {
    let subgroups = groups.iter().map(|group| (group.id.as_str(), &group.groups)).collect();
    let cycle = cycles(std::iter::once(start), &subgroups).into_iter().next()?;
    let closed = cycle.iter().chain(cycle.first());
    Some(closed.map(|id| (*id).to_owned()).collect())
}

struct Search<'s, 'a> {
    subgroups: &'s Subgroups<'a>,
    /// How deep in the present path each group lies that was met; `None` once everything below it was searched.
    depths: BTreeMap<&'a str, Option<usize>>,
    path: Vec<Step<'a>>,
    cycles: Vec<Vec<&'a str>>,
}

/// A group on the path from a start, with its subgroups that have not been looked at yet.
struct Step<'a> {
    group: &'a str,
    subgroups: Box<dyn Iterator<Item = &'a str> + 'a>,
    in_cycle: bool,
}

impl<'a> Search<'_, 'a> {
    fn follow(&mut self, start: &'a str) {
        self.enter(start);
        while let Some(step) = self.path.last_mut() {
            let Some(subgroup) = step.subgroups.next() else {
                self.depths.insert(step.group, None);
                self.path.pop();
                continue;
            };
            match self.depths.get(subgroup) {
                Some(Some(depth)) => self.close(*depth),
                Some(None) => {}
                None => self.enter(subgroup),
            }
        }
    }

    fn enter(&mut self, group: &'a str) {
        if self.depths.contains_key(group) {
            return;
        }
        self.depths.insert(group, Some(self.path.len()));
        let subgroups = self.subgroups.get(group).copied().into_iter().flatten().map(String::as_str);
        self.path.push(Step { group, subgroups: Box::new(subgroups), in_cycle: false });
    }

    /// The path from this depth to its end is a cycle; it is kept unless both its ends are in one already.
    fn close(&mut self, depth: usize) {
        let cycle = &mut self.path[depth..];
        if cycle.first().is_some_and(|step| step.in_cycle) && cycle.last().is_some_and(|step| step.in_cycle) {
            return;
        }
        for step in &mut *cycle {
            step.in_cycle = true;
        }
        self.cycles.push(cycle.iter().map(|step| step.group).collect());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(edges: &[(&str, &[&str])]) -> Vec<String> {
        let owned: BTreeMap<&str, BTreeSet<String>> = edges
            .iter()
            .map(|(group, below)| (*group, below.iter().map(|id| (*id).to_owned()).collect()))
            .collect();
        let subgroups = owned.iter().map(|(group, below)| (*group, below)).collect();
        cycles(edges.iter().map(|(group, _)| *group), &subgroups)
            .iter()
            .map(|cycle| cycle.join(" "))
            .collect()
    }

    #[test]
    fn every_cycle_is_found_and_diamonds_are_none() {
        assert_eq!(found(&[("a", &["b", "c"]), ("b", &["d"]), ("c", &["d"]), ("d", &[])]), [""; 0]);
        assert_eq!(found(&[("a", &["a"])]), ["a"]);
        assert_eq!(found(&[("x", &["a"]), ("a", &["b"]), ("b", &["a"])]), ["a b"]);
        assert_eq!(found(&[("a", &["b", "c"]), ("b", &["a"]), ("c", &["a"])]), ["a b", "a c"]);
        assert_eq!(found(&[("a", &["b"]), ("b", &["a", "c"]), ("c", &["c"])]), ["a b", "c"]);
    }

    #[test]
    fn a_long_chain_is_searched_once() {
        let ids: Vec<String> = (0..100_000).map(|number| format!("g{number:06}")).collect();
        let below: Vec<BTreeSet<String>> = ids.iter().skip(1).map(|id| [id.clone()].into()).collect();
        let subgroups: Subgroups<'_> = ids.iter().map(String::as_str).zip(&below).collect();
        for order in [ids.iter().collect::<Vec<_>>(), ids.iter().rev().collect()] {
            assert!(cycles(order.into_iter().map(String::as_str), &subgroups).is_empty());
        }
    }
}
