//! No id, reference or query value can send a request to another endpoint.

use payments_core::test_util::Reply;
use payments_core::{ErrorKind, Outcome};

use crate::id::hostile;
use crate::support::server::{Server, http_response};
use crate::support::{Harness, PAYMENT_JSON, PaymentId, Reference, client_at, payment_response};

/// Percent-decodes a text.
fn decoded(text: &str) -> Vec<u8> {
    percent_encoding::percent_decode_str(text).collect()
}

#[track_caller]
fn check_target(target: &str, prefix: &str, reference: &str, note: &str) {
    let rest = target.strip_prefix(prefix).unwrap_or_else(|| panic!("{target}"));
    let (segment, query) = rest.split_once('?').unwrap_or((rest, ""));
    assert!(rest.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~%/?=".contains(&byte)), "{target}");
    assert_eq!(target.matches('?').count(), usize::from(!query.is_empty()), "{target}");
    assert!(!segment.contains('/') && segment != "." && segment != "..", "{target}");
    assert_eq!(decoded(segment), reference.as_bytes());
    if !query.is_empty() {
        assert_eq!(decoded(query.strip_prefix("note=").unwrap()), note.as_bytes());
    }
}

#[tokio::test]
async fn no_value_changes_the_requested_path() {
    let mut checked = 0;
    for text in hostile() {
        let harness = Harness::new([payment_response(), payment_response()]);
        if let Ok(reference) = text.parse::<Reference>() {
            harness.client.lookup_payment(&reference, &text).send().await.unwrap();
        }
        if let Ok(id) = text.parse::<PaymentId>() {
            harness.client.retrieve_by_id(&id).send().await.unwrap();
        }
        for request in harness.script.requests() {
            check_target(request.url(), "https://api.acme.test/v1/payments/", &text, &text);
            assert_eq!(request.headers().len(), 4);
            checked += 1;
        }
    }
    assert!(checked > 200, "{checked}");
}

#[tokio::test]
async fn no_value_changes_the_request_line_or_adds_a_header_on_the_socket() {
    let server = Server::responding(http_response(200, PAYMENT_JSON)).await;
    let client = client_at(server.address);
    let mut expected = Vec::new();
    for text in hostile() {
        if let Ok(reference) = text.parse::<Reference>() {
            client.lookup_payment(&reference, &text).send().await.unwrap();
            expected.push(text.clone());
        }
        if let Ok(id) = text.parse::<PaymentId>() {
            client.retrieve_by_id(&id).send().await.unwrap();
            expected.push(text.clone());
        }
        // A query value of any length, with text that a reference must not contain.
        let plain: Reference = "plain".parse().unwrap();
        let query = client.lookup_payment(&plain, &text).send().await;
        if query.is_ok() {
            expected.push(format!("plain\u{0}{text}"));
        }
    }
    let requests = server.requests();
    assert_eq!(requests.len(), expected.len());
    assert!(requests.len() > 400);
    for (request, text) in requests.iter().zip(&expected) {
        let (reference, note) =
            text.split_once("plain\u{0}").map_or((text.as_str(), text.as_str()), |(_, note)| ("plain", note));
        let target = request.line().strip_prefix("GET ").unwrap().strip_suffix(" HTTP/1.1").unwrap();
        if note.is_empty() {
            assert_eq!(target, "/payments/plain?note=");
        } else {
            check_target(target, "/payments/", reference, note);
        }
        assert_eq!(request.header_names(), ["accept", "accept-encoding", "host", "user-agent", "x-api-key"]);
        assert_eq!(request.header("host"), Some(server.address.to_string().as_str()));
        assert!(request.body.is_empty());
    }
}

#[tokio::test]
async fn a_request_whose_url_is_too_long_is_not_sent() {
    let harness = Harness::new([Reply::lost()]);
    assert_eq!(harness.client.pay().send().await.unwrap_err().outcome(), Outcome::Unknown);
    // A target that is longer than the HTTP stack supports is never sent.
    let server = Server::responding(http_response(200, PAYMENT_JSON)).await;
    let reference: Reference = "plain".parse().unwrap();
    let err = client_at(server.address).lookup_payment(&reference, &"a".repeat(70_000)).send().await.unwrap_err();
    assert_eq!((err.kind(), err.outcome()), (ErrorKind::Connection, Outcome::NotSent), "{err:?}");
    assert_eq!(server.connections(), 0);
}
