//! Which collector, by the option or by OpenTelemetry's own environment variables ("Environment Variable Specification" and
//! "OpenTelemetry Protocol Exporter" of its specification). What the variables say beyond that, the exporter reads itself.

use anyhow::{Context as _, bail, ensure};
use http::Uri;

use super::TraceArguments;

/// What the signal's path is below a collector's base URL.
const PATH: &str = "/v1/traces";

/// A collector, and who named it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Endpoint {
    /// Where spans are sent.
    pub(super) url: String,
    /// The option or variable.
    pub(super) named_by: &'static str,
}

/// The collector that was named, if any was.
pub(super) fn choose(
    arguments: &TraceArguments,
    variable: impl Fn(&str) -> Option<String>,
) -> anyhow::Result<Option<Endpoint>> {
    // An empty variable is as good as none, says the specification.
    let variable = |name: &str| variable(name).filter(|value| !value.trim().is_empty());
    let is_off =
        |name: &str, value: &str| variable(name).is_some_and(|text| text.eq_ignore_ascii_case(value));
    let below = |base: &str| format!("{}{PATH}", base.trim_end_matches('/'));
    let (url, named_by) = if let Some(base) = &arguments.otlp_endpoint {
        (below(base), "--otlp-endpoint")
    } else if is_off("OTEL_SDK_DISABLED", "true") || is_off("OTEL_TRACES_EXPORTER", "none") {
        return Ok(None);
    } else if let Some(url) = variable("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT") {
        (url, "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
    } else if let Some(base) = variable("OTEL_EXPORTER_OTLP_ENDPOINT") {
        (below(&base), "OTEL_EXPORTER_OTLP_ENDPOINT")
    } else {
        return Ok(None);
    };
    check(&url).context(named_by)?;
    Ok(Some(Endpoint { url, named_by }))
}

/// The protocol that is wanted, where it is not the one that is spoken.
pub(super) fn other_protocol(variable: impl Fn(&str) -> Option<String>) -> Option<String> {
    let named = ["OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL"];
    let wanted = named.into_iter().find_map(|name| variable(name).filter(|value| !value.is_empty()));
    wanted.filter(|protocol| protocol != "http/protobuf")
}

fn check(url: &str) -> anyhow::Result<()> {
    const FORM: &str = "write a base URL, such as http://127.0.0.1:4318";
    // What stands in it may be a password, so that it is not repeated.
    let Ok(uri) = url.parse::<Uri>() else { bail!("this is no URL; {FORM}") };
    ensure!(matches!(uri.scheme_str(), Some("http" | "https")), "this is no http or https URL; {FORM}");
    let has_user = uri.authority().is_none_or(|authority| authority.as_str().contains('@'));
    ensure!(!has_user, "a user and a password do not belong here; write OTEL_EXPORTER_OTLP_HEADERS for them");
    ensure!(uri.query().is_none(), "a query does not belong here; {FORM}");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(option: Option<&str>, variables: &[(&str, &str)]) -> anyhow::Result<Option<Endpoint>> {
        let arguments = TraceArguments { otlp_endpoint: option.map(str::to_owned), otlp_sample_ratio: None };
        choose(&arguments, |name| {
            variables.iter().find(|(other, _)| *other == name).map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn the_option_goes_before_the_variable_of_traces_and_that_before_the_one_of_everything() {
        let everything = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://all:4318/");
        let traces = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "https://traces/as/it/is");
        for (option, variables, url) in [
            (None, &[][..], None),
            (None, &[("OTEL_EXPORTER_OTLP_ENDPOINT", " ")], None),
            (None, &[everything], Some("http://all:4318/v1/traces")),
            (None, &[everything, traces], Some("https://traces/as/it/is")),
            (Some("http://[::1]:1/x/"), &[everything, traces], Some("http://[::1]:1/x/v1/traces")),
            (None, &[everything, ("OTEL_SDK_DISABLED", "True")], None),
            (None, &[everything, ("OTEL_TRACES_EXPORTER", "none")], None),
            (Some("http://a"), &[("OTEL_SDK_DISABLED", "true")], Some("http://a/v1/traces")),
        ] {
            assert_eq!(chosen(option, variables).unwrap().map(|endpoint| endpoint.url).as_deref(), url);
        }
    }

    #[test]
    fn what_is_no_url_of_a_collector_is_refused_and_not_repeated() {
        for url in [
            "",
            "collector:4318",
            "grpc://collector",
            "http://",
            "http://u:s3cret@c",
            "http://c?s3cret",
            "http://a b",
        ] {
            let error = format!("{:#}", chosen(Some(url), &[]).unwrap_err());
            assert!(error.starts_with("--otlp-endpoint: ") && !error.contains("s3cret"), "{error}");
        }
        let error = chosen(None, &[("OTEL_EXPORTER_OTLP_ENDPOINT", "here")]).unwrap_err();
        assert!(error.to_string().contains("OTEL_EXPORTER_OTLP_ENDPOINT"), "{error}");
    }

    #[test]
    fn another_protocol_is_noticed() {
        let other = |value: &str| {
            other_protocol(|name| (name == "OTEL_EXPORTER_OTLP_PROTOCOL").then(|| value.to_owned()))
        };
        assert_eq!((other("grpc").as_deref(), other("http/protobuf"), other("")), (Some("grpc"), None, None));
    }
}
