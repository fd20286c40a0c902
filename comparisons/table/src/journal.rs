//! Measures the durable journal, on SQLite and on PostgreSQL: a call, a worker's rate, a claim beside many settled intents, and a crash.

mod bare;
pub mod call;
pub mod crash;
pub mod postgres;
pub mod settled;
mod wal;
pub mod worker;

use std::path::Path;
use std::time::Duration;

use ::turbopay::{ApiKey, Client, ClientBuilder, Traffic};
use payments_core::gateway::{PayOut, PayoutRequest};
use payments_core::{Currency, Money};
use payments_journal::{Backoff, Gateway, Intent, Journal, JournalKey, JournalKeys, Settings, Store, Ticket};
use payments_journal_sqlx::SqliteStore;
use payments_sandbox::turbopay::Settle;
use payments_sandbox::{Clock, Sandbox, turbopay};
use sqlx::Connection as _;
use sqlx::sqlite::SqliteConnection;
use tokio::runtime::Runtime;

type SqliteJournal = Journal<SqliteStore>;

/// Records a payout in a transaction of its own.
async fn record(journal: &SqliteJournal, reference: &str) -> Ticket {
    record_on(&mut journal.store().pool().acquire().await.unwrap(), journal, reference).await
}

async fn record_on(connection: &mut SqliteConnection, journal: &SqliteJournal, reference: &str) -> Ticket {
    let intent = Intent::new("turbopay", payout(reference));
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await.unwrap();
    let recorded = journal.record(&mut transaction, &intent).await.unwrap();
    transaction.commit().await.unwrap();
    recorded.ticket()
}

fn payout(reference: &str) -> PayoutRequest {
    let amount = Money::parse("500", Currency::INR).unwrap();
    PayoutRequest::new(reference, amount, "customer-9", "065432123456789", "HDFC0000053")
}

async fn journal(path: &Path, client: &Client) -> SqliteJournal {
    open(path, gateway(client.clone()).looks_up(client.clone()), patient()).await
}

/// The measured payouts stay in progress. Nothing asks for them meanwhile.
fn patient() -> Settings {
    let mut settings = Settings::default();
    settings.polling = Backoff::new(Duration::from_secs(3_600), Duration::from_secs(3_600));
    settings
}

async fn open(path: &Path, gateway: Gateway, settings: Settings) -> SqliteJournal {
    let store = SqliteStore::open(path).await.unwrap();
    store.migrate().await.unwrap();
    build(store, gateway, settings)
}

fn build<S: Store>(store: S, gateway: Gateway, settings: Settings) -> Journal<S> {
    let key = JournalKey::new("0f1e2d3c4b5a69788796a5b4c3d2e1f0").unwrap();
    let keys = JournalKeys::new("2026", key).unwrap();
    Journal::builder(store, keys).gateway(gateway).settings(settings).build().unwrap()
}

fn gateway(sender: impl PayOut + 'static) -> Gateway {
    Gateway::new("turbopay".into(), &Client::capabilities()).pays_out(sender)
}

/// A sandbox whose clock stands still, so that it never sends a webhook again: the client's address accepts none.
async fn sandbox() -> Sandbox {
    Sandbox::builder().seed(7).clock(Clock::manual()).without_timeline().turbopay(settings(Settle::Never)).start().await
}

fn settings(withdrawals: Settle) -> turbopay::Settings {
    turbopay::Settings::default().opening_balance(1_000_000_000).withdrawals(withdrawals)
}

fn client(sandbox: &Sandbox) -> Client {
    client_builder(sandbox).build().unwrap()
}

fn client_builder(sandbox: &Sandbox) -> ClientBuilder {
    let provider = sandbox.turbopay();
    let builder = Client::builder(ApiKey::new(provider.api_key()).unwrap()).base_url(provider.base_url());
    let builder = builder.status_url("http://127.0.0.1:9/status").redirect_url("http://127.0.0.1:9/return");
    builder.traffic(Traffic::Standard)
}

/// Asserts that the provider has executed so many payouts, each once.
fn assert_executed(sandbox: &Sandbox, payouts: usize) {
    let ledger = sandbox.ledger();
    assert_eq!(ledger.executions("turbopay.withdraw"), payouts);
    assert!(ledger.double_executions().is_empty());
}

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

/// A thread of its own for the sandbox.
fn server() -> Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap()
}
