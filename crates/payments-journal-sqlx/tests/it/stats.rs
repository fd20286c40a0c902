//! Counts of what is open.

use std::time::Duration;

use payments_core::time::ext::NumericalDuration as _;
use payments_journal::store::{Amendment, Head, Loaded, Pause};
use payments_journal::{Account, HookFuture, IntentId, Message, OpenIntents, State, Stats, Store as _};

use crate::backend::{Backend, Connection, on_both};
use crate::support::{account, append, claimed, now, row};

on_both! {
    an_empty_journal_has_nothing_to_count,
    open_intents_are_counted_by_account_operation_and_state,
    changes_messages_and_pauses_are_counted,
    a_state_of_a_newer_version_is_counted_and_hides_nothing,
}

async fn an_empty_journal_has_nothing_to_count(database: impl Backend) {
    let stats = database.store().stats().await.unwrap();

    assert!((stats.at - now()).abs() < 10.seconds());
    let zero = Stats { at: stats.at, ..empty(&stats) };
    assert_eq!(stats, zero);
    assert_eq!((stats.overdue(), stats.oldest_change(), stats.oldest_message()), Default::default());
}

fn empty(stats: &Stats) -> Stats {
    Stats {
        at: stats.at,
        intents: Vec::new(),
        unreadable: 0,
        changes: Default::default(),
        messages: Default::default(),
        pauses: Vec::new(),
    }
}

/// Moves an intent to this state.
async fn set(database: &impl Backend, id: IntentId, state: State, due_in: Option<Duration>) {
    let amend = |loaded: &Loaded| {
        let due_at = due_in.map(|wait| loaded.now + wait);
        let head = Head { state, reported: loaded.head.reported, due_at, ..loaded.head.clone() };
        (Some(Amendment { head, ..append(loaded, []) }), ())
    };
    database.store().amend(id, amend).await.unwrap();
}

async fn open_intents_are_counted_by_account_operation_and_state(database: impl Backend) {
    let mut recorded = row("due");
    recorded.due_at = Some(now() - 5.minutes());
    database.record_row(&recorded).await;
    database.record("also-due").await;
    let mut other = row("other");
    (other.key.account, other.key.operation) = (Account::at("acme"), "refund".to_owned());
    database.record_row(&other).await;
    for (number, state) in State::ALL.iter().enumerate() {
        let id = database.record(&format!("scheduled-{number}")).await;
        set(&database, id, *state, Some(Duration::from_secs(600))).await;
        // Nothing but an event or a person changes it.
        let id = database.record(&format!("unscheduled-{number}")).await;
        set(&database, id, *state, None).await;
    }

    let stats = database.store().stats().await.unwrap();

    let counts = |account: Account| {
        let of_account = stats.intents.iter().filter(move |open| open.account == account);
        of_account.map(|open| (open.operation.as_str(), open.state, open.count)).collect::<Vec<_>>()
    };
    assert_eq!(counts(Account::at("acme")), [("refund", State::Intended, 1)]);
    let expected = State::ALL.iter().map(|state| match state {
        State::Intended => ("pay_out", *state, 4),
        State::Sending | State::Pending | State::Unknown | State::NeedsReview => ("pay_out", *state, 2),
        // It is settled. If it is due all the same, a worker has something to do with it.
        _ => ("pay_out", *state, 1),
    });
    assert_eq!(counts(account()), expected.collect::<Vec<_>>());
    assert_eq!((stats.count(State::Intended), stats.count(State::Succeeded)), (5, 1));
    let overdue = stats.overdue();
    assert!(overdue >= Duration::from_secs(300) && overdue < Duration::from_secs(320), "{overdue:?}");
    let unknown = stats.intents.iter().find(|open| open.state == State::Unknown).unwrap();
    assert!(unknown.due_at.is_some_and(|due| due > stats.at));
}

async fn changes_messages_and_pauses_are_counted<B: Backend>(database: B) {
    let store = database.store();
    let first = database.record("order-1").await;
    database.report(first, State::Pending).await;
    let second = database.record("order-2").await;
    database.report(second, State::Succeeded).await;
    fn fails<'a, C>(_: &'a mut C, change: &'a payments_journal::Change) -> HookFuture<'a> {
        let is_first = change.key.reference == "order-1";
        Box::pin(async move { if is_first { Err("the ledger is closed".into()) } else { Ok(()) } })
    }
    for _ in 0..2 {
        store.deliver(&fails::<Connection<B>>, &|_| Duration::from_secs(600)).await.unwrap();
    }
    let third = database.record("order-3").await;
    database.report(third, State::Unknown).await;
    let message = |source: &str, reference: &str| Message {
        account: account(),
        source: source.to_owned(),
        reference: Some(reference.to_owned()),
        object_id: None,
        operations: vec!["pay_out".to_owned()],
        report: "{}".to_owned(),
        received_at: now() - 2.minutes(),
    };
    // One matches, one matches nothing, and one is applied.
    for (source, reference) in [("event-1", "order-1"), ("event-2", "order-9"), ("event-3", "order-2")] {
        let received = store.receive(&message(source, reference)).await.unwrap();
        if let (payments_journal::store::Received::New(id), "event-3") = (received, source) {
            store.applied(id).await.unwrap();
        }
    }
    let pause = Pause { account: account(), since: now(), until: now() + 5.minutes(), problem: "401".to_owned() };
    let amend = |loaded: &Loaded| (Some(Amendment { pause: Some(pause.clone()), ..append(loaded, [claimed(1)]) }), ());
    store.amend(first, amend).await.unwrap();

    let stats = store.stats().await.unwrap();

    assert_eq!((stats.changes.count, stats.changes.stuck), (2, 1));
    assert!(stats.changes.since.is_some() && stats.oldest_change() < Duration::from_secs(20));
    assert_eq!(stats.messages.count, 1);
    assert!(stats.oldest_message() >= Duration::from_secs(120) && stats.oldest_message() < Duration::from_secs(140));
    assert_eq!(stats.pauses, store.pauses().await.unwrap());
    assert_eq!(stats.pauses, [pause]);
    database.advance(Duration::from_secs(301)).await;
    assert_eq!(store.stats().await.unwrap().pauses, []);
}

async fn a_state_of_a_newer_version_is_counted_and_hides_nothing(database: impl Backend) {
    database.record("order-1").await;
    let newer = database.record("order-2").await;
    database.sql(&format!("UPDATE payments_intents SET state = 'disputed' WHERE id = {newer}")).await.unwrap();

    let stats = database.store().stats().await.unwrap();

    assert_eq!(stats.unreadable, 1);
    let [OpenIntents { state: State::Intended, count: 1, .. }] = stats.intents.as_slice() else { panic!("{stats:?}") };
}
