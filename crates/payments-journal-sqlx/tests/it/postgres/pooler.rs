//! Behind a pooler that assigns a server connection to each transaction.

use payments_journal::store::Delivery;
use payments_journal::{State, Store as _};
use payments_journal_sqlx::PostgresStore;
use sqlx::Connection as _;
use sqlx::postgres::PgPoolOptions;

use crate::backend::{Backend as _, OnPostgres};
use crate::deliver::{create_effects, effect, effects, minutes};
use crate::support::{account, append, claimed, key};

/// As behind a pooler: a named statement of an earlier transaction does not exist any more.
async fn pooled(database: &OnPostgres) -> PostgresStore {
    let pool = PgPoolOptions::new().max_connections(1).before_acquire(|connection, _| {
        Box::pin(async move {
            sqlx::raw_sql("DEALLOCATE ALL").execute(&mut *connection).await?;
            connection.ping().await?;
            Ok(true)
        })
    });
    PostgresStore::new(pool.connect_with(database.options.clone()).await.unwrap())
}

#[tokio::test]
async fn no_named_statement_is_left_in_a_session() {
    let Some(database) = OnPostgres::new().await else { return };
    create_effects(&database).await;
    let id = database.record("order-1").await;
    let named = pooled(&database).await;
    named.load(id).await.unwrap();
    assert!(
        named.load(id).await.unwrap_err().to_string().contains("does not exist"),
        "otherwise the test shows nothing"
    );
    let store = pooled(&database).await.behind_pooler();
    for number in 1..4 {
        store.amend(id, |loaded| (Some(append(loaded, [claimed(number)])), ())).await.unwrap();
        assert_eq!(store.find(&key("order-1")).await.unwrap(), Some(id));
        assert_eq!(store.agenda(&[account()], 10).await.unwrap().due, [id]);
        store.resume(&account()).await.unwrap();
        database.report(id, if number % 2 == 0 { State::Unknown } else { State::Pending }).await;
        assert!(matches!(store.deliver(&effect(&database), &minutes).await.unwrap(), Delivery::Delivered(_)));
        let named: i64 = sqlx::query_scalar("SELECT count(*) FROM pg_prepared_statements")
            .persistent(false)
            .fetch_one(store.pool())
            .await
            .unwrap();
        assert_eq!(named, 0);
    }

    assert_eq!(store.load(id).await.unwrap().evidence.len(), 3);
    assert_eq!(effects(&database).await.len(), 3);
}
