//! The store in memory behaves like a database.

use std::time::Duration;

use payments_core::test_util::ManualClock;
use payments_core::time::OffsetDateTime;
use payments_journal::memory::MemoryStore;
use payments_journal::store::{Amendment, Head, Inserted, Lease, Loaded, Pause, Received};
use payments_journal::{Account, IntentId, IntentKey, IntentRow, Message, State, Store as _};

const MINUTE: Duration = Duration::from_secs(60);

fn start() -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(1_767_322_245).expect("a time")
}

async fn record(store: &MemoryStore, reference: &str, head: impl Fn(&Head) -> Head + Send + Sync) -> IntentId {
    let row = IntentRow {
        key: IntentKey::new("acme", "pay_out", reference),
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

#[tokio::test]
async fn a_hint_that_matches_nothing_is_forgotten_after_an_hour() {
    let store = MemoryStore::new();
    record(&store, "W_1", Head::clone).await;
    let hint = |reference: &str, minutes: u64| Message {
        report: String::new(),
        reference: Some(reference.to_owned()),
        received_at: start() + Duration::from_secs(60 * minutes),
        ..message(reference)
    };
    let is_new = async |message: &Message| matches!(store.receive(message).await.expect("receive"), Received::New(_));
    let event = Message { reference: Some("W_3".to_owned()), received_at: start(), ..message("event") };
    for message in [&hint("W_1", 0), &hint("W_2", 0), &event] {
        assert!(is_new(message).await);
    }

    assert!(is_new(&hint("W_3", 59)).await);
    assert!(!is_new(&hint("W_2", 59)).await);
    assert!(is_new(&hint("W_4", 60)).await);

    assert!(is_new(&hint("W_2", 60)).await, "it was forgotten");
    assert!(!is_new(&hint("W_1", 60)).await, "it is about an intent");
    assert!(!is_new(&hint("W_3", 60)).await, "it is not old");
    assert!(!is_new(&event).await, "an event is kept");
}

fn message(source: &str) -> Message {
    Message {
        account: Account::at("acme"),
        source: source.to_owned(),
        reference: None,
        object_id: None,
        operations: vec!["pay_out".to_owned()],
        report: "{}".to_owned(),
        received_at: start(),
    }
}

#[tokio::test]
async fn messages_are_matched_in_pages() {
    let (store, accounts) = (MemoryStore::new(), [Account::at("acme")]);
    record(&store, "W_1", Head::clone).await;
    let mut ids = Vec::new();
    for source in ["event-0", "event-1", "event-2"] {
        let message = Message { reference: Some("W_1".to_owned()), ..message(source) };
        let Received::New(id) = store.receive(&message).await.expect("receive") else { unreachable!() };
        ids.push(id);
    }
    store.applied(ids[1]).await.expect("applied");
    let page = async |after| {
        let page = store.matches(&accounts, after, 1).await.expect("matches");
        page.first().map(|matched| matched.id)
    };

    assert_eq!(
        (page(None).await, page(Some(ids[0])).await, page(Some(ids[2])).await),
        (Some(ids[0]), Some(ids[2]), None)
    );
    let again = store.matches_of(&accounts, ids[1]).await.expect("matches");
    assert_eq!(again.map(|matched| matched.id), Some(ids[1]), "also if it was applied");
    assert!(store.matches_of(&[], ids[1]).await.expect("matches").is_none());
}

#[tokio::test]
async fn what_is_open_is_counted() {
    let clock = ManualClock::at(start());
    let store = MemoryStore::with_clock(clock.clone());
    for (reference, state) in [("W-1", State::Pending), ("W-2", State::Pending), ("W-3", State::Succeeded)] {
        let due_at = (reference == "W-1").then_some(start() + MINUTE);
        record(&store, reference, |head| Head { state, reported: state, due_at, ..head.clone() }).await;
    }
    store.receive(&Message { reference: Some("W-1".to_owned()), ..message("event-1") }).await.expect("receive");
    store.receive(&Message { reference: Some("W-9".to_owned()), ..message("event-2") }).await.expect("receive");
    clock.advance(MINUTE * 3);

    let stats = store.stats().await.expect("stats");

    let [open] = stats.intents.as_slice() else { unreachable!("{stats:?}") };
    assert_eq!((open.state, open.count, open.operation.as_str()), (State::Pending, 2, "pay_out"));
    assert_eq!((stats.overdue(), stats.count(State::Pending), stats.count(State::Succeeded)), (MINUTE * 2, 2, 0));
    assert_eq!((stats.changes.count, stats.changes.stuck, stats.oldest_change()), (3, 0, MINUTE * 3));
    assert_eq!((stats.messages.count, stats.pauses.len()), (1, 1));
}
