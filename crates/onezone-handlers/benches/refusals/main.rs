//! How long refusals take, by what the refused credentials were about: `cargo bench -p onezone-handlers`. Classes that
//! an attacker must not tell apart by the time of the answer are measured in random order and compared.

#![allow(clippy::print_stdout, reason = "it prints a table")]
#![allow(clippy::unwrap_used, reason = "a measurement of something else than what was meant has to end")]

mod classes;
mod measure;
mod report;
mod zone;

/// So many answers of each class; passwords, which take much longer, get a fourth.
const SAMPLES: usize = 8000;

fn main() {
    // Cargo adds `--bench`; a number is how many samples to take, a text a part of the names of the groups to measure.
    let arguments: Vec<String> =
        std::env::args().skip(1).filter(|argument| !argument.starts_with("--")).collect();
    let samples = arguments.iter().find_map(|argument| argument.parse().ok()).unwrap_or(SAMPLES);
    let name = arguments.iter().find(|argument| argument.parse::<usize>().is_err());
    println!("{samples} answers of each class, a fourth as many to passwords; times in microseconds");
    for way in [measure::Way::Service, measure::Way::Loopback] {
        for group in classes::groups() {
            if name.is_some_and(|name| !group.name.contains(name.as_str())) {
                continue;
            }
            let measured = measure::measure(way, &group, samples);
            println!("\n{}", report::table(way, &group, &measured));
        }
    }
}
