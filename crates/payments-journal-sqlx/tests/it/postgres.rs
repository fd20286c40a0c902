//! What only `PostgreSQL` does: many processes at once, settings of sessions, connections that are lost.

mod at_once;
mod engine;
mod faults;
mod history;
mod hooks;
mod judged;
mod listen;
mod losses;
mod pgbouncer;
mod pooler;
mod proxy;
mod races;
mod rate_limit;
mod schema;
mod settings;
mod workers;

use sqlx::AssertSqlSafe;
use sqlx::postgres::PgConnection;

use crate::backend::{Backend as _, OnPostgres};

/// A connection of somebody else.
async fn connect(database: &OnPostgres) -> PgConnection {
    use sqlx::ConnectOptions as _;
    database.options.connect().await.unwrap()
}

async fn run(connection: &mut PgConnection, statements: &str) {
    sqlx::raw_sql(AssertSqlSafe(statements.to_owned())).execute(connection).await.unwrap();
}

/// How many sessions of the database wait for a lock.
async fn waiting(database: &OnPostgres) -> usize {
    let waiting =
        "SELECT pid::text FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
    database.texts(waiting).await.len()
}

async fn wait_for_waiting(database: &OnPostgres, expected: usize) {
    while waiting(database).await != expected {
        tokio::task::yield_now().await;
    }
}
