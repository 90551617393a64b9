//! JSON pointers (RFC 6901) as a growing path: how a place in a document is named in findings and in the code.

use std::fmt;

/// A JSON pointer; the empty one is the whole document.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pointer(String);

impl Pointer {
    /// The whole document.
    pub fn root() -> Self {
        Self::default()
    }

    /// The member `key` of the object at this place.
    #[must_use]
    pub fn key(&self, key: &str) -> Self {
        let mut text = String::with_capacity(self.0.len() + key.len() + 1);
        text.push_str(&self.0);
        text.push('/');
        for c in key.chars() {
            match c {
                '~' => text.push_str("~0"),
                '/' => text.push_str("~1"),
                c => text.push(c),
            }
        }
        Self(text)
    }

    /// The element `index` of the array at this place.
    #[must_use]
    pub fn index(&self, index: usize) -> Self {
        Self(format!("{}/{index}", self.0))
    }

    /// The unescaped parts.
    pub fn parts(&self) -> impl Iterator<Item = String> + '_ {
        self.0.split('/').skip(1).map(|part| part.replace("~1", "/").replace("~0", "~"))
    }

    /// The pointer as RFC 6901 writes it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Reads the fragment of a `$ref`: percent-decoded, since a fragment is part of a URI (RFC 6901, section 6).
    pub(crate) fn from_fragment(fragment: &str) -> Option<Self> {
        let mut bytes = Vec::with_capacity(fragment.len());
        let mut rest = fragment.as_bytes();
        while let Some((&byte, tail)) = rest.split_first() {
            if byte == b'%' && tail.len() >= 2 {
                let hex = std::str::from_utf8(&tail[..2]).ok()?;
                bytes.push(u8::from_str_radix(hex, 16).ok()?);
                rest = &tail[2..];
            } else {
                bytes.push(byte);
                rest = tail;
            }
        }
        let text = String::from_utf8(bytes).ok()?;
        (text.is_empty() || text.starts_with('/')).then_some(Self(text))
    }
}

impl fmt::Display for Pointer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_key_is_escaped_and_read_back() {
        let pointer = Pointer::root().key("paths").key("/a~b/{id}").index(3);
        assert_eq!(pointer.to_string(), "#/paths/~1a~0b~1{id}/3");
        assert_eq!(pointer.parts().collect::<Vec<_>>(), ["paths", "/a~b/{id}", "3"]);
    }

    #[test]
    fn a_fragment_is_percent_decoded() {
        let pointer = Pointer::from_fragment("/components/schemas/a%20b").map(|p| p.as_str().to_owned());
        assert_eq!(pointer.as_deref(), Some("/components/schemas/a b"));
        assert_eq!(Pointer::from_fragment("components"), None);
        assert_eq!(Pointer::from_fragment("/%zz"), None);
    }
}
