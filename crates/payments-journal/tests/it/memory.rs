//! The store in memory behaves like a database.

use std::time::Duration;

use payments_core::test_util::ManualClock;
use payments_core::time::OffsetDateTime;
use payments_journal::memory::MemoryStore;
use payments_journal::store::{Amendment, Head, Inserted, Lease, Loaded, Pause};
use payments_journal::{Account, IntentId, IntentKey, IntentRow, State, Store as _};

const MINUTE: Duration = Duration::from_secs(60);

fn start() -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(1_767_322_245).expect("a time")
}

async fn record(store: &MemoryStore, reference: &str, head: impl Fn(&Head) -> Head + Send + Sync) -> IntentId {
    let row = IntentRow {
        key: IntentKey { account: Account::at("acme"), operation: "pay_out".into(), reference: reference.into() },
        amount: None,
        version: 1,
        key_id: "1".into(),
        mac: vec![1; 32],
        parameters: vec![2; 64],
        by_ticket: false,
        recorded_at: start(),
        expires_at: None,
        due_at: Some(start() + MINUTE * 5),
        supersedes: None,
    };
    let mut transaction = store.begin();
    let Inserted::New(id) = store.record(&mut transaction, &row).await.expect("record") else { unreachable!() };
    transaction.commit().expect("commit");
    let pause =
        Pause { account: Account::at("acme"), since: start(), until: start() + MINUTE * 5, problem: "401".into() };
    let amend = |loaded: &Loaded| {
        (Some(Amendment { facts: Vec::new(), head: head(&loaded.head), pause: Some(pause.clone()) }), ())
    };
    store.amend(id, amend).await.expect("amend");
    id
}

#[tokio::test]
async fn what_waited_for_the_end_of_a_pause_is_due_unless_somebody_works_on_it() {
    let store = MemoryStore::with_clock(ManualClock::at(start()));
    let unknown = |head: &Head| Head { state: State::Unknown, ..head.clone() };
    let leased = Some(Lease { owner: 1, until: start() + MINUTE });
    record(&store, "W_1", |head| Head { lease: leased, ..unknown(head) }).await;
    let pending = record(&store, "W_2", |head| Head { state: State::Pending, ..head.clone() }).await;
    let polled = Some(start() + MINUTE);
    record(&store, "W_3", |head| Head { state: State::Pending, due_at: polled, ..head.clone() }).await;
    let unknown = record(&store, "W_4", unknown).await;

    store.resume(&Account::at("acme")).await.expect("resume");

    assert_eq!(store.due(&[Account::at("acme")], 10).await.expect("due"), [pending, unknown]);
}
