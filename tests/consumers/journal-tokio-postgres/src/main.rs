//! Records payouts with the documented `INSERT`, in the merchant's own transactions, and reads what a worker made of them.
//!
//! The database's URL and the key come from the environment.

use std::time::Duration;

use payments::gateway::PayoutRequest;
use payments::journal::{Column, Intent, IntentRow, JournalKey, JournalKeys};
use payments::payments_core::time::OffsetDateTime;
use payments::{Currency, Money};
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, NoTls, Transaction};

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let (mut client, connection) = tokio_postgres::connect(&std::env::var("DATABASE_URL")?, NoTls).await?;
    tokio::spawn(async { connection.await.inspect_err(|error| eprintln!("the connection failed: {error}")) });
    let keys = JournalKeys::new("2026", JournalKey::from_env()?)?;

    // The second time, nothing is new: a customer pressed the button twice.
    for _ in 0..2 {
        let transaction = client.transaction().await?;
        record(&transaction, &keys, "journal-tokio-postgres-1", "1200").await?;
        transaction.commit().await?;
    }
    let transaction = client.transaction().await?;
    record(&transaction, &keys, "journal-tokio-postgres-1", "9900").await?;
    transaction.rollback().await?;

    let transaction = client.transaction().await?;
    record(&transaction, &keys, "journal-tokio-postgres-2", "1200").await?;
    transaction.rollback().await?;
    println!("journal-tokio-postgres-2 was rolled back: {} rows", rows(&client, "journal-tokio-postgres-2").await?);

    // Somebody who can write to the database, but does not have the key, pays himself more.
    let transaction = client.transaction().await?;
    record(&transaction, &keys, "journal-tokio-postgres-3", "1200").await?;
    let raise = "UPDATE payments_intents SET amount = 9900000 WHERE reference = $1";
    transaction.execute(raise, &[&"journal-tokio-postgres-3"]).await?;
    transaction.commit().await?;

    print_until_final(&client, "journal-tokio-postgres-1").await?;
    print_problem(&client, "journal-tokio-postgres-3").await
}

/// Records a withdrawal and its payout, unless they are recorded.
async fn record(transaction: &Transaction<'_>, keys: &JournalKeys, reference: &str, amount: &str) -> Result<()> {
    let amount = Money::parse(amount, Currency::INR)?;
    let payout = PayoutRequest::new(reference, amount, "customer-9", "50100012345678", "HDFC0000053");
    let row = Intent::new("turbopay", payout).row(keys, OffsetDateTime::now_utc())?;

    let values: Vec<_> = row.columns().into_iter().map(value).collect();
    let parameters: Vec<&(dyn ToSql + Sync)> = values.iter().map(|value| &**value as _).collect();
    let inserted = transaction.execute(&format!("{INSERT_INTENT} ON CONFLICT DO NOTHING"), &parameters).await?;
    if inserted == 0 {
        let is_same = is_recorded(transaction, &row).await?;
        println!("{reference} is recorded already, {}", if is_same { "the same" } else { "as something else" });
        return Ok(());
    }
    let insert =
        "INSERT INTO withdrawals (reference, customer, amount, state) VALUES ($1, 'customer-9', $2, 'requested')";
    transaction.execute(insert, &[&reference, &amount.minor()]).await?;
    println!("{reference} is recorded");
    Ok(())
}

fn value(column: Column<'_>) -> Box<dyn ToSql + Sync + '_> {
    match column {
        Column::Integer(number) => Box::new(number),
        Column::Text(text) => Box::new(text),
        Column::Blob(bytes) => Box::new(bytes),
    }
}

/// True if the recorded intent is this one. If the key's id differs, only `Journal::record` can tell.
async fn is_recorded(transaction: &Transaction<'_>, row: &IntentRow) -> Result<bool> {
    let (key, account) = (&row.key, &row.key.account);
    let same = "SELECT 1 FROM payments_intents
        WHERE tenant = $1 AND provider = $2 AND account = $3 AND operation = $4 AND reference = $5
            AND key_id = $6 AND mac = $7";
    let parameters: [&(dyn ToSql + Sync); 7] =
        [&account.tenant, &account.provider, &account.name, &key.operation, &key.reference, &row.key_id, &row.mac];
    Ok(transaction.query_opt(same, &parameters).await?.is_some())
}

async fn rows(client: &Client, reference: &str) -> Result<i64> {
    let count = "SELECT (SELECT count(*) FROM withdrawals WHERE reference = $1)
        + (SELECT count(*) FROM payments_intents WHERE reference = $1)";
    Ok(client.query_one(count, &[&reference]).await?.get(0))
}

/// Prints the state of the withdrawal, which the worker's hook writes.
async fn print_until_final(client: &Client, reference: &str) -> Result<()> {
    let mut last = String::new();
    while !["succeeded", "failed", "refused", "abandoned", "needs_review"].contains(&last.as_str()) {
        let row = client.query_one("SELECT state FROM withdrawals WHERE reference = $1", &[&reference]).await?;
        let state: String = row.get(0);
        if state != last {
            println!("{reference} is {state}");
            last = state;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    Ok(())
}

/// Prints why a worker does not send the intent.
async fn print_problem(client: &Client, reference: &str) -> Result<()> {
    let read = "SELECT state, problem FROM payments_intents WHERE reference = $1";
    loop {
        let row = client.query_one(read, &[&reference]).await?;
        let (state, problem): (String, Option<String>) = (row.get(0), row.get(1));
        if state != "intended" || problem.is_some() {
            println!("{reference} is {state}: {}", problem.unwrap_or_default());
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// From `docs/journal/schema.md`.
const INSERT_INTENT: &str = "INSERT INTO payments_intents (
    tenant, provider, account, operation, reference, amount, currency, version, key_id, mac, parameters, by_ticket,
    recorded_at, expires_at, due_at, supersedes
) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)";
