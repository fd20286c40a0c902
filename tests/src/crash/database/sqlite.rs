//! A merchant's `SQLite` file.

use std::path::Path;

use payments_journal_sqlx::SqliteStore;
use sqlx::AssertSqlSafe;
use sqlx::sqlite::{SqliteConnection, SqlitePool};

use super::{Database, Failed};

#[derive(Debug, Clone)]
pub(in crate::crash) struct Sqlite(SqliteStore);

impl Sqlite {
    pub(in crate::crash) async fn open(path: &Path) -> Result<Self, Failed> {
        Ok(Self(SqliteStore::new(SqlitePool::connect_with(SqliteStore::options(path)).await?)))
    }
}

impl Database for Sqlite {
    type Sqlx = sqlx::Sqlite;
    type Store = SqliteStore;

    const TABLES: &str = "
        CREATE TABLE IF NOT EXISTS orders (reference TEXT PRIMARY KEY) STRICT;
        CREATE TABLE IF NOT EXISTS effects
            (id INTEGER PRIMARY KEY, intent INTEGER NOT NULL, before TEXT NOT NULL, after TEXT NOT NULL) STRICT";

    fn store(&self) -> SqliteStore {
        self.0.clone()
    }

    async fn migrate(&self) -> Result<(), Failed> {
        Ok(self.0.migrate().await?)
    }

    async fn begin(&self) -> Result<sqlx::Transaction<'static, sqlx::Sqlite>, sqlx::Error> {
        self.0.pool().begin_with("BEGIN IMMEDIATE").await
    }

    async fn run(connection: &mut SqliteConnection, statement: String) -> Result<u64, sqlx::Error> {
        Ok(sqlx::raw_sql(AssertSqlSafe(statement)).execute(connection).await?.rows_affected())
    }

    async fn texts(&self, query: &'static str) -> Result<Vec<String>, sqlx::Error> {
        sqlx::query_scalar(query).fetch_all(self.0.pool()).await
    }
}
