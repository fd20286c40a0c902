use std::path::PathBuf;

use payments_core::clock::{Clock, SystemClock};
use payments_core::time::OffsetDateTime;
use payments_core::time::ext::NumericalDuration as _;
use payments_core::{Currency, Money};
use payments_journal::store::{Amendment, Head, Inserted, Loaded, Pause};
use payments_journal::{Account, AttemptId, Fact, IntentId, IntentKey, IntentRow, Message, Protection, State, Store};
use payments_journal_sqlx::SqliteStore;
use tempfile::TempDir;

/// A `SQLite` database in a directory of its own, with the system's clock.
pub(crate) struct Database {
    pub(crate) store: SqliteStore,
    directory: TempDir,
}

impl Database {
    pub(crate) async fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let store = SqliteStore::open(directory.path().join("journal.db")).await.unwrap();
        store.migrate().await.unwrap();
        Self { store, directory }
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.directory.path().join("journal.db")
    }

    /// Records an intent in a transaction of its own.
    pub(crate) async fn record(&self, reference: &str) -> IntentId {
        self.record_row(&row(reference)).await
    }

    pub(crate) async fn record_row(&self, row: &IntentRow) -> IntentId {
        let mut transaction = self.store.pool().begin_with("BEGIN IMMEDIATE").await.unwrap();
        let inserted = self.store.record(&mut transaction, row).await.unwrap();
        transaction.commit().await.unwrap();
        match inserted {
            Inserted::New(id) => id,
            Inserted::Existing(loaded) => loaded.id,
            Inserted::ReferenceTaken => panic!("{:?} has another order", row.key),
        }
    }
}

pub(crate) fn account() -> Account {
    Account::at("turbopay").tenant("tenant").named("main")
}

pub(crate) fn key(reference: &str) -> IntentKey {
    IntentKey::new(account(), "pay_out", reference)
}

pub(crate) fn row(reference: &str) -> IntentRow {
    IntentRow {
        key: key(reference),
        amount: Some(Money::from_minor(30_010, Currency::INR)),
        version: 1,
        key_id: "2026".to_owned(),
        mac: vec![1; 32],
        parameters: vec![2; 64],
        by_ticket: false,
        recorded_at: now(),
        expires_at: Some(now() + 1.hours()),
        due_at: Some(now()),
        supersedes: None,
    }
}

/// The machine's time in whole milliseconds, which is what a store keeps.
pub(crate) fn now() -> OffsetDateTime {
    let now = SystemClock::new().now();
    now.replace_nanosecond(now.nanosecond() / 1_000_000 * 1_000_000).unwrap()
}

pub(crate) fn claimed(number: u128) -> (Fact, String) {
    let attempt = AttemptId::new(number);
    (Fact::Claimed { attempt, protection: Protection::None }, format!("claim:{attempt}"))
}

/// An amendment that appends these facts and changes nothing else.
pub(crate) fn append(loaded: &Loaded, facts: impl IntoIterator<Item = (Fact, String)>) -> Amendment {
    Amendment { facts: facts.into_iter().collect(), head: loaded.head.clone(), pause: None }
}

/// A command that runs one test of this binary in a process of its own.
pub(crate) fn child(test: &str, database: &std::path::Path) -> std::process::Command {
    let mut child = std::process::Command::new(std::env::current_exe().unwrap());
    child.args(["--exact", test, "--nocapture"]).env(CHILD, database);
    child
}

/// The database that the parent passed to this child process; `None` in the parent.
#[expect(clippy::disallowed_methods, reason = "a child process receives its arguments as variables")]
pub(crate) fn child_database() -> Option<PathBuf> {
    std::env::var(CHILD).ok().map(PathBuf::from)
}

const CHILD: &str = "PAYMENTS_JOURNAL_SQLX_TEST_CHILD";

/// Appends evidence, a change, a pause and a message, so that each table has a row.
pub(crate) async fn write_to_every_table(store: &impl Store, id: IntentId) {
    let pause = Pause { account: account(), since: now(), until: now(), problem: "401".to_owned() };
    let amendment = |loaded: &Loaded| Amendment {
        head: Head { state: State::Pending, reported: State::Pending, ..loaded.head.clone() },
        pause: Some(pause.clone()),
        ..append(loaded, [claimed(1)])
    };
    store.amend(id, |loaded| (Some(amendment(loaded)), ())).await.unwrap();
    let message = Message {
        account: account(),
        source: "event-1".to_owned(),
        reference: None,
        object_id: None,
        operations: Vec::new(),
        report: String::new(),
        received_at: now(),
    };
    store.receive(&message).await.unwrap();
}
