//! Makes one document of several files: what a `$ref` to another file (or deep into this one) names becomes a component under a stable,
//! unique name, and path items by `$ref` are resolved in place. Every value remembers the file it came from.
//!
//! Definitions are found by what refers to them: `load` reads no file that nothing names. Cycles between files are ordinary, since a
//! definition is moved once and referred to from then on.

use std::collections::{HashMap, HashSet, VecDeque};

use serde_json::{Map, Value};

use super::document::{Document, report};
use super::origins::{Origin, Origins};
use super::{File, MAX_DEPTH, MAX_VALUES, reference};
use crate::OtherFiles;
use crate::diagnostic::{Diagnostics, Kind};
use crate::feature::Feature;
use crate::grammar::{Form, Role};
use crate::pointer::Pointer;

/// A place in one of the files.
type Target = (usize, Pointer);

/// Bundles the document and all files that it refers to.
pub(super) fn bundle(
    file: File,
    library: Option<&dyn OtherFiles>,
    diagnostics: &mut Diagnostics,
) -> Document {
    let mut root = file.root.clone();
    let folder = file.name.rsplit_once('/').map_or("", |(folder, _)| folder).to_owned();
    let path = file.name.rsplit('/').next().unwrap_or_default().to_owned();
    let swagger = root.get("swagger").is_some() && root.get("openapi").is_none();
    let mut bundler = Bundler {
        library,
        diagnostics,
        folder,
        swagger,
        by_path: HashMap::from([(path.clone(), Some(0))]),
        paths: vec![path],
        files: vec![file],
        origins: Origins::default(),
        anchors: HashMap::new(),
        known: HashMap::new(),
        taken: HashSet::new(),
        queue: VecDeque::new(),
        open: Vec::new(),
        depth: 0,
        copied: 0,
    };
    bundler.component_names(&root);
    bundler.node(Role::Document, &mut root, 0, &mut Pointer::root());
    while let Some(task) = bundler.queue.pop_front() {
        bundler.add(&task, &mut root);
    }
    let Bundler { files, origins, .. } = bundler;
    Document::new(root, files, origins)
}

/// A component to be made of a definition.
struct Task {
    role: Role,
    here: Pointer,
    target: Target,
}

struct Bundler<'a> {
    library: Option<&'a dyn OtherFiles>,
    diagnostics: &'a mut Diagnostics,
    /// The folder of the document, for the names of other files in findings.
    folder: String,
    /// Whether the document is Swagger 2.0, which keeps its components elsewhere.
    swagger: bool,
    by_path: HashMap<String, Option<usize>>,
    files: Vec<File>,
    /// Where the files are, relative to the folder of the document.
    paths: Vec<String>,
    origins: Origins,
    anchors: HashMap<usize, HashMap<String, Pointer>>,
    /// The component that a definition becomes.
    known: HashMap<(Role, Target), Pointer>,
    taken: HashSet<Pointer>,
    queue: VecDeque<Task>,
    /// Definitions that are being resolved in place, to see cycles.
    open: Vec<Target>,
    depth: usize,
    copied: usize,
}

impl Bundler<'_> {
    /// Where components of a role stand; `None` for parts that are always written in place.
    fn section(&self, role: Role) -> Option<Pointer> {
        let section = role.section()?;
        if !self.swagger {
            return Some(Pointer::root().key("components").key(section));
        }
        Some(Pointer::root().key(match role {
            Role::Schema => "definitions",
            Role::Parameter | Role::Response => section,
            Role::SecurityScheme => "securityDefinitions",
            _ => return None,
        }))
    }

    /// Learns the names that the document gives: its components, and the definitions elsewhere that these stand for.
    fn component_names(&mut self, root: &Value) {
        for role in [
            Role::Schema,
            Role::Response,
            Role::Parameter,
            Role::Example,
            Role::RequestBody,
            Role::Header,
            Role::SecurityScheme,
            Role::Link,
            Role::Callback,
        ] {
            let Some(section) = self.section(role) else { continue };
            let Some(members) = root.pointer(section.as_str()).and_then(Value::as_object) else { continue };
            for (name, value) in members {
                let here = section.key(name);
                self.taken.insert(here.clone());
                let Some(text) = reference_of(value) else { continue };
                let Some(target) = self.locate(0, text, &here) else { continue };
                if !self.is_component(role, &target) {
                    self.known.entry((role, target)).or_insert(here);
                }
            }
        }
    }

    /// Whether the place is where a component of the role stands in the document.
    fn is_component(&self, role: Role, (file, pointer): &Target) -> bool {
        *file == 0
            && pointer.split_last().is_some_and(|(section, _)| self.section(role).as_ref() == Some(&section))
    }

    fn add(&mut self, task: &Task, root: &mut Value) {
        let Some(mut value) = self.copy(&task.target, &task.here) else { return };
        self.origins.set(&task.here, Origin { file: task.target.0, pointer: task.target.1.clone() });
        self.node(task.role, &mut value, task.target.0, &mut task.here.clone());
        let mut object = root;
        let parts: Vec<_> = task.here.parts().collect();
        for part in &parts[..parts.len() - 1] {
            let Value::Object(members) = object else { return };
            object = members.entry(part.as_str()).or_insert_with(|| Value::Object(Map::new()));
        }
        if let (Value::Object(members), Some(name)) = (object, parts.last()) {
            members.insert(name.clone(), value);
        }
    }

    /// A copy of a definition; none once copies grow beyond what a document may hold.
    fn copy(&mut self, (file, pointer): &Target, here: &Pointer) -> Option<Value> {
        let value = self.files[*file].root.pointer(pointer.as_str())?;
        self.copied += count(value);
        if self.copied > MAX_VALUES {
            let message = format!("definitions behind `$ref`s come to more than {MAX_VALUES} values");
            self.report(here, Kind::TooLarge, &message, "split the document");
            return None;
        }
        Some(value.clone())
    }

    /// Goes through a part that stands at `here` and was written in `file`.
    fn node(&mut self, role: Role, value: &mut Value, file: usize, here: &mut Pointer) {
        if self.depth > MAX_DEPTH {
            self.report(
                here,
                Kind::TooLarge,
                "definitions in place nest too deep",
                "refer to components instead",
            );
            return;
        }
        self.depth += 1;
        let opened = self.open.len();
        let file = self.resolve(Some(role), value, file, here);
        if role == Role::Discriminator {
            self.mapping(value, file, here);
        }
        if let Value::Object(members) = value {
            for (key, member) in members {
                if let Some(form) = self.form(role, key) {
                    let mark = here.enter(key);
                    self.member(form, member, file, here);
                    here.leave(mark);
                }
            }
        }
        self.open.truncate(opened);
        self.depth -= 1;
    }

    fn form(&self, role: Role, key: &str) -> Option<Form> {
        if self.swagger {
            match (role, key) {
                (Role::Document, "definitions") => return Some(Form::Map(Role::Schema)),
                (Role::Document, "parameters") => return Some(Form::Map(Role::Parameter)),
                (Role::Document, "responses") => return Some(Form::Map(Role::Response)),
                (Role::Document, "securityDefinitions") => return Some(Form::Map(Role::SecurityScheme)),
                (Role::Response, "schema") => return Some(Form::One(Role::Schema)),
                _ => {}
            }
        }
        role.member(key)
    }

    fn member(&mut self, form: Form, value: &mut Value, file: usize, here: &mut Pointer) {
        match form {
            Form::One(role) => self.node(role, value, file, here),
            Form::List(role) | Form::Map(role) => {
                let opened = self.open.len();
                let file = self.resolve(None, value, file, here);
                match value {
                    Value::Array(elements) => {
                        for (index, element) in elements.iter_mut().enumerate() {
                            let mark = here.enter_index(index);
                            self.node(role, element, file, here);
                            here.leave(mark);
                        }
                    }
                    Value::Object(entries) => {
                        for (key, entry) in entries {
                            let mark = here.enter(key);
                            self.node(role, entry, file, here);
                            here.leave(mark);
                        }
                    }
                    _ => {}
                }
                self.open.truncate(opened);
            }
            _ => {}
        }
    }

    /// Makes the `$ref` of a value one to a component, or puts what it names in its place; returns the file that the rest is written in.
    fn resolve(&mut self, role: Option<Role>, value: &mut Value, mut file: usize, here: &Pointer) -> usize {
        while let Some(text) = reference_of(value) {
            let text = text.to_owned();
            let Some(target) = self.locate(file, &text, here) else { break };
            if let Some(role) = role.filter(|role| self.section(*role).is_some()) {
                let component = if self.is_component(role, &target) {
                    target.1.clone()
                } else {
                    self.component(role, &target)
                };
                if component != *here {
                    if file != 0 || text.strip_prefix('#') != Some(component.as_str()) {
                        value["$ref"] = Value::String(component.to_string());
                    }
                    break;
                }
                if target == (0, here.clone()) {
                    break;
                }
            }
            if self.open.contains(&target) {
                let message = format!("$ref `{text}` leads back to itself, so it names nothing");
                self.report(here, Kind::ReferenceCycle, &message, "point it at a definition");
                *value = Value::Object(Map::new());
                break;
            }
            let Some(mut copy) = self.copy(&target, here) else {
                *value = Value::Object(Map::new());
                break;
            };
            if let (Value::Object(members), Value::Object(siblings)) = (&mut copy, value.take()) {
                members.extend(siblings.into_iter().filter(|(key, _)| key != "$ref"));
            }
            *value = copy;
            self.origins.set(here, Origin { file: target.0, pointer: target.1.clone() });
            file = target.0;
            self.open.push(target);
        }
        file
    }

    /// The values of a discriminator's mapping are names of schemas or `$ref`s.
    fn mapping(&mut self, discriminator: &mut Value, file: usize, here: &Pointer) {
        let Some(Value::Object(mapping)) = discriminator.get_mut("mapping") else { return };
        for (key, value) in mapping {
            let Some(text) = value.as_str().filter(|text| text.contains(['#', '/'])).map(str::to_owned)
            else {
                continue;
            };
            let at = here.key("mapping").key(key);
            let Some(target) = self.locate(file, &text, &at) else { continue };
            let component = if self.is_component(Role::Schema, &target) {
                target.1
            } else {
                self.component(Role::Schema, &target)
            };
            *value = Value::String(component.to_string());
        }
    }

    /// The component that a definition becomes.
    fn component(&mut self, role: Role, target: &Target) -> Pointer {
        if let Some(known) = self.known.get(&(role, target.clone())) {
            return known.clone();
        }
        let section = self.section(role).unwrap_or_default();
        let name = reference::component_name(&self.paths[target.0], target.1.as_str());
        let mut here = section.key(&name);
        let mut n = 2;
        while !self.taken.insert(here.clone()) {
            here = section.key(&format!("{name}_{n}"));
            n += 1;
        }
        self.known.insert((role, target.clone()), here.clone());
        self.queue.push_back(Task { role, here: here.clone(), target: target.clone() });
        here
    }

    /// The place that a `$ref` of `file` names; `None` when it names nothing, with a finding unless a later stage makes it.
    fn locate(&mut self, file: usize, text: &str, here: &Pointer) -> Option<Target> {
        let (path, fragment) = reference::split(text);
        if !text.contains(['#', '/', '.']) {
            // The bare name of a component, by mistake: repaired later.
            return None;
        }
        let file = self.file(file, path, text, here)?;
        let (file, fragment) = match fragment.strip_prefix('/') {
            Some(_) => (file, Pointer::from_fragment(fragment)?),
            None if fragment.is_empty() => (file, Pointer::root()),
            None => (file, self.anchor(file, fragment)?),
        };
        let found = self.chase((file, fragment), here, 0);
        if found.is_none() && file != 0 {
            let message = format!("$ref `{text}` points to nothing in `{}`", self.files[file].name);
            let help = "define what it names, or correct the spelling (names are case-sensitive)";
            self.report(here, Kind::DanglingReference, &message, help);
        }
        found
    }

    /// Follows `$ref`s that stand in the way of a pointer.
    fn chase(&mut self, (file, pointer): Target, here: &Pointer, hops: usize) -> Option<Target> {
        let mut value = &self.files[file].root;
        let mut at = Pointer::root();
        let parts: Vec<_> = pointer.parts().collect();
        for (index, part) in parts.iter().enumerate() {
            let inner = match value {
                Value::Object(members) => members.get(part),
                Value::Array(elements) => part.parse::<usize>().ok().and_then(|i| elements.get(i)),
                _ => None,
            };
            if let Some(inner) = inner {
                value = inner;
                at.enter(part);
                continue;
            }
            let text = reference_of(value).filter(|_| hops < 32)?.to_owned();
            let (path, fragment) = reference::split(&text);
            let file = self.file(file, path, &text, here)?;
            let mut next = Pointer::from_fragment(fragment)?;
            parts[index..].iter().for_each(|part| {
                next.enter(part);
            });
            return self.chase((file, next), here, hops + 1);
        }
        Some((file, pointer))
    }

    /// The file that a `$ref` names, read if need be.
    fn file(&mut self, base: usize, path: &str, text: &str, here: &Pointer) -> Option<usize> {
        if path.is_empty() {
            return Some(base);
        }
        if reference::is_remote(path) {
            let message = format!("$ref `{text}` names an address, and nothing is fetched from the network");
            let help = "keep a copy of the file beside this one and refer to that";
            self.report(here, Kind::RemoteReference, &message, help);
            return None;
        }
        let path = reference::join(&self.paths[base], path);
        if let Some(known) = self.by_path.get(&path) {
            return *known;
        }
        let read = self.read(&path, text, here);
        self.by_path.insert(path, read);
        read
    }

    fn read(&mut self, path: &str, text: &str, here: &Pointer) -> Option<usize> {
        let Some(library) = self.library else {
            let feature = Feature::ExternalReference;
            let message = format!("$ref `{text}`: {}", feature.reason());
            self.report(here, Kind::Unsupported(feature), &message, feature.instead());
            return None;
        };
        let content = match library.text(path) {
            Ok(content) => content,
            Err(reason) => {
                let message =
                    format!("$ref `{text}` names the file `{path}`, which cannot be read: {reason}");
                let help = "correct the path, which is relative to the file that says it";
                self.report(here, Kind::MissingFile, &message, help);
                return None;
            }
        };
        let name = if self.folder.is_empty() { path.to_owned() } else { format!("{}/{path}", self.folder) };
        let file = super::read(&name, &content, self.diagnostics)?;
        self.files.push(file);
        self.paths.push(path.to_owned());
        Some(self.files.len() - 1)
    }

    /// Where `$anchor` of a file has this name.
    fn anchor(&mut self, file: usize, name: &str) -> Option<Pointer> {
        let root = &self.files[file].root;
        let anchors = self.anchors.entry(file).or_insert_with(|| {
            let mut anchors = HashMap::new();
            collect_anchors(root, &mut Pointer::root(), &mut anchors);
            anchors
        });
        anchors.get(name).cloned()
    }

    fn report(&mut self, here: &Pointer, kind: Kind, message: &str, help: &str) {
        report(&self.files, &self.origins, self.diagnostics, here, kind, message, help);
    }
}

/// The text of a `$ref`.
fn reference_of(value: &Value) -> Option<&str> {
    value.as_object()?.get("$ref")?.as_str()
}

fn count(value: &Value) -> usize {
    1 + match value {
        Value::Array(elements) => elements.iter().map(count).sum::<usize>(),
        Value::Object(members) => members.values().map(count).sum(),
        _ => 0,
    }
}

fn collect_anchors(value: &Value, pointer: &mut Pointer, anchors: &mut HashMap<String, Pointer>) {
    match value {
        Value::Object(members) => {
            for key in ["$anchor", "$dynamicAnchor"] {
                if let Some(name) = members.get(key).and_then(Value::as_str) {
                    anchors.entry(name.to_owned()).or_insert_with(|| pointer.clone());
                }
            }
            for (key, member) in members {
                let mark = pointer.enter(key);
                collect_anchors(member, pointer, anchors);
                pointer.leave(mark);
            }
        }
        Value::Array(elements) => {
            for (index, element) in elements.iter().enumerate() {
                let mark = pointer.enter_index(index);
                collect_anchors(element, pointer, anchors);
                pointer.leave(mark);
            }
        }
        _ => {}
    }
}
