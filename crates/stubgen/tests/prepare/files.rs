//! Documents of several files, and texts that are hard to read.

use std::collections::BTreeMap;

use serde_json::json;
use stubgen::{Options, Prepared, Source};

fn prepare(files: &[(&str, &str)]) -> Prepared {
    let all: BTreeMap<&str, &str> = files.iter().copied().collect();
    let library = move |path: &str| {
        all.get(path).map(|text| (*text).to_owned()).ok_or_else(|| "there is no such file".to_owned())
    };
    let options = Options { files: Some(&library), ..Options::default() };
    stubgen::prepare(&Source { name: files[0].0, text: files[0].1 }, &options).expect("readable text")
}

const HEAD: &str = "openapi: 3.0.3\ninfo: {title: T, version: 1.0.0}\n";

#[test]
fn cycles_between_files_become_cycles_between_components() {
    let root = format!("{HEAD}paths: {{}}\ncomponents: {{schemas: {{A: {{$ref: 'a.yaml'}}}}}}");
    let prepared = prepare(&[
        ("api.yaml", &root),
        ("a.yaml", "{type: object, properties: {b: {$ref: 'b/b.json#/definitions/B'}}}"),
        (
            "b/b.json",
            "{\"definitions\": {\"B\": {\"type\": \"array\", \"items\": {\"$ref\": \"../a.yaml\"}}}}",
        ),
    ]);
    assert!(prepared.findings.is_empty(), "{}", prepared.findings);
    let expected = json!({
        "A": {"type": "object", "properties": {"b": {"$ref": "#/components/schemas/B"}}},
        "B": {"type": "array", "items": {"$ref": "#/components/schemas/A"}},
    });
    assert_eq!(prepared.served["components"]["schemas"], expected);
}

#[test]
fn a_definition_that_two_files_name_differently_is_moved_once_and_other_names_are_kept_apart() {
    let root = format!(
        "{HEAD}paths: {{}}\ncomponents:\n  schemas:\n    User: {{type: string}}\n    X: {{type: array, items: {{$ref: 'm.yaml#/User'}}}}\n    Y: {{type: array, items: {{$ref: './m.yaml#/User'}}}}\n"
    );
    let prepared = prepare(&[("api.yaml", &root), ("m.yaml", "User: {type: integer}")]);
    let schemas = &prepared.served["components"]["schemas"];
    assert_eq!(schemas["X"]["items"]["$ref"], "#/components/schemas/User_2");
    assert_eq!(schemas["Y"]["items"]["$ref"], "#/components/schemas/User_2");
    assert_eq!(schemas["User_2"], json!({"type": "integer"}));
    assert_eq!(schemas["User"], json!({"type": "string"}));
}

#[test]
fn a_finding_names_the_file_that_it_is_in() {
    let root = format!("{HEAD}paths:\n  /a/{{b}}: {{$ref: 'paths/a.yaml'}}\n");
    let prepared = prepare(&[
        ("specs/api.yaml", &root),
        ("paths/a.yaml", "get:\n  operationId: a\n  responses:\n    '200': {}\n"),
    ]);
    let places: Vec<_> = prepared
        .findings
        .iter()
        .map(|finding| {
            let line = finding.position.map(|position| position.line);
            (finding.file.as_str(), line, finding.pointer.to_string(), finding.kind.code())
        })
        .collect();
    let expected = [
        ("specs/paths/a.yaml", Some(1), "#/get".to_owned(), "repaired/undeclared-parameter".to_owned()),
        (
            "specs/paths/a.yaml",
            Some(4),
            "#/get/responses/200".to_owned(),
            "repaired/missing-field".to_owned(),
        ),
    ];
    assert_eq!(places, expected);
}

#[test]
fn what_cannot_be_had_is_said_once_for_each_reference() {
    let root = format!(
        "{HEAD}paths: {{}}\ncomponents:\n  schemas:\n    A: {{$ref: 'https://example.com/a.yaml'}}\n    B: {{$ref: gone.yaml}}\n    C: {{$ref: 'c.yaml#/nothing'}}\n"
    );
    let prepared = prepare(&[("api.yaml", &root), ("c.yaml", "a: 1")]);
    let codes: Vec<_> =
        prepared.findings.iter().map(|f| (f.position.map(|p| p.line), f.kind.code())).collect();
    let of = |line| codes.iter().find(|(known, _)| *known == Some(line)).map(|(_, code)| code.as_str());
    assert_eq!(of(6), Some("remote-reference"));
    assert_eq!(of(7), Some("missing-file"));
    assert_eq!(of(8), Some("dangling-reference"));
}

#[test]
fn mistakes_of_other_files_are_reported_there() {
    let root = format!("{HEAD}paths: {{}}\ncomponents: {{schemas: {{A: {{$ref: 'a.yaml'}}}}}}");
    let prepared = prepare(&[("api.yaml", &root), ("a.yaml", "type: [string")]);
    let syntax = prepared.findings.iter().find(|finding| finding.kind == stubgen::Kind::Syntax);
    assert_eq!(syntax.map(|finding| finding.file.as_str()), Some("a.yaml"));
}

#[test]
fn whole_sections_and_parts_of_paths_may_stand_in_other_files() {
    let root = format!("{HEAD}paths: {{$ref: paths.yaml}}\n");
    let prepared = prepare(&[
        ("api.yaml", &root),
        ("paths.yaml", "/a: {get: {$ref: 'get.yaml'}}\n"),
        (
            "get.yaml",
            "operationId: a\nresponses: {'200': {description: OK, content: {application/json: {schema: {$ref: '#/S'}}}}}\nS: {type: string}\n",
        ),
    ]);
    let schema = "/paths/~1a/get/responses/200/content/application~1json/schema/$ref";
    assert_eq!(prepared.served.pointer(schema), Some(&json!("#/components/schemas/S")));
    assert!(!prepared.findings.has_errors(), "{}", prepared.findings);
}

#[test]
fn a_reference_deep_into_the_document_becomes_one_to_a_component() {
    let root = format!(
        "{HEAD}paths: {{}}\ncomponents:\n  schemas:\n    A: {{type: object, properties: {{b: {{type: string}}}}}}\n    C: {{type: array, items: {{$ref: '#/components/schemas/A/properties/b'}}}}\n"
    );
    let prepared = prepare(&[("api.yaml", &root)]);
    assert_eq!(
        prepared.normalised["components"]["schemas"]["C"]["items"]["$ref"],
        "#/components/schemas/A_b"
    );
    assert_eq!(prepared.normalised["components"]["schemas"]["A_b"], json!({"type": "string"}));
    assert!(prepared.served["components"]["schemas"].get("A_b").is_none(), "one file is published as it is");
}

#[test]
fn without_files_another_file_is_refused() {
    let text = format!("{HEAD}paths: {{}}\ncomponents: {{schemas: {{A: {{$ref: 'a.yaml'}}}}}}");
    let prepared =
        stubgen::prepare(&Source { name: "api.yaml", text: &text }, &Options::default()).expect("YAML");
    assert!(
        prepared.findings.errors().any(|finding| finding.kind.code() == "unsupported/external-reference")
    );
}

#[test]
fn copies_of_a_path_item_stay_within_bounds() {
    use std::fmt::Write as _;
    let mut big = String::from("get:\n  operationId: a\n  x-big: [");
    (0..2000).for_each(|_| big.push_str("1, "));
    big.push_str("1]\n  responses: {'200': {description: OK}}\n");
    let mut root = format!("{HEAD}paths:\n");
    for index in 0..1200 {
        writeln!(root, "  /p{index}: {{$ref: 'big.yaml'}}").expect("written");
    }
    let prepared = prepare(&[("api.yaml", &root), ("big.yaml", &big)]);
    assert!(prepared.findings.errors().any(|finding| finding.kind == stubgen::Kind::TooLarge));
}
