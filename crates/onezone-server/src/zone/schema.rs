//! The JSON Schema of zone files, for editors and for other programs that write them.

use serde_json::{Value, json};

use crate::names::{PrivilegeKind, preset_names, privilege_names};

/// The schema, draft 2020-12.
pub(crate) fn schema() -> Value {
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Zone file",
        "description": "The state of a zone, as `onezone-server zone apply` reads it and `zone export` writes it.",
        "type": ["object", "null"],
        "additionalProperties": false,
        "properties": {
            "users": list(&user()),
            "groups": list(&group()),
            "providers": list(&provider()),
            "spaces": list(&space()),
            "tokens": list(&token()),
            "temporaryTokens": list(&temporary_token()),
        },
        "$defs": {
            "id": described(json!({ "type": "string", "minLength": 1, "maxLength": 255 }),
                "Opaque; 1 to 255 bytes of UTF-8 without control characters."),
            "name": described(json!({ "type": "string", "minLength": 2, "maxLength": 128 }),
                "2 to 128 letters, digits, `_`, `(`, `)`, and between them also blanks, `.` and `-`."),
            "subject": described(json!({ "type": "string", "pattern": "^(usr|prv)-." }),
                "`usr-ID` for a user, `prv-ID` for a provider."),
            "zonePrivileges": privileges(PrivilegeKind::Zone),
            "clusterPrivileges": privileges(PrivilegeKind::Cluster),
        },
    })
}

fn user() -> Value {
    json!({
        "type": "object",
        "additionalProperties": false,
        "anyOf": [{ "required": ["id"] }, { "required": ["username"] }],
        "not": { "required": ["password", "passwordHash"] },
        "properties": {
            "id": described(reference("id"), "Found by the username, or generated, when absent."),
            "username": described(
                json!({ "type": "string", "pattern": "^[a-zA-Z0-9][a-zA-Z0-9._-]{0,30}[a-zA-Z0-9]$" }),
                "The name to log in with, unique in the zone."),
            "fullName": { "type": "string", "minLength": 2, "maxLength": 128 },
            "password": described(json!({ "type": "string", "minLength": 8, "writeOnly": true }),
                "Stored hashed. Absent together with `passwordHash`: the stored password stays."),
            "passwordHash": described(json!({ "type": "string", "contentEncoding": "base64" }),
                "32 bytes of salt, a dot, and 32 bytes of PBKDF2-HMAC-SHA512 with 2048 rounds."),
            "basicAuth": described(json!({ "type": "boolean", "default": true }),
                "Whether the user may authenticate with the password."),
            "blocked": described(json!({ "type": "boolean", "default": false }),
                "Whether the user is refused whatever they present."),
            "privileges": reference("zonePrivileges"),
        },
    })
}

fn group() -> Value {
    json!({
        "type": "object",
        "additionalProperties": false,
        "required": ["id"],
        "properties": {
            "id": reference("id"),
            "name": described(reference("name"), "The id when absent."),
            "privileges": described(reference("zonePrivileges"), "What every effective member may do."),
            "users": described(list(&reference("id")), "Direct members."),
            "groups": described(list(&reference("id")), "Subgroups; their members are effective members of this group."),
        },
    })
}

fn provider() -> Value {
    let members = json!({
        "type": ["object", "null"],
        "propertyNames": reference("id"),
        "additionalProperties": reference("clusterPrivileges"),
    });
    json!({
        "type": "object",
        "additionalProperties": false,
        "required": ["id"],
        "properties": {
            "id": described(reference("id"), "Also the id of the provider's cluster."),
            "name": described(reference("name"), "The id when absent."),
            "cluster": {
                "type": ["object", "null"],
                "additionalProperties": false,
                "properties": {
                    "users": described(members.clone(), "User ids and what they may do in the cluster."),
                    "groups": described(members, "Group ids and what their effective members may do in the cluster."),
                },
            },
        },
    })
}

fn space() -> Value {
    json!({
        "type": "object",
        "additionalProperties": false,
        "anyOf": [{ "required": ["id"] }, { "required": ["name"] }],
        "properties": {
            "id": described(reference("id"), "Found by the name, or generated, when absent."),
            "name": described(reference("name"), "The id when absent."),
            "users": described(list(&reference("id")), "Who has the space directly."),
            "groups": described(list(&reference("id")), "Groups whose effective members have the space."),
            "providers": described(list(&reference("id")), "Providers that support the space; whoever has it is an \
                effective user of theirs."),
        },
    })
}

fn token() -> Value {
    let invite_ids: serde_json::Map<String, Value> = onezone_tokens::InviteType::ALL
        .into_iter()
        .map(|invite| (invite.id_key().to_owned(), reference("id")))
        .collect();
    let invite_types: Vec<_> =
        onezone_tokens::InviteType::ALL.into_iter().map(onezone_tokens::InviteType::name).collect();
    let mut invite = json!({ "inviteType": { "enum": invite_types }, "parameters": { "type": "object" } });
    if let Some(properties) = invite.as_object_mut() {
        properties.extend(invite_ids);
    }
    json!({
        "type": "object",
        "additionalProperties": false,
        "required": ["name", "subject"],
        "properties": {
            "id": described(reference("id"), "Found by subject and name, or generated, when absent."),
            "name": described(reference("name"), "Unique within the subject."),
            "subject": reference("subject"),
            "type": described(json!({
                "default": "accessToken",
                "oneOf": [
                    { "enum": ["accessToken", "identityToken"] },
                    {
                        "type": "object",
                        "additionalProperties": false,
                        "required": ["inviteToken"],
                        "properties": { "inviteToken": {
                            "type": "object",
                            "additionalProperties": false,
                            "required": ["inviteType"],
                            "minProperties": 2,
                            "properties": invite,
                        } },
                    },
                ],
            }), "What the token is good for."),
            "secret": described(json!({ "type": "string", "minLength": 1 }),
                "Used as text. Absent: the stored one stays, or 64 hex digits are generated."),
            "caveats": described(json!({ "type": ["array", "null"], "items": { "oneOf": [
                { "type": "string", "minLength": 1 },
                { "type": "object", "minProperties": 1, "maxProperties": 3 },
            ] } }), "In their serialized form, such as `time < 1893456000`, or as objects in their JSON form, such as \
                {type: time, validUntil: 1893456000}."),
            "revoked": { "type": "boolean", "default": false },
            "version": described(json!({ "enum": [1, 2] }),
                "1 for tokens made before identifiers carried the subject, which an id with a slash can only be; else 2."),
        },
    })
}

fn temporary_token() -> Value {
    json!({
        "type": "object",
        "additionalProperties": false,
        "required": ["subject", "secret"],
        "properties": {
            "subject": reference("subject"),
            "secret": { "type": "string", "minLength": 1 },
            "generation": described(json!({ "type": "integer", "minimum": 1, "default": 1 }),
                "How often the subject's temporary tokens were revoked, plus one."),
        },
    })
}

fn privileges(kind: PrivilegeKind) -> Value {
    json!({
        "oneOf": [
            { "enum": preset_names(kind) },
            { "type": ["array", "null"], "items": { "enum": privilege_names(kind) } },
        ],
    })
}

fn list(items: &Value) -> Value {
    json!({ "type": ["array", "null"], "items": items })
}

fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/$defs/{name}") })
}

fn described(mut schema: Value, description: &str) -> Value {
    if let Some(object) = schema.as_object_mut() {
        object.insert("description".to_owned(), description.into());
    }
    schema
}
