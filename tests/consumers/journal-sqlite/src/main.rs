//! Withdraws money once, through a journal in the merchant's own database. With `work`, sends what other processes record.
//!
//! Credentials come from the environment.

use std::future::pending;
use std::time::Duration;

use payments::gateway::PayoutRequest;
use payments::journal::{Backoff, Intent, Journal, JournalKey, JournalKeys, Settings};
use payments::journal_sqlx::SqliteStore;
use payments::{Currency, Money, journaled, turbopay};
use sqlx::sqlite::{SqliteConnection, SqlitePool, SqlitePoolOptions};

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

#[tokio::main]
async fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [command, file, url] = arguments.as_slice() else {
        return Err("usage: journal-sqlite withdraw|work FILE TURBOPAY_URL".into());
    };
    let pool = SqlitePoolOptions::new().connect_with(SqliteStore::options(file)).await?;
    let store = SqliteStore::new(pool.clone());
    store.migrate().await?;
    sqlx::query(WITHDRAWALS).execute(&pool).await?;
    let journal = journal(store, url)?;
    if command == "withdraw" {
        return withdraw(&pool, &journal).await;
    }
    println!("ready");
    work(&journal).await;
    Ok(())
}

fn journal(store: SqliteStore, url: &str) -> Result<Journal<SqliteStore>> {
    let client = turbopay::Client::builder(turbopay::ApiKey::from_env()?)
        .base_url(url)
        .status_url("http://127.0.0.1:9/turbopay")
        .redirect_url("http://127.0.0.1:9/thanks")
        .traffic(turbopay::Traffic::Standard)
        .build()?;
    let keys = JournalKeys::new("2026", JournalKey::from_env()?)?;
    // Shorter than in production, so that nobody waits.
    let mut settings = Settings::default();
    settings.backoff = Backoff::new(Duration::from_millis(200), Duration::from_secs(2));
    settings.polling = Backoff::new(Duration::from_millis(500), Duration::from_secs(2));
    settings.poll_interval = Duration::from_millis(100);
    let journal = Journal::builder(store, keys).gateway(journaled::turbopay("turbopay", client)).settings(settings);
    Ok(journal.build()?)
}

async fn withdraw(pool: &SqlitePool, journal: &Journal<SqliteStore>) -> Result<()> {
    let amount = Money::parse("2500", Currency::INR)?;
    let payout = PayoutRequest::new(REFERENCE, amount, "customer-9", "50100012345678", "HDFC0000053");

    let mut transaction = pool.begin_with("BEGIN IMMEDIATE").await?;
    sqlx::query("INSERT INTO withdrawals (reference, amount, state) VALUES (?1, ?2, 'requested')")
        .bind(REFERENCE)
        .bind(amount.minor())
        .execute(&mut *transaction)
        .await?;
    let recorded = journal.record(&mut transaction, &Intent::new("turbopay", payout)).await?;
    transaction.commit().await?;

    let executed = journal.execute(recorded.ticket()).await?;
    println!("{REFERENCE} was sent: {}", executed.state);

    tokio::select! {
        result = print_until_final(pool) => result,
        () = work(journal) => Ok(()),
    }
}

/// Works for ever. Each change of a payout becomes the state of its withdrawal, exactly once.
async fn work(journal: &Journal<SqliteStore>) {
    let worker = journal.worker().on_change(|connection: &mut SqliteConnection, change| {
        Box::pin(async move {
            sqlx::query("UPDATE withdrawals SET state = ?1 WHERE reference = ?2")
                .bind(change.to.to_string())
                .bind(&change.key.reference)
                .execute(connection)
                .await?;
            Ok(())
        })
    });
    worker.run(pending()).await;
}

async fn print_until_final(pool: &SqlitePool) -> Result<()> {
    let mut last = String::new();
    while !["succeeded", "failed", "refused", "abandoned", "needs_review"].contains(&last.as_str()) {
        let state: String = sqlx::query_scalar("SELECT state FROM withdrawals WHERE reference = ?1")
            .bind(REFERENCE)
            .fetch_one(pool)
            .await?;
        if state != last {
            println!("{REFERENCE} is {state}");
            last = state;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    Ok(())
}

const REFERENCE: &str = "journal-sqlite-1";

const WITHDRAWALS: &str = "CREATE TABLE IF NOT EXISTS withdrawals (
    reference TEXT PRIMARY KEY, amount INTEGER NOT NULL, state TEXT NOT NULL) STRICT";
