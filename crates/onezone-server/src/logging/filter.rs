//! The filter of `--log`: levels, for everything and for single targets. What would be taken for something else than was meant
//! is refused, by name.

use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::Directive;

use crate::suggest::nearest;

const LEVELS: [&str; 6] = ["off", "error", "warn", "info", "debug", "trace"];

/// What counts for targets that the filter does not name, as long as it says nothing else.
const OTHERS: &str = "info";

/// Refuses what is no filter, before anything else is done.
pub(super) fn check(text: &str) -> Result<String, String> {
    parse(text).map(|_| text.to_owned())
}

/// The filter that the text is.
pub(super) fn parse(text: &str) -> Result<EnvFilter, String> {
    let directives = directives(text);
    if directives.is_empty() {
        return Err(format!("write a level, which is one of {}", LEVELS.join(", ")));
    }
    for directive in &directives {
        check_directive(directive)?;
    }
    let has_level = directives.iter().any(|directive| is_level(directive));
    let whole = if has_level { directives.join(",") } else { format!("{OTHERS},{}", directives.join(",")) };
    EnvFilter::try_new(whole).map_err(|error| error.to_string())
}

fn check_directive(directive: &str) -> Result<(), String> {
    if is_level(directive) {
        return Ok(());
    }
    // Otherwise it is a target of which everything is logged: most likely a mistyped level, and never what a longer filter cannot say.
    if !directive.contains(['=', '[']) {
        let meant = match meant(directive) {
            Some(level) => format!("did you mean `{level}`?"),
            None => format!("write one of {}, or `{directive}=debug` for a target", LEVELS.join(", ")),
        };
        return Err(format!("`{directive}` is no level: {meant}"));
    }
    if let Some((_, level)) = directive.rsplit_once('=').filter(|(target, _)| !target.contains('['))
        && !is_level(level)
    {
        let meant = meant(level).map(|level| format!(", perhaps `{level}`"));
        let meant = meant.unwrap_or_default();
        return Err(format!(
            "`{directive}`: `{level}` is no level: write one of {}{meant}",
            LEVELS.join(", ")
        ));
    }
    directive.parse::<Directive>().map(drop).map_err(|_| {
        format!("`{directive}` cannot be read: write a level, or a target and its level such as `access=off`")
    })
}

fn is_level(text: &str) -> bool {
    LEVELS.iter().any(|level| level.eq_ignore_ascii_case(text))
}

fn directives(text: &str) -> Vec<&str> {
    text.split(',').map(str::trim).filter(|part| !part.is_empty()).collect()
}

/// The level that was probably meant.
fn meant(text: &str) -> Option<&'static str> {
    let text = text.to_ascii_lowercase();
    let longer = || LEVELS.into_iter().find(|level| text.starts_with(level));
    nearest(&text, LEVELS.into_iter()).or_else(longer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_targets_and_fields_are_filters() {
        for text in [
            "info",
            "OFF",
            "info,access=off",
            " warn , onezone_store=debug ",
            "debug,h2=warn,[connection{peer=a}]=trace",
            "access=off",
        ] {
            assert!(check(text).is_ok(), "{text}: {:?}", check(text));
        }
    }

    #[test]
    fn what_is_not_named_stays_at_info_when_only_targets_are() {
        assert_eq!(parse("access=off").unwrap().to_string(), "access=off,info");
        assert_eq!(parse("error,access=info").unwrap().to_string(), "access=info,error");
    }

    #[test]
    fn mistakes_are_named_with_what_was_probably_meant() {
        for (text, named) in [
            ("", "write a level, which is one of off, error, warn"),
            (",", "write a level"),
            ("inof", "`inof` is no level: did you mean `info`?"),
            ("info,verbose", "`verbose` is no level: write one of off, error"),
            ("warning", "`warning` is no level: did you mean `warn`?"),
            (
                "info,access=of",
                "`access=of`: `of` is no level: write one of off, error, warn, info, debug, trace, perhaps `off`",
            ),
            ("info,access=", "`access=`: `` is no level"),
            ("info,[a{b=]=x", "cannot be read"),
        ] {
            let error = check(text).unwrap_err();
            assert!(error.contains(named), "{text}: {error}");
        }
    }
}
