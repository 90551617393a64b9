//! User instructions per request, counted by callgrind: two runs of one connection that differ in how many requests are sent, so that
//! whatever is done once cancels out. On a machine that others use as well, it is what can be trusted to the last digit or two.
//!
//! valgrind's processor has no instructions for SHA-256, so that software does it there; what that takes is told apart.

use std::path::PathBuf;

use anyhow::{Context, bail};
use serde::Serialize;
use serde_json::json;

use super::answers::Compared;
use super::cell::{Cell, Plan};
use super::layers::{self, Layer};
use super::load::{Loader, Protocol};
use super::profile::Profile;
use super::report::Report;
use super::servers::{Server, Servers};
use crate::progress::Progress;

/// How many requests the shorter of the two runs has; the longer has twice as many.
const REQUESTS: u32 = 500;

/// The same where each takes millions of instructions.
const LONG_REQUESTS: u32 = 50;

/// How many seconds they may take: a profile of fewer requests would not be one.
const PATIENCE: f64 = 600.0;

/// The functions that do SHA-256 in software.
const SHA256: &str = "sha2::sha256::soft";

/// What a request takes.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Counted {
    /// Instructions.
    pub(super) instructions: f64,
    /// Those of them that do SHA-256 in software.
    pub(super) sha256: f64,
    /// By layer, the largest first.
    pub(super) layers: Vec<Layer>,
}

/// Counts for each server and workload.
pub(super) fn count(
    plan: &Plan,
    servers: &Servers,
    loader: &Loader<'_>,
    compared: &Compared,
    report: &mut Report,
    progress: &Progress,
) -> anyhow::Result<()> {
    progress.step("counting instructions");
    for workload in &plan.workloads {
        for server in
            servers.all().iter().filter(|server| compared.allows(server.kind, Protocol::Http1, workload))
        {
            progress.update(|| format!("counting instructions: {workload}, {}", server.kind));
            let requests = if workload == "list-10000" { LONG_REQUESTS } else { REQUESTS };
            let shorter = profile(server, loader, workload, requests)?;
            let longer = profile(server, loader, workload, 2 * requests)?;
            report.count(workload, server.kind, counted(requests, &shorter, &longer));
        }
    }
    Ok(())
}

fn counted(requests: u32, shorter: &Profile, longer: &Profile) -> Counted {
    let each = || shorter.growth(longer).map(|(function, more)| (function, more / f64::from(requests)));
    Counted {
        instructions: each().map(|(_, instructions)| instructions).sum(),
        sha256: each().filter(|(function, _)| function.name.contains(SHA256)).map(|(_, own)| own).sum(),
        layers: layers::of(each()),
    }
}

fn profile(server: &Server, loader: &Loader<'_>, workload: &str, requests: u32) -> anyhow::Result<Profile> {
    let file: PathBuf = loader.folder().join(format!("{}-{workload}-{requests}.callgrind", server.kind));
    let around = ["valgrind", "--tool=callgrind", &format!("--callgrind-out-file={}", file.display())];
    let around = around.map(str::to_owned);
    let mut started = loader.start(server, &around, Protocol::Http1)?;
    let cell = Cell { protocol: Protocol::Http1, workload: workload.to_owned(), connections: 1 };
    let amount = json!({"requests": {"each": requests, "at_most": PATIENCE}});
    let sent = loader.load(&mut started, &cell, &amount)?.requests;
    if sent != u64::from(requests) {
        bail!("only {sent} of {requests} requests were answered in time under valgrind");
    }
    started.stop()?;
    let profile = Profile::read(&file).context("valgrind wrote nothing")?;
    // They are of some megabytes each.
    std::fs::remove_file(&file)?;
    Ok(profile)
}
