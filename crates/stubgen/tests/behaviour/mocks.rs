//! The mock of a client: which calls an answer is for, told by every kind of parameter and by the body, and what is kept out of messages.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::{bodies_mocked, parameters_mocked, shared_paths_mocked, statuses_mocked};

/// What a mock says when it is dropped.
fn complaint<M>(mock: M) -> String {
    let panic = catch_unwind(AssertUnwindSafe(|| drop(mock))).unwrap_err();
    *panic.downcast::<String>().unwrap()
}

#[tokio::test]
async fn parameters_of_path_query_and_header_tell_calls_apart() {
    use parameters_mocked::mock::MockGolden;
    let mock = MockGolden::start().await;
    let id = uuid::Uuid::from_u128(7);
    let path = mock.get_thing().type_("a/b").answers(());
    let query = mock.get_thing().type_("a/b").limit(3).answers(());
    let header = mock.get_thing().type_("a/b").limit(3).x_trace(0.5).answers(());
    let client = mock.client();
    let call = || client.get_thing().type_("a/b").thing_id(id).exact(true);
    call().send().await.unwrap();
    call().limit(3).send().await.unwrap();
    call().limit(3).x_trace(0.5).send().await.unwrap();
    call().limit(4).x_trace(0.5).send().await.unwrap();
    assert_eq!((path.count(), query.count(), header.count()), (2, 1, 1));
    client.get_thing().type_("b").thing_id(id).exact(true).send().await.unwrap_err();
    let text = complaint(mock);
    assert!(
        text.starts_with(&format!(
            "mock of Parameters: unexpected call of `get_thing`, GET /things/b/{id}?exact=true\n"
        )),
        "{text}"
    );
    let rule = "  an answer is set for `get_thing` with type = a%2Fb, `limit` in the query, `x-trace` in the header (for any number of calls, 1 received)";
    assert!(text.lines().any(|line| line == rule), "{text}");
}

#[tokio::test]
async fn bodies_tell_calls_apart_by_what_they_say() {
    use bodies_mocked::{mock::MockGolden, types};
    let mock = MockGolden::start().await;
    let mut rex = types::Thing::new("Rex");
    rex.parts = Some(vec![types::Thing::new("tail")]);
    mock.create_thing().body(rex.clone()).once().answers(types::CreateThingResponse::new("1"));
    mock.create_thing().once().fails(409, types::Problem::new("It exists."));
    let client = mock.client();
    let answer = client.create_thing().body(types::Thing::new("Max")).send().await.unwrap_err();
    assert_eq!(answer.status().unwrap().as_u16(), 409);
    assert_eq!(client.create_thing().body(rex).send().await.unwrap().id, "1");
    mock.verify();
}

#[tokio::test]
async fn operations_of_one_path_are_known_by_what_tells_them_apart() {
    use shared_paths_mocked::mock::MockGolden;
    let mock = MockGolden::start().await;
    let (added, removed) = (mock.add_tags().answers(()), mock.remove_tags().answers(()));
    let (listed, dropped) = (mock.list_items().answers(()), mock.drop_items().answers(()));
    let client = mock.client();
    client.add_tags().action("AddTags").send().await.unwrap();
    client.remove_tags().action("RemoveTags").send().await.unwrap();
    client.list_items().x_target("Items.List").send().await.unwrap();
    client.drop_items().x_target("Items.Drop").send().await.unwrap();
    assert_eq!([added, removed, listed, dropped].map(|stub| stub.count()), [1; 4]);
    let names: Vec<_> = mock.calls().iter().map(|call| call.operation().unwrap()).collect();
    assert_eq!(names, ["add_tags", "remove_tags", "list_items", "drop_items"]);
}

#[tokio::test]
async fn answers_of_every_status_are_read_as_what_they_are() {
    use statuses_mocked::{errors, mock::MockGolden, responses};
    let mock = MockGolden::start().await;
    let client = mock.client();
    mock.many().once().answers_accepted(());
    assert!(matches!(client.many().send().await.unwrap().into_inner(), responses::Many::Accepted));
    mock.many().once().fails_conflict("taken");
    let error = client.many().send().await.unwrap_err();
    let progenitor_client::Error::ErrorResponse(value) = error else { panic!("{error:?}") };
    assert!(matches!(value.into_inner(), errors::Many::Conflict(text) if text == "taken"));
    mock.many().once().answers_partial_content(*b"\x00\xff");
    assert!(matches!(client.many().send().await.unwrap().into_inner(), responses::Many::PartialContent(_)));
}
