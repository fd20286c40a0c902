//! Recording, executing once, cancelling.

use std::time::Duration;

use payments_core::PaymentStatus;
use payments_core::clock::Clock as _;
use payments_core::gateway::{PaymentRequest, PayoutRequest};
use payments_journal::memory::MemoryStore;
use payments_journal::{
    Account, Backoff, Cancelled, Intent, Journal, JournalError, JournalKey, JournalKeys, Recorded, Settings, State,
    Store as _, StoreError, Ticket,
};

use super::provider::{Answer, World, payout, rupees};

#[tokio::test]
async fn a_payout_is_sent_once_however_often_it_is_executed() {
    let world = World::new();
    world.provider.answers([Answer::Accept(PaymentStatus::Processing)]);
    let (id, first) = world.pay("W_1").await;
    assert_eq!(first.state, State::Pending);
    assert!(first.response.is_some());

    let again = world.journal.execute(Ticket::of(id)).await.expect("execute");
    assert_eq!(again.state, State::Pending);
    assert!(again.response.is_none());

    let (same, third) = world.pay("W_1").await;
    assert_eq!((same, third.state), (id, State::Pending));
    assert_eq!(world.provider.requests().len(), 1);
}

#[tokio::test]
async fn the_provider_gets_the_recorded_parameters() {
    let world = World::new();
    world.provider.answers([Answer::Accept(PaymentStatus::Succeeded)]);
    world.pay("W_1").await;
    let sent = &world.provider.requests()[0];
    assert_eq!(
        (sent.account.as_str(), sent.bank.as_str(), sent.amount),
        ("50100012345678", "HDFC0000001", rupees(250_000))
    );
}

#[tokio::test]
async fn the_same_reference_with_other_parameters_is_an_error_that_names_it() {
    let world = World::new();
    world.record("W_1").await;
    let others = [
        PayoutRequest::new("W_1", rupees(250_001), "C_1", "50100012345678", "HDFC0000001"),
        PayoutRequest::new("W_1", rupees(250_000), "C_1", "50100012345679", "HDFC0000001"),
    ];
    for other in others {
        let mut transaction = world.store.begin();
        let error = world.journal.record(&mut transaction, &Intent::new("acme", other)).await.unwrap_err();
        assert!(matches!(error, JournalError::Different { .. }), "{error}");
        assert!(error.to_string().contains("acme pay_out `W_1`"), "{error}");
    }
    let mut transaction = world.store.begin();
    let same = world.journal.record(&mut transaction, &payout("W_1")).await.expect("record");
    assert!(matches!(same, Recorded::Existing(_, State::Intended)));
}

#[tokio::test]
async fn an_intent_that_is_not_committed_is_not_sent() {
    let world = World::new();
    let mut transaction = world.store.begin();
    let recorded = world.journal.record(&mut transaction, &payout("W_1")).await.expect("record");
    let error = world.journal.execute(recorded.ticket()).await.unwrap_err();
    assert!(matches!(error, JournalError::Store(StoreError::NoSuchIntent(_))), "{error}");
    drop(transaction);
    world.pass(Duration::from_secs(3600)).await;
    assert_eq!(world.provider.requests().len(), 0);
}

#[tokio::test]
async fn a_worker_sends_what_a_process_without_a_journal_inserted() {
    let world = World::new();
    world.provider.answers([Answer::Accept(PaymentStatus::Succeeded)]);
    let key = JournalKey::new("00112233445566778899aabbccddeeff").expect("a key");
    let keys = JournalKeys::new("1", key).expect("the keys");
    let row = payout("W_1").row(&keys, world.clock.now()).expect("a row");
    let mut transaction = world.store.begin();
    world.store.record(&mut transaction, &row).await.expect("record");
    transaction.commit().expect("commit");

    world.pass(Duration::ZERO).await;

    assert_eq!(world.provider.requests()[0].account, "50100012345678");
    let recorded = world.journal.record(&mut world.store.begin(), &payout("W_1")).await.expect("record");
    assert!(matches!(recorded, Recorded::Existing(_, State::Succeeded)), "{recorded:?}");
}

#[tokio::test]
async fn a_request_that_this_version_cannot_parse_is_left_to_another_worker() {
    let world = World::new();
    // A newer version knows one more member.
    let parameters = serde_json::json!({
        "reference": "W_1", "amount": { "minor": 250_000, "currency": "INR" }, "customer": "C_1",
        "account": "50100012345678", "bank": "HDFC0000001", "purpose": "salary",
    });
    let newer = Intent::native("acme", "pay_out", "W_1", Some(rupees(250_000)), 1, &parameters).expect("an intent");
    let mut transaction = world.store.begin();
    let ticket = world.journal.record(&mut transaction, &newer).await.expect("record").ticket();
    transaction.commit().expect("commit");
    let id = ticket.intent();

    let error = world.journal.execute(ticket).await.unwrap_err();

    assert!(matches!(error, JournalError::Store(StoreError::Unreadable { .. })), "{error}");
    let report = world.report(id).await;
    assert_eq!((report.state, report.evidence.len()), (State::Intended, 0));
    assert!(report.problem.is_some_and(|problem| problem.contains("purpose")));
    assert!(report.due_at.is_some_and(|due| due > world.clock.now()));
}

#[tokio::test]
async fn an_amount_that_was_changed_in_the_database_is_never_sent() {
    let world = World::new();
    let key = JournalKey::new("00112233445566778899aabbccddeeff").expect("a key");
    let keys = JournalKeys::new("1", key).expect("the keys");
    let mut row = payout("W_1").row(&keys, world.clock.now()).expect("a row");
    row.amount = Some(rupees(25_000_000));
    let mut transaction = world.store.begin();
    world.store.record(&mut transaction, &row).await.expect("record");
    transaction.commit().expect("commit");

    let error = world.journal.worker().run_due().await.unwrap_err();

    assert!(matches!(error, JournalError::Key(_)), "{error}");
    assert_eq!(world.provider.requests().len(), 0);
}

#[tokio::test]
async fn a_worker_sends_what_nobody_executed() {
    let world = World::new();
    world.provider.answers([Answer::Accept(PaymentStatus::Succeeded)]);
    let id = world.record("W_1").await.intent();
    world.pass(Duration::ZERO).await;
    assert_eq!(world.report(id).await.state, State::Succeeded);
}

#[tokio::test]
async fn an_intent_is_cancelled_before_it_is_sent_and_not_after() {
    let world = World::new();
    let id = world.record("W_1").await.intent();
    assert_eq!(world.journal.cancel(id).await.expect("cancel"), Cancelled::Done);
    assert_eq!(world.journal.cancel(id).await.expect("cancel"), Cancelled::Done);
    world.pass(Duration::from_secs(60)).await;
    assert_eq!(world.provider.requests().len(), 0);

    world.provider.answers([Answer::Accept(PaymentStatus::Processing)]);
    let (id, _) = world.pay("W_2").await;
    assert_eq!(world.journal.cancel(id).await.expect("cancel"), Cancelled::TooLate(State::Pending));
}

#[tokio::test]
async fn a_caller_that_stops_waiting_stops_nothing() {
    let world = World::new();
    world.provider.answers([Answer::After(Duration::from_secs(1), Box::new(Answer::Accept(PaymentStatus::Succeeded)))]);
    let ticket = world.record("W_1").await;
    let id = ticket.intent();
    {
        let execute = std::pin::pin!(world.journal.execute(ticket));
        // Polled once, then dropped.
        assert!(poll_once(execute).is_none());
    }
    world.provider.is_asked().await;
    world.journal.shut_down().await;
    assert_eq!(world.report(id).await.state, State::Succeeded);
    let refused = world.journal.execute(Ticket::of(id)).await.unwrap_err();
    assert!(matches!(refused, JournalError::Closed), "{refused}");
}

fn poll_once<T>(future: std::pin::Pin<&mut impl Future<Output = T>>) -> Option<T> {
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    match future.poll(&mut context) {
        std::task::Poll::Ready(value) => Some(value),
        std::task::Poll::Pending => None,
    }
}

#[tokio::test]
async fn an_invalid_intent_is_rejected_with_its_field() {
    let world = World::new();
    let mut transaction = world.store.begin();
    for (intent, field) in [
        (payout(""), "reference"),
        (payout("a\nb"), "reference"),
        (other_account(Account::at("acme").tenant("a\nb")), "tenant"),
        (other_account(Account::at("acme").named("a".repeat(101))), "account"),
        (native("a".repeat(101), "W_1".to_owned()), "operation"),
        (native("acme.pay".to_owned(), "W".repeat(256)), "reference"),
        (Intent::new("", PayoutRequest::new("W_1", rupees(1), "C_1", "1", "2")), "provider"),
    ] {
        let error = world.journal.record(&mut transaction, &intent).await.unwrap_err();
        assert!(matches!(&error, JournalError::Invalid(invalid) if invalid.field() == field), "{error}");
    }
    let longest = Account::at("acme").named("é".repeat(100));
    world.journal.record(&mut transaction, &other_account(longest)).await.expect("100 characters");
    world.journal.record(&mut transaction, &native("a".repeat(100), "W".repeat(255))).await.expect("255 characters");
}

#[tokio::test]
async fn an_intent_with_a_value_in_memory_needs_an_expiry_and_no_worker_sends_it() {
    let world = World::new();
    let intent = Intent::native("acme", "pay_out", "W_1", Some(rupees(1)), 1, &()).expect("parameters");
    let intent = intent.in_memory("a key".to_owned());
    assert!(!format!("{intent:?}").contains("a key"));
    let mut transaction = world.store.begin();
    let error = world.journal.record(&mut transaction, &intent).await.unwrap_err();
    assert!(matches!(&error, JournalError::Invalid(invalid) if invalid.field() == "expires_at"), "{error}");
    let intent = intent.expires_after(Duration::from_secs(60));
    let recorded = world.journal.record(&mut transaction, &intent).await.expect("record");
    assert!(!format!("{recorded:?}").contains("a key"));
    transaction.commit().expect("commit");
    let id = recorded.ticket().intent();
    assert_eq!(world.report(id).await.due_at, Some(world.clock.now() + Duration::from_secs(60)));

    world.pass(Duration::from_secs(59)).await;
    assert_eq!(world.report(id).await.state, State::Intended);
    world.pass(Duration::from_secs(1)).await;

    assert_eq!(world.report(id).await.state, State::Abandoned);
    assert_eq!(world.provider.requests().len(), 0);
}

#[tokio::test]
async fn an_intent_is_found_by_its_key() {
    let world = World::new();
    let id = world.record("W_1").await.intent();
    assert_eq!(world.journal.find(payout("W_1").key()).await.expect("find"), Some(id));
    assert_eq!(world.journal.find(payout("W_2").key()).await.expect("find"), None);
}

#[tokio::test]
async fn parameters_in_a_newer_form_are_left_to_a_newer_process() {
    let world = World::new();
    let newer = Intent::native("acme", "pay_out", "W_1", Some(rupees(1)), 2, &()).expect("parameters");
    let mut transaction = world.store.begin();
    let ticket = world.journal.record(&mut transaction, &newer).await.expect("record").ticket();
    transaction.commit().expect("commit");
    let id = ticket.intent();
    let error = world.journal.execute(ticket).await.unwrap_err();
    assert!(matches!(error, JournalError::NoClient { version: 2, .. }), "{error}");
    assert_eq!((world.report(id).await.state, world.report(id).await.evidence), (State::Intended, Vec::new()));
}

#[tokio::test]
async fn a_payment_and_a_payout_need_two_references() {
    let world = World::new();
    let payment = |account: Account| Intent::new(account, PaymentRequest::new("W_1", rupees(250_000)));
    let mut transaction = world.store.begin();
    world.journal.record(&mut transaction, &payout("W_1")).await.expect("record");
    for _ in 0..2 {
        let error = world.journal.record(&mut transaction, &payment(Account::at("acme"))).await.unwrap_err();
        assert!(matches!(&error, JournalError::Invalid(invalid) if invalid.field() == "reference"), "{error}");
        transaction.commit().expect("commit");
        transaction = world.store.begin();
    }
    let other = Account::at("acme").named("another");
    world.journal.record(&mut transaction, &payment(other)).await.expect("another account has its own references");
}

fn other_account(account: Account) -> Intent {
    Intent::new(account, PayoutRequest::new("W_1", rupees(1), "C_1", "1", "2"))
}

fn native(operation: String, reference: String) -> Intent {
    Intent::native("acme", operation, reference, None, 1, &()).expect("parameters")
}

#[tokio::test]
async fn settings_that_no_journal_can_work_with_are_rejected_with_their_names() {
    type Change = fn(&mut Settings);
    let changes: [(&str, Change); 9] = [
        ("call_timeout", |settings| settings.call_timeout = Duration::MAX),
        ("lease_margin", |settings| settings.lease_margin = Duration::ZERO),
        ("backoff", |settings| settings.backoff = Backoff::new(Duration::ZERO, Duration::from_secs(1))),
        ("polling", |settings| settings.polling = Backoff::new(Duration::from_secs(1), Duration::MAX)),
        ("in_flight", |settings| settings.in_flight = Duration::ZERO),
        ("pause", |settings| settings.pause = Duration::ZERO),
        ("poll_interval", |settings| settings.poll_interval = Duration::ZERO),
        ("lookups", |settings| settings.lookups = 0),
        ("concurrency", |settings| settings.concurrency = 0),
    ];
    for (field, change) in changes {
        let mut settings = Settings::default();
        change(&mut settings);
        let key = JournalKey::new("00112233445566778899aabbccddeeff").expect("a key");
        let keys = JournalKeys::new("1", key).expect("the keys");
        let error = Journal::builder(MemoryStore::new(), keys).settings(settings).build().unwrap_err();
        assert!(matches!(&error, JournalError::Invalid(invalid) if invalid.field() == field), "{error}");
    }
}
