//! What counts as one client network: an IPv4 address, or the /64 of an IPv6 address, which is what one household or
//! one machine is given. Wider networks would make neighbours answer for one another, narrower ones would let
//! everybody with IPv6 begin anew with each attempt.

use std::net::{IpAddr, Ipv6Addr};

/// A network that attempts come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Network(Ipv6Addr);

/// Addresses of IPv4 clients behind a stateless translator (RFC 6052, 2.1).
const TRANSLATED: [u16; 6] = [0x64, 0xff9b, 0, 0, 0, 0];

impl Network {
    pub(super) fn of(peer: IpAddr) -> Self {
        match peer.to_canonical() {
            IpAddr::V4(address) => Self(address.to_ipv6_mapped()),
            IpAddr::V6(address) => match address.segments() {
                [first @ .., _, _] if first == TRANSLATED => Self(address),
                [a, b, c, d, ..] => Self(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0)),
            },
        }
    }

    pub(super) const fn octets(&self) -> [u8; 16] {
        self.0.octets()
    }
}

/// Whether many clients may stand behind this address: it is that of a proxy on this machine.
pub(super) fn is_shared(peer: IpAddr) -> bool {
    peer.to_canonical().is_loopback()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn same(one: &str, other: &str) -> bool {
        Network::of(one.parse().unwrap()) == Network::of(other.parse().unwrap())
    }

    #[test]
    fn a_network_is_an_ipv4_address_or_the_first_half_of_an_ipv6_address() {
        assert!(same("192.0.2.1", "192.0.2.1") && same("192.0.2.1", "::ffff:192.0.2.1"));
        assert!(same("2001:db8::1", "2001:db8::ffff:0:0:1"));
        assert!(!same("192.0.2.1", "192.0.2.2") && !same("2001:db8::1", "2001:db8:0:1::1"));
        assert!(same("64:ff9b::c000:201", "64:ff9b::c000:201") && !same("64:ff9b::1", "64:ff9b::2"));
    }

    #[test]
    fn only_this_machine_is_taken_for_a_proxy() {
        for (peer, shared) in [("127.0.0.9", true), ("::1", true), ("10.0.0.1", false), ("::2", false)] {
            assert_eq!(is_shared(peer.parse().unwrap()), shared, "{peer}");
        }
    }
}
