use std::collections::VecDeque;
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use payments_core::clock::{Clock, Sleep, Timer};
use payments_core::http::{HeaderMap, StatusCode};
use payments_core::test_util::{ManualClock, Reply};
use payments_core::time::OffsetDateTime;
use payments_core::transport::{Request, Response, Transport, TransportError, async_trait};
use payments_core::{
    ErrorKind, Outcome, RateLimit, RateLimitPermit, RateLimitRequest, RateLimited, RateLimiter, RetryPolicy, Settings,
    Timeouts,
};
use proptest::prelude::*;

use crate::support::{Client, Harness, PAYMENT_JSON, UNKEYED, payment_response, poll_once};

const MINUTE: Duration = Duration::from_secs(60);

fn limited_harness(limit: usize, replies: impl IntoIterator<Item = Reply>) -> Harness {
    Harness::with(&UNKEYED, Some(RateLimiter::new(limit, MINUTE)), replies, |settings| {
        settings.timeouts = Timeouts::default().total(MINUTE * 2).attempt(Duration::from_secs(30));
        settings.retry = RetryPolicy::none();
    })
}

#[tokio::test]
async fn sixty_calls_are_sent_at_once_and_the_next_waits_for_the_end_of_the_window() {
    let harness = limited_harness(60, (0..62).map(|_| payment_response()));
    for _ in 0..60 {
        harness.client.retrieve_limited().send().await.unwrap();
    }
    assert_eq!(harness.clock.slept(), [] as [Duration; 0]);
    harness.clock.advance(Duration::from_secs(10));
    harness.client.retrieve_limited().send().await.unwrap();
    assert_eq!(harness.clock.slept(), [Duration::from_secs(50)]);
    assert_eq!(harness.clock.monotonic(), MINUTE);
    harness.client.retrieve_limited().send().await.unwrap();
    assert_eq!(harness.clock.slept().len(), 1);
}

#[tokio::test]
async fn a_call_is_not_sent_if_the_limit_allows_it_only_after_its_deadline() {
    let harness = limited_harness(2, (0..3).map(|_| payment_response()));
    harness.client.retrieve_limited().send().await.unwrap();
    harness.client.retrieve_limited().send().await.unwrap();
    let err = harness.client.retrieve_limited().timeout(MINUTE).send().await.unwrap_err();
    assert_eq!((err.kind(), err.outcome(), err.attempts()), (ErrorKind::Throttled, Outcome::NotSent, 0));
    assert_eq!(err.retry_after(), Some(MINUTE));
    assert_eq!(harness.clock.slept(), [] as [Duration; 0]);
    assert_eq!(harness.request_count(), 2);
    // One millisecond more is enough.
    let call = harness.client.retrieve_limited().timeout(MINUTE + Duration::from_millis(1));
    call.send().await.unwrap();
    assert_eq!(harness.clock.slept(), [MINUTE]);
}

#[tokio::test]
async fn only_limited_operations_wait_for_the_limit() {
    let harness = limited_harness(1, (0..21).map(|_| payment_response()));
    harness.client.retrieve_limited().send().await.unwrap();
    for _ in 0..10 {
        harness.client.retrieve().send().await.unwrap();
        harness.client.pay().send().await.unwrap();
    }
    assert_eq!(harness.clock.slept(), [] as [Duration; 0]);
}

#[tokio::test]
async fn a_limit_of_zero_counts_as_one() {
    let harness = limited_harness(0, [payment_response(), payment_response()]);
    harness.client.retrieve_limited().send().await.unwrap();
    harness.client.retrieve_limited().send().await.unwrap();
    assert_eq!(harness.clock.slept(), [MINUTE]);
}

#[tokio::test]
async fn a_retry_counts_against_the_limit() {
    let harness = Harness::with(
        &UNKEYED,
        Some(RateLimiter::new(1, MINUTE)),
        [Reply::not_connected(), Reply::not_connected(), payment_response()],
        |settings| settings.timeouts.total = MINUTE * 3,
    );
    harness.client.retrieve_limited().send().await.unwrap();
    assert_eq!(harness.clock.monotonic(), MINUTE * 2);
}

#[tokio::test]
async fn a_dropped_call_counts_for_one_window_after_the_drop() {
    let harness = limited_harness(1, [Reply::silence(), payment_response()]);
    let mut dropped = Box::pin(harness.client.retrieve_limited().send());
    assert!(poll_once(dropped.as_mut()).is_pending());
    harness.clock.advance(Duration::from_secs(20));
    drop(dropped);
    harness.client.retrieve_limited().send().await.unwrap();
    assert_eq!(harness.clock.slept(), [MINUTE]);
}

#[tokio::test]
async fn a_call_without_a_response_counts_for_one_window_after_its_timeout() {
    let harness = limited_harness(1, [Reply::silence(), payment_response()]);
    let mut call = pin!(harness.client.retrieve_limited().send());
    assert!(poll_once(call.as_mut()).is_pending());
    harness.clock.advance(Duration::from_secs(30));
    assert_eq!(call.await.unwrap_err().kind(), ErrorKind::Timeout);
    harness.client.retrieve_limited().send().await.unwrap();
    assert_eq!(harness.clock.slept(), [MINUTE]);
}

#[tokio::test]
async fn a_call_that_takes_longer_than_the_window_counts_while_it_is_in_progress() {
    let harness = limited_harness(1, [Reply::silence(), payment_response()]);
    let mut slow = Box::pin(harness.client.retrieve_limited().attempt_timeout(MINUTE * 2).send());
    assert!(poll_once(slow.as_mut()).is_pending());
    harness.clock.advance(MINUTE + Duration::from_secs(10));
    let err = harness.client.retrieve_limited().timeout(MINUTE).send().await.unwrap_err();
    assert_eq!((err.kind(), err.outcome()), (ErrorKind::Throttled, Outcome::NotSent));
    assert_eq!(harness.request_count(), 1);
}

#[tokio::test]
async fn the_providers_remaining_count_is_applied() {
    let none_remaining = || payment_response().header("x-ratelimit-limit", "60").header("x-ratelimit-remaining", "0");
    let harness = limited_harness(60, [none_remaining(), payment_response()]);
    harness.client.retrieve_limited().send().await.unwrap();
    harness.client.retrieve_limited().send().await.unwrap();
    assert_eq!(harness.clock.slept(), [MINUTE]);
}

#[tokio::test]
async fn calls_of_other_clients_with_the_same_key_count() {
    let two_remaining = || payment_response().header("x-ratelimit-remaining", "2");
    let harness = limited_harness(60, std::iter::once(two_remaining()).chain((0..3).map(|_| payment_response())));
    for _ in 0..3 {
        harness.client.retrieve_limited().send().await.unwrap();
    }
    assert_eq!(harness.clock.slept(), [] as [Duration; 0]);
    harness.client.retrieve_limited().send().await.unwrap();
    assert_eq!(harness.clock.slept(), [MINUTE]);
}

#[tokio::test]
async fn a_lower_limit_of_the_provider_is_applied_and_a_higher_one_is_ignored() {
    let lower = limited_harness(60, (0..4).map(|_| payment_response().header("x-ratelimit-limit", "2")));
    for _ in 0..4 {
        lower.client.retrieve_limited().send().await.unwrap();
    }
    assert_eq!(lower.clock.slept(), [MINUTE]);
    let ignored = ["1000", "0", "-1", "1e3", "", "unlimited", "99999999999999999999999"];
    let higher = limited_harness(
        2,
        ignored.map(|text| payment_response().header("x-ratelimit-limit", text).header("x-ratelimit-remaining", "7")),
    );
    for _ in 0..3 {
        higher.client.retrieve_limited().send().await.unwrap();
    }
    assert_eq!(higher.clock.slept(), [MINUTE]);
}

/// A transport that takes a scripted time for each request and counts the request in between.
#[derive(Debug)]
struct SlowTransport {
    clock: ManualClock,
    script: Mutex<VecDeque<ScriptedCall>>,
    counted: Mutex<Vec<Duration>>,
}

/// The timing of one call, in milliseconds.
#[derive(Debug, Clone)]
struct ScriptedCall {
    pause_before: u64,
    until_counted: u64,
    until_response: u64,
    responds: bool,
}

#[async_trait::async_trait]
impl Transport for SlowTransport {
    async fn send(&self, _: Request) -> Result<Response, TransportError> {
        let call = self.script.lock().unwrap().pop_front().unwrap();
        self.clock.advance(Duration::from_millis(call.until_counted));
        self.counted.lock().unwrap().push(self.clock.monotonic());
        self.clock.advance(Duration::from_millis(call.until_response));
        if call.responds {
            Ok(Response::new(StatusCode::OK, HeaderMap::new(), PAYMENT_JSON.into()))
        } else {
            Err(TransportError::unknown("lost"))
        }
    }
}

fn scripted_calls() -> impl Strategy<Value = Vec<ScriptedCall>> {
    let pause = || prop_oneof![4 => Just(0_u64), 3 => 0_u64..2_000, 2 => 0_u64..70_000, 1 => 59_999_u64..60_002];
    let call = (pause(), pause(), pause(), any::<bool>());
    let call = call.prop_map(|(pause_before, until_counted, until_response, responds)| ScriptedCall {
        pause_before,
        until_counted,
        until_response,
        responds,
    });
    prop::collection::vec(call, 1..250)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_provider_never_counts_more_calls_in_a_minute_than_the_limit(calls in scripted_calls(), limit in prop_oneof![Just(60_usize), 1_usize..8]) {
        let clock = ManualClock::at(OffsetDateTime::UNIX_EPOCH);
        let transport = Arc::new(SlowTransport {
            clock: clock.clone(),
            script: Mutex::new(calls.iter().cloned().collect()),
            counted: Mutex::default(),
        });
        let mut settings = Settings::builder()
            .clock(clock.clone())
            .timer(clock.clone())
            .timeouts(Timeouts::default().total(MINUTE * 60).attempt(MINUTE * 30))
            .retry(RetryPolicy::none())
            .build();
        settings.transport = Some(Arc::clone(&transport) as Arc<dyn Transport>);
        let client = Client::new(settings, &UNKEYED, Some(RateLimiter::new(limit, MINUTE)));
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            for call in &calls {
                clock.advance(Duration::from_millis(call.pause_before));
                assert_eq!(client.retrieve_limited().send().await.is_ok(), call.responds);
            }
        });
        let counted = transport.counted.lock().unwrap();
        prop_assert_eq!(counted.len(), calls.len());
        for times in counted.windows(limit + 1) {
            prop_assert!(times[limit] - times[0] >= MINUTE, "{:?}", times);
        }
    }
}

/// A timer whose waits end only when the test moves the clock.
#[derive(Debug)]
struct WaitingTimer(ManualClock);

impl Timer for WaitingTimer {
    fn sleep(&self, duration: Duration) -> Sleep {
        self.0.deadline(duration)
    }
}

#[tokio::test]
async fn waiting_calls_are_sent_in_the_order_of_their_arrival() {
    let clock = ManualClock::at(OffsetDateTime::UNIX_EPOCH);
    let timer = WaitingTimer(clock.clone());
    let harness =
        Harness::with(&UNKEYED, Some(RateLimiter::new(1, MINUTE)), (0..4).map(|_| payment_response()), |settings| {
            settings.clock = Arc::new(clock.clone());
            settings.timer = Some(Arc::new(timer));
            settings.timeouts.total = MINUTE * 10;
        });
    let call = || Box::pin(harness.client.retrieve_limited().send());
    call().await.unwrap();
    let (mut second, mut dropped, mut third) = (call(), call(), call());
    for waiting in [&mut second, &mut dropped, &mut third] {
        assert!(poll_once(waiting.as_mut()).is_pending());
    }
    drop(dropped);
    clock.advance(MINUTE);
    assert!(poll_once(third.as_mut()).is_pending(), "the second call is ahead");
    assert!(poll_once(second.as_mut()).is_ready());
    assert!(poll_once(third.as_mut()).is_pending());
    clock.advance(MINUTE);
    assert!(poll_once(third.as_mut()).is_ready(), "a dropped call leaves the queue");
}

#[tokio::test]
async fn the_limit_recovers_when_the_providers_header_does() {
    let limits = ["1", "60", "600", "60", "60", "60"];
    let harness = limited_harness(4, limits.map(|limit| payment_response().header("x-ratelimit-limit", limit)));
    harness.client.retrieve_limited().send().await.unwrap();
    harness.client.retrieve_limited().send().await.unwrap();
    assert_eq!(harness.clock.slept(), [MINUTE], "the provider allowed one call");
    for _ in 0..3 {
        harness.client.retrieve_limited().send().await.unwrap();
    }
    assert_eq!(harness.clock.slept(), [MINUTE], "and then the documented number");
    harness.client.retrieve_limited().send().await.unwrap();
    assert_eq!(harness.clock.slept(), [MINUTE, MINUTE], "but never more");
}

#[tokio::test]
async fn each_account_has_its_own_limit() {
    let harness = limited_harness(1, (0..3).map(|_| payment_response()));
    let mut other = harness.client.clone();
    other.connection = harness.client.connection.with_credentials(&[("x-api-key", "another")]).unwrap();
    harness.client.retrieve_limited().send().await.unwrap();
    other.retrieve_limited().send().await.unwrap();
    assert_eq!(harness.clock.slept(), [] as [Duration; 0]);
    harness.client.clone().retrieve_limited().send().await.unwrap();
    assert_eq!(harness.clock.slept(), [MINUTE]);
}

#[tokio::test]
async fn a_shared_limit_replaces_the_one_of_the_process() {
    #[derive(Debug, Default)]
    struct Shared(Mutex<Vec<String>>);
    #[derive(Debug)]
    struct SharedPermit;
    impl RateLimitPermit for SharedPermit {
        fn observe(&mut self, _: Option<usize>, _: Option<usize>) {}
    }
    #[async_trait]
    impl RateLimit for Shared {
        async fn enter(&self, request: RateLimitRequest) -> Result<Box<dyn RateLimitPermit>, RateLimited> {
            let mut accounts = self.0.lock().unwrap();
            accounts.push(request.account.as_str().to_owned());
            if accounts.len() == 1 { Ok(Box::new(SharedPermit)) } else { Err(RateLimited::new(MINUTE)) }
        }
    }
    let shared = Arc::new(Shared::default());
    let harness = Harness::with(&UNKEYED, Some(RateLimiter::new(60, MINUTE)), [payment_response()], |settings| {
        settings.rate_limit = Some(Arc::clone(&shared) as _)
    });
    harness.client.retrieve_limited().send().await.unwrap();
    let err = harness.client.retrieve_limited().retry(RetryPolicy::none()).send().await.unwrap_err();
    assert_eq!((err.kind(), err.outcome(), err.retry_after()), (ErrorKind::Throttled, Outcome::NotSent, Some(MINUTE)));
    let accounts = shared.0.lock().unwrap();
    assert_eq!(accounts[0], accounts[1]);
    assert!(accounts[0].len() == 64 && !accounts[0].contains(crate::support::API_KEY));
}
