//! The tables as they are documented for other libraries.

#[path = "../../examples/schema/page.rs"]
mod page;

use payments_journal::store::Head;
use payments_journal::{IntentId, IntentRow, Store as _};
use payments_journal_sqlx::sqlite::INSERT_INTENT;

use crate::support::{Database, row};

#[test]
fn the_documented_tables_are_those_of_the_migrations() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/journal/schema.md");
    let documented = std::fs::read_to_string(path).unwrap().replace('\r', "");
    assert!(documented == page::page(), "replace docs/journal/schema.md with the output of the command in it");
}

/// What an application binds that uses another library.
fn insert(row: &IntentRow) -> sqlx::query::Query<'static, sqlx::Sqlite, sqlx::sqlite::SqliteArguments> {
    let millis =
        |time: payments_core::time::OffsetDateTime| i64::try_from(time.unix_timestamp_nanos() / 1_000_000).unwrap();
    let row = row.clone();
    sqlx::query(INSERT_INTENT)
        .bind(row.key.account.tenant)
        .bind(row.key.account.provider)
        .bind(row.key.account.name)
        .bind(row.key.operation)
        .bind(row.key.reference)
        .bind(row.amount.map(|amount| amount.minor()))
        .bind(row.amount.map(|amount| amount.currency().to_string()))
        .bind(row.version)
        .bind(row.key_id)
        .bind(row.mac)
        .bind(row.parameters)
        .bind(row.by_ticket)
        .bind(millis(row.recorded_at))
        .bind(row.expires_at.map(millis))
        .bind(row.due_at.map(millis))
        .bind(row.supersedes.map(IntentId::number))
}

#[tokio::test]
async fn the_documented_insert_records_an_intent() {
    let database = Database::new().await;
    let row = row("order-1");

    let id = insert(&row).execute(database.store.pool()).await.unwrap().last_insert_rowid();

    let loaded = database.store.load(IntentId::new(id)).await.unwrap();
    assert_eq!(loaded.head, Head { due_at: row.due_at, ..Head::default() });
    assert_eq!(loaded.row, row);
}

type Mistake = fn(&mut IntentRow);

#[tokio::test]
async fn the_documented_insert_refuses_mistakes() {
    let database = Database::new().await;
    database.record("order-1").await;
    let mistakes: [(&str, Mistake); 5] = [
        ("UNIQUE constraint failed", |row| row.key.reference = "order-1".to_owned()),
        ("length(provider)", |row| row.key.account.provider.clear()),
        ("length(reference)", |row| row.key.reference.clear()),
        ("length(mac)", |row| row.mac.clear()),
        ("FOREIGN KEY", |row| row.supersedes = Some(IntentId::new(1_000))),
    ];
    for (problem, mistake) in mistakes {
        let mut row = row("order-2");
        mistake(&mut row);
        let error = insert(&row).execute(database.store.pool()).await.unwrap_err().to_string();
        assert!(error.contains(problem), "{problem}: {error}");
    }
    for (problem, column) in [
        ("recorded_at", "recorded_at = recorded_at / 1000"),
        ("recorded_at", "recorded_at = recorded_at * 1000"),
        ("cannot store REAL value in INTEGER column payments_intents.amount", "amount = 300.1"),
        ("currency GLOB", "currency = 'inr'"),
        ("payments_intents_amount_has_currency", "currency = NULL"),
        ("payments_intents_lease_is_whole", "lease_until = 1"),
    ] {
        let statement = sqlx::AssertSqlSafe(format!("UPDATE payments_intents SET {column}"));
        let error = sqlx::raw_sql(statement).execute(database.store.pool()).await.unwrap_err().to_string();
        assert!(error.contains(problem), "{column}: {error}");
    }
}
