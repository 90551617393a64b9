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
        let mut pointer = Self(String::with_capacity(self.0.len() + key.len() + 1));
        pointer.0.push_str(&self.0);
        pointer.enter(key);
        pointer
    }

    /// The element `index` of the array at this place.
    #[must_use]
    pub fn index(&self, index: usize) -> Self {
        Self(format!("{}/{index}", self.0))
    }

    /// Goes to the member `key` in place; [`Self::leave`] with the returned mark goes back.
    pub(crate) fn enter(&mut self, key: &str) -> usize {
        let mark = self.0.len();
        self.0.push('/');
        for c in key.chars() {
            match c {
                '~' => self.0.push_str("~0"),
                '/' => self.0.push_str("~1"),
                c => self.0.push(c),
            }
        }
        mark
    }

    /// Goes to the element `index` in place.
    pub(crate) fn enter_index(&mut self, index: usize) -> usize {
        use std::fmt::Write as _;
        let mark = self.0.len();
        let _ = write!(self.0, "/{index}");
        mark
    }

    /// Goes back to where [`Self::enter`] was called.
    pub(crate) fn leave(&mut self, mark: usize) {
        self.0.truncate(mark);
    }

    /// The pointer around this one, and the last part of this one, still escaped; `None` for the whole document.
    pub(crate) fn split_last(&self) -> Option<(Self, &str)> {
        let (parent, last) = self.0.rsplit_once('/')?;
        Some((Self(parent.to_owned()), last))
    }

    /// The same place when `from`, which contains it, becomes `to`.
    pub(crate) fn rebased(&self, from: &Self, to: &Self) -> Option<Self> {
        let rest = self.0.strip_prefix(&from.0)?;
        (rest.is_empty() || rest.starts_with('/')).then(|| Self(format!("{}{rest}", to.0)))
    }

    /// A pointer from its text.
    pub(crate) fn from_text(text: &str) -> Self {
        Self(text.to_owned())
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
