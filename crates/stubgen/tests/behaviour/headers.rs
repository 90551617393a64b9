//! Headers of answers that a handler sets and the client reads, and answers in the one of several media types that the handler chose.

use serde_json::json;
use stubgen_runtime::{Body, Content, Request};

use crate::alternatives_api::{
    EventsError, EventsResponse, GoldenApi as Alternatives, PictureError, PictureParameters, PictureResponse,
    ReportError, ReportParameters, ReportResponse, Server as AlternativesServer,
};
use crate::alternatives_client::{Client as AlternativesClient, errors, responses};
use crate::headers_api::{
    CreateCreatedHeaders, CreateError, CreateResponse, CreateTooManyRequestsHeaders, GoldenApi, OthersError,
    OthersResponse, Server,
};
use crate::headers_client::{Client, headers};
use crate::wire;

struct Shop;

impl GoldenApi for Shop {
    async fn create(&self, request: &Request) -> Result<CreateResponse, CreateError> {
        if request.headers().contains_key("x-busy") {
            return Err(CreateError::TooManyRequests(CreateTooManyRequestsHeaders { retry_after: 30 }));
        }
        let thing = serde_json::from_value(json!({"id": 4})).expect("a thing");
        let headers = CreateCreatedHeaders {
            location: "/things/4".to_owned(),
            set_cookie: vec!["a=1; Path=/".to_owned(), "b=2".to_owned()],
            x_left: Some(-7),
            x_tags: Some(vec!["x".to_owned(), "12".to_owned()]),
            x_kind: Some("old".parse().expect("a kind")),
            x_pair: Some(serde_json::from_value(json!({"a": 1, "b": "two"})).expect("a pair")),
            x_more: json!({"k": [1, "v, w"]}).as_object().cloned(),
        };
        Ok(CreateResponse::Created(thing, headers))
    }

    async fn others(&self, _: &Request) -> Result<OthersResponse, OthersError> {
        Ok(OthersResponse::NoContent)
    }
}

#[tokio::test]
async fn every_header_arrives_with_its_type() {
    let server = wire::Server::start(Server(Shop)).await;
    let answer = Client::of(&server).create().send().await.expect("a success");
    let read = headers::CreateCreated::try_from(answer.headers()).expect("the headers of the document");
    assert_eq!(read.location, "/things/4");
    assert_eq!(read.set_cookie, ["a=1; Path=/", "b=2"]);
    assert_eq!(read.x_left, Some(-7));
    assert_eq!(read.x_tags.expect("tags"), ["x", "12"]);
    assert_eq!(json!(read.x_kind), json!("old"));
    assert_eq!(json!(read.x_pair), json!({"a": 1, "b": "two"}));
    assert_eq!(json!(read.x_more), json!({"k": [1, "v, w"]}));
    let missing = headers::CreateTooManyRequests::try_from(answer.headers()).expect_err("another answer's");
    assert_eq!(missing.to_string(), "the header `Retry-After` is missing");
}

#[tokio::test]
async fn headers_of_errors_are_read_the_same_way() {
    let server = wire::Server::start(Server(Shop)).await;
    let client = Client::with(&server, crate::Shell { headers: vec![("x-busy", "1")] });
    let error = client.create().send().await.expect_err("an error");
    let progenitor_client::Error::ErrorResponse(value) = error else { panic!("{error}") };
    let read =
        headers::CreateTooManyRequests::try_from(value.headers()).expect("the headers of the document");
    assert_eq!(read.retry_after, 30);
}

struct Library;

impl Alternatives for Library {
    async fn report(&self, _: &Request, parameters: ReportParameters) -> Result<ReportResponse, ReportError> {
        let report = || serde_json::from_value(json!({"lines": ["a"]})).expect("a report");
        match parameters.form.as_str() {
            "csv" => Ok(ReportResponse::OkTextCsv("a;b".to_owned())),
            "pdf" => Ok(ReportResponse::OkApplicationPdf(Body::from("%PDF"))),
            "gone" => Err(ReportError::NotFoundTextPlain("none".to_owned())),
            _ => Ok(ReportResponse::Ok(report())),
        }
    }

    async fn picture(
        &self,
        _: &Request,
        parameters: PictureParameters,
    ) -> Result<PictureResponse, PictureError> {
        Ok(PictureResponse::Ok(Content { media_type: parameters.type_, body: Body::from("dots") }))
    }

    async fn events(&self, _: &Request) -> Result<EventsResponse, EventsError> {
        Ok(EventsResponse::Ok(Body::from("data: 1\n\n")))
    }
}

#[tokio::test]
async fn the_media_type_of_an_answer_says_which_variant_it_is() {
    let server = wire::Server::start(AlternativesServer(Library)).await;
    let client = AlternativesClient::of(&server);
    let csv = client.report().form("csv").send().await.expect("a report").into_inner();
    assert!(matches!(csv, responses::Report::OkTextCsv(text) if text == "a;b"));
    let pdf = client.report().form("pdf").send().await.expect("a report").into_inner();
    assert!(matches!(pdf, responses::Report::OkApplicationPdf(_)));
    let report = client.report().send().await.expect("a report").into_inner();
    assert!(matches!(report, responses::Report::Ok(report) if report.lines == ["a"]));
    let error = client.report().form("gone").send().await.expect_err("an error");
    let progenitor_client::Error::ErrorResponse(value) = error else { panic!("{error}") };
    assert!(matches!(value.into_inner(), errors::Report::NotFoundTextPlain(text) if text == "none"));
    let picture = client.picture().type_("image/gif").send().await.expect("a picture");
    assert_eq!(picture.headers()["content-type"], "image/gif");
}
