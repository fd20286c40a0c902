//! Withdraws money through a journal, and exports spans and metrics. A receiver in the same process prints them.
//!
//! With the address of a collector as the third argument, exports to it instead. Credentials come from the environment.

mod receiver;
mod telemetry;

use payments::gateway::PayoutRequest;
use payments::journal::{Intent, Journal, JournalKey, JournalKeys};
use payments::journal_sqlx::SqliteStore;
use payments::{Currency, Money, journaled, turbopay};
use tracing::Instrument as _;

use receiver::Receiver;
use telemetry::Telemetry;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

#[tokio::main]
async fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (file, url, collector) = match arguments.as_slice() {
        [file, url] => (file, url, None),
        [file, url, collector] => (file, url, Some(collector.clone())),
        _ => return Err("usage: journal-opentelemetry FILE TURBOPAY_URL [COLLECTOR_URL]".into()),
    };
    let (receiver, address) = Receiver::start().await?;
    let telemetry = Telemetry::start(&collector.unwrap_or(address))?;
    let journal = journal(file, url).await?;

    withdraw(&journal).instrument(tracing::info_span!(target: "payments_shop", "withdraw")).await?;
    // In a service: one task of one process, once a minute.
    telemetry.show(journal.stats().await?);

    // The exporters have threads of their own, and wait for them.
    tokio::task::spawn_blocking(|| telemetry.stop()).await??;
    receiver.print();
    Ok(())
}

async fn journal(file: &str, url: &str) -> Result<Journal<SqliteStore>> {
    let store = SqliteStore::open(file).await?;
    store.migrate().await?;
    let client = turbopay::Client::builder(turbopay::ApiKey::from_env()?)
        .base_url(url)
        .status_url("http://127.0.0.1:9/turbopay")
        .redirect_url("http://127.0.0.1:9/thanks")
        .traffic(turbopay::Traffic::Standard)
        .build()?;
    let keys = JournalKeys::new("2026", JournalKey::from_env()?)?;
    Ok(Journal::builder(store, keys).gateway(journaled::turbopay("turbopay", client)).build()?)
}

async fn withdraw(journal: &Journal<SqliteStore>) -> Result<()> {
    let amount = Money::parse("2500", Currency::INR)?;
    let payout = PayoutRequest::new("journal-opentelemetry-1", amount, "customer-9", "50100012345678", "HDFC0000053");
    let mut transaction = journal.store().pool().begin_with("BEGIN IMMEDIATE").await?;
    let recorded = journal.record(&mut transaction, &Intent::new("turbopay", payout)).await?;
    transaction.commit().await?;
    journal.execute(recorded.ticket()).await?;
    Ok(())
}
