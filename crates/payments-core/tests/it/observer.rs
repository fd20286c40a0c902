use std::sync::{Arc, Mutex};
use std::time::Duration;

use payments_core::provider::Operation;
use payments_core::request::{Path, RequestBuilder};
use payments_core::test_util::Reply;
use payments_core::{CardNumber, Exchange, Observer, SecurityCode};

use crate::support::{Harness, KEYED, Payment, error_response, payment_response, value};

#[derive(Debug, Default)]
struct Log(Mutex<Vec<String>>);

impl Observer for Log {
    fn exchange(&self, exchange: &Exchange<'_>) {
        self.0.lock().unwrap().push(format!("{exchange:?} {exchange:#?}"));
    }
}

#[derive(Debug)]
#[expect(dead_code, reason = "only printed")]
struct NewPayment {
    card: CardNumber,
    code: SecurityCode,
    note: &'static str,
}

fn new_payment() -> NewPayment {
    NewPayment { card: "4012888888881881".parse().unwrap(), code: "737".parse().unwrap(), note: "for-the-log" }
}

#[tokio::test]
async fn every_attempt_is_observed_once_with_redacted_parameters() {
    let log = Arc::new(Log::default());
    let replies = [Reply::lost(), error_response(429), payment_response(), error_response(402)];
    let harness = Harness::with(&KEYED, None, replies, |settings| settings.observer = Some(Arc::clone(&log) as _));
    for _ in 0..2 {
        let request = Ok(RequestBuilder::get(Path::new("payments")).log_as(new_payment()));
        let _ = harness.client.connection.call(Operation::read("retrieve"), request, value::<Payment>).send().await;
    }
    let lines = log.0.lock().unwrap();
    assert_eq!(lines.len(), 4);
    for (index, (attempt, status)) in
        [(1, "None"), (2, "Some(429)"), (3, "Some(200)"), (1, "Some(402)")].iter().enumerate()
    {
        let line = &lines[index];
        assert!(line.contains(&format!("attempt: {attempt}, ")), "{line}");
        assert!(line.contains(&format!("status: {status}")), "{line}");
        assert!(line.contains("provider: \"acme\", operation: \"retrieve\""), "{line}");
        assert!(line.contains("for-the-log") && line.contains("401288******1881"), "{line}");
        assert!(!line.contains("4012888888881881") && !line.contains("737\""), "{line}");
    }
    assert!(lines[2].contains("pay_1"), "{}", lines[2]);
    assert!(lines[3].contains("Declined"), "{}", lines[3]);
}

#[tokio::test]
async fn an_observed_attempt_has_its_duration() {
    #[derive(Debug, Default)]
    struct Durations(Mutex<Vec<Duration>>);
    impl Observer for Durations {
        fn exchange(&self, exchange: &Exchange<'_>) {
            self.0.lock().unwrap().push(exchange.elapsed);
        }
    }
    let durations = Arc::new(Durations::default());
    let harness = Harness::with(&KEYED, None, [Reply::silence()], |settings| {
        settings.observer = Some(Arc::clone(&durations) as _)
    });
    let mut call = std::pin::pin!(harness.client.pay().send());
    assert!(crate::support::poll_once(call.as_mut()).is_pending());
    harness.clock.advance(Duration::from_secs(31));
    call.await.unwrap_err();
    assert_eq!(*durations.0.lock().unwrap(), [Duration::from_secs(31)]);
}

#[tokio::test]
async fn a_dropped_call_is_observed_as_cancelled_with_an_unknown_outcome() {
    let log = Arc::new(Log::default());
    let harness = Harness::with(&KEYED, None, [Reply::silence(), Reply::silence()], |settings| {
        settings.observer = Some(Arc::clone(&log) as _)
    });
    drop(harness.client.pay().send());
    assert_eq!(log.0.lock().unwrap().len(), 0, "nothing was sent yet");
    let mut call = Box::pin(harness.client.pay().send());
    assert!(crate::support::poll_once(call.as_mut()).is_pending());
    harness.clock.advance(Duration::from_secs(2));
    drop(call);
    let lines = log.0.lock().unwrap();
    assert_eq!(lines.len(), 1);
    for expected in ["kind: Cancelled, outcome: Unknown", "elapsed: 2s", "attempt: 1", "acme pay: cancelled"] {
        assert!(lines[0].contains(expected), "{expected}: {}", lines[0]);
    }
}

#[tokio::test]
async fn a_panic_of_the_observer_loses_no_result() {
    #[derive(Debug)]
    struct Panicking;
    impl Observer for Panicking {
        fn exchange(&self, _: &Exchange<'_>) {
            panic!("the log is full");
        }
    }
    let harness = Harness::with(&KEYED, None, [payment_response(), error_response(402)], |settings| {
        settings.observer = Some(Arc::new(Panicking))
    });
    assert_eq!(harness.client.pay().send().await.unwrap().id, "pay_1");
    assert_eq!(harness.client.pay().send().await.unwrap_err().outcome(), payments_core::Outcome::Refused);
}
