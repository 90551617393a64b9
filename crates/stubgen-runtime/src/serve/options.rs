//! The choices about a listener: how many connections, how long each of their parts may take, who is in front of the
//! server, and TLS. The defaults are for a server that anybody can reach.

use std::sync::Arc;
use std::time::Duration;

use ipnet::IpNet;

use super::counters::ConnectionCounters;
use super::tls::Tls;

/// The choices about a listener. No connection lives longer than `max_connection_age` and `shutdown_timeout`
/// together, whatever it does.
#[derive(Clone, Debug)]
pub struct ServeOptions {
    /// How many connections there are at a time. Beyond, the one that has waited longest for a request is closed for the
    /// new one; if none waits, new ones stay in the kernel's queue. A connection is given 100 ms for its first request before
    /// it counts as waiting.
    pub max_connections: usize,
    /// How many of them may come from one network; no limit when none. Beyond, a new one is closed at once. Loopback
    /// addresses and trusted proxies have no such limit.
    pub max_connections_per_network: Option<usize>,
    /// How many leading bits of an IPv6 address are one network. An IPv4 address is a network by itself.
    pub ipv6_network_bits: u8,
    /// How long a new connection may take to send anything.
    pub first_byte_timeout: Duration,
    /// How long the PROXY header, if there has to be one, and the TLS handshake may take each.
    pub handshake_timeout: Duration,
    /// How long a request's header may take from its first byte on.
    pub header_timeout: Duration,
    /// How long a connection may be without a request after an answer.
    pub idle_timeout: Duration,
    /// Within this time, a client to which something is being sent has to take `min_send_rate` of it.
    pub send_timeout: Duration,
    /// How many bytes in a second a client has to take, on average over `send_timeout`; at least one byte when 0.
    pub min_send_rate: u32,
    /// How old a connection may become; then it gets no further request.
    pub max_connection_age: Duration,
    /// After how much silence the kernel asks whether the other end is still there.
    pub tcp_keepalive: Duration,
    /// How many requests of one HTTP/2 connection are handled at a time.
    pub max_concurrent_streams: u32,
    /// How many requests of an HTTP/2 connection that were taken back at once may wait to be noticed, and how many may
    /// have been errors of the client, before the connection is closed (CVE-2023-44487).
    pub max_reset_streams: usize,
    /// How long requests are still taken after a shutdown was asked for, each with the word that the connection ends.
    pub drain_delay: Duration,
    /// How long an idle HTTP/1 connection is kept after that, for a request that is on its way.
    pub drain_grace: Duration,
    /// How long requests in flight may go on after that.
    pub shutdown_timeout: Duration,
    /// The networks of proxies whose word about the client's address is taken.
    pub trusted_proxies: Vec<IpNet>,
    /// Whether connections from trusted proxies begin with a header of the PROXY protocol, version 1 or 2. They have
    /// to, then.
    pub proxy_protocol: bool,
    /// The header in which trusted proxies name the client.
    pub client_address_header: Option<ClientAddressHeader>,
    /// TLS, or plain HTTP when none.
    pub tls: Option<Tls>,
    /// For how long browsers are told to come back by TLS only; not at all when none, or without TLS.
    pub hsts: Option<Duration>,
    /// Where what happens to connections is counted.
    pub counters: Arc<ConnectionCounters>,
}

/// A header that names the client of a proxy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClientAddressHeader {
    /// `X-Forwarded-For`.
    XForwardedFor,
    /// `Forwarded` (RFC 7239).
    Forwarded,
}

impl Default for ServeOptions {
    fn default() -> Self {
        Self {
            max_connections: 8192,
            max_connections_per_network: Some(256),
            ipv6_network_bits: 64,
            first_byte_timeout: Duration::from_secs(10),
            handshake_timeout: Duration::from_secs(10),
            header_timeout: Duration::from_secs(30),
            idle_timeout: Duration::from_secs(75),
            send_timeout: Duration::from_secs(30),
            min_send_rate: 512,
            max_connection_age: Duration::from_secs(3600),
            tcp_keepalive: Duration::from_secs(60),
            max_concurrent_streams: 128,
            max_reset_streams: 32,
            drain_delay: Duration::ZERO,
            drain_grace: Duration::from_millis(500),
            shutdown_timeout: Duration::from_secs(30),
            trusted_proxies: Vec::new(),
            proxy_protocol: false,
            client_address_header: None,
            tls: None,
            hsts: None,
            counters: Arc::default(),
        }
    }
}
