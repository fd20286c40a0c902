use std::collections::VecDeque;
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use payments_core::clock::Clock;
use payments_core::http::{HeaderMap, StatusCode};
use payments_core::test_util::{ManualClock, Reply};
use payments_core::time::OffsetDateTime;
use payments_core::transport::{Request, Response, Transport, TransportError};
use payments_core::{ErrorKind, Outcome, RateLimiter, RetryPolicy, Settings, Timeouts};
use proptest::prelude::*;

use crate::support::{Client, Harness, PAYMENT_JSON, UNKEYED, payment_response, poll_once};

const MINUTE: Duration = Duration::from_secs(60);

fn harness(limit: usize, replies: impl IntoIterator<Item = Reply>) -> Harness {
    Harness::with(&UNKEYED, Some(RateLimiter::new(limit, MINUTE)), replies, |settings| {
        settings.timeouts = Timeouts { total: MINUTE * 2, attempt: Duration::from_secs(30) };
        settings.retry = RetryPolicy::none();
    })
}

#[tokio::test]
async fn sixty_calls_go_at_once_and_the_next_waits_until_the_first_is_a_minute_old() {
    let harness = harness(60, (0..62).map(|_| payment_response()));
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
async fn what_the_limit_leaves_no_time_for_is_not_sent() {
    let harness = harness(2, (0..3).map(|_| payment_response()));
    harness.client.retrieve_limited().send().await.unwrap();
    harness.client.retrieve_limited().send().await.unwrap();
    let err = harness.client.retrieve_limited().timeout(MINUTE).send().await.unwrap_err();
    assert_eq!((err.kind(), err.outcome(), err.attempts()), (ErrorKind::Throttled, Outcome::NotSent, 0));
    assert_eq!(err.retry_after(), Some(MINUTE));
    assert_eq!(harness.clock.slept(), [] as [Duration; 0]);
    assert_eq!(harness.request_count(), 2);
    // A moment more is enough.
    let call = harness.client.retrieve_limited().timeout(MINUTE + Duration::from_millis(1));
    call.send().await.unwrap();
    assert_eq!(harness.clock.slept(), [MINUTE]);
}

#[tokio::test]
async fn only_what_counts_against_the_limit_waits_for_it() {
    let harness = harness(1, (0..21).map(|_| payment_response()));
    harness.client.retrieve_limited().send().await.unwrap();
    for _ in 0..10 {
        harness.client.retrieve().send().await.unwrap();
        harness.client.pay().send().await.unwrap();
    }
    assert_eq!(harness.clock.slept(), [] as [Duration; 0]);
}

#[tokio::test]
async fn a_limit_of_none_at_all_is_one() {
    let harness = harness(0, [payment_response(), payment_response()]);
    harness.client.retrieve_limited().send().await.unwrap();
    harness.client.retrieve_limited().send().await.unwrap();
    assert_eq!(harness.clock.slept(), [MINUTE]);
}

#[tokio::test]
async fn a_retry_counts_as_well() {
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
async fn a_call_that_is_given_up_counts_from_then_on() {
    let harness = harness(1, [Reply::silence(), payment_response()]);
    let mut dropped = Box::pin(harness.client.retrieve_limited().send());
    assert!(poll_once(dropped.as_mut()).is_pending());
    harness.clock.advance(Duration::from_secs(20));
    drop(dropped);
    harness.client.retrieve_limited().send().await.unwrap();
    assert_eq!(harness.clock.slept(), [MINUTE]);
}

#[tokio::test]
async fn a_call_that_gets_no_answer_counts_from_when_it_ended() {
    let harness = harness(1, [Reply::silence(), payment_response()]);
    let mut call = pin!(harness.client.retrieve_limited().send());
    assert!(poll_once(call.as_mut()).is_pending());
    harness.clock.advance(Duration::from_secs(30));
    assert_eq!(call.await.unwrap_err().kind(), ErrorKind::Timeout);
    harness.client.retrieve_limited().send().await.unwrap();
    assert_eq!(harness.clock.slept(), [MINUTE]);
}

#[tokio::test]
async fn a_call_that_takes_longer_than_the_window_still_counts_while_it_is_under_way() {
    let harness = harness(1, [Reply::silence(), payment_response()]);
    let mut slow = Box::pin(harness.client.retrieve_limited().attempt_timeout(MINUTE * 2).send());
    assert!(poll_once(slow.as_mut()).is_pending());
    harness.clock.advance(MINUTE + Duration::from_secs(10));
    let err = harness.client.retrieve_limited().timeout(MINUTE).send().await.unwrap_err();
    assert_eq!((err.kind(), err.outcome()), (ErrorKind::Throttled, Outcome::NotSent));
    assert_eq!(harness.request_count(), 1);
}

#[tokio::test]
async fn what_the_provider_says_is_left_is_believed() {
    let none_left = || payment_response().header("x-ratelimit-limit", "60").header("x-ratelimit-remaining", "0");
    let harness = harness(60, [none_left(), payment_response()]);
    harness.client.retrieve_limited().send().await.unwrap();
    harness.client.retrieve_limited().send().await.unwrap();
    assert_eq!(harness.clock.slept(), [MINUTE]);
}

#[tokio::test]
async fn others_who_use_the_same_key_take_their_share() {
    let two_left = || payment_response().header("x-ratelimit-remaining", "2");
    let harness = harness(60, std::iter::once(two_left()).chain((0..3).map(|_| payment_response())));
    for _ in 0..3 {
        harness.client.retrieve_limited().send().await.unwrap();
    }
    assert_eq!(harness.clock.slept(), [] as [Duration; 0]);
    harness.client.retrieve_limited().send().await.unwrap();
    assert_eq!(harness.clock.slept(), [MINUTE]);
}

#[tokio::test]
async fn a_lower_limit_is_kept_and_a_higher_one_is_not_believed() {
    let lower = harness(60, (0..4).map(|_| payment_response().header("x-ratelimit-limit", "2")));
    for _ in 0..4 {
        lower.client.retrieve_limited().send().await.unwrap();
    }
    assert_eq!(lower.clock.slept(), [MINUTE]);
    let odd = ["1000", "0", "-1", "1e3", "", "unlimited", "99999999999999999999999"];
    let higher = harness(
        2,
        odd.map(|text| payment_response().header("x-ratelimit-limit", text).header("x-ratelimit-remaining", "7")),
    );
    for _ in 0..3 {
        higher.client.retrieve_limited().send().await.unwrap();
    }
    assert_eq!(higher.clock.slept(), [MINUTE]);
}

/// Takes its time over each request, and counts it somewhere in between.
#[derive(Debug)]
struct Slow {
    clock: ManualClock,
    script: Mutex<VecDeque<Turn>>,
    counted: Mutex<Vec<Duration>>,
}

#[derive(Debug, Clone)]
struct Turn {
    before: u64,
    way_there: u64,
    way_back: u64,
    answered: bool,
}

#[async_trait::async_trait]
impl Transport for Slow {
    async fn send(&self, _: Request) -> Result<Response, TransportError> {
        let turn = self.script.lock().unwrap().pop_front().unwrap();
        self.clock.advance(Duration::from_millis(turn.way_there));
        self.counted.lock().unwrap().push(self.clock.monotonic());
        self.clock.advance(Duration::from_millis(turn.way_back));
        if turn.answered {
            Ok(Response::new(StatusCode::OK, HeaderMap::new(), PAYMENT_JSON.into()))
        } else {
            Err(TransportError::unknown("lost"))
        }
    }
}

fn turns() -> impl Strategy<Value = Vec<Turn>> {
    let pause = || prop_oneof![4 => Just(0_u64), 3 => 0_u64..2_000, 2 => 0_u64..70_000, 1 => 59_999_u64..60_002];
    let turn = (pause(), pause(), pause(), any::<bool>());
    let turn = turn.prop_map(|(before, way_there, way_back, answered)| Turn { before, way_there, way_back, answered });
    prop::collection::vec(turn, 1..250)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn in_no_minute_does_the_provider_count_more_than_the_limit(turns in turns(), limit in prop_oneof![Just(60_usize), 1_usize..8]) {
        let clock = ManualClock::at(OffsetDateTime::UNIX_EPOCH);
        let slow = Arc::new(Slow {
            clock: clock.clone(),
            script: Mutex::new(turns.iter().cloned().collect()),
            counted: Mutex::default(),
        });
        let settings = Settings {
            transport: Some(Arc::clone(&slow) as Arc<dyn Transport>),
            clock: Arc::new(clock.clone()),
            timer: Some(Arc::new(clock.clone())),
            timeouts: Timeouts { total: MINUTE * 60, attempt: MINUTE * 30 },
            retry: RetryPolicy::none(),
            ..Settings::default()
        };
        let client = Client::new(settings, &UNKEYED, Some(RateLimiter::new(limit, MINUTE)));
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            for turn in &turns {
                clock.advance(Duration::from_millis(turn.before));
                assert_eq!(client.retrieve_limited().send().await.is_ok(), turn.answered);
            }
        });
        let counted = slow.counted.lock().unwrap();
        prop_assert_eq!(counted.len(), turns.len());
        for rows in counted.windows(limit + 1) {
            prop_assert!(rows[limit] - rows[0] >= MINUTE, "{:?}", rows);
        }
    }
}
