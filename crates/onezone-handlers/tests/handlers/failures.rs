//! When the server itself fails: what the client is told, and what the log says.

use std::io::Write;
use std::sync::{Arc, Mutex};

use tracing_subscriber::util::SubscriberInitExt as _;

use crate::support::{Onezone, PASSWORD, access, basic};

/// Collects what is logged.
#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// The log of this thread for as long as the guard lives.
pub(crate) fn collected() -> (Log, impl Sized) {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt().with_ansi(false).with_writer(move || writer.clone()).finish();
    (log, subscriber.set_default())
}

#[tokio::test]
async fn a_failing_store_gives_a_reference_and_logs_the_cause_once() {
    let onezone = Onezone::new().await;
    onezone.store.close().await.unwrap();
    let (log, _guard) = collected();
    let (token, password) = (access("alice"), basic("alice.name", PASSWORD));
    for header in [("x-auth-token", token.as_str()), ("authorization", &password)] {
        let answer = onezone.send("DELETE", "/users/alice/tokens/named", &[header]).await;
        assert_eq!(answer.outcome(), "500 internalServerError");
        let error = answer.error();
        let reference = error["details"]["reference"].as_str().unwrap();
        assert_eq!(reference.len(), 10);
        assert!(reference.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')), "{reference}");
        assert!(error["description"].as_str().unwrap().ends_with(&format!("reference: {reference}.")));
        assert!(!answer.body.contains("store") && !answer.body.contains("closed"), "{answer:?}");
        let log = log.text();
        let lines: Vec<_> = log.lines().filter(|line| line.contains(reference)).collect();
        assert_eq!(lines.len(), 1, "{log}");
        assert!(lines[0].contains("ERROR") && lines[0].contains("the store failed: the store is closed"));
    }
}

#[tokio::test]
async fn the_access_log_says_who_and_how_and_nothing_secret() {
    let onezone = Onezone::new().await;
    let (log, _guard) = collected();
    let (token, password) = (access("carol"), basic("bob.name", PASSWORD));
    onezone.list("paris", &[("x-auth-token", &token)]).await;
    onezone.list("paris", &[("authorization", &password)]).await;
    onezone.list("paris", &[("macaroon", &token), ("x-onedata-service-token", &token)]).await;
    onezone.list("paris", &[]).await;
    let log = log.text();
    for principal in [
        "principal=\"usr-carol\" auth_method=\"token\" credential_id=\"carol-token\"",
        "principal=\"usr-bob\" auth_method=\"basic\" status",
        "principal=\"anonymous\" status",
    ] {
        assert!(log.contains(principal), "{principal}: {log}");
    }
    let encoded = password.replace("Basic ", "");
    for secret in [token.as_str(), PASSWORD, &encoded, "secret of"] {
        assert!(!log.contains(secret), "{log}");
    }
}
