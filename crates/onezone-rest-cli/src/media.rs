//! Media types, which may be abbreviated on the command line.

/// The abbreviations, those of the bash client that this program replaces.
pub(crate) const ABBREVIATIONS: [(&str, &str); 17] = [
    ("text", "text/plain"),
    ("html", "text/html"),
    ("md", "text/x-markdown"),
    ("csv", "text/csv"),
    ("css", "text/css"),
    ("rtf", "application/rtf"),
    ("json", "application/json"),
    ("xml", "application/xml"),
    ("yaml", "application/yaml"),
    ("js", "application/javascript"),
    ("bin", "application/octet-stream"),
    ("rdf", "application/rdf+xml"),
    ("jpg", "image/jpeg"),
    ("png", "image/png"),
    ("gif", "image/gif"),
    ("bmp", "image/bmp"),
    ("tiff", "image/tiff"),
];

/// The media type that an abbreviation stands for, or the text itself.
pub(crate) fn full(text: &str) -> &str {
    ABBREVIATIONS.iter().find(|(short, _)| *short == text).map_or(text, |(_, full)| full)
}

/// A media type without its parameters, in lower case.
pub(crate) fn essence(media_type: &str) -> String {
    media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}
