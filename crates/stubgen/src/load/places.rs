//! Where the values of a file stand: one small entry a value, in the order of the text, so that positions cost less than the values.

use serde_json::Value;

use crate::diagnostic::Position;
use crate::pointer::Pointer;

/// Where one value stands; for a member of an object where its key stands, which is what a reader looks for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Spot {
    pub(super) line: u32,
    pub(super) column: u32,
    /// How many entries belong to the value: itself and all that is inside of it.
    pub(super) size: u32,
}

impl Spot {
    /// The entry of a value without values inside. Positions beyond 32 bits do not occur: files are far smaller.
    pub(super) fn leaf(at: Position) -> Self {
        let small = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Self { line: small(at.line), column: small(at.column), size: 1 }
    }

    pub(super) fn position(self) -> Position {
        Position { line: self.line as usize, column: self.column as usize }
    }
}

/// The entries of all values of a file, each before those inside of it, members in the order of their object.
#[derive(Clone, Debug)]
pub(crate) struct Places(Vec<Spot>);

impl Places {
    pub(super) fn new(spots: Vec<Spot>) -> Self {
        debug_assert!(!spots.is_empty());
        Self(spots)
    }

    /// The position of the place, or of the nearest place around it. `root` is the value that the entries were made with.
    pub(crate) fn position(&self, root: &Value, pointer: &Pointer) -> Position {
        let (mut value, mut at) = (root, 0);
        for part in pointer.parts() {
            let inner = match value {
                Value::Object(members) => members
                    .iter()
                    .enumerate()
                    .find_map(|(index, (key, value))| (*key == part).then_some((index, value))),
                Value::Array(elements) => {
                    part.parse().ok().and_then(|index: usize| Some((index, elements.get(index)?)))
                }
                _ => None,
            };
            let Some((index, inner)) = inner else { break };
            value = inner;
            at = self.child(at, index);
        }
        self.0[at].position()
    }

    fn child(&self, at: usize, index: usize) -> usize {
        (0..index).fold(at + 1, |at, _| at + self.0[at].size as usize)
    }
}
