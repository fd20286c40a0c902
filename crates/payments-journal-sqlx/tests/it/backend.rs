//! The databases on which the tests run.

use std::any::TypeId;
use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use payments_core::test_util::ManualClock;
use payments_journal::store::{Amendment, Head, Inserted, Loaded};
use payments_journal::{IntentId, IntentRow, State, Store};
use payments_journal_sqlx::{PostgresStore, SqliteStore};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions, Postgres};
use sqlx::sqlite::Sqlite;
use sqlx::{AssertSqlSafe, ConnectOptions as _, Transaction};
use tempfile::TempDir;

use crate::server;
use crate::support::{append, now, row};

/// Runs each of these tests on both databases. Without `PostgreSQL`, its tests are skipped.
macro_rules! on_both {
    ($($name:ident,)*) => {
        mod on_sqlite {
            use $crate::backend::{Backend as _, OnSqlite};
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
            async fn $name() {
                super::$name(OnSqlite::new().await.unwrap()).await;
            })*
        }
        mod on_postgres {
            use $crate::backend::{Backend as _, OnPostgres};
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
            async fn $name() {
                if let Some(database) = OnPostgres::new().await {
                    super::$name(database).await;
                }
            })*
        }
    };
}
pub(crate) use on_both;

/// A migrated database of the test's own.
pub(crate) trait Backend: Sized + Send + Sync + 'static {
    type Database: sqlx::Database;
    type Store: Store<Connection = <Self::Database as sqlx::Database>::Connection> + Clone;

    /// The words of an error about two rows with the same source.
    const SOURCE_IS_TAKEN: &str;
    /// The words of an error about a row that does not exist.
    const FOREIGN_KEY: &str;
    /// How precisely the time can be set.
    const PRECISION: Duration;

    async fn new() -> Option<Self>;

    /// A database that these statements make, and that is not migrated.
    async fn of_dump(statements: &str) -> Option<Self>;

    /// The program that writes the database as statements.
    fn dump_command(&self) -> Command;

    async fn migrate(&self);

    fn store(&self) -> &Self::Store;

    /// A store with one connection, as in another process.
    async fn another(&self) -> Self::Store;

    /// A store with another timeout for hooks.
    fn with_hook_timeout(&self, timeout: Duration) -> Self::Store;

    /// Lets time pass for everything that is stored.
    async fn advance(&self, by: Duration);

    async fn begin(&self) -> Transaction<'static, Self::Database>;

    fn is_sqlite(&self) -> bool {
        TypeId::of::<Self>() == TypeId::of::<OnSqlite>()
    }

    fn run(connection: &mut Connection<Self>, statements: &str)
    -> impl Future<Output = Result<(), sqlx::Error>> + Send;

    async fn run_on(store: &Self::Store, statements: &str) -> Result<(), sqlx::Error>;

    async fn sql(&self, statements: &str) -> Result<(), sqlx::Error> {
        Self::run_on(self.store(), statements).await
    }

    /// The texts in the only column.
    async fn texts(&self, query: &str) -> Vec<String>;

    /// Records an intent in a transaction of its own.
    async fn record(&self, reference: &str) -> IntentId {
        self.record_row(&row(reference)).await
    }

    async fn record_row(&self, row: &IntentRow) -> IntentId {
        let mut transaction = self.begin().await;
        let inserted = self.store().record(&mut transaction, row).await.unwrap();
        transaction.commit().await.unwrap();
        match inserted {
            Inserted::New(id) => id,
            Inserted::Existing(loaded) => loaded.id,
            Inserted::ReferenceTaken => panic!("{:?} has another order", row.key),
        }
    }

    /// Moves an intent to this state and reports it.
    async fn report(&self, id: IntentId, state: State) {
        let head = |loaded: &Loaded| Head { state, reported: state, ..loaded.head.clone() };
        let amend = |loaded: &Loaded| (Some(Amendment { head: head(loaded), ..append(loaded, []) }), ());
        self.store().amend(id, amend).await.unwrap();
    }

    /// Sets the provider's id.
    async fn identify(&self, id: IntentId, provider_id: &str) {
        let head = |loaded: &Loaded| Head { provider_id: Some(provider_id.to_owned()), ..loaded.head.clone() };
        let amend = |loaded: &Loaded| (Some(Amendment { head: head(loaded), ..append(loaded, []) }), ());
        self.store().amend(id, amend).await.unwrap();
    }
}

pub(crate) type Connection<B> = <<B as Backend>::Database as sqlx::Database>::Connection;

/// `SQLite`, with a clock that stands still.
pub(crate) struct OnSqlite {
    store: SqliteStore,
    clock: ManualClock,
    directory: TempDir,
}

impl OnSqlite {
    async fn empty() -> Self {
        let directory = tempfile::tempdir().unwrap();
        // Ahead, so that what is due now is due, however long the test takes.
        let clock = ManualClock::at(now() + Duration::from_secs(5));
        let store = SqliteStore::open(directory.path().join("journal.db")).await.unwrap().clock(clock.clone());
        Self { store, clock, directory }
    }

    fn path(&self) -> PathBuf {
        self.directory.path().join("journal.db")
    }
}

impl Backend for OnSqlite {
    type Database = Sqlite;
    type Store = SqliteStore;

    const SOURCE_IS_TAKEN: &str = "payments_evidence.source";
    const FOREIGN_KEY: &str = "FOREIGN KEY constraint failed";
    const PRECISION: Duration = Duration::from_millis(1);

    async fn new() -> Option<Self> {
        let database = Self::empty().await;
        database.migrate().await;
        Some(database)
    }

    async fn of_dump(statements: &str) -> Option<Self> {
        let database = Self::empty().await;
        // On a connection of its own, because a dump sets its own terms.
        let mut connection = SqliteStore::options(database.path()).connect().await.unwrap();
        Self::run(&mut connection, statements).await.unwrap();
        Some(database)
    }

    fn dump_command(&self) -> Command {
        let mut command = Command::new("sqlite3");
        command.arg(self.path()).arg(".dump");
        command
    }

    async fn migrate(&self) {
        self.store.migrate().await.unwrap();
    }

    fn store(&self) -> &SqliteStore {
        &self.store
    }

    async fn another(&self) -> SqliteStore {
        let pool = sqlx::sqlite::SqlitePoolOptions::new().max_connections(1);
        SqliteStore::new(pool.connect_with(SqliteStore::options(self.path())).await.unwrap()).clock(self.clock.clone())
    }

    fn with_hook_timeout(&self, timeout: Duration) -> SqliteStore {
        self.store.clone().hook_timeout(timeout)
    }

    async fn advance(&self, by: Duration) {
        self.clock.advance(by);
    }

    async fn begin(&self) -> Transaction<'static, Sqlite> {
        self.store.pool().begin_with("BEGIN IMMEDIATE").await.unwrap()
    }

    async fn run(connection: &mut Connection<Self>, statements: &str) -> Result<(), sqlx::Error> {
        sqlx::raw_sql(AssertSqlSafe(statements.to_owned())).execute(connection).await.map(drop)
    }

    async fn run_on(store: &Self::Store, statements: &str) -> Result<(), sqlx::Error> {
        sqlx::raw_sql(AssertSqlSafe(statements.to_owned())).execute(store.pool()).await.map(drop)
    }

    async fn texts(&self, query: &str) -> Vec<String> {
        sqlx::query_scalar(AssertSqlSafe(query.to_owned())).fetch_all(self.store.pool()).await.unwrap()
    }
}

/// `PostgreSQL`, which has its own clock: time passes because everything that is stored becomes older.
pub(crate) struct OnPostgres {
    pub(crate) store: PostgresStore,
    pub(crate) options: PgConnectOptions,
}

impl OnPostgres {
    /// An empty database.
    pub(crate) async fn empty() -> Option<PgConnectOptions> {
        static NUMBER: AtomicUsize = AtomicUsize::new(0);
        let server = server::shared()?;
        let (process, number) = (std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
        let name = format!("payments_test_{process}_{number}_{}", now().unix_timestamp_nanos());
        let mut admin = server.connect().await.unwrap();
        sqlx::raw_sql(AssertSqlSafe(format!("CREATE DATABASE {name}"))).execute(&mut admin).await.unwrap();
        Some(server.database(&name))
    }

    /// A store whose pool has this many connections.
    pub(crate) async fn store_of(options: &PgConnectOptions, connections: u32) -> PostgresStore {
        let pool = PgPoolOptions::new().max_connections(connections);
        PostgresStore::new(pool.connect_with(options.clone()).await.unwrap())
    }
}

/// The columns with times in the future.
const TIMES: &[(&str, &[&str])] = &[
    ("payments_intents", &["due_at", "expires_at", "lease_until"]),
    ("payments_changes", &["next_try"]),
    ("payments_pauses", &["until"]),
    ("payments_rate_limits", &["expires_at"]),
];

impl Backend for OnPostgres {
    type Database = Postgres;
    type Store = PostgresStore;

    const SOURCE_IS_TAKEN: &str = "payments_evidence_source";
    const FOREIGN_KEY: &str = "violates foreign key constraint";
    const PRECISION: Duration = Duration::from_secs(20);

    async fn new() -> Option<Self> {
        let options = Self::empty().await?;
        let store = Self::store_of(&options, 8).await;
        store.migrate().await.unwrap();
        Some(Self { store, options })
    }

    async fn of_dump(statements: &str) -> Option<Self> {
        let options = Self::empty().await?;
        // On a connection of its own, because a dump sets its own terms.
        let mut connection = options.connect().await.unwrap();
        Self::run(&mut connection, statements).await.unwrap();
        Some(Self { store: Self::store_of(&options, 8).await, options })
    }

    fn dump_command(&self) -> Command {
        let options = &self.options;
        let host =
            options.get_socket().map_or_else(|| options.get_host().to_owned(), |path| path.display().to_string());
        let mut command = Command::new("pg_dump");
        command.args(["--inserts", "--no-owner", "--no-privileges", "--host"]).arg(host);
        command.args(["--username", options.get_username()]).args(options.get_database());
        command
    }

    async fn migrate(&self) {
        self.store.migrate().await.unwrap();
    }

    fn store(&self) -> &PostgresStore {
        &self.store
    }

    async fn another(&self) -> PostgresStore {
        Self::store_of(&self.options, 1).await
    }

    fn with_hook_timeout(&self, timeout: Duration) -> PostgresStore {
        self.store.clone().hook_timeout(timeout)
    }

    async fn advance(&self, by: Duration) {
        for (table, columns) in TIMES {
            let columns = columns.iter().map(|column| format!("{column} = {column} - {}", by.as_millis()));
            let columns = columns.collect::<Vec<_>>().join(", ");
            self.sql(&format!("UPDATE {table} SET {columns}")).await.unwrap();
        }
    }

    async fn begin(&self) -> Transaction<'static, Postgres> {
        self.store.pool().begin().await.unwrap()
    }

    async fn run(connection: &mut Connection<Self>, statements: &str) -> Result<(), sqlx::Error> {
        sqlx::raw_sql(AssertSqlSafe(statements.to_owned())).execute(connection).await.map(drop)
    }

    async fn run_on(store: &Self::Store, statements: &str) -> Result<(), sqlx::Error> {
        sqlx::raw_sql(AssertSqlSafe(statements.to_owned())).execute(store.pool()).await.map(drop)
    }

    async fn texts(&self, query: &str) -> Vec<String> {
        sqlx::query_scalar(AssertSqlSafe(query.to_owned())).fetch_all(self.store.pool()).await.unwrap()
    }
}

#[tokio::test]
async fn a_postgres_server_of_the_tests_is_gone_when_its_pipe_is_closed() {
    let Some(server) = server::start(&[]) else { return };
    let options = server.options();
    options.connect().await.unwrap();

    drop(server);

    while options.connect().await.is_ok() {
        tokio::task::yield_now().await;
    }
}
