//! What a token is for: access, identity, or one of the invitations.

use std::fmt;

use serde_json::{Map, Value, json};

use crate::InputError;

/// The type of a token. `Display` is the serialized form, such as `act`. `Debug` does not show the session, whose id
/// is half of what logs a browser in.
#[derive(Clone, PartialEq, Eq)]
pub enum TokenType {
    /// Carries the authority of its subject.
    Access {
        /// The GUI session that the token is bound to, if any.
        session: Option<String>,
    },
    /// Proves who its subject is, and nothing else.
    Identity,
    /// Invites whoever consumes it.
    Invite {
        /// The kind of invitation.
        invite: InviteType,
        /// The id of what the invitation is to.
        entity_id: String,
    },
}

impl TokenType {
    /// An access token that is not bound to a session.
    pub const ACCESS: Self = Self::Access { session: None };

    /// Reads the serialized form; `None` when it is not one.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "act" => return Some(Self::ACCESS),
            "idn" => return Some(Self::Identity),
            _ => {}
        }
        if let Some(session) = text.strip_prefix("act:") {
            return (!session.is_empty()).then(|| Self::Access { session: Some(session.to_owned()) });
        }
        let mut parts = text.split(':');
        // The parameters are written for older releases only; their text is ignored when read.
        let (Some(code), Some(entity_id), Some(_parameters), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return None;
        };
        let invite = InviteType::from_code(code)?;
        (!entity_id.is_empty()).then(|| Self::Invite { invite, entity_id: entity_id.to_owned() })
    }

    /// The form of descriptions, such as `identity token`.
    pub fn printable(&self) -> String {
        match self {
            Self::Access { session: None } => "access token".to_owned(),
            Self::Access { session: Some(session) } => format!("access token for session \"{session}\""),
            Self::Identity => "identity token".to_owned(),
            Self::Invite { invite, entity_id } => {
                format!("invite token {} \"{entity_id}\"", invite.row().purpose)
            }
        }
    }

    /// The JSON form, such as `{"accessToken":{}}`.
    pub fn to_json(&self) -> Value {
        match self {
            Self::Access { session: None } => json!({ "accessToken": {} }),
            Self::Access { session: Some(session) } => json!({ "accessToken": { "sessionId": session } }),
            Self::Identity => json!({ "identityToken": {} }),
            Self::Invite { invite, entity_id } => {
                let mut token = Map::new();
                token.insert("inviteType".to_owned(), invite.name().into());
                token.insert(invite.id_key().to_owned(), entity_id.as_str().into());
                token.insert("parameters".to_owned(), json!({}));
                json!({ "inviteToken": token })
            }
        }
    }

    /// Reads the JSON form, and the short texts `accessToken` and `identityToken`. `parameters` may be left
    /// out.
    pub fn from_json(value: &Value) -> Result<Self, InputError> {
        Self::read_json(value).ok_or_else(|| InputError::Form {
            what: "token type",
            text: value.to_string(),
            expected: "\"accessToken\", \"identityToken\" or {\"inviteToken\": {\"inviteType\": …, \"<…>Id\": …}}",
        })
    }

    fn read_json(value: &Value) -> Option<Self> {
        if let Some(name) = value.as_str() {
            return match name {
                "accessToken" => Some(Self::ACCESS),
                "identityToken" => Some(Self::Identity),
                _ => None,
            };
        }
        let object = value.as_object()?;
        let mut entries = object.iter();
        let (Some((name, body)), None) = (entries.next(), entries.next()) else {
            return None;
        };
        let body = body.as_object()?;
        match name.as_str() {
            "accessToken" => match body.get("sessionId") {
                None if body.is_empty() => Some(Self::ACCESS),
                Some(Value::String(session)) if body.len() == 1 && !session.is_empty() => {
                    Some(Self::Access { session: Some(session.clone()) })
                }
                _ => None,
            },
            "identityToken" if body.is_empty() => Some(Self::Identity),
            "inviteToken" => Self::read_invite(body),
            _ => None,
        }
    }

    fn read_invite(body: &Map<String, Value>) -> Option<Self> {
        let name = body.get("inviteType")?.as_str()?;
        let invite = InviteType::ALL.into_iter().find(|invite| invite.name() == name)?;
        let entity_id = body.get(invite.id_key())?.as_str()?;
        let known = |key: &String| key == "inviteType" || key == "parameters" || key == invite.id_key();
        (!entity_id.is_empty() && body.keys().all(known))
            .then(|| Self::Invite { invite, entity_id: entity_id.to_owned() })
    }
}

impl fmt::Display for TokenType {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Access { session: None } => formatter.write_str("act"),
            Self::Access { session: Some(session) } => write!(formatter, "act:{session}"),
            Self::Identity => formatter.write_str("idn"),
            Self::Invite { invite, entity_id } => {
                // Release 20.02 reads the parameters of this one invitation.
                let parameters = if *invite == InviteType::SupportSpace { "ge" } else { "" };
                write!(formatter, "{}:{entity_id}:{parameters}", invite.code())
            }
        }
    }
}

impl fmt::Debug for TokenType {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Access { session: None } => formatter.write_str("Access"),
            Self::Access { session: Some(_) } => formatter.write_str("Access(session redacted)"),
            Self::Identity => formatter.write_str("Identity"),
            Self::Invite { invite, entity_id } => {
                formatter.debug_tuple("Invite").field(invite).field(entity_id).finish()
            }
        }
    }
}

/// The kinds of invitations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum InviteType {
    /// A user joins a group.
    UserJoinGroup,
    /// A group joins a group.
    GroupJoinGroup,
    /// A user joins a space.
    UserJoinSpace,
    /// A group joins a space.
    GroupJoinSpace,
    /// A Oneprovider supports a space.
    SupportSpace,
    /// A harvester becomes a metadata sink of a space.
    HarvesterJoinSpace,
    /// A Oneprovider registers.
    RegisterOneprovider,
    /// A user joins a cluster.
    UserJoinCluster,
    /// A group joins a cluster.
    GroupJoinCluster,
    /// A user joins a harvester.
    UserJoinHarvester,
    /// A group joins a harvester.
    GroupJoinHarvester,
    /// A space becomes a metadata source of a harvester.
    SpaceJoinHarvester,
    /// A user joins an automation inventory.
    UserJoinAtmInventory,
    /// A group joins an automation inventory.
    GroupJoinAtmInventory,
}

/// The names of one invitation.
struct Row {
    code: &'static str,
    name: &'static str,
    id_key: &'static str,
    purpose: &'static str,
}

impl InviteType {
    /// Every kind of invitation.
    pub const ALL: [Self; 14] = [
        Self::UserJoinGroup,
        Self::GroupJoinGroup,
        Self::UserJoinSpace,
        Self::GroupJoinSpace,
        Self::SupportSpace,
        Self::HarvesterJoinSpace,
        Self::RegisterOneprovider,
        Self::UserJoinCluster,
        Self::GroupJoinCluster,
        Self::UserJoinHarvester,
        Self::GroupJoinHarvester,
        Self::SpaceJoinHarvester,
        Self::UserJoinAtmInventory,
        Self::GroupJoinAtmInventory,
    ];

    /// The kind with this code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|invite| invite.code() == code)
    }

    /// The three-letter code of the serialized form.
    pub fn code(self) -> &'static str {
        self.row().code
    }

    /// The name of the JSON form.
    pub fn name(self) -> &'static str {
        self.row().name
    }

    /// The JSON key of the id of what the invitation is to.
    pub fn id_key(self) -> &'static str {
        self.row().id_key
    }

    fn row(self) -> Row {
        let (code, name, id_key, purpose) = match self {
            Self::UserJoinGroup => ("ujg", "userJoinGroup", "groupId", "for a user to join group"),
            Self::GroupJoinGroup => ("gjg", "groupJoinGroup", "groupId", "for a group to join group"),
            Self::UserJoinSpace => ("ujs", "userJoinSpace", "spaceId", "for a user to join space"),
            Self::GroupJoinSpace => ("gjs", "groupJoinSpace", "spaceId", "for a group to join space"),
            Self::SupportSpace => ("ssp", "supportSpace", "spaceId", "to grant support for space"),
            Self::HarvesterJoinSpace => (
                "hjs",
                "harvesterJoinSpace",
                "spaceId",
                "for a harvester to become a metadata sink for space",
            ),
            Self::RegisterOneprovider => {
                ("rop", "registerOneprovider", "adminUserId", "to register a Oneprovider for admin user")
            }
            Self::UserJoinCluster => ("ujc", "userJoinCluster", "clusterId", "for a user to join cluster"),
            Self::GroupJoinCluster => ("gjc", "groupJoinCluster", "clusterId", "for a group to join cluster"),
            Self::UserJoinHarvester => {
                ("ujh", "userJoinHarvester", "harvesterId", "for a user to join harvester")
            }
            Self::GroupJoinHarvester => {
                ("gjh", "groupJoinHarvester", "harvesterId", "for a group to join harvester")
            }
            Self::SpaceJoinHarvester => (
                "sjh",
                "spaceJoinHarvester",
                "harvesterId",
                "for a space to become a metadata source for harvester",
            ),
            Self::UserJoinAtmInventory => {
                ("uji", "userJoinAtmInventory", "atmInventoryId", "for a user to join automation inventory")
            }
            Self::GroupJoinAtmInventory => {
                ("gji", "groupJoinAtmInventory", "atmInventoryId", "for a group to join automation inventory")
            }
        };
        Row { code, name, id_key, purpose }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn access_and_identity_tokens_have_their_three_forms() {
        let bound = json!({"accessToken": {"sessionId": "s:1"}});
        for (text, json, printable) in [
            ("act", json!({"accessToken": {}}), "access token"),
            ("act:s:1", bound, "access token for session \"s:1\""),
            ("idn", json!({"identityToken": {}}), "identity token"),
        ] {
            let token_type = TokenType::parse(text).unwrap();
            assert_eq!(token_type.to_string(), text);
            assert_eq!(token_type.to_json(), json);
            assert_eq!(token_type.printable(), printable);
            assert_eq!(TokenType::from_json(&json), Ok(token_type));
        }
    }

    #[test]
    fn every_invitation_has_its_three_forms() {
        let rows = [
            ("ujg", "userJoinGroup", "groupId", "for a user to join group"),
            ("gjg", "groupJoinGroup", "groupId", "for a group to join group"),
            ("ujs", "userJoinSpace", "spaceId", "for a user to join space"),
            ("gjs", "groupJoinSpace", "spaceId", "for a group to join space"),
            ("ssp", "supportSpace", "spaceId", "to grant support for space"),
            ("hjs", "harvesterJoinSpace", "spaceId", "for a harvester to become a metadata sink for space"),
            ("rop", "registerOneprovider", "adminUserId", "to register a Oneprovider for admin user"),
            ("ujc", "userJoinCluster", "clusterId", "for a user to join cluster"),
            ("gjc", "groupJoinCluster", "clusterId", "for a group to join cluster"),
            ("ujh", "userJoinHarvester", "harvesterId", "for a user to join harvester"),
            ("gjh", "groupJoinHarvester", "harvesterId", "for a group to join harvester"),
            (
                "sjh",
                "spaceJoinHarvester",
                "harvesterId",
                "for a space to become a metadata source for harvester",
            ),
            ("uji", "userJoinAtmInventory", "atmInventoryId", "for a user to join automation inventory"),
            ("gji", "groupJoinAtmInventory", "atmInventoryId", "for a group to join automation inventory"),
        ];
        assert_eq!(rows.len(), InviteType::ALL.len());
        for (code, name, key, purpose) in rows {
            let parameters = if code == "ssp" { "ge" } else { "" };
            let token_type = TokenType::parse(&format!("{code}:X:ignored")).unwrap();
            assert_eq!(token_type.to_string(), format!("{code}:X:{parameters}"));
            assert_eq!(token_type.printable(), format!("invite token {purpose} \"X\""));
            let json = token_type.to_json();
            assert_eq!(
                json.to_string(),
                format!(r#"{{"inviteToken":{{"inviteType":"{name}","{key}":"X","parameters":{{}}}}}}"#)
            );
            assert_eq!(TokenType::from_json(&json), Ok(token_type));
        }
    }

    #[test]
    fn debug_does_not_show_the_session() {
        let shown = format!("{:?}", TokenType::parse("act:hush").unwrap());
        assert_eq!(shown, "Access(session redacted)");
    }

    #[test]
    fn other_texts_are_no_type() {
        for text in
            ["", "act:", "ACT", "idn:", "ujg", "ujg:X", "ujg::", "ujg:X::", "ujg:X:Y:Z", "abc:X:", "act "]
        {
            assert_eq!(TokenType::parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn other_json_is_no_type() {
        assert_eq!(TokenType::from_json(&json!("accessToken")), Ok(TokenType::ACCESS));
        for json in [
            json!("access"),
            json!(1),
            json!({}),
            json!({"accessToken": {}, "identityToken": {}}),
            json!({"accessToken": {"sessionId": ""}}),
            json!({"accessToken": {"x": 1}}),
            json!({"identityToken": {"x": 1}}),
            json!({"inviteToken": {"inviteType": "userJoinGroup"}}),
            json!({"inviteToken": {"inviteType": "userJoinGroup", "spaceId": "X"}}),
            json!({"inviteToken": {"inviteType": "userJoinGroup", "groupId": "X", "more": 1}}),
            json!({"inviteToken": {"inviteType": "nope", "groupId": "X"}}),
        ] {
            assert!(TokenType::from_json(&json).is_err(), "{json}");
        }
    }
}
