//! A server whose second listener has a free port, and what it tells, read by tools that are not ours.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::curl::{Reply, curl};
use crate::processes::{Home, Server};

/// Longer than anything here takes on a loaded machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) const OPEN_METRICS: &str = "Accept: application/openmetrics-text; version=1.0.0";

/// A server whose second listener has a free port.
pub(crate) struct Observed {
    pub(crate) server: Server,
    pub(crate) origin: String,
}

impl Observed {
    pub(crate) fn start(mut command: Command) -> Self {
        command.args(["--metrics-listen", "127.0.0.1:0"]);
        let mut server = Server::start(command);
        let line = server.read_until("health and metrics on ");
        let origin = line.strip_prefix("health and metrics on ").unwrap().to_owned();
        Self { server, origin }
    }

    pub(crate) fn serve(home: &Home, options: &[&str]) -> Self {
        Self::start(home.command(&[&["serve", "--listen", "127.0.0.1:0"], options].concat()))
    }

    pub(crate) fn address(&self) -> &str {
        self.origin.strip_prefix("http://").unwrap()
    }

    pub(crate) fn get(&self, path: &str) -> Reply {
        curl(&[&format!("{}{path}", self.origin)])
    }

    /// Asks until the answer has this status, and gives it.
    pub(crate) fn wait_for(&self, path: &str, status: u16) -> Reply {
        self.wait_until(path, status, "")
    }

    /// The same, and has this in its body.
    pub(crate) fn wait_until(&self, path: &str, status: u16, part: &str) -> Reply {
        let began = Instant::now();
        loop {
            let reply = self.get(path);
            if reply.status == status && reply.body.contains(part) {
                return reply;
            }
            assert!(began.elapsed() < PATIENCE, "{path} stays {}: {}", reply.status, reply.body);
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Waits until a sample is as large as this.
    pub(crate) fn wait_for_sample(&self, name: &str, least: f64) {
        let began = Instant::now();
        loop {
            let value = self.scrape().samples()[name];
            if value >= least {
                return;
            }
            assert!(began.elapsed() < PATIENCE, "{name} stays {value}");
            std::thread::yield_now();
        }
    }

    /// The value of a sample without labels, by its name and `{}`, in much less time than a scrape takes that is read as Prometheus would.
    pub(crate) fn sample(&self, name: &str) -> f64 {
        let reply = self.get("/metrics");
        let mut lines = reply.body.lines();
        let value = lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(' ')?.parse().ok());
        value.unwrap_or_else(|| panic!("no {name} in {} {}", reply.status, reply.body))
    }

    pub(crate) fn scrape(&self) -> Scrape {
        let reply = curl(&["-H", OPEN_METRICS, &format!("{}/metrics", self.origin)]);
        assert_eq!(reply.status, 200, "{}", reply.body);
        Scrape::read(reply.body, "openmetrics")
    }
}

/// A scrape, as Prometheus's own parser reads it.
pub(crate) struct Scrape {
    pub(crate) text: String,
    pub(crate) families: Vec<Value>,
}

impl Scrape {
    pub(crate) fn read(text: String, format: &str) -> Self {
        let families = serde_json::from_slice(&independently(format, &text)).unwrap();
        Self { text, families }
    }

    /// Samples with their labels in one line, such as `name{a=1,b=2}`.
    pub(crate) fn samples(&self) -> BTreeMap<String, f64> {
        let samples = self.families.iter().flat_map(|family| family["samples"].as_array().unwrap());
        samples
            .map(|sample| {
                let labels: BTreeMap<String, String> = serde_json::from_value(sample[1].clone()).unwrap();
                let labels: Vec<String> =
                    labels.iter().map(|(name, value)| format!("{name}={value}")).collect();
                (
                    format!("{}{{{}}}", sample[0].as_str().unwrap(), labels.join(",")),
                    sample[2].as_f64().unwrap(),
                )
            })
            .collect()
    }

    /// Those that a program can be asked about: names of samples.
    pub(crate) fn names(&self) -> BTreeSet<String> {
        let suffixes: fn(&str) -> &'static [&'static str] = |kind| match kind {
            "counter" => &["_total"],
            "histogram" => &["_bucket", "_count", "_sum"],
            _ => &[""],
        };
        self.families
            .iter()
            .flat_map(|family| {
                let name = family["name"].as_str().unwrap().to_owned();
                suffixes(family["type"].as_str().unwrap()).iter().map(move |suffix| format!("{name}{suffix}"))
            })
            .collect()
    }
}

/// What tools that are not ours make of it.
pub(crate) fn independently(what: &str, input: &str) -> Vec<u8> {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/e2e/scrape.py");
    let mut child = Command::new(directory.join("python/bin/python"))
        .args(["-I", "-X", "utf8"])
        .arg(script)
        .arg(what)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("python is there: run `.ci/python/install`, which makes it");
    // It reads everything before it says anything.
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{what}: {input}");
    output.stdout
}

/// What changed from one scrape to the next, of the families whose names begin like this.
pub(crate) fn grown(before: &Scrape, after: &Scrape, prefix: &str) -> BTreeMap<String, f64> {
    let before = before.samples();
    let after = after.samples().into_iter().filter(|(name, _)| name.starts_with(prefix));
    after
        .map(|(name, value)| (name.clone(), value - before.get(&name).copied().unwrap_or(0.0)))
        .filter(|(_, difference)| *difference != 0.0)
        .collect()
}

pub(crate) fn tokens_of_krakow(server: &Server) -> String {
    format!("{}/providers/krakow/tokens/named", server.base())
}

pub(crate) fn map<const N: usize>(entries: [(&str, f64); N]) -> BTreeMap<String, f64> {
    entries.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}
