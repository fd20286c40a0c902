//! Hooks on `PostgreSQL`.

use std::time::Duration;

use payments_journal::store::Delivery;
use payments_journal::{Change, Hook, HookFuture, State, Store as _};
use sqlx::Connection as _;
use sqlx::postgres::PgConnection;
use tokio::sync::Notify;

use super::{connect, run};
use crate::backend::{Backend as _, OnPostgres};
use crate::deliver::{Then, check_failed, create_effects, effect, effect_and, effects, minutes};

async fn with_change(reference: &str) -> Option<OnPostgres> {
    let database = OnPostgres::new().await?;
    create_effects(&database).await;
    let id = database.record(reference).await;
    database.report(id, State::Pending).await;
    Some(database)
}

#[tokio::test]
async fn a_hook_that_hides_the_error_of_a_statement_fails() {
    fn hides<'a>(connection: &'a mut PgConnection, _: &'a Change) -> HookFuture<'a> {
        Box::pin(async move {
            drop(sqlx::raw_sql("SELECT 1 / 0").execute(connection).await);
            Ok(())
        })
    }
    let Some(database) = with_change("order-1").await else { return };

    let delivery = database.store.deliver(&hides, &|_| Duration::ZERO).await.unwrap();

    check_failed(delivery, "a statement of the hook failed, and the hook did not return the error");
    assert!(matches!(database.store.deliver(&effect(&database), &minutes).await.unwrap(), Delivery::Delivered(_)));
}

#[tokio::test]
async fn a_hook_that_ends_the_transaction_and_hides_it_writes_nothing() {
    let Some(database) = with_change("order-1").await else { return };
    for statements in ["COMMIT", "ROLLBACK", "ROLLBACK; BEGIN", "PREPARE TRANSACTION 'mine'"] {
        let hook = Hides(statements);

        let delivery = database.store.deliver(&hook, &|_| Duration::ZERO).await.unwrap();

        check_failed(delivery, "the hook ended the journal's transaction");
        assert!(effects(&database).await.is_empty(), "{statements}");
    }
    assert!(matches!(database.store.deliver(&effect(&database), &minutes).await.unwrap(), Delivery::Delivered(_)));
}

/// Ends the transaction, writes, commits, and reports no error.
struct Hides(&'static str);

impl Hook<PgConnection> for Hides {
    fn apply<'a>(&'a self, connection: &'a mut PgConnection, _: &'a Change) -> HookFuture<'a> {
        Box::pin(async move {
            for statements in [self.0, "INSERT INTO effects (what) VALUES ('after')", "COMMIT"] {
                drop(sqlx::raw_sql(statements).execute(&mut *connection).await);
            }
            Ok(())
        })
    }
}

#[tokio::test]
async fn a_transaction_that_a_hook_begins_with_sqlx_is_part_of_the_journals() {
    fn nests<'a>(connection: &'a mut PgConnection, _: &'a Change) -> HookFuture<'a> {
        Box::pin(async move {
            let mut mine = connection.begin().await?;
            sqlx::raw_sql("INSERT INTO effects (what) VALUES ('undone')").execute(&mut *mine).await?;
            mine.rollback().await?;
            let mut mine = connection.begin().await?;
            sqlx::raw_sql("INSERT INTO effects (what) VALUES ('kept')").execute(&mut *mine).await?;
            mine.commit().await?;
            Ok(())
        })
    }
    let Some(database) = with_change("order-1").await else { return };

    let delivery = database.store.deliver(&nests, &minutes).await.unwrap();

    assert!(matches!(delivery, Delivery::Delivered(_)), "{delivery:?}");
    assert_eq!(effects(&database).await, ["kept"]);
}

#[tokio::test]
async fn a_statement_of_a_hook_that_takes_too_long_is_ended() {
    let Some(database) = with_change("order-1").await else { return };
    // One connection: none is left for another statement.
    let store = database.another().await.hook_timeout(Duration::from_millis(100));

    let delivery = store.deliver(&effect_and(&database, Then::Run("SELECT pg_sleep(3600)")), &minutes).await.unwrap();

    let stuck = check_failed(delivery, "the hook took longer than 100ms");
    assert_eq!(store.stuck_changes(10).await.unwrap(), [stuck]);
    let sleeping =
        "SELECT pid::text FROM pg_stat_activity WHERE query LIKE '%pg_sleep(3600)%' AND pid <> pg_backend_pid()";
    assert_eq!(database.texts(sleeping).await, Vec::<String>::new());
}

/// Waits in the hook until it may go on.
struct Waits<'a> {
    entered: &'a Notify,
    may_end: &'a Notify,
}

impl Hook<PgConnection> for Waits<'_> {
    fn apply<'a>(&'a self, connection: &'a mut PgConnection, change: &'a Change) -> HookFuture<'a> {
        Box::pin(async move {
            self.entered.notify_one();
            self.may_end.notified().await;
            let what = format!("{} {}", change.key.reference, change.to);
            sqlx::query("INSERT INTO effects (what) VALUES ($1)").bind(what).execute(connection).await?;
            Ok(())
        })
    }
}

#[tokio::test]
async fn changes_of_different_intents_are_delivered_at_once_and_those_of_one_intent_in_order() {
    let Some(database) = with_change("order-1").await else { return };
    let first = database.store.find(&crate::support::key("order-1")).await.unwrap().unwrap();
    database.report(first, State::Succeeded).await;
    let second = database.record("order-2").await;
    database.report(second, State::Pending).await;
    let (entered, may_end) = (Notify::new(), Notify::new());
    let waits = Waits { entered: &entered, may_end: &may_end };

    let slow = database.store.deliver(&waits, &minutes);
    let others = async {
        entered.notified().await;
        let other = database.store.deliver(&effect(&database), &minutes).await.unwrap();
        let Delivery::Delivered(change) = other else { panic!("{other:?}") };
        assert_eq!(change.intent, second);
        // The second change of the first intent waits for the first one, whose hook still runs.
        assert_eq!(database.store.deliver(&effect(&database), &minutes).await.unwrap(), Delivery::Nothing);
        may_end.notify_one();
    };
    let (slow, ()) = tokio::join!(slow, others);

    assert!(matches!(slow.unwrap(), Delivery::Delivered(_)));
    assert!(matches!(database.store.deliver(&effect(&database), &minutes).await.unwrap(), Delivery::Delivered(_)));
    assert_eq!(effects(&database).await, ["order-2 pending", "order-1 pending", "order-1 succeeded"]);
}

#[tokio::test]
async fn nobody_commits_a_delivery_but_the_journal() {
    let Some(database) = with_change("order-1").await else { return };
    let mut connection = connect(&database).await;
    run(&mut connection, "BEGIN; UPDATE payments_changes SET delivered_at = 1767322245000").await;

    let error = sqlx::raw_sql("COMMIT").execute(&mut connection).await.unwrap_err();

    assert!(error.to_string().contains("the hook ended the journal's transaction"), "{error}");
    // A server reports an error before it releases the locks.
    while database.store.deliver(&effect(&database), &minutes).await.unwrap() == Delivery::Nothing {}
    assert_eq!(effects(&database).await, ["order-1 pending"]);
}
