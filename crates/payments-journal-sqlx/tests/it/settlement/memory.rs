//! The memory of a run does not depend on how much is compared.

use payments_journal::settlement::SettlementStore;

use super::now;
use crate::backend::{Backend, on_both};

#[path = "../../../examples/settlement/load.rs"]
mod load;

on_both! {
    a_statement_of_fifty_thousand_lines_needs_little_memory,
}

const COUNT: i64 = 50_000;

/// For the allocator, caches and statements. All lines and intents together would need more.
const KIBIBYTES: u64 = 32 * 1024;

async fn a_statement_of_fifty_thousand_lines_needs_little_memory(database: impl Backend<Store: SettlementStore>) {
    let (numbers, bytes) = if database.is_sqlite() {
        let numbers = format!(
            "WITH RECURSIVE s (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < {COUNT}) SELECT n FROM s"
        );
        (numbers, "x'01'")
    } else {
        (format!("SELECT n FROM generate_series(1, {COUNT}) AS n"), r"'\x01'::bytea")
    };
    for statement in load::fill(&numbers, bytes, now()) {
        database.sql(&statement).await.unwrap();
    }
    let before = load::memory();

    let progress = load::run(database.store().clone(), load::lines(COUNT, now())).await.unwrap();

    let count = COUNT.unsigned_abs();
    assert_eq!((progress.matched, progress.intents, progress.findings), (count, count, 0), "{progress}");
    // Under nextest, the process runs this test alone.
    if let (Some((before, _)), Some((_, peak))) = (before, load::memory())
        && std::env::args().any(|argument| argument == "--exact")
    {
        assert!(peak < before + KIBIBYTES, "{before} KiB at the start, and {peak} KiB at the peak");
    }
}
