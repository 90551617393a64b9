//! Parameters of every place, style and shape.

use std::sync::{Arc, Mutex};

use crate::styles_api::{GoldenApi, Server, StylesError, StylesParameters, StylesResponse};
use crate::styles_client::{Client, types};
use crate::wire;
use serde_json::{Value, json};

#[derive(Clone, Default)]
struct Echo(Arc<Mutex<Option<StylesParameters>>>);

impl GoldenApi for Echo {
    async fn styles(
        &self,
        _request: &stubgen_runtime::Request,
        parameters: StylesParameters,
    ) -> Result<StylesResponse, StylesError> {
        *self.0.lock().unwrap() = Some(parameters);
        Ok(StylesResponse::NoContent)
    }
}

impl Echo {
    fn seen(&self) -> StylesParameters {
        self.0.lock().unwrap().take().expect("a call")
    }
}

async fn served() -> (Echo, wire::Server) {
    let echo = Echo::default();
    let server = wire::Server::start(Server(echo.clone())).await;
    (echo, server)
}

fn point(x: f64, y: f64) -> types::StylesPoint {
    serde_json::from_value(json!({"x": x, "y": y})).unwrap()
}

fn json_of(value: impl serde::Serialize) -> Value {
    serde_json::to_value(value).unwrap()
}

#[tokio::test]
async fn every_style_carries_values_that_hold_its_own_delimiters() {
    let (echo, server) = served().await;
    let awkward = ["a,b", "c\\d", "e f", "g&h=i", "ü;%2C", "#?/", "+"];
    let filter: types::Filter = serde_json::from_value(json!({"name": "x]=&[y", "min": -3})).unwrap();
    let client = Client::of(&server);
    let call = client
        .styles()
        .ids([1, -2, 3])
        .point(point(1.5, -2.0))
        .tags(awkward[..3].iter().map(|text| (*text).to_owned()).collect::<Vec<_>>())
        .csv([types::StylesCsvItem::A, types::StylesCsvItem::B])
        .pipes(awkward.map(str::to_owned))
        .filter(filter.clone())
        .json(filter)
        .limit(7)
        .mixed(serde_json::from_value::<types::StylesMixed>(json!("text")).unwrap())
        .limit_header("in the header")
        .session("a b;c=d, \"e\" %");
    call.send().await.unwrap();
    let seen = echo.seen();
    assert_eq!(seen.ids, [1, -2, 3]);
    assert_eq!(json_of(&seen.point), json!({"x": 1.5, "y": -2.0}));
    assert_eq!(seen.tags.unwrap(), awkward[..3]);
    assert_eq!(json_of(&seen.csv), json!(["a", "b"]));
    assert_eq!(seen.pipes.unwrap(), awkward);
    assert_eq!(json_of(&seen.filter), json!({"name": "x]=&[y", "min": -3}));
    assert_eq!(json_of(&seen.json), json!({"name": "x]=&[y", "min": -3}));
    assert_eq!(seen.limit, 7);
    assert_eq!(json_of(&seen.mixed), json!("text"));
    assert_eq!(seen.limit_header.as_deref(), Some("in the header"));
    assert_eq!(seen.session.as_deref(), Some("a b;c=d, \"e\" %"));
}

#[tokio::test]
async fn what_is_not_set_is_absent_or_has_its_default() {
    let (echo, server) = served().await;
    Client::of(&server).styles().ids([5]).point(point(0.0, 0.0)).send().await.unwrap();
    let seen = echo.seen();
    assert_eq!((seen.limit, seen.tags, seen.filter.is_none(), seen.session), (10, None, true, None));
}

#[tokio::test]
async fn a_setter_called_again_replaces_the_value() {
    let (echo, server) = served().await;
    let client = Client::of(&server);
    let call = client.styles().ids([5]).ids([6]).point(point(0.0, 0.0)).limit(1).limit(2);
    call.send().await.unwrap();
    let seen = echo.seen();
    assert_eq!((seen.ids, seen.limit), (vec![6], 2));
}

#[tokio::test]
async fn plain_requests_say_the_same_in_the_notation_of_the_styles() {
    let (echo, server) = served().await;
    let query = "tags=a&tags=b%26c&csv=a,b&pipes=x%7Cy|z&filter%5Bname%5D=n&filter[min]=4&json=%7B%22min%22:5%7D&limit=9&mixed=6";
    let line = format!("GET /things/1,2/;x=1;y=2.5?{query}");
    let reply = server.send(&line, &["limit: h", "Cookie: other=1; session=s%20t"], b"").await;
    assert_eq!(reply.status, 204, "{reply:?}");
    let seen = echo.seen();
    assert_eq!(seen.ids, [1, 2]);
    assert_eq!(json_of(&seen.point), json!({"x": 1.0, "y": 2.5}));
    assert_eq!(seen.tags.unwrap(), ["a", "b&c"]);
    assert_eq!(seen.pipes.unwrap(), ["x", "y", "z"]);
    assert_eq!(json_of(&seen.filter), json!({"name": "n", "min": 4}));
    assert_eq!(json_of(&seen.json), json!({"min": 5}));
    assert_eq!(json_of(&seen.mixed), json!(6));
    assert_eq!(
        (seen.limit, seen.limit_header.as_deref(), seen.session.as_deref()),
        (9, Some("h"), Some("s t"))
    );
}

#[tokio::test]
async fn a_value_that_does_not_fit_is_refused_by_its_name() {
    let (echo, server) = served().await;
    for (path, name) in [
        ("/things/x/;x=1", "ids"),
        ("/things/1/x=1", "point"),
        ("/things/1/;x=one", "point"),
        ("/things/1/;x=1?limit=101", "limit"),
        ("/things/1/;x=1?limit=ten", "limit"),
        ("/things/1/;x=1?limit=1&limit=2", "limit"),
        ("/things/1/;x=1?tags=1&tags=2&tags=3&tags=4", "tags"),
        ("/things/1/;x=1?csv=a,c", "csv"),
        ("/things/1/;x=1?filter[min]=a", "filter"),
        ("/things/1/;x=1?json={", "json"),
        ("/things/1/;x=1?json=%7B%22min%22:%22a%22%7D", "json"),
    ] {
        let reply = server.get(path).await;
        assert_eq!(reply.status, 400, "{path}: {reply:?}");
        assert!(reply.body.contains(name), "{path}: {reply:?}");
        assert!(echo.0.lock().unwrap().is_none(), "{path} reached the handler");
    }
}

#[tokio::test]
async fn the_client_says_what_is_missing_before_anything_is_sent() {
    let (echo, server) = served().await;
    let error = Client::of(&server).styles().ids([1]).send().await.unwrap_err();
    assert!(error.to_string().contains("`point` in the path has to be set"), "{error}");
    let none: [i64; 0] = [];
    let error = Client::of(&server).styles().ids(none).point(point(0.0, 0.0)).send().await.unwrap_err();
    assert!(error.to_string().contains("`ids` cannot be sent"), "{error}");
    let client = Client::of(&server);
    let error = client.styles().ids([1]).point(point(0.0, 0.0)).limit_header("a\r\nb: c");
    let error = error.send().await.unwrap_err();
    assert!(error.to_string().contains("`limit` cannot be sent"), "{error}");
    let error = client.styles().ids([1]).point(point(0.0, 0.0)).pipes(["a|b".to_owned()]);
    let error = error.send().await.unwrap_err();
    assert!(error.to_string().contains("`pipes` cannot be sent"), "{error}");
    assert!(echo.0.lock().unwrap().is_none());
}
