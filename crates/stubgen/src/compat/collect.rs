//! Collects differences. Those of schemas are found once for each pair of schemas, whoever uses it; which operations they concern, and
//! which way the values go there, is looked up afterwards, along the references. So a circle of references ends, and a document is
//! compared in time however often its parts are used.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::kind::Direction;
use super::{Change, ChangeKind, Level, Side, report, schema};
use crate::diagnostic::{Diagnostics, Position};
use crate::grammar::Role;
use crate::load::{At, Document};
use crate::pointer::Pointer;

/// Where a difference is.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct Place {
    side: Side,
    file: String,
    position: Position,
    pointer: Pointer,
}

/// A difference, before it is known whom it concerns.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct Difference {
    place: Place,
    kind: ChangeKind,
    message: String,
}

/// Two schemas that stand for each other.
struct Pair<'a> {
    old: At<'a>,
    new: At<'a>,
    differences: Vec<(Difference, Option<Direction>)>,
    /// The pairs that it refers to, and the only way that values go there, if it is one.
    inner: Vec<(usize, Option<Direction>)>,
}

/// What uses a pair of schemas: an operation, one way.
type User = (Option<usize>, Option<Direction>);

/// The two documents, and all that was found so far.
pub(super) struct Collector<'a> {
    pub(super) old: &'a Document,
    pub(super) new: &'a Document,
    pairs: Vec<Pair<'a>>,
    known: HashMap<(Pointer, Pointer), usize>,
    compared: usize,
    users: BTreeMap<User, BTreeSet<usize>>,
    operations: Vec<String>,
    operation: Option<usize>,
    found: BTreeMap<Difference, BTreeSet<User>>,
    /// Component schemas whose name has changed, by their old and new names.
    pub(super) renamed: BTreeSet<(String, String)>,
}

/// A value in one of the documents.
#[derive(Clone, Copy)]
pub(super) enum In<'c, 'a> {
    Old(&'c At<'a>),
    New(&'c At<'a>),
}

impl<'a> Collector<'a> {
    pub(super) fn new(old: &'a Document, new: &'a Document) -> Self {
        Self {
            old,
            new,
            pairs: Vec::new(),
            known: HashMap::new(),
            compared: 0,
            users: BTreeMap::new(),
            operations: Vec::new(),
            operation: None,
            found: BTreeMap::new(),
            renamed: BTreeSet::new(),
        }
    }

    /// What is found from now on concerns this operation.
    pub(super) fn enter(&mut self, operation: String) {
        self.operations.push(operation);
        self.operation = Some(self.operations.len() - 1);
    }

    /// What is found from now on concerns no particular operation.
    pub(super) fn leave(&mut self) {
        self.operation = None;
    }

    /// Adds a difference that is no matter of a schema.
    pub(super) fn add(&mut self, kind: ChangeKind, at: In<'_, 'a>, message: impl Into<String>) {
        self.add_one_way(kind, at, message, Direction::Request);
    }

    /// Adds a difference of what goes one way.
    pub(super) fn add_one_way(
        &mut self,
        kind: ChangeKind,
        at: In<'_, 'a>,
        message: impl Into<String>,
        direction: Direction,
    ) {
        let difference = Difference { place: place(at), kind, message: message.into() };
        self.found.entry(difference).or_default().insert((self.operation, Some(direction)));
    }

    /// Adds a difference of a pair of schemas.
    pub(super) fn add_to(
        &mut self,
        pair: usize,
        kind: ChangeKind,
        at: In<'_, 'a>,
        message: impl Into<String>,
        only: Option<Direction>,
    ) {
        let difference = Difference { place: place(at), kind, message: message.into() };
        self.pairs[pair].differences.push((difference, only));
    }

    /// Says that the operation uses two schemas, one way; `None` for schemas that no operation needs to use.
    pub(super) fn schemas(&mut self, old: &At<'a>, new: &At<'a>, direction: Option<Direction>) {
        let pair = self.pair(old, new);
        let operation = self.operation;
        self.users.entry((operation, direction)).or_default().insert(pair);
    }

    /// Says that a pair of schemas refers to another.
    pub(super) fn refer(&mut self, from: usize, old: &At<'a>, new: &At<'a>, only: Option<Direction>) {
        let to = self.pair(old, new);
        self.pairs[from].inner.push((to, only));
    }

    fn pair(&mut self, old: &At<'a>, new: &At<'a>) -> usize {
        let next = self.pairs.len();
        let index = *self.known.entry((old.pointer.clone(), new.pointer.clone())).or_insert(next);
        if index == next {
            self.pairs.push(Pair {
                old: old.clone(),
                new: new.clone(),
                differences: Vec::new(),
                inner: Vec::new(),
            });
        }
        index
    }

    /// Compares all pairs, those among them that turn up on the way.
    pub(super) fn run(&mut self) {
        while self.compared < self.pairs.len() {
            let pair = self.compared;
            let (old, new) = (self.pairs[pair].old.clone(), self.pairs[pair].new.clone());
            schema::compare(self, pair, &old, &new);
            self.compared += 1;
        }
        // What lies between a user and a difference; everything else need not be walked through for each user.
        let mut leads: Vec<bool> = self.pairs.iter().map(|pair| !pair.differences.is_empty()).collect();
        let mut around: Vec<Vec<usize>> = vec![Vec::new(); self.pairs.len()];
        for (index, pair) in self.pairs.iter().enumerate() {
            pair.inner.iter().for_each(|(inner, _)| around[*inner].push(index));
        }
        let mut pending: Vec<usize> = (0..leads.len()).filter(|index| leads[*index]).collect();
        while let Some(index) = pending.pop() {
            for outer in &around[index] {
                if !std::mem::replace(&mut leads[*outer], true) {
                    pending.push(*outer);
                }
            }
        }
        for (user, roots) in std::mem::take(&mut self.users) {
            self.follow(user, roots, &leads);
        }
    }

    fn follow(&mut self, user: User, roots: BTreeSet<usize>, leads: &[bool]) {
        let allowed = |only: Option<Direction>| only.is_none() || user.1.is_none() || only == user.1;
        let mut seen: HashSet<usize> = HashSet::new();
        let mut pending: Vec<usize> = roots.into_iter().collect();
        while let Some(index) = pending.pop() {
            if !leads[index] || !seen.insert(index) {
                continue;
            }
            let pair = &self.pairs[index];
            for (difference, _) in pair.differences.iter().filter(|(_, only)| allowed(*only)) {
                self.found.entry(difference.clone()).or_default().insert(user);
            }
            pending.extend(pair.inner.iter().filter(|(_, only)| allowed(*only)).map(|(inner, _)| *inner));
        }
    }

    /// The differences, with what they mean.
    pub(super) fn finish(self) -> Vec<Change> {
        let Self { found, operations, .. } = self;
        found
            .into_iter()
            .map(|(difference, users)| {
                let Difference { place, kind, message } = difference;
                let directions: Vec<Direction> =
                    users.iter().filter_map(|(_, direction)| *direction).collect();
                let wire = directions.iter().map(|way| kind.on_the_wire(*way)).max().unwrap_or(Level::Patch);
                let [.., rust] = kind.levels();
                let concerned: BTreeSet<usize> =
                    users.iter().filter_map(|(operation, _)| *operation).collect();
                Change {
                    kind,
                    level: wire.max(rust),
                    wire,
                    rust,
                    side: place.side,
                    file: place.file,
                    line: place.position.line,
                    column: place.position.column,
                    pointer: place.pointer,
                    message,
                    breaks: report::breaks(kind, &directions, rust),
                    operations: concerned.into_iter().map(|index| operations[index].clone()).collect(),
                }
            })
            .collect()
    }

    /// Compares what people read: members whose values mean nothing to programs.
    pub(super) fn documentation(&mut self, role: Role, old: &At<'a>, new: &At<'a>, keys: &[&str]) {
        for key in keys {
            if let Some((at, message)) = differing(old, new, key) {
                self.add(ChangeKind::DocumentationChanged, at.as_in(), message);
            }
        }
        // Whatever OpenAPI does not know is somebody's extension, whatever its name.
        let is_extension = |key: &str| key.starts_with("x-") || role.member(key).is_none();
        let extensions: BTreeSet<&str> =
            old.entries().chain(new.entries()).map(|(key, _)| key).filter(|key| is_extension(key)).collect();
        for key in extensions {
            if let Some((at, _)) = differing(old, new, key) {
                let message = format!("the extension `{key}` is another");
                self.add(ChangeKind::ExtensionChanged, at.as_in(), message);
            }
        }
    }

    /// Compares whether something is deprecated.
    pub(super) fn deprecation(&mut self, old: &At<'a>, new: &At<'a>, what: &str) {
        match (old.is_true("deprecated"), new.is_true("deprecated")) {
            (false, true) => self.add(ChangeKind::Deprecated, In::New(new), format!("{what} is deprecated")),
            (true, false) => {
                self.add(ChangeKind::Undeprecated, In::New(new), format!("{what} is no longer deprecated"));
            }
            _ => {}
        }
    }
}

/// A value in one of the documents that is kept.
pub(super) enum Kept<'a> {
    Old(At<'a>),
    New(At<'a>),
}

impl<'a> Kept<'a> {
    pub(super) fn as_in(&self) -> In<'_, 'a> {
        match self {
            Self::Old(at) => In::Old(at),
            Self::New(at) => In::New(at),
        }
    }
}

/// Where a member is different, and in which words.
pub(super) fn differing<'a>(old: &At<'a>, new: &At<'a>, key: &str) -> Option<(Kept<'a>, String)> {
    match (old.get(key), new.get(key)) {
        (Some(a), Some(b)) if a.value != b.value => Some((Kept::New(b), format!("`{key}` is another"))),
        (None, Some(b)) => Some((Kept::New(b), format!("`{key}` is new"))),
        (Some(a), None) => Some((Kept::Old(a), format!("`{key}` is gone"))),
        _ => None,
    }
}

fn place(at: In<'_, '_>) -> Place {
    let (side, at) = match at {
        In::Old(at) => (Side::Old, at),
        In::New(at) => (Side::New, at),
    };
    let (file, pointer, position) = at.origin();
    Place { side, file: file.to_owned(), position, pointer }
}

/// What a value refers to; itself where that leads nowhere.
pub(super) fn resolved<'a>(at: &At<'a>) -> At<'a> {
    at.resolve(&mut Diagnostics::default()).unwrap_or_else(|| at.clone())
}
