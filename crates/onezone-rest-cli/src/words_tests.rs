//! What words are, one by one and together.

use super::*;
use crate::table::{self, Style};

/// Has everything that an operation can have; the generated table need not.
static UPDATE: Operation = Operation {
    name: "updateThing",
    id: "update_thing",
    method: "PUT",
    path: "/things/{id}",
    tag: "Thing",
    summary: "",
    description: "",
    deprecated: false,
    parameters: &[
        Parameter {
            name: "id",
            location: Location::Path,
            required: true,
            shape: Shape::String,
            style: Style::Simple,
            explode: false,
            values: &[],
            default: None,
            description: "",
        },
        Parameter {
            name: "q",
            location: Location::Query,
            required: false,
            shape: Shape::String,
            style: Style::Simple,
            explode: false,
            values: &[],
            default: None,
            description: "",
        },
        Parameter {
            name: "X-Kind",
            location: Location::Header,
            required: true,
            shape: Shape::String,
            style: Style::Simple,
            explode: false,
            values: &[],
            default: None,
            description: "",
        },
    ],
    body: Some(table::Body {
        media_types: &["application/json"],
        form: table::BodyForm::Json,
        required: true,
        members: &[],
        description: "",
    }),
    accept: "application/json",
    responses: &[],
    samples: &[],
    authenticated: true,
};

static DELETE: Operation = Operation {
    name: "deleteThing",
    id: "delete_thing",
    method: "DELETE",
    path: "/things/{id}",
    tag: "Thing",
    summary: "",
    description: "",
    deprecated: false,
    parameters: &[Parameter {
        name: "id",
        location: Location::Path,
        required: true,
        shape: Shape::String,
        style: Style::Simple,
        explode: false,
        values: &[],
        default: None,
        description: "",
    }],
    body: None,
    accept: "application/json",
    responses: &[],
    samples: &[],
    authenticated: true,
};

fn id_of(word: &str) -> String {
    Call::parse(&DELETE, &[word], Given::default())
        .unwrap()
        .parameters
        .remove(0)
        .1
        .as_str()
        .unwrap()
        .to_owned()
}

fn refusal(operation: &'static Operation, words: &[&str]) -> String {
    Call::parse(operation, words, Given::default()).err().unwrap().to_string()
}

#[test]
fn value_of_a_parameter_may_contain_every_separator() {
    for value in ["a:b", "a=b", "a==b", "a:=b", "=a", ":a", "-", "x y", "a/b"] {
        assert_eq!(id_of(&format!("id={value}")), value);
    }
}

#[test]
fn first_separator_decides_what_a_word_is() {
    for (word, expected) in [
        ("a==b:c=d", Word::Text("a", "b:c=d")),
        ("a:={\"b\":1}", Word::Json("a", "{\"b\":1}")),
        ("A-B:c==d", Word::Header("A-B", "c==d")),
        ("a=b:c", Word::Parameter("a", "b:c")),
        ("id==x", Word::Text("id", "x")),
        ("id:=1", Word::Json("id", "1")),
        ("id:x", Word::Header("id", "x")),
        ("id=x==y", Word::Parameter("id", "x==y")),
        ("-", Word::Input),
    ] {
        assert_eq!(classify(&UPDATE, word), Some(expected), "{word}");
    }
    for word in ["", "a", "=a", ":a", "--"] {
        assert_eq!(classify(&UPDATE, word), None, "{word}");
    }
}

#[test]
fn parameters_headers_and_body_come_together() {
    let call = Call::parse(
        &UPDATE,
        &["id=1", "q=", "X-Kind:k", "name==n", "count:=3", "X-Own: v "],
        Given::default(),
    )
    .unwrap();
    let parameters: Vec<_> =
        call.parameters.iter().map(|(one, value)| (one.name, value.as_str().unwrap())).collect();
    assert_eq!(parameters, [("id", "1"), ("q", ""), ("X-Kind", "k")]);
    assert_eq!(call.headers, [("X-Own".to_owned(), "v".to_owned())]);
    let expected = serde_json::json!({"name": "n", "count": 3});
    assert_eq!(call.body, Some(Body::Members(expected.as_object().unwrap().clone())));
    let call = Call::parse(&UPDATE, &["id=1", "X-Kind=k", "-"], Given::default()).unwrap();
    assert_eq!(call.body, Some(Body::Input));
}

#[test]
fn missing_parameters_and_body_are_named() {
    let refused = refusal(&UPDATE, &["q=1", "a==b"]);
    assert!(refused.contains("`id=VALUE`, `X-Kind=VALUE` are missing"), "{refused}");
    assert!(
        refused.contains("usage: onezone-rest-cli updateThing id=VALUE X-Kind=VALUE [q=VALUE]"),
        "{refused}"
    );
    assert!(refusal(&UPDATE, &["id=1", "X-Kind=k"]).contains("the body is missing"));
    assert!(refusal(&DELETE, &["id:1"]).contains("`id=VALUE` is missing"));
}

#[test]
fn unknown_repeated_and_unreadable_words_are_refused_with_the_usage() {
    for (words, problem) in [
        (&["ids=x"][..], "no parameter `ids`"),
        (&["id=x", "id=y"], "`id` is given twice"),
        (&["id=x", "A:1", "a:2"], "the header `a` is given twice"),
        (&["id=x", "stray"], "`stray` is neither"),
        (&["id=x", "a==b"], "takes no body"),
        (&["id=x", "a:=1"], "takes no body"),
        (&["id=x", "-"], "takes no body"),
    ] {
        let refused = refusal(&DELETE, words);
        assert!(refused.contains(problem) && refused.contains("usage: "), "{refused}");
    }
    for (words, problem) in [
        (&["a:=nope"][..], "what follows `a:=` is no JSON"),
        (&["a==1", "a:=2"], "the member `a` is given twice"),
        (&["a==1", "-"], "the body comes once"),
        (&["-", "a==1"], "the body comes once"),
        (&["-", "-"], "the body comes once"),
    ] {
        assert!(refusal(&UPDATE, words).contains(problem), "{words:?}");
    }
}

#[test]
fn path_values_that_lead_elsewhere_are_refused() {
    for value in ["", ".", ".."] {
        assert!(refusal(&DELETE, &[&format!("id={value}")]).contains(&format!("`id={value}`")), "{value}");
    }
}
