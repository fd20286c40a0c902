//! A `PostgreSQL` server of the stage's own, from the machine's programs.

use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};

use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{AssertSqlSafe, ConnectOptions as _};

use crate::Failed;

// It stays with the tests of a published crate, whose archive must compile.
#[path = "../../../crates/payments-journal-sqlx/tests/it/server.rs"]
#[expect(dead_code, reason = "the other tests use the rest")]
#[expect(
    clippy::panic,
    clippy::print_stderr,
    reason = "a test fails by panicking, and a skipped one says how to run it"
)]
mod server;

/// A server. It ends with this value, and with this process.
#[derive(Debug)]
pub struct Server {
    options: PgConnectOptions,
    /// `None` for a server that others use, too.
    _own: Option<server::Server>,
}

impl Server {
    /// Starts a server. Uses the one that `PAYMENTS_TEST_POSTGRES` names instead.
    ///
    /// # Errors
    ///
    /// Returns the problem, and how to install `PostgreSQL`.
    pub fn start() -> Result<Self, Failed> {
        if let Some(options) = server::existing() {
            return Ok(Self { options, _own: None });
        }
        let own = server::Server::start(Path::new(server::DIRECTORY), &[]);
        let own = own.map_err(|problem| Failed::new(format!("no PostgreSQL: {problem}: {}", server::HOW_TO)))?;
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

    /// Creates a database for one stage.
    pub(crate) async fn create(&self) -> Result<PgConnectOptions, Failed> {
        static CREATED: AtomicU32 = AtomicU32::new(0);
        let number = CREATED.fetch_add(1, Ordering::Relaxed);
        // A server that existed before keeps the databases of earlier runs.
        let name = format!("shop_{}_{number}", std::process::id());
        let mut connection: PgConnection = self.options.connect().await?;
        sqlx::raw_sql(AssertSqlSafe(format!("CREATE DATABASE {name}"))).execute(&mut connection).await?;
        Ok(self.options.clone().database(&name))
    }
}

/// The URL of a database for the shop.
pub(crate) fn url(options: &PgConnectOptions) -> String {
    let mut url = options.to_url_lossy();
    // Its names are sqlx's own.
    url.set_query(None);
    url.into()
}
