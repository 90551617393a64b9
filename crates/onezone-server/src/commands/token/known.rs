//! Every type of token and every kind of caveat, as help lists them, and the types as people write them.

use onezone_tokens::{InviteType, TokenType};
use serde_json::json;

/// The part of the help that lists all types and caveats. Its lines fit a terminal of 80 columns.
pub(super) const HELP: &str = "\
Types:
  accessToken             acts as its subject
  accessToken:SESSION     the same, bound to a GUI session, temporary only;
                          this server keeps no sessions and refuses it
  identityToken           proves who its subject is, and nothing else
  inviteToken:INVITE:ID   invites somebody to what has the id:
      userJoinGroup, groupJoinGroup                     ID is a groupId
      userJoinSpace, groupJoinSpace, supportSpace,
      harvesterJoinSpace                                ID is a spaceId
      registerOneprovider                               ID is an adminUserId
      userJoinCluster, groupJoinCluster                 ID is a clusterId
      userJoinHarvester, groupJoinHarvester,
      spaceJoinHarvester                                ID is a harvesterId
      userJoinAtmInventory, groupJoinAtmInventory       ID is an atmInventoryId
  or as JSON:
      '{\"inviteToken\": {\"inviteType\": \"userJoinGroup\", \"groupId\": \"ID\"}}'

Caveats, each in its serialized form; several values are joined with |:
  time < 1893456000                  until this time, in seconds since 1970
  ip = 10.0.0.0/8|192.0.2.1          from these IPv4 networks
  asn = 64496                        from this autonomous system
  geo.country = PL|FR                from these countries (!= for not from)
  geo.region != Asia                 not from this region (= for from)
  service = ozw-onezone|opw-*        used by these services
  consumer = usr-ID|grp-ID|prv-*     consumed by one of these
  interface = rest                   through rest, oneclient or graphsync
  api = ozw/get/token.*.*:*          for calls that match
  data.readonly                      to read data
  data.path = L3NwYWNlMS9kaXI=       for data below the path of this base64
  data.objectid = 00000000000CDBDA   for data below the file with this id
  authorization = none               to prove an identity; deprecated
  or as JSON:
      '{\"type\": \"time\", \"validUntil\": 1893456000}'";

/// Reads a type: a short text, or JSON.
pub(super) fn parse_type(text: &str) -> Result<TokenType, String> {
    if text.trim_start().starts_with('{') {
        let json = serde_json::from_str(text).map_err(|error| format!("not JSON: {error}"))?;
        return TokenType::from_json(&json).map_err(|error| error.to_string());
    }
    let json = match text.split_once(':') {
        None => json!(text),
        Some(("accessToken", session)) => json!({ "accessToken": { "sessionId": session } }),
        Some(("inviteToken", invitation)) => {
            let Some((name, id)) = invitation.split_once(':') else {
                return Err("write inviteToken:INVITE-TYPE:ID".to_owned());
            };
            let known = InviteType::ALL.into_iter().find(|invite| invite.name() == name);
            let Some(invite) = known else {
                let names = InviteType::ALL.map(InviteType::name).join(", ");
                return Err(format!("`{name}` is not an invite type; known: {names}"));
            };
            if id.is_empty() {
                return Err(format!("the {} is missing: write inviteToken:{name}:ID", invite.id_key()));
            }
            json!({ "inviteToken": { "inviteType": name, invite.id_key(): id } })
        }
        Some(_) => json!(null),
    };
    TokenType::from_json(&json)
        .map_err(|_| "write accessToken, identityToken or inviteToken:INVITE-TYPE:ID".to_owned())
}

#[cfg(test)]
mod tests {
    use onezone_tokens::Caveat;

    use super::*;

    #[test]
    fn help_lists_every_invitation_and_an_example_of_every_caveat() {
        for invite in InviteType::ALL {
            assert!(HELP.contains(invite.name()) && HELP.contains(invite.id_key()), "{}", invite.name());
            let text = format!("inviteToken:{}:X", invite.name());
            let expected = TokenType::Invite { invite, entity_id: "X".to_owned() };
            assert_eq!(parse_type(&text), Ok(expected.clone()));
            assert_eq!(parse_type(&expected.to_json().to_string()), Ok(expected));
        }
        let (_, caveats) = HELP.split_once("joined with |:\n").unwrap();
        let (caveats, _) = caveats.split_once("  or as JSON").unwrap();
        let mut kinds = std::collections::BTreeSet::new();
        for line in caveats.lines() {
            let (example, _) = line.trim().split_once("  ").unwrap();
            let caveat = Caveat::parse(example).unwrap_or_else(|| panic!("{example} is not a caveat"));
            kinds.insert(format!("{:?}", std::mem::discriminant(&caveat)));
        }
        assert_eq!(kinds.len(), 13);
    }

    #[test]
    fn types_are_written_as_texts_or_as_json() {
        let session = TokenType::Access { session: Some("s:1".to_owned()) };
        for (text, expected) in [
            ("accessToken", TokenType::ACCESS),
            ("accessToken:s:1", session),
            ("identityToken", TokenType::Identity),
            (r#"{"identityToken": {}}"#, TokenType::Identity),
        ] {
            assert_eq!(parse_type(text), Ok(expected), "{text}");
        }
        for text in
            ["", "access", "accessToken:", "identityToken:x", "inviteToken", "inviteToken:userJoinGroup", "{"]
        {
            assert!(parse_type(text).is_err(), "{text}");
        }
    }
}
