//! Changes, delivered to a hook in its own transaction.

use std::marker::PhantomData;
use std::time::Duration;

use payments_journal::store::{Delivery, StuckChange};
use payments_journal::{Change, Hook, HookFuture, State, Store as _};

use crate::backend::{Backend, Connection, on_both};
use crate::support::key;

on_both! {
    a_change_is_delivered_once_with_its_effect,
    a_failed_hook_leaves_no_effect_and_runs_again_after_the_backoff,
    a_stuck_change_holds_up_the_changes_of_its_intent_only,
    an_effect_that_cannot_be_committed_holds_up_its_intent_only,
    a_change_that_cannot_be_read_holds_up_its_intent_only,
    a_hook_cannot_end_the_journals_transaction,
    a_hook_can_use_savepoints,
    a_delivery_that_is_dropped_leaves_nothing,
    a_connection_commits_again_after_a_delivery,
    many_workers_deliver_each_change_once,
}

/// Writes the change into the merchant's own table.
pub(crate) struct Effect<B> {
    then: Then,
    backend: PhantomData<fn() -> B>,
}

#[derive(Clone, Copy)]
pub(crate) enum Then {
    Succeed,
    Run(&'static str),
    Fail,
    Panic,
    Hang,
}

impl<B: Backend> Hook<Connection<B>> for Effect<B> {
    fn apply<'a>(&'a self, connection: &'a mut Connection<B>, change: &'a Change) -> HookFuture<'a> {
        Box::pin(async move {
            let effect = format!("INSERT INTO effects (what) VALUES ('{} {}')", change.key.reference, change.to);
            B::run(connection, &effect).await?;
            match self.then {
                Then::Succeed => Ok(()),
                Then::Run(statements) => Ok(B::run(connection, statements).await?),
                Then::Fail => Err("out of paper".into()),
                Then::Panic => panic!("no paper"),
                Then::Hang => std::future::pending().await,
            }
        })
    }
}

pub(crate) fn effect_and<B>(_: &B, then: Then) -> Effect<B> {
    Effect { then, backend: PhantomData }
}

pub(crate) fn effect<B>(database: &B) -> Effect<B> {
    effect_and(database, Then::Succeed)
}

pub(crate) fn minutes(failures: u32) -> Duration {
    Duration::from_secs(60) * failures
}

pub(crate) async fn create_effects(database: &impl Backend) {
    let id = if database.is_sqlite() { "INTEGER PRIMARY KEY" } else { "BIGINT GENERATED ALWAYS AS IDENTITY" };
    database.sql(&format!("CREATE TABLE effects (id {id}, what TEXT)")).await.unwrap();
}

pub(crate) async fn effects(database: &impl Backend) -> Vec<String> {
    database.texts("SELECT what FROM effects ORDER BY id").await
}

/// Delivers with a hook that must fail, and checks that nothing is left of its effect.
#[track_caller]
pub(crate) fn check_failed(delivery: Delivery, problem: &str) -> StuckChange {
    match delivery {
        Delivery::Failed(stuck) if stuck.problem.contains(problem) => stuck,
        other => panic!("{other:?}"),
    }
}

async fn a_change_is_delivered_once_with_its_effect(database: impl Backend) {
    create_effects(&database).await;
    let id = database.record("order-1").await;
    database.report(id, State::Pending).await;
    database.report(id, State::Pending).await;

    let Delivery::Delivered(change) = database.store().deliver(&effect(&database), &minutes).await.unwrap() else {
        panic!()
    };

    assert_eq!((change.intent, &change.key), (id, &key("order-1")));
    assert_eq!((change.from, change.to), (State::Intended, State::Pending));
    assert_eq!(change.amount.unwrap().minor(), 30_010);
    assert_eq!(database.store().deliver(&effect(&database), &minutes).await.unwrap(), Delivery::Nothing);
    assert_eq!(effects(&database).await, ["order-1 pending"]);
}

async fn a_failed_hook_leaves_no_effect_and_runs_again_after_the_backoff<B: Backend>(database: B) {
    create_effects(&database).await;
    let (store, impatient) = (database.store(), database.with_hook_timeout(Duration::from_millis(50)));
    let id = database.record("order-1").await;
    database.report(id, State::Pending).await;
    let mut failures = 0;

    for (then, problem) in
        [(Then::Fail, "out of paper"), (Then::Panic, "the hook panicked: no paper"), (Then::Hang, "longer than 50ms")]
    {
        failures += 1;
        let delivering = if matches!(then, Then::Hang) { &impatient } else { store };
        let stuck = check_failed(delivering.deliver(&effect_and(&database, then), &minutes).await.unwrap(), problem);
        assert_eq!(stuck.failures, failures);
        assert!(effects(&database).await.is_empty());
        assert_eq!(store.stuck_changes(10).await.unwrap(), [stuck]);
        database.advance(minutes(failures) - B::PRECISION).await;
        assert_eq!(store.deliver(&effect(&database), &minutes).await.unwrap(), Delivery::Nothing);
        database.advance(B::PRECISION).await;
    }

    assert!(matches!(store.deliver(&effect(&database), &minutes).await.unwrap(), Delivery::Delivered(_)));
    assert_eq!(effects(&database).await, ["order-1 pending"]);
    assert!(store.stuck_changes(10).await.unwrap().is_empty());
}

async fn a_stuck_change_holds_up_the_changes_of_its_intent_only(database: impl Backend) {
    create_effects(&database).await;
    let (first, second) = (database.record("order-1").await, database.record("order-2").await);
    for (id, state) in [(first, State::Pending), (first, State::Succeeded), (second, State::Pending)] {
        database.report(id, state).await;
    }
    check_failed(database.store().deliver(&effect_and(&database, Then::Fail), &minutes).await.unwrap(), "out of paper");

    assert!(matches!(database.store().deliver(&effect(&database), &minutes).await.unwrap(), Delivery::Delivered(_)));
    assert_eq!(database.store().deliver(&effect(&database), &minutes).await.unwrap(), Delivery::Nothing);
    assert_eq!(effects(&database).await, ["order-2 pending"]);

    database.advance(minutes(2)).await;
    while database.store().deliver(&effect(&database), &minutes).await.unwrap() != Delivery::Nothing {}
    assert_eq!(effects(&database).await, ["order-2 pending", "order-1 pending", "order-1 succeeded"]);
}

async fn an_effect_that_cannot_be_committed_holds_up_its_intent_only<B: Backend>(database: B) {
    create_effects(&database).await;
    let tables = "CREATE TABLE customers (id INTEGER PRIMARY KEY); \
        CREATE TABLE paid (customer INTEGER REFERENCES customers (id) DEFERRABLE INITIALLY DEFERRED)";
    database.sql(tables).await.unwrap();
    for reference in ["order-1", "order-2"] {
        let id = database.record(reference).await;
        database.report(id, State::Pending).await;
    }

    let delivery = database
        .store()
        .deliver(&effect_and(&database, Then::Run("INSERT INTO paid VALUES (77)")), &minutes)
        .await
        .unwrap();

    let stuck = check_failed(delivery, B::FOREIGN_KEY);
    assert_eq!((&stuck.change.key, stuck.failures), (&key("order-1"), 1));
    assert_eq!(database.store().stuck_changes(10).await.unwrap(), [stuck]);
    assert!(effects(&database).await.is_empty());
    assert!(matches!(database.store().deliver(&effect(&database), &minutes).await.unwrap(), Delivery::Delivered(_)));
    assert_eq!(database.store().deliver(&effect(&database), &minutes).await.unwrap(), Delivery::Nothing);
    assert_eq!(effects(&database).await, ["order-2 pending"]);
}

async fn a_change_that_cannot_be_read_holds_up_its_intent_only(database: impl Backend) {
    create_effects(&database).await;
    let (first, second) = (database.record("order-1").await, database.record("order-2").await);
    for (id, state) in [(first, State::Pending), (first, State::Succeeded), (second, State::Pending)] {
        database.report(id, state).await;
    }
    let newer = "UPDATE payments_changes SET to_state = 'newer' WHERE id = 1";
    database.sql(newer).await.unwrap();

    let delivery = database.store().deliver(&effect(&database), &minutes).await.unwrap();

    let unreadable = Delivery::Unreadable { intent: first, what: "to_state", problem: "newer".to_owned() };
    assert_eq!(delivery, unreadable);
    assert!(matches!(database.store().deliver(&effect(&database), &minutes).await.unwrap(), Delivery::Delivered(_)));
    assert_eq!(database.store().deliver(&effect(&database), &minutes).await.unwrap(), Delivery::Nothing);
    assert_eq!(effects(&database).await, ["order-2 pending"]);
    assert_eq!(database.store().stuck_changes(10).await.unwrap(), []);
}

async fn a_hook_cannot_end_the_journals_transaction(database: impl Backend) {
    create_effects(&database).await;
    let id = database.record("order-1").await;
    database.report(id, State::Pending).await;

    for (statements, problem) in [
        ("COMMIT", "hook ended"),
        ("COMMIT; INSERT INTO effects (what) VALUES ('after')", "hook ended"),
        ("ROLLBACK", "hook ended"),
        ("ROLLBACK; INSERT INTO effects (what) VALUES ('after')", "hook ended"),
        ("ROLLBACK; BEGIN; INSERT INTO effects (what) VALUES ('after')", "hook ended"),
    ] {
        let delivery =
            database.store().deliver(&effect_and(&database, Then::Run(statements)), &|_| Duration::ZERO).await.unwrap();
        check_failed(delivery, problem);
        assert!(effects(&database).await.is_empty(), "{statements}");
    }

    assert!(matches!(database.store().deliver(&effect(&database), &minutes).await.unwrap(), Delivery::Delivered(_)));
    assert_eq!(effects(&database).await, ["order-1 pending"]);
}

async fn a_hook_can_use_savepoints(database: impl Backend) {
    create_effects(&database).await;
    let id = database.record("order-1").await;
    database.report(id, State::Pending).await;
    let statements = "SAVEPOINT mine; INSERT INTO effects (what) VALUES ('undone'); ROLLBACK TO mine; RELEASE mine";

    let delivery = database.store().deliver(&effect_and(&database, Then::Run(statements)), &minutes).await.unwrap();

    assert!(matches!(delivery, Delivery::Delivered(_)));
    assert_eq!(effects(&database).await, ["order-1 pending"]);
}

async fn a_delivery_that_is_dropped_leaves_nothing(database: impl Backend) {
    create_effects(&database).await;
    let id = database.record("order-1").await;
    database.report(id, State::Pending).await;

    let hook = effect_and(&database, Then::Hang);
    let delivery = database.store().deliver(&hook, &minutes);
    assert!(tokio::time::timeout(Duration::from_millis(100), delivery).await.is_err());

    // A server needs a moment to notice that the connection is closed.
    let delivery = loop {
        match database.store().deliver(&effect(&database), &minutes).await.unwrap() {
            Delivery::Nothing => tokio::task::yield_now().await,
            delivery => break delivery,
        }
    };
    assert!(matches!(delivery, Delivery::Delivered(_)));
    assert_eq!(effects(&database).await, ["order-1 pending"]);
}

async fn a_connection_commits_again_after_a_delivery<B: Backend>(database: B) {
    create_effects(&database).await;
    let store = database.another().await;
    let id = database.record("order-1").await;
    database.report(id, State::Pending).await;

    check_failed(store.deliver(&effect_and(&database, Then::Fail), &|_| Duration::ZERO).await.unwrap(), "out of paper");
    assert!(matches!(store.deliver(&effect(&database), &minutes).await.unwrap(), Delivery::Delivered(_)));
    B::run_on(&store, "INSERT INTO effects (what) VALUES ('own')").await.unwrap();

    assert_eq!(effects(&database).await, ["order-1 pending", "own"]);
}

async fn many_workers_deliver_each_change_once(database: impl Backend) {
    create_effects(&database).await;
    for number in 0..10 {
        let id = database.record(&format!("order-{number}")).await;
        database.report(id, State::Pending).await;
        database.report(id, State::Succeeded).await;
    }
    let mut workers = tokio::task::JoinSet::new();
    for _ in 0..4 {
        let (store, hook) = (database.another().await, effect(&database));
        workers.spawn(async move { while store.deliver(&hook, &minutes).await.unwrap() != Delivery::Nothing {} });
    }
    while let Some(result) = workers.join_next().await {
        result.unwrap();
    }

    let effects = effects(&database).await;
    assert_eq!(effects.len(), 20);
    for number in 0..10 {
        let position = |state| effects.iter().position(|effect| *effect == format!("order-{number} {state}")).unwrap();
        assert!(position("pending") < position("succeeded"));
    }
}
