//! A limit that several processes share.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use payments_core::test_util::{ManualClock, Reply, Script};
use payments_core::time::OffsetDateTime;
use payments_core::{ErrorKind, Outcome, RetryPolicy, Timeouts};
use payments_journal_sqlx::{SqliteRateLimit, SqliteStore};
use sqlx::ConnectOptions as _;
use turbopay::Client;

use crate::support::{child, child_database};

const MINUTE: Duration = Duration::from_secs(60);
/// The same in every process.
fn start() -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(1_767_322_245).unwrap()
}

/// Three lookups a minute, of the account with this key.
async fn client(database: &Path, key: &str, clock: &ManualClock, script: &Script) -> Client {
    let store = SqliteStore::open(database).await.unwrap();
    store.migrate().await.unwrap();
    Client::builder(turbopay::ApiKey::new(key).unwrap())
        .transport(script.clone())
        .clock(clock.clone())
        .timer(clock.clone())
        .retry(RetryPolicy::none())
        .timeouts(Timeouts::default().total(MINUTE * 3).attempt(MINUTE))
        .rate_limit(SqliteRateLimit::new(store, 3, MINUTE))
        .build()
        .unwrap()
}

fn order() -> Reply {
    let order =
        r#"{"order_id":"o-1","merchant_order_id":"order-1","status":"new","reason":"","amount":"500.00","utr":null}"#;
    Reply::json(200, order)
}

/// Looks an order up, and waits until the end of the call is stored. `lost` calls never end.
async fn look_up_beside(client: &Client, database: &Path, lost: i64) {
    client.lookup(&"order-1".parse().unwrap()).send().await.unwrap();
    wait_for_calls(database, "NOT ended", lost).await;
}

async fn look_up(client: &Client, database: &Path) {
    look_up_beside(client, database, 0).await;
}

/// Waits until the database has as many calls of this kind: a permit stores the end of its call in the background.
async fn wait_for_calls(database: &Path, kind: &str, expected: i64) {
    let mut connection = SqliteStore::options(database).connect().await.unwrap();
    let statement = format!("SELECT count(*) FROM payments_rate_limits WHERE {kind}");
    let count = || sqlx::query_scalar::<_, i64>(sqlx::AssertSqlSafe(statement.clone()));
    while count().fetch_one(&mut connection).await.unwrap() != expected {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_limit_is_shared_by_all_that_use_the_database() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("journal.db");
    let (clock, script) = (ManualClock::at(start()), Script::new((0..6).map(|_| order())));
    let first = client(&path, "key-1", &clock, &script).await;
    let second = client(&path, "key-1", &clock, &script).await;
    let other = client(&path, "key-2", &clock, &script).await;
    for client in [&first, &first, &second, &other] {
        look_up(client, &path).await;
    }
    assert_eq!(clock.slept(), Vec::<Duration>::new());

    clock.advance(Duration::from_secs(10));
    look_up(&second, &path).await;
    look_up(&first, &path).await;

    assert_eq!(clock.slept(), [Duration::from_secs(50)]);
}

#[tokio::test]
async fn a_call_is_not_sent_if_its_place_is_free_only_after_its_deadline() {
    let directory = tempfile::tempdir().unwrap();
    let (clock, script) = (ManualClock::at(start()), Script::new((0..3).map(|_| order())));
    let path = directory.path().join("journal.db");
    let client = client(&path, "key-1", &clock, &script).await;
    for _ in 0..3 {
        look_up(&client, &path).await;
    }

    let error = client.lookup(&"order-1".parse().unwrap()).timeout(MINUTE).send().await.unwrap_err();

    assert_eq!((error.kind(), error.outcome(), error.attempts()), (ErrorKind::Throttled, Outcome::NotSent, 0));
    assert_eq!((error.retry_after(), clock.slept()), (Some(MINUTE), Vec::new()));
}

#[tokio::test]
async fn a_killed_process_costs_its_places_until_its_calls_would_have_ended() {
    const TEST: &str = "rate_limit::a_killed_process_costs_its_places_until_its_calls_would_have_ended";
    if let Some(path) = child_database() {
        let script = Script::new([Reply::silence(), Reply::silence()]);
        let client = client(&path, "key-1", &ManualClock::at(start()), &script).await;
        for _ in 0..2 {
            let client = client.clone();
            tokio::spawn(async move { client.lookup(&"order-1".parse().unwrap()).send().await });
        }
        while script.requests().len() < 2 {
            tokio::task::yield_now().await;
        }
        std::process::abort();
    }
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("journal.db");
    let mut killed: Command = child(TEST, &path);
    assert!(!killed.stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap().success());

    let (clock, script) = (ManualClock::at(start()), Script::new((0..7).map(|_| order())));
    let client = client(&path, "key-1", &clock, &script).await;
    // One of three places is free: one call a minute.
    for _ in 0..4 {
        look_up_beside(&client, &path, 2).await;
    }
    assert_eq!(clock.slept(), [MINUTE; 3]);
    // The killed calls had three minutes, and count for one more.
    for _ in 0..3 {
        look_up(&client, &path).await;
    }
    assert_eq!(clock.slept(), [MINUTE; 4]);
}

#[tokio::test]
async fn calls_that_the_provider_has_counted_elsewhere_count() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("journal.db");
    let first = order().header("x-ratelimit-limit", "3").header("x-ratelimit-remaining", "0");
    let (clock, script) = (ManualClock::at(start()), Script::new([first, order()]));
    let client = client(&path, "key-1", &clock, &script).await;
    look_up(&client, &path).await;
    wait_for_calls(&path, "ended", 3).await;

    look_up(&client, &path).await;

    assert_eq!(clock.slept(), [MINUTE]);
}

#[tokio::test]
async fn no_call_is_sent_without_the_database() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("journal.db");
    let (clock, script) = (ManualClock::at(start()), Script::new([]));
    let client = client(&path, "key-1", &clock, &script).await;
    let store = SqliteStore::open(&path).await.unwrap();
    sqlx::raw_sql("DROP TABLE payments_rate_limits").execute(store.pool()).await.unwrap();

    let error = client.lookup(&"order-1".parse().unwrap()).send().await.unwrap_err();

    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Throttled, Outcome::NotSent));
    assert!(script.requests().is_empty());
}

#[tokio::test]
async fn a_call_that_ends_late_ends_no_other() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("journal.db");
    let script = Script::new([Reply::silence(), Reply::silence()]);
    // The process of the first call is stopped for so long that the call does not count any more.
    let late = client(&path, "key-1", &ManualClock::at(start()), &script).await;
    let other = client(&path, "key-1", &ManualClock::at(start() + MINUTE * 5), &script).await;
    let call = |client: Client| tokio::spawn(async move { client.lookup(&"order-1".parse().unwrap()).send().await });
    let late = call(late);
    wait_for_calls(&path, "NOT ended", 1).await;
    let other = call(other);
    while script.requests().len() < 2 {
        tokio::task::yield_now().await;
    }

    late.abort();
    // The end of the call is stored in the background.
    tokio::time::sleep(Duration::from_millis(200)).await;

    let mut connection = SqliteStore::options(&path).connect().await.unwrap();
    let ended: Vec<bool> =
        sqlx::query_scalar("SELECT ended FROM payments_rate_limits").fetch_all(&mut connection).await.unwrap();
    assert_eq!(ended, [false]);
    other.abort();
    wait_for_calls(&path, "NOT ended", 0).await;
}
