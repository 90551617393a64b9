//! A zone's whole state as one document. Everything is spelt out here: ids are given, presets of privileges are
//! resolved and passwords hashed by whoever reads a file that people write.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::{PasswordHash, Secret, Subject, secret};

/// The version of a token whose identifier carries its subject.
pub const CURRENT_TOKEN_VERSION: u8 = 2;
/// The version of a token whose identifier is its id and nothing else.
pub const LEGACY_TOKEN_VERSION: u8 = 1;

/// Names of privileges.
pub type Privileges = BTreeSet<String>;

/// The state of a zone. Lists that a store exports are sorted (tokens by subject and name, the rest by id).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Zone {
    /// Groups.
    pub groups: Vec<Group>,
    /// Providers, each with its cluster.
    pub providers: Vec<Provider>,
    /// Spaces.
    pub spaces: Vec<Space>,
    /// The secrets of temporary tokens, at most one a subject.
    pub temporary_tokens: Vec<TemporaryTokenSecret>,
    /// Named tokens.
    pub tokens: Vec<NamedToken>,
    /// Users.
    pub users: Vec<User>,
}

/// A user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct User {
    /// Whether the user may authenticate with a password.
    #[serde(default = "yes")]
    pub basic_auth: bool,
    /// Whether the user is refused whatever they present.
    #[serde(default)]
    pub blocked: bool,
    /// The name shown to people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub full_name: Option<String>,
    /// The user's id.
    pub id: String,
    /// The password's hash. Absent: the one stored stays.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "secret::base64_optional")]
    pub password_hash: Option<PasswordHash>,
    /// The user's own zone privileges.
    #[serde(default)]
    pub privileges: Privileges,
    /// The name to log in with, unique in the zone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
}

/// A group of users and groups.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Group {
    /// Ids of the subgroups, whose members are effective members of this group.
    #[serde(default)]
    pub groups: BTreeSet<String>,
    /// The group's id.
    pub id: String,
    /// The name shown to people.
    pub name: String,
    /// The zone privileges that every effective member has.
    #[serde(default)]
    pub privileges: Privileges,
    /// Ids of the users that are direct members.
    #[serde(default)]
    pub users: BTreeSet<String>,
}

/// A provider. Its cluster has the same id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Provider {
    /// Who belongs to the provider's cluster.
    #[serde(default)]
    pub cluster: Cluster,
    /// The provider's id.
    pub id: String,
    /// The name shown to people.
    pub name: String,
}

/// The members of a cluster with their privileges in it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Cluster {
    /// Group ids; a group's privileges are those of its effective members.
    pub groups: BTreeMap<String, Privileges>,
    /// User ids.
    pub users: BTreeMap<String, Privileges>,
}

/// A space: what users keep their data in, and providers give storage to. It makes its users effective users of its
/// providers, which may then use those users' tokens.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Space {
    /// Ids of the groups whose effective members have the space.
    #[serde(default)]
    pub groups: BTreeSet<String>,
    /// The space's id.
    pub id: String,
    /// The name shown to people; not necessarily unique.
    pub name: String,
    /// Ids of the providers that support the space.
    #[serde(default)]
    pub providers: BTreeSet<String>,
    /// Ids of the users who have the space directly.
    #[serde(default)]
    pub users: BTreeSet<String>,
}

/// A named token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NamedToken {
    /// What confines the token, in the caveats' serialized form and order.
    #[serde(default)]
    pub caveats: Vec<String>,
    /// The token's id, unique in the zone.
    pub id: String,
    /// Its name, unique within the subject.
    pub name: String,
    /// Whether it was revoked.
    #[serde(default)]
    pub revoked: bool,
    /// What it is signed with. Absent: the one stored stays.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "secret::exposed::optional")]
    pub secret: Option<Secret>,
    /// Whose token it is.
    pub subject: Subject,
    /// What it is good for.
    #[serde(rename = "type", default)]
    pub token_type: TokenType,
    /// 2, or 1 for tokens made before identifiers carried the subject.
    #[serde(default = "current_token_version", skip_serializing_if = "is_current_token_version")]
    pub version: u8,
}

/// What a token is good for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum TokenType {
    /// Acting as the subject.
    #[default]
    AccessToken,
    /// Proving to be the subject.
    IdentityToken,
    /// Inviting somebody: `inviteType` and the id of what the invitation is to, under the key of that type.
    InviteToken(BTreeMap<String, String>),
}

/// The secret of a subject's temporary tokens.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TemporaryTokenSecret {
    /// How often all temporary tokens of the subject were revoked, plus one.
    pub generation: i64,
    /// What they are signed with.
    #[serde(with = "secret::exposed")]
    pub secret: Secret,
    /// Whose tokens.
    pub subject: Subject,
}

fn yes() -> bool {
    true
}

fn current_token_version() -> u8 {
    CURRENT_TOKEN_VERSION
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_current_token_version(version: &u8) -> bool {
    *version == CURRENT_TOKEN_VERSION
}
