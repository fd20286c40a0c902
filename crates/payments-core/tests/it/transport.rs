//! Failures of the built-in transport on real sockets, with the locked version of the HTTP stack.

use std::sync::Arc;
use std::time::Duration;

use payments_core::transport::reqwest::ReqwestTransport;
use payments_core::{Error, ErrorKind, Outcome, RetryPolicy, Settings};
use tokio::io::AsyncWriteExt;

use crate::support::server::{Closed, Server, http_response};
use crate::support::{Client, KEYED, PAYMENT_JSON, client_at, settings_at};

const SHORT: Duration = Duration::from_millis(300);

fn client(base_url: &str, change: impl FnOnce(&mut Settings)) -> Client {
    let mut settings = settings_at(base_url);
    settings.retry = RetryPolicy::none();
    change(&mut settings);
    Client::new(settings, &KEYED, None)
}

fn set_connect_timeout(settings: &mut Settings, limit: Duration) {
    settings.transport = Some(Arc::new(ReqwestTransport::builder().connect_timeout(limit).build().unwrap()));
}

#[track_caller]
fn check(err: &Error, kind: ErrorKind, outcome: Outcome) {
    assert_eq!((err.kind(), err.outcome()), (kind, outcome), "{err:?}");
}

// Outcome: provably not sent.

#[tokio::test]
async fn a_host_that_does_not_resolve_means_not_sent() {
    let client = client("https://name.invalid", |settings| set_connect_timeout(settings, Duration::from_secs(20)));
    let err = client.pay().send().await.unwrap_err();
    assert_eq!(err.outcome(), Outcome::NotSent, "{err:?}");
    assert!(matches!(err.kind(), ErrorKind::Connection | ErrorKind::Timeout), "{err:?}");
}

#[tokio::test]
async fn a_refused_connection_means_not_sent() {
    let closed = Closed::new();
    let client = client(&format!("http://{}", closed.address()), |_| {});
    for _ in 0..10 {
        check(&client.pay().send().await.unwrap_err(), ErrorKind::Connection, Outcome::NotSent);
    }
}

#[tokio::test]
async fn a_refused_connection_is_retried_even_for_a_payment() {
    let closed = Closed::new();
    let client = client(&format!("http://{}", closed.address()), |settings| {
        settings.retry = RetryPolicy::default().wait(Duration::from_millis(1), Duration::from_millis(1));
    });
    let err = client.pay().send().await.unwrap_err();
    check(&err, ErrorKind::Connection, Outcome::NotSent);
    assert_eq!(err.attempts(), 3);
}

#[tokio::test]
async fn a_failed_tls_handshake_means_not_sent() {
    let closing = Server::start(|_, connection| async move { drop(connection) }).await;
    let resetting = Server::start(|_, connection| async move { connection.reset() }).await;
    let closing_later = Server::start(|_, mut connection| async move {
        connection.read_some().await;
    })
    .await;
    let plain = Server::responding_once(http_response(200, PAYMENT_JSON)).await;
    let garbage = Server::start(|_, mut connection| async move {
        connection.write(b"220 smtp.acme.test ESMTP\r\n").await;
        connection.hold_open().await;
    })
    .await;
    let alert = Server::start(|_, mut connection| async move {
        connection.read_some().await;
        // A fatal alert: handshake_failure.
        connection.write(&[0x15, 0x03, 0x03, 0x00, 0x02, 0x02, 0x28]).await;
        connection.hold_open().await;
    })
    .await;
    for (name, server) in [
        ("closes", closing),
        ("resets", resetting),
        ("closes after hello", closing_later),
        ("garbage", garbage),
        ("alert", alert),
    ] {
        let client = client(&format!("https://{}", server.address), |_| {});
        for _ in 0..5 {
            let err = client.pay().send().await.unwrap_err();
            assert_eq!((err.kind(), err.outcome()), (ErrorKind::Connection, Outcome::NotSent), "{name}: {err:?}");
        }
    }
    let client = client(&format!("https://{}", plain.address), |settings| set_connect_timeout(settings, SHORT));
    assert_eq!(client.pay().send().await.unwrap_err().outcome(), Outcome::NotSent);
    assert_eq!(plain.requests().len(), 0);
}

#[tokio::test]
async fn a_tls_handshake_that_takes_too_long_means_not_sent() {
    let silent = Server::start(|_, connection| connection.hold_open()).await;
    let client = client(&format!("https://{}", silent.address), |settings| set_connect_timeout(settings, SHORT));
    check(&client.pay().send().await.unwrap_err(), ErrorKind::Timeout, Outcome::NotSent);
    assert_eq!(silent.connections(), 1);
}

#[tokio::test]
async fn a_proxy_that_does_not_connect_means_not_sent() {
    for response in ["HTTP/1.1 502 Bad Gateway\r\n\r\n", "HTTP/1.1 407 Auth\r\n\r\n", "garbage\r\n\r\n", ""] {
        let proxy = Server::responding_once(response).await;
        let configured = payments_core::transport::reqwest::Proxy::all(format!("http://{}", proxy.address)).unwrap();
        let client = client("https://api.acme.test", |settings| {
            settings.transport = Some(Arc::new(ReqwestTransport::builder().proxy(configured).build().unwrap()));
        });
        check(&client.pay().send().await.unwrap_err(), ErrorKind::Connection, Outcome::NotSent);
        let requests = proxy.requests();
        // The proxy receives only the host.
        assert_eq!(requests[0].line(), "CONNECT api.acme.test:443 HTTP/1.1");
        assert!(requests[0].header("x-api-key").is_none() && requests[0].body.is_empty());
    }
}

#[tokio::test]
async fn a_request_that_was_not_written_is_not_sent() {
    // The server closes its sending side at once and continues to read. Whether the client writes the request before it
    // notices is a race. If the outcome is "not sent", no byte of the request may arrive.
    let (arrived, mut arrivals) = tokio::sync::mpsc::unbounded_channel();
    let server = Server::start(move |_, mut connection| {
        let arrived = arrived.clone();
        async move {
            connection.stream.shutdown().await.unwrap();
            let mut bytes = 0;
            while let Some(count) = connection.read_some().await {
                bytes += count;
            }
            arrived.send(bytes).unwrap();
        }
    })
    .await;
    let client = client(&format!("http://{}", server.address), |_| {});
    let mut not_written = 0;
    for _ in 0..200 {
        let err = client.pay().send().await.unwrap_err();
        let bytes = arrivals.recv().await.unwrap();
        if err.outcome() == Outcome::NotSent {
            assert_eq!((err.kind(), bytes), (ErrorKind::Connection, 0), "{err:?}");
            not_written += 1;
        } else {
            check(&err, ErrorKind::Connection, Outcome::Unknown);
        }
    }
    // The case must occur, or the test would not show that the HTTP stack still reports it.
    assert!(not_written > 0);
}

#[tokio::test]
async fn a_reset_connection_means_not_sent_only_if_nothing_was_read() {
    let server = Server::start(move |number, mut connection| async move {
        if number % 3 == 0 {
            connection.read_request().await;
        }
        connection.reset();
    })
    .await;
    let client = client(&format!("http://{}", server.address), |_| {});
    for _ in 0..150 {
        let received = server.requests().len();
        let err = client.pay().send().await.unwrap_err();
        if err.outcome() == Outcome::NotSent {
            assert_eq!(server.requests().len(), received, "{err:?}");
        } else {
            check(&err, ErrorKind::Connection, Outcome::Unknown);
        }
    }
}

// Outcome: unknown.

#[tokio::test]
async fn an_incomplete_response_leaves_the_outcome_unknown() {
    let whole = String::from_utf8(http_response(200, PAYMENT_JSON)).unwrap();
    let head = whole.find("\r\n\r\n").unwrap() + 4;
    for end in [0, 1, 5, 9, 12, 14, 20, head - 3, head - 1, head, head + 1, whole.len() - 1] {
        for reset in [false, true] {
            let part = whole[..end].to_owned();
            let server = Server::start(move |_, mut connection| {
                let part = part.clone();
                async move {
                    connection.read_request().await;
                    connection.write(part.as_bytes()).await;
                    if reset { connection.reset() } else { drop(connection) }
                }
            })
            .await;
            let err = client_at(server.address).pay().send().await.unwrap_err();
            assert_eq!((err.outcome(), err.attempts()), (Outcome::Unknown, 1), "{end}, {reset}: {err:?}");
            assert!(err.may_have_moved_money());
            assert_eq!((server.requests().len(), server.connections()), (1, 1), "{end}, {reset}");
            // An RST may discard bytes that were written before it; a FIN never does.
            if !reset {
                let kind = if end < head { ErrorKind::Connection } else { ErrorKind::MalformedResponse };
                assert_eq!((err.kind(), err.status().is_some()), (kind, end >= head), "{end}: {err:?}");
            }
        }
    }
}

#[tokio::test]
async fn a_response_that_is_not_http_leaves_the_outcome_unknown() {
    for response in [
        "garbage\r\n\r\n",
        "HTTP/1.1\r\n\r\n",
        "HTTP/1.1 2000 OK\r\n\r\n",
        "HTTP/1.1 abc OK\r\n\r\n",
        "HTTP/3.7 200 OK\r\n\r\n",
        "HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
        "HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n",
        "HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n12",
        "\0\0\0\0\r\n\r\n",
        "SSH-2.0-OpenSSH_9.6\r\n",
        "HTTP/1.1 100 Continue\r\n\r\n",
        "HTTP/1.1 103 Early Hints\r\nlink: <x>\r\n\r\n",
    ] {
        let server = Server::responding_once(response).await;
        let err = client_at(server.address).pay().send().await.unwrap_err();
        assert_eq!((err.kind(), err.outcome()), (ErrorKind::Connection, Outcome::Unknown), "{response}: {err:?}");
        assert_eq!(server.requests().len(), 1, "{response}");
    }
}

#[tokio::test]
async fn a_wrongly_framed_body_leaves_the_outcome_unknown_for_any_status() {
    for status in [200, 400, 404, 422] {
        for body in [
            "xyz\r\nnot a size\r\n",
            "5\r\n{\"id\"",
            "5\r\n{\"id\"XX",
            "ffffffffffffffff0\r\n",
            "-1\r\n\r\n",
            "1e\r\n{\"error\":{\"code\":\"no\"}}\r\n",
        ] {
            let response = format!("HTTP/1.1 {status} X\r\ntransfer-encoding: chunked\r\n\r\n{body}");
            let server = Server::responding_once(response).await;
            let err = client_at(server.address).pay().send().await.unwrap_err();
            check(&err, ErrorKind::MalformedResponse, Outcome::Unknown);
            assert_eq!((err.status().unwrap().as_u16(), server.requests().len()), (status, 1));
        }
    }
}

/// A client whose writes may have a timeout of [`SHORT`].
fn quick_client_at(address: std::net::SocketAddr) -> Client {
    client(&format!("http://{address}"), |settings| set_connect_timeout(settings, SHORT / 2))
}

#[tokio::test]
async fn a_write_needs_more_time_than_connecting_may_take() {
    let server = Server::responding(http_response(200, PAYMENT_JSON)).await;
    let client = client(&format!("http://{}", server.address), |settings| set_connect_timeout(settings, SHORT));
    for timeout in [Duration::from_millis(1), SHORT] {
        for call in [client.pay().timeout(timeout), client.pay().attempt_timeout(timeout)] {
            let err = call.send().await.unwrap_err();
            check(&err, ErrorKind::Configuration, Outcome::NotSent);
            assert_eq!(err.attempts(), 0);
        }
    }
    assert_eq!(server.connections(), 0);
    // A read may start: repeating it is safe.
    client.retrieve().timeout(SHORT).send().await.unwrap();
    client.pay().timeout(SHORT + Duration::from_secs(1)).send().await.unwrap();
}

#[tokio::test]
async fn a_server_that_never_answers_the_handshake_means_not_sent_for_any_timeout() {
    let silent = Server::start(|_, connection| connection.hold_open()).await;
    let client = client(&format!("https://{}", silent.address), |settings| set_connect_timeout(settings, SHORT));
    for timeout in [Duration::from_secs(20), Duration::from_secs(60), SHORT / 2] {
        let err = client.pay().timeout(timeout).send().await.unwrap_err();
        assert_eq!(err.outcome(), Outcome::NotSent, "{timeout:?}: {err}");
    }
}

#[tokio::test]
async fn no_response_leaves_the_outcome_unknown() {
    let whole = String::from_utf8(http_response(200, PAYMENT_JSON)).unwrap();
    for end in [0, 10, whole.len() - 1] {
        let part = whole[..end].to_owned();
        let server = Server::start(move |_, mut connection| {
            let part = part.clone();
            async move {
                connection.read_request().await;
                connection.write(part.as_bytes()).await;
                connection.hold_open().await;
            }
        })
        .await;
        let err = quick_client_at(server.address).pay().attempt_timeout(SHORT).send().await.unwrap_err();
        check(&err, ErrorKind::Timeout, Outcome::Unknown);
        assert_eq!((server.requests().len(), err.attempts()), (1, 1));
    }
}

#[tokio::test]
async fn a_slow_response_ends_at_the_attempts_timeout() {
    let server = Server::start(|_, mut connection| async move {
        connection.read_request().await;
        connection.write(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n").await;
        while connection.write(b"1\r\n \r\n").await {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await;
    let err = quick_client_at(server.address).pay().attempt_timeout(SHORT).send().await.unwrap_err();
    check(&err, ErrorKind::Timeout, Outcome::Unknown);
}

#[tokio::test]
async fn a_reused_connection_that_closes_during_the_request_leaves_the_outcome_unknown() {
    for reset in [false, true] {
        let server = Server::start(move |_, mut connection| async move {
            connection.read_request().await;
            connection.write(&http_response(200, PAYMENT_JSON)).await;
            connection.read_request().await;
            if reset { connection.reset() } else { drop(connection) }
        })
        .await;
        let client = client_at(server.address);
        for round in 1..=20 {
            client.pay().send().await.unwrap();
            let err = client.pay().send().await.unwrap_err();
            assert_eq!((err.outcome(), err.attempts()), (Outcome::Unknown, 1), "{err:?}");
            // The HTTP stack did not retry the request by itself.
            assert_eq!((server.requests().len(), server.connections()), (2 * round, round));
        }
    }
}

#[tokio::test]
async fn a_connection_that_was_closed_while_idle_never_causes_a_double_payment() {
    let server = Server::responding_once(http_response(200, PAYMENT_JSON)).await;
    let client = client(&format!("http://{}", server.address), |_| {});
    let (mut paid, mut unknown) = (0, 0);
    for _ in 0..200 {
        match client.pay().send().await {
            Ok(_) => paid += 1,
            Err(err) if err.outcome() == Outcome::Unknown => unknown += 1,
            Err(err) => assert_eq!(err.outcome(), Outcome::NotSent, "{err:?}"),
        }
    }
    let received = server.requests().len();
    assert!(paid <= received && received <= paid + unknown, "{received} received, {paid} paid, {unknown} unknown");
    assert!(paid > 0);
}

#[tokio::test]
async fn an_unrequested_response_is_not_used_for_the_next_request() {
    let other = r#"{"id":"unrequested_payment","amount":1}"#;
    let both = [http_response(200, PAYMENT_JSON), http_response(200, other)].concat();
    let server = Server::responding(both).await;
    let client = client(&format!("http://{}", server.address), |_| {});
    for _ in 0..100 {
        match client.pay().send().await {
            Ok(payment) => assert_eq!(payment.id, "pay_1"),
            Err(err) => assert_eq!(err.outcome(), Outcome::Unknown, "{err:?}"),
        }
    }
}

#[tokio::test]
async fn a_call_that_is_dropped_while_in_flight_is_sent_once() {
    let (arrived, mut arrivals) = tokio::sync::mpsc::unbounded_channel();
    let server = Server::start(move |_, mut connection| {
        let arrived = arrived.clone();
        async move {
            connection.read_request().await;
            arrived.send(()).unwrap();
            connection.hold_open().await;
        }
    })
    .await;
    let client = client_at(server.address);
    let call = tokio::spawn(async move { client.pay_keyed("key-1").send().await });
    arrivals.recv().await.unwrap();
    call.abort();
    assert!(call.await.unwrap_err().is_cancelled());
    assert_eq!((server.requests().len(), server.connections()), (1, 1));
}

// Redirects are not followed, and bodies are not decompressed.

#[tokio::test]
async fn a_redirect_is_never_followed() {
    let elsewhere = Server::responding(http_response(200, PAYMENT_JSON)).await;
    for status in [300, 301, 302, 303, 305, 307, 308] {
        for target in [format!("http://{}/payments", elsewhere.address), format!("//{}/payments", elsewhere.address)] {
            let response = format!("HTTP/1.1 {status} X\r\nlocation: {target}\r\ncontent-length: 0\r\n\r\n");
            let server = Server::responding(response).await;
            let client = client_at(server.address);
            check(&client.pay().send().await.unwrap_err(), ErrorKind::Configuration, Outcome::Unknown);
            check(&client.retrieve().send().await.unwrap_err(), ErrorKind::Configuration, Outcome::Unknown);
            check(&client.pay_keyed("key-1").send().await.unwrap_err(), ErrorKind::Configuration, Outcome::Unknown);
            assert_eq!(server.requests().len(), 3);
        }
    }
    assert_eq!(elsewhere.connections(), 0);
}

#[tokio::test]
async fn a_compressed_response_is_not_decompressed() {
    let response = format!(
        "HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: {}\r\n\r\n{PAYMENT_JSON}",
        PAYMENT_JSON.len()
    );
    let server = Server::responding(response).await;
    let err = client_at(server.address).pay().send().await.unwrap_err();
    check(&err, ErrorKind::MalformedResponse, Outcome::Unknown);
    assert_eq!(err.response().unwrap().body(), PAYMENT_JSON.as_bytes());
}

// The bytes of a request.

#[tokio::test]
async fn a_request_has_exactly_the_expected_line_headers_and_body() {
    let server = Server::responding(http_response(200, PAYMENT_JSON)).await;
    let client =
        client(&format!("http://{}/v1/", server.address), |settings| settings.application = Some("shop/2.1".into()));
    client.pay_keyed("key-1").send().await.unwrap();
    client.retrieve().send().await.unwrap();
    let requests = server.requests();
    assert_eq!(requests[0].line(), "POST /v1/payments HTTP/1.1");
    assert_eq!(requests[0].body, br#"{"what":"pay","amount":100.50}"#);
    for (name, value) in [
        ("user-agent", "acme/0.1.0 shop/2.1"),
        ("accept", "application/json"),
        ("accept-encoding", "identity"),
        ("content-type", "application/json"),
        ("content-length", "30"),
        ("idempotency-key", "key-1"),
        ("x-api-key", crate::support::API_KEY),
        ("host", &server.address.to_string()),
    ] {
        assert_eq!(requests[0].header(name), Some(value), "{name}");
    }
    assert_eq!(requests[0].header_names().len(), 8);
    assert_eq!(requests[1].line(), "GET /v1/payments HTTP/1.1");
    assert_eq!(requests[1].header_names(), ["accept", "accept-encoding", "host", "user-agent", "x-api-key"]);
    // Both requests use one connection.
    assert_eq!(server.connections(), 1);
}

#[tokio::test]
async fn a_call_works_with_an_independent_http_server() {
    let server = httpmock::MockServer::start_async().await;
    let mock = server
        .mock_async(|when, then| {
            when.method("POST")
                .path("/payments")
                .header("accept", "application/json")
                .body(r#"{"what":"pay","amount":100.50}"#);
            then.status(201).header("content-type", "application/json").header("cf-ray", "ray-1").body(PAYMENT_JSON);
        })
        .await;
    let sent = client_at(*server.address()).pay().send_with_response().await.unwrap();
    assert_eq!((sent.value.id.as_str(), sent.response.request_id()), ("pay_1", Some("ray-1")));
    mock.assert_async().await;
}
