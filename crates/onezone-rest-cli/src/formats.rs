//! The forms in which an answer is shown: JSON, YAML, a table for people, or ids for scripts. They know nothing of any
//! operation; any JSON has a table, and ids are in lists of texts and of objects with an `id`.

use serde_json::{Map, Value};
use unicode_width::UnicodeWidthStr as _;

use crate::json::{self, Layout};
use crate::terminal::{Paint, Terminal, is_obeyed};

/// A form in which an answer is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    /// As JSON: indented on a terminal, on one line elsewhere.
    Json,
    /// As YAML.
    Yaml,
    /// As a table with a header.
    Table,
    /// The ids in it, one a line.
    Ids,
}

impl Format {
    /// The names of all.
    pub(crate) const NAMES: [&'static str; 4] = ["json", "yaml", "table", "ids"];

    /// The format of this name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        match name {
            "json" => Some(Self::Json),
            "yaml" => Some(Self::Yaml),
            "table" => Some(Self::Table),
            "ids" => Some(Self::Ids),
            _ => None,
        }
    }
}

/// A body in a format, or without one as it is, except that a terminal gets JSON indented. The error says why it cannot be.
pub(crate) fn shown(body: &[u8], format: Option<Format>, terminal: Terminal) -> Result<Vec<u8>, String> {
    if body.is_empty() {
        return Ok(Vec::new());
    }
    let text = std::str::from_utf8(body);
    let Some(format) = format else {
        return match (terminal.output, text) {
            (false, _) => Ok(body.to_vec()),
            (true, Ok(text)) => Ok(on_terminal(text, terminal.paint).into_bytes()),
            (true, Err(_)) => {
                Err("the answer is binary, which a terminal cannot show; write it to a file with -o FILE"
                    .to_owned())
            }
        };
    };
    let no_json = || "the answer is no JSON; leave --output out to see it as it is".to_owned();
    let text = text.map_err(|_| no_json())?;
    if format == Format::Json {
        let layout = if terminal.output { Layout::Indented(terminal.paint) } else { Layout::Line };
        return json::laid_out(text, layout).map(String::into_bytes).ok_or_else(no_json);
    }
    let value: Value = serde_json::from_str(text).map_err(|_| no_json())?;
    let made = match format {
        Format::Yaml => {
            serde_saphyr::to_string(&value).map_err(|error| format!("the answer has no YAML: {error}"))?
        }
        Format::Table => table(&value, terminal.paint),
        Format::Ids | Format::Json => ids(&value)?,
    };
    Ok(made.into_bytes())
}

fn on_terminal(text: &str, paint: Paint) -> String {
    json::laid_out(text, Layout::Indented(paint)).unwrap_or_else(|| crate::terminal::printable(text))
}

/// The one list of an object, with its name.
fn only_list(members: &Map<String, Value>) -> Option<(&String, &Vec<Value>)> {
    let mut lists = members.iter().filter_map(|(name, value)| Some((name, value.as_array()?)));
    let first = lists.next()?;
    lists.next().is_none().then_some(first)
}

fn ids(value: &Value) -> Result<String, String> {
    let id_of = |item: &Value| match item {
        Value::String(_) | Value::Number(_) => Some(cell(item)),
        Value::Object(members) => members.get("id").filter(|id| id.is_string() || id.is_number()).map(cell),
        _ => None,
    };
    let items = match value {
        Value::Array(items) => items.iter().collect(),
        Value::Object(members) => match only_list(members) {
            Some((_, items)) => items.iter().collect(),
            None => vec![value],
        },
        other => vec![other],
    };
    let mut made = String::new();
    for item in items {
        let id = id_of(item)
            .ok_or("the answer has no ids: they are in a list of texts, or of objects with an `id`")?;
        made.push_str(&id);
        made.push('\n');
    }
    Ok(made)
}

/// A table: a row for each item of the one list there is, or for each member. What stands beside the list follows below it.
fn table(value: &Value, paint: Paint) -> String {
    match value {
        Value::Array(items) => rows("value", items, paint),
        Value::Object(members) => match only_list(members) {
            Some((name, items)) => {
                let others: Vec<_> = members.iter().filter(|(other, _)| *other != name).collect();
                let list = rows(name, items, paint);
                if others.is_empty() { list } else { format!("{list}\n{}", pairs(&others, paint)) }
            }
            None => pairs(&members.iter().collect::<Vec<_>>(), paint),
        },
        scalar => format!("{}\n", cell(scalar)),
    }
}

fn rows(name: &str, items: &[Value], paint: Paint) -> String {
    let mut columns: Vec<&str> = Vec::new();
    for key in items.iter().filter_map(Value::as_object).flat_map(Map::keys) {
        if !columns.contains(&key.as_str()) {
            columns.push(key);
        }
    }
    let is_table = !columns.is_empty() && items.iter().all(Value::is_object);
    if !is_table {
        return aligned(
            &[name.to_owned()],
            &items.iter().map(|item| vec![cell(item)]).collect::<Vec<_>>(),
            paint,
        );
    }
    let row = |item: &Value| columns.iter().map(|key| item.get(key).map_or_else(String::new, cell)).collect();
    let header: Vec<_> = columns.iter().map(|column| escaped(column)).collect();
    aligned(&header, &items.iter().map(row).collect::<Vec<_>>(), paint)
}

fn pairs(members: &[(&String, &Value)], paint: Paint) -> String {
    let rows: Vec<_> = members.iter().map(|(name, value)| vec![escaped(name), cell(value)]).collect();
    aligned(&["name".to_owned(), "value".to_owned()], &rows, paint)
}

fn aligned(header: &[String], rows: &[Vec<String>], paint: Paint) -> String {
    let widths: Vec<usize> = header
        .iter()
        .enumerate()
        .map(|(column, name)| {
            rows.iter().map(|row| row[column].width()).max().unwrap_or_default().max(name.width())
        })
        .collect();
    let line = |cells: &[String]| {
        let mut line = String::new();
        for (cell, width) in cells.iter().zip(&widths) {
            line.push_str(cell);
            line.push_str(&" ".repeat(width - cell.width() + 2));
        }
        line.trim_end().to_owned()
    };
    let mut made = format!("{}\n", paint.bold(&line(header)));
    for row in rows {
        made.push_str(&line(row));
        made.push('\n');
    }
    made
}

/// A value on one line.
fn cell(value: &Value) -> String {
    match value {
        Value::String(text) => escaped(text),
        Value::Null => String::new(),
        other => escaped(&other.to_string()),
    }
}

/// A text without line ends and what else would spoil a line or a terminal.
fn escaped(text: &str) -> String {
    let escape = |c: char| if is_obeyed(c) { c.escape_default().to_string() } else { c.to_string() };
    text.chars().map(escape).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn made(value: &Value, format: &str) -> String {
        let bytes = shown(value.to_string().as_bytes(), Format::named(format), Terminal::default()).unwrap();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn any_json_has_a_table() {
        for (value, table) in [
            (json!({"tokens": ["t2", "t1"]}), "tokens\nt2\nt1\n"),
            (json!({"tokens": []}), "tokens\n"),
            (json!([]), "value\n"),
            (json!(["a", 1, null, {"b": 2}]), "value\na\n1\n\n{\"b\":2}\n"),
            (
                json!([{"id": "x", "name": "Ärger 日本"}, {"id": "long id", "more": [1]}]),
                "id       name        more\nx        Ärger 日本\nlong id              [1]\n",
            ),
            (json!({"a": 1, "b": {"c": true}}), "name  value\na     1\nb     {\"c\":true}\n"),
            (json!({"users": [{"id": "u"}], "next": null}), "id\nu\n\nname  value\nnext\n"),
            (json!({"a": [1], "b": [2]}), "name  value\na     [1]\nb     [2]\n"),
            (json!("text"), "text\n"),
            (json!({}), "name  value\n"),
        ] {
            assert_eq!(made(&value, "table"), table, "{value}");
        }
    }

    #[test]
    fn ids_are_in_lists_of_texts_and_of_objects() {
        for (value, ids) in [
            (json!({"tokens": ["t2", "t1"]}), "t2\nt1\n"),
            (json!({"tokens": []}), ""),
            (json!([{"id": "a"}, {"id": 7}]), "a\n7\n"),
            (json!({"users": [{"id": "u"}], "next": null}), "u\n"),
            (json!({"id": "one", "name": "n"}), "one\n"),
            (json!(["a\nb"]), "a\\nb\n"),
        ] {
            assert_eq!(made(&value, "ids"), ids, "{value}");
        }
        for value in [json!({"a": 1}), json!([{"name": "x"}]), json!(true), json!([["a"]])] {
            let refused = shown(value.to_string().as_bytes(), Some(Format::Ids), Terminal::default());
            assert!(refused.unwrap_err().contains("no ids"), "{value}");
        }
    }

    #[test]
    fn yaml_says_the_same_as_json() {
        let value = json!({
            "texts": ["yes", "null", "~", "12e3", "0x1f", "1.0", "", " a", "a: b", "#", "- x", "é\n\"'", "2026-01-01", "NO", "'", "\u{7f}\u{9b}"],
            "numbers": [0, -1, u64::MAX, 1.5], "nothing": null, "nested": {"a b": [[], {}, [1]], "true": true}
        });
        let yaml = made(&value, "yaml");
        assert_eq!(serde_saphyr::from_str::<Value>(&yaml).unwrap(), value, "{yaml}");
        assert_eq!(made(&json!({"tokens": ["t2", "8133"]}), "yaml"), "tokens:\n- t2\n- \"8133\"\n");
    }

    #[test]
    fn no_format_changes_nothing_where_there_is_no_terminal() {
        let odd = b"{ \"a\" :1}\xff";
        assert_eq!(shown(odd, None, Terminal::default()).unwrap(), odd);
        let terminal = Terminal { output: true, ..Terminal::default() };
        assert!(shown(odd, None, terminal).unwrap_err().contains("-o FILE"));
        assert_eq!(shown(b"{\"a\":1}", None, terminal).unwrap(), b"{\n  \"a\": 1\n}\n");
        assert_eq!(shown(b"a\x1b[2J", None, terminal).unwrap(), "a\u{fffd}[2J".as_bytes());
    }

    #[test]
    fn formats_of_what_is_no_json_are_refused_and_nothing_stays_nothing() {
        for format in Format::NAMES {
            assert!(
                shown(b"<html>", Format::named(format), Terminal::default()).unwrap_err().contains("no JSON")
            );
            assert_eq!(shown(b"", Format::named(format), Terminal::default()).unwrap(), b"");
        }
        assert_eq!(made(&json!({"a": [1]}), "json"), "{\"a\":[1]}\n");
    }
}
