//! Descriptions, which are `CommonMark`, as HTML. A document may come from anybody: what could run, load or cover something
//! becomes text.

use maud::{Markup, PreEscaped};
use pulldown_cmark::{CowStr, Event, HeadingLevel, LinkType, Options, Parser, Tag, TagEnd, html};

/// A text of several paragraphs. Its headings stand below a heading of the level.
pub(crate) fn block(text: &str, level: usize) -> Markup {
    let mut safe = Safe { level, kept: Vec::new() };
    let parser = Parser::new_ext(text, Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH);
    let mut output = String::new();
    html::push_html(&mut output, parser.filter_map(|event| safe.event(event)));
    PreEscaped(output)
}

/// Whether an address can be followed without running anything.
pub(crate) fn is_safe(url: &str) -> bool {
    // Browsers pass over these, so that they must not hide a scheme.
    let url: String =
        url.chars().filter(|character| !character.is_ascii_control() && *character != ' ').collect();
    let scheme = url.find([':', '/', '?', '#']).filter(|end| url[*end..].starts_with(':'));
    scheme.is_none_or(|end| ["http", "https", "mailto"].contains(&url[..end].to_ascii_lowercase().as_str()))
}

/// Goes through the events of a text.
struct Safe {
    level: usize,
    /// Of each link that is open, whether it stays one.
    kept: Vec<bool>,
}

impl Safe {
    fn event<'t>(&mut self, event: Event<'t>) -> Option<Event<'t>> {
        Some(match event {
            Event::Html(text) | Event::InlineHtml(text) => return html_as_text(text),
            Event::Start(Tag::HtmlBlock) => Event::Start(Tag::Paragraph),
            Event::End(TagEnd::HtmlBlock) => Event::End(TagEnd::Paragraph),
            Event::Start(Tag::Heading { level, .. }) => {
                let level = self.heading(level);
                Event::Start(Tag::Heading { level, id: None, classes: Vec::new(), attrs: Vec::new() })
            }
            Event::End(TagEnd::Heading(level)) => Event::End(TagEnd::Heading(self.heading(level))),
            // An image would be loaded from elsewhere; its reader may decide.
            Event::Start(Tag::Link { dest_url, title, .. } | Tag::Image { dest_url, title, .. }) => {
                // A link in a link is none.
                let kept = is_safe(&dest_url) && !self.kept.contains(&true);
                self.kept.push(kept);
                if !kept {
                    return None;
                }
                Event::Start(Tag::Link {
                    link_type: LinkType::Inline,
                    dest_url,
                    title,
                    id: CowStr::Borrowed(""),
                })
            }
            Event::End(TagEnd::Link | TagEnd::Image) => {
                return self.kept.pop().unwrap_or_default().then_some(Event::End(TagEnd::Link));
            }
            other => other,
        })
    }

    fn heading(&self, level: HeadingLevel) -> HeadingLevel {
        HeadingLevel::try_from((level as usize + self.level).min(6)).unwrap_or(HeadingLevel::H6)
    }
}

/// HTML in a description is shown, not obeyed, but for line breaks; comments are not for the reader.
fn html_as_text(text: CowStr<'_>) -> Option<Event<'_>> {
    let tag = text.trim();
    if tag.starts_with("<!--") && tag.ends_with("-->") {
        return None;
    }
    let name = tag.strip_prefix('<').and_then(|rest| rest.strip_suffix('>')).unwrap_or_default();
    if name.trim_end_matches('/').trim().eq_ignore_ascii_case("br") {
        return Some(Event::HardBreak);
    }
    Some(Event::Text(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        block(text, 2).into_string()
    }

    #[test]
    fn html_is_shown_and_not_obeyed() {
        assert_eq!(shown("a <b>c</b>"), "<p>a &lt;b&gt;c&lt;/b&gt;</p>\n");
        assert_eq!(shown("a<br/>b <!-- c -->"), "<p>a<br />\nb </p>\n");
        for text in
            ["<script>alert(1)</script>", "x <img src=x onerror=alert(1)>", "</p></main><script>1</script>"]
        {
            let html = shown(text);
            assert!(
                !html.contains("<script") && !html.contains("<img") && !html.contains("</main"),
                "{html}"
            );
        }
    }

    #[test]
    fn links_that_run_something_are_text() {
        assert_eq!(shown("[a](https://a.example)"), "<p><a href=\"https://a.example\">a</a></p>\n");
        assert_eq!(shown("[a](/b?c=d:e)"), "<p><a href=\"/b?c=d:e\">a</a></p>\n");
        for link in [
            "javascript:alert(1)",
            "JaVaScRiPt:alert(1)",
            "&#106;avascript:alert(1)",
            "data:text/html,x",
            "vbscript:x",
        ] {
            assert_eq!(shown(&format!("[a]({link})")), "<p>a</p>\n", "{link}");
        }
        assert!(!is_safe("java\nscript:x") && !is_safe(" javascript:x") && !is_safe("\u{1}javascript:x"));
    }

    #[test]
    fn images_become_links_since_a_page_loads_nothing() {
        assert_eq!(
            shown("![a](https://a.example/b.png)"),
            "<p><a href=\"https://a.example/b.png\">a</a></p>\n"
        );
        assert_eq!(
            shown("[![a](data:x)](https://b.example)"),
            "<p><a href=\"https://b.example\">a</a></p>\n"
        );
    }

    #[test]
    fn headings_stand_below_that_of_their_section() {
        assert_eq!(shown("# A\n\n##### B"), "<h3>A</h3>\n<h6>B</h6>\n");
    }
}
