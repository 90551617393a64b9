//! From the tree to a document: every key is known, every value is of its kind and follows its rule.

use std::collections::BTreeSet;

use onezone_store::{PasswordHash, Privileges, Secret, Subject, TokenType};
use onezone_tokens::{ids, password};
use zeroize::Zeroizing;

use super::caveat;
use super::document::{
    Document, DocumentGroup, DocumentProvider, DocumentSpace, DocumentTemporaryToken, DocumentToken,
    DocumentUser, Password,
};
use super::problems::{Located, Place, Problems};
use super::tree::{Content, Key, Node};
use crate::names::{self, PrivilegeKind};

/// Reads the top of the tree and all below. Tokens that are still in it are given to `token`.
pub(crate) fn read(
    root: &Node,
    problems: &Problems,
    token: impl FnMut(&Located<&Node>) -> anyhow::Result<()>,
) -> anyhow::Result<Document> {
    let place = Place { line: root.line, path: String::new() };
    let Some(mut fields) = Fields::of(root, &place, problems) else { return Ok(Document::default()) };
    let (users, groups, providers, spaces) =
        (fields.list("users"), fields.list("groups"), fields.list("providers"), fields.list("spaces"));
    let (tokens, temporary_tokens) = (fields.list("tokens"), fields.list("temporaryTokens"));
    fields.refuse_others();
    tokens.iter().try_for_each(token)?;
    Ok(Document {
        users: users.iter().filter_map(|entry| read_user(entry, problems)).collect(),
        groups: groups.iter().filter_map(|entry| read_group(entry, problems)).collect(),
        providers: providers.iter().filter_map(|entry| read_provider(entry, problems)).collect(),
        spaces: spaces.iter().filter_map(|entry| read_space(entry, problems)).collect(),
        temporary_tokens: temporary_tokens
            .iter()
            .filter_map(|entry| read_temporary(entry, problems))
            .collect(),
    })
}

fn read_user(entry: &Located<&Node>, problems: &Problems) -> Option<DocumentUser> {
    let mut fields = Fields::of(entry.value, &entry.place, problems)?;
    let id = fields.checked("id", |text| ids::check_id("user id", text));
    let username = fields.checked("username", ids::check_username);
    let full_name = fields.checked("fullName", ids::check_full_name).map(|name| name.value);
    let user = DocumentUser {
        place: entry.place.clone(),
        id,
        username,
        full_name,
        password: read_password(&mut fields),
        basic_auth: fields.boolean("basicAuth", true),
        blocked: fields.boolean("blocked", false),
        privileges: fields.privileges("privileges", PrivilegeKind::Zone),
    };
    fields.refuse_others();
    Some(user)
}

/// Neither the password nor the hash is ever repeated in a message.
fn read_password(fields: &mut Fields<'_>) -> Option<Password> {
    let plain = fields.text("password");
    let hashed = fields.text("passwordHash");
    if let (Some(_), Some(hashed)) = (&plain, &hashed) {
        fields.problems.add(&hashed.place, "a user has `password` or `passwordHash`, not both; remove one");
    }
    let hashed = hashed.and_then(|hashed| {
        let hash = password::StoredPasswordHash::from_base64(&hashed.value);
        let hash = fields.problems.check(&hashed.place, hash)?;
        Some(Password::Hashed(PasswordHash::new(hash.as_bytes().as_slice())))
    });
    let plain = plain.and_then(|plain| {
        let value = Zeroizing::new(plain.value);
        fields.problems.check(&plain.place, password::check_new_password(&value))?;
        Some(Password::Plain(value))
    });
    plain.or(hashed)
}

fn read_group(entry: &Located<&Node>, problems: &Problems) -> Option<DocumentGroup> {
    let mut fields = Fields::of(entry.value, &entry.place, problems)?;
    let id = fields.checked("id", |text| ids::check_id("group id", text));
    let id = fields.required("id", id);
    let name = fields.checked("name", |text| ids::check_name("group name", text)).map(|name| name.value);
    let privileges = fields.privileges("privileges", PrivilegeKind::Zone);
    let (users, groups) = (fields.texts("users"), fields.texts("groups"));
    fields.refuse_others();
    Some(DocumentGroup { id: id?, name, privileges, users, groups })
}

fn read_provider(entry: &Located<&Node>, problems: &Problems) -> Option<DocumentProvider> {
    let mut fields = Fields::of(entry.value, &entry.place, problems)?;
    let id = fields.checked("id", |text| ids::check_id("provider id", text));
    let id = fields.required("id", id);
    let name = fields.checked("name", |text| ids::check_name("provider name", text)).map(|name| name.value);
    let (mut users, mut groups) = (Vec::new(), Vec::new());
    if let Some(cluster) = fields.take("cluster")
        && let Some(mut cluster) = Fields::of(cluster.value, &cluster.place, problems)
    {
        users = cluster.members("users");
        groups = cluster.members("groups");
        cluster.refuse_others();
    }
    fields.refuse_others();
    Some(DocumentProvider { id: id?, name, users, groups })
}

fn read_space(entry: &Located<&Node>, problems: &Problems) -> Option<DocumentSpace> {
    let mut fields = Fields::of(entry.value, &entry.place, problems)?;
    let id = fields.checked("id", |text| ids::check_id("space id", text));
    let name = fields.checked("name", |text| ids::check_name("space name", text));
    let (users, groups, providers) =
        (fields.texts("users"), fields.texts("groups"), fields.texts("providers"));
    fields.refuse_others();
    Some(DocumentSpace { place: entry.place.clone(), id, name, users, groups, providers })
}

/// One of `tokens`.
pub(crate) fn read_token(entry: &Located<&Node>, problems: &Problems) -> Option<DocumentToken> {
    let mut fields = Fields::of(entry.value, &entry.place, problems)?;
    let id = fields.checked("id", |text| ids::check_id("token id", text));
    let name = fields.checked("name", |text| ids::check_name("token name", text));
    let name = fields.required("name", name);
    let subject = fields.subject("subject");
    let token_type = fields.take("type").and_then(|node| read_type(&node, problems)).unwrap_or_default();
    let secret = fields.secret("secret");
    let caveats = fields.list("caveats");
    let caveats = caveats.iter().filter_map(|node| caveat::read(node, problems)).collect();
    let revoked = fields.boolean("revoked", false);
    let version = match fields.text("version") {
        // An identifier of today separates its parts by slashes, so that an id with one can only be of old.
        None if id.as_ref().is_some_and(|id| id.value.contains('/')) => onezone_store::LEGACY_TOKEN_VERSION,
        None => onezone_store::CURRENT_TOKEN_VERSION,
        Some(version) if version.value == "1" => onezone_store::LEGACY_TOKEN_VERSION,
        Some(version) => {
            if version.value != "2" {
                problems.add(&version.place, "a token's version is 1 or 2; leave it out for tokens of today");
            }
            onezone_store::CURRENT_TOKEN_VERSION
        }
    };
    fields.refuse_others();
    let place = entry.place.clone();
    Some(DocumentToken {
        place,
        id,
        name: name?,
        subject: subject?,
        token_type,
        secret,
        caveats,
        revoked,
        version,
    })
}

fn read_temporary(entry: &Located<&Node>, problems: &Problems) -> Option<DocumentTemporaryToken> {
    let mut fields = Fields::of(entry.value, &entry.place, problems)?;
    let subject = fields.subject("subject");
    let secret = fields.secret("secret");
    let secret = fields.required("secret", secret);
    let generation = match fields.text("generation") {
        None => Some(1),
        Some(text) => {
            let number = text.value.parse().ok().filter(|number| *number >= 1);
            if number.is_none() {
                problems.add(&text.place, "a generation is a whole number from 1 upwards");
            }
            number
        }
    };
    fields.refuse_others();
    Some(DocumentTemporaryToken { subject: subject?, secret: secret?, generation: generation? })
}

fn read_type(node: &Located<&Node>, problems: &Problems) -> Option<TokenType> {
    let json = to_json(node.value);
    let token_type = onezone_tokens::TokenType::from_json(&json);
    let token_type = problems.check(&node.place, token_type)?;
    problems.check(&node.place, names::to_store_type(&token_type))
}

fn to_json(node: &Node) -> serde_json::Value {
    match &node.content {
        Content::Scalar { .. } if node.is_null() => serde_json::Value::Null,
        Content::Scalar { text, .. } => text.as_str().into(),
        Content::Sequence(nodes) => nodes.iter().map(to_json).collect(),
        Content::Mapping(entries) => {
            entries.iter().map(|(key, node)| (key.text.clone(), to_json(node))).collect()
        }
    }
}

/// The entries of a mapping, taken one by one; what is left at the end is unknown.
struct Fields<'a> {
    place: &'a Place,
    problems: &'a Problems,
    left: Vec<&'a (Key, Node)>,
    known: Vec<&'static str>,
}

impl<'a> Fields<'a> {
    fn of(node: &'a Node, place: &'a Place, problems: &'a Problems) -> Option<Self> {
        if node.is_null() {
            return Some(Self { place, problems, left: Vec::new(), known: Vec::new() });
        }
        let Content::Mapping(entries) = &node.content else {
            problems.add(place, "keys with values are expected here");
            return None;
        };
        let mut left: Vec<&(Key, Node)> = Vec::with_capacity(entries.len());
        let mut seen = BTreeSet::new();
        for entry in entries {
            let (key, _) = entry;
            if seen.insert(&key.text) {
                left.push(entry);
            } else {
                let message = format!("`{}` is written twice; keep one of the two", key.text);
                problems.add(&place.key(&key.text, key.line), message);
            }
        }
        Some(Self { place, problems, left, known: Vec::new() })
    }

    /// The value under a key; one that is written as nothing counts as absent.
    fn take(&mut self, name: &'static str) -> Option<Located<&'a Node>> {
        self.known.push(name);
        let index = self.left.iter().position(|(key, _)| key.text == name)?;
        let (key, node) = self.left.remove(index);
        // An empty value stands where its key does.
        let line = if node.is_null() { key.line } else { node.line };
        (!node.is_null()).then(|| Located { value: node, place: self.place.key(name, line) })
    }

    fn text(&mut self, name: &'static str) -> Option<Located<String>> {
        self.take(name).and_then(|node| self.as_text(&node))
    }

    /// A text that follows a rule. One that does not is reported and given back all the same, so that whatever
    /// refers to it is not reported on top.
    fn checked<E: std::fmt::Display>(
        &mut self,
        name: &'static str,
        check: impl Fn(&str) -> Result<(), E>,
    ) -> Option<Located<String>> {
        let text = self.text(name)?;
        self.problems.check(&text.place, check(&text.value));
        Some(text)
    }

    /// Reports a value that is absent; one that was refused has been reported already.
    fn required<T>(&self, name: &'static str, value: Option<T>) -> Option<T> {
        if value.is_none() && !self.reported(name) {
            self.problems.add(self.place, format!("`{name}` is missing"));
        }
        value
    }

    fn boolean(&mut self, name: &'static str, default: bool) -> bool {
        match self.text(name) {
            None => default,
            Some(Located { value, .. }) if value == "true" => true,
            Some(Located { value, .. }) if value == "false" => false,
            Some(Located { place, .. }) => {
                self.problems.add(&place, "true or false is expected here");
                default
            }
        }
    }

    fn secret(&mut self, name: &'static str) -> Option<Secret> {
        let text = self.text(name)?;
        if text.value.is_empty() {
            self.problems.add(&text.place, "a secret cannot be empty");
            return None;
        }
        Some(Secret::new(text.value))
    }

    fn subject(&mut self, name: &'static str) -> Option<Located<Subject>> {
        let text = self.text(name);
        let text = self.required(name, text)?;
        let value = self.problems.check(&text.place, text.value.parse())?;
        Some(Located { value, place: text.place })
    }

    fn list(&mut self, name: &'static str) -> Vec<Located<&'a Node>> {
        let Some(Located { value: node, place }) = self.take(name) else { return Vec::new() };
        let Content::Sequence(nodes) = &node.content else {
            self.problems.add(&place, "a list is expected here");
            return Vec::new();
        };
        let located =
            |(index, node): (usize, &'a Node)| Located { value: node, place: place.index(index, node.line) };
        nodes.iter().enumerate().map(located).collect()
    }

    fn texts(&mut self, name: &'static str) -> Vec<Located<String>> {
        self.list(name).iter().filter_map(|node| self.as_text(node)).collect()
    }

    fn privileges(&mut self, name: &'static str, kind: PrivilegeKind) -> Privileges {
        self.take(name).map(|node| self.as_privileges(&node, kind)).unwrap_or_default()
    }

    /// Members of a cluster with what they may do there.
    fn members(&mut self, name: &'static str) -> Vec<(Located<String>, Privileges)> {
        let Some(Located { value: node, place }) = self.take(name) else { return Vec::new() };
        let Some(fields) = Fields::of(node, &place, self.problems) else { return Vec::new() };
        let member = |(key, node): &&(Key, Node)| {
            let value = key.text.clone();
            let place = place.key(&value, key.line);
            let privileges = Located { value: node, place: Place { line: node.line, ..place.clone() } };
            let privileges = if node.is_null() {
                Privileges::new()
            } else {
                self.as_privileges(&privileges, PrivilegeKind::Cluster)
            };
            (Located { value, place }, privileges)
        };
        fields.left.iter().map(member).collect()
    }

    /// A preset, or a list of names.
    fn as_privileges(&self, node: &Located<&Node>, kind: PrivilegeKind) -> Privileges {
        let mut privileges = Privileges::new();
        match &node.value.content {
            Content::Scalar { text, .. } => match names::preset(kind, text) {
                Some(names) => privileges.extend(names.iter().map(|name| (*name).to_owned())),
                None => self.problems.add(&node.place, names::unknown_preset(kind, text)),
            },
            Content::Sequence(nodes) => {
                for (index, entry) in nodes.iter().enumerate() {
                    let place = node.place.index(index, entry.line);
                    let Some(name) = self.as_text(&Located { value: entry, place }) else { continue };
                    if names::is_privilege(kind, &name.value) {
                        privileges.insert(name.value);
                    } else {
                        self.problems.add(&name.place, names::unknown_privilege(kind, &name.value));
                    }
                }
            }
            Content::Mapping(_) => {
                self.problems.add(&node.place, "a preset or a list of privileges is expected here");
            }
        }
        privileges
    }

    fn as_text(&self, node: &Located<&Node>) -> Option<Located<String>> {
        match &node.value.content {
            Content::Scalar { text, .. } if !node.value.is_null() => {
                Some(Located { value: text.clone(), place: node.place.clone() })
            }
            _ => {
                self.problems.add(&node.place, "a single text is expected here");
                None
            }
        }
    }

    fn reported(&self, name: &str) -> bool {
        let path = self.place.key(name, 0).path;
        self.problems.mentions(&path)
    }

    fn refuse_others(self) {
        for (key, _) in &self.left {
            let known = self.known.join("`, `");
            let message = format!("unknown key; known here: `{known}`");
            self.problems.add(&self.place.key(&key.text, key.line), message);
        }
    }
}
