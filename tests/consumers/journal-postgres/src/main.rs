//! Withdraws money once, also if it is killed and started again. With `work`, sends what other processes record.
//!
//! The merchant's tables and the journal are in one PostgreSQL database. Its URL and the credentials come from the environment.

use std::future::pending;
use std::time::Duration;

use payments::gateway::PayoutRequest;
use payments::journal::{Backoff, Intent, Journal, JournalKey, JournalKeys, Recorded, Settings};
use payments::journal_sqlx::PostgresStore;
use payments::{Currency, Money, journaled, turbopay};
use sqlx::postgres::{PgConnection, PgPool, PgPoolOptions};

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

#[tokio::main]
async fn main() -> Result<()> {
    let pool = PgPoolOptions::new().max_connections(5).connect(&std::env::var("DATABASE_URL")?).await?;
    let store = PostgresStore::new(pool.clone());
    store.migrate().await?;
    sqlx::raw_sql(TABLES).execute(&pool).await?;

    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["withdraw", url, reference, customer] => withdraw(&pool, &journal(store, url)?, reference, customer).await,
        ["work", url] => {
            let journal = journal(store, url)?;
            println!("ready");
            work(&journal).await;
            Ok(())
        }
        _ => Err("usage: journal-postgres withdraw TURBOPAY_URL REFERENCE CUSTOMER | work TURBOPAY_URL".into()),
    }
}

fn journal(store: PostgresStore, url: &str) -> Result<Journal<PostgresStore>> {
    let client = turbopay::Client::builder(turbopay::ApiKey::from_env()?)
        .base_url(url)
        .status_url("http://127.0.0.1:9/turbopay")
        .redirect_url("http://127.0.0.1:9/thanks")
        .traffic(turbopay::Traffic::Standard)
        .build()?;
    let keys = JournalKeys::new("2026", JournalKey::from_env()?)?;
    // Shorter than in production, so that nobody waits. The lease of a killed process ends after 8 seconds.
    let mut settings = Settings::default();
    settings.call_timeout = Duration::from_secs(6);
    settings.lease_margin = Duration::from_secs(2);
    settings.backoff = Backoff::new(Duration::from_millis(200), Duration::from_secs(2));
    settings.polling = Backoff::new(Duration::from_millis(500), Duration::from_secs(2));
    settings.poll_interval = Duration::from_millis(100);
    let journal = Journal::builder(store, keys).gateway(journaled::turbopay("turbopay", client)).settings(settings);
    Ok(journal.build()?)
}

async fn withdraw(pool: &PgPool, journal: &Journal<PostgresStore>, reference: &str, customer: &str) -> Result<()> {
    let amount = Money::parse("2500", Currency::INR)?;
    let payout = PayoutRequest::new(reference, amount, customer, "50100012345678", "HDFC0000053");
    let intent = Intent::new("turbopay", payout);

    let recorded = match record(pool, journal, &intent, customer, amount).await {
        Ok(recorded) => recorded,
        Err(error) => {
            let found = journal.find(intent.key()).await?;
            println!("{reference} was rolled back: {error}; recorded: {}", found.is_some());
            return Ok(());
        }
    };
    if let Recorded::Existing(_, state) = &recorded {
        println!("{reference} was recorded before: {state}");
    }
    let executed = journal.execute(recorded.ticket()).await?;
    println!("{reference} was executed: {}", executed.state);

    tokio::select! {
        result = print_until_final(pool, reference) => result,
        () = work(journal) => Ok(()),
    }
}

/// Records the payout and the withdrawal in one transaction. An error in between rolls both back.
async fn record(
    pool: &PgPool,
    journal: &Journal<PostgresStore>,
    intent: &Intent,
    customer: &str,
    amount: Money,
) -> Result<Recorded> {
    let mut transaction = pool.begin().await?;
    let recorded = journal.record(&mut transaction, intent).await?;
    if let Recorded::New(_) = &recorded {
        sqlx::query("INSERT INTO withdrawals (reference, customer, amount, state) VALUES ($1, $2, $3, 'requested')")
            .bind(&intent.key().reference)
            .bind(customer)
            .bind(amount.minor())
            .execute(&mut *transaction)
            .await?;
    }
    transaction.commit().await?;
    Ok(recorded)
}

/// Works for ever. Each change of a payout becomes the state of its withdrawal, and one booking.
async fn work(journal: &Journal<PostgresStore>) {
    let worker = journal.worker().on_change(|connection: &mut PgConnection, change| {
        Box::pin(async move {
            sqlx::query("UPDATE withdrawals SET state = $1 WHERE reference = $2")
                .bind(change.to.as_str())
                .bind(&change.key.reference)
                .execute(&mut *connection)
                .await?;
            sqlx::query("INSERT INTO bookings (reference, state) VALUES ($1, $2)")
                .bind(&change.key.reference)
                .bind(change.to.as_str())
                .execute(connection)
                .await?;
            Ok(())
        })
    });
    worker.run(pending()).await;
}

async fn print_until_final(pool: &PgPool, reference: &str) -> Result<()> {
    let mut last = String::new();
    while !["succeeded", "failed", "refused", "abandoned", "needs_review"].contains(&last.as_str()) {
        let state: String = sqlx::query_scalar("SELECT state FROM withdrawals WHERE reference = $1")
            .bind(reference)
            .fetch_one(pool)
            .await?;
        if state != last {
            println!("{reference} is {state}");
            last = state;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let bookings: Vec<String> = sqlx::query_scalar("SELECT state FROM bookings WHERE reference = $1 ORDER BY id")
        .bind(reference)
        .fetch_all(pool)
        .await?;
    println!("{reference} was booked: {}", bookings.join(", "));
    Ok(())
}

const TABLES: &str = "
    CREATE TABLE IF NOT EXISTS customers (id TEXT PRIMARY KEY);
    INSERT INTO customers VALUES ('customer-9') ON CONFLICT DO NOTHING;
    CREATE TABLE IF NOT EXISTS withdrawals (
        reference TEXT PRIMARY KEY, customer TEXT NOT NULL REFERENCES customers, amount BIGINT NOT NULL, state TEXT NOT NULL);
    CREATE TABLE IF NOT EXISTS bookings (
        id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, reference TEXT NOT NULL, state TEXT NOT NULL)";
