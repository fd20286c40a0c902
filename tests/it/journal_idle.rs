//! An idle worker asks the database one question per interval.

use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use payments_core::clock::{Sleep, Timer};
use payments_journal::{Gateway, Journal, JournalKey, JournalKeys, Settings, State};
use payments_journal_sqlx::SqliteStore;
use payments_sandbox::Sandbox;
use payments_sandbox::turbopay::{Settings as Provider, Settle};
use payments_tests::turbopay_at;
use turbopay::Client;

use crate::secrets::{collect_traces, traced};

const POLLS: usize = 20;

#[tokio::test]
async fn an_idle_worker_issues_one_query_per_interval() {
    if !is_child() {
        // In a process of its own, so that no other test's statements are counted.
        let test = "journal_idle::an_idle_worker_issues_one_query_per_interval";
        let mut child = Command::new(std::env::current_exe().unwrap());
        child.args(["--exact", test, "--nocapture"]).env(CHILD, "1").stdout(Stdio::null());
        assert!(child.status().unwrap().success());
        return;
    }
    collect_traces();
    let settings = Provider::default().opening_balance(5_000).withdrawals(Settle::AtOnce);
    let sandbox = Sandbox::builder().turbopay(settings).start().await;
    let client = turbopay_at(&sandbox).unwrap();
    let directory = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(directory.path().join("journal.db")).await.unwrap();
    store.migrate().await.unwrap();
    let timer = Polls::default();
    let keys = JournalKeys::new("2026", JournalKey::new("0f1e2d3c4b5a69788796a5b4c3d2e1f0").unwrap()).unwrap();
    let journal = Journal::builder(store, keys)
        .gateway(Gateway::new("turbopay".into(), &Client::capabilities()).pays_out(client.clone()).looks_up(client))
        .timer(timer.clone())
        .settings(Settings::default())
        .build()
        .unwrap();
    // Something was sent, and its change is delivered. Its lookup is not due yet.
    let mut transaction = journal.store().pool().begin_with("BEGIN IMMEDIATE").await.unwrap();
    let intent = super::journal_canaries::payout("order-1");
    let ticket = journal.record(&mut transaction, &intent).await.unwrap().ticket();
    transaction.commit().await.unwrap();
    assert_eq!(journal.execute(ticket).await.unwrap().state, State::Pending);
    let worker = || {
        let worker = journal.worker().on_pause(|_| {}).on_problem(|_, _| {});
        worker.on_change(|_, _| Box::pin(async { Ok(()) }))
    };
    worker().run_due().await.unwrap();
    let before = statements();
    assert!(before > 5, "{before} statements were traced");

    worker().run(timer.after(POLLS)).await;

    let issued = statements() - before;
    assert!((POLLS..=POLLS + 1).contains(&issued), "{issued} statements in {POLLS} intervals");
    sandbox.finish();
}

fn statements() -> usize {
    traced().lines().filter(|line| line.contains("sqlx::query: ")).count()
}

/// Counts the waits of a worker, and makes them short.
#[derive(Debug, Clone, Default)]
struct Polls {
    count: Arc<AtomicUsize>,
    changed: Arc<tokio::sync::Notify>,
}

impl Polls {
    async fn after(&self, polls: usize) {
        while self.count.load(Ordering::SeqCst) < polls {
            self.changed.notified().await;
        }
    }
}

impl Timer for Polls {
    fn sleep(&self, _: Duration) -> Sleep {
        self.count.fetch_add(1, Ordering::SeqCst);
        self.changed.notify_one();
        Box::pin(tokio::time::sleep(Duration::from_millis(2)))
    }
}

#[expect(clippy::disallowed_methods, reason = "a child process receives its arguments as a variable")]
fn is_child() -> bool {
    std::env::var_os(CHILD).is_some()
}

const CHILD: &str = "PAYMENTS_TESTS_IDLE_CHILD";
