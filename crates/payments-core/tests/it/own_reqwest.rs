//! A transport of one's own on reqwest, which reuses the classification of its errors.

use std::time::Duration;

use payments_core::transport::{Request, Response, Transport, TransportError, async_trait};
use payments_core::{ErrorKind, Outcome, RetryPolicy};
use std::sync::Arc;
use tokio::io::AsyncWriteExt;

use crate::support::server::{Closed, Connection, Server, http_response};
use crate::support::{Client, KEYED, PAYMENT_JSON, settings_at};

const SHORT: Duration = Duration::from_millis(300);

#[derive(Debug)]
struct OwnTransport(reqwest::Client);

impl OwnTransport {
    fn new(change: impl FnOnce(reqwest::ClientBuilder) -> reqwest::ClientBuilder) -> Self {
        let http = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .http1_only()
            .no_proxy()
            .connect_timeout(SHORT);
        Self(change(http).build().unwrap())
    }
}

#[async_trait]
impl Transport for OwnTransport {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        let mut outgoing = self.0.request(request.method().clone(), request.url());
        outgoing = outgoing.headers(request.headers().clone()).body(request.body().as_ref().to_vec());
        let incoming = outgoing.send().await.map_err(TransportError::from_reqwest)?;
        let (status, headers) = (incoming.status(), incoming.headers().clone());
        match incoming.bytes().await {
            Ok(body) => Ok(Response::new(status, headers, body.to_vec())),
            Err(err) => Err(TransportError::from_reqwest_body(status, headers, err)),
        }
    }
}

fn client(base_url: &str, change: impl FnOnce(reqwest::ClientBuilder) -> reqwest::ClientBuilder) -> Client {
    let mut settings = settings_at(base_url);
    settings.retry = RetryPolicy::none();
    settings.transport = Some(Arc::new(OwnTransport::new(change)));
    Client::new(settings, &KEYED, None)
}

async fn check(base_url: &str, kind: ErrorKind, outcome: Outcome) {
    let err = client(base_url, |http| http.timeout(SHORT * 10)).pay().send().await.unwrap_err();
    assert_eq!((err.kind(), err.outcome()), (kind, outcome), "{base_url}: {err:?}");
    assert!(std::error::Error::source(&err).is_some(), "{err:?}");
    assert!(!format!("{err} {err:?}").contains("/payments"), "the URL is not printed: {err:?}");
}

/// A server that reads the request, and then does this.
async fn after_request<F: Future<Output = ()> + Send>(
    then: impl Fn(Connection) -> F + Clone + Send + Sync + 'static,
) -> Server {
    Server::start(move |_, mut connection| {
        let then = then.clone();
        async move {
            connection.read_request().await;
            then(connection).await;
        }
    })
    .await
}

#[tokio::test]
async fn what_failed_before_the_request_was_written_is_not_sent() {
    let closed = Closed::new();
    check(&format!("http://{}", closed.address()), ErrorKind::Connection, Outcome::NotSent).await;

    let garbage = Server::start(|_, mut connection| async move {
        connection.write(b"220 smtp.acme.test ESMTP\r\n").await;
        connection.hold_open().await;
    })
    .await;
    check(&format!("https://{}", garbage.address), ErrorKind::Connection, Outcome::NotSent).await;

    let silent = Server::start(|_, connection| connection.hold_open()).await;
    check(&format!("https://{}", silent.address), ErrorKind::Timeout, Outcome::NotSent).await;
    assert_eq!(silent.requests().len(), 0);
}

#[tokio::test]
async fn what_failed_after_the_request_was_written_is_unknown() {
    let closing = after_request(|connection| async move { drop(connection) }).await;
    check(&format!("http://{}", closing.address), ErrorKind::Connection, Outcome::Unknown).await;

    let resetting = after_request(|connection| async move { connection.reset() }).await;
    check(&format!("http://{}", resetting.address), ErrorKind::Connection, Outcome::Unknown).await;

    let garbage = Server::responding_once("garbage\r\n\r\n").await;
    check(&format!("http://{}", garbage.address), ErrorKind::Connection, Outcome::Unknown).await;

    let silent = after_request(Connection::hold_open).await;
    check(&format!("http://{}", silent.address), ErrorKind::Timeout, Outcome::Unknown).await;

    for server in [closing, resetting, garbage, silent] {
        assert_eq!((server.connections(), server.requests().len()), (1, 1));
    }
}

#[tokio::test]
async fn a_body_that_cannot_be_read_is_unknown_for_any_status() {
    for status in [200, 422] {
        let head = format!("HTTP/1.1 {status} X\r\ncontent-length: 500\r\n\r\n{{\"error\":{{}}}}");
        let cut = Server::responding_once(head.clone()).await;
        check(&format!("http://{}", cut.address), ErrorKind::MalformedResponse, Outcome::Unknown).await;

        let stalling = after_request(move |mut connection| {
            let head = head.clone();
            async move {
                connection.write(head.as_bytes()).await;
                connection.hold_open().await;
            }
        })
        .await;
        check(&format!("http://{}", stalling.address), ErrorKind::Timeout, Outcome::Unknown).await;
    }
}

#[tokio::test]
async fn a_request_that_the_connection_returned_unwritten_is_not_sent() {
    // Whether the client writes before it notices that the server closed its side is a race.
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
    let client = client(&format!("http://{}", server.address), |http| http);
    let mut not_written = 0;
    for _ in 0..200 {
        let err = client.pay().send().await.unwrap_err();
        let bytes = arrivals.recv().await.unwrap();
        if err.outcome() == Outcome::NotSent {
            assert_eq!(bytes, 0, "{err:?}");
            not_written += 1;
        }
    }
    assert!(not_written > 0);
}

#[tokio::test]
async fn a_redirect_that_the_client_refuses_to_follow_is_unknown() {
    let refuse = reqwest::redirect::Policy::custom(|attempt| attempt.error("refused"));
    let server = Server::responding("HTTP/1.1 307 X\r\nlocation: /elsewhere\r\ncontent-length: 0\r\n\r\n").await;
    let client = client(&format!("http://{}", server.address), |http| http.redirect(refuse));
    let err = client.pay().send().await.unwrap_err();
    assert_eq!((err.outcome(), server.requests().len()), (Outcome::Unknown, 1), "{err:?}");
}

#[tokio::test]
async fn an_own_transport_can_succeed() {
    let server = Server::responding(http_response(200, PAYMENT_JSON)).await;
    client(&format!("http://{}", server.address), |http| http).pay().send().await.unwrap();
}
