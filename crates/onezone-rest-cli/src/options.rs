//! The options, as one table: the command line is read by it, and help, completions and the manual page are made of it.
//!
//! Those of curl are here because the bash client that this program replaces handed everything before the operation on to
//! curl. Each is honoured, passed over because it asks for what is so anyway, or refused with what to write instead.

/// An option.
pub(crate) struct Spec {
    /// Which one it is.
    pub id: Id,
    /// Its short name without the dash, or nothing. Some have two letters, as the bash client has them.
    pub short: &'static str,
    /// Its long name without the dashes.
    pub long: &'static str,
    /// What its value is called, or nothing if it takes none.
    pub value: &'static str,
    /// What becomes of it.
    pub kind: Kind,
    /// What it does, why it is passed over, or what to write in its place.
    pub text: &'static str,
}

/// What becomes of an option.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// It is of this program.
    Own,
    /// It is curl's, and does what it does there.
    Curl,
    /// It is curl's, and asks for what is so anyway.
    Passed,
    /// It is curl's, and cannot be done.
    Refused,
}

/// Names an option for those who act by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Id {
    About,
    Accept,
    Body,
    CaCert,
    Cert,
    Completion,
    ConnectTimeout,
    ContentType,
    Cookie,
    Data,
    DryRun,
    DumpHeader,
    Fail,
    FailWithBody,
    File,
    Force,
    Header,
    Help,
    Host,
    Include,
    Insecure,
    Ipv4,
    Ipv6,
    Json,
    Key,
    Man,
    MaxFilesize,
    MaxTime,
    Method,
    NoColors,
    NoProxy,
    OauthBearer,
    Output,
    Passed,
    Proxy,
    ProxyUser,
    Referer,
    Refused,
    Resolve,
    Retry,
    RetryDelay,
    RetryMaxTime,
    ShowSecrets,
    Silent,
    TlsMax,
    Tlsv13,
    User,
    UserAgent,
    Verbose,
    Version,
    WriteOut,
}

const fn own(
    id: Id,
    short: &'static str,
    long: &'static str,
    value: &'static str,
    text: &'static str,
) -> Spec {
    Spec { id, short, long, value, kind: Kind::Own, text }
}

const fn curl(
    id: Id,
    short: &'static str,
    long: &'static str,
    value: &'static str,
    text: &'static str,
) -> Spec {
    Spec { id, short, long, value, kind: Kind::Curl, text }
}

const fn passed(short: &'static str, long: &'static str, value: &'static str, text: &'static str) -> Spec {
    Spec { id: Id::Passed, short, long, value, kind: Kind::Passed, text }
}

const fn refused(short: &'static str, long: &'static str, text: &'static str) -> Spec {
    Spec { id: Id::Refused, short, long, value: "", kind: Kind::Refused, text }
}

/// Every option, in the order of the help.
pub(crate) const OPTIONS: &[Spec] = &[
    own(Id::Host, "", "host", "URL", "Onezone to talk to, a host name or a URL; or set ONEZONE_HOST"),
    own(
        Id::User,
        "u",
        "user",
        "NAME:PASSWORD",
        "authenticate by HTTP Basic; without a password it is asked for",
    ),
    own(
        Id::Output,
        "",
        "output",
        "FORMAT",
        "json, yaml, table or ids; without it the answer as it is, indented on a terminal",
    ),
    own(Id::Accept, "ac", "accept", "TYPE", "media type to ask for, as json or application/json"),
    own(Id::ContentType, "ct", "content-type", "TYPE", "media type of the body, as json or application/json"),
    own(Id::Body, "", "body", "TEXT", "the whole body"),
    own(Id::DryRun, "", "dry-run", "", "print the equivalent curl command and send nothing"),
    own(Id::ShowSecrets, "", "show-secrets", "", "do not mask secrets in what --dry-run and -v print"),
    own(Id::Force, "", "force", "", "do not check parameters and body against the operation"),
    own(Id::NoColors, "nc", "no-colors", "", "no colours; NO_COLOR does the same"),
    own(Id::Help, "h", "help", "", "this text, or that of the operation"),
    own(Id::Version, "V", "version", "", "version of the API"),
    own(Id::About, "", "about", "", "what the API is for, its licence and contact"),
    own(Id::Completion, "", "completion", "SHELL", "print the completions for bash, zsh or fish"),
    own(Id::Man, "", "man", "", "print the manual page"),
    curl(
        Id::CaCert,
        "",
        "cacert",
        "FILE",
        "trust the certificates in this PEM file, in place of those of the system",
    ),
    curl(Id::Cert, "E", "cert", "FILE", "client certificate, PEM; it may have its key in it"),
    curl(
        Id::ConnectTimeout,
        "",
        "connect-timeout",
        "SECONDS",
        "how long connecting may take; 10 unless given",
    ),
    curl(Id::Cookie, "b", "cookie", "NAME=VALUE", "send a cookie"),
    curl(Id::Data, "d", "data", "TEXT", "the whole body; @FILE reads a file, @- standard input"),
    curl(Id::Data, "", "data-binary", "TEXT", "as --data"),
    curl(Id::Body, "", "data-raw", "TEXT", "as --body"),
    curl(
        Id::DumpHeader,
        "D",
        "dump-header",
        "FILE",
        "write status and headers of the answer to a file; - is standard output",
    ),
    curl(Id::Fail, "f", "fail", "", "exit status 22 instead of 1 when the server answers with an error"),
    curl(
        Id::FailWithBody,
        "",
        "fail-with-body",
        "",
        "as --fail, with the body of the error on standard output",
    ),
    curl(Id::Header, "H", "header", "HEADER:VALUE", "send a header"),
    curl(Id::Include, "i", "include", "", "print status and headers before the answer"),
    curl(Id::Insecure, "k", "insecure", "", "accept any certificate"),
    curl(Id::Ipv4, "4", "ipv4", "", "connect by IPv4 only"),
    curl(Id::Ipv6, "6", "ipv6", "", "connect by IPv6 only"),
    curl(Id::Json, "", "json", "TEXT", "as --data, with JSON as content type"),
    curl(Id::Key, "", "key", "FILE", "private key of the client certificate, PEM"),
    curl(Id::MaxFilesize, "", "max-filesize", "BYTES", "how long an answer may be; 64 MiB unless given"),
    curl(
        Id::MaxTime,
        "m",
        "max-time",
        "SECONDS",
        "how long the call may take; 30 unless given, 0 is for ever",
    ),
    curl(Id::NoProxy, "", "noproxy", "HOSTS", "hosts that are reached without a proxy; * is all"),
    curl(Id::OauthBearer, "", "oauth2-bearer", "TOKEN", "authenticate by a bearer token"),
    curl(
        Id::File,
        "o",
        "",
        "FILE",
        "write the answer to a file; --output does so for a name with a dot or a slash",
    ),
    curl(Id::Proxy, "x", "proxy", "URL", "HTTP proxy; without it http_proxy, https_proxy and no_proxy count"),
    curl(Id::ProxyUser, "U", "proxy-user", "NAME:PASSWORD", "authenticate at the proxy"),
    curl(Id::Referer, "e", "referer", "URL", "send the header Referer"),
    curl(Id::Method, "X", "request", "METHOD", "has to be the method of the operation"),
    curl(Id::Resolve, "", "resolve", "HOST:PORT:ADDRESS", "connect to this address for that host"),
    curl(
        Id::Retry,
        "",
        "retry",
        "COUNT",
        "repeat GET, PUT and DELETE so often when there is no answer, or 429, 502, 503, 504",
    ),
    curl(Id::RetryDelay, "", "retry-delay", "SECONDS", "wait so long between repetitions"),
    curl(Id::RetryMaxTime, "", "retry-max-time", "SECONDS", "begin no repetition later"),
    curl(
        Id::Silent,
        "s",
        "silent",
        "",
        "no confirmation of what has no answer; errors are told all the same",
    ),
    curl(Id::TlsMax, "", "tls-max", "VERSION", "newest TLS, 1.2 or 1.3"),
    curl(Id::Tlsv13, "", "tlsv1.3", "", "TLS 1.3 at least"),
    curl(Id::UserAgent, "A", "user-agent", "NAME", "what the program calls itself"),
    curl(Id::Verbose, "v", "verbose", "", "tell request and answer on standard error, secrets masked"),
    curl(
        Id::WriteOut,
        "w",
        "write-out",
        "FORMAT",
        "print this after the answer; knows http_code, content_type, url and others",
    ),
    passed("", "basic", "", "-u is HTTP Basic"),
    passed("", "compressed", "", "answers are never compressed here, so there is nothing to unpack"),
    passed("q", "disable", "", "no configuration file of curl is read"),
    passed("g", "globoff", "", "URLs are made from parameters, and nothing in them is a pattern"),
    passed("", "http1.1", "", "that is the version which is used"),
    passed("", "http2", "", "HTTP/1.1 is used, which every server understands that offers HTTP/2"),
    passed("", "keepalive-time", "SECONDS", "a connection serves one call"),
    passed(
        "L",
        "location",
        "",
        "a redirect is an error that says where to, since following it would hand the credentials on",
    ),
    passed("", "max-redirs", "COUNT", "no redirect is followed"),
    passed("N", "no-buffer", "", "an answer is printed at once when it is complete"),
    passed("", "no-keepalive", "", "a connection serves one call"),
    passed("", "no-progress-meter", "", "there is none"),
    passed("", "path-as-is", "", "a path is never rewritten"),
    passed("#", "progress-bar", "", "there is none"),
    passed("p", "proxytunnel", "", "HTTPS always goes through a tunnel"),
    passed("", "retry-all-errors", "", "what can be repeated safely is repeated, and nothing else"),
    passed("", "retry-connrefused", "", "a refused connection is repeated anyway"),
    passed("S", "show-error", "", "errors are always told"),
    passed("", "tcp-nodelay", "", "it is so"),
    passed("1", "tlsv1", "", "TLS 1.2 is the oldest that is spoken"),
    passed("", "tlsv1.0", "", "TLS 1.2 is the oldest that is spoken"),
    passed("", "tlsv1.1", "", "TLS 1.2 is the oldest that is spoken"),
    passed("", "tlsv1.2", "", "TLS 1.2 is the oldest that is spoken"),
    passed("", "cert-type", "PEM", "certificates are PEM"),
    passed("", "key-type", "PEM", "keys are PEM"),
    refused("", "anyauth", "write -u NAME:PASSWORD or set ONEZONE_API_KEY"),
    refused("", "capath", "write --cacert FILE"),
    refused("K", "config", "set ONEZONE_HOST, ONEZONE_API_KEY or ONEZONE_BASIC_AUTH"),
    refused("", "connect-to", "write --resolve HOST:PORT:ADDRESS"),
    refused("C", "continue-at", "answers are small and come whole"),
    refused("c", "cookie-jar", "the API has no sessions; send a cookie with -b NAME=VALUE"),
    refused("", "data-urlencode", "write the members of the body as NAME==TEXT"),
    refused("", "digest", "write -u NAME:PASSWORD, which is HTTP Basic"),
    refused("F", "form", "give the body with --body or from standard input (-)"),
    refused("G", "get", "write parameters of the query as NAME=VALUE"),
    refused("I", "head", "write -i to see the headers of an answer"),
    refused("0", "http1.0", "HTTP/1.1 is used"),
    refused("", "http2-prior-knowledge", "HTTP/1.1 is used"),
    refused("", "http3", "HTTP/1.1 is used"),
    refused("", "interface", "write -4 or -6"),
    refused("", "limit-rate", "answers are small; --max-filesize bounds them"),
    refused("", "negotiate", "write -u NAME:PASSWORD or set ONEZONE_API_KEY"),
    refused("n", "netrc", "set ONEZONE_BASIC_AUTH=NAME:PASSWORD"),
    refused("", "netrc-file", "set ONEZONE_BASIC_AUTH=NAME:PASSWORD"),
    refused("", "next", "call the program once for each operation"),
    refused("", "ntlm", "write -u NAME:PASSWORD or set ONEZONE_API_KEY"),
    refused("Z", "parallel", "call the program once for each operation"),
    refused("", "pass", "give a key without a pass phrase with --key FILE"),
    refused("", "preproxy", "write -x URL"),
    refused("", "proxy-insecure", "write -x URL with an http proxy"),
    refused("r", "range", "answers are small and come whole"),
    refused("O", "remote-name", "write -o FILE"),
    refused("", "socks5", "write -x URL with an HTTP proxy"),
    refused("", "socks5-hostname", "write -x URL with an HTTP proxy"),
    refused("2", "sslv2", "TLS 1.2 is the oldest that is spoken"),
    refused("3", "sslv3", "TLS 1.2 is the oldest that is spoken"),
    refused("", "stderr", "redirect standard error in the shell: 2>FILE"),
    refused("", "trace", "write -v"),
    refused("", "trace-ascii", "write -v"),
    refused("", "unix-socket", "write --host URL"),
    refused("T", "upload-file", "give the body with -d @FILE or from standard input (-)"),
    refused("", "url", "write --host URL"),
];

/// The option with this long name.
pub(crate) fn by_long(name: &str) -> Option<&'static Spec> {
    OPTIONS.iter().find(|option| !option.long.is_empty() && option.long == name)
}

/// The option with this short name, which may have two letters.
pub(crate) fn by_short(name: &str) -> Option<&'static Spec> {
    OPTIONS.iter().find(|option| !option.short.is_empty() && option.short == name)
}

impl Spec {
    /// What it is called in messages: the long name, or the short one if there is no other.
    pub(crate) fn name(&self) -> String {
        if self.long.is_empty() { format!("-{}", self.short) } else { format!("--{}", self.long) }
    }

    /// Its names as the help shows them: `-u, --user NAME:PASSWORD`.
    pub(crate) fn heading(&self) -> String {
        let mut names = Vec::new();
        if !self.short.is_empty() {
            names.push(format!("-{}", self.short));
        }
        if !self.long.is_empty() {
            names.push(format!("--{}", self.long));
        }
        let names = names.join(", ");
        if self.value.is_empty() { names } else { format!("{names} {}", self.value) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn names_of_options_are_there_once_and_every_option_says_something() {
        let mut names = BTreeSet::new();
        for option in OPTIONS {
            assert!(!option.text.is_empty() && !option.text.ends_with('.'), "{}", option.name());
            assert!(!option.name().trim_matches('-').is_empty() || option.short == "#");
            for name in [format!("-{}", option.short), format!("--{}", option.long)] {
                assert!(name.trim_matches('-').is_empty() || names.insert(name.clone()), "{name}");
            }
        }
    }
}
