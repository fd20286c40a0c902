//! Payments whose amount the provider changes, and confirmations of payments that exist.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use payments_core::gateway::{
    Capabilities, Confirm, ConfirmRequest, ConfirmedPayment, EventReport, Lookup, NextAction, PaymentRequest,
    PaymentState, Recovery, RecoveryPlan, Retrieve, StartPayment, StartedPayment, StatusChanges, WriteOperation,
};
use payments_core::test_util::{ManualClock, error};
use payments_core::time::OffsetDateTime;
use payments_core::{Error, ErrorKind, Expected, Money, Outcome, PaymentStatus};
use payments_journal::memory::{MemoryConnection, MemoryStore};
use payments_journal::{
    Account, Change, Decided, Decision, Gateway, Intent, IntentId, Journal, JournalKey, JournalKeys, Report, Review,
    Settings, State,
};

use super::provider::{Event, rupees};

const MINUTE: Duration = Duration::from_secs(60);

/// What the client does next.
#[derive(Default)]
struct Script {
    started: VecDeque<Result<StartedPayment, Error>>,
    confirmed: VecDeque<Result<ConfirmedPayment, Error>>,
    found: VecDeque<PaymentState>,
}

/// A client whose answers the test sets. Clones share the script.
#[derive(Clone, Default)]
struct Client {
    script: Arc<Mutex<Script>>,
    connect_timeout: Duration,
}

#[async_trait]
impl StartPayment for Client {
    async fn start_payment(&self, _: &PaymentRequest) -> Result<StartedPayment, Error> {
        self.script.lock().expect("lock").started.pop_front().expect("no answer is left")
    }
}

#[async_trait]
impl Lookup for Client {
    async fn lookup_payment(&self, expected: &Expected) -> Result<PaymentState, Error> {
        let found = self.script.lock().expect("lock").found.pop_front().expect("no lookup is left");
        let amount = found.amount.expect("an amount");
        let differs = payments_core::Mismatch::AmountDiffers { expected: expected.amount(), actual: amount };
        Ok(found.checked(if amount == expected.amount() { Ok(()) } else { Err(differs) }))
    }
}

#[async_trait]
impl Confirm for Client {
    async fn confirm(&self, _: &ConfirmRequest) -> Result<ConfirmedPayment, Error> {
        self.script.lock().expect("lock").confirmed.pop_front().expect("no answer is left")
    }

    fn connect_timeout(&self) -> Duration {
        self.connect_timeout
    }
}

#[async_trait]
impl Retrieve for Client {
    async fn retrieve(&self, id: &str, _: &Expected) -> Result<PaymentState, Error> {
        assert_eq!(id, "pay_1");
        Ok(self.script.lock().expect("lock").found.pop_front().expect("no lookup is left"))
    }
}

struct World {
    journal: Journal<MemoryStore>,
    store: MemoryStore,
    client: Client,
    clock: ManualClock,
    changes: Arc<Mutex<Vec<Change>>>,
}

impl World {
    fn new() -> Self {
        let clock = ManualClock::at(OffsetDateTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000));
        let store = MemoryStore::with_clock(clock.clone());
        let client = Client::default();
        let gateway = Gateway::new(Account::at("acme"), &CAPABILITIES);
        let gateway = gateway.starts_payments(client.clone()).looks_up(client.clone());
        let gateway = gateway.confirms(client.clone()).retrieves(client.clone());
        let key = JournalKey::new("00112233445566778899aabbccddeeff").expect("a key");
        let journal = Journal::builder(store.clone(), JournalKeys::new("1", key).expect("the keys"))
            .gateway(gateway)
            .clock(clock.clone())
            .build()
            .expect("a journal");
        Self { journal, store, client, clock, changes: Arc::default() }
    }

    /// The provider starts the payment, but its response says that the customer has to pay this amount.
    fn starts_with(&self, amount: Money) {
        self.client.script.lock().expect("lock").started.push_back(Ok(started(amount).sets_amount()));
    }

    fn finds(&self, status: PaymentStatus, is_final: bool, amount: Money) {
        self.client.script.lock().expect("lock").found.push_back(PaymentState::new(
            None,
            status,
            is_final,
            Some(amount),
        ));
    }

    async fn start(&self) -> IntentId {
        self.execute(Intent::new("acme", PaymentRequest::new("order-1", rupees(30_000)))).await
    }

    async fn confirm(&self, answer: Result<ConfirmedPayment, Error>) -> IntentId {
        self.client.script.lock().expect("lock").confirmed.push_back(answer);
        self.execute(Intent::new("acme", ConfirmRequest::new("order-1", "pay_1", "501234567890"))).await
    }

    async fn execute(&self, intent: Intent) -> IntentId {
        let mut transaction = self.store.begin();
        let ticket = self.journal.record(&mut transaction, &intent).await.expect("record").ticket();
        transaction.commit().expect("commit");
        let id = ticket.intent();
        self.journal.execute(ticket).await.expect("execute");
        id
    }

    async fn pass(&self, time: Duration) {
        self.clock.advance(time);
        let seen = Arc::clone(&self.changes);
        let worker = self.journal.worker().on_change(move |_: &mut MemoryConnection, change| {
            seen.lock().expect("lock").push(change.clone());
            Box::pin(async { Ok(()) })
        });
        worker.run_due().await.expect("the worker");
    }

    async fn receive(&self, report: EventReport) {
        self.journal.receive(&Account::at("acme"), &Event::signed(report)).await.expect("receive");
    }

    async fn report(&self, id: IntentId) -> Report {
        self.journal.report(id).await.expect("the report")
    }

    fn last_change(&self) -> Change {
        self.changes.lock().expect("lock").last().cloned().expect("a change")
    }
}

fn started(amount: Money) -> StartedPayment {
    StartedPayment::new(Some("pay_1".to_owned()), PaymentStatus::AwaitingCustomer, amount, NextAction::None)
}

#[tokio::test]
async fn a_payment_of_the_amount_that_the_response_named_succeeds_and_shows_the_amount() {
    let world = World::new();
    world.starts_with(rupees(30_001));
    world.finds(PaymentStatus::AwaitingCustomer, false, rupees(30_001));
    world.finds(PaymentStatus::Succeeded, true, rupees(30_001));
    let id = world.start().await;
    assert_eq!(
        (world.report(id).await.state, world.report(id).await.order_amount),
        (State::Pending, Some(rupees(30_001)))
    );
    world.pass(MINUTE).await;
    assert_eq!(world.last_change().to, State::Pending);

    world.pass(MINUTE * 60).await;

    let report = world.report(id).await;
    assert_eq!((report.state, report.review), (State::Succeeded, None), "{report:?}");
    assert_eq!((report.amount, report.order_amount), (Some(rupees(30_000)), Some(rupees(30_001))));
    let change = world.last_change();
    assert_eq!((change.to, change.amount, change.order_amount), (State::Succeeded, report.amount, report.order_amount));
}

#[tokio::test]
async fn a_payment_of_another_amount_than_the_response_named_needs_a_review_that_shows_it() {
    for paid in [30_002, 30_000, 3] {
        let world = World::new();
        world.starts_with(rupees(30_001));
        world.finds(PaymentStatus::Succeeded, true, rupees(paid));
        let id = world.start().await;
        world.pass(MINUTE).await;
        let report = world.report(id).await;
        assert_eq!(report.review, Some(Review::Contradiction), "{paid}: {report:?}");
        let shown = (paid != 30_000).then(|| rupees(paid));
        assert_eq!((report.status, report.order_amount), (Some(PaymentStatus::Succeeded), shown));
    }
}

#[tokio::test]
async fn a_changed_amount_needs_a_review_if_the_response_was_lost_or_its_amount_is_not_documented_to_count() {
    let undocumented = Ok(started(rupees(30_001)));
    let lost = Err(error(ErrorKind::Timeout, Outcome::Unknown));
    for answer in [undocumented, lost] {
        let world = World::new();
        world.client.script.lock().expect("lock").started.push_back(answer);
        world.finds(PaymentStatus::Succeeded, true, rupees(30_001));
        let id = world.start().await;
        world.pass(MINUTE).await;
        let report = world.report(id).await;
        assert_eq!(
            (report.review, report.order_amount),
            (Some(Review::Contradiction), Some(rupees(30_001))),
            "{report:?}"
        );

        // A person accepts the amount.
        let decided = world.journal.decide(id, Decision::Done, "asha").await.expect("decide");
        assert_eq!(decided, Decided::Stored(State::Succeeded));
        world.pass(MINUTE).await;
        assert_eq!(world.last_change().order_amount, Some(rupees(30_001)));
    }
}

#[tokio::test]
async fn a_payment_that_expired_and_can_still_be_paid_does_not_show_that_its_confirmation_arrived() {
    for status in [PaymentStatus::Expired, PaymentStatus::Cancelled] {
        let world = World::new();
        for _ in 0..30 {
            world.finds(status.clone(), false, rupees(30_000));
        }
        let id = world.confirm(Err(error(ErrorKind::Timeout, Outcome::Unknown))).await;
        for _ in 0..10 {
            world.pass(MINUTE).await;
            assert_eq!(world.report(id).await.state, State::Unknown, "{status}");
        }
        // Five lookups of a request that is no longer in flight.
        for _ in 0..5 {
            assert_eq!(world.report(id).await.state, State::Unknown, "{status}");
            world.pass(MINUTE * 20).await;
        }
        let report = world.report(id).await;
        assert_eq!((report.state, report.review), (State::NeedsReview, Some(Review::NotFound)), "{status}");
    }
}

#[tokio::test]
async fn a_payment_that_was_settled_shows_what_became_of_its_confirmation() {
    for (status, state) in [(PaymentStatus::Succeeded, State::Succeeded), (PaymentStatus::Failed, State::Failed)] {
        let world = World::new();
        world.finds(PaymentStatus::AwaitingCustomer, false, rupees(30_000));
        world.finds(status, true, rupees(30_000));
        let id = world.confirm(Err(error(ErrorKind::Timeout, Outcome::Unknown))).await;
        world.pass(MINUTE).await;
        assert_eq!(world.report(id).await.state, State::Unknown);
        world.pass(MINUTE).await;
        assert_eq!(world.report(id).await.state, state);
    }
}

#[tokio::test]
async fn a_confirmation_that_was_accepted_stays_pending_while_the_payment_is_expired() {
    let world = World::new();
    for _ in 0..100 {
        world.finds(PaymentStatus::Expired, false, rupees(30_000));
    }
    let id = world.confirm(Ok(ConfirmedPayment::new(PaymentStatus::Processing, false))).await;
    for _ in 0..100 {
        world.pass(MINUTE * 10).await;
    }
    let report = world.report(id).await;
    assert_eq!((report.state, report.evidence.len()), (State::Pending, 3), "lookups that show nothing add no evidence");
}

#[tokio::test]
async fn a_call_timeout_that_no_client_accepts_is_refused_when_the_journal_is_built() {
    for (connect_timeout, is_valid) in
        [(Duration::ZERO, true), (Duration::from_secs(4), true), (Duration::from_secs(5), false)]
    {
        let client = Client { connect_timeout, ..Client::default() };
        let mut settings = Settings::default();
        settings.call_timeout = Duration::from_secs(5);
        let key = JournalKey::new("00112233445566778899aabbccddeeff").expect("a key");
        let built = Journal::builder(MemoryStore::new(), JournalKeys::new("1", key).expect("the keys"))
            .gateway(Gateway::new(Account::at("acme"), &CAPABILITIES).confirms(client))
            .settings(settings)
            .build();
        assert_eq!(built.is_ok(), is_valid, "{connect_timeout:?}");
        if let Err(error) = built {
            let problem =
                "`call_timeout` must be longer than the connect timeout of the client of acme, which is 5s, but is 5s";
            assert_eq!(error.to_string(), problem);
        }
    }
}

const CAPABILITIES: Capabilities = Capabilities {
    provider: "acme",
    table: &[],
    recovery: &[
        RecoveryPlan::new(WriteOperation::StartPayment, &[Recovery::LookupByReference], ""),
        RecoveryPlan::new(WriteOperation::Confirm, &[Recovery::LookupById], ""),
    ],
    status_changes: &[StatusChanges::new(
        &[WriteOperation::StartPayment],
        &[(PaymentStatus::AwaitingCustomer, PaymentStatus::Succeeded)],
        "",
    )],
};

#[tokio::test]
async fn only_an_event_of_the_payment_itself_decides_its_confirmation() {
    let world = World::new();
    for _ in 0..2 {
        world.finds(PaymentStatus::AwaitingCustomer, false, rupees(30_000));
    }
    let id = world.confirm(Err(error(ErrorKind::Timeout, Outcome::Unknown))).await;
    // A merchant may use one reference for a payment and for what follows.
    world.receive(confirmed("evt_1", "pay_2", PaymentStatus::Failed)).await;
    assert_eq!(world.report(id).await.state, State::Unknown);
    world.pass(MINUTE).await;
    assert_eq!(world.report(id).await.state, State::Unknown);
    world.receive(confirmed("evt_2", "pay_1", PaymentStatus::Succeeded)).await;
    assert_eq!(world.report(id).await.state, State::Succeeded);
}

#[tokio::test]
async fn an_event_of_the_payment_is_found_by_its_id_before_the_response_arrives() {
    let world = World::new();
    let id = world.confirm(Err(error(ErrorKind::Timeout, Outcome::Unknown))).await;
    let mut event = confirmed("evt_1", "pay_1", PaymentStatus::Succeeded);
    event.reference = Some("the payment's own".to_owned());
    world.receive(event).await;
    assert_eq!(world.report(id).await.state, State::Succeeded);
}

fn confirmed(id: &str, payment: &str, status: PaymentStatus) -> EventReport {
    let mut report = EventReport::new(&[WriteOperation::Confirm], status, true);
    report.event_id = Some(id.to_owned());
    report.reference = Some("order-1".to_owned());
    report.object_id = Some(payment.to_owned());
    report.amount = Ok("300.00".parse().expect("an amount"));
    report
}
