//! The older format of Prometheus, made of `OpenMetrics` for readers that know no other: the same samples, with counters declared by
//! the name that their samples have.

/// The media type of `OpenMetrics`.
pub(super) const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
/// The media type of the older format.
pub(super) const PLAIN: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Whether whoever asks wants `OpenMetrics`: as in Prometheus's own libraries, only those that say so.
pub(super) fn wants_open_metrics(accept: Option<&str>) -> bool {
    let ranges = accept.unwrap_or_default().split(',');
    ranges.map(|range| range.split(';').map(str::trim)).any(|mut parts| {
        parts.next().is_some_and(|essence| essence.eq_ignore_ascii_case("application/openmetrics-text"))
            && parts.all(|parameter| !matches!(parameter, "q=0" | "q=0.0"))
    })
}

/// The same in the older format.
pub(super) fn plain(open_metrics: &str) -> String {
    let counters: Vec<&str> = open_metrics
        .lines()
        .filter_map(|line| line.strip_prefix("# TYPE ")?.strip_suffix(" counter"))
        .collect();
    let mut text = String::with_capacity(open_metrics.len());
    for line in open_metrics.lines() {
        if line == "# EOF" || line.starts_with("# UNIT ") {
            continue;
        }
        let declared =
            ["# HELP ", "# TYPE "].into_iter().find_map(|word| Some((word, line.strip_prefix(word)?)));
        match declared.and_then(|(word, rest)| Some((word, rest.split_once(' ')?))) {
            Some((word, (name, rest))) if counters.contains(&name) => {
                text.extend([word, name, "_total ", rest, "\n"]);
            }
            _ => text.extend([line, "\n"]),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_who_names_it_gets_open_metrics() {
        let prometheus =
            "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.3,*/*;q=0.1";
        for (accept, wanted) in [
            (Some(prometheus), true),
            (Some("application/openmetrics-text"), true),
            (Some("text/plain, Application/OpenMetrics-Text"), true),
            (Some("application/openmetrics-text;q=0"), false),
            (Some("*/*"), false),
            (Some("text/html,application/xhtml+xml,*/*;q=0.8"), false),
            (None, false),
        ] {
            assert_eq!(wants_open_metrics(accept), wanted, "{accept:?}");
        }
    }

    #[test]
    fn the_older_format_declares_counters_by_the_name_of_their_samples() {
        let open = "# HELP a Requests.\n# TYPE a counter\na_total{x=\"1\"} 2\n# HELP b_seconds Age.\n\
            # TYPE b_seconds gauge\n# UNIT b_seconds seconds\nb_seconds 1.0\n# EOF\n";
        let expected = "# HELP a_total Requests.\n# TYPE a_total counter\na_total{x=\"1\"} 2\n\
            # HELP b_seconds Age.\n# TYPE b_seconds gauge\nb_seconds 1.0\n";
        assert_eq!(plain(open), expected);
    }
}
