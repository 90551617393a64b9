//! The parsers of files that people write, for fuzz targets only. Not a part of the interface.

use std::path::Path;

use onezone_store::Spool;

use crate::configuration::ConfigFile;
use crate::environment::Environment;
use crate::zone::{self, Problems};

/// The mistakes of a configuration file, each with its line.
pub fn configuration(text: &str) -> Vec<(usize, String)> {
    let file = ConfigFile::parse(Path::new("config.toml"), text);
    file.problems.into_iter().map(|problem| (problem.line, problem.message)).collect()
}

/// Reads a zone file; the mistakes in it, or why it cannot be read.
pub fn zone(bytes: &[u8]) -> Result<(), String> {
    let spool = || anyhow::Ok(Spool::new(Environment::system().new_keyring()?)?);
    let spool = spool().map_err(|error| format!("{error:#}"))?;
    let problems = Problems::default();
    let read = zone::read(bytes, "zone.yaml", &spool, &problems).map_err(|error| format!("{error:#}"))?;
    if read.is_some() && problems.is_empty() { Ok(()) } else { Err(problems.render("zone.yaml")) }
}
