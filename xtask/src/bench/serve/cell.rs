//! What is measured: the cells of the table.

use std::fmt;

use super::load::Protocol;

/// One load.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Cell {
    /// How requests are sent.
    pub(super) protocol: Protocol,
    /// What is asked for.
    pub(super) workload: String,
    /// On how many connections.
    pub(super) connections: usize,
}

/// All that is measured.
pub(super) struct Plan {
    /// Each of these, with each server.
    pub(super) cells: Vec<Cell>,
    /// What is asked for.
    pub(super) workloads: Vec<String>,
    /// How requests are sent.
    pub(super) protocols: Vec<Protocol>,
    /// How often.
    pub(super) rounds: usize,
    /// How long each time.
    pub(super) seconds: f64,
    /// Whether instructions are counted.
    pub(super) counts: bool,
}

impl Cell {
    /// Whether its requests can be sent once each, and then never again.
    pub(super) fn consumes(&self) -> bool {
        self.workload == "delete-10"
    }
}

impl fmt::Display for Cell {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let connections = if self.connections == 1 { "connection" } else { "connections" };
        write!(formatter, "{}, {}, {} {connections}", self.workload, self.protocol, self.connections)
    }
}
