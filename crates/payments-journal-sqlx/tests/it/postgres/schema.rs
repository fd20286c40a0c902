//! The tables as they are documented for other libraries.

use std::borrow::Cow;

use payments_journal::store::Head;
use payments_journal::{Column, IntentId, IntentRow, Store as _};
use payments_journal_sqlx::postgres::INSERT_INTENT;
use sqlx::Row as _;
use sqlx::postgres::{PgArguments, Postgres};
use sqlx::query::Query;

use crate::backend::{Backend as _, OnPostgres};
use crate::support::{row, write_to_every_table};

/// What an application binds that uses another library.
fn insert(row: &IntentRow) -> Query<'static, Postgres, PgArguments> {
    row.columns().into_iter().fold(sqlx::query(INSERT_INTENT), |query, column| match column {
        Column::Integer(number) => query.bind(number),
        Column::Text(text) => query.bind(text.map(Cow::into_owned)),
        Column::Blob(bytes) => query.bind(bytes.to_vec()),
    })
}

#[tokio::test]
async fn the_documented_insert_records_an_intent() {
    let Some(database) = OnPostgres::new().await else { return };
    let mut first = row("order-1");
    first.by_ticket = true;
    let mut second = row("order-2");
    (second.amount, second.expires_at, second.due_at) = (None, None, None);
    second.supersedes = Some(IntentId::new(1));

    for row in [first, second] {
        insert(&row).execute(database.store.pool()).await.unwrap();

        let id = database.store.find(&row.key).await.unwrap().unwrap();
        let loaded = database.store.load(id).await.unwrap();
        assert_eq!(loaded.head, Head { due_at: row.due_at, ..Head::default() });
        assert_eq!(loaded.row, row);
    }
}

type Mistake = fn(&mut IntentRow);

#[tokio::test]
async fn the_documented_insert_refuses_mistakes() {
    let Some(database) = OnPostgres::new().await else { return };
    database.record("order-1").await;
    let mistakes: [(&str, Mistake); 6] = [
        ("payments_intents_key", |row| row.key.reference = "order-1".to_owned()),
        ("payments_intents_order", |row| {
            (row.key.reference, row.key.operation) = ("order-1".to_owned(), "start_payment".to_owned());
        }),
        ("payments_intents_provider_check", |row| row.key.account.provider.clear()),
        ("payments_intents_reference_check", |row| row.key.reference.clear()),
        ("payments_intents_mac_check", |row| row.mac.clear()),
        ("payments_intents_supersedes_fkey", |row| row.supersedes = Some(IntentId::new(1_000))),
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
        ("currency_check", "currency = 'inr'"),
        ("due_at", "due_at = due_at * 1000"),
        ("invalid input syntax for type json", "status = 'succeeded'"),
        ("payments_intents_amount_has_currency", "currency = NULL"),
        ("payments_intents_lease_is_whole", "lease_until = 1"),
    ] {
        let error = database.sql(&format!("UPDATE payments_intents SET {column}")).await.unwrap_err().to_string();
        assert!(error.contains(problem), "{column}: {error}");
    }
}

#[tokio::test]
async fn the_tables_refuse_what_no_version_could_read() {
    let Some(database) = OnPostgres::new().await else { return };
    let id = database.record("order-1").await;
    write_to_every_table(&database.store, id).await;
    for (table, column) in [
        ("evidence", "at = at * 1000"),
        ("evidence", "fact = 'claimed'"),
        ("changes", "next_try = next_try * 1000"),
        ("changes", "failures = -1"),
        ("changes", "status = 'succeeded'"),
        ("inbox", "operations = 'pay_out'"),
        ("inbox", "operations = '{}'"),
        ("inbox", "report = 'paid'"),
        ("inbox", "received_at = received_at / 1000"),
        ("pauses", "until = until * 1000"),
    ] {
        let error = database.sql(&format!("UPDATE payments_{table} SET {column}")).await.unwrap_err().to_string();
        let is_refused = error.contains("violates check constraint") || error.contains("type json");
        assert!(is_refused, "{column}: {error}");
    }
}

/// Texts are compared by their bytes, so that an upgrade of the operating system breaks no unique index.
#[tokio::test]
async fn no_column_depends_on_the_operating_systems_collation() {
    let Some(database) = OnPostgres::new().await else { return };
    let query = "SELECT table_name || '.' || column_name FROM information_schema.columns \
        WHERE table_name LIKE 'payments\\_%' AND data_type = 'text' AND collation_name IS DISTINCT FROM 'C'";

    assert_eq!(database.texts(query).await, Vec::<String>::new());
}

#[tokio::test]
async fn an_application_with_another_search_path_records_an_intent() {
    let Some(database) = OnPostgres::new().await else { return };
    let mut transaction = database.begin().await;
    OnPostgres::run(&mut transaction, "SET LOCAL search_path = pg_catalog").await.unwrap();
    let statement = INSERT_INTENT.replace("payments_intents", "public.payments_intents");
    let mut bound = row("order-1");
    bound.supersedes = None;
    let query = sqlx::query(sqlx::AssertSqlSafe(statement + " RETURNING id"));
    let query = bound.columns().into_iter().fold(query, |query, column| match column {
        Column::Integer(number) => query.bind(number),
        Column::Text(text) => query.bind(text.map(Cow::into_owned)),
        Column::Blob(bytes) => query.bind(bytes.to_vec()),
    });

    let id: i64 = query.fetch_one(&mut *transaction).await.unwrap().get(0);
    transaction.commit().await.unwrap();

    assert_eq!(database.store.load(IntentId::new(id)).await.unwrap().row, bound);
}
