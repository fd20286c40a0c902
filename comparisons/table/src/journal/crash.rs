//! Measures the time from a crash until the journal knows what became of the orders, which the provider has.

use std::path::Path;
use std::time::{Duration, Instant};

use payments_core::transport::reqwest::ReqwestTransport;
use payments_journal::{Settings, State};
use payments_sandbox::Sandbox;
use payments_sandbox::turbopay::Settle;
use tokio::runtime::Runtime;

use super::{SqliteJournal, assert_executed, client_builder, gateway, open, record, runtime, server, settings};
use crate::report;

pub fn measure() {
    let server = server();
    let mut times = Vec::new();
    for _ in 0..CRASHES {
        let builder = Sandbox::builder().seed(7).turbopay(settings(Settle::AtOnce));
        let sandbox = server.block_on(builder.start());
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("journal.db");
        sandbox.fault("turbopay.withdraw#* @after-commit stall");
        let crash = crash(&path, &sandbox);
        times.extend(runtime().block_on(recover(&path, &sandbox, crash)));
        assert_executed(&sandbox, ORDERS);
        server.block_on(async { sandbox.abandon() });
    }
    times.sort_unstable();
    let micros = |time: Duration| u64::try_from(time.as_micros()).unwrap();
    report("journal-crash", "us", micros(times[times.len() * 99 / 100]), micros(LEASE));
}

/// Ends a process, as it were, while it waits for its responses. Returns when.
fn crash(path: &Path, sandbox: &Sandbox) -> Instant {
    let crashing = Runtime::new().unwrap();
    crashing.block_on(async {
        let journal = journal(path, sandbox).await;
        for number in 0..ORDERS {
            let ticket = record(&journal, &format!("crashed-{number}")).await;
            let journal = journal.clone();
            tokio::spawn(async move { drop(journal.execute(ticket).await) });
        }
        while sandbox.ledger().executions("turbopay.withdraw") < ORDERS {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    });
    let crash = Instant::now();
    // Nothing of it runs on, and nothing more is stored.
    crashing.shutdown_background();
    crash
}

/// Lets a new process look the orders up. Returns how long after the crash it knew each.
async fn recover(path: &Path, sandbox: &Sandbox, crash: Instant) -> Vec<Duration> {
    let journal = journal(path, sandbox).await;
    let (sender, mut receiver) = tokio::sync::mpsc::unbounded_channel();
    let worker = journal.worker().on_change(move |_, change| {
        // Found: TurboPay has executed it, whether or not the bank has.
        if change.from == State::Unknown {
            assert!(matches!(change.to, State::Pending | State::Succeeded), "{change:?}");
            sender.send(crash.elapsed()).unwrap();
        }
        Box::pin(async { Ok(()) })
    });
    let (mut times, done) = (Vec::new(), tokio::sync::Notify::new());
    let collect = async {
        while times.len() < ORDERS {
            times.push(receiver.recv().await.unwrap());
        }
        done.notify_one();
    };
    tokio::join!(worker.run(done.notified()), collect);
    times
}

async fn journal(path: &Path, sandbox: &Sandbox) -> SqliteJournal {
    let mut settings = Settings::default();
    settings.call_timeout = LEASE / 2;
    settings.lease_margin = LEASE / 2;
    // A call must be able to take longer than a connection.
    let transport = ReqwestTransport::builder().connect_timeout(LEASE / 8).build().unwrap();
    let client = client_builder(sandbox).transport(transport).build().unwrap();
    open(path, gateway(client.clone()).looks_up(client), settings).await
}

/// TurboPay allows 60 lookups a minute, so each crash has a sandbox of its own.
const CRASHES: usize = 8;
const ORDERS: usize = 25;
const LEASE: Duration = Duration::from_secs(2);
