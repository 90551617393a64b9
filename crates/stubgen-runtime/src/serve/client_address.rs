//! Who the client of a request is: the other end of the connection, unless that is a trusted proxy that names somebody
//! else. A header from anybody else is as if it were not there. Addresses are read from the right, since each proxy
//! appends the one it sees: the first that is no trusted proxy is the client, and what stands left of it is that client's
//! own invention. What a trusted proxy says and cannot be read is refused, rather than guessed at.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use http::HeaderMap;
use ipnet::IpNet;

use super::options::ClientAddressHeader;

/// Whom to believe, and where they say it.
#[derive(Clone, Debug, Default)]
pub(super) struct Trust {
    networks: Vec<IpNet>,
    header: Option<ClientAddressHeader>,
}

/// A trusted proxy names a client that cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Unreadable(pub(super) &'static str);

impl Trust {
    pub(super) fn new(networks: &[IpNet], header: Option<ClientAddressHeader>) -> Self {
        Self { networks: networks.to_vec(), header }
    }

    /// Whether it is the address of a trusted proxy.
    pub(super) fn includes(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.networks.iter().any(|network| network.contains(&address))
    }

    /// The client of a request that came from `peer`.
    pub(super) fn client(&self, headers: &HeaderMap, peer: SocketAddr) -> Result<SocketAddr, Unreadable> {
        let Some(header) = self.header.filter(|_| self.includes(peer.ip())) else { return Ok(peer) };
        let name = header.name();
        let mut client = peer;
        for line in headers.get_all(name).iter().rev() {
            let line = line.to_str().map_err(|_| Unreadable(name))?;
            for element in elements(line).ok_or(Unreadable(name))?.into_iter().rev() {
                client = header.node(element).ok_or(Unreadable(name))?;
                if !self.includes(client.ip()) {
                    return Ok(client);
                }
            }
        }
        Ok(client)
    }
}

impl ClientAddressHeader {
    const fn name(self) -> &'static str {
        match self {
            Self::XForwardedFor => "x-forwarded-for",
            Self::Forwarded => "forwarded",
        }
    }

    /// The address in one element of the list.
    fn node(self, element: &str) -> Option<SocketAddr> {
        match self {
            Self::XForwardedFor => address(element),
            Self::Forwarded => {
                let mut found = None;
                for pair in split(element, ';')? {
                    let (name, value) = pair.trim().split_once('=')?;
                    if name.eq_ignore_ascii_case("for") && found.replace(value).is_some() {
                        return None;
                    }
                }
                let value = found?;
                address(value.strip_prefix('"').map_or(Some(value), |rest| rest.strip_suffix('"'))?)
            }
        }
    }
}

/// The elements of a list, of which an empty one is none.
fn elements(line: &str) -> Option<Vec<&str>> {
    Some(split(line, ',')?.into_iter().map(str::trim).filter(|element| !element.is_empty()).collect())
}

/// Splits outside of quotes; nothing when a quote does not end. Addresses need no escapes, so there are none.
fn split(text: &str, separator: char) -> Option<Vec<&str>> {
    let mut quoted = false;
    let parts = text.split(|character| {
        quoted ^= character == '"';
        character == separator && !quoted
    });
    let parts = parts.collect();
    (!quoted).then_some(parts)
}

/// An address as proxies write it: with or without a port, IPv6 with or without brackets. Without a port it has 0.
fn address(text: &str) -> Option<SocketAddr> {
    if let Ok(address) = text.parse::<IpAddr>() {
        return Some(SocketAddr::new(address, 0));
    }
    let (host, port) = match text.strip_prefix('[') {
        Some(rest) => {
            let (host, port) = rest.split_once(']')?;
            let port = if port.is_empty() { "0" } else { port.strip_prefix(':')? };
            (IpAddr::from(host.parse::<Ipv6Addr>().ok()?), port)
        }
        None => {
            let (host, port) = text.split_once(':')?;
            (IpAddr::from(host.parse::<Ipv4Addr>().ok()?), port)
        }
    };
    let digits = !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
    Some(SocketAddr::new(host, port.parse().ok().filter(|_| digits)?))
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    const PROXY: &str = "10.0.0.1:5000";

    fn client(header: ClientAddressHeader, lines: &[&str], peer: &str) -> Result<String, Unreadable> {
        let networks = ["10.0.0.0/8".parse().unwrap(), "2001:db8:ffff::/48".parse().unwrap()];
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(header.name(), HeaderValue::from_bytes(line.as_bytes()).unwrap());
        }
        let trust = Trust::new(&networks, Some(header));
        trust.client(&headers, peer.parse().unwrap()).map(|address| address.to_string())
    }

    #[test]
    fn the_rightmost_address_that_is_no_proxy_is_the_client() {
        let header = ClientAddressHeader::XForwardedFor;
        for (lines, expected) in [
            (&["192.0.2.9"][..], "192.0.2.9:0"),
            (&["198.51.100.1, 192.0.2.9"], "192.0.2.9:0"),
            (&["198.51.100.1", "192.0.2.9,10.1.1.1", "10.2.2.2"], "192.0.2.9:0"),
            (&["nonsense, 192.0.2.9"], "192.0.2.9:0"),
            (&["192.0.2.9:4711"], "192.0.2.9:4711"),
            (&["2001:db8::7"], "[2001:db8::7]:0"),
            (&["[2001:db8::7]:80, 2001:db8:ffff::1"], "[2001:db8::7]:80"),
            (&["[2001:db8::7]"], "[2001:db8::7]:0"),
            (&["10.9.9.9"], "10.9.9.9:0"),
            (&[" , 192.0.2.9 ,, "], "192.0.2.9:0"),
            (&[""], PROXY),
            (&[], PROXY),
        ] {
            assert_eq!(client(header, lines, PROXY).as_deref(), Ok(expected), "{lines:?}");
        }
    }

    #[test]
    fn the_standard_header_is_read_by_its_grammar() {
        let header = ClientAddressHeader::Forwarded;
        for (lines, expected) in [
            (&["for=192.0.2.9"][..], "192.0.2.9:0"),
            (&["For=\"[2001:db8::7]:4711\";proto=https;by=10.0.0.1"], "[2001:db8::7]:4711"),
            (&["for=\"198.51.100.1\", proto=https; FOR=192.0.2.9, for=10.3.3.3"], "192.0.2.9:0"),
            (&["host=\"a,b;c\";for=192.0.2.9"], "192.0.2.9:0"),
        ] {
            assert_eq!(client(header, lines, PROXY).as_deref(), Ok(expected), "{lines:?}");
        }
        for line in
            ["for=unknown", "for=_hidden", "proto=https", "for=192.0.2.9;for=192.0.2.8", "for=\"192.0.2.9"]
        {
            assert!(client(header, &[line], PROXY).is_err(), "{line}");
        }
    }

    #[test]
    fn what_a_trusted_proxy_says_and_cannot_be_read_is_refused() {
        let header = ClientAddressHeader::XForwardedFor;
        for line in [
            "unknown",
            "192.0.2.9:",
            "192.0.2.9:x",
            "192.0.2",
            "[2001:db8::7",
            "192.0.2.9, 10.0.0.x",
            "\u{e9}",
        ] {
            assert_eq!(client(header, &[line], PROXY), Err(Unreadable("x-forwarded-for")), "{line}");
        }
    }

    #[test]
    fn nobody_else_is_believed() {
        let header = ClientAddressHeader::XForwardedFor;
        for peer in ["192.0.2.1:7", "[2001:db8::1]:7", "127.0.0.1:7"] {
            for line in ["198.51.100.1", "10.0.0.1", "nonsense"] {
                assert_eq!(client(header, &[line], peer).as_deref(), Ok(peer));
            }
        }
        // An IPv4 address that came through an IPv6 socket is the same address.
        assert_eq!(client(header, &["192.0.2.9"], "[::ffff:10.0.0.1]:7").as_deref(), Ok("192.0.2.9:0"));
    }
}
