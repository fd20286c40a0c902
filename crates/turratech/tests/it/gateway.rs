//! Captures through the common `Capture` trait, which never capture another amount than requested.

use std::time::Duration;

use payments_core::clock::Clock;
use payments_core::test_util::{ManualClock, Reply, Script};
use payments_core::transport::{Request, Response, Transport, TransportError, async_trait};
use payments_core::{Currency, ErrorKind, IdempotencyKey, Mismatch, Money, Outcome};
use turratech::payments_core::gateway::{
    Cancel, CancelRequest, Capture, CaptureRequest, PaymentRequest, Refund, RefundRequest, StartPayment,
};
use turratech::{Client, RetryPolicy, Timeouts};

use crate::support::{KEY, block_on, builder, clock, paid, pounds, scripted};

/// An authorized payment of 20.00 GBP with this `amount_capturable` member, or without one.
fn authorized(amount_capturable: &str) -> Reply {
    Reply::json(200, &paid("pay_1", "requires_capture").replace(r#""amount_capturable":0,"#, amount_capturable))
}

#[test]
fn the_whole_authorized_amount_is_captured() {
    let (client, script) =
        scripted([authorized(r#""amount_capturable":2000,"#), Reply::json(200, &paid("pay_1", "succeeded"))]);
    let captured = block_on(client.capture(&CaptureRequest::new("capture-1", "pay_1", pounds(2000)))).unwrap();
    assert!(captured.status.is_paid());
    assert_eq!((captured.amount, script.requests().len()), (Some(pounds(2000)), 2));
}

#[test]
fn a_payment_that_is_already_captured_is_returned_without_a_second_capture() {
    let already_captured = || scripted([Reply::json(200, &paid("pay_1", "succeeded"))]);
    let (client, script) = already_captured();
    assert!(
        block_on(client.capture(&CaptureRequest::new("capture-1", "pay_1", pounds(2000)))).unwrap().status.is_paid()
    );
    assert_eq!(script.requests().len(), 1, "the payment is retrieved and not captured again");

    let err =
        block_on(already_captured().0.capture(&CaptureRequest::new("capture-1", "pay_1", pounds(1999)))).unwrap_err();
    assert_eq!(err.param(), Some("amount"));
}

#[test]
fn an_amount_other_than_the_whole_authorized_amount_is_rejected() {
    let other = Money::from_minor(2000, Currency::EUR);
    for (capturable, requested) in
        [("2000", pounds(1999)), ("2000", other), ("1500", pounds(2000)), ("0", pounds(2000))]
    {
        let (client, script) = scripted([authorized(&format!(r#""amount_capturable":{capturable},"#))]);
        let err = block_on(client.capture(&CaptureRequest::new("capture-1", "pay_1", requested))).unwrap_err();
        assert_eq!((err.outcome(), err.param()), (Outcome::NotSent, Some("amount")), "{capturable}: {err}");
        assert_eq!(script.requests().len(), 1);
    }
}

#[test]
fn nothing_is_captured_if_the_authorized_amount_is_unknown() {
    for capturable in ["", r#""amount_capturable":null,"#] {
        let (client, script) = scripted([authorized(capturable)]);
        let err = block_on(client.capture(&CaptureRequest::new("capture-1", "pay_1", pounds(2000)))).unwrap_err();
        assert_eq!((err.outcome(), err.kind()), (Outcome::NotSent, ErrorKind::Unsupported), "{err}");
        assert_eq!(script.requests().len(), 1);
    }
}

/// A transport on which every response takes this long.
#[derive(Debug, Clone)]
struct Slow(Script, ManualClock, Duration);

#[async_trait]
impl Transport for Slow {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        self.1.advance(self.2);
        self.0.send(request).await
    }

    fn connect_timeout(&self) -> Duration {
        Duration::from_secs(5)
    }
}

/// A client on which a read takes this long, and a payment of 20.00 GBP to capture.
fn slow(read: Duration, total: Duration) -> (Client, Script, ManualClock) {
    let script =
        Script::new([authorized(r#""amount_capturable":2000,"#), Reply::json(200, &paid("pay_1", "succeeded"))]);
    let clock = clock();
    let builder = builder(KEY, &script, &clock).transport(Slow(script.clone(), clock.clone(), read));
    let timeouts = Timeouts::default().total(total);
    (builder.timeouts(timeouts).retry(RetryPolicy::none()).build().unwrap(), script, clock)
}

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

#[test]
fn one_timeout_covers_the_retrieval_and_the_capture() {
    let request = || CaptureRequest::new("capture-1", "pay_1", pounds(2000));
    for (total, request) in [(seconds(60), request().timeout(seconds(40))), (seconds(40), request())] {
        let (client, script, _) = slow(seconds(25), total);
        block_on(client.capture(&request)).unwrap();
        let timeouts: Vec<Duration> = script.requests().iter().map(|request| request.timeout()).collect();
        assert_eq!(timeouts, [seconds(30), seconds(15)]);
    }
}

#[test]
fn a_capture_is_not_sent_if_the_retrieval_used_up_the_time() {
    // A write also needs the time that connecting may take.
    for read in [seconds(25), seconds(29)] {
        let (client, script, _) = slow(read, seconds(60));
        let request = CaptureRequest::new("capture-1", "pay_1", pounds(2000)).timeout(seconds(30));
        let err = block_on(client.capture(&request)).unwrap_err();
        assert_eq!((err.kind(), err.outcome()), (ErrorKind::Timeout, Outcome::NotSent), "{err}");
        assert_eq!((err.operation(), script.requests().len()), ("capture_payment", 1));
    }
}

#[test]
fn a_failed_retrieval_leaves_a_capture_unknown_if_an_earlier_process_may_have_used_its_key() {
    let failed = || scripted([Reply::json(404, r#"{"error":{"type":"invalid_request_error"}}"#)]).0;
    let request = CaptureRequest::new("capture-1", "pay_1", pounds(2000));
    let err = block_on(failed().capture(&request)).unwrap_err();
    assert_eq!((err.outcome(), err.may_have_moved_money(), err.attempts()), (Outcome::NotSent, false, 0));
    assert!(err.to_string().contains("turratech capture_payment: not found"), "{err}");
    assert!(err.to_string().contains("`retrieve_payment` failed first"), "{err}");

    let err = block_on(failed().capture(&request.clone().created_at(clock().now()))).unwrap_err();
    assert_eq!((err.outcome(), err.may_have_moved_money()), (Outcome::Unknown, true), "{err}");
    let key = IdempotencyKey::derived("capture_payment", "capture-1", clock().now());
    assert_eq!(err.idempotency_key(), Some(&key));

    // The caller knows that nothing was sent under its key.
    let request = request.idempotency_key(key.assume_unused());
    assert_eq!(block_on(failed().capture(&request)).unwrap_err().outcome(), Outcome::NotSent);
}

#[test]
fn a_capture_that_has_too_little_time_fails_at_once() {
    let (client, _, clock) = slow(seconds(25), seconds(60));
    let start = clock.monotonic();
    let request = CaptureRequest::new("capture-1", "pay_1", pounds(2000)).timeout(seconds(30));
    let err = block_on(client.capture(&request)).unwrap_err();
    assert_eq!((err.outcome(), clock.monotonic() - start), (Outcome::NotSent, seconds(25)), "waiting leaves less time");
}

#[test]
fn a_request_that_fails_validation_stays_unknown_if_an_earlier_process_may_have_used_its_key() {
    let (client, script) = scripted([]);
    let used = || IdempotencyKey::new("stored-1", clock().now()).unwrap();
    let payment = |method: &str| PaymentRequest::new("order-1", pounds(2000)).payment_method(method);
    let capture = |id: &str| CaptureRequest::new("capture-1", id, pounds(2000));
    let refund = |id: &str| RefundRequest::new("refund-1", id, pounds(500));
    macro_rules! errors {
        ($method:ident: $($request:expr),*) => {
            [$(
                (block_on(client.$method(&$request)).unwrap_err(), Outcome::NotSent),
                (block_on(client.$method(&$request.created_at(clock().now()))).unwrap_err(), Outcome::Unknown),
                (block_on(client.$method(&$request.idempotency_key(used()))).unwrap_err(), Outcome::Unknown),
                (
                    block_on(client.$method(&$request.idempotency_key(used().assume_unused()))).unwrap_err(),
                    Outcome::NotSent,
                ),
            )*]
        };
    }
    let mut errors = Vec::new();
    errors.extend(
        errors!(start_payment: payment("../x"), PaymentRequest::new("..", pounds(2000)).payment_method("pm_1")),
    );
    errors.extend(errors!(capture: capture("../x"), CaptureRequest::new("..", "pay_1", pounds(2000))));
    errors.extend(errors!(cancel: CancelRequest::new("cancel-1", "../x"), CancelRequest::new("..", "pay_1")));
    errors.extend(errors!(refund: refund("../x"), RefundRequest::new("..", "pay_1", pounds(500))));
    for (index, (err, outcome)) in errors.into_iter().enumerate() {
        assert_eq!((err.kind(), err.outcome()), (ErrorKind::InvalidRequest, outcome), "{index}: {err}");
        assert_eq!(err.idempotency_key().is_some(), index % 4 >= 2, "{index}: {err:?}");
    }
    assert_eq!(script.requests().len(), 0);
}

#[test]
fn a_write_is_sent_under_its_explicit_key_or_under_one_derived_from_its_reference() {
    let created_at = clock().now();
    let own = || IdempotencyKey::new("stored-1", created_at).unwrap();
    let sent_key = |client: &str, explicit: bool| {
        let key = |script: &Script| script.requests().last().unwrap().headers()["idempotency-key"].clone();
        let (gateway, script) =
            scripted([authorized(r#""amount_capturable":2000,"#), Reply::json(200, &paid("pay_1", "succeeded"))]);
        macro_rules! send {
            ($request:expr, $method:ident) => {{
                let request = $request.created_at(created_at);
                let request = if explicit { request.idempotency_key(own()) } else { request };
                let _ = block_on(gateway.$method(&request));
            }};
        }
        match client {
            "create_payment" => send!(PaymentRequest::new("r-1", pounds(2000)).payment_method("pm_1"), start_payment),
            "capture_payment" => send!(CaptureRequest::new("r-1", "pay_1", pounds(2000)), capture),
            "cancel_payment" => send!(CancelRequest::new("r-1", "pay_1"), cancel),
            _ => send!(RefundRequest::new("r-1", "pay_1", pounds(500)), refund),
        }
        key(&script).to_str().unwrap().to_owned()
    };
    for operation in ["create_payment", "capture_payment", "cancel_payment", "create_refund"] {
        assert_eq!(sent_key(operation, true), "stored-1", "{operation}");
        let derived = IdempotencyKey::derived(operation, "r-1", created_at);
        assert_eq!(sent_key(operation, false), derived.value(), "{operation}");
    }
}

#[test]
fn a_captured_amount_that_differs_from_the_requested_one_is_a_mismatch() {
    let captured = paid("pay_1", "succeeded").replace(r#""amount_received":2000"#, r#""amount_received":1999"#);
    let (client, _) = scripted([authorized(r#""amount_capturable":2000,"#), Reply::json(200, &captured)]);
    let state = block_on(client.capture(&CaptureRequest::new("capture-1", "pay_1", pounds(2000)))).unwrap();
    assert!(state.status.is_paid() && !state.is_paid_as_expected());
    assert_eq!(state.mismatch, Some(Mismatch::AmountDiffers { expected: pounds(2000), actual: pounds(1999) }));
}

#[test]
fn a_started_payment_has_the_amount_that_was_received() {
    let start = |received: &str| {
        let response = paid("pay_1", "succeeded").replace(r#""amount_received":2000"#, received);
        let (client, _) = scripted([Reply::json(201, &response.replace("12345\"}", "order-1\"}"))]);
        block_on(client.start_payment(&PaymentRequest::new("order-1", pounds(2000)).payment_method("pm_1")))
    };
    assert_eq!(start(r#""amount_received":1999"#).unwrap().amount, pounds(1999));
    let err = start(r#""amount_received":"19,99""#).unwrap_err();
    assert!(err.idempotency_key().unwrap().may_have_been_used(), "the call can be repeated under its key");
    assert_eq!(
        (err.kind(), err.outcome(), err.object_id()),
        (ErrorKind::MalformedResponse, Outcome::Unknown, Some("pay_1"))
    );
}

#[test]
fn the_clients_own_method_and_the_traits_method_have_different_names() {
    let (client, script) = scripted([Reply::json(200, &paid("pay_1", "succeeded"))]);
    assert!(block_on(client.capture_payment(&"pay_1".parse().unwrap()).send()).unwrap().is_paid());
    assert_eq!(script.requests().len(), 1);
}
