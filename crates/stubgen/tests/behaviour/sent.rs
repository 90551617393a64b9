//! What a generated server sends, as a client meets it that knows nothing of the document: headers, media types and statuses that handlers
//! choose, and methods that are not in every document.

use reqwest::Method;
use serde_json::json;
use stubgen_runtime::{Body, Bytes, Content, Request};

use crate::wire::{Server, texts};
use crate::{alternatives_api, headers_api, methods_api};

/// Answers what the header `X-Answer` asks for.
struct Headers;

impl headers_api::GoldenApi for Headers {
    async fn create(
        &self,
        request: &Request,
    ) -> Result<headers_api::CreateResponse, headers_api::CreateError> {
        use headers_api::*;
        let problem = || types::Problem { message: "no".to_owned() };
        match request.headers()["x-answer"].to_str().unwrap() {
            "all" => Ok(CreateResponse::Created(
                types::Thing { id: 7 },
                CreateCreatedHeaders {
                    location: "/things/7".to_owned(),
                    set_cookie: vec!["a=1; Path=/".to_owned(), "b=2".to_owned()],
                    x_left: Some(3),
                    x_tags: Some(vec!["x".to_owned(), "y".to_owned()]),
                    x_kind: Some(types::Create201XKind::Old),
                    x_pair: serde_json::from_value(json!({ "a": 1, "b": "z" })).unwrap(),
                    x_more: serde_json::from_value(json!({ "deep": [1] })).unwrap(),
                },
            )),
            "few" => Ok(CreateResponse::Created(types::Thing { id: 8 }, few("/things/8"))),
            "broken" => Ok(CreateResponse::Created(types::Thing { id: 9 }, few("/things\n9"))),
            "redirect" => {
                let location = Some("https://elsewhere.example/".to_owned());
                Ok(CreateResponse::SeeOther(CreateSeeOtherHeaders { location }))
            }
            "later" => Err(CreateError::TooManyRequests(CreateTooManyRequestsHeaders { retry_after: 30 })),
            "teapot" => Err(CreateError::Status4xx(418, problem())),
            "other class" => Err(CreateError::Status4xx(500, problem())),
            "declared" => Err(CreateError::Status4xx(429, problem())),
            "default" => Err(CreateError::Default(507, problem())),
            "default in a declared class" => Err(CreateError::Default(404, problem())),
            "default of a success" => Err(CreateError::Default(201, problem())),
            _ => Err(CreateError::Default(1000, problem())),
        }
    }

    async fn others(&self, _: &Request) -> Result<headers_api::OthersResponse, headers_api::OthersError> {
        // Both operations have the same errors.
        Err(headers_api::CreateError::Status4xx(
            404,
            headers_api::types::Problem { message: "no".to_owned() },
        ))
    }
}

fn few(location: &str) -> headers_api::CreateCreatedHeaders {
    headers_api::CreateCreatedHeaders {
        location: location.to_owned(),
        set_cookie: Vec::new(),
        x_left: None,
        x_tags: None,
        x_kind: None,
        x_pair: None,
        x_more: None,
    }
}

async fn created(server: &Server, answer: &str) -> reqwest::Response {
    server.request(Method::POST, "/things", &[("X-Answer", answer)]).await
}

#[tokio::test]
async fn declared_headers_are_sent_as_their_schema_and_style_say() {
    let server = Server::start(headers_api::Server(Headers)).await;
    let all = created(&server, "all").await;
    assert_eq!(all.status(), 201);
    let rows = [
        ("location", vec!["/things/7"]),
        ("set-cookie", vec!["a=1; Path=/", "b=2"]),
        ("x-left", vec!["3"]),
        ("x-tags", vec!["x,y"]),
        ("x-kind", vec!["old"]),
        ("x-pair", vec!["a=1,b=z"]),
        ("x-more", vec!["{\"deep\":[1]}"]),
        ("content-type", vec!["application/json"]),
    ];
    for (name, expected) in rows {
        assert_eq!(texts(&all, name), expected, "{name}");
    }
    let few = created(&server, "few").await;
    assert_eq!(texts(&few, "location"), ["/things/8"]);
    for name in ["set-cookie", "x-left", "x-tags", "x-kind", "x-pair", "x-more"] {
        assert_eq!(texts(&few, name), <[&str; 0]>::default(), "{name}");
    }
}

#[tokio::test]
async fn a_redirect_has_its_location_and_an_error_its_headers() {
    let server = Server::start(headers_api::Server(Headers)).await;
    let redirect = created(&server, "redirect").await;
    assert_eq!(
        (redirect.status().as_u16(), texts(&redirect, "location")),
        (303, vec!["https://elsewhere.example/"])
    );
    let later = created(&server, "later").await;
    assert_eq!((later.status().as_u16(), texts(&later, "retry-after")), (429, vec!["30"]));
}

#[tokio::test]
async fn a_header_that_cannot_be_sent_is_an_internal_error() {
    let server = Server::start(headers_api::Server(Headers)).await;
    let broken = created(&server, "broken").await;
    assert_eq!(broken.status(), 500);
    assert!(texts(&broken, "location").is_empty());
}

#[tokio::test]
async fn a_handler_chooses_a_status_of_the_class_that_is_not_declared_by_itself() {
    let server = Server::start(headers_api::Server(Headers)).await;
    let rows = [
        ("teapot", 418),
        ("other class", 500),
        ("declared", 500),
        ("default", 507),
        ("default in a declared class", 500),
        ("default of a success", 500),
        ("no status", 500),
    ];
    for (answer, expected) in rows {
        let response = created(&server, answer).await;
        assert_eq!(response.status(), expected, "{answer}");
        let body = response.text().await.unwrap();
        let is_own = body == "{\"message\":\"no\"}";
        assert_eq!(is_own, expected != 500, "{answer}: {body}");
    }
    assert_eq!(server.request(Method::GET, "/others", &[]).await.status(), 404);
}

struct Alternatives;

impl alternatives_api::GoldenApi for Alternatives {
    async fn report(
        &self,
        _: &Request,
        parameters: alternatives_api::ReportParameters,
    ) -> Result<alternatives_api::ReportResponse, alternatives_api::ReportError> {
        use alternatives_api::{ReportError, ReportResponse, types};
        let report = types::Report { lines: vec!["a".to_owned()] };
        match parameters.form.as_str() {
            "json" => Ok(ReportResponse::Ok(report)),
            "csv" => Ok(ReportResponse::OkTextCsv("a\n".to_owned())),
            "pdf" => Ok(ReportResponse::OkApplicationPdf(Body::from("%PDF"))),
            "problem" => Err(ReportError::NotFound(report)),
            _ => Err(ReportError::NotFoundTextPlain("none".to_owned())),
        }
    }

    async fn picture(
        &self,
        _: &Request,
        parameters: alternatives_api::PictureParameters,
    ) -> Result<alternatives_api::PictureResponse, alternatives_api::PictureError> {
        let content = Content { media_type: parameters.type_, body: Body::from("pixels") };
        Ok(alternatives_api::PictureResponse::Ok(content))
    }

    async fn events(
        &self,
        request: &Request,
    ) -> Result<alternatives_api::EventsResponse, alternatives_api::EventsError> {
        use alternatives_api::EventsResponse;
        let lines = |start: &'static str, end: &'static str| {
            let pieces = (1..4)
                .map(move |number| Ok::<_, std::io::Error>(Bytes::from(format!("{start}{number}{end}"))));
            Body::from_stream(futures::stream::iter(pieces))
        };
        Ok(match request.preferred(&["text/event-stream", "application/x-ndjson"]) {
            Some("application/x-ndjson") => EventsResponse::OkApplicationXNdjson(lines("", "\n")),
            _ => EventsResponse::Ok(lines("data: ", "\n\n")),
        })
    }
}

#[tokio::test]
async fn a_handler_chooses_among_the_media_types_of_a_status() {
    let server = Server::start(alternatives_api::Server(Alternatives)).await;
    let rows = [
        ("/report", 200, "application/json", "{\"lines\":[\"a\"]}"),
        ("/report?form=csv", 200, "text/csv", "a\n"),
        ("/report?form=pdf", 200, "application/pdf", "%PDF"),
        ("/report?form=problem", 404, "application/problem+json", "{\"lines\":[\"a\"]}"),
        ("/report?form=other", 404, "text/plain", "none"),
        ("/picture?type=image/png", 200, "image/png", "pixels"),
    ];
    for (target, status, media_type, body) in rows {
        let response = server.request(Method::GET, target, &[]).await;
        assert_eq!(
            (response.status().as_u16(), texts(&response, "content-type")),
            (status, vec![media_type]),
            "{target}"
        );
        assert_eq!(response.text().await.unwrap(), body, "{target}");
    }
}

#[tokio::test]
async fn a_media_type_outside_of_the_declared_range_is_an_internal_error() {
    let server = Server::start(alternatives_api::Server(Alternatives)).await;
    for target in ["/picture?type=text/html", "/picture?type=", "/picture?type=image%0A"] {
        assert_eq!(server.request(Method::GET, target, &[]).await.status(), 500, "{target}");
    }
}

#[tokio::test]
async fn accept_counts_for_every_declared_media_type() {
    let server = Server::start(alternatives_api::Server(Alternatives)).await;
    for (accept, status) in
        [("text/csv", 200), ("application/pdf", 200), ("image/png", 406), ("text/plain", 200)]
    {
        let response = server.request(Method::GET, "/report?form=csv", &[("Accept", accept)]).await;
        assert_eq!(response.status(), status, "{accept}");
    }
    let response = server.request(Method::GET, "/picture?type=image/png", &[("Accept", "image/png")]).await;
    assert_eq!(response.status(), 200);
}

#[tokio::test]
async fn streams_are_sent_in_the_form_that_the_client_prefers() {
    let server = Server::start(alternatives_api::Server(Alternatives)).await;
    let events = server.request(Method::GET, "/events", &[]).await;
    assert_eq!(texts(&events, "content-type"), ["text/event-stream"]);
    assert_eq!(events.text().await.unwrap(), "data: 1\n\ndata: 2\n\ndata: 3\n\n");
    let accept = [("Accept", "text/event-stream;q=0.5, application/x-ndjson")];
    let lines = server.request(Method::GET, "/events", &accept).await;
    assert_eq!(texts(&lines, "content-type"), ["application/x-ndjson"]);
    assert_eq!(lines.text().await.unwrap(), "1\n2\n3\n");
}

struct Methods;

impl methods_api::GoldenApi for Methods {
    async fn get_thing(
        &self,
        _: &Request,
    ) -> Result<methods_api::GetThingResponse, methods_api::GetThingError> {
        Ok(methods_api::GetThingResponse::Ok("thing".to_owned()))
    }

    async fn head_thing(
        &self,
        _: &Request,
    ) -> Result<methods_api::HeadThingResponse, methods_api::HeadThingError> {
        let headers = methods_api::HeadThingNoContentHeaders { x_size: 5 };
        Ok(methods_api::HeadThingResponse::NoContent(headers))
    }

    async fn options_thing(
        &self,
        _: &Request,
    ) -> Result<methods_api::OptionsThingResponse, methods_api::OptionsThingError> {
        Ok(methods_api::OptionsThingResponse::Ok(vec!["look".to_owned()]))
    }

    async fn trace_thing(
        &self,
        request: &Request,
    ) -> Result<methods_api::TraceThingResponse, methods_api::TraceThingError> {
        let line = format!("{} {}", request.method(), request.uri());
        Ok(methods_api::TraceThingResponse::Ok(Body::from(line)))
    }

    async fn authenticate_operation(
        &self,
        _: &Request,
    ) -> Result<methods_api::AuthenticateOperationResponse, methods_api::AuthenticateOperationError> {
        Ok(methods_api::AuthenticateOperationResponse::NoContent)
    }
}

#[tokio::test]
async fn declared_head_options_and_trace_are_operations() {
    let server = Server::start(methods_api::Server(Methods)).await;
    let head = server.request(Method::HEAD, "/things", &[]).await;
    assert_eq!((head.status().as_u16(), texts(&head, "x-size")), (204, vec!["5"]));
    let options = server.request(Method::OPTIONS, "/things", &[("Origin", "https://a.example")]).await;
    assert_eq!(options.text().await.unwrap(), "[\"look\"]");
    let trace = server.request(Method::TRACE, "/things", &[]).await;
    assert_eq!(texts(&trace, "content-type"), ["message/http"]);
    assert_eq!(trace.text().await.unwrap(), "TRACE /things");
    assert_eq!(server.request(Method::PUT, "/plain", &[]).await.status(), 204);
}

#[tokio::test]
async fn a_preflight_is_answered_by_the_runtime_even_where_options_is_declared() {
    let server = Server::start(methods_api::Server(Methods)).await;
    let headers = [("Origin", "https://a.example"), ("Access-Control-Request-Method", "GET")];
    let preflight = server.request(Method::OPTIONS, "/things", &headers).await;
    assert_eq!(preflight.status(), 204);
    let allowed = "GET, HEAD, TRACE, OPTIONS";
    assert_eq!(texts(&preflight, "access-control-allow-methods"), [allowed]);
}

#[tokio::test]
async fn options_that_is_not_declared_lists_the_methods() {
    let server = Server::start(methods_api::Server(Methods)).await;
    let options = server.request(Method::OPTIONS, "/plain", &[]).await;
    assert_eq!((options.status().as_u16(), texts(&options, "allow")), (204, vec!["PUT, OPTIONS"]));
    let head = server.request(Method::HEAD, "/plain", &[]).await;
    assert_eq!(head.status(), 405);
}
