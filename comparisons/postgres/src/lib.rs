//! A PostgreSQL server of a program's own, from the machine's programs. It ends with the program.

use std::path::Path;

use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{AssertSqlSafe, ConnectOptions as _};

// It stays with the tests of a published crate, whose archive must compile.
#[path = "../../../crates/payments-journal-sqlx/tests/it/server.rs"]
#[expect(dead_code, reason = "the tests use the rest")]
mod server;

/// A server whose commits are durable. Its files are on a disk.
pub struct Server(server::Server);

impl Server {
    /// Starts a server with these settings, such as `log_statement=all`. The error says how to install PostgreSQL.
    pub fn start(settings: &[&str]) -> Result<Self, String> {
        let settings = [&["max_connections=300", "max_wal_size=1GB", "checkpoint_timeout=1h"], settings].concat();
        let server = server::Server::start(Path::new(ON_DISK), &settings);
        server.map(Self).map_err(|problem| format!("no PostgreSQL: {problem}: {}", server::HOW_TO))
    }

    /// Creates a database, and checks that a commit in it is durable.
    pub async fn create(&self, name: &str) -> PgConnectOptions {
        let mut connection: PgConnection = self.0.options().connect().await.unwrap();
        sqlx::raw_sql(AssertSqlSafe(format!("CREATE DATABASE {name}"))).execute(&mut connection).await.unwrap();
        let options = self.0.options().database(name);
        let mut connection: PgConnection = options.connect().await.unwrap();
        for setting in ["fsync", "synchronous_commit", "full_page_writes"] {
            let value =
                sqlx::query_scalar::<_, String>("SELECT current_setting($1)").bind(setting).fetch_one(&mut connection);
            assert_eq!(value.await.unwrap(), "on", "{setting}");
        }
        options
    }

    /// Where its socket is.
    pub fn directory(&self) -> &Path {
        self.0.directory()
    }

    /// What it has logged.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.0.directory().join("log")).unwrap()
    }
}

/// Unlike `/tmp`, it survives a restart of the machine, so it is not in memory.
const ON_DISK: &str = "/var/tmp";
