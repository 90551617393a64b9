//! A server on a loopback port over a zone, with a clock and a map that the rows know.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::num::NonZero;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use bytes::Bytes;
use http_body_util::Empty;
use onezone_api::Server;
use onezone_handlers::{Clock, Environment, Handlers, Settings};
use onezone_store::conformance::keys;
use onezone_store::{AuditEntry, OpenMode, SqliteStore, Store, Unnamed, Zone};
use onezone_tokens::verify::{Continent, GeoLookup, Location};
use stubgen_runtime::{Options, ServeOptions, Service, serve};
use tempfile::TempDir;
use tokio::net::TcpListener;

use crate::wire::Reply;
use crate::zone::{NOW, zone};

/// A server that ends with the runtime of its test.
pub(crate) struct World {
    pub(crate) address: SocketAddr,
    pub(crate) store: Arc<dyn Store>,
    service: Arc<Service<Server<Handlers>>>,
    clock: Arc<SetClock>,
    zone: Zone,
    applied: AtomicI64,
    _directory: TempDir,
}

/// A clock that shows what it is set to.
struct SetClock(AtomicI64);

/// Where some addresses of this machine are supposed to be. No other address is on it.
struct Map;

impl Clock for SetClock {
    fn now_unix(&self) -> i64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl GeoLookup for Map {
    fn asn(&self, address: IpAddr) -> Option<u32> {
        place(address)?.0
    }

    fn location(&self, address: IpAddr) -> Option<Location> {
        let (_, country, continent, in_european_union) = place(address)?;
        let country = country.map(str::to_owned);
        Some(Location { country, continent: continent.and_then(Continent::from_code), in_european_union })
    }
}

type Place = (Option<u32>, Option<&'static str>, Option<&'static str>, bool);

fn place(address: IpAddr) -> Option<Place> {
    let IpAddr::V4(address) = address else { return None };
    let [127, 0, 1, place] = address.octets() else { return None };
    match place {
        1 => Some((Some(64496), Some("PL"), Some("EU"), true)),
        2 => Some((Some(64497), Some("US"), Some("NA"), false)),
        3 => Some((None, Some("NO"), Some("EU"), false)),
        4 => Some((None, Some("EG"), Some("AF"), false)),
        5 => Some((None, Some("AQ"), Some("AN"), false)),
        6 => Some((None, Some("JP"), Some("AS"), false)),
        7 => Some((None, Some("NZ"), Some("OC"), false)),
        8 => Some((None, Some("BR"), Some("SA"), false)),
        // A country outside of its union's continent, one without a continent, a network without a place, and a continent
        // without a country.
        9 => Some((None, Some("GF"), Some("SA"), true)),
        10 => Some((None, Some("PL"), None, true)),
        11 => Some((Some(0), None, None, false)),
        12 => Some((None, None, Some("AN"), false)),
        _ => None,
    }
}

/// What an operator would choose, with a map.
pub(crate) fn settings() -> Settings {
    Settings { password_checks: NonZero::<usize>::MIN, geo: Arc::new(Map), ..Settings::default() }
}

/// The audit entry of a change that a test makes.
pub(crate) fn audit(id: &str) -> AuditEntry {
    AuditEntry {
        id: id.to_owned(),
        at: NOW,
        actor: "test".to_owned(),
        authentication: "local".to_owned(),
        token_id: None,
        request_id: None,
        peer: None,
    }
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::with(zone(), settings(), Options::default()).await
    }

    pub(crate) async fn with(zone: Zone, settings: Settings, options: Options) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let store = SqliteStore::open(&directory.path().join("zone.db"), OpenMode::Serve, keys()).unwrap();
        let store: Arc<dyn Store> = Arc::new(store);
        let clock = Arc::new(SetClock(AtomicI64::new(NOW)));
        let environment = Environment::new(Arc::clone(&clock) as Arc<dyn Clock>, [7; 32]);
        let handlers = Handlers::new(Arc::clone(&store), settings, environment);
        let service = Service::new(Server(handlers), Options { access_log: false, ..options });
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let forever = std::future::pending::<()>();
        tokio::spawn(serve(listener, Arc::clone(&service), ServeOptions::default(), forever));
        let applied = AtomicI64::new(0);
        let world = Self { address, store, service, clock, zone, applied, _directory: directory };
        world.restore().await;
        world
    }

    /// Brings the zone back to what it was at the start.
    pub(crate) async fn restore(&self) {
        let audit = audit(&format!("apply {}", self.applied.fetch_add(1, Ordering::Relaxed)));
        self.store.apply(&self.zone, Unnamed::Remove, &audit).await.unwrap();
    }

    pub(crate) fn set_time(&self, now: i64) {
        self.clock.0.store(now, Ordering::Relaxed);
    }

    /// What a client of an address that this machine does not have would be answered.
    pub(crate) async fn answer_to(&self, peer: IpAddr, request: http::Request<Empty<Bytes>>) -> Reply {
        let response = self.service.handle(request, SocketAddr::new(peer, 50_000)).await;
        let text = |value: &http::HeaderValue| value.to_str().unwrap().to_owned();
        let headers = response.headers().iter().map(|(name, value)| (name.to_string(), text(value)));
        let mut headers: Vec<_> = headers.collect();
        let body = String::from_utf8(response.body().as_bytes().unwrap().to_vec()).unwrap();
        // The connection, which is not there, would say it.
        if response.status() != http::StatusCode::NO_CONTENT {
            headers.push(("content-length".to_owned(), body.len().to_string()));
        }
        Reply { status: response.status().as_u16(), headers, body }
    }
}
