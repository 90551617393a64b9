//! The same handlers inside somebody else's dropshot server.

use std::sync::Arc;

use dropshot::{ConfigDropshot, ServerBuilder};
use onezone_api::{Server, endpoints};
use onezone_client::{Client, Credentials};
use onezone_handlers::{Clock, Environment, Handlers, Settings};
use onezone_store::{OpenMode, SqliteStore, Store};
use serde_json::json;
use stubgen_runtime::{Options, Service};

use crate::curl::curl;
use crate::fixture::{CAROL, LISTED};
use crate::processes::Home;

/// A clock that stands still.
struct Noon;

impl Clock for Noon {
    fn now_unix(&self) -> i64 {
        1_700_000_000
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dropshot_server_answers_both_operations_and_its_errors_have_the_same_shape() {
    let home = Home::with_zone();
    let store: Arc<dyn Store> =
        Arc::new(SqliteStore::open(&home.database(), OpenMode::Serve, home.keys()).unwrap());
    let environment = Environment::new(Arc::new(Noon), [7; 32]);
    let handlers = Handlers::new(Arc::clone(&store), Settings::default(), environment);
    let service = Service::new(Server(handlers), Options::default());
    let log = slog::Logger::root(slog::Discard, slog::o!());
    let config = ConfigDropshot { bind_address: "127.0.0.1:0".parse().unwrap(), ..ConfigDropshot::default() };
    let api = endpoints::mounted::<Handlers>().unwrap();
    let server = ServerBuilder::new(api, service, log).config(config).start().unwrap();
    let base = format!("http://{}", server.local_addr());

    let (user, provider) =
        (format!("{base}/users/bob/tokens/named"), format!("{base}/providers/krakow/tokens/named"));
    assert_eq!(curl(&["-u", CAROL, &provider]).expect(200).json(), json!({ "tokens": LISTED }));
    curl(&["-u", CAROL, "-X", "DELETE", &user]).expect(204);
    assert!(home.tokens_of("usr-bob").is_empty());
    curl(&["-X", "DELETE", &user]).expect_error(401, "unauthorized");
    curl(&["-u", CAROL, &format!("{base}/providers/nowhere/tokens/named")]).expect_error(404, "notFound");
    server.close().await.unwrap();
    store.close().await.unwrap();

    // The client crate appends the base path, which a mounted API does not have, so that it says who is there instead.
    let client = Client::builder(base.as_str()).credentials(Credentials::None).build().unwrap();
    assert!(client.list_named_tokens_of_provider().id("krakow").send().await.is_err());
}
