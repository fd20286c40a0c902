//! Card numbers, codes and keys planted everywhere, and every way out read for them.

use std::cell::RefCell;
use std::io::Write;
use std::sync::OnceLock;

use card3ds::{
    ApiKey, ApiSecret, Card, Client, Expiry, InstallmentQuery, NewPayment, NewThreeDsPayment, RetryPolicy,
    ThreeDsCallback,
};
use payments_core::test_util::{Reply, Script};
use tracing_subscriber::fmt::format::FmtSpan;

use crate::support::{
    KEY, PAN, PAYMENT, SECRET, Watching, answer_text, builder, everything_it_says, lira, payment_id, urls,
};

const CODE: &str = "8437";
const SECURITY_KEY: &str = "canary-security-key-55";
const PAGE: &str = "canary-page";

#[track_caller]
fn check(said: &str) {
    // Also with spaces between its groups.
    for canary in [KEY, SECRET, PAN, "5421 1901 2209 0656", CODE, SECURITY_KEY, PAGE] {
        assert!(!said.contains(canary), "{canary} in {said}");
    }
}

/// The name is where some type their number.
fn payment() -> NewPayment {
    let card = Card::new(PAN, PAN.parse().unwrap(), Expiry::new(4, 2028).unwrap(), CODE.parse().unwrap());
    NewPayment::new("ORD-12345".parse().unwrap(), lira("100.50"), card, "192.168.1.1:8080".parse().unwrap())
}

fn query() -> InstallmentQuery {
    InstallmentQuery::new(lira("100.50"), PAN.parse().unwrap())
}

/// Answers that quote what was sent, under statuses of every kind.
fn echoes() -> Vec<Reply> {
    let texts = ["cardHolderName", "pan", "domInt", "cardScheme", "cardType", "loyaltyCode"];
    let more =
        ["externalTransactionId", "authCode", "resultCode", "resultMessage", "customerId", "status", "paymentDate"];
    let quoted = format!("\"{PAN}\"");
    let mut bodies = vec![
        answer_text(&texts.iter().chain(&more).map(|name| (*name, quoted.as_str())).collect::<Vec<_>>()),
        answer_text(&[("resultMessage", "\"card 5421 1901 2209 0656 04/28\""), ("status", "\"FAILED\"")]),
        answer_text(&[("pan", &format!("\"{PAN}9\""))]),
        answer_text(&[("merchantCommission", PAN), ("paymentId", &quoted)]),
        answer_text(&[("orderId", &quoted)]),
        answer_text(&[("amount", &format!("\"pan {PAN}\""))]),
        answer_text(&[("currency", &quoted)]),
        answer_text(&[("installmentCount", &quoted)]),
        answer_text(&[("resultMessage", &format!("{{\"{PAN}\":1}}"))]),
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

/// Makes one call, and gives all that can be printed of it and of what came of it.
async fn said(client: &Client, which: usize) -> String {
    let posted = format!("paymentId={PAYMENT}&securityKey={SECURITY_KEY}");
    let callback = ThreeDsCallback::parse(posted.as_bytes()).unwrap();
    let once = RetryPolicy::none();
    macro_rules! tell {
        ($call:expr) => {{
            let call = $call.retry(once);
            let before = format!("{call:?} {call:#?}");
            match call.send().await {
                Ok(value) => format!("{before} {value:?} {value:#?}"),
                Err(err) => format!("{before} {}", everything_it_says(&err)),
            }
        }};
    }
    match which {
        0 => tell!(client.create_payment(payment())),
        1 => tell!(client.pre_authorize(payment())),
        2 => tell!(client.capture(&payment_id(), lira("100.50"))),
        3 => tell!(client.start_3ds(NewThreeDsPayment::new(payment(), urls()))),
        4 => tell!(client.complete_3ds(&payment_id(), &callback)),
        5 => tell!(client.installment_options(query())),
        _ => tell!(client.checkout_status(&PAYMENT.parse().unwrap())),
    }
}

#[tokio::test]
async fn nothing_private_comes_out_of_anything() {
    listen();
    let watching = Watching::default();
    let (mut calls, mut answered) = (0, 0);
    for which in 0..7 {
        for reply in echoes().into_iter().chain([Reply::lost(), Reply::not_connected(), Reply::cut_off(200)]) {
            let script = Script::new([reply]);
            let client = builder(&script).observer(watching.clone()).build().unwrap();
            let said = said(&client, which).await;
            check(&said);
            check(&format!("{client:?} {client:#?} {script:?} {:?}", script.requests()));
            answered += usize::from(said.contains("payment_id"));
            calls += 1;
        }
    }
    assert!(calls > 1000 && answered > 20, "{calls} calls, {answered} payments");
    check(&watching.text());
    assert!(watching.text().contains("542119******0656"), "the observer is shown the masked number");
    let text = traced();
    check(&text);
    for said in ["card3ds", "create_payment", "outcome=Unknown", "status=500"] {
        assert!(text.contains(said), "{said}");
    }
}

#[test]
fn parameters_print_the_masked_number_and_nothing_more_of_a_card() {
    let start = NewThreeDsPayment::new(payment(), urls());
    let printed = format!("{:?} {:#?} {start:?} {:?}", payment(), payment(), query());
    check(&printed);
    assert!(printed.contains("542119******0656") && !printed.contains("2028"), "{printed}");

    let builder = Client::builder(ApiKey::new(KEY).unwrap(), ApiSecret::new(SECRET).unwrap());
    check(&format!("{builder:?} {:?} {:?}", ApiKey::new(KEY).unwrap(), ApiSecret::new(SECRET).unwrap()));
}

#[test]
fn a_callbacks_key_is_not_printed_and_neither_is_why_one_was_refused() {
    let callback =
        ThreeDsCallback::parse(format!("paymentId={PAYMENT}&securityKey={SECURITY_KEY}").as_bytes()).unwrap();
    check(&format!("{callback:?} {callback:#?} {:?}", callback.claimed()));
    assert!(format!("{callback:?}").contains("[redacted]"));

    listen();
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
    let text = traced();
    check(&text);
    assert!(text.contains("a field stands in the form twice"), "an operator is told why: {text}");
}

thread_local! {
    static TRACED: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// Collects all that reaches `tracing` on this thread from here on.
///
/// One subscriber serves the whole process: where each test has its own, what a thread without one passes by first may
/// never be traced.
fn listen() {
    static SUBSCRIBER: OnceLock<()> = OnceLock::new();
    SUBSCRIBER.get_or_init(|| {
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(tracing::Level::TRACE)
            .with_span_events(FmtSpan::FULL)
            .with_ansi(false)
            // A security code is too short to stand nowhere by chance, least of all in a time.
            .without_time()
            .with_writer(|| ToThisThread)
            .finish();
        tracing::subscriber::set_global_default(subscriber).unwrap();
    });
    TRACED.take();
}

fn traced() -> String {
    String::from_utf8(TRACED.take()).unwrap()
}

struct ToThisThread;

impl Write for ToThisThread {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        TRACED.with_borrow_mut(|traced| traced.extend_from_slice(bytes));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn a_security_key_that_the_provider_quotes_is_not_shown() {
    let quoting = format!(r#"{{"message":"the key {SECURITY_KEY} is not valid"}}"#);
    let script = Script::new([Reply::json(400, &quoting)]);
    let client = builder(&script).build().unwrap();
    let posted = format!("paymentId={PAYMENT}&securityKey={SECURITY_KEY}");
    let callback = card3ds::ThreeDsCallback::parse(posted.as_bytes()).unwrap();

    let err = client.complete_3ds(&PAYMENT.parse().unwrap(), &callback).send().await.unwrap_err();

    assert_eq!(err.message(), Some("the key [redacted] is not valid"));
    check(&format!("{err} {err:?} {err:#?}"));
}
