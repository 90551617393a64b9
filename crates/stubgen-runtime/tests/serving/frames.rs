//! HTTP/2 frames, written by hand: what no client library would send.

use crate::sample::DEFINITION;

pub(crate) const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

pub(crate) const END_STREAM: u8 = 0x1;
pub(crate) const END_HEADERS: u8 = 0x4;

const HEADERS: u8 = 0x1;
const RST_STREAM: u8 = 0x3;
const SETTINGS: u8 = 0x4;
const PING: u8 = 0x6;
const GOAWAY: u8 = 0x7;
const WINDOW_UPDATE: u8 = 0x8;
const CONTINUATION: u8 = 0x9;

pub(crate) fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

/// Settings by their numbers.
pub(crate) fn settings(values: &[(u16, u32)]) -> Vec<u8> {
    let payload: Vec<u8> = values
        .iter()
        .flat_map(|(name, value)| [&name.to_be_bytes()[..], &value.to_be_bytes()].concat())
        .collect();
    frame(SETTINGS, 0, 0, &payload)
}

/// What a client begins with.
pub(crate) fn beginning() -> Vec<u8> {
    [PREFACE, &settings(&[])].concat()
}

pub(crate) fn ping() -> Vec<u8> {
    frame(PING, 0, 0, b"12345678")
}

pub(crate) fn reset(stream: u32) -> Vec<u8> {
    frame(RST_STREAM, 0, stream, &8_u32.to_be_bytes())
}

pub(crate) fn window_update(stream: u32, increment: u32) -> Vec<u8> {
    frame(WINDOW_UPDATE, 0, stream, &increment.to_be_bytes())
}

pub(crate) fn continuation(stream: u32, flags: u8, fragment: &[u8]) -> Vec<u8> {
    frame(CONTINUATION, flags, stream, fragment)
}

pub(crate) fn headers(stream: u32, flags: u8, fragment: &[u8]) -> Vec<u8> {
    frame(HEADERS, flags, stream, fragment)
}

/// The fields of a GET below the base path, without any compression.
pub(crate) fn get(path: &str) -> Vec<u8> {
    let path = format!("{}{path}", DEFINITION.base_path);
    // GET, http, then :path and :authority as literals.
    let mut fields = vec![0x82, 0x86, 0x04, u8::try_from(path.len()).unwrap()];
    fields.extend_from_slice(path.as_bytes());
    fields.extend_from_slice(b"\x01\x01a");
    fields
}

/// A whole GET.
pub(crate) fn request(stream: u32, path: &str) -> Vec<u8> {
    headers(stream, END_STREAM | END_HEADERS, &get(path))
}

/// The error codes of the GOAWAY frames among these bytes.
pub(crate) fn goaways(mut bytes: &[u8]) -> Vec<u32> {
    let mut codes = Vec::new();
    while bytes.len() >= 9 {
        let length = u32::from_be_bytes([0, bytes[0], bytes[1], bytes[2]]) as usize;
        let Some(payload) = bytes.get(9..9 + length) else { break };
        if bytes[3] == GOAWAY {
            codes.push(u32::from_be_bytes(payload[4..8].try_into().unwrap()));
        }
        bytes = &bytes[9 + length..];
    }
    codes
}
