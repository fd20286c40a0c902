//! Compares a statement with as many lines as the journal has intents, and prints the time and the memory.
//!
//! `cargo run --release -p payments-journal-sqlx --all-features --example settlement -- 1000000 /tmp/settlement.db`, or with the URL of an
//! empty PostgreSQL database instead of the file. A second run with the same database compares only.

mod load;

use payments_core::clock::{Clock as _, SystemClock};
use payments_journal_sqlx::{PostgresStore, SqliteStore};
use sqlx::AssertSqlSafe;

#[tokio::main]
#[expect(clippy::print_stdout, reason = "the figures are the output")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let count: i64 = arguments.next().ok_or("the number of intents is missing")?.parse()?;
    let database = arguments.next().ok_or("the file or the URL of the database is missing")?;
    let clock = SystemClock::new();
    let now = clock.now();
    let (progress, seconds, before) = if database.contains("://") {
        let store = PostgresStore::connect(database.parse()?).await?;
        store.migrate().await?;
        let is_new = sqlx::raw_sql("SELECT 1 FROM payments_intents LIMIT 1").fetch_all(store.pool()).await?.is_empty();
        let numbers = format!("SELECT n FROM generate_series(1, {count}) AS n");
        for statement in load::fill(&numbers, r"'\x01'::bytea", now).into_iter().filter(|_| is_new) {
            sqlx::raw_sql(AssertSqlSafe(statement)).execute(store.pool()).await?;
        }
        let (before, start) = (load::memory(), clock.monotonic());
        (load::run(store, load::lines(count, now)).await?, clock.monotonic() - start, before)
    } else {
        let store = SqliteStore::open(&database).await?;
        store.migrate().await?;
        let is_new = sqlx::raw_sql("SELECT 1 FROM payments_intents LIMIT 1").fetch_all(store.pool()).await?.is_empty();
        let numbers = format!(
            "WITH RECURSIVE s (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < {count}) SELECT n FROM s"
        );
        for statement in load::fill(&numbers, "x'01'", now).into_iter().filter(|_| is_new) {
            sqlx::raw_sql(AssertSqlSafe(statement)).execute(store.pool()).await?;
        }
        let (before, start) = (load::memory(), clock.monotonic());
        (load::run(store, load::lines(count, now)).await?, clock.monotonic() - start, before)
    };
    println!("{progress}");
    println!("{seconds:.1?}");
    if let (Some((before, peak_before)), Some((_, peak))) = (before, load::memory()) {
        println!("{before} KiB at the start, the peak before was {peak_before} KiB, the peak now is {peak} KiB");
    }
    Ok(())
}
