//! Parameters, bodies and responses of every kind, against an API that answers with what it read.

use std::sync::{Arc, LazyLock};

use bytes::Bytes;
use http::Request as HttpRequest;
use http_body_util::{BodyExt, Full};
use serde_json::{Value, json};
use stubgen_runtime::{
    Api, Call, Definition, FromParameters, Location, Method, Operation, Parameter, ParameterSource,
    Presented, Rejection, Request, RequestBody, Response, Security, Service, Shape, Style, json_as, raw,
    with_header,
};

use crate::wire::quiet;

const SORTS: Shape = Shape::Array(&Shape::String);
const FORM: Shape = Shape::Object(
    &[
        ("name", Shape::String),
        ("age", Shape::Integer),
        ("tags", SORTS),
        ("home", Shape::Object(&[("city", Shape::String), ("floor", Shape::Integer)], None)),
    ],
    None,
);
const JSON: &str = "application/json";
const FORM_TYPE: &str = "application/x-www-form-urlencoded";

const fn parameter(name: &'static str, location: Location, shape: Shape) -> Parameter {
    let explode = matches!(location, Location::Query | Location::Cookie);
    let style = if explode { Style::Form } else { Style::Simple };
    Parameter { name, location, required: false, shape, style, explode, default: None }
}

const fn operation(id: &'static str, method: Method, path: &'static str) -> Operation {
    let security = Security { alternatives: &[], optional: false };
    Operation { id, method, path, parameters: &[], body: None, produces: &[], statuses: &[200], security }
}

const fn reads(path: &'static str, media_types: &'static [&'static str], required: bool) -> Operation {
    let body = Some(RequestBody { media_types, required, max_bytes: Some(1024), form: FORM });
    Operation { body, ..operation(path, Method::Post, path) }
}

static DEFINITION: Definition = Definition {
    title: "Contents",
    version: "1.0.0",
    base_path: "",
    schemes: &[],
    alternatives: &[],
    operations: &[
        Operation {
            parameters: &[
                Parameter { required: true, style: Style::Label, ..parameter("ids", Location::Path, SORTS) },
                Parameter { default: Some("[\"id\"]"), ..parameter("sort", Location::Query, SORTS) },
                Parameter { style: Style::DeepObject, ..parameter("filter", Location::Query, FORM) },
                parameter("X-Ids", Location::Header, SORTS),
                parameter("seen", Location::Cookie, SORTS),
                Parameter { default: Some("20"), ..parameter("limit", Location::Query, Shape::Integer) },
            ],
            ..operation("parameters", Method::Get, "/lists/{ids}")
        },
        reads("/texts", &["text/*"], true),
        reads("/optional-texts", &["text/plain"], false),
        reads("/forms", &[FORM_TYPE], true),
        reads("/optional-forms", &[FORM_TYPE], false),
        reads("/parts", &["multipart/form-data"], true),
        reads("/optional-bytes", &["*/*"], false),
        reads("/several", &[JSON, "application/merge-patch+json", FORM_TYPE, "text/plain"], true),
        operation("busy", Method::Get, "/busy"),
        operation("problem", Method::Get, "/problem"),
        operation("broken", Method::Get, "/broken"),
        operation("options", Method::Options, "/busy"),
    ],
    validation: r#"{"components": {}, "operations": [
        {"parameters": [null, {"items": {"maxLength": 4}}, null, null, null, {"maximum": 50}]},
        {"body": {"type": "string", "maxLength": 20}}, {}, {"body": {"required": ["name"]}}, {}, {}, {},
        {"body": {"byMediaType": {
            "application/json": {"required": ["a"]}, "application/merge-patch+json": {"required": ["b"]},
            "application/x-www-form-urlencoded": {"properties": {"age": {"minimum": 1}}}, "text/plain": null}}}
    ]}"#,
    json: "{}",
    yaml: "{}",
};

struct Contents;

/// What was read, in the order of the parameters.
struct Read(Vec<Option<Value>>);

impl FromParameters for Read {
    fn from_parameters(source: &ParameterSource<'_>) -> Result<Self, Rejection> {
        let mut values = vec![Some(source.required(0)?)];
        for index in 1..6 {
            values.push(source.optional(index)?);
        }
        Ok(Self(values))
    }
}

impl Api for Contents {
    type Principal = String;

    fn definition(&self) -> &'static Definition {
        &DEFINITION
    }

    async fn authenticate(&self, _: &Request, _: Option<Presented>) -> Result<String, Response> {
        Ok(String::new())
    }

    fn reject(&self, _: Option<usize>, rejection: &Rejection) -> Response {
        raw(rejection.status(), "text/plain", rejection.to_string())
    }

    async fn call(&self, operation: usize, _: Option<String>, call: Call) -> Result<Response, Rejection> {
        let media_type = call.media_type();
        let value = match operation {
            0 => json!(call.parameters::<Read>()?.0),
            1 => json!(call.text_body().await?),
            2 => json!(call.optional_text_body().await?),
            3 => call.form_body().await?,
            4 => json!(call.optional_form_body::<Value>().await?),
            5 => parts(&call).await?,
            6 => json!(call.optional_bytes_body().await?.map(|bytes| bytes.len())),
            7 => json!([
                media_type,
                match media_type {
                    Some(FORM_TYPE) => call.form_body().await?,
                    Some("text/plain") => json!(call.text_body().await?),
                    _ => call.json_body::<Value>().await?,
                }
            ]),
            8 => return Ok(raw(503, "", Vec::new())),
            9 => {
                let problem = json_as(402, "application/problem+json", &json!({"title": "Pay"}));
                let problem = with_header(problem, "Location", "/a");
                let problem = with_header(with_header(problem, "Location", "/b"), "X-Limit", 7);
                return Ok(with_header(with_header(problem, "Set-Cookie", "a=1"), "Set-Cookie", "b=2"));
            }
            10 => return Ok(with_header(raw(200, "text/plain", "x"), "X-Note", "a\nb")),
            _ => return Ok(with_header(raw(204, "", ""), "X-Declared", "yes")),
        };
        Ok(stubgen_runtime::json(200, &value))
    }
}

async fn parts(call: &Call) -> Result<Value, Rejection> {
    let multipart = call.multipart_body().await?;
    let note = multipart.part("note").map(|part| part.text().map(str::to_owned)).transpose()?;
    let parts: Vec<_> = multipart
        .parts
        .iter()
        .map(|part| json!([part.name, part.file_name, part.content_type, part.bytes.len()]))
        .collect();
    Ok(json!({"note": note, "parts": parts}))
}

static SERVICE: LazyLock<Arc<Service<Contents>>> = LazyLock::new(|| Service::new(Contents, quiet()));

async fn send(method: &str, target: &str, headers: &[(&str, &str)], body: &[u8]) -> (Response, String) {
    let mut request = HttpRequest::builder().method(method).uri(target);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.body(Full::new(Bytes::copy_from_slice(body))).unwrap();
    let mut response = SERVICE.handle(request, ([127, 0, 0, 1], 1).into()).await;
    let body = std::mem::take(response.body_mut()).collect().await.unwrap().to_bytes();
    (response, String::from_utf8(body.into()).unwrap())
}

async fn post(target: &str, content_type: &str, body: impl AsRef<[u8]>) -> (u16, String) {
    let headers = [("content-type", content_type)];
    let headers = if content_type.is_empty() { &[][..] } else { &headers[..] };
    let (response, body) = send("POST", target, headers, body.as_ref()).await;
    (response.status().as_u16(), body)
}

#[tokio::test]
async fn parameters_of_every_style_reach_the_handler_and_defaults_fill_in() {
    let headers = [("X-Ids", "a, b"), ("x-ids", "c"), ("Cookie", "seen=1; seen=2")];
    let target = "/lists/.a,b%2Cc?sort=x&sort=y&filter[name]=n&filter[home][floor]=2&limit=7";
    let (_, body) = send("GET", target, &headers, b"").await;
    let expected = json!([
        ["a", "b,c"], ["x", "y"], {"name": "n", "home": {"floor": 2}}, ["a", "b", "c"], ["1", "2"], 7
    ]);
    assert_eq!(serde_json::from_str::<Value>(&body).unwrap(), expected);
    let (_, body) = send("GET", "/lists/.a", &[], b"").await;
    assert_eq!(body, r#"[["a"],["id"],null,null,null,20]"#);
}

#[tokio::test]
async fn bad_parameters_are_refused_with_their_place() {
    let rows = [
        (
            "/lists/.a?sort=abc&sort=abcde",
            "query parameter `sort` is not valid: longer than 4 characters at `/1`",
        ),
        ("/lists/.a?filter[home][floor]=x", "must be an integer at `/home/floor`"),
        ("/lists/.a?limit=51", "query parameter `limit` is not valid"),
        ("/lists/.a?limit=1&limit=2", "more than once"),
        ("/lists/a", "path parameter `ids` is not valid: must start with a dot"),
    ];
    for (target, reason) in rows {
        let (response, body) = send("GET", target, &[], b"").await;
        assert!(response.status() == 400 && body.contains(reason), "{target}: {body}");
    }
}

#[tokio::test]
async fn texts_are_read_in_the_charset_they_name() {
    let rows: [(&str, &str, &[u8], u16, &str); 9] = [
        ("/texts", "text/plain", "\u{e9}".as_bytes(), 200, "\"\u{e9}\""),
        ("/texts", "text/csv; charset=\"UTF-8\"", b"a,b", 200, "\"a,b\""),
        ("/texts", "text/plain; charset=iso-8859-1", b"\xe9", 200, "\"\u{e9}\""),
        ("/texts", "text/plain", b"\xe9", 400, "the request body is not valid: is not UTF-8"),
        ("/texts", "text/plain; charset=utf-16", b"a", 415, "media type `text/plain; charset=utf-16`"),
        ("/texts", "image/png", b"a", 415, "media type `image/png` is not supported; send text/*"),
        ("/texts", "text/plain", b"twenty-one characters", 400, "longer than 20 characters"),
        ("/texts", "", b"", 400, "a request body is required"),
        ("/optional-texts", "", b"", 200, "null"),
    ];
    for (target, content_type, sent, status, answer) in rows {
        let (met, body) = post(target, content_type, sent).await;
        assert!(met == status && body.contains(answer), "{target} {content_type}: {met} {body}");
    }
    assert_eq!(post("/optional-texts", "text/plain", "").await, (200, "\"\"".to_owned()));
}

#[tokio::test]
async fn forms_are_read_by_their_shape() {
    let rows = [
        (
            "/forms",
            "name=a+b%26&age=7&tags=x&tags=y",
            200,
            json!({"age": 7, "name": "a b&", "tags": ["x", "y"]}),
        ),
        (
            "/forms",
            "name=a&home[city]=b&home%5Bfloor%5D=2",
            200,
            json!({"home": {"city": "b", "floor": 2}, "name": "a"}),
        ),
        ("/forms", "name=a&tags[]=x&tags[]=&else=1", 200, json!({"else": 1, "name": "a", "tags": ["x", ""]})),
        ("/optional-forms", "", 200, json!({})),
    ];
    for (target, sent, status, value) in rows {
        let (met, body) = post(target, FORM_TYPE, sent).await;
        assert_eq!((met, serde_json::from_str::<Value>(&body).ok()), (status, Some(value)), "{sent}");
    }
    assert_eq!(post("/optional-forms", "", "").await, (200, "null".to_owned()));
    let rows = [
        ("name=a&name=b", "is not valid at `/name`: is given more than once"),
        ("name=a&home[floor]=x", "is not valid at `/home/floor`: must be an integer"),
        ("age=1", "the property \"name\" is missing"),
        ("name=%zz", "hexadecimal"),
        ("na%zz=1", "hexadecimal"),
        ("name=%ff", "is not UTF-8"),
    ];
    for (sent, reason) in rows {
        let (status, body) = post("/forms", FORM_TYPE, sent).await;
        assert!(status == 400 && body.contains(reason), "{sent}: {status} {body}");
    }
    assert_eq!(post("/forms", "", "").await, (400, "a request body is required".to_owned()));
}

#[tokio::test]
async fn parts_are_taken_apart_within_the_limit() {
    const TYPE: &str = "multipart/form-data; boundary=b";
    let file = "--b\r\nContent-Disposition: form-data; name=\"note\"\r\n\r\nhello\r\n\
                --b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"../a.bin\"\r\n\
                Content-Type: application/octet-stream\r\n\r\n123\r\n--b--\r\n";
    let (status, body) = post("/parts", TYPE, file).await;
    let expected = json!({"note": "hello", "parts": [
        ["note", null, null, 5], ["file", "../a.bin", "application/octet-stream", 3]
    ]});
    assert_eq!((status, serde_json::from_str::<Value>(&body).unwrap()), (200, expected));
    let not_utf8 = b"--b\r\nContent-Disposition: form-data; name=\"note\"\r\n\r\n\xff\r\n--b--\r\n";
    let rows: [(&str, &[u8], u16, &str); 6] = [
        ("multipart/form-data", file.as_bytes(), 400, "boundary"),
        (TYPE, b"--b\r\nContent-Disposition: form-data; name=\"note\"\r\n\r\nhel", 400, "incomplete"),
        (TYPE, not_utf8, 400, "at `/note`: is not UTF-8"),
        (TYPE, &[b'-'; 1025], 413, "1024"),
        ("text/plain", b"x", 415, "multipart/form-data"),
        ("", b"", 400, "a request body is required"),
    ];
    for (content_type, sent, status, reason) in rows {
        let (met, body) = post("/parts", content_type, sent).await;
        assert!(met == status && body.contains(reason), "{content_type}: {met} {body}");
    }
}

#[tokio::test]
async fn bytes_may_be_absent_or_empty() {
    for (content_type, sent, answer) in [("", "", "null"), ("image/png", "", "0"), ("image/png", "ab", "2")] {
        assert_eq!(post("/optional-bytes", content_type, sent).await, (200, answer.to_owned()));
    }
}

#[tokio::test]
async fn each_media_type_has_its_own_schema() {
    let rows = [
        (JSON, r#"{"a":1}"#, 200, r#"["application/json",{"a":1}]"#),
        ("", r#"{"a":1}"#, 200, r#"["application/json",{"a":1}]"#),
        ("application/vnd.x+json", r#"{"a":1}"#, 200, r#"["application/json",{"a":1}]"#),
        (JSON, r#"{"b":1}"#, 400, "the property \"a\" is missing"),
        ("application/merge-patch+json", r#"{"b":1}"#, 200, r#"["application/merge-patch+json",{"b":1}]"#),
        ("application/merge-patch+json", r#"{"a":1}"#, 400, "the property \"b\" is missing"),
        (FORM_TYPE, "age=2", 200, r#"["application/x-www-form-urlencoded",{"age":2}]"#),
        (FORM_TYPE, "age=0", 400, "at `/age`"),
        ("text/plain; charset=utf-8", "hi", 200, r#"["text/plain","hi"]"#),
        ("image/png", "hi", 415, "media type `image/png` is not supported"),
    ];
    for (content_type, sent, status, answer) in rows {
        let (met, body) = post("/several", content_type, sent).await;
        assert!(met == status && body.contains(answer), "{content_type} {sent}: {met} {body}");
    }
}

#[tokio::test]
async fn who_cannot_be_served_now_is_told_when_to_come_back() {
    let (response, body) = send("GET", "/busy", &[], b"").await;
    assert_eq!((response.status().as_u16(), body.as_str()), (503, ""));
    assert_eq!(response.headers()["retry-after"], "1");
    assert!(!response.headers().contains_key("content-type"));
}

#[tokio::test]
async fn responses_have_the_media_type_and_headers_they_were_given() {
    let (response, body) = send("GET", "/problem", &[], b"").await;
    let all = |name: &str| response.headers().get_all(name).iter().cloned().collect::<Vec<_>>();
    assert_eq!((response.status().as_u16(), body.as_str()), (402, r#"{"title":"Pay"}"#));
    assert_eq!(all("content-type"), ["application/problem+json"]);
    assert_eq!((all("location"), all("x-limit")), (vec!["/b".parse().unwrap()], vec!["7".parse().unwrap()]));
    assert_eq!(all("set-cookie"), ["a=1", "b=2"]);
    let (response, body) = send("GET", "/broken", &[], b"").await;
    assert!(response.status() == 500 && body.starts_with("internal error, reference"), "{body}");
}

#[tokio::test]
async fn a_declared_options_operation_replaces_the_automatic_one() {
    let (response, _) = send("OPTIONS", "/busy", &[], b"").await;
    assert_eq!(
        (response.status().as_u16(), &response.headers()["x-declared"]),
        (204, &"yes".parse().unwrap())
    );
}
