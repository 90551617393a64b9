//! The benchmarks measure what they say: each class of refusals is refused for its reason, either way, and its verdicts can
//! tell a difference from noise; a flood of passwords is one, and tokens are answered beside it.

#![allow(clippy::unwrap_used, reason = "a test helper that fails fails its test")]

#[path = "../../benches/refusals/classes.rs"]
mod classes;
#[path = "../../benches/flood/flood.rs"]
mod flood;
#[path = "../../benches/refusals/measure.rs"]
mod measure;
#[path = "../../benches/refusals/report.rs"]
mod report;
#[path = "../../benches/refusals/zone.rs"]
mod zone;

use measure::Way;

#[test]
fn each_class_is_refused_for_its_reason_and_has_a_line() {
    for way in [Way::Service, Way::Loopback] {
        for group in classes::groups() {
            let measured = measure::measure(way, &group, 8);
            let table = report::table(way, &group, &measured);
            assert_eq!(table.lines().count(), 2 + group.classes.len(), "{table}");
            for class in &group.classes {
                assert!(table.lines().any(|line| line.starts_with(class.name)), "{}: {table}", class.name);
            }
        }
    }
}

#[test]
fn tokens_and_passwords_are_answered_in_a_flood() {
    let table = flood::measure(1, std::time::Duration::from_millis(500));
    let answers = |name: &str| -> usize {
        let row = table.lines().find(|line| line.starts_with(&format!("| {name} |"))).unwrap();
        row.split(" | ").nth(1).unwrap().parse().unwrap()
    };
    assert!(answers("token, at rest") > 0 && answers("token, in the flood") > 0, "{table}");
    // A build for tests verifies few passwords a second: most find the queue full.
    assert!(answers("password in the flood, 401") > 0, "{table}");
}

#[test]
fn a_class_that_takes_longer_is_found_and_one_that_does_not_is_not() {
    let group = &classes::groups()[1];
    let mut dice = fastrand::Rng::with_seed(1);
    let mut times =
        |extra: u64| -> Vec<u64> { (0..4000).map(|_| dice.u64(10_000..20_000) + extra).collect() };
    let measured: Vec<Vec<u64>> =
        group.classes.iter().enumerate().map(|(index, _)| times(if index == 2 { 700 } else { 0 })).collect();
    let table = report::table(Way::Service, group, &measured);
    let verdicts: Vec<&str> = table.lines().skip(3).filter_map(|line| line.split(' ').next_back()).collect();
    assert_eq!(verdicts[..3], ["same", "differs", "same"], "{table}");
}
