//! The bodies of answers, in the words of the reference's catalogue.

use serde_json::{Value, json};

/// A 401 whose credentials were refused for this reason.
pub(crate) fn refused(cause: &Value) -> String {
    let description = "Provided authentication is not valid (see details).";
    error("unauthorized", Some(json!({ "authError": cause })), description)
}

pub(crate) fn anonymous() -> String {
    error("unauthorized", None, "You must authenticate yourself to perform this operation.")
}

pub(crate) fn forbidden() -> String {
    error("forbidden", None, "You are not authorized to perform this operation.")
}

pub(crate) fn not_found() -> String {
    error("notFound", None, "The resource could not be found.")
}

/// The envelope of every error, its keys in the order of the published examples.
pub(crate) fn error(id: &str, details: Option<Value>, description: &str) -> String {
    json!({ "error": inner(id, details, description) }).to_string()
}

fn inner(id: &str, details: Option<Value>, description: &str) -> Value {
    match details {
        Some(details) => json!({ "id": id, "details": details, "description": description }),
        None => json!({ "id": id, "description": description }),
    }
}

/// A reason without details.
pub(crate) fn plain(id: &str) -> Value {
    let description = match id {
        "userBlocked" => {
            "This user account has been blocked by the administrator and cannot be used unless it is unblocked again."
        }
        "badBasicCredentials" => "Invalid username or password.",
        "basicAuthNotSupported" => "Basic auth is not supported by this Onezone.",
        "basicAuthDisabled" => "Basic auth is disabled for this user.",
        "badToken" => "Provided token could not be understood by the server.",
        "tokenInvalid" => "Provided token is not valid.",
        "tokenRevoked" => "Provided token has been revoked.",
        "tokenSubjectInvalid" => {
            "The token subject is invalid (does not exist or is different than expected)."
        }
        "tokenSessionInvalid" => {
            "This token is bound to a session different than presented by the client or no longer existent."
        }
        "internalServerError" => "The server has encountered an error while processing this request.",
        other => panic!("the catalogue has no {other} without details"),
    };
    inner(id, None, description)
}

pub(crate) fn bad_service(cause: &Value) -> Value {
    let description = "Provided service token is not valid (see details).";
    inner("badServiceToken", Some(json!({ "tokenError": cause })), description)
}

pub(crate) fn bad_consumer(cause: &Value) -> Value {
    let description = "Provided consumer token is not valid (see details).";
    inner("badConsumerToken", Some(json!({ "tokenError": cause })), description)
}

pub(crate) fn too_large(limit: usize) -> Value {
    let description = format!("Provided token exceeds the allowed size ({limit} characters).");
    inner("tokenTooLarge", Some(json!({ "limit": limit })), &description)
}

/// The types of tokens by their serialized form: JSON and words.
pub(crate) fn token_type(serialized: &str) -> (Value, String) {
    const INVITES: [(&str, &str, &str, &str); 14] = [
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
        ("sjh", "spaceJoinHarvester", "harvesterId", "for a space to become a metadata source for harvester"),
        ("uji", "userJoinAtmInventory", "atmInventoryId", "for a user to join automation inventory"),
        ("gji", "groupJoinAtmInventory", "atmInventoryId", "for a group to join automation inventory"),
    ];
    match serialized.split_once(':') {
        None if serialized == "act" => (json!({ "accessToken": {} }), "access token".to_owned()),
        None => (json!({ "identityToken": {} }), "identity token".to_owned()),
        Some(("act", session)) => {
            let words = format!("access token for session \"{session}\"");
            (json!({ "accessToken": { "sessionId": session } }), words)
        }
        Some((code, rest)) => {
            let id = rest.split(':').next().unwrap();
            let (_, name, key, purpose) = INVITES.into_iter().find(|invite| invite.0 == code).unwrap();
            let json = json!({ "inviteToken": { "inviteType": name, key: id, "parameters": {} } });
            (json, format!("invite token {purpose} \"{id}\""))
        }
    }
}

pub(crate) fn not_an_access_token(serialized_type: &str) -> Value {
    let (received, words) = token_type(serialized_type);
    let description = format!("Expected an access token, but received a(n) {words}.");
    inner("notAnAccessToken", Some(json!({ "received": received })), &description)
}

pub(crate) fn not_an_identity_token(serialized_type: &str) -> Value {
    let (received, words) = token_type(serialized_type);
    let description = format!("Expected an identity token, but received a(n) {words}.");
    inner("notAnIdentityToken", Some(json!({ "received": received })), &description)
}

pub(crate) fn service_forbidden(service_type: &str, id: &str) -> Value {
    let description = format!("The service {service_type}:{id} is forbidden for this subject.");
    let details = json!({ "service": { "type": service_type, "id": id } });
    inner("tokenServiceForbidden", Some(details), &description)
}

pub(crate) fn unknown(caveat: &str) -> Value {
    let description = format!("Unknown caveat - '{caveat}'.");
    inner("tokenCaveatUnknown", Some(json!({ "caveat": caveat })), &description)
}

/// The error of a caveat that does not hold, from its serialized form.
pub(crate) fn unverified(serialized: &str) -> Value {
    let (json, text) = describe(serialized);
    unverified_as(&json, &text)
}

pub(crate) fn unverified_as(json: &Value, text: &str) -> Value {
    let description = format!("Provided token is not valid - {text}.");
    inner("tokenCaveatUnverified", Some(json!({ "caveat": json })), &description)
}

fn describe(serialized: &str) -> (Value, String) {
    if let Some(seconds) = serialized.strip_prefix("time < ") {
        let date = match seconds {
            "-1" => "1969-12-31T23:59:59Z",
            "1" => "1970-01-01T00:00:01Z",
            "1518113636" => "2018-02-08T18:13:56Z",
            "1571147494" => "2019-10-15T13:51:34Z",
            "1700000000" => "2023-11-14T22:13:20Z",
            other => panic!("which date is {other}?"),
        };
        let json = json!({ "type": "time", "validUntil": seconds.parse::<i64>().unwrap() });
        return (json, format!("unverified time caveat: this token has expired at '{date}'"));
    }
    match serialized {
        "authorization = none" => {
            let text =
                "this token carries no authorization (can be used only for identity verification)".to_owned();
            return (json!({ "scope": "identityToken" }), text);
        }
        "data.readonly" => {
            let text = "unverified data access caveat: this token allows for readonly data access".to_owned();
            return (json!({ "type": "data.readonly" }), text);
        }
        _ => {}
    }
    let (name, operator, list) = serialized
        .split_once(" != ")
        .map(|(name, list)| (name, "!=", list))
        .or_else(|| serialized.split_once(" = ").map(|(name, list)| (name, "=", list)))
        .unwrap();
    let entries: Vec<&str> = list.split('|').collect();
    describe_list(name, operator == "!=", &entries)
}

fn describe_list(name: &str, is_blacklist: bool, entries: &[&str]) -> (Value, String) {
    let joined = entries.join(" or ");
    let from_address = "this token can only be used from an IP address that";
    let whitelist = || json!({ "type": name, "whitelist": entries });
    match name {
        "ip" => (whitelist(), format!("unverified IP caveat: {from_address} matches: '{joined}'")),
        "asn" => {
            let numbers: Vec<i64> = entries.iter().map(|entry| entry.parse().unwrap()).collect();
            let system = "maps to the following Autonomous System Number";
            let text = format!("unverified ASN caveat: {from_address} {system}: '{joined}'");
            (json!({ "type": name, "whitelist": numbers }), text)
        }
        "geo.country" | "geo.region" => {
            let what = &name[4..];
            let (filter, comes) =
                if is_blacklist { ("blacklist", "does NOT come") } else { ("whitelist", "comes") };
            let text = format!(
                "unverified {what} caveat: {from_address} {comes} from the following {what}: '{joined}'"
            );
            (json!({ "type": name, "filter": filter, "list": entries }), text)
        }
        "service" => {
            let names = [
                ("ozw-", "oz_worker:"),
                ("ozp-", "oz_panel:"),
                ("opw-", "op_worker:"),
                ("opp-", "op_panel:"),
            ];
            let joined = printable(entries, &names);
            let text = format!(
                "unverified service caveat: the service using this token must authenticate as '{joined}' (use the \
                 x-onedata-service-token header), or the requested API operation is disallowed for the whitelisted \
                 services"
            );
            (whitelist(), text)
        }
        "consumer" => {
            let joined =
                printable(entries, &[("usr-", "user:"), ("grp-", "group:"), ("prv-", "oneprovider:")]);
            let text = format!(
                "unverified consumer caveat: the consumer of this token must authenticate as '{joined}' - if that's \
                 you, you should:\n   * send your access token in 'x-auth-token' header if consuming an invite \
                 token\n   * send your identity token in 'x-onedata-consumer-token' header if performing an operation \
                 on behalf of somebody else with their access token\n   * send your identity token in 'consumerToken' \
                 field if using token verification API"
            );
            (whitelist(), text)
        }
        "interface" => {
            let text = format!(
                "unverified interface caveat: this token can only be used in the '{joined}' interface"
            );
            (json!({ "type": name, "interface": entries[0] }), text)
        }
        "api" => {
            let rule = "this token can only be used for API calls that match the following spec";
            (whitelist(), format!("unverified API caveat: {rule}: '{joined}'"))
        }
        "data.objectid" => {
            let rule = "this token can only be used to access data with the following FILE_ID (and nested directories)";
            (whitelist(), format!("unverified data path caveat: {rule}: '{joined}'"))
        }
        other => panic!("write the error of {other} out"),
    }
}

fn printable(entries: &[&str], names: &[(&str, &str)]) -> String {
    let name = |entry: &&str| {
        let (prefix, name) = names.iter().find(|(prefix, _)| entry.starts_with(prefix)).unwrap();
        entry.replacen(prefix, name, 1)
    };
    entries.iter().map(name).collect::<Vec<_>>().join(" or ")
}
