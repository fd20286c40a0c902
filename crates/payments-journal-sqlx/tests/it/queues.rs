//! What a worker asks for: intents that are due, intents in review, pauses.

use std::time::Duration;

use payments_core::time::OffsetDateTime;
use payments_core::time::ext::NumericalDuration as _;
use payments_journal::store::{Agenda, Amendment, Head, Lease, Loaded, Pause};
use payments_journal::{Account, Message, State, Store as _};

use crate::backend::{Backend, on_both};
use crate::support::{account, append, now, row};

on_both! {
    the_longest_overdue_intents_of_these_accounts_are_due_first,
    intents_in_review_are_listed_in_pages,
    a_pause_applies_to_all_intents_of_its_account_until_it_is_resumed,
    what_waited_for_the_end_of_a_pause_is_due_when_it_is_resumed,
    the_agenda_says_what_there_is_to_do_and_when_the_next_intent_is_due,
    what_somebody_works_on_is_not_due_when_its_account_is_resumed,
    a_pending_intent_that_a_pause_postponed_is_due_when_it_is_resumed,
}

async fn the_longest_overdue_intents_of_these_accounts_are_due_first(database: impl Backend) {
    let mut ids = Vec::new();
    let start = now();
    for (number, (minutes, tenant)) in [(3, "a"), (1, "a"), (2, "b"), (0, "c"), (60, "a")].into_iter().enumerate() {
        let mut row = row(&format!("order-{number}"));
        row.key.account.tenant = tenant.to_owned();
        row.due_at = Some(start + i64::from(minutes).minutes());
        ids.push(database.record_row(&row).await);
    }
    let mut never = row("never");
    never.key.account.tenant = "a".to_owned();
    never.due_at = None;
    database.record_row(&never).await;
    database.advance(Duration::from_secs(190)).await;
    let store = database.store();
    let accounts = [account().tenant("a"), account().tenant("b")];

    assert_eq!(store.due(&accounts, 10).await.unwrap(), [ids[1], ids[2], ids[0]]);
    assert_eq!(store.due(&accounts, 1).await.unwrap(), [ids[1]]);
    assert_eq!(store.due(&[account().tenant("c").named("other")], 10).await.unwrap(), []);
    assert_eq!(store.due(&[], 10).await.unwrap(), []);
}

async fn intents_in_review_are_listed_in_pages(database: impl Backend) {
    let mut ids = Vec::new();
    for number in 0..4 {
        let id = database.record(&format!("order-{number}")).await;
        database.report(id, if number == 1 { State::Unknown } else { State::NeedsReview }).await;
        ids.push(id);
    }

    assert_eq!(database.store().in_review(None, 2).await.unwrap(), [ids[0], ids[2]]);
    assert_eq!(database.store().in_review(Some(ids[2]), 2).await.unwrap(), [ids[3]]);
}

fn pause(account: Account, until: OffsetDateTime) -> Pause {
    Pause { account, since: now(), until, problem: "401".to_owned() }
}

async fn a_pause_applies_to_all_intents_of_its_account_until_it_is_resumed(database: impl Backend) {
    let (first, second) = (database.record("order-1").await, database.record("order-2").await);
    let mut other = row("order-3");
    other.key.account = Account::at("turbopay");
    let other = database.record_row(&other).await;
    let pauses = [pause(account(), now() + 1.minutes()), pause(account(), now() + 2.minutes())];
    for pause in &pauses {
        let amendment = |loaded: &Loaded| Amendment { pause: Some(pause.clone()), ..append(loaded, []) };
        database.store().amend(first, |loaded| (Some(amendment(loaded)), ())).await.unwrap();
    }

    assert_eq!(database.store().pauses().await.unwrap(), pauses[1..]);
    assert_eq!(database.store().load(second).await.unwrap().pause, Some(pauses[1].clone()));
    assert_eq!(database.store().load(other).await.unwrap().pause, None);

    database.store().resume(&Account::at("turbopay")).await.unwrap();
    assert_eq!(database.store().pauses().await.unwrap().len(), 1);
    database.store().resume(&account()).await.unwrap();
    assert_eq!(database.store().load(second).await.unwrap().pause, None);

    let amendment = |loaded: &Loaded| Amendment { pause: Some(pauses[1].clone()), ..append(loaded, []) };
    database.store().amend(first, |loaded| (Some(amendment(loaded)), ())).await.unwrap();
    assert_eq!(database.store().pauses().await.unwrap().len(), 1);
    database.advance(Duration::from_secs(180)).await;
    assert_eq!(database.store().pauses().await.unwrap(), []);
    assert_eq!(database.store().load(second).await.unwrap().pause, None);
}

async fn what_waited_for_the_end_of_a_pause_is_due_when_it_is_resumed(database: impl Backend) {
    let mut ids = Vec::new();
    for (reference, state) in [("order-1", State::Intended), ("order-2", State::Unknown), ("order-3", State::Pending)] {
        let mut row = row(reference);
        row.due_at = Some(now() + 5.minutes());
        ids.push(database.record_row(&row).await);
        database.report(ids[ids.len() - 1], state).await;
    }
    let mut never = row("order-4");
    never.due_at = None;
    database.record_row(&never).await;
    let mut other = row("order-5");
    (other.key.account, other.due_at) = (Account::at("turbopay"), Some(now() + 5.minutes()));
    database.record_row(&other).await;

    database.store().resume(&account()).await.unwrap();

    let accounts = [account(), Account::at("turbopay")];
    assert_eq!(database.store().due(&accounts, 10).await.unwrap(), ids[..2]);
}

async fn the_agenda_says_what_there_is_to_do_and_when_the_next_intent_is_due(database: impl Backend) {
    let start = now();
    let due = database.record("order-1").await;
    let mut later = row("order-2");
    later.due_at = Some(start + 5.minutes());
    database.record_row(&later).await;
    let store = database.store();
    let mut agenda = Agenda {
        due: vec![due],
        has_messages: false,
        has_changes: false,
        pauses: Vec::new(),
        next_in: None,
        other_history: None,
    };
    let agenda_now = async || {
        let mut agenda = store.agenda(&[account()], 10).await.unwrap();
        let next_in = agenda.next_in.take().unwrap().as_secs();
        assert!((280..=300).contains(&next_in), "{next_in}");
        agenda
    };
    assert_eq!(agenda_now().await, agenda);

    database.report(due, State::Unknown).await;
    let pause = pause(account(), start + 2.minutes());
    let amendment = |loaded: &Loaded| Amendment { pause: Some(pause.clone()), ..append(loaded, []) };
    store.amend(due, |loaded| (Some(amendment(loaded)), ())).await.unwrap();
    let message = Message {
        account: account(),
        source: "event:1".to_owned(),
        reference: Some("order-2".to_owned()),
        object_id: None,
        operations: vec!["pay_out".to_owned()],
        report: "{}".to_owned(),
        received_at: start,
    };
    store.receive(&message).await.unwrap();
    (agenda.has_messages, agenda.has_changes, agenda.pauses) = (true, true, vec![pause.clone()]);
    assert_eq!(agenda_now().await, agenda);
}

async fn what_somebody_works_on_is_not_due_when_its_account_is_resumed(database: impl Backend) {
    let mut ids = Vec::new();
    let start = now();
    for (reference, minutes) in [("order-1", 2), ("order-2", -1)] {
        let id = database.record(reference).await;
        let lease = Some(Lease { owner: 1, until: start + minutes.minutes() });
        let due_at = Some(start + 5.minutes());
        let head = |loaded: &Loaded| Head { state: State::Unknown, lease, due_at, ..loaded.head.clone() };
        let amend = |loaded: &Loaded| (Some(Amendment { head: head(loaded), ..append(loaded, []) }), ());
        database.store().amend(id, amend).await.unwrap();
        ids.push(id);
    }

    database.store().resume(&account()).await.unwrap();

    assert_eq!(database.store().due(&[account()], 10).await.unwrap(), ids[1..]);
    assert_eq!(database.store().load(ids[0]).await.unwrap().head.due_at, Some(start + 5.minutes()));
}

async fn a_pending_intent_that_a_pause_postponed_is_due_when_it_is_resumed(database: impl Backend) {
    let mut ids = Vec::new();
    let until = now() + 5.minutes();
    for (reference, due_at) in [("order-1", until), ("order-2", until - 1.minutes())] {
        let id = database.record(reference).await;
        let head = |loaded: &Loaded| Head { state: State::Pending, due_at: Some(due_at), ..loaded.head.clone() };
        let pause = Some(pause(account(), until));
        let amendment = |loaded: &Loaded| Amendment { head: head(loaded), pause: pause.clone(), ..append(loaded, []) };
        database.store().amend(id, |loaded| (Some(amendment(loaded)), ())).await.unwrap();
        ids.push(id);
    }

    database.store().resume(&account()).await.unwrap();

    assert_eq!(
        database.store().due(&[account()], 10).await.unwrap(),
        ids[..1],
        "the other one waits for its next lookup"
    );
}
