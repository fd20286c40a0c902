use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use payments_core::clock::{Sleep, Timer};
use payments_core::test_util::{ManualClock, Reply};
use payments_core::time::OffsetDateTime;
use payments_core::transport::{Request, Response, Transport, TransportError, async_trait};
use payments_core::{ErrorKind, Outcome, RetryPolicy, Timeouts};

use crate::support::{CallType, Harness, KEYED, error_response, payment_response, poll_once};

const SECOND: Duration = Duration::from_secs(1);

#[tokio::test]
async fn an_attempt_without_a_response_ends_with_an_unknown_outcome_at_its_timeout() {
    for call_type in [CallType::Write, CallType::MoveMoney] {
        let harness = Harness::new([Reply::silence()]);
        let mut call = pin!(harness.send(call_type));
        assert!(poll_once(call.as_mut()).is_pending());
        harness.clock.advance(SECOND * 30 - Duration::from_nanos(1));
        assert!(poll_once(call.as_mut()).is_pending());
        harness.clock.advance(Duration::from_nanos(1));
        let err = call.await.unwrap_err();
        assert_eq!((err.kind(), err.outcome(), err.attempts()), (ErrorKind::Timeout, Outcome::Unknown, 1));
    }
}

#[tokio::test]
async fn a_read_without_a_response_is_retried() {
    let harness = Harness::new([Reply::silence(), payment_response()]);
    let mut call = pin!(harness.send(CallType::Read));
    assert!(poll_once(call.as_mut()).is_pending());
    harness.clock.advance(SECOND * 30);
    call.await.unwrap();
    assert_eq!(harness.request_count(), 2);
}

#[tokio::test]
async fn no_attempt_takes_longer_than_the_call_may() {
    let harness = Harness::new([Reply::not_connected(), Reply::silence()]);
    let mut call = pin!(harness.client.retrieve().timeout(SECOND * 10).send());
    assert!(poll_once(call.as_mut()).is_pending());
    let waited = harness.clock.slept()[0];
    let requests = harness.script.requests();
    assert_eq!(requests[0].timeout(), SECOND * 10);
    assert_eq!(requests[1].timeout(), SECOND * 10 - waited);
    harness.clock.advance(SECOND * 10 - waited);
    // No third attempt, because there is no time left for the wait before it.
    assert_eq!(call.await.unwrap_err().attempts(), 2);
}

#[tokio::test]
async fn a_wait_that_would_end_after_the_deadline_is_not_started() {
    let harness = Harness::new([error_response(429).header("retry-after", "10"), payment_response()]);
    let err = harness.client.retrieve().timeout(SECOND * 10).send().await.unwrap_err();
    assert_eq!((err.kind(), err.attempts()), (ErrorKind::Throttled, 1));
    assert_eq!(harness.clock.slept().len(), 0);
    let harness = Harness::new([error_response(429).header("retry-after", "10"), payment_response()]);
    harness.client.retrieve().timeout(SECOND * 10 + Duration::from_millis(1)).send().await.unwrap();
}

#[tokio::test]
async fn an_attempt_has_the_smaller_of_its_timeout_and_the_calls() {
    let harness =
        Harness::with(&KEYED, None, [payment_response(), payment_response(), payment_response()], |settings| {
            settings.timeouts = Timeouts::default().total(SECOND * 20).attempt(SECOND * 5);
        });
    harness.client.retrieve().send().await.unwrap();
    harness.client.retrieve().attempt_timeout(SECOND * 7).send().await.unwrap();
    harness.client.retrieve().timeout(SECOND * 3).send().await.unwrap();
    let timeouts: Vec<Duration> = harness.script.requests().iter().map(|request| request.timeout()).collect();
    assert_eq!(timeouts, [SECOND * 5, SECOND * 7, SECOND * 3]);
}

/// A timer whose pauses end one second late.
#[derive(Debug)]
struct LateTimer(ManualClock);

impl Timer for LateTimer {
    fn sleep(&self, duration: Duration) -> Sleep {
        self.0.sleep(duration + SECOND)
    }

    fn deadline(&self, duration: Duration) -> Sleep {
        self.0.deadline(duration)
    }
}

#[tokio::test]
async fn nothing_is_sent_after_the_deadline() {
    let harness = Harness::new([Reply::not_connected(), payment_response()]);
    let err = harness.client.pay().timeout(Duration::ZERO).send().await.unwrap_err();
    assert_eq!((err.kind(), err.outcome(), err.attempts()), (ErrorKind::Timeout, Outcome::NotSent, 0));
    assert_eq!(harness.request_count(), 0);

    let clock = harness.clock.clone();
    let late = Harness::with(&KEYED, None, [Reply::not_connected(), Reply::lost()], |settings| {
        settings.clock = Arc::new(clock.clone());
        settings.timer = Some(Arc::new(LateTimer(clock)));
    });
    let err = late.client.pay().timeout(SECOND).send().await.unwrap_err();
    assert_eq!((err.kind(), err.outcome(), err.attempts()), (ErrorKind::Timeout, Outcome::NotSent, 1));
    assert_eq!(late.request_count(), 1);
}

/// A transport that needs 31 seconds to connect.
#[derive(Debug)]
struct SlowConnection {
    clock: ManualClock,
    sent: AtomicBool,
}

#[async_trait]
impl Transport for SlowConnection {
    async fn send(&self, _: Request) -> Result<Response, TransportError> {
        self.clock.deadline(SECOND * 31).await;
        self.sent.store(true, Ordering::Relaxed);
        Err(TransportError::unknown("the connection broke"))
    }
}

#[tokio::test]
async fn a_process_that_was_suspended_while_it_connected_does_not_send_after_the_deadline() {
    let clock = ManualClock::at(OffsetDateTime::UNIX_EPOCH);
    let transport = Arc::new(SlowConnection { clock: clock.clone(), sent: AtomicBool::new(false) });
    let harness = Harness::with(&KEYED, None, [], |settings| {
        settings.clock = Arc::new(clock.clone());
        settings.timer = Some(Arc::new(clock.clone()));
        settings.transport = Some(transport.clone());
    });
    let mut call = pin!(harness.client.pay().send());
    assert!(poll_once(call.as_mut()).is_pending());
    clock.advance(SECOND * 60);
    let err = call.await.unwrap_err();
    assert_eq!((err.kind(), err.outcome(), err.attempts()), (ErrorKind::Timeout, Outcome::Unknown, 1));
    assert!(!transport.sent.load(Ordering::Relaxed));
}

#[tokio::test]
async fn the_longest_durations_do_not_overflow() {
    let endless = Timeouts::default().total(Duration::MAX).attempt(Duration::MAX);
    let policy = RetryPolicy::default().wait(Duration::MAX, Duration::MAX).longest_retry_after(Duration::MAX);
    for call_type in CallType::ALL {
        let harness = Harness::with(
            &KEYED,
            None,
            [error_response(429).header("retry-after", "18446744073709551615")],
            |settings| {
                settings.timeouts = endless;
                settings.retry = policy;
            },
        );
        harness.clock.advance(SECOND);
        // A call under a key must not outlive the key.
        assert_eq!(
            harness.send(call_type).await.unwrap_err().kind() == ErrorKind::InvalidRequest,
            call_type == CallType::Keyed
        );
        let harness =
            Harness::with(&KEYED, None, [payment_response()], |settings| settings.timeouts.attempt = Duration::MAX);
        assert!(harness.send(call_type).await.is_ok());
    }
}
