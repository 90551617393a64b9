//! How much of a request is read before it has proved anything.

use std::num::NonZero;

use clap::Args;
use onezone_tokens::Limits;
use stubgen_runtime::Options;

/// The tokens that one request can carry: its own, that of the service that relays it, and that of the consumer.
const TOKENS_IN_A_REQUEST: u64 = 3;

/// Room in a request's head for everything but tokens.
const OTHER_HEADERS: u64 = 32 * 1024;

/// How large tokens may be, and how many requests there may be.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Limits")]
pub(crate) struct LimitArguments {
    /// The longest token that is read, in bytes of its text; all headers of a request together may have three times
    /// as many and 32 KiB
    #[arg(long, value_name = "BYTES", default_value = "65536", env = "ONEZONE_MAX_TOKEN_SIZE",
        value_parser = clap::value_parser!(u32).range(1024..=1_048_576))]
    max_token_size: u32,
    /// The greatest number of caveats that a token may have
    #[arg(long, value_name = "NUMBER", default_value = "256", env = "ONEZONE_MAX_TOKEN_CAVEATS",
        value_parser = clap::value_parser!(u16).range(1..))]
    max_token_caveats: u16,
    /// How many requests are handled at a time; whoever comes then gets 503
    #[arg(
        id = "max_requests_in_flight",
        long = "max-requests-in-flight",
        value_name = "NUMBER",
        default_value = "1024",
        env = "ONEZONE_MAX_REQUESTS_IN_FLIGHT"
    )]
    requests_in_flight: NonZero<u32>,
}

impl LimitArguments {
    /// What is read of a token.
    pub(crate) fn tokens(&self) -> Limits {
        Limits {
            max_serialized: usize::try_from(self.max_token_size).unwrap_or(usize::MAX),
            max_caveats: self.max_token_caveats.into(),
        }
    }

    /// What is read of a request. There is room for three tokens of the greatest length, so that a token that is
    /// too long for this server is answered as such, and not as a request that is.
    pub(crate) fn requests(&self) -> Options {
        let max_header_bytes = TOKENS_IN_A_REQUEST * u64::from(self.max_token_size) + OTHER_HEADERS;
        let max_in_flight = usize::try_from(self.requests_in_flight.get()).ok();
        Options { max_header_bytes, max_in_flight, ..Options::default() }
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        limits: LimitArguments,
    }

    fn limits(arguments: &[&str]) -> Option<LimitArguments> {
        let line = Line::try_parse_from([&["serve"], arguments].concat()).ok()?;
        Some(line.limits)
    }

    #[test]
    fn the_defaults_are_those_of_the_token_library_and_the_greatest_length_is_that_of_onezone() {
        assert_eq!(limits(&[]).unwrap().tokens(), Limits::default());
        let greatest = limits(&["--max-token-size", "1048576", "--max-token-caveats", "65535"]).unwrap();
        assert_eq!(greatest.tokens().max_serialized, Limits::ONEZONE_MAX_SERIALIZED);
        assert_eq!(greatest.requests().max_header_bytes, 3 * 1_048_576 + 32_768);
        assert_eq!(limits(&[]).unwrap().requests().max_in_flight, Some(1024));
        let few = limits(&["--max-requests-in-flight", "1"]).unwrap();
        assert_eq!(few.requests().max_in_flight, Some(1));
        for refused in [
            ["--max-requests-in-flight", "0"],
            ["--max-token-size", "1048577"],
            ["--max-token-size", "1023"],
            ["--max-token-size", "64KiB"],
            ["--max-token-caveats", "0"],
            ["--max-token-caveats", "65536"],
        ] {
            assert!(limits(&refused).is_none(), "{refused:?}");
        }
    }
}
