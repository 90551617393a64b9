//! The nearest name to a mistyped one.

/// The known name that was probably meant, if any is near enough.
pub(crate) fn nearest<'a>(text: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let distance = |name: &str| strsim::damerau_levenshtein(&text.to_lowercase(), &name.to_lowercase());
    let allowed = match text.chars().count() {
        0..=2 => 1,
        3..=7 => 2,
        _ => 3,
    };
    known
        .map(|name| (distance(name), name))
        .filter(|(distance, name)| *distance <= allowed && *distance < name.chars().count())
        .min()
        .map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_suggested_and_nothing_far_away() {
        let names = ["listen", "log", "log_format"];
        for (text, expected) in [
            ("lisen", Some("listen")),
            ("LISTEN", Some("listen")),
            ("log-format", Some("log_format")),
            ("lgo", Some("log")),
            ("database", None),
            ("", None),
            ("x", None),
        ] {
            assert_eq!(nearest(text, names.into_iter()), expected, "{text}");
        }
    }
}
