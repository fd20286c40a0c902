//! Records a payout with the documented `INSERT`, in the merchant's own transaction, and reads what a worker made of it.
//!
//! The key comes from the environment.

use std::borrow::Cow;
use std::time::Duration;

use payments::gateway::PayoutRequest;
use payments::journal::{Column, Intent, JournalKey, JournalKeys};
use payments::payments_core::time::OffsetDateTime;
use payments::{Currency, Money};
use rusqlite::types::Value;
use rusqlite::{Connection, TransactionBehavior, params_from_iter};

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

fn main() -> Result<()> {
    let file = std::env::args().nth(1).ok_or("usage: journal-rusqlite FILE")?;
    let mut connection = Connection::open(file)?;
    // The file is in WAL mode already.
    connection.execute_batch("PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON")?;
    connection.busy_timeout(Duration::from_secs(10))?;

    let keys = JournalKeys::new("2026", JournalKey::from_env()?)?;
    let amount = Money::parse("1200", Currency::INR)?;
    let payout = PayoutRequest::new(REFERENCE, amount, "customer-9", "50100012345678", "HDFC0000053");
    let row = Intent::new("turbopay", payout).row(&keys, OffsetDateTime::now_utc())?;

    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    transaction.execute(
        "INSERT INTO withdrawals (reference, amount, state) VALUES (?1, ?2, 'requested')",
        (REFERENCE, amount.minor()),
    )?;
    transaction.execute(INSERT_INTENT, params_from_iter(row.columns().into_iter().map(value)))?;
    transaction.commit()?;

    print_until_final(&connection)
}

fn value(column: Column<'_>) -> Value {
    match column {
        Column::Integer(number) => number.into(),
        Column::Text(text) => text.map(Cow::into_owned).into(),
        Column::Blob(bytes) => bytes.to_vec().into(),
    }
}

/// Prints the state of the intent, and that of the withdrawal, which the worker's hook writes.
fn print_until_final(connection: &Connection) -> Result<()> {
    let mut last = String::new();
    while !["succeeded", "failed", "refused", "abandoned", "needs_review"].contains(&last.as_str()) {
        let (intent, withdrawal): (String, String) = connection.query_row(
            "SELECT i.state, w.state FROM withdrawals AS w JOIN payments_intents AS i USING (reference)
             WHERE w.reference = ?1",
            [REFERENCE],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )?;
        // The hook runs a little later.
        if intent == withdrawal && intent != last {
            println!("{REFERENCE} is {intent}");
            last = intent;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    Ok(())
}

const REFERENCE: &str = "journal-rusqlite-1";

/// From `docs/journal/schema.md`.
const INSERT_INTENT: &str = "INSERT INTO payments_intents (
    tenant, provider, account, operation, reference, amount, currency, version, key_id, mac, parameters, by_ticket,
    recorded_at, expires_at, due_at, supersedes
) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)";
