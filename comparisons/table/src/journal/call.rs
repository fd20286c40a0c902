//! Compares a journaled payout with the same payout and as many bare commits.

use std::process::Command;

use payments_core::gateway::PayOut as _;
use payments_journal::State;
use payments_journal_sqlx::SqliteStore;
use sqlx::Connection as _;
use sqlx::sqlite::SqliteConnection;

use super::bare::{Bare, Pages};
use super::{assert_executed, client, journal, payout, record_on, runtime, sandbox, server};
use crate::side_by_side::medians;
use crate::{child, output_of, report};

pub fn measure() {
    compare("journal-call");
}

/// Measures the same under strace, which makes each sync take as long as on a disk that keeps it through a loss of power.
pub fn measure_with_slow_syncs() {
    if Command::new("strace").arg("--version").output().is_err() {
        eprintln!("`journal-call-slow-sync` was skipped: `apt-get install strace`");
        return;
    }
    let mut traced = Command::new("strace");
    traced.args(["--follow-forks", "--seccomp-bpf", "--output=/dev/null", "--trace=fsync,fdatasync"]);
    traced.args(["--inject=fsync,fdatasync:delay_enter=1000"]);
    let child = child(&["journal-call-slow-sync"]);
    traced.arg(child.get_program()).args(child.get_args());
    print!("{}", output_of(traced));
}

/// The part of the child process that strace traces.
pub fn measure_traced() {
    compare("journal-call-slow-sync");
}

fn compare(row: &str) {
    let (server, runtime) = (server(), runtime());
    let sandbox = server.block_on(sandbox());
    let client = client(&sandbox);
    let directory = tempfile::tempdir().unwrap();
    let Pages(pages) = runtime.block_on(Pages::of_a_call(&client));
    let executed = sandbox.ledger().executions("turbopay.withdraw");
    let path = directory.path().join("journal.db");
    let journal = runtime.block_on(journal(&path, &client));
    // The application's own connection, as on the other side.
    let mut application = runtime.block_on(SqliteConnection::connect_with(&SqliteStore::options(&path))).unwrap();
    let mut bare = runtime.block_on(Bare::open(&directory.path().join("bare.db")));
    let (mut our_number, mut their_number) = (0, 0);
    let mut ours = || {
        our_number += 1;
        runtime.block_on(async {
            let ticket = record_on(&mut application, &journal, &format!("journaled-{our_number}")).await;
            // Accepted, and the result is stored.
            assert_eq!(journal.execute(ticket).await.unwrap().state, State::Pending);
        });
    };
    let mut theirs = || {
        their_number += 1;
        runtime.block_on(async {
            let [intent, claim, result] = pages;
            bare.commit(intent).await;
            bare.commit(claim).await;
            client.pay_out(&payout(&format!("bare-{their_number}"))).await.unwrap();
            bare.commit(result).await;
        });
    };

    let (our_time, their_time) = medians(ROUNDS, CALLS, &mut ours, &mut theirs);
    assert_executed(&sandbox, executed + our_number + their_number);
    report(row, "ns", our_time, their_time);
    server.block_on(async { sandbox.abandon() });
}

const ROUNDS: usize = 41;
const CALLS: u32 = 20;
