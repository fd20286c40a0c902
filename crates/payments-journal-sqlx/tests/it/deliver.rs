//! Changes, delivered to a hook in its own transaction.

use std::pin::Pin;
use std::time::Duration;

use payments_core::test_util::ManualClock;
use payments_journal::store::{Delivery, StuckChange};
use payments_journal::{Change, Hook, HookError, State, Store as _};
use payments_journal_sqlx::SqliteStore;
use sqlx::sqlite::SqliteConnection;

use crate::support::{Database, key, now};

type Applied<'a> = Pin<Box<dyn Future<Output = Result<(), HookError>> + Send + 'a>>;

/// Writes the change into the merchant's own table.
fn effect<'a>(connection: &'a mut SqliteConnection, change: &'a Change) -> Applied<'a> {
    Box::pin(async move {
        let query = sqlx::query("INSERT INTO effects VALUES (?1)");
        query.bind(format!("{} {}", change.key.reference, change.to)).execute(connection).await?;
        Ok(())
    })
}

/// Writes the change, then runs these statements.
fn effect_and(statements: &'static str) -> impl Hook<SqliteConnection> {
    struct And(&'static str);
    impl Hook<SqliteConnection> for And {
        fn apply<'a>(&'a self, connection: &'a mut SqliteConnection, change: &'a Change) -> Applied<'a> {
            Box::pin(async move {
                effect(connection, change).await?;
                sqlx::raw_sql(self.0).execute(connection).await?;
                Ok(())
            })
        }
    }
    And(statements)
}

fn broken<'a>(connection: &'a mut SqliteConnection, change: &'a Change) -> Applied<'a> {
    Box::pin(async move {
        effect(connection, change).await?;
        Err("out of paper".into())
    })
}

fn panics<'a>(connection: &'a mut SqliteConnection, change: &'a Change) -> Applied<'a> {
    Box::pin(async move {
        effect(connection, change).await?;
        panic!("no paper")
    })
}

fn hangs<'a>(connection: &'a mut SqliteConnection, change: &'a Change) -> Applied<'a> {
    Box::pin(async move {
        effect(connection, change).await?;
        std::future::pending().await
    })
}

fn minutes(failures: u32) -> Duration {
    Duration::from_secs(60) * failures
}

impl Database {
    async fn with_effects() -> Self {
        let database = Self::new().await;
        sqlx::query("CREATE TABLE effects (what TEXT)").execute(database.store.pool()).await.unwrap();
        database
    }

    async fn effects(&self) -> Vec<String> {
        let query = sqlx::query_scalar("SELECT what FROM effects ORDER BY rowid");
        query.fetch_all(self.store.pool()).await.unwrap()
    }
}

/// Delivers with a hook that must fail, and checks that nothing is left of its effect.
#[track_caller]
fn check_failed(delivery: Delivery, problem: &str) -> StuckChange {
    match delivery {
        Delivery::Failed(stuck) if stuck.problem.contains(problem) => stuck,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_change_is_delivered_once_with_its_effect() {
    let database = Database::with_effects().await;
    let id = database.record("order-1").await;
    database.report(id, State::Pending).await;
    database.report(id, State::Pending).await;

    let Delivery::Delivered(change) = database.store.deliver(&effect, &minutes).await.unwrap() else { panic!() };

    assert_eq!((change.intent, &change.key), (id, &key("order-1")));
    assert_eq!((change.from, change.to), (State::Intended, State::Pending));
    assert_eq!(change.amount.unwrap().minor(), 30_010);
    assert_eq!(database.store.deliver(&effect, &minutes).await.unwrap(), Delivery::Nothing);
    assert_eq!(database.effects().await, ["order-1 pending"]);
}

#[tokio::test]
async fn a_failed_hook_leaves_no_effect_and_runs_again_after_the_backoff() {
    let database = Database::with_effects().await;
    let clock = ManualClock::at(now());
    let store = database.store.clone().clock(clock.clone()).hook_timeout(Duration::from_millis(50));
    let id = database.record("order-1").await;
    database.report(id, State::Pending).await;
    clock.advance(Duration::from_secs(10));
    let mut failures = 0;

    let hooks: [(&dyn Hook<SqliteConnection>, &str); 3] =
        [(&broken, "out of paper"), (&panics, "the hook panicked: no paper"), (&hangs, "longer than 50ms")];
    for (hook, problem) in hooks {
        failures += 1;
        let stuck = check_failed(store.deliver(hook, &minutes).await.unwrap(), problem);
        assert_eq!(stuck.failures, failures);
        assert!(database.effects().await.is_empty());
        assert_eq!(store.stuck_changes(10).await.unwrap(), [stuck]);
        clock.advance(minutes(failures) - Duration::from_millis(1));
        assert_eq!(store.deliver(&effect, &minutes).await.unwrap(), Delivery::Nothing);
        clock.advance(Duration::from_millis(1));
    }

    assert!(matches!(store.deliver(&effect, &minutes).await.unwrap(), Delivery::Delivered(_)));
    assert_eq!(database.effects().await, ["order-1 pending"]);
    assert!(store.stuck_changes(10).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_stuck_change_holds_up_the_changes_of_its_intent_only() {
    let database = Database::with_effects().await;
    let (first, second) = (database.record("order-1").await, database.record("order-2").await);
    for (id, state) in [(first, State::Pending), (first, State::Succeeded), (second, State::Pending)] {
        database.report(id, state).await;
    }
    check_failed(database.store.deliver(&broken, &minutes).await.unwrap(), "out of paper");

    assert!(matches!(database.store.deliver(&effect, &minutes).await.unwrap(), Delivery::Delivered(_)));
    assert_eq!(database.store.deliver(&effect, &minutes).await.unwrap(), Delivery::Nothing);
    assert_eq!(database.effects().await, ["order-2 pending"]);

    let clock = ManualClock::at(now());
    clock.advance(minutes(2));
    let later = database.store.clone().clock(clock);
    while later.deliver(&effect, &minutes).await.unwrap() != Delivery::Nothing {}
    assert_eq!(database.effects().await, ["order-2 pending", "order-1 pending", "order-1 succeeded"]);
}

#[tokio::test]
async fn an_effect_that_cannot_be_committed_holds_up_its_intent_only() {
    let database = Database::with_effects().await;
    let tables = "CREATE TABLE customers (id INTEGER PRIMARY KEY); \
        CREATE TABLE paid (customer INTEGER REFERENCES customers (id) DEFERRABLE INITIALLY DEFERRED)";
    sqlx::raw_sql(tables).execute(database.store.pool()).await.unwrap();
    for reference in ["order-1", "order-2"] {
        let id = database.record(reference).await;
        database.report(id, State::Pending).await;
    }

    let delivery = database.store.deliver(&effect_and("INSERT INTO paid VALUES (77)"), &minutes).await.unwrap();

    let stuck = check_failed(delivery, "FOREIGN KEY constraint failed");
    assert_eq!((&stuck.change.key, stuck.failures), (&key("order-1"), 1));
    assert_eq!(database.store.stuck_changes(10).await.unwrap(), [stuck]);
    assert!(database.effects().await.is_empty());
    assert!(matches!(database.store.deliver(&effect, &minutes).await.unwrap(), Delivery::Delivered(_)));
    assert_eq!(database.store.deliver(&effect, &minutes).await.unwrap(), Delivery::Nothing);
    assert_eq!(database.effects().await, ["order-2 pending"]);
}

#[tokio::test]
async fn a_change_that_cannot_be_read_holds_up_its_intent_only() {
    let database = Database::with_effects().await;
    let (first, second) = (database.record("order-1").await, database.record("order-2").await);
    for (id, state) in [(first, State::Pending), (first, State::Succeeded), (second, State::Pending)] {
        database.report(id, state).await;
    }
    let newer = "UPDATE payments_changes SET to_state = 'newer' WHERE id = 1";
    sqlx::raw_sql(newer).execute(database.store.pool()).await.unwrap();

    let delivery = database.store.deliver(&effect, &minutes).await.unwrap();

    let unreadable = Delivery::Unreadable { intent: first, what: "to_state", problem: "newer".to_owned() };
    assert_eq!(delivery, unreadable);
    assert!(matches!(database.store.deliver(&effect, &minutes).await.unwrap(), Delivery::Delivered(_)));
    assert_eq!(database.store.deliver(&effect, &minutes).await.unwrap(), Delivery::Nothing);
    assert_eq!(database.effects().await, ["order-2 pending"]);
    assert_eq!(database.store.stuck_changes(10).await.unwrap(), []);
}

#[tokio::test]
async fn a_hook_cannot_end_the_journals_transaction() {
    let database = Database::with_effects().await;
    let id = database.record("order-1").await;
    database.report(id, State::Pending).await;

    for (statements, problem) in [
        ("COMMIT", "hook ended"),
        ("COMMIT; INSERT INTO effects VALUES ('after')", "hook ended"),
        ("ROLLBACK", "hook ended"),
        ("ROLLBACK; INSERT INTO effects VALUES ('after')", "hook ended"),
        ("ROLLBACK; BEGIN; INSERT INTO effects VALUES ('after')", "hook ended"),
    ] {
        let delivery = database.store.deliver(&effect_and(statements), &|_| Duration::ZERO).await.unwrap();
        check_failed(delivery, problem);
        assert!(database.effects().await.is_empty(), "{statements}");
    }

    assert!(matches!(database.store.deliver(&effect, &minutes).await.unwrap(), Delivery::Delivered(_)));
    assert_eq!(database.effects().await, ["order-1 pending"]);
}

#[tokio::test]
async fn a_hook_can_use_savepoints() {
    let database = Database::with_effects().await;
    let id = database.record("order-1").await;
    database.report(id, State::Pending).await;
    let statements = "SAVEPOINT mine; INSERT INTO effects VALUES ('undone'); ROLLBACK TO mine; RELEASE mine";

    let delivery = database.store.deliver(&effect_and(statements), &minutes).await.unwrap();

    assert!(matches!(delivery, Delivery::Delivered(_)));
    assert_eq!(database.effects().await, ["order-1 pending"]);
}

#[tokio::test]
async fn a_delivery_that_is_dropped_leaves_nothing() {
    let database = Database::with_effects().await;
    let id = database.record("order-1").await;
    database.report(id, State::Pending).await;

    let delivery = database.store.deliver(&hangs, &minutes);
    assert!(tokio::time::timeout(Duration::from_millis(100), delivery).await.is_err());

    assert!(matches!(database.store.deliver(&effect, &minutes).await.unwrap(), Delivery::Delivered(_)));
    assert_eq!(database.effects().await, ["order-1 pending"]);
}

#[tokio::test]
async fn a_connection_commits_again_after_a_delivery() {
    let database = Database::with_effects().await;
    let pool = sqlx::sqlite::SqlitePoolOptions::new().max_connections(1);
    let store = SqliteStore::new(pool.connect_with(SqliteStore::options(database.path())).await.unwrap());
    let id = database.record("order-1").await;
    database.report(id, State::Pending).await;

    check_failed(store.deliver(&broken, &|_| Duration::ZERO).await.unwrap(), "out of paper");
    assert!(matches!(store.deliver(&effect, &minutes).await.unwrap(), Delivery::Delivered(_)));
    sqlx::query("INSERT INTO effects VALUES ('own')").execute(store.pool()).await.unwrap();

    assert_eq!(database.effects().await, ["order-1 pending", "own"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_workers_deliver_each_change_once() {
    let database = Database::with_effects().await;
    for number in 0..10 {
        let id = database.record(&format!("order-{number}")).await;
        database.report(id, State::Pending).await;
        database.report(id, State::Succeeded).await;
    }
    let mut workers = tokio::task::JoinSet::new();
    for _ in 0..4 {
        let store = SqliteStore::open(database.path()).await.unwrap();
        workers.spawn(async move { while store.deliver(&effect, &minutes).await.unwrap() != Delivery::Nothing {} });
    }
    while let Some(result) = workers.join_next().await {
        result.unwrap();
    }

    let effects = database.effects().await;
    assert_eq!(effects.len(), 20);
    for number in 0..10 {
        let position = |state| effects.iter().position(|effect| *effect == format!("order-{number} {state}")).unwrap();
        assert!(position("pending") < position("succeeded"));
    }
}
