//! No output contains a card number, a security code or a key.

use std::cell::RefCell;
use std::io::Write;
use std::sync::OnceLock;

use card3ds::{
    ApiKey, ApiSecret, Card, Client, Expiry, InstallmentQuery, NewPayment, NewThreeDsPayment, RetryPolicy,
    ThreeDsCallback,
};
use payments_core::gateway::{PaymentRequest, StartPayment};
use payments_core::test_util::{Reply, Script};
use tracing_subscriber::fmt::format::FmtSpan;

use crate::support::{KEY, PAN, PAYMENT, Recorder, SECRET, all_output, builder, lira, payment_id, response_text, urls};

const CODE: &str = "8437";
const SECURITY_KEY: &str = "canary-security-key-55";
const PAGE: &str = "canary-page";

#[track_caller]
fn check(output: &str) {
    // The spaced form of the card number is included.
    for canary in [KEY, SECRET, PAN, "5421 1901 2209 0656", CODE, SECURITY_KEY, PAGE] {
        assert!(!output.contains(canary), "{canary} in {output}");
    }
}

#[test]
fn a_union_pay_number_without_a_valid_check_digit_is_sent_and_masked_where_the_provider_quotes_it() {
    const UNION_PAY: &str = "6240008631401149";
    let card = Card::new("Li Wei", UNION_PAY.parse().unwrap(), "04/28".parse().unwrap(), "916".parse().unwrap());
    let new = NewPayment::new("ORD-12345", lira("100.50"), card, "192.0.2.1:80".parse().unwrap());
    for (status, body) in [
        (
            400,
            format!(
                r#"{{"status":"FAILED","resultCode":"{UNION_PAY}","resultMessage":"Card {UNION_PAY} 04/28 refused"}}"#
            ),
        ),
        (200, response_text(&[("status", "\"FAILED\""), ("resultMessage", &format!("\"{UNION_PAY} refused\""))])),
    ] {
        let script = Script::new([Reply::json(status, &body)]);
        let call = builder(&script).build().unwrap().create_payment(new.clone());
        let printed = match crate::support::now(call.send()) {
            Ok(payment) => format!("{payment:?} {}", all_output(&payment.clone().into_success().unwrap_err())),
            Err(err) => all_output(&err),
        };
        assert!(crate::support::body_of(&script).contains(UNION_PAY));
        assert!(printed.contains("624000******1149") && !printed.contains(UNION_PAY), "{printed}");
    }
}

/// Creates a payment whose card holder is a card number, because some customers type it there.
fn payment() -> NewPayment {
    let card = Card::new(PAN, PAN.parse().unwrap(), Expiry::new(4, 2028).unwrap(), CODE.parse().unwrap());
    NewPayment::new("ORD-12345", lira("100.50"), card, "192.168.1.1:8080".parse().unwrap())
}

/// Starts the same payment with 3-D Secure through the gateway.
fn card_request() -> PaymentRequest {
    let card = Card::new(PAN, PAN.parse().unwrap(), Expiry::new(4, 2028).unwrap(), CODE.parse().unwrap());
    PaymentRequest::new("ORD-12345", lira("100.50"))
        .card(card)
        .customer_address("192.168.1.1:8080".parse().unwrap())
        .return_url(urls().success)
        .failure_url(urls().failure)
}

fn query() -> InstallmentQuery {
    InstallmentQuery::new(lira("100.50"), PAN.parse().unwrap())
}

/// Returns responses that quote the request, with success and error statuses.
fn quoting_responses() -> Vec<Reply> {
    let names = ["cardHolderName", "pan", "domInt", "cardScheme", "cardType", "loyaltyCode"];
    let more_names =
        ["externalTransactionId", "authCode", "resultCode", "resultMessage", "customerId", "status", "paymentDate"];
    let quoted = format!("\"{PAN}\"");
    let mut bodies = vec![
        response_text(&names.iter().chain(&more_names).map(|name| (*name, quoted.as_str())).collect::<Vec<_>>()),
        response_text(&[("resultMessage", "\"card 5421 1901 2209 0656 04/28\""), ("status", "\"FAILED\"")]),
        response_text(&[("pan", &format!("\"{PAN}9\""))]),
        response_text(&[("merchantCommission", PAN), ("paymentId", &quoted)]),
        response_text(&[("orderId", &quoted)]),
        response_text(&[("amount", &format!("\"pan {PAN}\""))]),
        response_text(&[("currency", &quoted)]),
        response_text(&[("installmentCount", &quoted)]),
        response_text(&[("resultMessage", &format!("{{\"{PAN}\":1}}"))]),
        format!(r#"{{"message":"{PAN} {PAN}","error":"{PAN}","resultCode":"{PAN}","paymentId":"{PAN}"}}"#),
        format!(r#"{{"message":"{KEY} and {SECRET} are no credentials"}}"#),
        format!(r#"{{"resultMessage":"{}{PAN}"}}"#, "x".repeat(300 - PAN.len() + 1)),
        format!(r#"{{"{PAN}":"#),
        format!("<html>{PAN} {SECURITY_KEY} {CODE}</html>"),
        format!(r#"{{"success":false,"paymentId":null,"resultCode":"{PAN}","resultMessage":"{PAN}"}}"#),
        format!(
            r#"{{"success":true,"paymentId":"{PAYMENT}","htmlContent":"<form>{PAGE}</form>","resultCode":"{PAN}"}}"#
        ),
        format!(r#"{{"options":[{{"installmentCount":"{PAN}"}}]}}"#),
        format!(r#"{{"checkoutId":"{PAN}","redirectUrl":"{PAN}"}}"#),
    ];
    bodies.push(PAN.to_owned());
    let statuses = [200, 302, 400, 401, 404, 422, 429, 500];
    statuses.iter().flat_map(|status| bodies.iter().map(|body| Reply::json(*status, body))).collect()
}

/// Makes one call, and returns everything that can be printed of the call and its result.
async fn output_of(client: &Client, operation: usize) -> String {
    let posted = format!("paymentId={PAYMENT}&securityKey={SECURITY_KEY}");
    let callback = ThreeDsCallback::parse(posted.as_bytes()).unwrap();
    let once = RetryPolicy::none();
    macro_rules! output {
        ($call:expr) => {{
            let call = $call.retry(once);
            let before = format!("{call:?} {call:#?}");
            match call.send().await {
                Ok(value) => format!("{before} {value:?} {value:#?}"),
                Err(err) => format!("{before} {}", all_output(&err)),
            }
        }};
    }
    match operation {
        0 => output!(client.create_payment(payment())),
        1 => output!(client.pre_authorize(payment())),
        2 => output!(client.capture_payment(&payment_id(), lira("100.50"))),
        3 => output!(client.start_3ds(NewThreeDsPayment::new(payment(), urls()))),
        4 => output!(client.complete_3ds(&payment_id(), &callback)),
        5 => output!(client.installment_options(query())),
        6 => {
            let request = card_request();
            match client.start_payment(&request).await {
                Ok(started) => format!("{request:?} {request:#?} {started:?} {started:#?}"),
                Err(err) => format!("{request:?} {request:#?} {}", all_output(&err)),
            }
        }
        _ => output!(client.checkout_status(&PAYMENT.parse().unwrap())),
    }
}

#[tokio::test]
async fn no_call_result_error_or_trace_contains_a_secret() {
    start_tracing();
    let recorder = Recorder::default();
    let (mut calls, mut payments) = (0, 0);
    for operation in 0..8 {
        for reply in quoting_responses().into_iter().chain([Reply::lost(), Reply::not_connected(), Reply::cut_off(200)])
        {
            let script = Script::new([reply]);
            let client = builder(&script).observer(recorder.clone()).build().unwrap();
            let output = output_of(&client, operation).await;
            check(&output);
            check(&format!("{client:?} {client:#?} {script:?} {:?}", script.requests()));
            payments += usize::from(output.contains("payment_id"));
            calls += 1;
        }
    }
    assert!(calls > 1000 && payments > 20, "{calls} calls, {payments} payments");
    check(&recorder.text());
    assert!(recorder.text().contains("542119******0656"), "the observer does not see the masked number");
    let trace = take_trace();
    check(&trace);
    for expected in ["card3ds", "create_payment", "outcome=Unknown", "status=500"] {
        assert!(trace.contains(expected), "{expected}");
    }
}

#[test]
fn debug_of_parameters_shows_only_the_masked_card_number() {
    let start = NewThreeDsPayment::new(payment(), urls());
    let printed = format!("{:?} {:#?} {start:?} {:?}", payment(), payment(), query());
    check(&printed);
    assert!(printed.contains("542119******0656") && !printed.contains("2028"), "{printed}");

    let builder = Client::builder(ApiKey::new(KEY).unwrap(), ApiSecret::new(SECRET).unwrap());
    check(&format!("{builder:?} {:?} {:?}", ApiKey::new(KEY).unwrap(), ApiSecret::new(SECRET).unwrap()));
}

#[test]
fn debug_errors_and_traces_of_callbacks_do_not_contain_the_security_key() {
    let callback =
        ThreeDsCallback::parse(format!("paymentId={PAYMENT}&securityKey={SECURITY_KEY}").as_bytes()).unwrap();
    check(&format!("{callback:?} {callback:#?} {:?}", callback.claimed()));
    assert!(format!("{callback:?}").contains("[redacted]"));

    start_tracing();
    for body in [
        format!("paymentId={PAYMENT}&securityKey={SECURITY_KEY}&securityKey={SECURITY_KEY}"),
        format!("paymentId={PAYMENT}&securityKey={SECURITY_KEY}%0A"),
        format!("paymentId={PAYMENT}&securityKey={SECURITY_KEY}%20"),
        format!("paymentId={SECURITY_KEY}/&securityKey={SECURITY_KEY}"),
        format!("securityKey={SECURITY_KEY}"),
    ] {
        let err = ThreeDsCallback::parse(body.as_bytes()).unwrap_err();
        assert_eq!(err.to_string(), "the delivery could not be verified");
        check(&format!("{err} {err:?}"));
    }
    let trace = take_trace();
    check(&trace);
    assert!(trace.contains("a form field occurs twice"), "the trace has no reason: {trace}");
}

thread_local! {
    static TRACE: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// Starts to collect the trace of this thread.
///
/// All tests share one subscriber. With one per test, an event that a thread without a subscriber reaches first may never
/// be traced, because `tracing` caches that nobody is interested.
fn start_tracing() {
    static SUBSCRIBER: OnceLock<()> = OnceLock::new();
    SUBSCRIBER.get_or_init(|| {
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(tracing::Level::TRACE)
            .with_span_events(FmtSpan::FULL)
            .with_ansi(false)
            // A time could contain the security code by chance.
            .without_time()
            .with_writer(|| ThreadWriter)
            .finish();
        tracing::subscriber::set_global_default(subscriber).unwrap();
    });
    TRACE.take();
}

fn take_trace() -> String {
    String::from_utf8(TRACE.take()).unwrap()
}

struct ThreadWriter;

impl Write for ThreadWriter {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        TRACE.with_borrow_mut(|trace| trace.extend_from_slice(bytes));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn a_security_key_that_the_provider_quotes_is_redacted() {
    let quoting = format!(r#"{{"message":"the key {SECURITY_KEY} is not valid"}}"#);
    let script = Script::new([Reply::json(400, &quoting)]);
    let client = builder(&script).build().unwrap();
    let posted = format!("paymentId={PAYMENT}&securityKey={SECURITY_KEY}");
    let callback = card3ds::ThreeDsCallback::parse(posted.as_bytes()).unwrap();

    let err = client.complete_3ds(&PAYMENT.parse().unwrap(), &callback).send().await.unwrap_err();

    assert_eq!(err.message(), Some("the key [redacted] is not valid"));
    check(&format!("{err} {err:?} {err:#?}"));
}
