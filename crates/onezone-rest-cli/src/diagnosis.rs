//! What a failed call means: the exit status, which is that of curl where curl has one, and how it may be mended.

use std::error::Error as StdError;
use std::io;

use onezone_client::Error;
use rustls::{AlertDescription, CertificateError};

use crate::credentials::{API_KEY, BASIC_AUTH, Chosen};
use crate::error::{Failure, status};
use crate::table::Operation;

/// What is known of a call that failed.
pub(crate) struct Context<'a> {
    /// What was called.
    pub(crate) operation: &'a Operation,
    /// Where.
    pub(crate) base_url: &'a str,
    /// With which credentials.
    pub(crate) chosen: &'a Chosen<'a>,
    /// Whether an error of the server has the exit status that curl gives it with `--fail`.
    pub(crate) fail: bool,
}

/// What kept a connection from coming about.
enum Cause<'a> {
    UnknownHost,
    Refused,
    Tls(&'a rustls::Error),
    TimedOut,
    Other,
}

/// A failure with what it means.
pub(crate) fn failure(error: Error, context: &Context<'_>) -> Failure {
    let exit_status = exit_status(&error, context.fail);
    let hint = hint(&error, context);
    Failure { error, hint, exit_status }
}

fn exit_status(error: &Error, fail: bool) -> u8 {
    match error {
        Error::InvalidBaseUrl { .. } | Error::InvalidRequest { .. } => status::USAGE,
        Error::Timeout(_) => status::TIMEOUT,
        Error::ResponseTooLarge { .. } => status::TOO_LONG,
        Error::Connect(_) | Error::Transport(_) => match cause(error) {
            Cause::UnknownHost => status::UNKNOWN_HOST,
            Cause::TimedOut => status::TIMEOUT,
            Cause::Tls(rustls::Error::InvalidCertificate(_)) => status::CERTIFICATE,
            Cause::Tls(_) if matches!(error, Error::Connect(_)) => status::TLS,
            _ if matches!(error, Error::Transport(_)) => status::LOST,
            _ => status::NO_CONNECTION,
        },
        _ if fail && error.status().is_some() => status::FAIL,
        _ => 1,
    }
}

/// Looks down the chain for what somebody can do something about.
fn cause(error: &Error) -> Cause<'_> {
    let mut next: Option<&(dyn StdError + 'static)> = error.source();
    while let Some(found) = next {
        if let Some(tls) = found.downcast_ref::<rustls::Error>() {
            return Cause::Tls(tls);
        }
        if let Some(failed) = found.downcast_ref::<io::Error>() {
            if let Some(tls) = tls_inside(failed) {
                return Cause::Tls(tls);
            }
            match failed.kind() {
                io::ErrorKind::ConnectionRefused => return Cause::Refused,
                io::ErrorKind::TimedOut => return Cause::TimedOut,
                _ => {}
            }
        }
        if found.to_string().starts_with("dns error") {
            return Cause::UnknownHost;
        }
        next = found.source();
    }
    Cause::Other
}

/// Errors of TLS come wrapped, once or more often, and are passed over by `source`.
fn tls_inside(failed: &io::Error) -> Option<&rustls::Error> {
    let inner = failed.get_ref()?;
    inner.downcast_ref::<rustls::Error>().or_else(|| tls_inside(inner.downcast_ref::<io::Error>()?))
}

fn hint(error: &Error, context: &Context<'_>) -> Option<String> {
    match error {
        Error::Connect(_) | Error::Transport(_) => connection_hint(error, context.base_url),
        Error::Timeout(_) => Some("give it more time with -m SECONDS".to_owned()),
        Error::Api(_) | Error::Unexpected(_) => {
            status_hint(error.status()?.as_u16(), matches!(error, Error::Api(_)), context)
        }
        _ => None,
    }
}

fn connection_hint(error: &Error, base_url: &str) -> Option<String> {
    let address = base_url.split("/api/").next().unwrap_or(base_url);
    let hint = match cause(error) {
        Cause::UnknownHost => format!("is {address} the right address? See --host and ONEZONE_HOST"),
        Cause::Refused => {
            format!("nothing listens at {address}; is the server running, and is that its port?")
        }
        Cause::TimedOut => format!("{address} does not answer; is a firewall in between?"),
        Cause::Tls(tls) => tls_hint(tls, base_url)?,
        Cause::Other => return None,
    };
    Some(hint)
}

fn tls_hint(tls: &rustls::Error, base_url: &str) -> Option<String> {
    let hint = match tls {
        rustls::Error::InvalidCertificate(reason) => match reason {
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
                "the certificate of the server has expired; is the clock of this machine right?"
            }
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
                "the certificate of the server is for later; is the clock of this machine right?"
            }
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                "the certificate of the server is for another name; use that name with --host"
            }
            _ => {
                "trust the authority that signed the certificate with --cacert FILE, or any certificate with -k, which gives the protection of TLS away"
            }
        },
        rustls::Error::InvalidMessage(_) => {
            return Some(format!(
                "the server does not speak TLS there; is it http{}?",
                base_url.strip_prefix("https")?
            ));
        }
        rustls::Error::AlertReceived(
            AlertDescription::CertificateRequired | AlertDescription::HandshakeFailure,
        ) => "the server may want a client certificate: --cert FILE --key FILE",
        _ => return None,
    };
    Some(hint.to_owned())
}

fn status_hint(status: u16, is_of_api: bool, context: &Context<'_>) -> Option<String> {
    let name = context.operation.name;
    Some(match status {
        401 => match context.chosen {
            Chosen::Nothing => {
                format!("no credentials were sent; set {API_KEY} or {BASIC_AUTH}, or write -u NAME:PASSWORD")
            }
            chosen => format!("the credentials come from {}; are they still valid?", chosen.source()),
        },
        403 => format!(
            "`onezone-rest-cli {name} --help` says who may do this; the credentials come from {}",
            context.chosen.source()
        ),
        404 if is_of_api => "check the values of the parameters".to_owned(),
        404 | 405 => format!("is there a Onezone at {}? See --host and ONEZONE_HOST", context.base_url),
        429 | 502 | 503 | 504 => {
            "it may work later; --retry COUNT repeats what can be repeated safely".to_owned()
        }
        _ => return None,
    })
}
