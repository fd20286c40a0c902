use std::sync::{Arc, Mutex};
use std::time::Duration;

use payments_core::provider::Operation;
use payments_core::request::{Path, RequestBuilder};
use payments_core::test_util::Reply;
use payments_core::{CardNumber, Exchange, Observer, SecurityCode};

use crate::support::{Bench, KEYED, Payment, paid, refused};

#[derive(Debug, Default)]
struct Log(Mutex<Vec<String>>);

impl Observer for Log {
    fn exchange(&self, exchange: &Exchange<'_>) {
        self.0.lock().unwrap().push(format!("{exchange:?} {exchange:#?}"));
    }
}

#[derive(Debug)]
#[expect(dead_code, reason = "it is shown")]
struct NewPayment {
    card: CardNumber,
    code: SecurityCode,
    note: &'static str,
}

fn new_payment() -> NewPayment {
    NewPayment { card: "4012888888881881".parse().unwrap(), code: "737".parse().unwrap(), note: "for-the-log" }
}

#[tokio::test]
async fn every_attempt_is_shown_once_with_parameters_that_redact_themselves() {
    let log = Arc::new(Log::default());
    let replies = [Reply::lost(), refused(429), paid(), refused(402)];
    let bench = Bench::with(&KEYED, None, replies, |settings| settings.observer = Some(Arc::clone(&log) as _));
    for _ in 0..2 {
        let request = Ok(RequestBuilder::get(Path::new("payments")).log_as(new_payment()));
        let _ =
            bench.shop.connection.call(Operation::read("ask"), request, |payment: Payment| Ok(payment)).send().await;
    }
    let seen = log.0.lock().unwrap();
    assert_eq!(seen.len(), 4);
    for (at, (attempt, status)) in
        [(1, "None"), (2, "Some(429)"), (3, "Some(200)"), (1, "Some(402)")].iter().enumerate()
    {
        let shown = &seen[at];
        assert!(shown.contains(&format!("attempt: {attempt}, ")), "{shown}");
        assert!(shown.contains(&format!("status: {status}")), "{shown}");
        assert!(shown.contains("provider: \"acme\", operation: \"ask\""), "{shown}");
        assert!(shown.contains("for-the-log") && shown.contains("401288******1881"), "{shown}");
        assert!(!shown.contains("4012888888881881") && !shown.contains("737\""), "{shown}");
    }
    assert!(seen[2].contains("pay_1"), "{}", seen[2]);
    assert!(seen[3].contains("Declined"), "{}", seen[3]);
}

#[tokio::test]
async fn an_attempt_is_shown_with_how_long_it_took() {
    #[derive(Debug, Default)]
    struct Took(Mutex<Vec<Duration>>);
    impl Observer for Took {
        fn exchange(&self, exchange: &Exchange<'_>) {
            self.0.lock().unwrap().push(exchange.elapsed);
        }
    }
    let took = Arc::new(Took::default());
    let bench =
        Bench::with(&KEYED, None, [Reply::silence()], |settings| settings.observer = Some(Arc::clone(&took) as _));
    let mut call = std::pin::pin!(bench.shop.pay().send());
    assert!(crate::support::poll_once(call.as_mut()).is_pending());
    bench.clock.advance(Duration::from_secs(31));
    call.await.unwrap_err();
    assert_eq!(*took.0.lock().unwrap(), [Duration::from_secs(31)]);
}
