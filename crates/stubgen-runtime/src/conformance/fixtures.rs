//! The requests of a suite: those that the generator made, and what people say besides.

use serde_json::{Map, Value};

/// What is known of the requests of each operation.
pub(super) struct Fixtures {
    /// By operation, from the generator.
    made: Map<String, Value>,
    /// Values of parameters, as `path.id`, for all operations.
    parameters: Map<String, Value>,
    /// By operation: `request` for all its requests, and one for each status.
    operations: Map<String, Value>,
}

/// What is said of an operation and a status.
pub(super) enum Fixture {
    /// It is not tested, for a reason.
    Waived,
    /// The request that is answered so.
    Request(Value),
    Nothing,
}

impl Fixtures {
    pub(super) fn read(requests: &str, fixtures: &str) -> Result<Self, String> {
        let object = |name: &str, text: &str| match serde_json::from_str(text) {
            Ok(Value::Object(members)) => Ok(members),
            Ok(_) => Err(format!("{name} is no JSON object")),
            Err(error) => Err(format!("{name} is not JSON: {error}")),
        };
        let made = object("requests.json", requests)?;
        let mut fixtures = object("fixtures.json", fixtures)?;
        let mut part = |key: &str| match fixtures.remove(key) {
            Some(Value::Object(members)) => members,
            _ => Map::new(),
        };
        Ok(Self { made, parameters: part("parameters"), operations: part("operations") })
    }

    /// A request that should succeed.
    pub(super) fn request(&self, operation: &str) -> Value {
        let mut request = self.made.get(operation).cloned().unwrap_or_else(|| Value::Object(Map::new()));
        if let Some(known) = request.get_mut("parameters").and_then(Value::as_object_mut) {
            for (name, value) in known.iter_mut() {
                if let Some(fixture) = self.parameters.get(name).filter(|fixture| !fixture.is_null()) {
                    *value = fixture.clone();
                }
            }
        }
        if let Some(own) = self.said(operation, "request") {
            merge(&mut request, own);
        }
        request
    }

    /// What is said of a status.
    pub(super) fn of(&self, operation: &str, status: &str) -> Fixture {
        match self.said(operation, status) {
            Some(Value::String(_)) => Fixture::Waived,
            Some(own @ Value::Object(_)) => {
                let mut request = self.request(operation);
                merge(&mut request, own);
                Fixture::Request(request)
            }
            _ => Fixture::Nothing,
        }
    }

    /// Whether the generator could not be sure that its request is valid, and nobody gave a better one.
    pub(super) fn is_doubtful(&self, operation: &str) -> bool {
        let made = self.made.get(operation).and_then(|request| request.get("doubtful"));
        made == Some(&Value::Bool(true)) && self.said(operation, "request").is_none()
    }

    fn said(&self, operation: &str, key: &str) -> Option<&Value> {
        let all = self.operations.get(operation)?.as_object()?;
        let mut found = all.iter().filter(|(known, _)| known.eq_ignore_ascii_case(key));
        found.next().map(|(_, value)| value).filter(|value| !value.is_null())
    }
}

/// Objects are merged, save the body, which is one value.
fn merge(request: &mut Value, own: &Value) {
    let (Some(request), Some(own)) = (request.as_object_mut(), own.as_object()) else { return };
    for (key, value) in own {
        match (key.as_str(), request.get_mut(key), value) {
            ("parameters" | "headers", Some(Value::Object(known)), Value::Object(more)) => {
                known.extend(more.iter().map(|(name, value)| (name.clone(), value.clone())));
            }
            _ => {
                request.insert(key.clone(), value.clone());
            }
        }
    }
}
