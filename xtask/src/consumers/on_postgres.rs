//! What is expected of the merchants on PostgreSQL.

use std::time::Duration;

use super::{Built, JOURNAL_KEY, executions, is_executed, pays, start_worker, with_keys};
use crate::process::{Failure, Run};
use crate::sandbox::{Addresses, Process};

/// The process is killed after TurboPay has executed the payout, and before it responds. The next process finds out.
pub(super) fn journal_postgres(built: &Built<'_>, sandbox: &Addresses) -> Result<(), Failure> {
    const REFERENCE: &str = "journal-postgres-1";
    let withdraw = |reference: &str, customer: &str| {
        with_keys(built.run().args(["withdraw", &sandbox.turbopay.base_url, reference, customer]), sandbox)
    };
    let foreign_key = "journal-postgres-2 was rolled back: error returned from database: insert or update on table \"withdrawals\" \
                       violates foreign key constraint";
    prints(withdraw("journal-postgres-2", "nobody"), &[foreign_key, "; recorded: false\n"])?;

    let fault = format!(r#"{{"spec": "turbopay.withdraw order={REFERENCE} @after-commit stall"}}"#);
    sandbox.control("POST", "/faults", &fault)?;
    let killed = Process(withdraw(REFERENCE, "customer-9").spawn()?);
    wait_until_executed(REFERENCE, sandbox)?;
    drop(killed);
    sandbox.control("POST", &format!("/turbopay/orders/{REFERENCE}/success"), "{}")?;
    let before = format!("{REFERENCE} was recorded before: sending\n");
    let booked = format!("{REFERENCE} was booked: unknown, succeeded\n");
    prints(withdraw(REFERENCE, "customer-9"), &[&before, &booked])?;
    is_executed(REFERENCE, 1, sandbox)?;
    is_executed("journal-postgres-2", 0, sandbox)
}

/// The merchant records payouts with tokio-postgres, while a worker runs in another process.
pub(super) fn journal_tokio_postgres(built: &Built<'_>, sandbox: &Addresses) -> Result<(), Failure> {
    let worker = Built { name: "journal-postgres", ..*built };
    let _worker = start_worker(with_keys(worker.run().args(["work", &sandbox.turbopay.base_url]), sandbox))?;
    let expected = [
        "journal-tokio-postgres-1 is recorded",
        "journal-tokio-postgres-1 is recorded already, the same",
        "journal-tokio-postgres-1 is recorded already, as something else",
        "journal-tokio-postgres-2 was rolled back: 0 rows",
        "journal-tokio-postgres-3 is intended: a value that was sealed with the key `2026` was changed, belongs to another row, or was \
         sealed with another key of this id",
    ];
    let merchant = built.run().env("PAYMENTS_JOURNAL_KEY", JOURNAL_KEY);
    pays(merchant, "journal-tokio-postgres-1", &expected, sandbox)?;
    is_executed("journal-tokio-postgres-1", 1, sandbox)?;
    is_executed("journal-tokio-postgres-2", 0, sandbox)?;
    is_executed("journal-tokio-postgres-3", 0, sandbox)
}

fn prints(merchant: Run, expected: &[&str]) -> Result<(), Failure> {
    let output = merchant.read()?;
    print!("{output}");
    match expected.iter().find(|expected| !output.contains(**expected)) {
        Some(missing) => Err(Failure::new(format!("{missing:?} is not in {output:?}"))),
        None => Ok(()),
    }
}

fn wait_until_executed(reference: &str, sandbox: &Addresses) -> Result<(), Failure> {
    for _ in 0..1_500 {
        if executions(reference, sandbox)? > 0 {
            return Ok(());
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    Err(Failure::new(format!("{reference} was not executed")))
}
