//! Whatever an id or a reference holds: the request goes to the one endpoint that the call is for.

use payments_core::test_util::Reply;
use payments_core::{ErrorKind, Outcome};

use crate::id::hostile;
use crate::support::server::{Server, http};
use crate::support::{Bench, PAID, PaymentId, Reference, over_sockets, paid};

/// What a percent-encoded text stands for.
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
async fn no_text_changes_the_path_that_is_asked_for() {
    let mut sent = 0;
    for text in hostile() {
        let bench = Bench::new([paid(), paid()]);
        if let Ok(reference) = text.parse::<Reference>() {
            bench.shop.lookup_payment(&reference, &text).send().await.unwrap();
        }
        if let Ok(id) = text.parse::<PaymentId>() {
            bench.shop.payment(&id).send().await.unwrap();
        }
        for request in bench.script.requests() {
            check_target(request.url(), "https://api.acme.test/v1/payments/", &text, &text);
            assert_eq!(request.headers().len(), 4);
            sent += 1;
        }
    }
    assert!(sent > 200, "{sent}");
}

#[tokio::test]
async fn no_text_changes_the_request_line_or_adds_a_header_on_the_wire() {
    let server = Server::answering(http(200, PAID)).await;
    let shop = over_sockets(server.address);
    let mut expected = Vec::new();
    for text in hostile() {
        if let Ok(reference) = text.parse::<Reference>() {
            shop.lookup_payment(&reference, &text).send().await.unwrap();
            expected.push(text.clone());
        }
        if let Ok(id) = text.parse::<PaymentId>() {
            shop.payment(&id).send().await.unwrap();
            expected.push(text.clone());
        }
        // And a query as long as it likes to be, with text that no reference may hold.
        let plain: Reference = "plain".parse().unwrap();
        let query = shop.lookup_payment(&plain, &text).send().await;
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
async fn what_could_not_be_a_url_is_not_sent() {
    let bench = Bench::new([Reply::lost()]);
    assert_eq!(bench.shop.pay().send().await.unwrap_err().outcome(), Outcome::Unknown);
    // The longest target that the wire takes; one that it does not take never leaves.
    let server = Server::answering(http(200, PAID)).await;
    let reference: Reference = "plain".parse().unwrap();
    let err = over_sockets(server.address).lookup_payment(&reference, &"a".repeat(70_000)).send().await.unwrap_err();
    assert_eq!((err.kind(), err.outcome()), (ErrorKind::Connection, Outcome::NotSent), "{err:?}");
    assert_eq!(server.connections(), 0);
}
