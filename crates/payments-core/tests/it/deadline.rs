use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use payments_core::clock::{Sleep, Timer};
use payments_core::test_util::{ManualClock, Reply};
use payments_core::{ErrorKind, Outcome, RetryPolicy, Timeouts};

use crate::support::{Bench, How, KEYED, paid, poll_once, refused};

const SECOND: Duration = Duration::from_secs(1);

#[tokio::test]
async fn an_attempt_without_an_answer_ends_unknown_when_its_time_is_up() {
    for how in [How::Write, How::Money] {
        let bench = Bench::new([Reply::silence()]);
        let mut call = pin!(bench.send(how));
        assert!(poll_once(call.as_mut()).is_pending());
        bench.clock.advance(SECOND * 30 - Duration::from_nanos(1));
        assert!(poll_once(call.as_mut()).is_pending());
        bench.clock.advance(Duration::from_nanos(1));
        let err = call.await.unwrap_err();
        assert_eq!((err.kind(), err.outcome(), err.attempts()), (ErrorKind::Timeout, Outcome::Unknown, 1));
    }
}

#[tokio::test]
async fn a_read_without_an_answer_is_asked_again() {
    let bench = Bench::new([Reply::silence(), paid()]);
    let mut call = pin!(bench.send(How::Read));
    assert!(poll_once(call.as_mut()).is_pending());
    bench.clock.advance(SECOND * 30);
    call.await.unwrap();
    assert_eq!(bench.sent(), 2);
}

#[tokio::test]
async fn no_attempt_outlasts_the_call() {
    let bench = Bench::new([Reply::not_connected(), Reply::silence()]);
    let mut call = pin!(bench.shop.ask().timeout(SECOND * 10).send());
    assert!(poll_once(call.as_mut()).is_pending());
    let waited = bench.clock.slept()[0];
    let requests = bench.script.requests();
    assert_eq!(requests[0].timeout(), SECOND * 10);
    assert_eq!(requests[1].timeout(), SECOND * 10 - waited);
    bench.clock.advance(SECOND * 10 - waited);
    // No third attempt: there is no time left to wait for one.
    assert_eq!(call.await.unwrap_err().attempts(), 2);
}

#[tokio::test]
async fn a_wait_that_would_outlast_the_call_is_not_begun() {
    let bench = Bench::new([refused(429).header("retry-after", "10"), paid()]);
    let err = bench.shop.ask().timeout(SECOND * 10).send().await.unwrap_err();
    assert_eq!((err.kind(), err.attempts()), (ErrorKind::Throttled, 1));
    assert_eq!(bench.clock.slept().len(), 0);
    let bench = Bench::new([refused(429).header("retry-after", "10"), paid()]);
    bench.shop.ask().timeout(SECOND * 10 + Duration::from_millis(1)).send().await.unwrap();
}

#[tokio::test]
async fn an_attempt_has_the_time_it_is_given() {
    let bench = Bench::with(&KEYED, None, [paid(), paid(), paid()], |settings| {
        settings.timeouts = Timeouts { total: SECOND * 20, attempt: SECOND * 5 };
    });
    bench.shop.ask().send().await.unwrap();
    bench.shop.ask().attempt_timeout(SECOND * 7).send().await.unwrap();
    bench.shop.ask().timeout(SECOND * 3).send().await.unwrap();
    let given: Vec<Duration> = bench.script.requests().iter().map(|request| request.timeout()).collect();
    assert_eq!(given, [SECOND * 5, SECOND * 7, SECOND * 3]);
}

/// Its pauses end late.
#[derive(Debug)]
struct Late(ManualClock);

impl Timer for Late {
    fn sleep(&self, duration: Duration) -> Sleep {
        self.0.sleep(duration + SECOND)
    }

    fn deadline(&self, duration: Duration) -> Sleep {
        self.0.deadline(duration)
    }
}

#[tokio::test]
async fn nothing_is_sent_once_time_is_up() {
    let bench = Bench::new([Reply::not_connected(), paid()]);
    let err = bench.shop.pay().timeout(Duration::ZERO).send().await.unwrap_err();
    assert_eq!((err.kind(), err.outcome(), err.attempts()), (ErrorKind::Timeout, Outcome::NotSent, 0));
    assert_eq!(bench.sent(), 0);

    let clock = bench.clock.clone();
    let late = Bench::with(&KEYED, None, [Reply::not_connected(), Reply::lost()], |settings| {
        settings.clock = Arc::new(clock.clone());
        settings.timer = Some(Arc::new(Late(clock)));
    });
    let err = late.shop.pay().timeout(SECOND).send().await.unwrap_err();
    assert_eq!((err.kind(), err.outcome(), err.attempts()), (ErrorKind::Timeout, Outcome::NotSent, 1));
    assert_eq!(late.sent(), 1);
}

#[tokio::test]
async fn no_duration_is_too_long() {
    let endless = Timeouts { total: Duration::MAX, attempt: Duration::MAX };
    let policy = RetryPolicy::default().wait(Duration::MAX, Duration::MAX).longest_retry_after(Duration::MAX);
    for how in How::ALL {
        let bench =
            Bench::with(&KEYED, None, [refused(429).header("retry-after", "18446744073709551615")], |settings| {
                settings.timeouts = endless;
                settings.retry = policy;
            });
        bench.clock.advance(SECOND);
        // Under a key nothing may outlast the key.
        assert_eq!(bench.send(how).await.unwrap_err().kind() == ErrorKind::InvalidRequest, how == How::Keyed);
        let bench = Bench::with(&KEYED, None, [paid()], |settings| settings.timeouts.attempt = Duration::MAX);
        assert!(bench.send(how).await.is_ok());
    }
}
