//! Where the second listener listens.

use std::net::SocketAddr;
use std::str::FromStr;

use anyhow::bail;
use clap::Args;
use clap::builder::BoolishValueParser;

/// Where it listens when nobody says anything else and the port is free.
pub(super) const DEFAULT: &str = "127.0.0.1:9180";

/// Health and metrics.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Health and metrics")]
pub(crate) struct ObservabilityArguments {
    /// Where /livez, /readyz and /metrics are served, by plain HTTP and to everybody who gets there; port 0 takes a free one and
    /// prints it, `off` serves them nowhere [default: 127.0.0.1:9180, if it is free]
    #[arg(long, value_name = "ADDRESS:PORT", env = "ONEZONE_METRICS_LISTEN")]
    pub(crate) metrics_listen: Option<Listen>,
    /// Allow an address for health and metrics that other machines can reach
    #[arg(
        long,
        value_name = "BOOL",
        env = "ONEZONE_METRICS_ALLOW_REMOTE",
        value_parser = BoolishValueParser::new(),
        num_args = 0..=1,
        require_equals = true,
        default_value = "false",
        default_missing_value = "true"
    )]
    metrics_allow_remote: bool,
}

/// Where it listens, if it does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Listen {
    /// Nowhere.
    Off,
    /// There.
    At(SocketAddr),
}

impl FromStr for Listen {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "off" {
            return Ok(Self::Off);
        }
        let hint = || "write an address with a port, such as 127.0.0.1:9180, or `off`".to_owned();
        text.parse().map(Self::At).map_err(|_| hint())
    }
}

impl ObservabilityArguments {
    /// Where to listen, and whether nobody has asked for it.
    pub(crate) fn choice(&self) -> (Option<SocketAddr>, bool) {
        match self.metrics_listen {
            Some(Listen::Off) => (None, false),
            Some(Listen::At(address)) => (Some(address), false),
            None => (DEFAULT.parse().ok(), true),
        }
    }

    /// What it says is for those who see to the server; others have to be kept from it.
    pub(crate) fn check(&self) -> anyhow::Result<()> {
        match self.metrics_listen {
            Some(Listen::At(address)) => self.check_address(address),
            _ => Ok(()),
        }
    }

    /// The same of an address that somebody else has chosen.
    pub(crate) fn check_address(&self, address: SocketAddr) -> anyhow::Result<()> {
        if address.ip().is_loopback() || self.metrics_allow_remote {
            return Ok(());
        }
        bail!(
            "{address} can be reached by other machines, and health and metrics are told to everybody who asks there: \
             listen on a loopback address with --metrics-listen, or accept it with --metrics-allow-remote and let \
             only those through who are to see them"
        )
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        observability: ObservabilityArguments,
    }

    fn line(arguments: &[&str]) -> Result<ObservabilityArguments, String> {
        let line = Line::try_parse_from([&["serve"], arguments].concat());
        line.map(|line| line.observability).map_err(|error| error.to_string())
    }

    #[test]
    fn an_address_can_be_chosen_or_none_and_the_usual_one_was_not() {
        let choice = |arguments: &[&str]| line(arguments).unwrap().choice();
        assert_eq!(choice(&[]), (Some("127.0.0.1:9180".parse().unwrap()), true));
        assert_eq!(choice(&["--metrics-listen", "off"]), (None, false));
        assert_eq!(choice(&["--metrics-listen", "[::1]:0"]), (Some("[::1]:0".parse().unwrap()), false));
        for wrong in ["9180", "localhost:9180", "on", ""] {
            assert!(line(&["--metrics-listen", wrong]).unwrap_err().contains("or `off`"), "{wrong}");
        }
    }

    #[test]
    fn an_address_that_others_reach_has_to_be_allowed() {
        for (address, is_near) in
            [("127.0.0.1:1", true), ("[::1]:1", true), ("0.0.0.0:1", false), ("[::]:1", false)]
        {
            let checked = line(&["--metrics-listen", address]).unwrap().check();
            assert_eq!(checked.is_ok(), is_near, "{address}");
            line(&["--metrics-listen", address, "--metrics-allow-remote"]).unwrap().check().unwrap();
        }
    }
}
