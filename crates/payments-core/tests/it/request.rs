//! The parts of a request that a provider's crate can set.

use std::collections::HashSet;

use payments_core::provider::Operation;
use payments_core::request::{Path, RequestBuilder};
use payments_core::test_util::Reply;
use payments_core::{Call, Outcome};

use crate::support::{Harness, Payment, payment_response, value};

fn call(harness: &Harness, request: RequestBuilder) -> Call<Payment> {
    harness.client.connection.call(Operation::move_money("pay"), Ok(request), value)
}

#[tokio::test]
async fn a_form_is_encoded_as_a_browser_does() {
    let harness = Harness::new([payment_response()]);
    let form = [("api_key", "k&1"), ("note", "a b=ü+\r\n%"), ("empty", "")];
    call(&harness, RequestBuilder::post(Path::new("links")).form(&form)).send().await.unwrap();
    let request = &harness.script.requests()[0];
    assert_eq!(request.body().as_ref(), b"api_key=k%261&note=a+b%3D%C3%BC%2B%0D%0A%25&empty=");
    assert_eq!(request.headers()["content-type"], "application/x-www-form-urlencoded");
}

#[tokio::test]
async fn a_request_has_a_content_type_only_if_it_has_a_body() {
    let path = || Path::new("links");
    let cases = [
        (RequestBuilder::get(path()), None),
        (RequestBuilder::post(path()), None),
        (RequestBuilder::post(path()).json(&1).unwrap(), Some("application/json")),
        (RequestBuilder::post(path()).form(&[]), Some("application/x-www-form-urlencoded")),
        (RequestBuilder::post(path()).form(&[]).json(&1).unwrap(), Some("application/json")),
        (
            RequestBuilder::post(path()).header("content-type", "text/plain").unwrap().json(&1).unwrap(),
            Some("text/plain"),
        ),
    ];
    for (request, expected) in cases {
        let harness = Harness::new([payment_response()]);
        call(&harness, request).send().await.unwrap();
        let requests = harness.script.requests();
        let headers = requests[0].headers();
        assert_eq!(headers.get("content-type").map(|value| value.to_str().unwrap()), expected);
        let names: HashSet<_> =
            headers.keys().map(|name| name.as_str()).filter(|name| *name != "content-type").collect();
        assert_eq!(names, HashSet::from(["user-agent", "accept", "accept-encoding", "x-api-key"]));
        assert!(headers.values().all(|value| !value.is_empty()));
    }
}

#[tokio::test]
async fn a_header_of_the_request_replaces_the_common_one() {
    let harness = Harness::new([payment_response(), payment_response()]);
    let request = RequestBuilder::post(Path::new("links")).header("accept", "text/plain").unwrap();
    call(&harness, request).send().await.unwrap();
    call(&harness, RequestBuilder::get(Path::new("links"))).with_header("x-version", "7").send().await.unwrap();
    let [first, second] = &harness.script.requests()[..] else { panic!("there must be two requests") };
    assert_eq!(first.headers().get_all("accept").iter().collect::<Vec<_>>(), ["text/plain"]);
    assert_eq!(
        (&second.headers()["accept"], &second.headers()["x-version"]),
        (&"application/json".parse().unwrap(), &"7".parse().unwrap())
    );
}

#[tokio::test]
async fn an_invalid_header_is_rejected_before_the_call_is_sent() {
    let harness = Harness::new([Reply::lost()]);
    assert_eq!(
        RequestBuilder::get(Path::new("links")).header("order-id", "a\r\nb").unwrap_err().param(),
        Some("order-id")
    );
    let err = call(&harness, RequestBuilder::get(Path::new("links")))
        .with_header("x-version", "\n")
        .send()
        .await
        .unwrap_err();
    assert_eq!((err.outcome(), err.param(), harness.request_count()), (Outcome::NotSent, Some("x-version"), 0));
}
