//! Distributed traces: whether requests are told to a collector, and to which. How they are told is `export`'s, which is there with
//! the feature `otlp` only: its libraries double what has to be built.

#[cfg(feature = "otlp")]
mod endpoint;
#[cfg(feature = "otlp")]
mod export;
#[cfg(not(feature = "otlp"))]
#[path = "none.rs"]
mod export;
#[cfg(feature = "otlp")]
mod failures;
#[cfg(feature = "otlp")]
mod spans;

use std::net::SocketAddr;

use clap::Args;

pub(crate) use self::export::{Traces, check, start};
use crate::environment::Environment;

/// Where traces of requests are sent.
#[derive(Args)]
#[command(next_help_heading = "Traces")]
pub(crate) struct TraceArguments {
    /// Send a trace of each request to the OpenTelemetry collector with this base URL, such as `http://127.0.0.1:4318`, by OTLP
    /// over HTTP (protobuf) [default: none, or what `OTEL_EXPORTER_OTLP_ENDPOINT` says]
    #[arg(long, value_name = "URL", env = "ONEZONE_OTLP_ENDPOINT")]
    pub(crate) otlp_endpoint: Option<String>,
    /// Which part of the requests is traced whose callers do not say so, from 0 to 1 [default: 1, or what `OTEL_TRACES_SAMPLER`
    /// says]
    #[arg(long, value_name = "RATIO", env = "ONEZONE_OTLP_SAMPLE_RATIO", value_parser = ratio)]
    pub(crate) otlp_sample_ratio: Option<f64>,
}

/// What traces say of the server itself.
#[cfg_attr(not(feature = "otlp"), allow(dead_code, reason = "there are none"))]
pub(crate) struct Served {
    /// `http` or `https`.
    pub(crate) scheme: &'static str,
    /// Where it listens.
    pub(crate) address: SocketAddr,
    /// Its clock.
    pub(crate) environment: Environment,
}

fn ratio(text: &str) -> Result<f64, String> {
    let ratio = text.parse().ok().filter(|ratio| (0.0..=1.0).contains(ratio));
    ratio.ok_or_else(|| "write a number from 0 to 1, such as 0.05".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ratio_is_a_part() {
        assert_eq!(
            ["0", "1", "0.05", "1e-3"].map(|text| ratio(text).ok()),
            [0.0, 1.0, 0.05, 0.001].map(Some)
        );
        for text in ["", "-0.1", "1.1", "5%", "NaN", "inf"] {
            assert!(ratio(text).is_err(), "{text}");
        }
    }
}
