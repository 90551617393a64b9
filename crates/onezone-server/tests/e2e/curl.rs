//! Requests by `curl`, and what has to be true of every answer.

use std::process::Command;

use serde_json::Value;

/// An answer as it came.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Reply {
    /// Reads it from head and body as they were sent.
    pub(crate) fn parse(text: &str) -> Self {
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no answer: {text:?}"));
        let mut lines = head.split("\r\n");
        let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
        let headers = lines.map(|line| line.split_once(": ").unwrap());
        let headers = headers.map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned())).collect();
        Self { status, headers, body: body.to_owned() }
    }

    /// Every value of a header.
    pub(crate) fn all(&self, name: &str) -> Vec<&str> {
        self.headers.iter().filter(|(other, _)| other == name).map(|(_, value)| value.as_str()).collect()
    }

    /// The one value of a header.
    pub(crate) fn header(&self, name: &str) -> &str {
        let [value] = self.all(name)[..] else { panic!("{name} in {self:?}") };
        value
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error} in {self:?}"))
    }

    /// What every answer has, with this status.
    pub(crate) fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{self:?}");
        assert_eq!(self.header("access-control-allow-origin"), "*");
        assert!(!self.header("x-request-id").is_empty());
        if status == 204 {
            assert!(self.body.is_empty() && self.all("content-type").is_empty(), "{self:?}");
        }
        self
    }

    /// The one shape of every error, with this status and id; gives what `error` holds.
    pub(crate) fn expect_error(self, status: u16, id: &str) -> Value {
        let reply = self.expect(status);
        assert_eq!(reply.header("content-type"), "application/json");
        let schemes: Vec<&str> =
            reply.all("www-authenticate").iter().map(|value| value.split(' ').next().unwrap()).collect();
        let expected: &[&str] = if status == 401 { &["ApiKey", "Bearer", "Basic"] } else { &[] };
        assert_eq!(schemes, expected);
        let body = reply.json();
        assert_eq!(body.as_object().unwrap().len(), 1, "{body}");
        let error = body["error"].as_object().unwrap();
        assert_eq!(error["id"], id, "{body}");
        assert!(!error["description"].as_str().unwrap().is_empty());
        assert!(error.keys().all(|key| ["id", "details", "description"].contains(&key.as_str())), "{body}");
        assert!(error.get("details").is_none_or(Value::is_object), "{body}");
        body["error"].clone()
    }
}

/// Sends one request; the path goes out as it is written.
pub(crate) fn curl(arguments: &[&str]) -> Reply {
    let mut command = Command::new("curl");
    command.args(["-sS", "-i", "--path-as-is", "--noproxy", "*", "--max-time", "60"]).args(arguments);
    let output = command.output().expect("curl runs; get it with `sudo apt-get install -y curl`");
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    Reply::parse(&String::from_utf8(output.stdout).unwrap())
}

/// What a shell prints for a command that is pasted into it, which has to succeed.
pub(crate) fn shell(command: &str) -> String {
    let output = Command::new("sh").args(["-c", command]).output().unwrap();
    assert!(output.status.success(), "{command}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}
