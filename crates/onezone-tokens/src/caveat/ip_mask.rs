//! IPv4 networks, as IP caveats name them.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr};

use crate::integer;

/// An IPv4 address and the number of its leading bits that count. `Display` always shows the number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IpMask {
    address: Ipv4Addr,
    bits: u32,
}

impl IpMask {
    /// Reads `a.b.c.d` or `a.b.c.d/bits`; `None` when the text is neither.
    pub fn parse(text: &str) -> Option<Self> {
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address, u32::try_from(integer::parse(bits)?).ok()?),
            None => (text, 32),
        };
        (bits <= 32).then_some(Self { address: address.parse().ok()?, bits })
    }

    /// Whether the address is in the network. An IPv4 address that came through an IPv6 socket counts as the
    /// IPv4 address that it is; other IPv6 addresses are in no network.
    pub fn contains(&self, address: IpAddr) -> bool {
        let IpAddr::V4(address) = address.to_canonical() else {
            return false;
        };
        let difference = u64::from(self.address.to_bits() ^ address.to_bits());
        difference >> (32 - self.bits) == 0
    }
}

impl fmt::Display for IpMask {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}", self.address, self.bits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_leading_bits_count() {
        for (mask, inside, outside) in [
            ("10.0.0.0/8", "10.255.1.2", "11.0.0.0"),
            ("189.34.15.0/8", "189.0.0.1", "188.34.15.0"),
            ("192.168.1.5/32", "192.168.1.5", "192.168.1.4"),
            ("192.168.1.5", "::ffff:192.168.1.5", "::ffff:192.168.1.4"),
            ("128.0.0.0/1", "255.255.255.255", "127.255.255.255"),
            ("0.0.0.0/0", "255.255.255.255", "2001:db8::1"),
        ] {
            let mask = IpMask::parse(mask).unwrap();
            assert!(mask.contains(inside.parse().unwrap()), "{mask} {inside}");
            assert!(!mask.contains(outside.parse().unwrap()), "{mask} {outside}");
        }
    }
}
