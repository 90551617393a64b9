//! Which paths and operations of the two documents are the same ones.

use super::collect::{Collector, In};
use super::{ChangeKind, operation};
use crate::grammar::{METHODS, Role};
use crate::load::At;
use crate::names;

/// An operation with the method and path that it has.
#[derive(Clone)]
pub(super) struct Operation<'a> {
    pub(super) method: String,
    pub(super) path: &'a str,
    pub(super) at: At<'a>,
}

impl<'a> Operation<'a> {
    /// What people call it.
    pub(super) fn name(&self) -> String {
        format!("{} {}", self.method, self.path)
    }

    /// The variables of its path, in their order.
    pub(super) fn variables(&self) -> Vec<&'a str> {
        variables(self.path)
    }

    fn id(&self) -> Option<&'a str> {
        self.at.text_of("operationId")
    }
}

/// A path item with its path.
struct Path<'a> {
    path: &'a str,
    at: At<'a>,
}

/// Compares all operations.
pub(super) fn compare<'a>(collector: &mut Collector<'a>) {
    let (old, new) = (paths(&collector.old.at_root()), paths(&collector.new.at_root()));
    let mut removed: Vec<Operation<'a>> = Vec::new();
    let mut added: Vec<Operation<'a>> = Vec::new();
    let mut both: Vec<(Operation<'a>, Operation<'a>)> = Vec::new();
    let (pairs, gone, come) = matched(old, new);
    for path in &gone {
        removed.extend(operations_of(path));
    }
    for path in &come {
        added.extend(operations_of(path));
    }
    for (before, after) in &pairs {
        collector.documentation(Role::PathItem, &before.at, &after.at, &[]);
        // A document may have a method twice, among the additional operations of OpenAPI 3.2.
        let mut later = operations_of(after);
        for operation in operations_of(before) {
            match later.iter().position(|other| other.method == operation.method) {
                Some(index) => both.push((operation, later.remove(index))),
                None => removed.push(operation),
            }
        }
        added.extend(later);
    }
    let moved = moved(&mut removed, &mut added);
    for (before, after) in &moved {
        let message = format!("`{}` is `{}` now", before.name(), after.name());
        collector.enter(after.name());
        collector.add(ChangeKind::OperationMoved, In::New(&after.at), message);
        collector.leave();
    }
    both.extend(moved);
    paths_gone_and_come(collector, &gone, &come, &removed, &added);
    for (before, after) in &both {
        collector.enter(after.name());
        operation::compare(collector, before, after);
        collector.leave();
    }
}

/// Whole paths are one difference each, their operations none of their own.
fn paths_gone_and_come<'a>(
    collector: &mut Collector<'a>,
    gone: &[Path<'a>],
    come: &[Path<'a>],
    removed: &[Operation<'a>],
    added: &[Operation<'a>],
) {
    let list = |path: &str, among: &[Operation<'a>]| -> Vec<String> {
        among.iter().filter(|operation| operation.path == path).map(|o| o.method.to_uppercase()).collect()
    };
    for (paths, operations, is_removal) in [(gone, removed, true), (come, added, false)] {
        for path in paths {
            let methods = list(path.path, operations);
            if methods.is_empty() {
                // Where all of its operations moved, that says it already.
                if operations_of(path).is_empty() {
                    let (at, word) =
                        if is_removal { (In::Old(&path.at), "gone") } else { (In::New(&path.at), "new") };
                    let message = format!("the path `{}`, which has no operation, is {word}", path.path);
                    collector.add(ChangeKind::DocumentationChanged, at, message);
                }
                continue;
            }
            let methods = methods.join(", ");
            if is_removal {
                let message = format!("the path `{}` is gone ({methods})", path.path);
                collector.add(ChangeKind::PathRemoved, In::Old(&path.at), message);
            } else {
                let message = format!("the path `{}` is new ({methods})", path.path);
                collector.add(ChangeKind::PathAdded, In::New(&path.at), message);
            }
        }
    }
    for operation in removed.iter().filter(|o| gone.iter().all(|path| path.path != o.path)) {
        let message = format!("`{}` is gone", operation.name());
        collector.add(ChangeKind::OperationRemoved, In::Old(&operation.at), message);
    }
    for operation in added.iter().filter(|o| come.iter().all(|path| path.path != o.path)) {
        let message = format!("`{}` is new", operation.name());
        collector.add(ChangeKind::OperationAdded, In::New(&operation.at), message);
    }
}

fn paths<'a>(root: &At<'a>) -> Vec<Path<'a>> {
    let Some(paths) = root.get("paths") else { return Vec::new() };
    paths.entries().filter(|(path, _)| !path.starts_with("x-")).map(|(path, at)| Path { path, at }).collect()
}

/// Paths that are the same, those that are gone and those that are new. Names of variables make no other path.
fn matched<'a>(
    old: Vec<Path<'a>>,
    mut new: Vec<Path<'a>>,
) -> (Vec<(Path<'a>, Path<'a>)>, Vec<Path<'a>>, Vec<Path<'a>>) {
    let mut pairs = Vec::new();
    let mut left = Vec::new();
    for before in old {
        match new.iter().position(|after| after.path == before.path) {
            Some(index) => pairs.push((before, new.remove(index))),
            None => left.push(before),
        }
    }
    let mut gone = Vec::new();
    for before in left {
        match new.iter().position(|after| shape(after.path) == shape(before.path)) {
            Some(index) => pairs.push((before, new.remove(index))),
            None => gone.push(before),
        }
    }
    (pairs, gone, new)
}

fn operations_of<'a>(path: &Path<'a>) -> Vec<Operation<'a>> {
    let own = path.at.entries().filter(|(key, at)| METHODS.contains(key) && at.value.is_object());
    let additional: Vec<_> =
        path.at.get("additionalOperations").map(|more| more.entries().collect()).unwrap_or_default();
    own.chain(additional)
        .map(|(method, at)| Operation { method: method.to_owned(), path: path.path, at })
        .collect()
}

/// Operations of the same `operationId` that went elsewhere.
fn moved<'a>(
    removed: &mut Vec<Operation<'a>>,
    added: &mut Vec<Operation<'a>>,
) -> Vec<(Operation<'a>, Operation<'a>)> {
    let mut moved = Vec::new();
    removed.retain(|before| {
        let is_same = |after: &Operation<'a>| match (before.id(), after.id()) {
            (Some(old), Some(new)) => names::snake(old) == names::snake(new),
            _ => false,
        };
        match added.iter().position(is_same) {
            Some(index) => {
                moved.push((before.clone(), added.remove(index)));
                false
            }
            None => true,
        }
    });
    moved
}

/// A path without the names of its variables.
fn shape(path: &str) -> String {
    let mut shape = String::new();
    let mut rest = path;
    while let Some((literal, behind)) = rest.split_once('{') {
        shape.push_str(literal);
        shape.push_str("{}");
        rest = behind.split_once('}').map_or("", |(_, behind)| behind);
    }
    shape + rest
}

fn variables(path: &str) -> Vec<&str> {
    path.split('{').skip(1).filter_map(|part| part.split_once('}').map(|(name, _)| name)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_variables_make_no_other_path() {
        assert_eq!(shape("/a/{id}/b-{x}.json"), shape("/a/{user}/b-{y}.json"));
        assert_ne!(shape("/a/{id}"), shape("/a/id"));
        assert_eq!(shape("/a/{never closed"), "/a/{}");
        assert_eq!(variables("/a/{id}/b-{x}.json"), ["id", "x"]);
    }
}
