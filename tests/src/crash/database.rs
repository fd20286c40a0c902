//! What is specific to a database: where it is, how it is opened, and the merchant's own tables.

mod postgres;
mod sqlite;

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use payments_journal::{Change, Store};
use payments_test_postgres::Server;
use serde::{Deserialize, Serialize};
use tempfile::TempDir;

use super::Failed;

pub(super) use postgres::{Postgres, url as postgres_url};
pub(super) use sqlite::Sqlite;

/// A database that a journal can be kept in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[expect(clippy::exhaustive_enums, reason = "the harness knows all of them")]
pub enum DatabaseKind {
    /// A file per run.
    #[default]
    Sqlite,
    /// A database per run, on one server.
    Postgres,
}

impl fmt::Display for DatabaseKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
        })
    }
}

impl FromStr for DatabaseKind {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let known = [Self::Sqlite, Self::Postgres].into_iter().find(|kind| kind.to_string() == text);
        known.ok_or_else(|| format!("unknown database `{text}`: sqlite or postgres"))
    }
}

/// Where a run's database is.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) enum Place {
    Sqlite(PathBuf),
    /// A URL.
    Postgres(String),
}

/// What the merchant's process needs of its database.
pub(super) trait Database: Clone + Send + Sync + 'static {
    type Sqlx: sqlx::Database;
    type Store: Store<Connection = Connection<Self>> + Clone;

    /// The merchant's own tables.
    const TABLES: &str;

    fn store(&self) -> Self::Store;

    /// Creates the journal's tables.
    fn migrate(&self) -> impl Future<Output = Result<(), Failed>> + Send;

    /// Begins a transaction that will write.
    fn begin(&self) -> impl Future<Output = Result<sqlx::Transaction<'static, Self::Sqlx>, sqlx::Error>> + Send;

    /// Runs a statement, and returns how many rows it has changed.
    fn run(
        connection: &mut Connection<Self>,
        statement: String,
    ) -> impl Future<Output = Result<u64, sqlx::Error>> + Send;

    /// Returns the only column of a query.
    fn texts(&self, query: &'static str) -> impl Future<Output = Result<Vec<String>, sqlx::Error>> + Send;
}

/// A connection to a database.
pub(super) type Connection<D> = <<D as Database>::Sqlx as sqlx::Database>::Connection;

/// Inserts an order, and returns false if it exists.
pub(super) async fn insert_order<D: Database>(
    connection: &mut Connection<D>,
    reference: &str,
) -> Result<bool, sqlx::Error> {
    let insert = format!("INSERT INTO orders (reference) VALUES ('{reference}') ON CONFLICT DO NOTHING");
    Ok(D::run(connection, insert).await? == 1)
}

/// Inserts the merchant's effect of a change.
pub(super) async fn insert_effect<D: Database>(
    connection: &mut Connection<D>,
    change: &Change,
) -> Result<(), sqlx::Error> {
    let (intent, before, after) = (change.intent.number(), change.from, change.to);
    let insert = format!("INSERT INTO effects (intent, before, after) VALUES ({intent}, '{before}', '{after}')");
    D::run(connection, insert).await.map(drop)
}

/// Creates a database for each run.
#[derive(Debug, Clone)]
pub(super) enum Databases {
    Sqlite,
    Postgres(Arc<Template>),
}

/// A server with a migrated database to copy.
#[derive(Debug)]
pub(super) struct Template {
    server: Server,
    /// The names of the databases begin with it.
    name: String,
    copies: AtomicUsize,
}

/// The database of one run.
#[derive(Debug)]
pub(super) struct RunDatabase {
    pub(super) place: Place,
    origin: Origin,
}

#[derive(Debug)]
enum Origin {
    Directory(TempDir),
    Copy(Arc<Template>, String),
}

impl Databases {
    pub(super) async fn start(kind: DatabaseKind) -> Result<Self, Failed> {
        match kind {
            DatabaseKind::Sqlite => Ok(Self::Sqlite),
            DatabaseKind::Postgres => {
                let server = Server::start()?;
                let name = format!("crash_{}", std::process::id());
                postgres::migrate(server.create(&name, None).await?).await?;
                Ok(Self::Postgres(Arc::new(Template { server, name, copies: AtomicUsize::new(0) })))
            }
        }
    }

    pub(super) async fn create(&self) -> Result<RunDatabase, Failed> {
        match self {
            Self::Sqlite => {
                let directory = TempDir::new_in(memory())?;
                let place = Place::Sqlite(directory.path().join("merchant.db"));
                Ok(RunDatabase { place, origin: Origin::Directory(directory) })
            }
            Self::Postgres(template) => {
                let name = format!("{}_{}", template.name, template.copies.fetch_add(1, Ordering::Relaxed));
                let options = template.server.create(&name, Some(&template.name)).await?;
                let place = Place::Postgres(postgres_url(&options));
                Ok(RunDatabase { place, origin: Origin::Copy(Arc::clone(template), name) })
            }
        }
    }

    /// Drops what a server of somebody else would keep.
    pub(super) async fn end(self) -> Result<(), Failed> {
        match self {
            Self::Sqlite => Ok(()),
            Self::Postgres(template) => Ok(template.server.drop(&template.name).await?),
        }
    }
}

impl RunDatabase {
    pub(super) async fn remove(self) -> Result<(), Failed> {
        match self.origin {
            Origin::Directory(directory) => Ok(directory.close()?),
            Origin::Copy(template, name) => Ok(template.server.drop(&name).await?),
        }
    }
}

/// Where files are created. What a killed process has written is in the kernel, so memory keeps it as well as a disk.
fn memory() -> PathBuf {
    let memory = PathBuf::from("/dev/shm");
    if memory.is_dir() { memory } else { std::env::temp_dir() }
}
