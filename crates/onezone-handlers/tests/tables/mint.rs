//! Tokens from their parts, also such as no Onezone would issue. Written from the description of the format alone, so
//! that it can be wrong only in another way than the code under test.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// The text that every root key is derived with.
const GENERATOR: &[u8; 32] = b"macaroons-key-generator\0\0\0\0\0\0\0\0\0";

/// A token with this identifier and these caveats, signed with the secret of the record of its id.
pub(crate) fn token(identifier: &str, caveats: &[&str]) -> String {
    let id = identifier.strip_prefix("1/").unwrap_or(identifier);
    let id = if id.starts_with("2/") { id.rsplit('/').next().unwrap() } else { id };
    signed(identifier, caveats, &secret_of(id))
}

/// The same, signed with something else.
pub(crate) fn forged(identifier: &str, caveats: &[&str]) -> String {
    signed(identifier, caveats, "another secret")
}

/// The same, signed with this.
pub(crate) fn signed(identifier: &str, caveats: &[&str], secret: &str) -> String {
    let caveats: Vec<&[u8]> = caveats.iter().map(|caveat| caveat.as_bytes()).collect();
    encode(&packets(&parts("onezone.example.com", identifier.as_bytes(), &caveats, secret)))
}

/// The secret of a named token of the zone.
pub(crate) fn secret_of(id: &str) -> String {
    format!("secret of {id}")
}

/// The packets of a token in their customary order, each a key and a value.
pub(crate) fn parts(
    location: &str,
    identifier: &[u8],
    caveats: &[&[u8]],
    secret: &str,
) -> Vec<(&'static str, Vec<u8>)> {
    let mut signature = hmac(&hmac(GENERATOR, secret.as_bytes()), identifier);
    let mut parts = vec![("location", location.as_bytes().to_vec()), ("identifier", identifier.to_vec())];
    for caveat in caveats {
        signature = hmac(&signature, caveat);
        parts.push(("cid", caveat.to_vec()));
    }
    parts.push(("signature", signature));
    parts
}

/// The bytes of packets.
pub(crate) fn packets(parts: &[(&str, Vec<u8>)]) -> Vec<u8> {
    parts.iter().flat_map(|(key, value)| packet(key, value)).collect()
}

/// One packet.
pub(crate) fn packet(key: &str, value: &[u8]) -> Vec<u8> {
    let length = 4 + key.len() + 1 + value.len() + 1;
    [format!("{length:04x}{key} ").as_bytes(), value, b"\n"].concat()
}

/// The text of a token: base64url whose special characters are escaped.
pub(crate) fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes).replace('0', "00").replace('_', "01").replace('-', "02")
}

fn hmac(key: &[u8], message: &[u8]) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
    mac.update(message);
    mac.finalize().into_bytes().to_vec()
}
