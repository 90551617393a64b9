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
    /// Reads `a.b.c.d` or `a.b.c.d/bits`; `None` when the text is neither. As in Onezone, slashes with nothing
    /// between them count for nothing, and numbers may have a sign.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('/').filter(|part| !part.is_empty());
        let (Some(address), bits, None) = (parts.next(), parts.next(), parts.next()) else {
            return None;
        };
        let bits = bits.map_or(Some(32), |bits| u32::try_from(integer::parse(bits)?).ok())?;
        (bits <= 32).then_some(Self { address: parse_address(address)?, bits })
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

/// An address as the Erlang standard library reads it strictly: four decimal numbers without leading zeros.
fn parse_address(text: &str) -> Option<Ipv4Addr> {
    let mut octets = [0; 4];
    let mut fields = text.split('.');
    for octet in &mut octets {
        let field =
            fields.next().filter(|field| field.len() <= 3 && (*field == "0" || !field.starts_with('0')))?;
        *octet = u8::try_from(integer::parse(field)?).ok()?;
    }
    fields.next().is_none().then(|| octets.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_and_lengths_are_read_as_erlang_reads_them() {
        for (text, written) in [
            ("1.2.3.4", "1.2.3.4/32"),
            ("1.2.3.4/", "1.2.3.4/32"),
            ("/1.2.3.4//8/", "1.2.3.4/8"),
            ("1.2.3.4/08", "1.2.3.4/8"),
            ("1.2.3.4/+8", "1.2.3.4/8"),
            ("1.2.3.4/-0", "1.2.3.4/0"),
            ("0.0.0.0/0", "0.0.0.0/0"),
            ("+1.2.3.4", "1.2.3.4/32"),
            ("255.255.255.255", "255.255.255.255/32"),
        ] {
            assert_eq!(
                IpMask::parse(text).map(|mask| mask.to_string()).as_deref(),
                Some(written),
                "{text:?}"
            );
        }
        for text in [
            "",
            "/",
            "//",
            "1.2.3",
            "1.2.3/8",
            "1.2.3.4.5",
            "1.2.3.",
            ".1.2.3",
            "1..2.3",
            "01.2.3.4",
            "00.0.0.0",
            "1.2.3.256",
            "1.2.3.1000",
            "0x1.2.3.4",
            "-1.2.3.4",
            "1.2.3.4/33",
            "1.2.3.4/-1",
            "1.2.3.4/8/8",
            "1.2.3.4/x",
            "1.2.3.4/ 8",
            " 1.2.3.4",
            "::1",
            "::ffff:1.2.3.4",
            "2001:db8::/32",
            "1.2.3.4/255.0.0.0",
            "١.2.3.4",
        ] {
            assert_eq!(IpMask::parse(text), None, "{text:?}");
        }
    }

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
