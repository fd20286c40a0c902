//! A real PgBouncer in transaction mode, with fewer connections to the server than clients.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use payments_core::gateway::PayoutRequest;
use payments_core::{Currency, Money};
use payments_journal::{Intent, Journal, Store as _};
use payments_journal_sqlx::PostgresStore;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use tokio::task::JoinSet;

use super::engine::{Provider, journal};
use crate::server::{self, Server};

/// A running PgBouncer. It ends with this value, or with the process.
struct PgBouncer {
    directory: PathBuf,
    shell: Child,
}

impl Drop for PgBouncer {
    fn drop(&mut self) {
        drop(self.shell.stdin.take());
        let _ = self.shell.wait();
    }
}

impl PgBouncer {
    /// Starts one that gives all clients together this many connections to the server. `None` if the machine has none.
    fn start(server: &Server, connections: u32) -> Option<Self> {
        let places = ["/usr/sbin", "/usr/bin", "/usr/local/bin"].map(PathBuf::from);
        let Some(program) = places.iter().map(|place| place.join("pgbouncer")).find(|program| program.exists()) else {
            return server::skip("no PgBouncer: install it (Debian: apt-get install pgbouncer)");
        };
        let directory = server::directory(Path::new(server::DIRECTORY)).unwrap().keep();
        let (settings, socket) = (directory.join("pgbouncer.ini"), directory.display());
        let lines = format!(
            "[databases]\n* = host={} user=postgres\n[pgbouncer]\npool_mode = transaction\nauth_type = any\n\
             unix_socket_dir = {socket}\nlisten_addr =\nlisten_port = {PORT}\ndefault_pool_size = {connections}\n\
             max_client_conn = 200\nignore_startup_parameters = extra_float_digits\n",
            server.directory().display(),
        );
        fs::write(&settings, lines).unwrap();
        server::own(&directory).unwrap();
        let mut shell = server::in_shell(&directory, "KILL", program);
        let shell =
            shell.arg(settings).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let pooler = Self { directory, shell };
        let socket = pooler.directory.join(format!(".s.PGSQL.{PORT}"));
        for _ in 0..500 {
            if socket.exists() {
                return Some(pooler);
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        panic!("{}", fs::read_to_string(pooler.directory.join("log")).unwrap_or_default());
    }

    fn options(&self) -> PgConnectOptions {
        let options = PgConnectOptions::new_without_pgpass().socket(&self.directory).port(PORT);
        options.username("postgres").database("postgres")
    }
}

const PORT: u16 = 6432;

/// What went wrong in the flows of a journal.
#[derive(Debug, Default, PartialEq, Eq)]
struct Failures {
    /// A statement failed.
    errors: usize,
    /// A statement returned the rows of another one.
    crossed: usize,
}

/// Runs flows, some at a time: an application's transaction with an intent, then its execution.
async fn run_flows(store: &PostgresStore, provider: &Provider, persistent: bool, count: usize) -> Failures {
    let journal = Arc::new(journal(store.clone(), provider));
    let (errors, crossed) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let mut clients = JoinSet::new();
    let next = Arc::new(AtomicUsize::new(0));
    for _ in 0..CLIENTS {
        let (journal, next) = (Arc::clone(&journal), Arc::clone(&next));
        let (errors, crossed) = (Arc::clone(&errors), Arc::clone(&crossed));
        clients.spawn(async move {
            loop {
                let number = next.fetch_add(1, Ordering::SeqCst);
                if number >= count {
                    return;
                }
                match flow(&journal, persistent, &format!("W_{number}")).await {
                    Ok(true) => {}
                    Ok(false) => _ = crossed.fetch_add(1, Ordering::SeqCst),
                    Err(_) => _ = errors.fetch_add(1, Ordering::SeqCst),
                }
            }
        });
    }
    while let Some(client) = clients.join_next().await {
        client.unwrap();
    }
    Failures { errors: errors.load(Ordering::SeqCst), crossed: crossed.load(Ordering::SeqCst) }
}

/// One flow. False if a statement returned what belongs to another flow.
async fn flow(
    journal: &Journal<PostgresStore>,
    persistent: bool,
    reference: &str,
) -> Result<bool, Box<dyn std::error::Error + Send + Sync>> {
    let mut transaction = journal.store().pool().begin().await?;
    let echo: String = sqlx::query_scalar("SELECT $1::text")
        .bind(reference)
        .persistent(persistent)
        .fetch_one(&mut *transaction)
        .await?;
    let amount = Money::from_minor(250_000, Currency::INR);
    let payout = PayoutRequest::new(reference, amount, "C_1", "50100012345678", "HDFC0000001");
    let ticket = journal.record(&mut transaction, &Intent::new("acme", payout)).await?.ticket();
    transaction.commit().await?;

    let id = ticket.intent();
    // The worker may have been faster, and be at it.
    journal.execute(ticket).await?;
    Ok(echo == reference && journal.store().load(id).await?.row.key.reference == reference)
}

/// More clients than connections, so that each transaction may get another connection.
const CLIENTS: u32 = 32;
const CONNECTIONS: u32 = 8;

/// `PAYMENTS_TESTS_POOLER_FLOWS` sets the number of flows.
#[expect(clippy::disallowed_methods, reason = "tests are configured by variables")]
fn number_of_flows() -> usize {
    std::env::var("PAYMENTS_TESTS_POOLER_FLOWS").map_or(1000, |text| text.parse().unwrap())
}

async fn store(options: PgConnectOptions) -> PostgresStore {
    let pool = PgPoolOptions::new().max_connections(CLIENTS).min_connections(CLIENTS).test_before_acquire(false);
    PostgresStore::new(pool.connect_with(options).await.unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_clients_share_few_connections_without_errors_or_crossed_statements() {
    let Some(server) = server::start(&[]) else { return };
    let Some(pooler) = PgBouncer::start(&server, CONNECTIONS) else { return };
    let direct = PostgresStore::connect(server.options()).await.unwrap();
    direct.migrate().await.unwrap();
    sqlx::raw_sql("CREATE TABLE effects (what TEXT)").execute(direct.pool()).await.unwrap();
    let pooled = store(pooler.options()).await.behind_pooler();

    // A worker sends and delivers through the pooler, too.
    let provider = Provider::default();
    let worker = journal(pooled.clone(), &provider).worker().on_change(|connection, change| {
        let what = format!("{} {}", change.key.reference, change.to);
        let query = sqlx::query("INSERT INTO effects (what) VALUES ($1)").bind(what).persistent(false);
        Box::pin(async move { Ok(query.execute(connection).await.map(drop)?) })
    });
    let failures = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&failures);
    let worker = worker.on_failure(move |_| _ = counter.fetch_add(1, Ordering::SeqCst));
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let worker = tokio::spawn(async move { worker.run(async move { drop(stopped.await) }).await });

    let count = number_of_flows();
    let flows = run_flows(&pooled, &provider, false, count).await;
    assert_eq!(flows, Failures::default());

    let open = "SELECT count(*) FROM payments_intents AS i WHERE state <> 'succeeded' \
        OR EXISTS (SELECT 1 FROM payments_changes AS c WHERE c.intent = i.id AND c.delivered_at IS NULL)";
    while sqlx::query_scalar::<_, i64>(open).fetch_one(direct.pool()).await.unwrap() > 0 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    stop.send(()).unwrap();
    worker.await.unwrap();
    assert_eq!(failures.load(Ordering::SeqCst), 0);
    let sent = provider.sent.lock().unwrap().clone();
    assert_eq!((sent.len(), sent.values().max()), (count, Some(&1)));
    let effects = "SELECT count(*), count(DISTINCT what) FROM effects";
    let count = i64::try_from(count).unwrap();
    let effects: (i64, i64) = sqlx::query_as(effects).fetch_one(direct.pool()).await.unwrap();
    assert_eq!(effects, (count, count));
}

/// Otherwise the test above would show nothing.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn named_statements_fail_behind_a_pooler() {
    let Some(server) = server::start(&[]) else { return };
    let Some(pooler) = PgBouncer::start(&server, CONNECTIONS) else { return };
    PostgresStore::connect(server.options()).await.unwrap().migrate().await.unwrap();

    let failures = run_flows(&store(pooler.options()).await, &Provider::default(), true, 200).await;
    assert!(failures.errors > 0, "{failures:?}");
}
