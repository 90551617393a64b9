//! Names that people write (privileges, presets, types, caveats) and what is said about those that do not exist.

use anyhow::{Context as _, anyhow};
use onezone_store::{Privileges, TokenType};
use onezone_tokens::{Caveat, privileges};

use crate::suggest;

/// Which privileges are meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PrivilegeKind {
    /// Of the zone: `oz_...`.
    Zone,
    /// In a provider's cluster: `cluster_...`.
    Cluster,
}

/// The names of the presets.
pub(crate) fn preset_names(kind: PrivilegeKind) -> &'static [&'static str] {
    match kind {
        PrivilegeKind::Zone => &["viewer", "admin"],
        PrivilegeKind::Cluster => &["member", "manager", "admin"],
    }
}

/// All privileges of a kind.
pub(crate) fn privilege_names(kind: PrivilegeKind) -> &'static [&'static str] {
    match kind {
        PrivilegeKind::Zone => &privileges::ZONE_PRIVILEGES,
        PrivilegeKind::Cluster => &privileges::CLUSTER_PRIVILEGES,
    }
}

/// What a preset stands for.
pub(crate) fn preset(kind: PrivilegeKind, name: &str) -> Option<&'static [&'static str]> {
    match kind {
        PrivilegeKind::Zone => privileges::zone_preset(name),
        PrivilegeKind::Cluster => privileges::cluster_preset(name),
    }
}

/// Whether there is a privilege of this name.
pub(crate) fn is_privilege(kind: PrivilegeKind, name: &str) -> bool {
    privilege_names(kind).contains(&name)
}

/// What is said about a privilege that does not exist.
pub(crate) fn unknown_privilege(kind: PrivilegeKind, name: &str) -> String {
    let hint = match suggest::nearest(name, privilege_names(kind).iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => "`onezone-server zone schema` lists them".to_owned(),
    };
    format!("`{name}` is not a {} privilege; {hint}", describe(kind))
}

/// What is said about a preset that does not exist.
pub(crate) fn unknown_preset(kind: PrivilegeKind, name: &str) -> String {
    let presets = preset_names(kind).join("`, `");
    format!("`{name}` is not a preset; write `{presets}` or a list of {} privileges", describe(kind))
}

/// A caveat as people write it: in its serialized form, or as JSON.
pub(crate) fn parse_caveat(text: &str) -> Result<Caveat, String> {
    if text.trim_start().starts_with('{') {
        let json = serde_json::from_str(text).map_err(|error| format!("not a caveat: not JSON: {error}"))?;
        return Caveat::from_json(&json).map_err(|error| error.to_string());
    }
    Caveat::parse(text).ok_or_else(|| {
        format!("`{text}` is not a caveat; write one as `time < 1893456000` or `interface = rest`")
    })
}

/// Privileges in few words: a preset that they are, or all of their names.
pub(crate) fn summarize(kind: PrivilegeKind, privileges: &Privileges) -> String {
    match privileges.len() {
        0 => return "-".to_owned(),
        // A name says as much as the preset that it is.
        1 => return privileges.iter().cloned().collect(),
        _ => {}
    }
    let is = |name: &&&str| {
        let meant = preset(kind, name).unwrap_or_default();
        meant.len() == privileges.len() && meant.iter().all(|privilege| privileges.contains(*privilege))
    };
    match preset_names(kind).iter().find(is) {
        Some(name) => format!("{name} ({})", privileges.len()),
        None => privileges.iter().map(String::as_str).collect::<Vec<_>>().join(" "),
    }
}

/// The privileges that command-line values stand for, each a preset or the name of one.
pub(crate) fn collect_privileges(kind: PrivilegeKind, names: &[String]) -> anyhow::Result<Privileges> {
    let mut privileges = Privileges::new();
    for name in names {
        if let Some(preset) = preset(kind, name) {
            privileges.extend(preset.iter().map(|name| (*name).to_owned()));
        } else if is_privilege(kind, name) {
            privileges.insert(name.clone());
        } else {
            let presets = preset_names(kind).join("`, `");
            return Err(anyhow!("{}, and the presets are `{presets}`", unknown_privilege(kind, name)));
        }
    }
    Ok(privileges)
}

/// A token type as the store keeps it. Session-bound tokens belong to a log-in and are never stored.
pub(crate) fn to_store_type(token_type: &onezone_tokens::TokenType) -> anyhow::Result<TokenType> {
    use onezone_tokens::TokenType as Wire;
    match token_type {
        Wire::Access { session: None } => Ok(TokenType::AccessToken),
        Wire::Identity => Ok(TokenType::IdentityToken),
        Wire::Invite { invite, entity_id } => {
            let fields = [("inviteType", invite.name()), (invite.id_key(), entity_id)];
            let fields = fields.map(|(key, value)| (key.to_owned(), value.to_owned()));
            Ok(TokenType::InviteToken(fields.into()))
        }
        Wire::Access { session: Some(_) } => {
            Err(anyhow!("an access token bound to a session cannot be a named one; leave the session out"))
        }
    }
}

/// A stored token type as it is signed into a token.
pub(crate) fn from_store_type(token_type: &TokenType) -> anyhow::Result<onezone_tokens::TokenType> {
    let json = serde_json::to_value(token_type).context("the stored token type cannot be rendered")?;
    Ok(onezone_tokens::TokenType::from_json(&json)?)
}

/// A token type in one word or two, for listings.
pub(crate) fn describe_type(token_type: &TokenType) -> String {
    from_store_type(token_type).map_or_else(|_| "unknown".to_owned(), |known| known.printable())
}

fn describe(kind: PrivilegeKind) -> &'static str {
    match kind {
        PrivilegeKind::Zone => "zone",
        PrivilegeKind::Cluster => "cluster",
    }
}
