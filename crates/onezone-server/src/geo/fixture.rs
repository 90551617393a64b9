//! Writes MaxMind-format databases for tests, after the published specification of the format (version 2.0), with
//! records of 24 bits. Pieces of 127.0.0.0/8 stand for places all over the world.

#![allow(dead_code, reason = "each test binary that includes this uses a part of it")]

use std::collections::BTreeMap;
use std::net::IpAddr;

/// A value of a record.
#[derive(Clone, Debug)]
pub(crate) enum Value {
    /// A text.
    Text(&'static str),
    /// A 32-bit number.
    Number(u32),
    /// True or false.
    Flag(bool),
    /// Keys with values.
    Map(Vec<(&'static str, Value)>),
}

/// A database of numbers: 64496 and upwards.
pub(crate) fn asn_database() -> Vec<u8> {
    let number = |number| {
        Value::Map(vec![
            ("autonomous_system_number", Value::Number(number)),
            ("autonomous_system_organization", Value::Text("Example")),
        ])
    };
    let nothing = Value::Map(vec![("autonomous_system_organization", Value::Text("Example"))]);
    database(
        "GeoLite2-ASN",
        6,
        &[
            ("127.0.0.2/32", number(64496)),
            ("127.0.0.3/32", number(64497)),
            ("127.0.0.4/32", nothing),
            ("127.1.0.0/16", number(64500)),
            ("127.1.2.128/25", number(4_200_000_000)),
            ("::1/128", number(64501)),
            ("2001:db8::/32", number(64502)),
        ],
    )
}

/// A database of countries, some of them incomplete.
pub(crate) fn country_database() -> Vec<u8> {
    let continent = |code| ("continent", Value::Map(vec![("code", Value::Text(code))]));
    let country = |code, in_union: bool| {
        let mut fields = vec![("iso_code", Value::Text(code))];
        // As MaxMind has it: the flag is there when it is true.
        fields.extend(in_union.then_some(("is_in_european_union", Value::Flag(true))));
        ("country", Value::Map(fields))
    };
    let registered = |code| ("registered_country", Value::Map(vec![("iso_code", Value::Text(code))]));
    let unnamed = ("country", Value::Map(vec![("is_in_european_union", Value::Flag(true))]));
    database(
        "GeoLite2-Country",
        6,
        &[
            ("127.0.0.2/32", Value::Map(vec![continent("EU"), country("PL", true), registered("US")])),
            ("127.0.0.3/32", Value::Map(vec![continent("NA"), country("US", false), registered("PL")])),
            ("127.0.0.4/32", Value::Map(vec![continent("EU")])),
            ("127.0.0.5/32", Value::Map(vec![continent("EU"), country("UA", false)])),
            ("127.0.0.7/32", Value::Map(vec![continent("EU"), unnamed])),
            ("127.0.0.8/32", Value::Map(vec![country("CY", true)])),
            ("127.0.0.9/32", Value::Map(vec![continent("EU"), registered("FR")])),
            ("127.0.0.10/32", Value::Map(vec![continent("ZZ"), country("XX", false)])),
            ("::1/128", Value::Map(vec![continent("OC"), country("NZ", false)])),
        ],
    )
}

/// A database of this type and IP version. A network within another one has to come after it.
pub(crate) fn database(database_type: &str, ip_version: u16, networks: &[(&str, Value)]) -> Vec<u8> {
    let (mut tree, mut data) = (Tree { nodes: vec![[Record::Nothing; 2]] }, Vec::new());
    for (network, value) in networks {
        let (address, length) = network.split_once('/').unwrap();
        let (address, length): (IpAddr, usize) = (address.parse().unwrap(), length.parse().unwrap());
        let bits = match (address, ip_version) {
            (IpAddr::V4(address), 4) => bits(&address.octets(), length),
            (IpAddr::V4(address), _) => bits(&address.to_ipv6_compatible().octets(), length + 96),
            (IpAddr::V6(address), _) => bits(&address.octets(), length),
        };
        tree.insert(&bits, data.len());
        encode(value, &mut data);
    }
    let mut bytes = Vec::new();
    let count = tree.nodes.len();
    for record in tree.nodes.iter().flatten() {
        let number = match record {
            Record::Nothing => count,
            Record::Node(node) => *node,
            Record::Data(offset) => count + 16 + offset,
        };
        bytes.extend_from_slice(&u32::try_from(number).unwrap().to_be_bytes()[1..]);
    }
    bytes.extend_from_slice(&[0; 16]);
    bytes.extend_from_slice(&data);
    bytes.extend_from_slice(b"\xab\xcd\xefMaxMind.com");
    let count = u32::try_from(count).unwrap();
    let fields: BTreeMap<&str, Vec<u8>> = [
        ("binary_format_major_version", unsigned(5, 2)),
        ("binary_format_minor_version", unsigned(5, 0)),
        ("build_epoch", unsigned(9, 1_700_000_000)),
        ("database_type", text(database_type)),
        ("description", [control(7, 1), text("en"), text("made for a test")].concat()),
        ("ip_version", unsigned(5, ip_version.into())),
        ("languages", control(11, 0)),
        ("node_count", unsigned(6, count)),
        ("record_size", unsigned(5, 24)),
    ]
    .into();
    bytes.extend(control(7, fields.len()));
    for (key, value) in fields {
        bytes.extend([text(key), value].concat());
    }
    bytes
}

struct Tree {
    nodes: Vec<[Record; 2]>,
}

#[derive(Clone, Copy)]
enum Record {
    Nothing,
    Node(usize),
    /// An offset into the data.
    Data(usize),
}

impl Tree {
    fn insert(&mut self, bits: &[usize], offset: usize) {
        let mut node = 0;
        let (last, path) = bits.split_last().unwrap();
        for bit in path {
            let next = match self.nodes[node][*bit] {
                Record::Node(next) => next,
                // What held for the whole network still holds for the rest of it.
                held => {
                    self.nodes.push([held; 2]);
                    let next = self.nodes.len() - 1;
                    self.nodes[node][*bit] = Record::Node(next);
                    next
                }
            };
            node = next;
        }
        self.nodes[node][*last] = Record::Data(offset);
    }
}

fn bits(octets: &[u8], length: usize) -> Vec<usize> {
    (0..length).map(|bit| usize::from(octets[bit / 8] >> (7 - bit % 8) & 1)).collect()
}

fn encode(value: &Value, data: &mut Vec<u8>) {
    match value {
        Value::Text(value) => data.extend(text(value)),
        Value::Number(number) => data.extend(unsigned(6, *number)),
        Value::Flag(flag) => data.extend(control(14, usize::from(*flag))),
        Value::Map(fields) => {
            data.extend(control(7, fields.len()));
            for (key, value) in fields {
                data.extend(text(key));
                encode(value, data);
            }
        }
    }
}

fn text(value: &str) -> Vec<u8> {
    [control(2, value.len()), value.as_bytes().to_vec()].concat()
}

/// A number without leading zero bytes: 5 is `uint16`, 6 is `uint32`, 9 is `uint64`.
fn unsigned(kind: u8, number: u32) -> Vec<u8> {
    let bytes: Vec<u8> = number.to_be_bytes().into_iter().skip_while(|byte| *byte == 0).collect();
    [control(kind, bytes.len()), bytes].concat()
}

/// The bytes that say what follows and how long it is; types from 8 upwards have a second one.
fn control(kind: u8, size: usize) -> Vec<u8> {
    let (short, more) = match size {
        0..29 => (u8::try_from(size).unwrap(), None),
        _ => (29, Some(u8::try_from(size - 29).unwrap())),
    };
    let mut bytes = if kind < 8 { vec![kind << 5 | short] } else { vec![short, kind - 7] };
    bytes.extend(more);
    bytes
}
