//! Secrets, card numbers and bodies appear in no error, trace or log.
//!
//! The tests put marker values everywhere and search all output for them.

use std::cell::RefCell;
use std::io::Write;
use std::sync::{Mutex, OnceLock};

use payments_core::provider::Operation;
use payments_core::request::{Path, RequestBuilder};
use payments_core::test_util::Reply;
use payments_core::{CardNumber, Error};
use serde::Serialize;
use tracing_subscriber::fmt::format::FmtSpan;

use crate::support::server::{Closed, Server, http_response};
use crate::support::{
    API_KEY, CallType, Client, Harness, PAYMENT_JSON, Payment, Reference, all_error_text, client_at, error_response,
    payment_response, value,
};

const CARD_NUMBER: &str = "4929000000006";
const SECURITY_CODE: &str = "canary-cvv";
const BODY: &str = "canary-body";
const REFERENCE: &str = "canary-reference";

#[track_caller]
fn check(output: &str) {
    for canary in [API_KEY, CARD_NUMBER, SECURITY_CODE, BODY, REFERENCE, "another-canary"] {
        assert!(!output.contains(canary), "{canary} in {output}");
    }
}

thread_local! {
    static TRACED: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// Starts to collect everything that this thread sends to `tracing`.
///
/// All tests share one subscriber. With one per test, a thread without a subscriber could disable a call site for all.
fn start_tracing() {
    static SUBSCRIBER: OnceLock<()> = OnceLock::new();
    SUBSCRIBER.get_or_init(|| {
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(tracing::Level::TRACE)
            .with_span_events(FmtSpan::FULL)
            .with_writer(|| ThreadLocalWriter)
            .finish();
        tracing::subscriber::set_global_default(subscriber).unwrap();
    });
    TRACED.take();
}

/// Returns everything that was collected since [`start_tracing`].
fn traced() -> String {
    String::from_utf8(TRACED.take()).unwrap()
}

struct ThreadLocalWriter;

impl Write for ThreadLocalWriter {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        TRACED.with_borrow_mut(|traced| traced.extend_from_slice(bytes));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Everything that any test of this process sends to `log`.
struct Logged(Mutex<Vec<String>>);

static LOGGED: Logged = Logged(Mutex::new(Vec::new()));

impl log::Log for Logged {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &log::Record<'_>) {
        self.0.lock().unwrap().push(format!("{} {}", record.target(), record.args()));
    }

    fn flush(&self) {}
}

fn pay_by_card(client: &Client) -> payments_core::Call<Payment> {
    #[derive(Debug, Serialize)]
    struct Body {
        pan: String,
        cvv: &'static str,
    }
    let card: CardNumber = CARD_NUMBER.parse().unwrap();
    let path = Path::new("payments").segment(&REFERENCE).query("note", BODY);
    let request = RequestBuilder::post(path).json(&Body { pan: card.expose().to_owned(), cvv: SECURITY_CODE });
    let request = request.map(|request| request.log_as(card));
    client.connection.call(Operation::move_money("pay_by_card"), request, value)
}

fn unusual_responses() -> Vec<Reply> {
    let mut all = vec![Reply::not_connected(), Reply::lost(), Reply::cut_off(200), error_response(500)];
    for status in [200, 302, 400, 401, 404, 409, 429, 500] {
        for body in [
            format!("<html>{BODY} {CARD_NUMBER}</html>"),
            format!(r#"{{"id":"{BODY}","amount":"{BODY}"}}"#),
            format!(r#"{{"id":{CARD_NUMBER},"amount":1}}"#),
            format!(r#"{{"id":["{BODY}"],"amount":1}}"#),
            format!(r#"{{"{BODY}":"#),
            format!(
                r#"{{"error":{{"code":"{CARD_NUMBER}","decline_code":"{CARD_NUMBER}","message":"{CARD_NUMBER} 12/27","param":"{CARD_NUMBER}"}}}}"#
            ),
            format!(r#"{{"error":{{"message":"{}{CARD_NUMBER}"}}}}"#, "x".repeat(300 - CARD_NUMBER.len() + 1)),
            BODY.to_owned(),
        ] {
            all.push(Reply::json(status, &body));
            all.push(
                Reply::new(status, &body).header("content-encoding", "gzip").header("set-cookie", "another-canary"),
            );
        }
    }
    all
}

#[tokio::test]
async fn no_error_or_trace_contains_private_data() {
    start_tracing();
    let mut errors = 0;
    for reply in unusual_responses() {
        let harness = Harness::new([reply]);
        let call = pay_by_card(&harness.client);
        check(&format!("{call:?} {call:#?} {:?} {:#?}", harness.client, harness.script));
        if let Err(err) = call.retry(payments_core::RetryPolicy::none()).send().await {
            check(&all_error_text(&err));
            errors += 1;
        }
        for request in harness.script.requests() {
            check(&format!("{request:?} {request:#?} {:?} {:?}", request.body(), request.headers()));
        }
    }
    assert!(errors > 100);
    for call_type in CallType::ALL {
        let harness = Harness::new([Reply::lost(), error_response(429), payment_response()]);
        let _ = harness.send(call_type).await;
    }
    let text = traced();
    check(&text);
    // The trace contains what an operator needs first.
    for expected in [
        "payments_call",
        "payments_attempt",
        "acme",
        "pay_by_card",
        "outcome=Unknown",
        "attempt=1",
        "status=500",
        "elapsed=",
    ] {
        assert!(text.contains(expected), "{expected}");
    }
}

#[tokio::test]
async fn the_http_stack_logs_no_private_data() {
    log::set_logger(&LOGGED).unwrap();
    log::set_max_level(log::LevelFilter::Trace);
    start_tracing();
    let closed = Closed::new();
    let reference: Reference = REFERENCE.parse().unwrap();
    let mut errors: Vec<Error> = Vec::new();
    errors.push(pay_by_card(&client_at(closed.address())).send().await.unwrap_err());
    let responses = [
        Vec::new(),
        b"HTTP/1.1 canary-body\r\n\r\n".to_vec(),
        b"HTTP/1.1 200 OK\r\ncanary-body\r\n\r\n".to_vec(),
        b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\ncanary-body".to_vec(),
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\ncanary-body\r\n".to_vec(),
        b"HTTP/1.1 302 X\r\nlocation: https://canary-body.test/\r\ncontent-length: 0\r\n\r\n".to_vec(),
        http_response(200, BODY),
        http_response(500, BODY),
    ];
    for response in responses {
        let server = Server::responding_once(response).await;
        let client = client_at(server.address);
        errors.push(pay_by_card(&client).send().await.unwrap_err());
        errors.push(
            client.lookup_payment(&reference, BODY).retry(payments_core::RetryPolicy::none()).send().await.unwrap_err(),
        );
    }
    let tls = Server::responding_once(BODY).await;
    let secure =
        Client::new(crate::support::settings_at(&format!("https://{}", tls.address)), &crate::support::KEYED, None);
    errors.push(pay_by_card(&secure).retry(payments_core::RetryPolicy::none()).send().await.unwrap_err());
    let server = Server::responding(http_response(200, PAYMENT_JSON)).await;
    pay_by_card(&client_at(server.address)).send().await.unwrap();
    assert_eq!(errors.len(), 18);
    for err in &errors {
        check(&all_error_text(err));
        assert!(!all_error_text(err).contains("/payments"), "{err:?}");
    }
    check(&traced());
    let logged = LOGGED.0.lock().unwrap().join("\n");
    check(&logged);
    assert!(logged.contains("starting new connection"), "{logged}");
}

#[tokio::test]
async fn an_earlier_attempt_contains_no_private_data() {
    let harness = Harness::new([Reply::json(500, BODY), Reply::json(200, BODY), Reply::not_connected()]);
    let err = harness.send(CallType::Keyed).await.unwrap_err();
    assert!(err.earlier().is_some());
    check(&all_error_text(&err));
}

#[tokio::test]
async fn a_secret_that_the_provider_quotes_is_redacted() {
    let quoting = format!(
        r#"{{"error":{{"code":"bad_{API_KEY}","message":"{API_KEY} is no key; canary-body-secret is none","param":"{API_KEY}"}}}}"#
    );
    let harness = Harness::new([Reply::json(401, &quoting)]);
    let request =
        RequestBuilder::post(Path::new("links")).form(&[("key", "canary-body-secret")]).redact("canary-body-secret");
    let call = harness.client.connection.call(Operation::move_money("pay"), Ok(request), value::<Payment>);

    let err = call.send().await.unwrap_err();

    check(&all_error_text(&err));
    assert_eq!(err.message(), Some("[redacted] is no key; [redacted] is none"));
    assert_eq!((err.code(), err.param()), (Some("bad_[redacted]"), Some("[redacted]")));
}
