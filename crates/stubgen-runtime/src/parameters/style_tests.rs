//! Every style in every place where it may stand, by tables of texts and values.

use http::HeaderMap;
use http::header::COOKIE;
use serde_json::json;

use super::*;
use crate::definition::Location;
use crate::parameters::raw::{cookie_pairs, query_pairs};

const STRINGS: Shape = Shape::Array(&Shape::String);
const INTEGERS: Shape = Shape::Array(&Shape::Integer);
const COLOUR: Shape = Shape::Object(&[("R", Shape::Integer), ("G", Shape::Integer)], None);
const FILTER: Shape = Shape::Object(
    &[
        ("name", Shape::String),
        ("tags", STRINGS),
        ("range", Shape::Object(&[("from", Shape::Integer)], None)),
        ("points", Shape::Array(&COLOUR)),
        ("strict", Shape::Boolean),
    ],
    Some(&Shape::Any),
);

const fn parameter(location: Location, shape: Shape, style: Style, explode: bool) -> Parameter {
    Parameter { name: "c", location, required: true, shape, style, explode, default: None }
}

fn shown(value: Result<Option<Value>, Fault>) -> Result<Value, String> {
    value.map(Option::unwrap_or_default).map_err(|fault| fault.into_problem().to_string())
}

fn in_path(shape: Shape, style: Style, explode: bool, raw: &str) -> Result<Value, String> {
    shown(path(&parameter(Location::Path, shape, style, explode), raw).map(Some))
}

fn in_query(shape: Shape, style: Style, explode: bool, query: &str) -> Result<Value, String> {
    let parameter = parameter(Location::Query, shape, style, explode);
    let is_taken = |name: &str| name == "other";
    shown(pairs(&parameter, query_pairs(Some(query)), Encoding::Query, is_taken))
}

fn in_cookie(shape: Shape, explode: bool, cookies: &str) -> Result<Value, String> {
    let mut headers = HeaderMap::new();
    headers.insert(COOKIE, http::HeaderValue::from_str(cookies).unwrap());
    let parameter = parameter(Location::Cookie, shape, Style::Form, explode);
    shown(pairs(&parameter, cookie_pairs(&headers), Encoding::Cookie, |_| false))
}

#[test]
fn path_styles_are_read() {
    use Style::{Label, Matrix, Simple};
    let rows = [
        (Shape::String, Simple, false, "a%2Cb,c", json!("a,b,c")),
        (Shape::Integer, Simple, true, "5", json!(5)),
        (STRINGS, Simple, false, "a%2Cb,c", json!(["a,b", "c"])),
        (INTEGERS, Simple, true, "1,2", json!([1, 2])),
        (STRINGS, Simple, false, "a,", json!(["a", ""])),
        (COLOUR, Simple, false, "R,1,G,2", json!({"R": 1, "G": 2})),
        (COLOUR, Simple, true, "R=1,G=2", json!({"R": 1, "G": 2})),
        (Shape::Json, Simple, false, "%7B%22a%22:1%7D", json!({"a": 1})),
        (Shape::String, Label, false, ".a.b", json!("a.b")),
        (STRINGS, Label, false, ".a.b,c", json!(["a.b", "c"])),
        (STRINGS, Label, true, ".a.b", json!(["a", "b"])),
        (COLOUR, Label, false, ".R,1,G,2", json!({"R": 1, "G": 2})),
        (COLOUR, Label, true, ".R=1.G=2", json!({"R": 1, "G": 2})),
        (Shape::Integer, Matrix, false, ";c=5", json!(5)),
        (Shape::String, Matrix, false, ";c", json!("")),
        (STRINGS, Matrix, false, ";c=a,b", json!(["a", "b"])),
        (STRINGS, Matrix, false, ";c", json!([])),
        (STRINGS, Matrix, true, ";c=a;c=b,c", json!(["a", "b,c"])),
        (COLOUR, Matrix, false, ";%63=R,1,G,2", json!({"R": 1, "G": 2})),
        (COLOUR, Matrix, true, ";R=1;G=2", json!({"R": 1, "G": 2})),
    ];
    for (shape, style, explode, raw, value) in rows {
        assert_eq!(in_path(shape, style, explode, raw), Ok(value), "{shape:?} {style:?} {explode} {raw}");
    }
}

#[test]
fn query_styles_are_read() {
    use Style::{DeepObject, Form, PipeDelimited, SpaceDelimited};
    let rows = [
        (Shape::String, Form, true, "c=a,b", json!("a,b")),
        (Shape::String, Form, true, "c", json!("")),
        (Shape::Boolean, Form, true, "x=1&c", json!(true)),
        (Shape::Any, Form, true, "c=12", json!(12)),
        (Shape::Json, Form, true, "c=%5B1,%222%22%5D", json!([1, "2"])),
        (STRINGS, Form, true, "c=a,b&x=0&c=c+d", json!(["a,b", "c d"])),
        (STRINGS, Form, true, "c=", json!([])),
        (STRINGS, Form, true, "c", json!([])),
        (STRINGS, Form, true, "c=&c=", json!(["", ""])),
        (STRINGS, Form, false, "c=a%2Cb,c+d", json!(["a,b", "c d"])),
        (STRINGS, Form, false, "c=", json!([])),
        (STRINGS, SpaceDelimited, false, "c=a%20b+c", json!(["a", "b", "c"])),
        (INTEGERS, PipeDelimited, false, "c=1|2%7C3%7c4", json!([1, 2, 3, 4])),
        (STRINGS, SpaceDelimited, true, "c=a+b&c=c", json!(["a b", "c"])),
        (STRINGS, PipeDelimited, true, "c=a%7Cb&c=c", json!(["a|b", "c"])),
        (COLOUR, Form, true, "x=1&R=1&G=2", json!({"R": 1, "G": 2})),
        (COLOUR, Form, false, "c=R,1,G,2", json!({"R": 1, "G": 2})),
        (COLOUR, Form, false, "c=", json!({})),
        (COLOUR, SpaceDelimited, false, "c=R%201%20G%202", json!({"R": 1, "G": 2})),
        (COLOUR, PipeDelimited, false, "c=R|1|G|2", json!({"R": 1, "G": 2})),
        (COLOUR, DeepObject, true, "c[R]=1&c%5BG%5D=2&R=9", json!({"R": 1, "G": 2})),
        (
            FILTER,
            Form,
            true,
            "name=x&tags=a&tags=b&other=1&n=1",
            json!({"name": "x", "tags": ["a", "b"], "n": 1}),
        ),
        (
            FILTER,
            DeepObject,
            false,
            "c[range][from]=3&c[strict]",
            json!({"range": {"from": 3}, "strict": true}),
        ),
        (FILTER, DeepObject, true, "c[tags][]=b&c[tags][]=a", json!({"tags": ["b", "a"]})),
        (FILTER, DeepObject, true, "c[tags]=b&c[tags]=a", json!({"tags": ["b", "a"]})),
        (FILTER, DeepObject, true, "c[tags][10]=b&c[tags][9]=a", json!({"tags": ["a", "b"]})),
        (
            FILTER,
            DeepObject,
            true,
            "c[points][0][R]=1&c[points][1][R]=2&c[points][0][G]=3",
            json!({"points": [{"R": 1, "G": 3}, {"R": 2}]}),
        ),
        (FILTER, DeepObject, true, "c[n][m]=true&c[l][]=1", json!({"n": {"m": true}, "l": [1]})),
        (INTEGERS, DeepObject, true, "c[]=1&c[]=2", json!([1, 2])),
        (FILTER, DeepObject, true, "c=", json!({})),
    ];
    for (shape, style, explode, query, value) in rows {
        assert_eq!(in_query(shape, style, explode, query), Ok(value), "{style:?} {explode} {query}");
    }
}

#[test]
fn what_is_not_there_is_absent() {
    for (shape, style) in [
        (Shape::String, Style::Form),
        (STRINGS, Style::Form),
        (COLOUR, Style::Form),
        (FILTER, Style::Form),
        (FILTER, Style::DeepObject),
    ] {
        assert_eq!(in_query(shape, style, true, "other=1&%zz=2&"), Ok(Value::Null), "{shape:?}");
    }
}

#[test]
fn bad_texts_say_what_is_wrong_and_where() {
    use Style::{DeepObject, Form, Label, Matrix, Simple};
    let deep = format!("c{}=1", "[n]".repeat(40));
    let queries = [
        (Shape::String, Form, "c=1&c=2", "is given more than once"),
        (INTEGERS, Form, "c=1&c=x", "is not valid: must be an integer at `/1`"),
        (INTEGERS, Form, "c=1&c=%zz", "hexadecimal"),
        (INTEGERS, Form, "c=%ff", "is not UTF-8"),
        (COLOUR, Form, "R=1&R=2", "is given more than once at `/R`"),
        (COLOUR, DeepObject, "c=1", "must be a JSON object"),
        (COLOUR, DeepObject, "c=1&c[R]=1", "must be an object"),
        (COLOUR, DeepObject, "c[R]=1&c[R]=2", "is given more than once at `/R`"),
        (COLOUR, DeepObject, "c[R][x]=1", "must be a single value at `/R`"),
        (COLOUR, DeepObject, "c[R=1", "brackets"),
        (FILTER, DeepObject, "c[tags][x]=1", "must be an array at `/tags`"),
        (FILTER, DeepObject, "c[points][0][R]=x", "must be an integer at `/points/0/R`"),
        (FILTER, DeepObject, &deep, "nested too deeply"),
        (Shape::Json, Form, "c=%7B%22a%22:1,%22a%22:2%7D", "duplicate field"),
        (Shape::Boolean, Form, "c=", "must be true or false"),
    ];
    for (shape, style, query, reason) in queries {
        let problem = in_query(shape, style, true, query).expect_err(query);
        assert!(problem.contains(reason), "{query}: {problem}");
    }
    let paths = [
        (Shape::String, Label, "a", "must start with a dot"),
        (Shape::String, Matrix, "c=a", "must start with a semicolon"),
        (Shape::String, Matrix, ";d=a", "must be written `;c=`"),
        (STRINGS, Matrix, ";c=a;d=b", "must be written `;c=`"),
        (COLOUR, Simple, "R,1,G", "a value for each name"),
        (INTEGERS, Simple, "1,,2", "must be an integer at `/1`"),
    ];
    for (shape, style, raw, reason) in paths {
        let explode = shape == STRINGS;
        let problem = in_path(shape, style, explode, raw).expect_err(raw);
        assert!(problem.contains(reason), "{raw}: {problem}");
    }
}

#[test]
fn headers_are_lists_with_blanks_around_their_pieces() {
    let rows = [
        (STRINGS, false, "a, b%2Cc", json!(["a", "b%2Cc"])),
        (INTEGERS, true, "1 ,2", json!([1, 2])),
        (STRINGS, false, "", json!([])),
        (COLOUR, false, "R, 1, G, 2", json!({"R": 1, "G": 2})),
        (COLOUR, true, "R=1, G=2", json!({"R": 1, "G": 2})),
        (Shape::String, false, "a, b", json!("a, b")),
        (Shape::Json, false, "{\"a\": [1]}", json!({"a": [1]})),
    ];
    for (shape, explode, text, value) in rows {
        let parameter = parameter(Location::Header, shape, Style::Simple, explode);
        assert_eq!(header(&parameter, text), Ok(value), "{text}");
    }
}

#[test]
fn cookies_are_pairs_or_divide_into_pairs() {
    let rows = [
        (Shape::String, true, "b=1; c=a%20b", json!("a b")),
        (Shape::String, true, "c=a&c=b", json!("a&c=b")),
        (STRINGS, true, "c=a; c=b", json!(["a", "b"])),
        (STRINGS, true, "c=a&c=b", json!(["a", "b"])),
        (STRINGS, false, "c=a,b", json!(["a", "b"])),
        (COLOUR, true, "R=1; G=2; x=3", json!({"R": 1, "G": 2})),
        (COLOUR, true, "R=1&G=2", json!({"R": 1, "G": 2})),
        (COLOUR, false, "c=R,1,G,2", json!({"R": 1, "G": 2})),
        (STRINGS, true, "x=1&c=a", Value::Null),
    ];
    for (shape, explode, cookies, value) in rows {
        assert_eq!(in_cookie(shape, explode, cookies), Ok(value), "{cookies}");
    }
}

#[test]
fn a_style_of_another_place_is_read_as_the_default_one() {
    assert_eq!(in_path(STRINGS, Style::Form, false, "a,b"), Ok(json!(["a", "b"])));
    assert_eq!(in_query(STRINGS, Style::Simple, false, "c=a,b"), Ok(json!(["a", "b"])));
}
