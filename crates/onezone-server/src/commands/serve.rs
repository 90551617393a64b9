//! `serve`: everything up to an open store and a permitted address; the rest is [`crate::serving`].

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::bail;
use clap::Args;
use clap::builder::BoolishValueParser;
use onezone_store::OpenMode;
use stubgen_runtime::Options;

use super::Context;
use crate::bootstrap;
use crate::certificates::Certificates;
use crate::cli::Common;
use crate::database::Database;
use crate::descriptors;
use crate::edge::{ConnectionArguments, ProxyArguments, TlsArguments};
use crate::geo::{self, GeoArguments, GeoDatabases};
use crate::limits::LimitArguments;
use crate::logging::{self, LogArguments};
use crate::observability::{Observability, ObservabilityArguments};
use crate::passwords::PasswordArguments;
use crate::serving::{self, Settings};
use crate::sockets;
use crate::traces::{self, Served, TraceArguments, Traces};

/// How to serve.
#[derive(Args)]
#[command(
    after_help = "The first start creates the data directory, the database and a user `admin` who may do \
    everything, prints the user's password once, and shows a command for each operation.\n\n\
    Examples:\n  \
    onezone-server serve\n  \
    onezone-server serve --listen 127.0.0.1:0 --data-dir /srv/zone\n  \
    onezone-server serve --tls-certificate tls.crt --tls-key tls.key\n  \
    onezone-server serve --trusted-proxy 127.0.0.1\n  \
    onezone-server serve --metrics-listen 127.0.0.1:9181\n\n\
    SIGTERM and SIGINT end it when the requests in flight are answered, twice: at once. SIGHUP reads the certificate anew."
)]
pub(crate) struct ServeArguments {
    #[command(flatten)]
    pub(crate) listen: ListenArguments,
    /// Allow plain HTTP on an address that other machines can reach; not needed with TLS
    #[arg(
        long,
        value_name = "BOOL",
        env = "ONEZONE_INSECURE_HTTP",
        value_parser = BoolishValueParser::new(),
        num_args = 0..=1,
        require_equals = true,
        default_value = "false",
        default_missing_value = "true",
        help_heading = "Listening"
    )]
    pub(crate) insecure_http: bool,
    /// Take the first user's password from this file instead of generating one
    #[arg(long, value_name = "FILE", env = "ONEZONE_ADMIN_PASSWORD_FILE", help_heading = "Users")]
    pub(crate) admin_password_file: Option<PathBuf>,
    /// Do not serve the reference page, which is at /api/v3/onezone/docs
    #[arg(
        long,
        value_name = "BOOL",
        env = "ONEZONE_NO_DOCS",
        value_parser = BoolishValueParser::new(),
        num_args = 0..=1,
        require_equals = true,
        default_value = "false",
        default_missing_value = "true",
        help_heading = "Listening"
    )]
    pub(crate) no_docs: bool,
    #[command(flatten)]
    pub(crate) tls: TlsArguments,
    #[command(flatten)]
    pub(crate) proxies: ProxyArguments,
    #[command(flatten)]
    pub(crate) connections: ConnectionArguments,
    #[command(flatten)]
    pub(crate) limits: LimitArguments,
    #[command(flatten)]
    pub(crate) passwords: PasswordArguments,
    #[command(flatten)]
    pub(crate) geo: GeoArguments,
    #[command(flatten)]
    pub(crate) observability: ObservabilityArguments,
    #[command(flatten)]
    pub(crate) log: LogArguments,
    #[command(flatten)]
    pub(crate) traces: TraceArguments,
}

/// Where the server is.
#[derive(Args)]
#[command(next_help_heading = "Listening")]
pub(crate) struct ListenArguments {
    /// Where to listen; port 0 takes a free one and prints it
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:8080", env = "ONEZONE_LISTEN")]
    pub(crate) listen: SocketAddr,
}

impl ServeArguments {
    /// Whether an address that other machines can reach is meant.
    fn permits_everybody(&self) -> bool {
        self.insecure_http || self.tls.tls_certificate.is_some()
    }
}

/// What is wrong with settings that are each right, and with the files that they name, without doing anything.
pub(crate) fn problems(arguments: &ServeArguments, common: &Common) -> Vec<String> {
    let checks = [
        check_address(arguments.listen.listen, arguments.permits_everybody()),
        arguments.proxies.check(),
        traces::check(&arguments.traces),
        arguments.observability.check(),
        arguments.tls.load().map(|_| ()),
        GeoDatabases::open(&arguments.geo).map(|_| ()),
        Database::from_options(common).map(|_| ()),
    ];
    checks.into_iter().filter_map(Result::err).map(|error| format!("{error:#}")).collect()
}

/// Opens the store, sets it up at the first start, and serves.
pub(crate) async fn run(arguments: ServeArguments, context: &Context<'_>) -> anyhow::Result<()> {
    let address = arguments.listen.listen;
    let permitted = arguments.permits_everybody();
    check_address(address, permitted)?;
    arguments.proxies.check()?;
    arguments.observability.check()?;
    logging::start(&arguments.log)?;
    let tls = arguments.tls.load()?;
    let geo = Arc::new(GeoDatabases::open(&arguments.geo)?);
    let database = Database::from_options(&context.common)?;
    // Before anything is set up: a start that fails must not use up the one time that the password is shown.
    let sockets = sockets::open(address, arguments.connections.accept_queue, &arguments.observability)?;
    let listener = sockets.api;
    // The service manager may have opened another one.
    check_address(listener.local_addr()?, permitted)?;
    let traces = traces::start(
        &arguments.traces,
        Served {
            scheme: if tls.is_some() { "https" } else { "http" },
            address: listener.local_addr()?,
            environment: context.environment.clone(),
        },
    )?;
    let others = usize::from(context.common.database_connections);
    let connections = descriptors::connections(arguments.connections.connections(), others)?;
    let observability = Observability::start(sockets.metrics)?;
    let certificates = Certificates::new(tls.clone(), &arguments.tls, context.environment.clone());
    let serving = arguments.connections.serving(&arguments.tls, tls, &arguments.proxies, connections);
    let url = database.url();
    let store = database.open(OpenMode::Serve, &context.environment).await?;
    let password_file = arguments.admin_password_file.as_deref();
    let first_start = bootstrap::bootstrap(store.as_ref(), password_file, &context.environment).await?;
    geo::keep_fresh(&geo)?;
    let handlers = arguments.passwords.choose(onezone_handlers::Settings {
        token_limits: arguments.limits.tokens(),
        geo,
        ..onezone_handlers::Settings::default()
    });
    let settings = Settings {
        listener,
        handlers,
        options: Options {
            serve_page: !arguments.no_docs,
            tracer: traces.as_ref().map(Traces::tracer),
            ..arguments.connections.requests(arguments.limits.requests())
        },
        serving,
        traces,
        observability,
        certificates,
        database: url,
        first_start,
        output: context.output,
        environment: &context.environment,
    };
    serving::serve(store, settings).await
}

/// Credentials travel in every request; beyond this machine they need TLS or somebody who says otherwise.
fn check_address(listen: SocketAddr, permitted: bool) -> anyhow::Result<()> {
    if listen.ip().is_loopback() || permitted {
        return Ok(());
    }
    bail!(
        "{listen} can be reached by other machines, and plain HTTP would show them passwords and tokens: serve \
         HTTPS with --tls-certificate and --tls-key, listen on a loopback address behind a proxy that does TLS, or \
         accept it with --insecure-http"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_http_beyond_this_machine_has_to_be_asked_for() {
        for (address, allowed) in [
            ("127.0.0.1:8080", true),
            ("127.9.9.9:0", true),
            ("[::1]:80", true),
            ("0.0.0.0:8080", false),
            ("[::]:8080", false),
            ("192.168.0.1:80", false),
        ] {
            let address: SocketAddr = address.parse().unwrap();
            assert_eq!(check_address(address, false).is_ok(), allowed, "{address}");
            assert!(check_address(address, true).is_ok());
        }
    }
}
