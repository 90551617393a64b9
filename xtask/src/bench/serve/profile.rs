//! What callgrind writes: how many instructions each function took by itself.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use anyhow::Context;

/// The costs of one run: what each function took by itself.
#[derive(Default)]
pub(super) struct Profile(BTreeMap<Function, u64>);

/// A function.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Function {
    /// Its name.
    pub(super) name: String,
    /// The program or the library that it is in.
    pub(super) object: String,
}

impl Profile {
    /// Reads a file.
    pub(super) fn read(path: &Path) -> anyhow::Result<Self> {
        let bytes = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
        Ok(Self::parse(&String::from_utf8_lossy(&bytes)))
    }

    /// Names stand in full once; afterwards their numbers do, those of functions apart from those of objects. A line after `calls=` is what
    /// a call took, which the called function has as well; any other is the function's own.
    fn parse(text: &str) -> Self {
        let (mut names, mut objects) = (HashMap::new(), HashMap::new());
        let mut profile = Self::default();
        let (mut function, mut object, mut is_call) = ("", "", false);
        for line in text.lines() {
            if let Some(name) = line.strip_prefix("fn=") {
                function = resolve(name, &mut names);
            } else if let Some(name) = line.strip_prefix("ob=") {
                object = resolve(name, &mut objects);
            } else if let Some(name) = line.strip_prefix("cfn=") {
                resolve(name, &mut names);
            } else if let Some(name) = line.strip_prefix("cob=") {
                resolve(name, &mut objects);
            } else if line.starts_with("calls=") {
                is_call = true;
            } else if line.starts_with(|first: char| first.is_ascii_digit() || "+-*".contains(first))
                && !std::mem::take(&mut is_call)
                && let Some(cost) = line.split(' ').nth(1).and_then(|cost| cost.parse::<u64>().ok())
            {
                let function = Function { name: function.to_owned(), object: object.to_owned() };
                *profile.0.entry(function).or_default() += cost;
            }
        }
        profile
    }

    /// What each function of a longer run took more than in this one.
    pub(super) fn growth<'a>(&self, longer: &'a Self) -> impl Iterator<Item = (&'a Function, f64)> {
        #[allow(clippy::cast_precision_loss, reason = "a run has less than 2^52 instructions")]
        let cost = |cost: Option<&u64>| cost.copied().unwrap_or_default() as f64;
        longer.0.iter().map(move |(function, more)| (function, cost(Some(more)) - cost(self.0.get(function))))
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

    const TEXT: &str = "version: 1\nevents: Ir\nob=(1) /x/server\nfl=(1) a.rs\nfn=(1) main\n16 400\ncob=(2) /lib/libc.so.6\ncfn=(2) memcpy\n\
        calls=2 20\n16 1000\nob=(2)\nfn=(2)\n20 700\n+1 250\n* 50\nob=(1)\nfn=(1)\n30 5\ntotals: 1405\n";

    #[test]
    fn costs_are_those_of_the_function_itself_in_its_object() {
        let profile = Profile::parse(TEXT);
        let costs: Vec<_> =
            profile.0.iter().map(|(function, cost)| (&*function.name, &*function.object, *cost)).collect();
        assert_eq!(costs, [("main", "/x/server", 405), ("memcpy", "/lib/libc.so.6", 1000)]);
    }

    #[test]
    fn what_both_runs_did_cancels_out() {
        let longer = Profile::parse(&TEXT.replace("700", "900"));
        let growth: Vec<f64> = Profile::parse(TEXT).growth(&longer).map(|(_, more)| more).collect();
        assert_eq!(growth, [0.0, 200.0]);
    }
}
