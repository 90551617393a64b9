//! The benchmark of refusals measures what it says: each class is refused for its reason, either way, and its verdicts
//! can tell a difference from noise.

#![allow(clippy::unwrap_used, reason = "a test helper that fails fails its test")]

#[path = "../../benches/refusals/classes.rs"]
mod classes;
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
