//! The spaces of a document, with the ids that they have or get.

use std::collections::{BTreeMap, BTreeSet};

use onezone_store::Space;

use super::document::DocumentSpace;
use super::problems::{Located, Place};
use super::resolve::{Known, Resolver};

impl Resolver<'_> {
    /// A space without an id is the stored one of its name, if there is one; names need not be unique, so that it
    /// may take the id to tell which is meant.
    pub(super) fn spaces(&self, spaces: Vec<DocumentSpace>, known: &Known<'_>) -> Vec<Space> {
        let mut by_name: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for space in &self.current.spaces {
            by_name.entry(&space.name).or_default().push(&space.id);
        }
        let given: BTreeSet<String> =
            spaces.iter().filter_map(|space| space.id.as_ref()).map(|id| id.value.clone()).collect();
        let (mut resolved, mut ids, mut nameless) = (Vec::new(), Vec::new(), BTreeMap::new());
        for space in spaces {
            known.require_all("user", &known.users, space.users.iter());
            known.require_all("group", &known.groups, space.groups.iter());
            known.require_all("provider", &known.providers, space.providers.iter());
            let mut found = None;
            match (&space.id, &space.name) {
                (Some(_), _) => {}
                (None, Some(name)) => match space_of_name(name, &by_name, &given, &mut nameless) {
                    Ok(id) => found = id,
                    Err(message) => {
                        self.problems.add(&name.place, message);
                        continue;
                    }
                },
                (None, None) => {
                    self.report_unless(&["id", "name"], &space.place, "a space needs an `id` or a `name`");
                    continue;
                }
            }
            let id_place = space.id.as_ref().map_or(&space.place, |id| &id.place).clone();
            let Some(id) = self.id(space.id, found, &space.place) else { continue };
            ids.push(Located { value: id.clone(), place: id_place });
            let texts = |list: Vec<Located<String>>| list.into_iter().map(|id| id.value).collect();
            resolved.push(Space {
                groups: texts(space.groups),
                name: space.name.map_or_else(|| id.clone(), |name| name.value),
                id,
                providers: texts(space.providers),
                users: texts(space.users),
            });
        }
        self.refuse_duplicates("space id", &ids);
        resolved
    }

    /// Adds a mistake, unless one of the keys that would have helped was there and has been reported already.
    fn report_unless(&self, keys: &[&str], place: &Place, message: &str) {
        if !keys.iter().any(|key| self.problems.mentions(&place.key(key, 0).path)) {
            self.problems.add(place, message);
        }
    }
}

/// The id of the stored space that an entry without an id means by its name; an entry beside it may name that
/// id for itself.
fn space_of_name(
    name: &Located<String>,
    by_name: &BTreeMap<&str, Vec<&str>>,
    given: &BTreeSet<String>,
    nameless: &mut BTreeMap<String, usize>,
) -> Result<Option<String>, String> {
    let Located { value: name, place } = name;
    if let Some(line) = nameless.insert(name.clone(), place.line) {
        return Err(format!(
            "the space in line {line} has this name and no id either; give one of them an `id`"
        ));
    }
    let stored = by_name.get(name.as_str()).map_or(&[][..], Vec::as_slice);
    let mut free = stored.iter().filter(|id| !given.contains(**id));
    match (free.next(), free.next()) {
        (Some(id), None) => Ok(Some((*id).to_owned())),
        (Some(one), Some(other)) => Err(format!(
            "there are several spaces of this name, with the ids `{one}` and `{other}`; give the `id`"
        )),
        (None, _) => Ok(None),
    }
}
