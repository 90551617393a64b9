//! What paths lead to, by a table of operations of every kind of path.

use super::*;
use crate::definition::{Operation, Parameter, Security, Shape, Style};

const fn operation(
    id: &'static str,
    method: Method,
    path: &'static str,
    parameters: &'static [Parameter],
) -> Operation {
    let security = Security { alternatives: &[], optional: false };
    Operation { id, method, path, parameters, body: None, produces: &[], statuses: &[200], security }
}

const fn variable(name: &'static str) -> Parameter {
    Parameter {
        name,
        location: Location::Path,
        required: true,
        shape: Shape::String,
        style: Style::Simple,
        explode: false,
        default: None,
    }
}

const ID: &[Parameter] = &[variable("id")];
const USER: &[Parameter] = &[variable("user")];
const RANGE: &[Parameter] = &[variable("from"), variable("to")];
const FILE: &[Parameter] = &[variable("extension"), variable("name")];

static DEFINITION: Definition = Definition {
    title: "Routes",
    version: "1.0.0",
    base_path: "/api/v1",
    schemes: &[],
    alternatives: &[],
    operations: &[
        operation("me", Method::Get, "/users/me", &[]),
        operation("user", Method::Get, "/users/{id}", ID),
        operation("delete_user", Method::Delete, "/users/{user}", USER),
        operation("tokens", Method::Get, "/users/{id}/tokens", ID),
        operation("file", Method::Get, "/files/{name}.{extension}", FILE),
        operation("readme", Method::Get, "/files/README", &[]),
        operation("cancel", Method::Post, "/jobs/{id}:cancel", ID),
        operation("job", Method::Get, "/jobs/{id}", ID),
        operation("blank", Method::Get, "/a b/\u{e9}", &[]),
        operation("root", Method::Get, "/", &[]),
        operation("options", Method::Options, "/files/README", &[]),
        operation("head", Method::Head, "/probes/{id}", ID),
        operation("trace", Method::Trace, "/probes/{user}", USER),
        operation("range", Method::Get, "/ranges/{from}-{to}", RANGE),
        operation("exact", Method::Get, "/ranges/{from}-{to}.json", RANGE),
        operation("fixed", Method::Get, "/ranges/all-{id}", ID),
        operation("verb", Method::Post, "/jobs/v{id}:cancel", ID),
        operation("pair", Method::Get, "/pairs/{from}{to}", RANGE),
        operation("accent", Method::Get, "/pairs/{id} \u{e9}", ID),
        operation("leaf", Method::Get, "/trees/{id}", ID),
        operation("tree", Method::Get, "/trees/{user}/", USER),
        operation("only", Method::Get, "/slashes/", &[]),
        operation("hole", Method::Get, "/holes//x", &[]),
        operation("braces", Method::Get, "/braces/a{b", &[]),
        operation("add", Method::Post, "/calls/{id}?Action=Add", ID),
        operation("drop", Method::Post, "/calls/{id}?Action=Drop%20All", ID),
        operation("other", Method::Put, "/calls/{id}", ID),
        operation("put", Method::Put, "/calls/{id}#X-Target=v1.Put", ID),
    ],
    validation: "{}",
    json: "{}",
    yaml: "{}",
};

/// The operation's id with its captured variables, or the rejection.
fn find(method: Method, path: &str) -> Result<String, Rejection> {
    let routes = Routes::new(&DEFINITION, &Options::default());
    let matched = routes.find(path)?;
    let Some(index) = matched.endpoint.operation(method) else {
        return Ok(format!("{:?} {}", matched.endpoint.document, matched.endpoint.allow));
    };
    let operation = &DEFINITION.operations[index];
    let mut text = operation.id.to_owned();
    for (parameter, declared) in operation.parameters.iter().enumerate() {
        let range = matched.captures[routes.capture(index, parameter).unwrap()].clone();
        text = format!("{text} {}={}", declared.name, &path[range]);
    }
    Ok(text)
}

#[test]
fn paths_lead_to_their_operation() {
    let rows = [
        (Method::Get, "/api/v1/users/me", "me"),
        (Method::Get, "/api/v1/users/me/", "me"),
        (Method::Get, "/api/v1/%75sers/me", "me"),
        (Method::Get, "/api/v1/users/mee", "user id=mee"),
        (Method::Get, "/api/v1/users/a%2Fb", "user id=a%2Fb"),
        (Method::Delete, "/api/v1/users/x", "delete_user user=x"),
        (Method::Get, "/api/v1/users/me/tokens", "tokens id=me"),
        (Method::Get, "/api/v1/users//tokens", "tokens id="),
        (Method::Get, "/api/v1/files/a.tar.gz", "file extension=tar.gz name=a"),
        (Method::Get, "/api/v1/files/README", "readme"),
        (Method::Post, "/api/v1/jobs/7:cancel", "cancel id=7"),
        (Method::Get, "/api/v1/jobs/7", "job id=7"),
        (Method::Get, "/api/v1/jobs/:cancel", "job id=:cancel"),
        (Method::Get, "/api/v1/a%20b/%C3%A9", "blank"),
        (Method::Get, "/api/v1/files/a%2Etar", "file extension=tar name=a"),
        (Method::Post, "/api/v1/jobs/7:cancel:cancel", "cancel id=7:cancel"),
        (Method::Post, "/api/v1/jobs/v7:cancel", "verb id=7"),
        (Method::Get, "/api/v1/jobs/7%3Acancel", "job id=7%3Acancel"),
        (Method::Head, "/api/v1/probes/x", "head id=x"),
        (Method::Trace, "/api/v1/probes/x", "trace user=x"),
        (Method::Options, "/api/v1/files/README", "options"),
        (Method::Get, "/api/v1/ranges/a-b-c", "range from=a to=b-c"),
        (Method::Get, "/api/v1/ranges/-a-b", "range from=-a to=b"),
        (Method::Get, "/api/v1/ranges/%2Da-b", "range from=%2Da to=b"),
        (Method::Get, "/api/v1/ranges/a-b.json", "exact from=a to=b"),
        (Method::Get, "/api/v1/ranges/all-b", "fixed id=b"),
        (Method::Get, "/api/v1/pairs/%E2%82%ACab", "pair from=%E2%82%AC to=ab"),
        (Method::Get, "/api/v1/pairs/ab", "pair from=a to=b"),
        (Method::Get, "/api/v1/pairs/x%20%c3%A9", "accent id=x"),
        (Method::Get, "/api/v1/trees/x", "leaf id=x"),
        (Method::Get, "/api/v1/trees/x/", "tree user=x"),
        (Method::Get, "/api/v1/slashes", "only"),
        (Method::Get, "/api/v1/slashes/", "only"),
        (Method::Get, "/api/v1/holes//x", "hole"),
        (Method::Get, "/api/v1/braces/a{b", "braces"),
        (Method::Get, "/api/v1", "root"),
        (Method::Get, "/api/v1/", "root"),
    ];
    for (method, path, expected) in rows {
        assert_eq!(find(method, path).as_deref(), Ok(expected), "{method} {path}");
    }
}

#[test]
fn other_paths_are_not_found() {
    for path in [
        "/",
        "",
        "*",
        "/users/me",
        "/api/v1/users",
        "/api/v1/users/",
        "/api/v1/users/me/tokens/x",
        "//api/v1/users/me",
        "/api/v1//users/me",
        "/api/v1/Users/me",
        "/api/v10/users/me",
        "/api/v1/files/a",
        "/api/v1/files/.x",
        "/api/v1/files/a.",
        "/api/v1/ranges/a-",
        "/api/v1/holes/x",
        "/api/v1/pairs/a",
        "/api/v1/slashes//",
        "/api/v1/openapi.yml",
        "/api/v1%2Fusers/me",
    ] {
        assert_eq!(find(Method::Get, path), Err(Rejection::NotFound), "{path}");
    }
}

#[test]
fn unmatched_path_that_is_no_path_is_malformed() {
    for path in ["/%zz", "/api/v1/nope/%ff", "/api/../v1", "/api/%2e%2E/v1", "/."] {
        assert!(
            matches!(find(Method::Get, path), Err(Rejection::MalformedPath { parameter: None, .. })),
            "{path}"
        );
    }
}

#[test]
fn allow_lists_the_methods_of_the_path() {
    assert_eq!(find(Method::Put, "/api/v1/users/me").as_deref(), Ok("None GET, HEAD, OPTIONS"));
    assert_eq!(find(Method::Put, "/api/v1/users/x").as_deref(), Ok("None GET, HEAD, DELETE, OPTIONS"));
    assert_eq!(find(Method::Put, "/api/v1/openapi.json").as_deref(), Ok("Some(Json) GET, HEAD, OPTIONS"));
}

#[test]
fn captured_values_are_checked() {
    assert_eq!(check_capture("a%2F%00b", Some("id")), Ok(()));
    assert!(matches!(
        check_capture("", Some("id")),
        Err(Rejection::InvalidParameter { name: "id", problem: Problem::Empty, .. })
    ));
    for raw in [".", "..", "%2e", ".%2E", "%ff", "%zz", "%"] {
        assert!(
            matches!(
                check_capture(raw, Some("id")),
                Err(Rejection::MalformedPath { parameter: Some("id"), .. })
            ),
            "{raw}"
        );
    }
}

#[test]
fn mounted_paths_ignore_empty_segments_and_the_base_path() {
    let captures = find_mounted(&DEFINITION, 3, "//users///a%2Fb/tokens/").unwrap();
    assert_eq!(&"//users///a%2Fb/tokens/"[captures[0].clone()], "a%2Fb");
    assert!(find_mounted(&DEFINITION, 3, "/users/a/tokens/more").is_none());
    assert!(find_mounted(&DEFINITION, 3, "/users/a").is_none());
}

#[test]
fn operations_of_one_path_are_told_apart_by_a_value() {
    let routes = Routes::new(&DEFINITION, &Options::default());
    let found = |method: Method, query: Option<&str>, target: Option<&'static str>| {
        let mut headers = HeaderMap::new();
        if let Some(target) = target {
            headers.insert("x-target", http::HeaderValue::from_static(target));
        }
        let endpoint = routes.find("/api/v1/calls/7").unwrap().endpoint;
        endpoint.operation_for(method, query, &headers).map(|index| DEFINITION.operations[index].id)
    };
    assert_eq!(found(Method::Post, Some("a=b&Action=Add"), None), Some("add"));
    assert_eq!(found(Method::Post, Some("Action=Drop+All"), None), Some("drop"));
    assert_eq!(found(Method::Put, None, Some("v1.Put")), Some("put"));
    assert_eq!(found(Method::Put, None, Some("v1.Other")), Some("other"));
    // Its parameter says what is wrong with a request that has none of the values.
    assert_eq!(found(Method::Post, Some("Action=Unknown"), None), Some("add"));
    assert_eq!(found(Method::Get, None, None), None);
}

#[test]
fn page_leaves_its_name_to_an_api_that_has_a_use_for_it() {
    let find = |path: &'static str| {
        let operation = Operation { path, ..DEFINITION.operations[0] };
        let operations = Box::leak(Box::new([operation]));
        let definition = Definition { operations, ..DEFINITION };
        let routes = Routes::new(&definition, &Options::default());
        let found = routes.find("/api/v1/docs").map(|matched| matched.endpoint.document);
        found.ok().flatten()
    };
    assert_eq!(find("/users"), Some(Document::Page));
    assert_eq!(find("/docs"), None);
    assert_eq!(find("/{name}"), None);
}
