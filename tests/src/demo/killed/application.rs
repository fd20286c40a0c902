//! Two applications that pay one order out. The demo starts them as processes of their own, and kills them.

use std::io::Write as _;
use std::path::Path;
use std::time::Duration;

use payments_core::gateway::PayoutRequest;
use payments_core::transport::reqwest::ReqwestTransport;
use payments_journal::{Account, Gateway, Intent, Journal, JournalKey, JournalKeys, Recorded, Settings};
use payments_journal_sqlx::SqliteStore;
use sqlx::sqlite::{SqliteConnection, SqlitePool, SqlitePoolOptions};
use turbopay::{Currency, Money, Traffic};

use crate::demo::{Failed, plain_http};

/// The demo's hidden command that starts an application.
pub const COMMAND: &str = "application";
pub(super) const NAIVE: &str = "naive";
pub(super) const JOURNALED: &str = "journaled";

/// Starts an application: its name, its database, and TurboPay's URL and key.
///
/// # Errors
///
/// Returns an error if the arguments are wrong, or if the application fails.
pub async fn run(arguments: &[String]) -> Result<(), Failed> {
    let [name, database, url, key] = arguments else {
        return Err("expected: application NAME DATABASE URL KEY".into());
    };
    let options = SqliteStore::options(Path::new(database));
    let pool = SqlitePoolOptions::new().connect_with(options).await?;
    sqlx::raw_sql(ORDERS).execute(&pool).await?;
    match name.as_str() {
        NAIVE => naive(&pool, url, key).await,
        JOURNALED => journaled(&pool, url, key).await,
        other => Err(format!("unknown application `{other}`").into()),
    }
}

/// The order table, with one order to pay out.
const ORDERS: &str =
    "CREATE TABLE IF NOT EXISTS orders (id TEXT PRIMARY KEY, tries INTEGER NOT NULL, state TEXT NOT NULL);
    INSERT OR IGNORE INTO orders VALUES ('payout-8', 0, 'open')";

/// Pays each open order, and marks it as paid after the response. A new try gets a new reference.
async fn naive(pool: &SqlitePool, url: &str, key: &str) -> Result<(), Failed> {
    let open: Vec<(String, i64)> =
        sqlx::query_as("SELECT id, tries + 1 FROM orders WHERE state = 'open'").fetch_all(pool).await?;
    for (id, tries) in open {
        say(&format!("the order table: {id} is open"));
        sqlx::query("UPDATE orders SET tries = ? WHERE id = ?").bind(tries).bind(&id).execute(pool).await?;
        say(&format!("POST /withdraw/new {id}-try-{tries}"));
        let status = plain_http::withdraw(&format!("{url}/withdraw/new"), key, &format!("{id}-try-{tries}")).await?;
        sqlx::query("UPDATE orders SET state = 'paid' WHERE id = ?").bind(&id).execute(pool).await?;
        say(&format!("-> {status}: \"paid\""));
    }
    Ok(())
}

/// Records the payout, sends it if it is new, and lets a worker find out what became of it.
async fn journaled(pool: &SqlitePool, url: &str, key: &str) -> Result<(), Failed> {
    let store = SqliteStore::new(pool.clone());
    store.migrate().await?;
    let journal = journal(store, url, key)?;

    let amount = Money::from_minor(50_000, Currency::INR);
    let payout = PayoutRequest::new("payout-8", amount, "customer-9", "065432123456789", "HDFC0000053");
    let mut transaction = pool.begin_with("BEGIN IMMEDIATE").await?;
    let recorded = journal.record(&mut transaction, &Intent::new("turbopay", payout)).await?;
    transaction.commit().await?;
    match recorded {
        Recorded::New(ticket) => {
            say("record payout-8, then execute");
            journal.execute(ticket).await?;
        }
        Recorded::Existing(_, state) => say(&format!("record payout-8: exists, {state}")),
    }

    let worker = journal.worker().on_change(|connection: &mut SqliteConnection, change| {
        Box::pin(async move {
            say(&format!("the worker: {} -> {}", change.from, change.to));
            let update = sqlx::query("UPDATE orders SET state = ? WHERE id = ?");
            update.bind(change.to.as_str()).bind(&change.key.reference).execute(connection).await?;
            Ok(())
        })
    });
    worker.run(is_paid(pool)).await;
    say("the order table: payout-8 is paid");
    Ok(())
}

fn journal(store: SqliteStore, url: &str, key: &str) -> Result<Journal<SqliteStore>, Failed> {
    let transport = ReqwestTransport::builder().connect_timeout(Duration::from_millis(500)).build()?;
    let client = turbopay::Client::builder(turbopay::ApiKey::new(key)?)
        .transport(transport)
        .base_url(url)
        .status_url("http://127.0.0.1:9/status")
        .traffic(Traffic::Standard)
        .build()?;
    let gateway = Gateway::new(Account::at("turbopay"), &turbopay::Client::capabilities());
    let mut settings = Settings::default();
    // The lease of the killed process lasts two seconds instead of 90. A call must take longer than connecting.
    settings.call_timeout = Duration::from_secs(1);
    settings.lease_margin = Duration::from_secs(1);
    let keys = JournalKeys::new("demo", JournalKey::new("0f1e2d3c4b5a69788796a5b4c3d2e1f0")?)?;
    let builder = Journal::builder(store, keys).gateway(gateway.pays_out(client.clone()).looks_up(client));
    Ok(builder.settings(settings).build()?)
}

/// Returns once the order is paid.
async fn is_paid(pool: &SqlitePool) {
    let count = || sqlx::query_scalar("SELECT COUNT(*) FROM orders WHERE state = 'succeeded'").fetch_one(pool);
    while !matches!(count().await, Ok(1_i64)) {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Prints a step for the demo, which reads it also after a kill.
fn say(step: &str) {
    // The demo is the only reader. If it is gone, nobody needs the step.
    let _ = writeln!(std::io::stdout(), "{step}");
}
