//! A merchant's `PostgreSQL` database.

use payments_journal_sqlx::PostgresStore;
use sqlx::postgres::{PgConnectOptions, PgConnection, PgPoolOptions};
use sqlx::{AssertSqlSafe, ConnectOptions as _};

use super::{Database, Failed};

#[derive(Debug, Clone)]
pub(in crate::crash) struct Postgres(PostgresStore);

impl Postgres {
    /// Connects with a pool of this size.
    pub(in crate::crash) async fn connect(url: &str, connections: u32) -> Result<Self, Failed> {
        let pool = PgPoolOptions::new().max_connections(connections);
        Ok(Self(PostgresStore::new(pool.connect_with(url.parse()?).await?)))
    }
}

pub(in crate::crash) fn url(options: &PgConnectOptions) -> String {
    options.to_url_lossy().into()
}

/// Creates the journal's tables in a database to copy, which nobody may be connected to afterwards.
pub(in crate::crash) async fn migrate(options: PgConnectOptions) -> Result<(), Failed> {
    let store = PostgresStore::connect(options).await?;
    store.migrate().await?;
    store.pool().close().await;
    Ok(())
}

impl Database for Postgres {
    type Sqlx = sqlx::Postgres;
    type Store = PostgresStore;

    const TABLES: &str = "
        CREATE TABLE IF NOT EXISTS orders (reference TEXT PRIMARY KEY);
        CREATE TABLE IF NOT EXISTS effects (
            id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            intent BIGINT NOT NULL,
            before TEXT NOT NULL,
            after TEXT NOT NULL
        )";

    fn store(&self) -> PostgresStore {
        self.0.clone()
    }

    async fn migrate(&self) -> Result<(), Failed> {
        Ok(self.0.migrate().await?)
    }

    async fn begin(&self) -> Result<sqlx::Transaction<'static, sqlx::Postgres>, sqlx::Error> {
        self.0.pool().begin().await
    }

    async fn run(connection: &mut PgConnection, statement: String) -> Result<u64, sqlx::Error> {
        Ok(sqlx::raw_sql(AssertSqlSafe(statement)).execute(connection).await?.rows_affected())
    }

    async fn texts(&self, query: &'static str) -> Result<Vec<String>, sqlx::Error> {
        sqlx::query_scalar(query).fetch_all(self.0.pool()).await
    }
}
