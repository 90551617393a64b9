//! Change logs in the form of <https://keepachangelog.com/en/1.1.0>: `## [1.2.3] - 2026-11-22`, the latest first.

/// A section of a change log.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Section<'a> {
    /// `1.2.3`, or `Unreleased`.
    pub(crate) version: &'a str,
    /// `2026-11-22`, where it has one.
    pub(crate) date: Option<&'a str>,
    /// Whether it says anything.
    pub(crate) is_empty: bool,
}

/// The sections, in their order.
pub(crate) fn sections(text: &str) -> Vec<Section<'_>> {
    let mut sections: Vec<Section<'_>> = Vec::new();
    for line in text.lines() {
        if let Some(head) = line.strip_prefix("## ") {
            let (version, date) = match head.split_once(" - ") {
                Some((version, date)) => (version, Some(date.trim())),
                None => (head, None),
            };
            let version = version.trim().trim_start_matches('[').trim_end_matches(']');
            sections.push(Section { version, date, is_empty: true });
        } else if let Some(section) = sections.last_mut() {
            // A heading without an entry, and the addresses that versions link to, say nothing.
            let says = !line.trim().is_empty() && !line.starts_with('#') && !line.starts_with('[');
            section.is_empty &= !says;
        }
    }
    sections
}

/// What is wrong with the change log of a version that is to be published.
pub(crate) fn problem(text: &str, version: &str) -> Option<String> {
    let sections = sections(text);
    let released: Vec<_> = sections.iter().filter(|section| section.version != "Unreleased").collect();
    match released.first() {
        Some(first) if first.version == version => match first {
            Section { is_empty: true, .. } => Some(format!("has a section for {version} that says nothing")),
            Section { date: None, .. } => Some(format!("has no date for {version}")),
            _ => None,
        },
        _ if released.iter().any(|section| section.version == version) => {
            Some(format!("has {version} below a later version"))
        }
        _ => Some(format!("has no section for {version}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOG: &str = "# Changelog\n\n## [Unreleased]\n\n## [0.2.0] - 2026-11-22\n\n### Added\n\n- A thing.\n\n## 0.1.0 - 2026-01-01\n\n### Added\n\n[0.2.0]: https://a.example\n";

    #[test]
    fn a_version_has_a_section_at_the_top_that_says_something() {
        assert_eq!(problem(LOG, "0.2.0"), None);
        assert_eq!(problem(LOG, "0.1.0").unwrap(), "has 0.1.0 below a later version");
        assert_eq!(problem(LOG, "0.3.0").unwrap(), "has no section for 0.3.0");
        assert_eq!(problem("", "0.3.0").unwrap(), "has no section for 0.3.0");
        let empty = LOG.replace("- A thing.\n", "");
        assert_eq!(problem(&empty, "0.2.0").unwrap(), "has a section for 0.2.0 that says nothing");
        let undated = LOG.replace(" - 2026-11-22", "");
        assert_eq!(problem(&undated, "0.2.0").unwrap(), "has no date for 0.2.0");
    }

    #[test]
    fn the_changelog_of_the_client_begins_with_the_version_of_the_workspace() {
        let workspace = crate::workspace::Workspace::here().unwrap();
        let metadata = workspace.metadata().unwrap();
        let client = metadata.packages.iter().find(|package| package.name == "onezone-client").unwrap();
        let text =
            std::fs::read_to_string(workspace.root.join("crates/onezone-client/CHANGELOG.md")).unwrap();
        assert_eq!(problem(&text, &client.version.to_string()), None);
    }
}
