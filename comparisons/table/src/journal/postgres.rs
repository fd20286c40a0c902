//! The rows on PostgreSQL. Each has a server of its own; all its sides use the same server.

mod bare;
pub mod call;
pub mod claims;
pub mod idle;
pub mod settled;
mod underway;

use own_postgres::Server;
use payments_journal::{Gateway, Intent, Journal, Settings, Ticket};
use payments_journal_sqlx::PostgresStore;
use sqlx::Connection as _;
use sqlx::postgres::{PgConnectOptions, PgConnection, PgPool, PgPoolOptions};

use super::{build, payout};

type PostgresJournal = Journal<PostgresStore>;

/// Starts a server. Says that the row is skipped if the machine has no PostgreSQL.
fn start(row: &str, settings: &[&str]) -> Option<Server> {
    let server = Server::start(settings);
    server.inspect_err(|problem| eprintln!("`{row}` was skipped: {problem}")).ok()
}

async fn open(options: PgConnectOptions, gateway: Gateway, settings: Settings) -> PostgresJournal {
    let store = PostgresStore::new(pool(options, settings.concurrency).await);
    store.migrate().await.unwrap();
    build(store, gateway, settings)
}

/// As many connections as so many jobs at a time need, on each side.
async fn pool(options: PgConnectOptions, jobs: usize) -> PgPool {
    let connections = u32::try_from(jobs).unwrap() + SPARE_CONNECTIONS;
    PgPoolOptions::new().max_connections(connections).test_before_acquire(false).connect_with(options).await.unwrap()
}

/// Records a payout in a transaction of its own.
async fn record(connection: &mut PgConnection, journal: &PostgresJournal, reference: &str) -> Ticket {
    let intent = Intent::new("turbopay", payout(reference));
    let mut transaction = connection.begin().await.unwrap();
    let recorded = journal.record(&mut transaction, &intent).await.unwrap();
    transaction.commit().await.unwrap();
    recorded.ticket()
}

const SPARE_CONNECTIONS: u32 = 2;
