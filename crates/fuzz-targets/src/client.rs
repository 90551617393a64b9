//! What a server may answer the client, byte by byte: whatever it is, the client gives a result or an error, in time.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use onezone_client::{Client, Credentials, RetryPolicy};

/// Longer than an answer takes that is all there.
const PATIENCE: Duration = Duration::from_secs(20);

/// A server that answers every connection with the same bytes and closes it, and a client of it.
struct Scene {
    answer: Arc<Mutex<Vec<u8>>>,
    client: Client,
    runtime: tokio::runtime::Runtime,
}

fn scene() -> &'static Scene {
    static SCENE: OnceLock<Scene> = OnceLock::new();
    SCENE.get_or_init(|| {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let answer = Arc::new(Mutex::new(Vec::new()));
        let to_send = Arc::clone(&answer);
        std::thread::spawn(move || {
            for mut stream in listener.incoming().map_while(Result::ok) {
                let bytes = to_send.lock().unwrap_or_else(PoisonError::into_inner).clone();
                // The client may have gone away in the middle.
                let _ = stream.read(&mut [0; 4096]);
                let _ = stream.write_all(&bytes);
                let _ = stream.shutdown(Shutdown::Write);
                let _ = stream.read(&mut [0; 64]);
            }
        });
        let client = Client::builder(origin)
            .credentials(Credentials::x_auth_token("token"))
            .retry(RetryPolicy::none())
            .request_timeout(PATIENCE)
            .build()
            .unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        Scene { answer, client, runtime }
    })
}

/// The bytes as the answer to either operation.
pub(crate) fn answer(bytes: &[u8]) {
    let Scene { answer, client, runtime } = scene();
    bytes.clone_into(&mut answer.lock().unwrap_or_else(PoisonError::into_inner));
    runtime.block_on(async {
        let (listed, deleted) = (
            client.list_named_tokens_of_provider().id("krakow").send().await.map(drop),
            client.delete_named_tokens_of_user().id("alice").send().await.map(drop),
        );
        for result in [listed, deleted] {
            if let Err(error) = result {
                let error = onezone_client::Error::from(error);
                assert!(!error.is_timeout(), "the client waits for more than there is");
                assert!(!error.to_string().is_empty() && !format!("{error:?}").is_empty());
            }
        }
    });
}
