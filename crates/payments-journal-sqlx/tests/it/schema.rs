//! The tables as they are documented for other libraries.

#[path = "../../examples/schema/page.rs"]
mod page;

use std::borrow::Cow;

use payments_core::time::ext::NumericalDuration as _;
use payments_journal::store::{Amendment, Head, Loaded, Pause};
use payments_journal::{Column, IntentId, IntentRow, Store as _};
use payments_journal_sqlx::sqlite::INSERT_INTENT;

use crate::support::{Database, account, append, claimed, now, row, write_to_every_table};

#[test]
fn the_documented_tables_are_those_of_the_migrations() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/journal/schema.md");
    let documented = std::fs::read_to_string(path).unwrap().replace('\r', "");
    assert!(documented == page::page(), "replace docs/journal/schema.md with the output of the command in it");
}

#[test]
fn both_databases_have_the_same_tables_and_columns() {
    let sqlite = page::tables(payments_journal_sqlx::sqlite::MIGRATIONS);
    let postgres = page::tables(payments_journal_sqlx::postgres::MIGRATIONS);
    for (sqlite, postgres) in sqlite.lines().zip(postgres.lines()) {
        assert_eq!(sqlite, postgres);
    }
    assert_eq!(sqlite.len(), postgres.len());
}

/// What an application binds that uses another library.
fn insert(row: &IntentRow) -> sqlx::query::Query<'static, sqlx::Sqlite, sqlx::sqlite::SqliteArguments> {
    row.columns().into_iter().fold(sqlx::query(INSERT_INTENT), |query, column| match column {
        Column::Integer(number) => query.bind(number),
        Column::Text(text) => query.bind(text.map(Cow::into_owned)),
        Column::Blob(bytes) => query.bind(bytes.to_vec()),
    })
}

#[tokio::test]
async fn the_documented_insert_records_an_intent() {
    let database = Database::new().await;
    let mut first = row("order-1");
    first.by_ticket = true;
    let mut second = row("order-2");
    (second.amount, second.expires_at, second.due_at) = (None, None, None);
    second.supersedes = Some(IntentId::new(1));

    for row in [first, second] {
        let id = insert(&row).execute(database.store.pool()).await.unwrap().last_insert_rowid();

        let loaded = database.store.load(IntentId::new(id)).await.unwrap();
        assert_eq!(loaded.head, Head { due_at: row.due_at, ..Head::default() });
        assert_eq!(loaded.row, row);
    }
}

type Mistake = fn(&mut IntentRow);

#[tokio::test]
async fn the_documented_insert_refuses_mistakes() {
    let database = Database::new().await;
    database.record("order-1").await;
    let mistakes: [(&str, Mistake); 6] = [
        ("UNIQUE constraint failed", |row| row.key.reference = "order-1".to_owned()),
        ("UNIQUE constraint failed", |row| {
            (row.key.reference, row.key.operation) = ("order-1".to_owned(), "start_payment".to_owned());
        }),
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
        ("due_at", "due_at = due_at * 1000"),
        ("json_valid(status)", "status = 'succeeded'"),
        ("payments_intents_amount_has_currency", "currency = NULL"),
        ("payments_intents_lease_is_whole", "lease_until = 1"),
    ] {
        let statement = sqlx::AssertSqlSafe(format!("UPDATE payments_intents SET {column}"));
        let error = sqlx::raw_sql(statement).execute(database.store.pool()).await.unwrap_err().to_string();
        assert!(error.contains(problem), "{column}: {error}");
    }
}

#[tokio::test]
async fn the_tables_refuse_what_no_version_could_read() {
    let database = Database::new().await;
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
        let statement = sqlx::AssertSqlSafe(format!("UPDATE payments_{table} SET {column}"));
        let error = sqlx::raw_sql(statement).execute(database.store.pool()).await.unwrap_err().to_string();
        assert!(error.contains("CHECK constraint failed"), "{column}: {error}");
    }
}

#[tokio::test]
async fn a_time_in_the_far_future_is_stored_as_the_latest_one() {
    let database = Database::new().await;
    let id = database.record("order-1").await;
    let never = now() + (4_000 * 365).days();
    let pause = Pause { account: account(), since: now(), until: never, problem: "401".to_owned() };
    let amendment = |loaded: &Loaded| Amendment {
        head: Head { due_at: Some(never), ..loaded.head.clone() },
        pause: Some(pause.clone()),
        ..append(loaded, [claimed(1)])
    };

    database.store.amend(id, |loaded| (Some(amendment(loaded)), ())).await.unwrap();

    let loaded = database.store.load(id).await.unwrap();
    assert_eq!(loaded.evidence.len(), 1);
    assert!(loaded.head.due_at.unwrap() > now() + (3_000 * 365).days());
}
