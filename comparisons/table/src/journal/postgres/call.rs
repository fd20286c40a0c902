//! Compares a journaled payout with the same payout and as many bare commits.

use payments_core::gateway::PayOut as _;
use payments_journal::State;
use sqlx::ConnectOptions as _;

use super::super::{assert_executed, client, gateway, patient, payout, runtime, sandbox, server};
use super::bare::{Bare, SAMPLES, written};
use super::{open, record, start};
use crate::report;
use crate::side_by_side::medians;

pub fn measure() {
    measure_on("postgres-call", &[]);
}

/// Measures the same where each commit waits before its sync, as on a disk that keeps what it has synced through a loss of power.
pub fn measure_with_slow_syncs() {
    measure_on("postgres-call-slow-sync", &["commit_delay=1000", "commit_siblings=0"]);
}

fn measure_on(row: &str, settings: &[&str]) {
    let Some(postgres) = start(row, settings) else { return };
    let (server, runtime) = (server(), runtime());
    let sandbox = server.block_on(sandbox());
    let client = client(&sandbox);
    let options = runtime.block_on(postgres.create("journal"));
    let gateway = gateway(client.clone()).looks_up(client.clone());
    let journal = runtime.block_on(open(options.clone(), gateway, patient()));
    // The application's own connections, one on each side.
    let connect = || runtime.block_on(options.connect()).unwrap();
    let (mut application, mut other) = (connect(), connect());
    let (mut our_number, mut their_number) = (0, 0);
    let mut ours = || {
        our_number += 1;
        runtime.block_on(async {
            let ticket = record(&mut application, &journal, &format!("journaled-{our_number}")).await;
            // Accepted, and the result is stored.
            assert_eq!(journal.execute(ticket).await.unwrap().state, State::Pending);
        });
    };
    // The journal commits three times: the intent, the claim, the result.
    (0..SAMPLES).for_each(|_| ours());
    let before = runtime.block_on(written(&mut other));
    (0..SAMPLES).for_each(|_| ours());
    let bytes_per_commit = (runtime.block_on(written(&mut other)) - before) / SAMPLES / 3;
    let mut bare = runtime.block_on(Bare::new(other, bytes_per_commit));
    let mut theirs = || {
        their_number += 1;
        runtime.block_on(async {
            bare.commit().await;
            bare.commit().await;
            client.pay_out(&payout(&format!("bare-{their_number}"))).await.unwrap();
            bare.commit().await;
        });
    };

    let (our_time, their_time) = medians(ROUNDS, CALLS, &mut ours, &mut theirs);
    assert_executed(&sandbox, our_number + their_number);
    report(row, "ns", our_time, their_time);
    server.block_on(async { sandbox.abandon() });
}

const ROUNDS: usize = 41;
const CALLS: u32 = 20;
