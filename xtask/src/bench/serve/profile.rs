//! What callgrind writes: how many instructions each function took, by itself and with all that it called.

use std::collections::HashMap;
use std::path::Path;

use anyhow::Context;

/// The costs of one run.
#[derive(Default)]
pub(super) struct Profile {
    functions: HashMap<String, Cost>,
}

/// What a function took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Cost {
    /// By itself.
    pub(super) own: u64,
    /// With all that it called, but not with itself in itself.
    pub(super) inclusive: u64,
}

impl Profile {
    /// Reads a file.
    pub(super) fn read(path: &Path) -> anyhow::Result<Self> {
        let bytes = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
        Ok(Self::parse(&String::from_utf8_lossy(&bytes)))
    }

    /// Names stand in full once; afterwards their numbers do. A line after `calls=` is what the call took, any other is the
    /// function's own.
    fn parse(text: &str) -> Self {
        let mut names: HashMap<&str, &str> = HashMap::new();
        let mut profile = Self::default();
        let (mut current, mut called, mut is_call) = ("", "", false);
        for line in text.lines() {
            if let Some(name) = line.strip_prefix("fn=") {
                current = resolve(name, &mut names);
            } else if let Some(name) = line.strip_prefix("cfn=") {
                called = resolve(name, &mut names);
            } else if line.starts_with("calls=") {
                is_call = true;
            } else if line.starts_with(|first: char| first.is_ascii_digit() || "+-*".contains(first)) {
                let Some(cost) = line.split(' ').nth(1).and_then(|cost| cost.parse::<u64>().ok()) else {
                    continue;
                };
                let function = profile.functions.entry(current.to_owned()).or_default();
                if !is_call {
                    function.own += cost;
                    function.inclusive += cost;
                } else if called != current {
                    function.inclusive += cost;
                }
                is_call = false;
            }
        }
        profile
    }

    /// All instructions.
    pub(super) fn total(&self) -> u64 {
        self.functions.values().map(|cost| cost.own).sum()
    }

    /// What all functions took by themselves whose names contain a text.
    pub(super) fn own(&self, part: &str) -> u64 {
        self.functions.iter().filter(|(name, _)| name.contains(part)).map(|(_, cost)| cost.own).sum()
    }

    /// What the functions took whose names contain a text, with all that they called: of those that call one another the largest.
    pub(super) fn inclusive(&self, part: &str) -> u64 {
        let matching = self.functions.iter().filter(|(name, _)| name.contains(part));
        matching.map(|(_, cost)| cost.inclusive).max().unwrap_or_default()
    }
}

/// The name of `(3) main`, and of `(3)` ever after.
fn resolve<'a>(text: &'a str, names: &mut HashMap<&'a str, &'a str>) -> &'a str {
    match text.split_once(' ') {
        Some((number, name)) if number.starts_with('(') => {
            names.insert(number, name);
            name
        }
        _ => names.get(text).copied().unwrap_or(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "version: 1\nevents: Ir\nfl=(1) a.rs\nfn=(1) main\n16 400\ncfn=(2) work\ncalls=2 20\n16 1000\n\
        fn=(2)\n20 700\ncfn=(3) hash\ncalls=1 30\n+1 250\ncfn=(2)\ncalls=1 20\n* 50\nfn=(3)\n30 250\ntotals: 1350\n";

    #[test]
    fn costs_are_those_of_the_function_and_of_what_it_called() {
        let profile = Profile::parse(TEXT);
        assert_eq!(profile.total(), 1350);
        assert_eq!(profile.functions["main"], Cost { own: 400, inclusive: 1400 });
        assert_eq!(profile.functions["work"], Cost { own: 700, inclusive: 950 });
        assert_eq!(
            (profile.own("hash"), profile.inclusive("ma"), profile.inclusive("nothing")),
            (250, 1400, 0)
        );
    }
}
