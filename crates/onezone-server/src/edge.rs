//! What the server lets itself in for with clients that nobody knows: connections, deadlines, TLS, proxies, the end. The
//! defaults are those of `stubgen_runtime`, and are for a server that the whole internet can reach.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::bail;
use clap::{Args, ValueEnum};
use ipnet::IpNet;
use stubgen_runtime::{ClientAddressHeader, Options, ServeOptions, Tls, TlsVersion};

/// TLS.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "TLS")]
pub(crate) struct TlsArguments {
    /// Serve HTTPS, with the certificate chain in this PEM file: the server's own first
    #[arg(long, value_name = "FILE", env = "ONEZONE_TLS_CERTIFICATE", requires = "tls_key")]
    pub(crate) tls_certificate: Option<PathBuf>,
    /// The private key of the certificate, in a PEM file that nobody else can read
    #[arg(long, value_name = "FILE", env = "ONEZONE_TLS_KEY", requires = "tls_certificate")]
    pub(crate) tls_key: Option<PathBuf>,
    /// The oldest version of TLS that is spoken
    #[arg(long, value_enum, value_name = "VERSION", default_value = "1.2", env = "ONEZONE_TLS_MIN_VERSION")]
    tls_min_version: MinimumVersion,
    /// Tell browsers for how long to come back by HTTPS only; 0 for not at all
    #[arg(long, value_name = "SECONDS", default_value = "0", env = "ONEZONE_HSTS_MAX_AGE",
        value_parser = clap::value_parser!(u32).range(..=63_072_000))]
    hsts_max_age: u32,
}

/// Versions of TLS.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum MinimumVersion {
    /// TLS 1.2 and 1.3.
    #[value(name = "1.2")]
    V1_2,
    /// TLS 1.3 only.
    #[value(name = "1.3")]
    V1_3,
}

/// Proxies.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Proxies")]
pub(crate) struct ProxyArguments {
    /// A network whose proxies may name the client of a request; may be given again, and in the variable with commas.
    /// Nobody else is believed
    #[arg(long, value_name = "NETWORK", env = "ONEZONE_TRUSTED_PROXY", value_delimiter = ',',
        value_parser = network)]
    trusted_proxy: Vec<IpNet>,
    /// Which header of trusted proxies names the client; the proxy has to set or remove it
    #[arg(
        long,
        value_enum,
        value_name = "HEADER",
        default_value = "x-forwarded-for",
        env = "ONEZONE_CLIENT_ADDRESS_HEADER"
    )]
    client_address_header: AddressHeader,
    /// What connections of trusted proxies begin with: nothing, or the header of the PROXY protocol, version 1 or 2
    #[arg(long, value_enum, value_name = "WHEN", default_value = "off", env = "ONEZONE_PROXY_PROTOCOL")]
    proxy_protocol: ProxyProtocol,
}

/// Headers that name a client.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum AddressHeader {
    /// `X-Forwarded-For`.
    XForwardedFor,
    /// `Forwarded` (RFC 7239).
    Forwarded,
    /// None: a connection has one client.
    None,
}

/// Whether there is a PROXY header.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum ProxyProtocol {
    /// There is none.
    Off,
    /// Trusted proxies have to send it.
    Required,
}

/// Connections and their deadlines.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Connections")]
pub(crate) struct ConnectionArguments {
    /// How many connections there may be. Beyond, whoever waits longest for a request makes room
    #[arg(long, value_name = "NUMBER", default_value = "8192", env = "ONEZONE_MAX_CONNECTIONS",
        value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    max_connections: u32,
    /// How many of them one client network may have; 0 for any number. Beyond, they are closed at once. Loopback
    /// addresses and trusted proxies may have any number
    #[arg(long, value_name = "NUMBER", default_value = "256", env = "ONEZONE_MAX_CONNECTIONS_PER_NETWORK",
        value_parser = clap::value_parser!(u32).range(..=1_000_000))]
    max_connections_per_network: u32,
    /// How many bits of an IPv6 address are one client network; an IPv4 address is one by itself
    #[arg(long, value_name = "BITS", default_value = "64", env = "ONEZONE_IPV6_NETWORK_BITS",
        value_parser = clap::value_parser!(u8).range(16..=128))]
    ipv6_network_bits: u8,
    /// How many connections the kernel holds until they are accepted
    #[arg(long, value_name = "NUMBER", default_value = "1024", env = "ONEZONE_ACCEPT_QUEUE",
        value_parser = clap::value_parser!(u32).range(1..=65_535))]
    pub(crate) accept_queue: u32,
    /// How long a new connection may be silent
    #[arg(long, value_name = "SECONDS", default_value = "10", env = "ONEZONE_FIRST_BYTE_TIMEOUT",
        value_parser = clap::value_parser!(u16).range(1..=3600))]
    first_byte_timeout: u16,
    /// How long a TLS handshake, and the header of the PROXY protocol, may take
    #[arg(long, value_name = "SECONDS", default_value = "10", env = "ONEZONE_HANDSHAKE_TIMEOUT",
        value_parser = clap::value_parser!(u16).range(1..=3600))]
    handshake_timeout: u16,
    /// How long a request's header may take from its first byte on
    #[arg(long, value_name = "SECONDS", default_value = "30", env = "ONEZONE_HEADER_TIMEOUT",
        value_parser = clap::value_parser!(u16).range(1..=3600))]
    header_timeout: u16,
    /// How long a request's body may take
    #[arg(long, value_name = "SECONDS", default_value = "20", env = "ONEZONE_BODY_TIMEOUT",
        value_parser = clap::value_parser!(u16).range(1..=3600))]
    body_timeout: u16,
    /// How long a request may be handled, before it is answered with 503
    #[arg(long, value_name = "SECONDS", default_value = "30", env = "ONEZONE_REQUEST_TIMEOUT",
        value_parser = clap::value_parser!(u16).range(1..=3600))]
    request_timeout: u16,
    /// How long a connection may wait for its next request; longer than a proxy in front keeps it
    #[arg(long, value_name = "SECONDS", default_value = "75", env = "ONEZONE_IDLE_TIMEOUT",
        value_parser = clap::value_parser!(u16).range(1..=3600))]
    idle_timeout: u16,
    /// Within this time a client has to take `--min-send-rate` of what is sent to it
    #[arg(long, value_name = "SECONDS", default_value = "30", env = "ONEZONE_SEND_TIMEOUT",
        value_parser = clap::value_parser!(u16).range(1..=3600))]
    send_timeout: u16,
    /// How many bytes a second a client has to take at least, on average over `--send-timeout`
    #[arg(long, value_name = "BYTES", default_value = "512", env = "ONEZONE_MIN_SEND_RATE",
        value_parser = clap::value_parser!(u32).range(..=1_000_000_000))]
    min_send_rate: u32,
    /// How old a connection may become; then it gets no further request
    #[arg(long, value_name = "SECONDS", default_value = "3600", env = "ONEZONE_MAX_CONNECTION_AGE",
        value_parser = clap::value_parser!(u32).range(1..=86_400))]
    max_connection_age: u32,
    /// After how much silence it is asked whether the other end is still there
    #[arg(long, value_name = "SECONDS", default_value = "60", env = "ONEZONE_KEEPALIVE_INTERVAL",
        value_parser = clap::value_parser!(u16).range(1..=7200))]
    keepalive_interval: u16,
    /// How many requests of one HTTP/2 connection are handled at a time
    #[arg(long, value_name = "NUMBER", default_value = "128", env = "ONEZONE_MAX_STREAMS",
        value_parser = clap::value_parser!(u16).range(1..=10_000))]
    max_streams: u16,
    /// How many requests an HTTP/2 connection may take back at once
    #[arg(long, value_name = "NUMBER", default_value = "32", env = "ONEZONE_MAX_RESET_STREAMS",
        value_parser = clap::value_parser!(u16).range(1..=10_000))]
    max_reset_streams: u16,
    /// How long the server goes on taking requests after it was told to stop, while it sends its clients elsewhere: as
    /// long as a balancer in front needs to notice
    #[arg(long, value_name = "SECONDS", default_value = "0", env = "ONEZONE_SHUTDOWN_DELAY",
        value_parser = clap::value_parser!(u16).range(..=3600))]
    shutdown_delay: u16,
    /// How long requests in flight may go on after that
    #[arg(long, value_name = "SECONDS", default_value = "30", env = "ONEZONE_SHUTDOWN_TIMEOUT",
        value_parser = clap::value_parser!(u16).range(1..=3600))]
    shutdown_timeout: u16,
}

impl TlsArguments {
    /// Reads the certificate and the key, if there are any.
    pub(crate) fn load(&self) -> anyhow::Result<Option<Tls>> {
        let (Some(certificate), Some(key)) = (&self.tls_certificate, &self.tls_key) else { return Ok(None) };
        let minimum = match self.tls_min_version {
            MinimumVersion::V1_2 => TlsVersion::V1_2,
            MinimumVersion::V1_3 => TlsVersion::V1_3,
        };
        Ok(Some(Tls::load(certificate, key, minimum)?))
    }

    fn hsts(&self) -> Option<Duration> {
        (self.hsts_max_age > 0).then(|| seconds(self.hsts_max_age))
    }
}

impl ProxyArguments {
    fn header(&self) -> Option<ClientAddressHeader> {
        match self.client_address_header {
            AddressHeader::XForwardedFor => Some(ClientAddressHeader::XForwardedFor),
            AddressHeader::Forwarded => Some(ClientAddressHeader::Forwarded),
            AddressHeader::None => None,
        }
    }

    /// What cannot be meant.
    pub(crate) fn check(&self) -> anyhow::Result<()> {
        if self.proxy_protocol == ProxyProtocol::Required && self.trusted_proxy.is_empty() {
            bail!(
                "--proxy-protocol says that trusted proxies begin with a header, and no proxy is trusted: name their \
                 networks with --trusted-proxy, such as --trusted-proxy 127.0.0.0/8 for one on this machine"
            );
        }
        Ok(())
    }
}

impl ConnectionArguments {
    /// The choices about requests, which have deadlines here as well.
    pub(crate) fn requests(&self, options: Options) -> Options {
        Options {
            body_timeout: seconds(self.body_timeout.into()),
            handler_timeout: seconds(self.request_timeout.into()),
            ..options
        }
    }

    /// How many connections are asked for.
    pub(crate) fn connections(&self) -> usize {
        number(self.max_connections)
    }

    /// The choices about connections, of which there can be no more than that.
    pub(crate) fn serving(
        &self,
        tls: &TlsArguments,
        loaded: Option<Tls>,
        proxies: &ProxyArguments,
        connections: usize,
    ) -> ServeOptions {
        let per_network = number(self.max_connections_per_network);
        ServeOptions {
            max_connections: connections,
            max_connections_per_network: (per_network > 0).then_some(per_network),
            ipv6_network_bits: self.ipv6_network_bits,
            first_byte_timeout: seconds(self.first_byte_timeout.into()),
            handshake_timeout: seconds(self.handshake_timeout.into()),
            header_timeout: seconds(self.header_timeout.into()),
            idle_timeout: seconds(self.idle_timeout.into()),
            send_timeout: seconds(self.send_timeout.into()),
            min_send_rate: self.min_send_rate,
            max_connection_age: seconds(self.max_connection_age),
            tcp_keepalive: seconds(self.keepalive_interval.into()),
            max_concurrent_streams: self.max_streams.into(),
            max_reset_streams: self.max_reset_streams.into(),
            drain_delay: seconds(self.shutdown_delay.into()),
            shutdown_timeout: seconds(self.shutdown_timeout.into()),
            trusted_proxies: proxies.trusted_proxy.clone(),
            proxy_protocol: proxies.proxy_protocol == ProxyProtocol::Required,
            client_address_header: proxies.header(),
            tls: loaded,
            hsts: tls.hsts(),
            ..ServeOptions::default()
        }
    }
}

/// A network in CIDR notation, or an address by itself.
fn network(text: &str) -> Result<IpNet, String> {
    let hint = "write a network such as 10.0.0.0/8 or 2001:db8::/32, or one address";
    let network = match text.parse::<IpNet>() {
        Ok(network) => network,
        Err(_) => IpNet::from(text.parse::<std::net::IpAddr>().map_err(|_| hint.to_owned())?),
    };
    // What was meant by 10.1.2.3/8 is anybody's guess, and this is about whom to believe.
    let whole = network.trunc();
    if network == whole { Ok(network) } else { Err(format!("it has bits beyond its prefix: write {whole}")) }
}

fn seconds(number: u32) -> Duration {
    Duration::from_secs(number.into())
}

fn number(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        tls: TlsArguments,
        #[command(flatten)]
        proxies: ProxyArguments,
        #[command(flatten)]
        connections: ConnectionArguments,
    }

    fn line(arguments: &[&str]) -> Result<Line, String> {
        Line::try_parse_from([&["serve"], arguments].concat()).map_err(|error| error.to_string())
    }

    fn options(arguments: &[&str]) -> ServeOptions {
        let line = line(arguments).unwrap();
        line.connections.serving(&line.tls, None, &line.proxies, line.connections.connections())
    }

    #[test]
    fn the_defaults_are_those_of_the_runtime() {
        // Only a proxy that is trusted is asked for the header.
        let expected = ServeOptions {
            client_address_header: Some(ClientAddressHeader::XForwardedFor),
            ..ServeOptions::default()
        };
        assert_eq!(format!("{:?}", options(&[])), format!("{expected:?}"));
        let requests = line(&[]).unwrap().connections.requests(Options::default());
        let default = Options::default();
        assert_eq!(
            (requests.body_timeout, requests.handler_timeout),
            (default.body_timeout, default.handler_timeout)
        );
    }

    #[test]
    fn no_limit_per_network_is_written_as_0() {
        assert_eq!(options(&["--max-connections-per-network", "0"]).max_connections_per_network, None);
        assert_eq!(options(&["--hsts-max-age", "7"]).hsts, Some(Duration::from_secs(7)));
    }

    #[test]
    fn networks_are_whole_and_several() {
        let trusted = options(&["--trusted-proxy", "10.0.0.0/8,2001:db8::1", "--trusted-proxy", "::1/128"]);
        let trusted: Vec<_> = trusted.trusted_proxies.iter().map(ToString::to_string).collect();
        assert_eq!(trusted, ["10.0.0.0/8", "2001:db8::1/128", "::1/128"]);
        for (network, part) in
            [("10.1.2.3/8", "write 10.0.0.0/8"), ("10.0.0.0/33", "a network such as"), ("all", "one address")]
        {
            let error = line(&["--trusted-proxy", network]).err().unwrap();
            assert!(error.contains(part), "{error}");
        }
    }

    #[test]
    fn a_certificate_has_a_key_and_a_proxy_header_somebody_to_send_it() {
        assert!(line(&["--tls-certificate", "a"]).err().unwrap().contains("--tls-key"));
        assert!(line(&["--tls-key", "a"]).err().unwrap().contains("--tls-certificate"));
        let check = |arguments: &[&str]| line(arguments).unwrap().proxies.check();
        assert!(
            check(&["--proxy-protocol", "required"]).unwrap_err().to_string().contains("--trusted-proxy")
        );
        assert!(check(&["--proxy-protocol", "required", "--trusted-proxy", "127.0.0.0/8"]).is_ok());
    }
}
