//! Messages of providers.

use std::time::Duration;

use payments_journal::store::{Matched, Received};
use payments_journal::{Account, Message, State, Store as _, StoreError};

use crate::backend::{Backend, on_both};
use crate::support::{account, now, row};

on_both! {
    a_message_is_stored_once_per_account_and_source,
    a_message_waits_for_the_intents_that_it_is_about,
    a_reference_matches_the_operations_and_the_account_of_the_message_only,
    messages_of_other_accounts_hide_none_of_an_account,
    a_message_that_cannot_be_read_hides_no_other,
    a_hint_that_matches_nothing_is_forgotten_after_an_hour,
    an_intent_finds_the_messages_that_arrived_before_it_among_many,
    messages_are_matched_in_pages,
}

fn message(source: &str) -> Message {
    Message {
        account: account(),
        source: source.to_owned(),
        reference: None,
        object_id: None,
        operations: vec!["pay_out".to_owned(), "refund".to_owned()],
        report: "{}".to_owned(),
        received_at: now(),
    }
}

fn sources(matched: &[Matched]) -> Vec<&str> {
    matched.iter().map(|matched| matched.message.as_ref().unwrap().source.as_str()).collect()
}

async fn a_message_is_stored_once_per_account_and_source(database: impl Backend) {
    let store = database.store();
    let other = Message { account: Account::at("turbopay"), ..message("event-1") };

    let Received::New(first) = store.receive(&message("event-1")).await.unwrap() else { panic!() };
    let repeated = store.receive(&message("event-1")).await.unwrap();
    let others = store.receive(&other).await.unwrap();

    assert_eq!(repeated, Received::Repeated(first));
    assert!(matches!(others, Received::New(id) if id != first));
}

async fn a_message_waits_for_the_intents_that_it_is_about(database: impl Backend) {
    let store = database.store();
    let by_reference = Message { reference: Some("order-1".to_owned()), ..message("reference") };
    let by_id = Message { object_id: Some("p-1".to_owned()), operations: Vec::new(), ..message("id") };
    let mut ids = Vec::new();
    for message in [&by_reference, &by_id] {
        let Received::New(id) = store.receive(message).await.unwrap() else { panic!() };
        ids.push(id);
    }
    assert!(store.matches(&[account()], None, 10).await.unwrap().is_empty());

    let intent = database.record("order-1").await;
    let matched = store.matches(&[account()], None, 10).await.unwrap();
    assert_eq!((sources(&matched), &matched[0].intents), (vec!["reference"], &vec![intent]));
    assert_eq!(matched[0].message.as_ref().unwrap(), &by_reference);

    database.identify(intent, "p-1").await;
    assert_eq!(sources(&store.matches(&[account()], None, 10).await.unwrap()), ["reference", "id"]);
    assert_eq!(sources(&store.matches(&[account()], None, 1).await.unwrap()), ["reference"]);
    assert_eq!(sources(&store.matches(&[account()], Some(ids[0]), 10).await.unwrap()), ["id"]);

    store.applied(ids[0]).await.unwrap();
    assert_eq!(sources(&store.matches(&[account()], None, 10).await.unwrap()), ["id"]);
    // A hint that is received again is applied again.
    let again = store.matches_of(&[account()], ids[0]).await.unwrap().unwrap();
    assert_eq!((again.id, again.message.unwrap(), again.intents), (ids[0], by_reference, vec![intent]));
    assert!(store.matches_of(&[Account::at("another")], ids[0]).await.unwrap().is_none());
}

async fn a_reference_matches_the_operations_and_the_account_of_the_message_only(database: impl Backend) {
    let mut intents = Vec::new();
    for (operation, tenant) in
        [("pay_out", "tenant"), ("refund", "tenant"), ("capture", "tenant"), ("pay_out", "other")]
    {
        let mut row = row("order-1");
        row.key.operation = operation.to_owned();
        row.key.account.tenant = tenant.to_owned();
        intents.push(database.record_row(&row).await);
    }
    database.report(intents[0], State::Pending).await;
    let message = Message { reference: Some("order-1".to_owned()), ..message("event-1") };
    database.store().receive(&message).await.unwrap();

    let matched = database.store().matches(&[account()], None, 10).await.unwrap();

    assert_eq!(matched[0].intents, intents[..2]);
}

async fn messages_of_other_accounts_hide_none_of_an_account(database: impl Backend) {
    let store = database.store();
    let mut row = row("order-1");
    let own = database.record_row(&row).await;
    row.key.account.tenant = "other".to_owned();
    let others = database.record_row(&row).await;
    let about_order = |source: &str| Message { reference: Some("order-1".to_owned()), ..message(source) };
    for number in 0..100 {
        let account = row.key.account.clone();
        store.receive(&Message { account, ..about_order(&format!("other-{number}")) }).await.unwrap();
    }
    store.receive(&about_order("own")).await.unwrap();

    let matched = store.matches(&[account()], None, 100).await.unwrap();
    assert_eq!((sources(&matched), &matched[0].intents), (vec!["own"], &vec![own]));
    let matched = store.matches(&[row.key.account.clone()], None, 100).await.unwrap();
    assert_eq!((matched.len(), &matched[0].intents), (100, &vec![others]));
    assert_eq!(store.matches(&[account(), row.key.account.clone()], None, 200).await.unwrap().len(), 101);
    assert!(store.matches(&[], None, 100).await.unwrap().is_empty());

    let agenda = store.agenda(&[account()], 0).await.unwrap();
    assert!(agenda.has_messages);
    assert!(!store.agenda(&[Account::at("another")], 0).await.unwrap().has_messages);
}

async fn a_message_that_cannot_be_read_hides_no_other(database: impl Backend) {
    let store = database.store();
    let intent = database.record("order-1").await;
    database.identify(intent, "p-1").await;
    for source in ["event-1", "event-2"] {
        store.receive(&Message { object_id: Some("p-1".to_owned()), ..message(source) }).await.unwrap();
    }
    let newer = "UPDATE payments_inbox SET operations = '[1]' WHERE source = 'event-1'";
    database.sql(newer).await.unwrap();

    let matched = store.matches(&[account()], None, 10).await.unwrap();

    assert!(matches!(matched[0].message, Err(StoreError::Unreadable { what: "operations", .. })));
    assert_eq!(sources(&matched[1..]), ["event-2"]);
}

async fn a_hint_that_matches_nothing_is_forgotten_after_an_hour(database: impl Backend) {
    let store = database.store();
    database.record("W_1").await;
    let start = now();
    let hint = |reference: &str, minutes: u64| Message {
        report: String::new(),
        reference: Some(reference.to_owned()),
        received_at: start + Duration::from_secs(60 * minutes),
        ..message(reference)
    };
    let is_new = async |message: &Message| matches!(store.receive(message).await.unwrap(), Received::New(_));
    let event = Message { reference: Some("W_3".to_owned()), received_at: start, ..message("event") };
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

async fn an_intent_finds_the_messages_that_arrived_before_it_among_many(database: impl Backend) {
    let store = database.store();
    for number in 0..200 {
        let unknown = Message { reference: Some(format!("unknown-{number}")), ..message(&format!("event-{number}")) };
        store.receive(&unknown).await.unwrap();
    }
    let refund = Message { operations: vec!["refund".to_owned()], ..message("refund") };
    store.receive(&Message { reference: Some("order-1".to_owned()), ..refund }).await.unwrap();
    assert!(!store.agenda(&[account()], 0).await.unwrap().has_messages);
    store.receive(&Message { reference: Some("order-1".to_owned()), ..message("payout") }).await.unwrap();
    store.receive(&Message { object_id: Some("p-1".to_owned()), ..message("id") }).await.unwrap();

    let intent = database.record("order-1").await;
    assert!(store.agenda(&[account()], 0).await.unwrap().has_messages);
    let matched = store.matches(&[account()], None, 1).await.unwrap();
    assert_eq!(sources(&matched), ["payout"]);
    store.applied(matched[0].id).await.unwrap();
    assert!(!store.agenda(&[account()], 0).await.unwrap().has_messages);

    database.identify(intent, "p-1").await;
    assert!(store.agenda(&[account()], 0).await.unwrap().has_messages);
    assert_eq!(sources(&store.matches(&[account()], None, 1).await.unwrap()), ["id"]);
}

async fn messages_are_matched_in_pages(database: impl Backend) {
    let store = database.store();
    for number in 0..5 {
        let reference = if number == 1 { "unknown" } else { "order-1" };
        let message = Message { reference: Some(reference.to_owned()), ..message(&format!("event-{number}")) };
        store.receive(&message).await.unwrap();
    }
    database.record("order-1").await;

    let (mut pages, mut after) = (Vec::new(), None);
    loop {
        let page = store.matches(&[account()], after, 2).await.unwrap();
        let Some(last) = page.last() else { break };
        after = Some(last.id);
        pages.push(sources(&page).join(" "));
    }

    assert_eq!(pages, ["event-0 event-2", "event-3 event-4"]);
}
