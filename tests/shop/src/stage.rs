//! The sandbox with the shop beside it.

mod environment;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use payments_sandbox::{Clock, Sandbox};
use payments_test_postgres::Server;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::Failed;
use crate::books::{Books, Database};
use crate::process::{Shop, Variant, program};

pub use environment::OFFICE_PASSWORD;

/// A running sandbox, and the shop as a child process.
///
/// [`finish`](Stage::finish) ends both and fails the test if the sandbox saw a mistake; [`abandon`](Stage::abandon) only ends
/// them.
#[derive(Debug)]
pub struct Stage {
    /// Dropped first, so that no request arrives at a sandbox that is gone.
    shops: Vec<Shop>,
    sandbox: Sandbox,
    database: Database,
    /// The tur.bo links that the stage has created, the oldest first.
    links: Vec<String>,
    folder: TempDir,
    _server: Option<Server>,
}

/// Configures and starts a [`Stage`].
#[derive(Debug)]
#[must_use = "a builder does nothing until `start` is called"]
pub struct Builder {
    program: Option<PathBuf>,
    sandbox: payments_sandbox::Builder,
    port: u16,
    environment: Vec<(String, String)>,
    echoes: bool,
    postgres: Option<Server>,
}

impl Builder {
    /// Sets the shop's program. Default: [`program`].
    pub fn program(mut self, program: impl Into<PathBuf>) -> Self {
        self.program = Some(program.into());
        self
    }

    /// Sets the seed of the sandbox's random values. Default: 1.
    pub fn seed(self, seed: u64) -> Self {
        self.sandbox(|sandbox| sandbox.seed(seed))
    }

    /// Sets the sandbox's clock, which the shop follows. Default: [`Clock::running`], which can be advanced.
    ///
    /// The shop is never behind this machine's time, so advance a manual clock to the present first.
    pub fn clock(self, clock: Clock) -> Self {
        self.sandbox(|sandbox| sandbox.clock(clock))
    }

    /// Configures the sandbox: its port, its providers, its faults.
    pub fn sandbox(mut self, configure: impl FnOnce(payments_sandbox::Builder) -> payments_sandbox::Builder) -> Self {
        self.sandbox = configure(self.sandbox);
        self
    }

    /// Sets the shop's port. Default: 0, which picks a free one.
    pub fn port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// Sets an environment variable of the shop, in place of the stage's own.
    pub fn env(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.environment.push((name.into(), value.into()));
        self
    }

    /// Prints the shop's output to the standard error.
    pub fn echo(mut self) -> Self {
        self.echoes = true;
        self
    }

    /// Runs two processes of the shop on one database of this server. The second one's port is 10 higher.
    pub fn postgres(mut self, server: Server) -> Self {
        self.postgres = Some(server);
        self
    }

    /// Starts the sandbox and the shop, with an empty database.
    ///
    /// # Errors
    ///
    /// Returns an error if the shop is not built, a port is in use, or the shop does not start.
    pub async fn start(self) -> Result<Stage, Failed> {
        let folder = TempDir::with_prefix("payments-shop-")?;
        let (variant, database, address) = match &self.postgres {
            None => {
                let file = folder.path().join("shop.db");
                let address = file.to_string_lossy().into_owned();
                (Variant::Sqlite, Database::Sqlite(file), address)
            }
            Some(server) => {
                let options = server.create(&database_name(), None).await?;
                let address = payments_test_postgres::url(&options);
                (Variant::Postgres, Database::Postgres(Box::new(options)), address)
            }
        };
        let program = self.program.map_or_else(|| program(variant), Ok)?;
        let sandbox = self.sandbox.try_start().await.map_err(|error| Failed::new(error.to_string()))?;
        let mut shops = Vec::new();
        // One after the other, because each creates the tables that are missing.
        for number in 0..if variant == Variant::Postgres { 2 } else { 1 } {
            let port = if self.port == 0 { free_port()? } else { self.port + 10 * number };
            // Later variables win.
            let environment = [environment::of(&sandbox, &address, port), self.environment.clone()].concat();
            let shop = Shop::new(program.clone(), port, environment, self.echoes);
            if let Err(failed) = shop.start().await {
                sandbox.abandon();
                return Err(failed);
            }
            shops.push(shop);
        }
        let port = shops[0].port();
        let webhooks = format!("http://127.0.0.1:{port}/webhooks");
        sandbox.turratech().send_events_to(&format!("{webhooks}/turratech"));
        sandbox.turbo_txn().send_callbacks_to(&format!("{webhooks}/turbo-txn"));
        let links = LINKS.map(|amount| sandbox.turbo_link().create(amount)).to_vec();
        Ok(Stage { shops, sandbox, database, links, folder, _server: self.postgres })
    }
}

impl Stage {
    /// Returns a builder with default settings.
    pub fn builder() -> Builder {
        Builder {
            program: None,
            sandbox: Sandbox::builder().clock(Clock::running()).record_contents(),
            port: 0,
            environment: Vec::new(),
            echoes: false,
            postgres: None,
        }
    }

    /// The sandbox: its ledger, its clock, its faults, and the actions of banks and customers.
    #[must_use]
    pub fn sandbox(&self) -> &Sandbox {
        &self.sandbox
    }

    /// The shop's process. Of two processes, the first one.
    #[must_use]
    pub fn shop(&self) -> &Shop {
        &self.shops[0]
    }

    /// All processes of the shop.
    #[must_use]
    pub fn shops(&self) -> &[Shop] {
        &self.shops
    }

    /// The shop's address for a browser: `http://localhost:3000`.
    #[must_use]
    pub fn url(&self) -> String {
        self.shop().url()
    }

    /// The ids of the tur.bo links that the stage has created, the oldest first.
    #[must_use]
    pub fn links(&self) -> &[String] {
        &self.links
    }

    /// The directory with the shop's database, `shop.db`. It is removed at the end.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The shop's database.
    #[must_use]
    pub fn database(&self) -> &Database {
        &self.database
    }

    /// Kills the shop's (first) process with SIGKILL, and returns when it is gone.
    pub fn kill(&self) {
        self.shop().kill();
    }

    /// Starts the shop's (first) process again, on the same database and port.
    ///
    /// # Errors
    ///
    /// Returns an error with the shop's last lines if it runs already or does not start.
    pub async fn start(&self) -> Result<(), Failed> {
        self.shop().start().await
    }

    /// Adds a fault to the sandbox, and returns its number.
    ///
    /// # Panics
    ///
    /// Panics if the fault is invalid.
    #[track_caller]
    pub fn arm(&self, fault: &str) -> u64 {
        let response = self.sandbox.control("POST", "/faults", &json!({"spec": fault}).to_string());
        serde_json::from_str::<Value>(&response).ok().and_then(|added| added["number"].as_u64()).unwrap_or_default()
    }

    /// Stalls the response of the next call of an operation, such as `turbopay.withdraw`, and kills the shop when the provider has
    /// executed it. Returns when the shop is gone.
    ///
    /// Waits until such a call is executed. If this future is dropped, the stall stays.
    ///
    /// # Panics
    ///
    /// Panics if there is no such operation.
    #[track_caller]
    pub fn kill_when_executed<'a>(&'a self, operation: &'a str) -> impl Future<Output = ()> + use<'a> {
        let before = self.sandbox.ledger().entries().len();
        self.arm(&stall(operation));
        async move {
            self.executed_after(before, operation).await;
            self.shop().kill();
        }
    }

    /// Waits until the ledger has an entry of this operation after its first `before` entries.
    pub(crate) async fn executed_after(&self, before: usize, operation: &str) {
        while !self.sandbox.ledger().entries()[before..].iter().any(|entry| entry.operation == operation) {
            tokio::time::sleep(STEP).await;
        }
    }

    /// Compares what the shop believes with the ledger. The shop need not run.
    ///
    /// # Errors
    ///
    /// Returns an error if the shop's database cannot be read.
    pub async fn books(&self) -> Result<Books, Failed> {
        Books::compare(&self.sandbox, &self.database).await
    }

    /// Compares until the books satisfy a condition, and returns them. The caller limits how long that may take.
    ///
    /// # Errors
    ///
    /// Returns an error if the shop's database cannot be read.
    pub async fn books_when(&self, mut is_met: impl FnMut(&Books) -> bool) -> Result<Books, Failed> {
        loop {
            let books = self.books().await?;
            if is_met(&books) {
                return Ok(books);
            }
            tokio::time::sleep(BOOKS_STEP).await;
        }
    }

    /// Ends the shop and the sandbox.
    ///
    /// # Panics
    ///
    /// Panics if an order was executed or paid twice, a fault never occurred, or a redirect was followed.
    #[track_caller]
    pub fn finish(self) {
        self.shops.iter().for_each(Shop::kill);
        self.sandbox.finish();
    }

    /// Ends the shop and the sandbox, without any assertion.
    pub fn abandon(self) {
        self.shops.iter().for_each(Shop::kill);
        self.sandbox.abandon();
    }
}

/// The fault that executes the next call of an operation and never responds.
pub(crate) fn stall(operation: &str) -> String {
    format!("{operation} @after-commit stall")
}

/// Names a database. A server that existed before keeps those of earlier runs.
fn database_name() -> String {
    static CREATED: AtomicU32 = AtomicU32::new(0);
    format!("shop_{}_{}", std::process::id(), CREATED.fetch_add(1, Ordering::Relaxed))
}

/// Returns a port that no outgoing connection gets, also while the shop is dead: systems use higher ones for these.
fn free_port() -> Result<u16, Failed> {
    static TRIED: AtomicU32 = AtomicU32::new(0);
    for _ in PORTS {
        // Programs that run at the same time begin at different ports.
        let tried = TRIED.fetch_add(1, Ordering::Relaxed).wrapping_add(std::process::id().wrapping_mul(101));
        let count = u32::from(PORTS.end - PORTS.start);
        let port = PORTS.start + u16::try_from(tried % count).unwrap_or_default();
        if std::net::TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return Ok(port);
        }
    }
    Err(Failed::new("no port is free for the shop"))
}

const PORTS: std::ops::Range<u16> = 20_000..32_000;

/// The amounts of the tur.bo links, in dollars.
const LINKS: [&str; 2] = ["12.50", "40.00"];

/// A killed shop must not see the response, so this is shorter than any request's timeout.
const STEP: Duration = Duration::from_millis(2);
const BOOKS_STEP: Duration = Duration::from_millis(50);
