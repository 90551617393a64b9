//! The styles of OpenAPI 3.0 (and of RFC 6570, by which they are defined): where the pieces of a parameter begin and end.
//!
//! Delimiters are looked for before percent-decoding, so that an encoded comma belongs to a value. What a style leaves open: an
//! empty text is the empty array or object.

use std::borrow::Cow;

use serde_json::Value;

use super::raw::{Encoding, Pair, divided};
use super::value::{Entry, Fault, bracketed, compose, malformed, single};
use crate::definition::{Parameter, Shape, Style};
use crate::rejection::Problem;

/// What separates the pieces of a delimited text.
#[derive(Clone, Copy)]
enum Separator {
    Comma,
    Dot,
    Semicolon,
    Space,
    Pipe,
}

/// Reads the text of a path variable.
pub(super) fn path(parameter: &Parameter, raw: &str) -> Result<Value, Fault> {
    let encoding = Encoding::Path;
    match parameter.style {
        Style::Label => {
            let raw = raw.strip_prefix('.').ok_or_else(|| malformed("must start with a dot"))?;
            let separator = if parameter.explode { Separator::Dot } else { Separator::Comma };
            delimited(parameter, raw, separator, encoding)
        }
        Style::Matrix => {
            let raw = raw.strip_prefix(';').ok_or_else(|| malformed("must start with a semicolon"))?;
            matrix(parameter, raw)
        }
        _ => delimited(parameter, raw, Separator::Comma, encoding),
    }
}

/// Reads a header.
pub(super) fn header(parameter: &Parameter, text: &str) -> Result<Value, Fault> {
    delimited(parameter, text, Separator::Comma, Encoding::Header)
}

/// Reads what belongs to the parameter among the pairs of a query or of cookies; none when nothing does. `is_taken` says which
/// names are those of other parameters.
pub(super) fn pairs<'a>(
    parameter: &Parameter,
    pairs: impl Iterator<Item = Pair<'a>>,
    encoding: Encoding,
    is_taken: impl Fn(&str) -> bool,
) -> Result<Option<Value>, Fault> {
    let exploded = parameter.explode || parameter.style == Style::DeepObject;
    let entries = match (parameter.shape, parameter.style) {
        (Shape::Array(_) | Shape::Object(..), Style::DeepObject) => deep(parameter, pairs, encoding)?,
        (Shape::Array(_), _) if exploded => {
            named(parameter.name, divided_where(pairs, encoding, |name| name == parameter.name), encoding)?
        }
        (Shape::Object(known, others), _) if exploded => {
            let is_ours = |name: &str| is_property(name, known) || others.is_some() && !is_taken(name);
            let pairs = divided_where(pairs, encoding, is_ours);
            form_entries(known, pairs.filter(|pair| is_ours(&pair.name)), encoding)?
        }
        _ => return one(parameter, pairs, encoding),
    };
    if entries.is_empty() { Ok(None) } else { compose(&parameter.shape, &entries).map(Some) }
}

/// Reads a form, or the pairs of an exploded object: each property under its own name, what is inside of one in brackets.
pub(crate) fn form_entries<'a>(
    known: &[(&str, Shape)],
    pairs: impl Iterator<Item = Pair<'a>>,
    encoding: Encoding,
) -> Result<Vec<Entry<'a>>, Fault> {
    pairs
        .map(|pair| {
            let literal = known.iter().any(|(name, _)| *name == pair.name);
            let place = if literal { None } else { bracketed(&pair.name)? };
            let place = place.unwrap_or_else(|| vec![pair.name.clone().into_owned()]);
            Ok(Entry { place, text: encoding.decode(pair.raw()?)?, bare: pair.bare })
        })
        .collect()
}

fn one<'a>(
    parameter: &Parameter,
    pairs: impl Iterator<Item = Pair<'a>>,
    encoding: Encoding,
) -> Result<Option<Value>, Fault> {
    let mut pairs = pairs.filter(|pair| pair.name == parameter.name);
    let Some(pair) = pairs.next() else { return Ok(None) };
    if pairs.next().is_some() {
        return Err(Problem::Duplicate.into());
    }
    if matches!(parameter.shape, Shape::Array(_) | Shape::Object(..)) {
        let separator = match parameter.style {
            Style::SpaceDelimited => Separator::Space,
            Style::PipeDelimited => Separator::Pipe,
            _ => Separator::Comma,
        };
        return delimited(&Parameter { explode: false, ..*parameter }, pair.raw()?, separator, encoding)
            .map(Some);
    }
    Ok(Some(single(&parameter.shape, &encoding.decode(pair.raw()?)?, pair.bare)?))
}

fn named<'a>(
    name: &str,
    pairs: impl Iterator<Item = Pair<'a>>,
    encoding: Encoding,
) -> Result<Vec<Entry<'a>>, Fault> {
    pairs
        .filter(|pair| pair.name == name)
        .map(|pair| Ok(Entry { bare: pair.bare, ..Entry::whole(encoding.decode(pair.raw()?)?) }))
        .collect()
}

fn deep<'a>(
    parameter: &Parameter,
    pairs: impl Iterator<Item = Pair<'a>>,
    encoding: Encoding,
) -> Result<Vec<Entry<'a>>, Fault> {
    let mut entries = Vec::new();
    for pair in pairs {
        let place = match pair.name.strip_prefix(parameter.name) {
            Some("") => Vec::new(),
            Some(rest) if rest.starts_with('[') => match bracketed(&format!("_{rest}"))? {
                Some(mut place) => place.split_off(1),
                None => return Err(malformed("has a name whose brackets do not match").into()),
            },
            _ => continue,
        };
        entries.push(Entry { place, text: encoding.decode(pair.raw()?)?, bare: pair.bare });
    }
    Ok(entries)
}

/// An exploded array or object may be the value of one cookie, which is named after its first piece.
fn divided_where<'a>(
    pairs: impl Iterator<Item = Pair<'a>>,
    encoding: Encoding,
    is_ours: impl Fn(&str) -> bool,
) -> impl Iterator<Item = Pair<'a>> {
    pairs.flat_map(move |pair| {
        let (whole, parts) = if encoding == Encoding::Cookie && is_ours(&pair.name) {
            (None, Some(divided(pair)))
        } else {
            (Some(pair), None)
        };
        whole.into_iter().chain(parts.into_iter().flatten())
    })
}

fn is_property(name: &str, known: &[(&str, Shape)]) -> bool {
    known.iter().any(|(property, _)| {
        name.strip_prefix(property).is_some_and(|rest| rest.is_empty() || rest.starts_with('['))
    })
}

/// A text that is a single value, an array between separators, or an object of names and values.
fn delimited(
    parameter: &Parameter,
    raw: &str,
    separator: Separator,
    encoding: Encoding,
) -> Result<Value, Fault> {
    let shape = &parameter.shape;
    let is_object = match shape {
        Shape::Array(_) => false,
        Shape::Object(..) => true,
        _ => return Ok(single(shape, &encoding.decode(raw)?, false)?),
    };
    if raw.is_empty() {
        return Ok(single(shape, "", false)?);
    }
    let pieces = split(raw, separator).into_iter();
    let pieces: Vec<&str> =
        if encoding == Encoding::Header { pieces.map(str::trim).collect() } else { pieces.collect() };
    let entries: Vec<Entry<'_>> = if is_object {
        let pairs: Vec<(&str, &str)> = if parameter.explode {
            pieces.iter().map(|piece| piece.split_once('=').unwrap_or((piece, ""))).collect()
        } else {
            let (pairs, rest) = pieces.as_chunks::<2>();
            if !rest.is_empty() {
                return Err(malformed("must have a value for each name").into());
            }
            pairs.iter().map(|[name, value]| (*name, *value)).collect()
        };
        let entry = |(name, value): (&str, &'_ str)| -> Result<Entry<'_>, Problem> {
            let place = vec![encoding.decode(name)?.into_owned()];
            Ok(Entry { place, text: Cow::Owned(encoding.decode(value)?.into_owned()), bare: false })
        };
        pairs.into_iter().map(entry).collect::<Result<_, _>>()?
    } else {
        let entry = |piece: &'_ str| Ok(Entry::whole(Cow::Owned(encoding.decode(piece)?.into_owned())));
        pieces.into_iter().map(entry).collect::<Result<_, Problem>>()?
    };
    compose(shape, &entries)
}

/// What follows the first semicolon: `name=a`, `name=a,b`, or, exploded, `name=a;name=b` and `r=1;g=2`.
fn matrix(parameter: &Parameter, raw: &str) -> Result<Value, Fault> {
    let encoding = Encoding::Path;
    let shape = &parameter.shape;
    if parameter.explode && matches!(shape, Shape::Object(..)) {
        return delimited(parameter, raw, Separator::Semicolon, encoding);
    }
    let value = |piece: &'_ str| -> Result<String, Fault> {
        let (name, value) = piece.split_once('=').unwrap_or((piece, ""));
        if encoding.decode(name)? == parameter.name {
            return Ok(value.to_owned());
        }
        Err(Problem::Malformed(format!("must be written `;{}=`", parameter.name)).into())
    };
    if !(parameter.explode && matches!(shape, Shape::Array(_))) {
        return delimited(parameter, &value(raw)?, Separator::Comma, encoding);
    }
    let mut entries = Vec::new();
    for piece in split(raw, Separator::Semicolon) {
        entries.push(Entry::whole(Cow::Owned(encoding.decode(&value(piece)?)?.into_owned())));
    }
    compose(shape, &entries)
}

fn split(raw: &str, separator: Separator) -> Vec<&str> {
    let separators: &[&str] = match separator {
        Separator::Comma => &[","],
        Separator::Dot => &["."],
        Separator::Semicolon => &[";"],
        Separator::Space => &["%20", "+", " "],
        Separator::Pipe => &["|", "%7C", "%7c"],
    };
    let mut pieces = Vec::new();
    let (mut start, mut at) = (0, 0);
    while let Some(character) = raw[at..].chars().next() {
        if let Some(found) = separators.iter().find(|separator| raw[at..].starts_with(**separator)) {
            pieces.push(&raw[start..at]);
            at += found.len();
            start = at;
        } else {
            at += character.len_utf8();
        }
    }
    pieces.push(&raw[start..]);
    pieces
}

#[cfg(test)]
#[path = "style_tests.rs"]
mod tests;
