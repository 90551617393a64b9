//! A file as characters, read while they are used: decoded, bounded, and with a reason kept when it ends early.

use std::cell::{Cell, RefCell};
use std::io::{ErrorKind, Read};
use std::rc::Rc;

use anyhow::{Error, anyhow};

/// Longer than any single value, comment or run of blanks that means something.
const MAX_STEP: u64 = 16 * 1024 * 1024;

const CHUNK: usize = 64 * 1024;

/// The characters of a file.
pub(super) struct Characters<'a> {
    source: Box<dyn Read + 'a>,
    bytes: Vec<u8>,
    text: String,
    position: usize,
    name: String,
    state: Rc<State>,
}

/// What has become of reading, for whoever does not hold the characters themselves.
#[derive(Default)]
pub(super) struct State {
    taken: Cell<u64>,
    step_start: Cell<u64>,
    failure: RefCell<Option<Error>>,
}

impl State {
    /// How many bytes were taken.
    pub(super) fn taken(&self) -> u64 {
        self.taken.get()
    }

    /// Begins a new step: what was taken so far is dealt with.
    pub(super) fn begin_step(&self) {
        self.step_start.set(self.taken.get());
    }

    /// Why the characters ended early, if they did.
    pub(super) fn take_failure(&self) -> Option<Error> {
        self.failure.borrow_mut().take()
    }
}

impl<'a> Characters<'a> {
    pub(super) fn new(source: impl Read + 'a, name: &str) -> (Self, Rc<State>) {
        let state = Rc::new(State::default());
        let characters = Self {
            source: Box::new(source),
            bytes: Vec::with_capacity(CHUNK),
            text: String::new(),
            position: 0,
            name: name.to_owned(),
            state: Rc::clone(&state),
        };
        (characters, state)
    }

    fn fail(&self, error: Error) -> Option<char> {
        self.state.failure.borrow_mut().get_or_insert(error);
        None
    }

    /// The next piece of text; `false` at the end.
    fn refill(&mut self) -> Result<bool, Error> {
        let name = &self.name;
        let rest = self.bytes.len();
        self.bytes.resize(CHUNK, 0);
        let read = loop {
            match self.source.read(&mut self.bytes[rest..]) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                result => {
                    break result
                        .map_err(|error| Error::new(error).context(format!("cannot read {name}")))?;
                }
            }
        };
        self.bytes.truncate(rest + read);
        let valid = match std::str::from_utf8(&self.bytes) {
            Ok(text) => text.len(),
            Err(error) if error.error_len().is_none() && read > 0 => error.valid_up_to(),
            Err(error) => {
                let byte = self.state.taken.get() + u64::try_from(error.valid_up_to()).unwrap_or_default();
                return Err(anyhow!("{name} is not UTF-8 from byte {byte} on: save it as UTF-8"));
            }
        };
        self.text = String::from_utf8_lossy(&self.bytes[..valid]).into_owned();
        self.position = 0;
        self.bytes.drain(..valid);
        Ok(read > 0)
    }
}

impl Iterator for Characters<'_> {
    type Item = char;

    fn next(&mut self) -> Option<char> {
        while self.position >= self.text.len() {
            if self.state.failure.borrow().is_some() {
                return None;
            }
            match self.refill() {
                Ok(true) => {}
                Ok(false) => return None,
                Err(error) => return self.fail(error),
            }
        }
        // Most are a byte long.
        let character = match self.text.as_bytes()[self.position] {
            byte if byte.is_ascii() => char::from(byte),
            _ => self.text[self.position..].chars().next()?,
        };
        let length = character.len_utf8();
        self.position += length;
        let taken = self.state.taken.get() + length as u64;
        self.state.taken.set(taken);
        if character == '\0' {
            // To the parser it would be the end, and the rest would go unseen.
            let byte = taken - 1;
            let name = &self.name;
            return self.fail(anyhow!("{name} has a NUL at byte {byte}, which no text has: save it as text"));
        }
        if taken - self.state.step_start.get() > MAX_STEP {
            let name = &self.name;
            return self.fail(anyhow!("{name} has a value longer than {} MiB", MAX_STEP >> 20));
        }
        Some(character)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives one byte at a time.
    struct Slow<'a>(&'a [u8]);

    impl Read for Slow<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            let Some((first, rest)) = self.0.split_first() else { return Ok(0) };
            (buffer[0], self.0) = (*first, rest);
            Ok(1)
        }
    }

    fn read(source: impl Read) -> (String, Option<String>) {
        let (characters, state) = Characters::new(source, "f");
        let text = characters.collect();
        (text, state.take_failure().map(|error| error.to_string()))
    }

    #[test]
    fn characters_are_whole_wherever_the_file_is_cut() {
        let text = "a ż 語 🦀 ".repeat(20_000);
        assert_eq!(read(text.as_bytes()), (text.clone(), None));
        assert_eq!(read(Slow("ż語🦀".as_bytes())), ("ż語🦀".to_owned(), None));
    }

    #[test]
    fn what_is_no_text_is_refused_with_its_place() {
        for (bytes, text, expected) in [
            (&b"ab\xff"[..], "", "f is not UTF-8 from byte 2 on: save it as UTF-8"),
            (b"ab\xc5", "ab", "f is not UTF-8 from byte 2 on: save it as UTF-8"),
            (b"ab\0c", "ab", "f has a NUL at byte 2, which no text has: save it as text"),
        ] {
            assert_eq!(read(bytes), (text.to_owned(), Some(expected.to_owned())));
        }
    }

    #[test]
    fn a_value_that_never_ends_is_refused() {
        let (text, failure) = read(std::io::repeat(b'a'));
        assert_eq!(u64::try_from(text.len()).unwrap(), MAX_STEP);
        assert_eq!(failure.unwrap(), "f has a value longer than 16 MiB");
    }
}
