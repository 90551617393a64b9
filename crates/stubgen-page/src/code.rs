//! Code to read and to copy: JSON in colours, everything else as it is.

use maud::{Markup, html};
use serde_json::Value;

/// A block of code with what it is, and a button to copy it, which the script brings.
pub(crate) fn block(label: &str, content: &Markup) -> Markup {
    html! {
        figure.code {
            figcaption { (label) }
            pre { code { (content) } }
        }
    }
}

/// A text as code.
pub(crate) fn text(text: &str) -> Markup {
    html! { (text.trim_end()) }
}

/// An example as it would be sent: JSON in colours, a text for other media types.
pub(crate) fn example(value: &Value, media_type: &str) -> Markup {
    match value.as_str().filter(|_| !is_json(media_type)) {
        Some(content) => text(content),
        None => json(value, 0),
    }
}

/// Whether a media type is JSON, by name or by its suffix.
pub(crate) fn is_json(media_type: &str) -> bool {
    let essence = media_type.split(';').next().unwrap_or_default().trim();
    essence.ends_with("/json") || essence.ends_with("+json") || essence == "*/*"
}

/// A value over several lines, where the script of the page has the same colours for answers.
pub(crate) fn json(value: &Value, depth: usize) -> Markup {
    let indent = "  ".repeat(depth + 1);
    let end = "  ".repeat(depth);
    match value {
        Value::Object(members) if !members.is_empty() => html! {
            "{\n"
            @for (index, (name, member)) in members.iter().enumerate() {
                @if index > 0 { ",\n" }
                (indent) span.key { (Value::from(name.as_str())) } ": " (json(member, depth + 1))
            }
            "\n" (end) "}"
        },
        Value::Array(elements) if !elements.is_empty() => html! {
            "[\n"
            @for (index, element) in elements.iter().enumerate() {
                @if index > 0 { ",\n" }
                (indent) (json(element, depth + 1))
            }
            "\n" (end) "]"
        },
        Value::String(_) => html! { span.string { (value) } },
        Value::Object(_) | Value::Array(_) => html! { (value) },
        _ => html! { span.literal { (value) } },
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    #[test]
    fn json_is_laid_out_as_usual_and_its_texts_cannot_leave_their_place() {
        let value = json!({ "a": ["</span><script>", 1, null], "b": {}, "c": [] });
        let shown = super::json(&value, 0).into_string();
        let plain: String =
            shown.split('<').map(|part| part.split_once('>').map_or(part, |(_, rest)| rest)).collect();
        let plain = plain.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"");
        assert_eq!(plain, serde_json::to_string_pretty(&value).unwrap());
        assert!(!shown.contains("<script"), "{shown}");
    }
}
