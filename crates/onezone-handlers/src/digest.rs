//! Keyed digests of several texts, none of which can be mistaken for another split of the same bytes.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// HMAC-SHA256 over the parts, each with its length before it.
pub(crate) fn digest(key: &[u8; 32], parts: &[&[u8]]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes a key of any length");
    for part in parts {
        mac.update(&(part.len() as u64).to_le_bytes());
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_depend_on_the_key_and_on_where_a_part_ends() {
        let one = digest(&[1; 32], &[b"ab", b"c"]);
        assert_eq!(one, digest(&[1; 32], &[b"ab", b"c"]));
        for other in [digest(&[1; 32], &[b"a", b"bc"]), digest(&[2; 32], &[b"ab", b"c"])] {
            assert_ne!(one, other);
        }
    }
}
