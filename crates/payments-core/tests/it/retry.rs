use std::time::Duration;

use payments_core::test_util::Reply;
use payments_core::{ErrorKind, Outcome, RetryPolicy};

use crate::support::{Bench, How, KEYED, UNKEYED, paid, refused};

const HALF: Duration = Duration::from_millis(500);

#[track_caller]
fn check_wait(waited: Duration, whole: Duration) {
    assert!((whole / 2..=whole).contains(&waited), "{waited:?} is not between half of {whole:?} and the whole");
}

#[tokio::test]
async fn a_lost_answer_is_asked_for_again_and_money_is_not_sent_again() {
    for how in How::ALL {
        let bench = Bench::new([Reply::lost(), paid()]);
        let result = bench.send(how).await;
        let again = matches!(how, How::Read | How::Keyed);
        assert_eq!((result.is_ok(), bench.sent()), (again, 1 + usize::from(again)), "{how:?}");
    }
}

#[tokio::test]
async fn what_was_not_sent_is_sent_again_whatever_it_does() {
    for how in How::ALL {
        let bench = Bench::new([Reply::not_connected(), Reply::not_connected(), paid()]);
        assert!(bench.send(how).await.is_ok());
        assert_eq!(bench.sent(), 3);
    }
}

#[tokio::test]
async fn money_without_a_key_is_never_sent_after_an_unknown_attempt() {
    let eager = RetryPolicy::default().extra_attempts(50).wait(Duration::ZERO, Duration::ZERO);
    for how in [How::Write, How::Money] {
        let lost: [fn() -> Reply; 5] =
            [Reply::lost, || Reply::cut_off(200), || refused(500), || Reply::json(200, "{}"), || refused(429)];
        for unknown in lost {
            let replies = [Reply::not_connected(), Reply::not_connected(), unknown(), paid()];
            let bench = Bench::with(&UNKEYED, None, replies, |settings| settings.retry = eager);
            let err = bench.send(how).await.unwrap_err();
            assert_eq!((err.outcome(), err.attempts(), bench.sent()), (Outcome::Unknown, 3, 3));
        }
    }
}

#[tokio::test]
async fn waits_double_from_half_a_second_and_are_spread_over_their_upper_half() {
    let mut firsts = Vec::new();
    for _ in 0..200 {
        let bench = Bench::new([]);
        bench.send(How::Read).await.unwrap_err();
        let slept = bench.clock.slept();
        // Two waits for three attempts: none after the last.
        assert_eq!((slept.len(), bench.sent()), (2, 3));
        check_wait(slept[0], HALF);
        check_wait(slept[1], HALF * 2);
        firsts.push(slept[0]);
    }
    firsts.sort();
    assert!(firsts[0] < Duration::from_millis(300) && firsts[199] > Duration::from_millis(450), "{firsts:?}");
}

#[tokio::test]
async fn waits_without_jitter_are_the_whole_wait_every_time() {
    let exact = RetryPolicy::default().without_jitter();
    let bench = Bench::with(&KEYED, None, [], |settings| settings.retry = exact);
    bench.send(How::Read).await.unwrap_err();
    assert_eq!(bench.clock.slept(), [HALF, HALF * 2]);
}

#[tokio::test]
async fn waits_stop_growing_at_the_longest() {
    let patient = RetryPolicy::default().extra_attempts(40);
    let bench = Bench::with(&KEYED, None, [], |settings| {
        settings.retry = patient;
        settings.timeouts.total = Duration::from_secs(3600);
    });
    let err = bench.send(How::Read).await.unwrap_err();
    assert_eq!(err.attempts(), 41);
    let slept = bench.clock.slept();
    for (at, waited) in slept.iter().enumerate() {
        check_wait(*waited, (HALF * (1 << at.min(5))).min(Duration::from_secs(5)));
    }
    assert_eq!(slept.len(), 40);
}

#[tokio::test]
async fn without_retries_nothing_is_waited_for() {
    let bench = Bench::with(&KEYED, None, [Reply::lost(), paid()], |settings| settings.retry = RetryPolicy::none());
    let err = bench.send(How::Read).await.unwrap_err();
    assert_eq!((err.attempts(), bench.sent(), bench.clock.slept().len()), (1, 1, 0));
    let bench = Bench::new([Reply::lost(), paid()]);
    bench.shop.ask().retry(RetryPolicy::none()).send().await.unwrap_err();
    assert_eq!(bench.sent(), 1);
    let bench = Bench::new([Reply::lost(), Reply::lost(), paid()]);
    bench.shop.ask().retry(RetryPolicy::default().extra_attempts(1)).send().await.unwrap_err();
    assert_eq!(bench.sent(), 2);
}

#[tokio::test]
async fn retry_after_is_waited_for_up_to_the_cap() {
    for (asked, expected) in
        [("7", Some(7)), ("30", Some(30)), (" 3 ", Some(3)), ("31", None), ("18446744073709551615", None)]
    {
        for how in [How::Read, How::Keyed, How::Money] {
            let bench = Bench::with(&KEYED, None, [refused(429).header("retry-after", asked), paid()], |_| {});
            let result = bench.send(how).await;
            assert_eq!(result.is_ok(), expected.is_some(), "{asked}");
            let waited: Vec<Duration> = expected.map(Duration::from_secs).into_iter().collect();
            assert_eq!(bench.clock.slept(), waited, "{asked}");
            if let Err(err) = result {
                assert_eq!((err.kind(), err.outcome()), (ErrorKind::Throttled, Outcome::Refused));
                assert!(err.retry_after().unwrap() > Duration::from_secs(30));
            }
        }
    }
}

#[tokio::test]
async fn a_retry_after_that_says_nothing_leaves_the_ordinary_wait() {
    for odd in ["0", "", "-1", "soon", "1.5", "Wed, 21 Oct 2026 07:28:00 GMT", "99999999999999999999999999"] {
        let bench = Bench::new([refused(503).header("retry-after", odd), paid()]);
        bench.send(How::Read).await.unwrap();
        check_wait(bench.clock.slept()[0], HALF);
    }
}

#[tokio::test]
async fn retry_after_is_heard_whatever_the_answer_looks_like() {
    let html = Reply::new(503, "<html>").header("retry-after", "9");
    let encoded = Reply::new(503, [0x1f, 0x8b]).header("content-encoding", "gzip").header("retry-after", "9");
    for reply in [html, encoded] {
        let bench = Bench::new([reply, paid()]);
        bench.send(How::Read).await.unwrap();
        assert_eq!(bench.clock.slept(), [Duration::from_secs(9)]);
    }
}

#[tokio::test]
async fn a_total_outage_is_not_made_worse() {
    let bench = Bench::new([]);
    for _ in 0..1000 {
        bench.send(How::Read).await.unwrap_err();
    }
    assert_eq!(bench.sent(), 1050);
    // And nothing is waited for that does not happen.
    assert_eq!(bench.clock.slept().len(), 50);
}

#[tokio::test]
async fn ten_successes_earn_one_retry() {
    let bench = Bench::new([]);
    for _ in 0..30 {
        bench.send(How::Read).await.unwrap_err();
    }
    let spent = bench.sent();
    assert_eq!(spent, 30 + 50);
    for _ in 0..9 {
        bench.script.push(paid());
        bench.send(How::Read).await.unwrap();
    }
    bench.send(How::Read).await.unwrap_err();
    assert_eq!(bench.sent(), spent + 10);
    bench.script.push(paid());
    bench.send(How::Read).await.unwrap();
    bench.send(How::Read).await.unwrap_err();
    assert_eq!(bench.sent(), spent + 10 + 1 + 2);
}

#[tokio::test]
async fn successes_earn_no_more_than_the_budget_holds() {
    let bench = Bench::new((0..1000).map(|_| paid()));
    for _ in 0..1000 {
        bench.send(How::Read).await.unwrap();
    }
    for _ in 0..100 {
        bench.send(How::Read).await.unwrap_err();
    }
    assert_eq!(bench.sent(), 1000 + 100 + 50);
    // Not by one: nine more do not earn another.
    for _ in 0..9 {
        bench.script.push(paid());
        bench.send(How::Read).await.unwrap();
    }
    bench.send(How::Read).await.unwrap_err();
    assert_eq!(bench.sent(), 1150 + 9 + 1);
}

#[tokio::test]
async fn a_retry_that_succeeds_costs_nothing() {
    let bench = Bench::new((0..1000).flat_map(|_| [Reply::lost(), paid()]));
    for _ in 0..1000 {
        bench.send(How::Keyed).await.unwrap();
    }
    // And earns nothing beyond what it took.
    for _ in 0..100 {
        bench.send(How::Read).await.unwrap_err();
    }
    assert_eq!(bench.sent(), 2000 + 100 + 50);
}

#[tokio::test]
async fn clones_and_other_credentials_share_one_budget() {
    let bench = Bench::new([]);
    let mut other = bench.clone();
    other.shop.connection = bench.shop.connection.with_credentials(&[("x-api-key", "another")]).unwrap();
    for _ in 0..100 {
        bench.send(How::Read).await.unwrap_err();
        other.send(How::Read).await.unwrap_err();
    }
    assert_eq!(bench.sent(), 200 + 50);
    let last = bench.script.requests().pop().unwrap();
    assert_eq!(last.headers().get("x-api-key").unwrap(), "another");
}
