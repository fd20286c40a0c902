//! A `PostgreSQL` server of a command's own, from the machine's programs.

use std::path::Path;
use std::process::Command;

use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{AssertSqlSafe, ConnectOptions as _};

// It stays with the tests of a published crate, whose archive must compile.
#[path = "../../../crates/payments-journal-sqlx/tests/it/server.rs"]
#[expect(dead_code, reason = "the other tests use the rest")]
#[expect(
    clippy::panic,
    clippy::print_stderr,
    reason = "a test fails by panicking, and a skipped one says how to run it"
)]
mod server;

/// A server for one command or one test. It ends with it.
#[derive(Debug)]
pub struct Server {
    options: PgConnectOptions,
    /// `None` for a server that existed before.
    _own: Option<server::Server>,
}

impl Server {
    /// Starts a server, with its files in memory if there is room. Uses the one that `PAYMENTS_TEST_POSTGRES` names instead.
    ///
    /// # Errors
    ///
    /// Returns the problem, and how to install `PostgreSQL`.
    pub fn start() -> Result<Self, String> {
        if let Some(options) = server::existing() {
            return Ok(Self { options, _own: None });
        }
        let memory = Path::new("/dev/shm");
        let place = if free_kibibytes(memory) > MUCH { memory } else { Path::new(server::DIRECTORY) };
        let own = server::Server::start(place, &["max_connections=300", "max_wal_size=128MB"]);
        let own = own.map_err(|problem| format!("no PostgreSQL: {problem}: {}", server::HOW_TO))?;
        Ok(Self { options: own.options(), _own: Some(own) })
    }

    /// A server for tests. `None` if the machine has none: then the test is skipped.
    ///
    /// # Panics
    ///
    /// Panics instead of skipping if `PAYMENTS_TESTS_REQUIRE_POSTGRES` is set.
    #[must_use]
    pub fn of_test() -> Option<Self> {
        server::shared().map(|options| Self { options, _own: None })
    }

    /// Creates a database, as a copy of the template if there is one.
    ///
    /// # Errors
    ///
    /// Returns an error of the server.
    pub async fn create(&self, name: &str, template: Option<&str>) -> Result<PgConnectOptions, sqlx::Error> {
        let template = template.map(|template| format!(" TEMPLATE {template}")).unwrap_or_default();
        self.run(format!("CREATE DATABASE {name}{template}")).await?;
        Ok(self.options.clone().database(name))
    }

    /// Drops a database, although a killed process may still be connected to it.
    ///
    /// # Errors
    ///
    /// Returns an error of the server.
    pub async fn drop(&self, name: &str) -> Result<(), sqlx::Error> {
        self.run(format!("DROP DATABASE {name} WITH (FORCE)")).await
    }

    async fn run(&self, statement: String) -> Result<(), sqlx::Error> {
        let mut connection: PgConnection = self.options.connect().await?;
        sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut connection).await.map(drop)
    }
}

/// The URL of a database, for any library: its query, which has names of sqlx's own, is left out.
#[must_use]
pub fn url(options: &PgConnectOptions) -> String {
    let mut url = options.to_url_lossy();
    url.set_query(None);
    url.into()
}

/// Two gibibytes.
const MUCH: u64 = 2 << 20;

fn free_kibibytes(directory: &Path) -> u64 {
    let output = Command::new("df").arg("-Pk").arg(directory).output().ok();
    let free = output.and_then(|output| {
        let text = String::from_utf8(output.stdout).ok()?;
        text.lines().last()?.split_whitespace().nth(3)?.parse().ok()
    });
    free.unwrap_or(0)
}
