//! A limit that several processes share, on the database's clock.

use std::time::Duration;

use payments_core::clock::{Sleep, Timer};
use payments_core::test_util::{ManualClock, Reply, Script};
use payments_core::{ErrorKind, Outcome, RetryPolicy, Timeouts};
use payments_journal_sqlx::PostgresRateLimit;
use sqlx::AssertSqlSafe;
use sqlx::postgres::PgPool;
use turbopay::Client;

use super::{connect, run, wait_for_waiting};
use crate::backend::{Backend as _, OnPostgres};
use crate::support::now;

const MINUTE: Duration = Duration::from_secs(60);

/// A pause of this timer makes everything in the database older, instead of waiting.
#[derive(Debug, Clone)]
struct Passing {
    clock: ManualClock,
    pool: PgPool,
}

impl Timer for Passing {
    fn sleep(&self, duration: Duration) -> Sleep {
        let (sleep, pool) = (self.clock.sleep(duration), self.pool.clone());
        let millis = duration.as_millis();
        let older = format!("UPDATE payments_rate_limits SET expires_at = expires_at - {millis}");
        Box::pin(async move {
            sleep.await;
            sqlx::raw_sql(AssertSqlSafe(older)).execute(&pool).await.unwrap();
        })
    }

    fn deadline(&self, duration: Duration) -> Sleep {
        self.clock.deadline(duration)
    }
}

/// Three lookups a minute, of the account with this key, in a process of its own whose clock is wrong by an hour.
async fn client(database: &OnPostgres, key: &str, clock: &ManualClock, script: &Script) -> Client {
    let store = database.another().await;
    Client::builder(turbopay::ApiKey::new(key).unwrap())
        .transport(script.clone())
        .clock(ManualClock::at(now() + MINUTE * 60))
        .timer(Passing { clock: clock.clone(), pool: database.store.pool().clone() })
        .retry(RetryPolicy::none())
        .timeouts(Timeouts::default().total(MINUTE * 3).attempt(MINUTE))
        .rate_limit(PostgresRateLimit::new(store, 3, MINUTE))
        .build()
        .unwrap()
}

fn order() -> Reply {
    let order =
        r#"{"order_id":"o-1","merchant_order_id":"order-1","status":"new","reason":"","amount":"500.00","utr":null}"#;
    Reply::json(200, order)
}

/// Looks an order up, and waits until the end of the call is stored. `lost` calls never end.
async fn look_up_beside(client: &Client, database: &OnPostgres, lost: usize) {
    client.lookup(&"order-1".parse().unwrap()).send().await.unwrap();
    wait_for_calls(database, "ended = 0", lost).await;
}

/// Waits until the database has as many calls of this kind: a permit stores the end of its call in the background.
async fn wait_for_calls(database: &OnPostgres, kind: &str, expected: usize) {
    let query = format!("SELECT id::text FROM payments_rate_limits WHERE {kind}");
    while database.texts(&query).await.len() != expected {
        tokio::task::yield_now().await;
    }
}

/// The pauses, each rounded up to 10 seconds: the database's time goes on.
fn slept(clock: &ManualClock) -> Vec<u64> {
    clock.slept().iter().map(|pause| pause.as_secs().div_ceil(10) * 10).collect()
}

#[tokio::test]
async fn a_limit_is_shared_by_all_that_use_the_database() {
    let Some(database) = OnPostgres::new().await else { return };
    let (clock, script) = (ManualClock::at(now()), Script::new((0..6).map(|_| order())));
    let first = client(&database, "key-1", &clock, &script).await;
    let second = client(&database, "key-1", &clock, &script).await;
    let other = client(&database, "key-2", &clock, &script).await;
    for client in [&first, &first, &second, &other] {
        look_up_beside(client, &database, 0).await;
    }
    assert_eq!(slept(&clock), Vec::<u64>::new());

    look_up_beside(&second, &database, 0).await;
    look_up_beside(&first, &database, 0).await;

    assert_eq!(slept(&clock)[..1], [60]);
    assert!(slept(&clock)[1..].iter().all(|pause| *pause <= 10), "{:?}", clock.slept());
}

#[tokio::test]
async fn a_call_is_not_sent_if_its_place_is_free_only_after_its_deadline() {
    let Some(database) = OnPostgres::new().await else { return };
    let (clock, script) = (ManualClock::at(now()), Script::new((0..3).map(|_| order())));
    let client = client(&database, "key-1", &clock, &script).await;
    for _ in 0..3 {
        look_up_beside(&client, &database, 0).await;
    }

    let short = Duration::from_secs(30);
    let error = client.lookup(&"order-1".parse().unwrap()).timeout(short).send().await.unwrap_err();

    assert_eq!((error.kind(), error.outcome(), error.attempts()), (ErrorKind::Throttled, Outcome::NotSent, 0));
    assert!(error.retry_after().unwrap() > short);
}

#[tokio::test]
async fn a_killed_process_costs_its_places_until_its_calls_would_have_ended() {
    let Some(database) = OnPostgres::new().await else { return };
    let silent = Script::new([Reply::silence(), Reply::silence()]);
    let killed = client(&database, "key-1", &ManualClock::at(now()), &silent).await;
    // Its runtime is gone before it can store an end.
    let calls: Vec<_> = (0..2)
        .map(|_| {
            let client = killed.clone();
            tokio::spawn(async move { client.lookup(&"order-1".parse().unwrap()).send().await })
        })
        .collect();
    wait_for_calls(&database, "ended = 0", 2).await;

    let (clock, script) = (ManualClock::at(now()), Script::new((0..7).map(|_| order())));
    let client = client(&database, "key-1", &clock, &script).await;
    // One of three places is free: one call a minute.
    for _ in 0..4 {
        look_up_beside(&client, &database, 2).await;
    }
    assert_eq!(slept(&clock), [60; 3]);
    // The killed calls had three minutes, and count for one more. The database's time went on meanwhile, by less than five seconds.
    clock.advance(Duration::from_secs(55));
    database.advance(Duration::from_secs(55)).await;
    let counted =
        "SELECT id::text FROM payments_rate_limits WHERE ended = 0 AND expires_at > 1000 * extract(epoch FROM now())";
    assert_eq!(database.texts(counted).await.len(), 2);
    database.advance(Duration::from_secs(5)).await;
    for _ in 0..3 {
        look_up_beside(&client, &database, 0).await;
    }
    assert_eq!(slept(&clock)[..3], [60; 3]);
    assert!(slept(&clock)[3..].iter().all(|pause| *pause <= 10), "{:?}", clock.slept());
    drop(calls);
}

#[tokio::test]
async fn calls_that_the_provider_has_counted_elsewhere_count() {
    let Some(database) = OnPostgres::new().await else { return };
    let first = order().header("x-ratelimit-limit", "3").header("x-ratelimit-remaining", "0");
    let (clock, script) = (ManualClock::at(now()), Script::new([first, order()]));
    let client = client(&database, "key-1", &clock, &script).await;
    look_up_beside(&client, &database, 0).await;
    wait_for_calls(&database, "ended = 1", 3).await;

    look_up_beside(&client, &database, 0).await;

    assert_eq!(slept(&clock)[..1], [60]);
}

#[tokio::test]
async fn no_call_is_sent_without_the_database() {
    let Some(database) = OnPostgres::new().await else { return };
    let (clock, script) = (ManualClock::at(now()), Script::new([]));
    let client = client(&database, "key-1", &clock, &script).await;
    database.sql("ALTER TABLE payments_rate_limits RENAME COLUMN credentials TO lost").await.unwrap();

    let call = client.lookup(&"order-1".parse().unwrap()).timeout(Duration::from_millis(400));
    let error = call.send().await.unwrap_err();

    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Throttled, Outcome::NotSent));
    assert!(script.requests().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn calls_that_enter_at_once_do_not_exceed_the_limit() {
    let Some(database) = OnPostgres::new().await else { return };
    // Nobody commits before all have begun.
    let mut holder = connect(&database).await;
    run(&mut holder, "SELECT pg_advisory_lock(42)").await;
    let hold = "CREATE FUNCTION hold() RETURNS TRIGGER LANGUAGE plpgsql AS \
            'BEGIN PERFORM pg_advisory_xact_lock_shared(42); RETURN NULL; END'; \
        CREATE CONSTRAINT TRIGGER hold AFTER INSERT ON payments_rate_limits DEFERRABLE INITIALLY DEFERRED \
            FOR EACH ROW EXECUTE FUNCTION hold()";
    database.sql(hold).await.unwrap();
    let script = Script::new((0..8).map(|_| Reply::silence()));
    let mut calls = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let client = client(&database, "key-1", &ManualClock::at(now()), &script).await;
        calls.spawn(async move { client.lookup(&"order-1".parse().unwrap()).timeout(MINUTE).send().await });
    }
    wait_for_waiting(&database, 8).await;

    run(&mut holder, "SELECT pg_advisory_unlock(42)").await;
    let (mut refused, mut entered) = (0, 0);
    while refused + entered < 8 {
        while let Some(ended) = calls.try_join_next() {
            let error = ended.unwrap().unwrap_err();
            assert_eq!((error.kind(), error.outcome()), (ErrorKind::Throttled, Outcome::NotSent));
            refused += 1;
        }
        entered = database.texts("SELECT id::text FROM payments_rate_limits").await.len();
    }

    assert_eq!((refused, entered), (5, 3));
    while script.requests().len() < 3 {
        tokio::task::yield_now().await;
    }
}
