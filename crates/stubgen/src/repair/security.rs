//! Security: schemes in the terms of OpenAPI 3, and requirements that name schemes that exist.
//!
//! A requirement that nobody can meet is never taken for none: that would open the door. It goes only when another alternative stays, and is
//! one for a bearer token otherwise.

use std::collections::HashSet;

use serde_json::{Map, Value, json};

use super::{Mender, Repair, each_operation, rename};
use crate::pointer::Pointer;

pub(super) fn repair(root: &mut Value, mender: &mut Mender<'_>) {
    let mut names = schemes(root);
    let known: HashSet<String> = names.iter().cloned().collect();
    let mut added = Vec::new();
    if let Value::Object(root) = root {
        requirements(root, &Pointer::root(), &mut names, &mut added, mender);
    }
    each_operation(root, &mut |_, _, operation, at| {
        requirements(operation, at, &mut names, &mut added, mender);
    });
    added.retain(|(name, _): &(String, Value)| !known.contains(name));
    if added.is_empty() {
        return;
    }
    if root.get("components").is_none_or(|components| !components.is_object()) {
        root["components"] = json!({});
    }
    if !root["components"].get("securitySchemes").is_some_and(Value::is_object) {
        root["components"]["securitySchemes"] = json!({});
    }
    for (name, scheme) in added {
        root["components"]["securitySchemes"][name] = scheme;
    }
}

fn schemes(root: &Value) -> Vec<String> {
    let schemes = root.pointer("/components/securitySchemes").and_then(Value::as_object);
    schemes.map(|schemes| schemes.keys().cloned().collect()).unwrap_or_default()
}

/// `type: basic` and the like.
pub(super) fn terms(scheme: &mut Map<String, Value>, at: &Pointer, mender: &mut Mender<'_>) {
    let Some(written) = scheme.get("type").and_then(Value::as_str).map(str::to_owned) else { return };
    let letters: String = written.to_ascii_lowercase().chars().filter(char::is_ascii_alphanumeric).collect();
    let (kind, http) = match letters.as_str() {
        "basic" => ("http", Some("basic")),
        "bearer" | "jwt" => ("http", Some("bearer")),
        "apikey" => ("apiKey", None),
        "http" => ("http", None),
        "oauth2" | "oauth" => ("oauth2", None),
        "openidconnect" | "oidc" => ("openIdConnect", None),
        "mutualtls" => ("mutualTLS", None),
        _ => return,
    };
    if kind != written {
        let taken =
            http.map_or_else(|| format!("`type: {kind}`"), |http| format!("`type: http, scheme: {http}`"));
        let message = format!("`type: {written}` is taken for {taken}");
        mender.note(&at.key("type"), Repair::SchemeTerm, &message, "write it so");
        scheme.insert("type".to_owned(), Value::from(kind));
        if let Some(http) = http {
            scheme.insert("scheme".to_owned(), Value::from(http));
        }
    }
    if let Some(flow) = scheme.get("flow").and_then(Value::as_str).map(str::to_owned)
        && kind == "oauth2"
        && !scheme.contains_key("flows")
    {
        let message = "`flow` is how Swagger 2.0 says it, taken for `flows`";
        mender.note(&at.key("flow"), Repair::SchemeTerm, message, "write `flows`");
        let flows = oauth_flows(scheme, &flow);
        scheme.insert("flows".to_owned(), flows);
    }
}

/// The flow of Swagger 2.0 as OpenAPI 3 has it.
pub(crate) fn oauth_flows(scheme: &mut Map<String, Value>, flow: &str) -> Value {
    scheme.shift_remove("flow");
    let mut moved = Map::new();
    for key in ["authorizationUrl", "tokenUrl", "scopes"] {
        if let Some(value) = scheme.shift_remove(key) {
            moved.insert(key.to_owned(), value);
        }
    }
    moved.entry("scopes").or_insert_with(|| json!({}));
    let name = match flow {
        "application" => "clientCredentials",
        "accessCode" => "authorizationCode",
        other => other,
    };
    json!({ name: moved })
}

fn requirements(
    holder: &mut Map<String, Value>,
    at: &Pointer,
    names: &mut Vec<String>,
    added: &mut Vec<(String, Value)>,
    mender: &mut Mender<'_>,
) {
    let Some(Value::Array(alternatives)) = holder.get_mut("security") else { return };
    let at = at.key("security");
    for (index, alternative) in alternatives.iter_mut().enumerate() {
        let Value::Object(set) = alternative else { continue };
        for name in set.keys().cloned().collect::<Vec<_>>() {
            if names.contains(&name) {
                continue;
            }
            let mut near = names.iter().filter(|known| known.eq_ignore_ascii_case(&name));
            if let (Some(known), None) = (near.next(), near.next()) {
                let message = format!("the security scheme `{name}` is taken for `{known}`");
                let place = at.index(index).key(&name);
                mender.note(&place, Repair::UndefinedScheme, &message, &format!("write `{known}`"));
                rename(set, &name, known);
            }
        }
    }
    let is_defined = |alternative: &Value, names: &[String]| {
        alternative.as_object().is_some_and(|set| set.keys().all(|name| names.contains(name)))
    };
    let other_stays = alternatives.iter().any(|alternative| {
        is_defined(alternative, names) && alternative.as_object().is_some_and(|s| !s.is_empty())
    });
    let mut kept = Vec::new();
    for (index, alternative) in std::mem::take(alternatives).into_iter().enumerate() {
        let place = at.index(index);
        let undefined: Vec<String> = alternative
            .as_object()
            .into_iter()
            .flatten()
            .map(|(name, _)| name.clone())
            .filter(|name| !names.contains(name))
            .collect();
        let mut goes = false;
        for name in undefined {
            if let Some(scheme) = meant(&name).or_else(|| (!other_stays).then(bearer)) {
                let message = format!(
                    "the security scheme `{name}` is not defined, taken for HTTP {}",
                    shown_scheme(&scheme)
                );
                let help = "define it in `components.securitySchemes`";
                mender.note(&place.key(&name), Repair::UndefinedScheme, &message, help);
                names.push(name.clone());
                added.push((name, scheme));
            } else if other_stays {
                let message = format!(
                    "the security scheme `{name}` is not defined, so nobody can use this alternative"
                );
                let help = "define it in `components.securitySchemes`, or remove the alternative";
                mender.note(&place.key(&name), Repair::UndefinedScheme, &message, help);
                goes = true;
            }
        }
        if !goes {
            mender.scope.origins.moved(&place, &at.index(kept.len()));
            kept.push(alternative);
        }
    }
    *alternatives = kept;
}

fn shown_scheme(scheme: &Value) -> &str {
    scheme.get("scheme").and_then(Value::as_str).unwrap_or_default()
}

/// The scheme that a name speaks of.
fn meant(name: &str) -> Option<Value> {
    let name = name.to_ascii_lowercase();
    if name.contains("basic") {
        return Some(json!({"type": "http", "scheme": "basic"}));
    }
    let speaks = ["bearer", "jwt", "oauth", "openid", "oidc"].iter().any(|word| name.contains(word));
    speaks.then(bearer)
}

/// What a scheme is taken for that nothing is known of: the operation still asks for credentials, and the service says what they are worth.
fn bearer() -> Value {
    json!({"type": "http", "scheme": "bearer"})
}
