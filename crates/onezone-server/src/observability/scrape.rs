//! All figures as text. Everything was counted where it happened; here it is read and named. Every label has values from a list
//! that is closed: ids of operations, statuses, words. Nothing that a client sent is among them.

use std::borrow::Cow;
use std::fmt;
use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};

use onezone_api::Server;
use onezone_handlers::Handlers;
use onezone_store::{Upkeep, Vitals};
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeGaugeValue, NoLabelSet, text};
use prometheus_client::metrics::MetricType;
use prometheus_client::registry::{Registry, Unit};
use stubgen_runtime::{ConnectionCounters, Ending, Service};

use super::histogram::Snapshot;
use super::process::Process;
use super::requests::RequestMetrics;
use super::stores::StoreMetrics;
use crate::certificates::Certificates;

/// Everything that figures are read from.
pub(crate) struct Sources {
    /// Where the API listens.
    pub(crate) address: SocketAddr,
    /// The API.
    pub(crate) service: Arc<Service<Server<Handlers>>>,
    /// Its requests.
    pub(crate) requests: Arc<RequestMetrics>,
    /// Its connections.
    pub(crate) connections: Arc<ConnectionCounters>,
    /// How many of them there may be.
    pub(crate) max_connections: usize,
    /// Its certificate.
    pub(crate) certificates: Arc<Certificates>,
    /// The store.
    pub(crate) store: Arc<dyn Upkeep>,
    /// Its operations.
    pub(crate) operations: Arc<StoreMetrics>,
    /// How many lines of the log were lost because nobody took them.
    pub(crate) lost_log_lines: fn() -> u64,
    /// When the process was started, in seconds since 1970.
    pub(crate) started: i64,
}

/// The figures in `OpenMetrics`; none are read before there is something to read them from.
pub(super) fn encode(sources: &Arc<OnceLock<Sources>>, is_ready: bool) -> Result<String, fmt::Error> {
    let mut registry = Registry::default();
    let server = OfServer { sources: Arc::clone(sources), is_ready };
    registry.sub_registry_with_prefix("onezone").register_collector(Box::new(server));
    registry.register_collector(Box::new(OfProcess(Arc::clone(sources))));
    let mut text = String::with_capacity(32 * 1024);
    text::encode(&mut text, &registry)?;
    Ok(text)
}

/// Labels with their values.
type Labels = Vec<(&'static str, Cow<'static, str>)>;

/// Families of one encoder.
struct Families<'a>(DescriptorEncoder<'a>);

impl Families<'_> {
    fn counter(
        &mut self,
        name: &str,
        help: &str,
        samples: impl IntoIterator<Item = (Labels, u64)>,
    ) -> fmt::Result {
        let mut family = self.0.encode_descriptor(name, help, None, MetricType::Counter)?;
        for (labels, value) in samples {
            let mut metric = family.encode_family(&labels)?;
            metric.encode_counter::<NoLabelSet, u64, f64>(&value, None)?;
        }
        Ok(())
    }

    fn gauge<V: EncodeGaugeValue>(
        &mut self,
        name: &str,
        help: &str,
        unit: Option<&Unit>,
        samples: impl IntoIterator<Item = (Labels, V)>,
    ) -> fmt::Result {
        let mut family = self.0.encode_descriptor(name, help, unit, MetricType::Gauge)?;
        for (labels, value) in samples {
            family.encode_family(&labels)?.encode_gauge(&value)?;
        }
        Ok(())
    }

    /// In seconds.
    fn durations(
        &mut self,
        name: &str,
        help: &str,
        samples: impl IntoIterator<Item = (Labels, Snapshot)>,
    ) -> fmt::Result {
        let mut family = self.0.encode_descriptor(name, help, Some(&Unit::Seconds), MetricType::Histogram)?;
        for (labels, Snapshot { count, sum, buckets }) in samples {
            let mut metric = family.encode_family(&labels)?;
            metric.encode_histogram::<NoLabelSet>(sum, count, &buckets, None)?;
        }
        Ok(())
    }
}

fn none() -> Labels {
    Vec::new()
}

fn label(name: &'static str, value: &'static str) -> Labels {
    vec![(name, Cow::Borrowed(value))]
}

fn alone<T>(value: T) -> [(Labels, T); 1] {
    [(none(), value)]
}

/// What is there in some servers only.
fn some<T>(value: Option<T>) -> Option<(Labels, T)> {
    value.map(|value| (none(), value))
}

/// The figures of the server.
struct OfServer {
    sources: Arc<OnceLock<Sources>>,
    is_ready: bool,
}

impl fmt::Debug for OfServer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("OfServer").finish_non_exhaustive()
    }
}

impl Collector for OfServer {
    fn encode(&self, encoder: DescriptorEncoder) -> fmt::Result {
        let Some(sources) = self.sources.get() else { return Ok(()) };
        let (mut families, vitals) = (Families(encoder), sources.store.vitals());
        let ready = u64::from(self.is_ready);
        families.gauge("ready", "Whether the server can answer requests: 1 or 0.", None, alone(ready))?;
        let build = vec![
            ("version", Cow::Borrowed(env!("CARGO_PKG_VERSION"))),
            ("backend", Cow::Borrowed(vitals.backend)),
            ("rustc", Cow::Borrowed(env!("ONEZONE_RUSTC_VERSION"))),
        ];
        families.gauge("build_info", "What is running; always 1.", None, [(build, 1_u64)])?;
        requests(&mut families, sources)?;
        authentication(&mut families, sources)?;
        connections(&mut families, sources)?;
        store(&mut families, sources, &vitals)?;
        let lost = (sources.lost_log_lines)();
        families.counter("log_lines_dropped", "Lines of the log that nobody took in time.", alone(lost))
    }
}

fn requests(families: &mut Families<'_>, sources: &Sources) -> fmt::Result {
    let figures: Vec<_> = sources.requests.figures().collect();
    let by_status = figures.iter().flat_map(|of| {
        of.statuses.iter().map(|(status, count)| {
            let code = status.map_or(Cow::Borrowed("none"), |status| Cow::Owned(status.to_string()));
            (vec![("operation", Cow::Borrowed(of.operation)), ("code", code)], *count)
        })
    });
    let help =
        "Requests that were answered, by operation and status; `none` for requests whose client went away.";
    families.counter("http_requests", help, by_status)?;
    let bytes = figures.iter().map(|of| (label("operation", of.operation), of.bytes));
    families.counter("http_response_body_bytes", "The length of the bodies of answers.", bytes)?;
    let help = "From the header of a request to its answer, the sending of which is not in it.";
    let durations = figures.into_iter().map(|of| (label("operation", of.operation), of.durations));
    families.durations("http_request_duration", help, durations)?;
    let in_flight = sources.service.in_flight();
    families.gauge("http_requests_in_flight", "Requests that are being handled.", None, alone(in_flight))?;
    let limit = sources.service.options().max_in_flight;
    families.gauge("http_requests_in_flight_limit", "How many there may be.", None, some(limit))?;
    let rejections = sources.requests.rejections().map(|(word, count)| (label("reason", word), count));
    families.counter(
        "http_rejections",
        "Requests that no operation was asked about, by reason.",
        rejections,
    )?;
    families.counter("panics", "Defects that ended the work on a request.", alone(sources.requests.panics()))
}

fn authentication(families: &mut Families<'_>, sources: &Sources) -> fmt::Result {
    let handlers = &sources.service.api().0;
    let counts = handlers.authentication_counts().into_iter().map(|count| {
        let labels = vec![("method", count.method.into()), ("result", count.result.into())];
        (labels, count.count)
    });
    let help = "Credentials, by kind and by what became of them: `ok` or the id of the error.";
    families.counter("authentications", help, counts)?;
    let passwords = handlers.password_counts();
    let outcomes = [
        ("remembered", passwords.remembered),
        ("joined", passwords.joined),
        ("right", passwords.right),
        ("wrong", passwords.wrong),
        ("overloaded", passwords.overloaded),
        ("locked", passwords.locked),
        ("limited", passwords.limited),
        ("broken", passwords.broken),
    ];
    let outcomes = outcomes.map(|(outcome, count)| (label("outcome", outcome), count));
    families.counter("passwords", "Passwords, by what became of them.", outcomes)?;
    let verifying = passwords.verifying;
    families.gauge("passwords_verifying", "Passwords that are being verified.", None, alone(verifying))?;
    let waiting = passwords.in_progress.saturating_sub(verifying);
    families.gauge("passwords_waiting", "Passwords that wait to be verified.", None, alone(waiting))?;
    let deleted = handlers.deleted_tokens();
    families.counter("tokens_deleted", "Tokens that this server has deleted.", alone(deleted))
}

fn connections(families: &mut Families<'_>, sources: &Sources) -> fmt::Result {
    let counters = &sources.connections;
    families.gauge("connections_open", "Connections that are open.", None, alone(counters.open()))?;
    let limit = sources.max_connections;
    families.gauge("connections_limit", "How many there may be.", None, alone(limit))?;
    families.counter(
        "connections_accepted",
        "Connections that were accepted.",
        alone(counters.accepted()),
    )?;
    let errors = counters.accept_errors();
    families.counter("connection_accept_errors", "Failures to accept a connection.", alone(errors))?;
    let endings = Ending::ALL.map(|ending| (label("reason", ending.as_str()), counters.ended(ending)));
    let help = "Connections that ended otherwise than by the wish of one side.";
    families.counter("connections_ended", help, endings)?;
    let help = "When the certificate expires, in seconds since 1970.";
    let expiry = some(sources.certificates.expires());
    families.gauge("tls_certificate_expiry_timestamp", help, Some(&Unit::Seconds), expiry)?;
    let reloads = sources.certificates.reloads().map(|(result, count)| (label("result", result), count));
    families.counter("tls_certificate_reloads", "How often the certificate was read anew.", reloads)
}

fn store(families: &mut Families<'_>, sources: &Sources, vitals: &Vitals) -> fmt::Result {
    let backend = Cow::Borrowed(vitals.backend);
    let figures: Vec<_> = sources.operations.figures().collect();
    let outcomes = figures.iter().flat_map(|of| {
        let backend = backend.clone();
        of.outcomes.iter().map(move |(outcome, count)| {
            let operation = Cow::Borrowed(of.operation);
            let labels =
                vec![("operation", operation), ("backend", backend.clone()), ("result", (*outcome).into())];
            (labels, *count)
        })
    });
    families.counter("store_operations", "Questions to the store and changes, by outcome.", outcomes)?;
    let durations = figures.into_iter().filter_map(|of| {
        let labels = vec![("operation", Cow::Borrowed(of.operation)), ("backend", backend.clone())];
        Some((labels, of.durations?))
    });
    let help = "What operations of the store took, waiting and repetitions included.";
    families.durations("store_operation_duration", help, durations)?;
    families.gauge("keys", "Keys at hand that open secrets in the database.", None, alone(vitals.keys))?;
    let help = "The number of the newest of them.";
    families.gauge("newest_key_number", help, None, alone(u64::from(vitals.newest_key)))?;
    sqlite(families, vitals)?;
    postgres(families, vitals)
}

fn sqlite(families: &mut Families<'_>, vitals: &Vitals) -> fmt::Result {
    let sqlite = vitals.sqlite.as_ref();
    let waiting = sqlite.map(|sqlite| {
        [("read", sqlite.waiting_reads), ("change", sqlite.waiting_changes)]
            .map(|(queue, waiting)| (label("queue", queue), waiting))
    });
    let help = "Operations that wait for a thread of the SQLite store.";
    families.gauge("sqlite_queue_depth", help, None, waiting.into_iter().flatten())?;
    let limit = sqlite.map(|sqlite| sqlite.queue_length);
    families.gauge("sqlite_queue_limit", "How many may wait in each queue.", None, some(limit))?;
    let bytes = Some(&Unit::Bytes);
    let wal = sqlite.and_then(|sqlite| sqlite.wal_bytes);
    families.gauge("sqlite_wal", "The length of the write-ahead log.", bytes, some(wal))?;
    let file = sqlite.and_then(|sqlite| sqlite.database_bytes);
    families.gauge("sqlite_database", "The length of the database's file.", bytes, some(file))?;
    let writing = sqlite.map(|sqlite| sqlite.writing_for.unwrap_or_default().as_secs_f64());
    let help = "For how long the present transaction has been going on; 0 without one.";
    families.gauge("sqlite_transaction_age", help, Some(&Unit::Seconds), some(writing))
}

fn postgres(families: &mut Families<'_>, vitals: &Vitals) -> fmt::Result {
    let pool = vitals.pool;
    let states = pool.map(|pool| {
        [("in_use", pool.open.saturating_sub(pool.idle)), ("idle", pool.idle)]
            .map(|(state, count)| (label("state", state), count))
    });
    let help = "Connections to the PostgreSQL server.";
    families.gauge("postgres_connections", help, None, states.into_iter().flatten())?;
    let limit = pool.map(|pool| pool.max);
    families.gauge("postgres_connections_limit", "How many there may be.", None, some(limit))?;
    let waiting = pool.map(|pool| pool.waiting);
    families.gauge("postgres_waiting", "Operations that wait for a connection.", None, some(waiting))
}

/// The figures that every process has, by the names that they have everywhere.
struct OfProcess(Arc<OnceLock<Sources>>);

impl fmt::Debug for OfProcess {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("OfProcess")
    }
}

impl Collector for OfProcess {
    fn encode(&self, encoder: DescriptorEncoder) -> fmt::Result {
        let Some(sources) = self.0.get() else { return Ok(()) };
        let (mut families, process) = (Families(encoder), Process::read());
        let (seconds, bytes) = (Some(&Unit::Seconds), Some(&Unit::Bytes));
        let help = "When the process was started, in seconds since 1970.";
        families.gauge("process_start_time", help, seconds, alone(sources.started))?;
        let help = "The time that processors worked for the process.";
        let mut cpu = families.0.encode_descriptor("process_cpu", help, seconds, MetricType::Counter)?;
        if let Some(used) = process.cpu_seconds {
            cpu.encode_counter::<NoLabelSet, f64, f64>(&used, None)?;
        }
        let help = "Memory of the process that is in RAM.";
        families.gauge("process_resident_memory", help, bytes, some(process.resident_bytes))?;
        families.gauge("process_threads", "Threads of the process.", None, some(process.threads))?;
        let help = "File descriptors that are open.";
        families.gauge("process_open_fds", help, None, some(process.open_descriptors))?;
        let help = "How many may be open.";
        families.gauge("process_max_fds", help, None, some(process.max_descriptors))
    }
}
