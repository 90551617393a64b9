//! Which record people mean: by its id, by the name they know it by, or by the prefixed id that lists and logs show.

use anyhow::bail;
use onezone_store::{Group, Member, Provider, Space, User, Zone};

use crate::suggest;

/// The place of a user among those of the zone.
pub(super) fn user(zone: &Zone, text: &str) -> anyhow::Result<usize> {
    let names = |user: &User| (user.id.clone(), user.username.clone());
    position(&zone.users.iter().map(names).collect::<Vec<_>>(), "user", "usr-", text)
}

/// The place of a group among those of the zone.
pub(super) fn group(zone: &Zone, text: &str) -> anyhow::Result<usize> {
    let names = |group: &Group| (group.id.clone(), Some(group.name.clone()));
    position(&zone.groups.iter().map(names).collect::<Vec<_>>(), "group", "grp-", text)
}

/// The place of a provider among those of the zone.
pub(super) fn provider(zone: &Zone, text: &str) -> anyhow::Result<usize> {
    let names = |provider: &Provider| (provider.id.clone(), Some(provider.name.clone()));
    position(&zone.providers.iter().map(names).collect::<Vec<_>>(), "provider", "prv-", text)
}

/// The place of a space among those of the zone.
pub(super) fn space(zone: &Zone, text: &str) -> anyhow::Result<usize> {
    let names = |space: &Space| (space.id.clone(), Some(space.name.clone()));
    position(&zone.spaces.iter().map(names).collect::<Vec<_>>(), "space", "spc-", text)
}

/// The users and groups that are meant, by their ids.
pub(super) fn members(zone: &Zone, users: &[String], groups: &[String]) -> anyhow::Result<Vec<Member>> {
    let users = users.iter().map(|text| Ok(Member::User(zone.users[user(zone, text)?].id.clone())));
    let groups = groups.iter().map(|text| Ok(Member::Group(zone.groups[group(zone, text)?].id.clone())));
    users.chain(groups).collect()
}

/// The record of this id; else the only one of this name; else the one whose prefixed id this is. A text that is the id of one
/// record and the name of another names nobody, since the wrong one might be removed.
fn position(
    records: &[(String, Option<String>)],
    kind: &str,
    prefix: &str,
    text: &str,
) -> anyhow::Result<usize> {
    let by_id = records.iter().position(|(id, _)| id == text);
    let named: Vec<usize> = (0..records.len())
        .filter(|place| records[*place].1.as_deref() == Some(text) && Some(*place) != by_id)
        .collect();
    match (by_id, named.as_slice()) {
        (Some(place), []) | (None, &[place]) => return Ok(place),
        (None, []) => {}
        (by_id, others) => {
            let ids: Vec<&str> = by_id.iter().chain(others).map(|place| records[*place].0.as_str()).collect();
            bail!("{text:?} can be several {kind}s: write {prefix}ID with one of the ids {}", ids.join(", "));
        }
    }
    if let Some(id) = text.strip_prefix(prefix)
        && let Some(place) = records.iter().position(|(known, _)| known == id)
    {
        return Ok(place);
    }
    let known = records.iter().flat_map(|(id, name)| std::iter::once(id).chain(name));
    let hint = match suggest::nearest(text, known.map(String::as_str)) {
        Some(near) => format!("did you mean {near:?}?"),
        None if records.is_empty() => format!("there is none; `onezone-server {kind} add` adds one"),
        None => format!("`onezone-server {kind} list` shows those there are"),
    };
    bail!("{kind} {text:?} does not exist: {hint}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Result<usize, String> {
        let record = |id: &str, name: &str| (id.to_owned(), Some(name.to_owned()));
        let records =
            vec![record("u1", "alice"), record("u2", "bob"), record("u3", "bob"), record("alice2", "u2")];
        position(&records, "user", "usr-", text).map_err(|error| error.to_string())
    }

    #[test]
    fn a_record_is_named_by_its_id_its_name_or_its_prefixed_id() {
        for (text, place) in [("u1", 0), ("alice", 0), ("usr-u2", 1), ("usr-u1", 0), ("alice2", 3)] {
            assert_eq!(found(text), Ok(place), "{text}");
        }
    }

    #[test]
    fn what_can_be_several_is_refused_and_what_is_mistyped_gets_a_suggestion() {
        let error = found("bob").unwrap_err();
        assert!(error.ends_with("write usr-ID with one of the ids u2, u3"), "{error}");
        // The id of one user is the name of another.
        assert!(found("u2").unwrap_err().contains("several users"));
        assert!(found("alicf").unwrap_err().ends_with("did you mean \"alice\"?"));
        assert!(found("nobody").unwrap_err().ends_with("`onezone-server user list` shows those there are"));
    }
}
