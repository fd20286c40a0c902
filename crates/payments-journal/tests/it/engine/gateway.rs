//! Which client sends an operation, and what its response, a lookup or an event says about it.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use payments_core::PaymentStatus::{self, Authorized, AwaitingCustomer, Cancelled, Failed, Processing, Succeeded};
use payments_core::gateway::{
    AcceptedPayout, Cancel, CancelRequest, Capabilities, Capture, CaptureRequest, Confirm, ConfirmRequest,
    ConfirmedPayment, EventReport, Lookup, NextAction, PayOut, PaymentRequest, PaymentState, PayoutRequest, Recovery,
    RecoveryPlan, Refund, RefundRequest, RefundState, ReportEvent, Retrieve, StartPayment, StartedPayment,
    StatusChanges, WriteOperation,
};
use payments_core::json::DecodeError;
use payments_core::test_util::{ManualClock, error};
use payments_core::time::OffsetDateTime;
use payments_core::webhook::{SigningSecrets, Verified, sign};
use payments_core::{
    AmountUnreadable, Card, Currency, Error, ErrorKind, Expected, Expiry, Mismatch, Money, Outcome, Secret,
};
use payments_journal::memory::MemoryStore;
use payments_journal::{
    Account, Fact, Gateway, Intent, IntentId, Journal, JournalKey, JournalKeys, Report, Review, State,
};

use super::provider::rupees;

/// What the provider answers: a status, and an amount.
#[derive(Clone)]
struct Answers {
    response: Result<(PaymentStatus, Money), (ErrorKind, Outcome)>,
    payment: Result<PaymentState, ErrorKind>,
    /// The operations that were called.
    calls: Arc<Mutex<Vec<&'static str>>>,
}

impl Answers {
    fn to(&self, call: &'static str) -> Result<(PaymentStatus, Money), Error> {
        self.calls.lock().expect("lock").push(call);
        self.response.clone().map_err(|(kind, outcome)| error(kind, outcome))
    }

    fn state(&self, call: &'static str) -> Result<PaymentState, Error> {
        self.to(call).map(|(status, amount)| payment(status, amount))
    }

    fn seen(&self, call: &'static str) -> Result<PaymentState, Error> {
        self.calls.lock().expect("lock").push(call);
        self.payment.clone().map_err(|kind| error(kind, Outcome::Refused))
    }
}

fn id() -> Option<String> {
    Some("id_1".to_owned())
}

fn payment(status: PaymentStatus, amount: Money) -> PaymentState {
    let is_final = !matches!(status, AwaitingCustomer | Processing | Authorized);
    PaymentState::new(id(), status, is_final, Some(amount))
}

#[async_trait]
impl StartPayment for Answers {
    async fn start_payment(&self, request: &PaymentRequest) -> Result<StartedPayment, Error> {
        let call = if request.card.is_some() { "start_payment with a card" } else { "start_payment" };
        let (status, amount) = self.to(call)?;
        Ok(StartedPayment::new(id(), status, amount, NextAction::None))
    }
}

#[async_trait]
impl Confirm for Answers {
    async fn confirm(&self, _: &ConfirmRequest) -> Result<ConfirmedPayment, Error> {
        let state = self.state("confirm")?;
        Ok(ConfirmedPayment::new(state.status, state.is_final))
    }
}

#[async_trait]
impl Capture for Answers {
    async fn capture(&self, request: &CaptureRequest) -> Result<PaymentState, Error> {
        let state = self.state("capture")?;
        let differs = Mismatch::AmountDiffers { expected: request.amount, actual: state.amount.expect("an amount") };
        let check = if state.amount == Some(request.amount) { Ok(()) } else { Err(differs) };
        Ok(state.checked(check))
    }
}

#[async_trait]
impl Cancel for Answers {
    async fn cancel(&self, _: &CancelRequest) -> Result<PaymentState, Error> {
        self.state("cancel")
    }
}

#[async_trait]
impl Refund for Answers {
    async fn refund(&self, _: &RefundRequest) -> Result<RefundState, Error> {
        let state = self.state("refund")?;
        Ok(RefundState::new(state.id, state.status, state.is_final, state.amount))
    }
}

#[async_trait]
impl PayOut for Answers {
    async fn pay_out(&self, _: &PayoutRequest) -> Result<AcceptedPayout, Error> {
        let (status, amount) = self.to("pay_out")?;
        Ok(AcceptedPayout::new(id(), status, amount))
    }
}

#[async_trait]
impl Lookup for Answers {
    async fn lookup_payment(&self, _: &Expected) -> Result<PaymentState, Error> {
        self.seen("lookup")
    }
}

#[async_trait]
impl Retrieve for Answers {
    async fn retrieve(&self, _: &str, _: &Expected) -> Result<PaymentState, Error> {
        self.seen("retrieve")
    }
}

/// Every operation can be looked up, by its reference or by the id of the payment.
const RECOVERY: &[Recovery] = &[Recovery::LookupByReference, Recovery::LookupById];

const CHANGES: &[StatusChanges] =
    &[StatusChanges::new(WriteOperation::ALL, &[(Processing, Succeeded), (Processing, Cancelled)], "")];

fn plan(operation: WriteOperation) -> RecoveryPlan {
    RecoveryPlan::new(operation, RECOVERY, "")
}

fn intent(operation: WriteOperation) -> Intent {
    match operation {
        WriteOperation::StartPayment => Intent::new("acme", PaymentRequest::new("R-1", rupees(100))),
        WriteOperation::Confirm => Intent::new("acme", ConfirmRequest::new("R-1", "pay_1", "123456789012")),
        WriteOperation::Capture => Intent::new("acme", CaptureRequest::new("R-1", "pay_1", rupees(100))),
        WriteOperation::Cancel => Intent::new("acme", CancelRequest::new("R-1", "pay_1")),
        WriteOperation::Refund => Intent::new("acme", RefundRequest::new("R-1", "pay_1", rupees(100))),
        WriteOperation::PayOut => {
            Intent::new("acme", PayoutRequest::new("R-1", rupees(100), "C_1", "1", "HDFC0000001"))
        }
        other => unreachable!("{other} is new"),
    }
}

struct World {
    journal: Journal<MemoryStore>,
    answers: Answers,
    clock: ManualClock,
    id: IntentId,
}

impl World {
    /// Records the operation and executes it. `clients` are those that can look it up.
    async fn execute(
        operation: WriteOperation,
        response: Result<(PaymentStatus, Money), (ErrorKind, Outcome)>,
        payment: Result<PaymentState, ErrorKind>,
        clients: fn(Gateway, Answers) -> Gateway,
    ) -> Self {
        Self::execute_intent(&intent(operation), response, payment, clients).await
    }

    async fn execute_intent(
        intent: &Intent,
        response: Result<(PaymentStatus, Money), (ErrorKind, Outcome)>,
        payment: Result<PaymentState, ErrorKind>,
        clients: fn(Gateway, Answers) -> Gateway,
    ) -> Self {
        let answers = Answers { response, payment, calls: Arc::default() };
        let recovery = WriteOperation::ALL.iter().map(|operation| plan(*operation)).collect::<Vec<_>>().leak();
        let capabilities = Capabilities { provider: "acme", table: &[], recovery, status_changes: CHANGES };
        let gateway = Gateway::new(Account::at("acme"), &capabilities)
            .starts_payments(answers.clone())
            .confirms(answers.clone())
            .captures(answers.clone())
            .cancels(answers.clone())
            .refunds(answers.clone())
            .pays_out(answers.clone());
        let clock = ManualClock::at(OffsetDateTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000));
        let store = MemoryStore::with_clock(clock.clone());
        let key = JournalKey::new("00112233445566778899aabbccddeeff").expect("a key");
        let journal = Journal::builder(store.clone(), JournalKeys::new("1", key).expect("the keys"))
            .gateway(clients(gateway, answers.clone()))
            .clock(clock.clone())
            .build()
            .expect("a journal");
        let mut transaction = store.begin();
        let recorded = journal.record(&mut transaction, intent).await.expect("record");
        transaction.commit().expect("commit");
        let ticket = recorded.ticket();
        let id = ticket.intent();
        journal.execute(ticket).await.expect("execute");
        Self { journal, answers, clock, id }
    }

    /// The same after an unknown outcome, with one step of a worker.
    async fn look_up(
        operation: WriteOperation,
        payment: Result<PaymentState, ErrorKind>,
        clients: fn(Gateway, Answers) -> Gateway,
    ) -> Self {
        let unknown = Err((ErrorKind::Timeout, Outcome::Unknown));
        let world = Self::execute(operation, unknown, payment, clients).await;
        world.clock.advance(Duration::from_secs(1));
        world.journal.worker().run_due().await.expect("the worker");
        world
    }

    async fn report(&self) -> Report {
        self.journal.report(self.id).await.expect("the report")
    }

    fn calls(&self) -> Vec<&'static str> {
        self.answers.calls.lock().expect("lock").clone()
    }
}

fn both(gateway: Gateway, answers: Answers) -> Gateway {
    gateway.looks_up(answers.clone()).retrieves(answers)
}

fn none(gateway: Gateway, _: Answers) -> Gateway {
    gateway
}

#[tokio::test]
async fn each_operation_is_sent_by_its_own_client() {
    for (operation, call, id) in [
        (WriteOperation::StartPayment, "start_payment", "id_1"),
        (WriteOperation::Confirm, "confirm", "pay_1"),
        (WriteOperation::Capture, "capture", "pay_1"),
        (WriteOperation::Cancel, "cancel", "pay_1"),
        (WriteOperation::Refund, "refund", "id_1"),
        (WriteOperation::PayOut, "pay_out", "id_1"),
    ] {
        let status = if operation == WriteOperation::Cancel { Cancelled } else { Succeeded };
        let world = World::execute(operation, Ok((status, rupees(100))), Err(ErrorKind::NotFound), none).await;
        let report = world.report().await;
        assert_eq!((report.state, world.calls()), (State::Succeeded, vec![call]));
        assert_eq!(report.provider_id.as_deref(), Some(id), "{operation}");
    }
}

#[tokio::test]
async fn a_response_with_another_amount_contradicts_the_intent() {
    let dollars = Money::from_minor(100, Currency::USD);
    for (operation, status, amount) in [
        (WriteOperation::Refund, Processing, rupees(99)),
        (WriteOperation::Capture, Succeeded, rupees(99)),
        (WriteOperation::PayOut, Succeeded, rupees(99)),
        (WriteOperation::PayOut, Processing, dollars),
        (WriteOperation::StartPayment, AwaitingCustomer, dollars),
        (WriteOperation::StartPayment, Succeeded, rupees(99)),
    ] {
        let world = World::execute(operation, Ok((status, amount)), Err(ErrorKind::NotFound), none).await;
        assert_eq!(world.report().await.review, Some(Review::Contradiction), "{operation}");
    }
    // Some providers document that the amount may still change until it is paid.
    let started = Ok((AwaitingCustomer, rupees(99)));
    let world = World::execute(WriteOperation::StartPayment, started, Err(ErrorKind::NotFound), none).await;
    assert_eq!(world.report().await.state, State::Pending);
}

#[tokio::test]
async fn an_operation_on_a_payment_is_decided_by_the_status_of_the_payment() {
    use WriteOperation::{Cancel, Capture, Confirm};
    for (operation, status, state) in [
        (Confirm, AwaitingCustomer, State::Unknown),
        (Confirm, Processing, State::Pending),
        (Confirm, Succeeded, State::Succeeded),
        (Capture, Authorized, State::Unknown),
        (Capture, Processing, State::Unknown),
        (Capture, Succeeded, State::Succeeded),
        (Capture, Cancelled, State::Failed),
        (Cancel, Authorized, State::Unknown),
        (Cancel, Cancelled, State::Succeeded),
        (Cancel, Succeeded, State::Failed),
    ] {
        let world = World::look_up(operation, Ok(payment(status.clone(), rupees(100))), both).await;
        assert_eq!(world.report().await.state, state, "{operation}, {status}");
        assert_eq!(world.calls()[1], "retrieve");
    }
    let less = World::look_up(Capture, Ok(payment(Succeeded, rupees(99))), both).await;
    assert_eq!(less.report().await.review, Some(Review::Contradiction));
    let failed = World::look_up(Capture, Ok(payment(Failed, rupees(99))), both).await;
    assert_eq!(failed.report().await.state, State::Failed, "nothing was captured");
}

#[tokio::test]
async fn an_order_that_differs_contradicts_the_intent_unless_it_may_still_change() {
    let differs = || Mismatch::AmountDiffers { expected: rupees(100), actual: rupees(99) };
    let unreadable = || Mismatch::AmountUnreadable(AmountUnreadable::new(None, "the amount is missing"));
    for (operation, status, mismatch, state) in [
        (WriteOperation::StartPayment, Processing, differs(), State::Pending),
        (WriteOperation::StartPayment, Succeeded, differs(), State::NeedsReview),
        (WriteOperation::StartPayment, Processing, Mismatch::Reference, State::NeedsReview),
        (WriteOperation::PayOut, Processing, differs(), State::NeedsReview),
        (WriteOperation::PayOut, Processing, unreadable(), State::Pending),
        (WriteOperation::PayOut, Succeeded, unreadable(), State::NeedsReview),
        (WriteOperation::PayOut, Succeeded, differs(), State::NeedsReview),
    ] {
        let seen = payment(status, rupees(99)).checked(Err(mismatch));
        let world = World::look_up(operation, Ok(seen), both).await;
        assert_eq!(world.report().await.state, state, "{operation}");
        assert_eq!(world.calls()[1], "lookup");
    }
}

#[tokio::test]
async fn a_lookup_that_fails_proves_nothing_and_one_without_a_client_is_not_tried() {
    let world = World::look_up(WriteOperation::PayOut, Err(ErrorKind::Timeout), both).await;
    let report = world.report().await;
    let is_not_found = |fact: &Fact| matches!(fact, Fact::NotFound);
    assert!(!report.evidence.iter().any(|entry| is_not_found(&entry.evidence.fact)), "{report:?}");
    let world = World::look_up(WriteOperation::PayOut, Err(ErrorKind::NotFound), both).await;
    let report = world.report().await;
    assert!(report.evidence.iter().any(|entry| is_not_found(&entry.evidence.fact)), "{report:?}");

    // Only the id finds it, and the response with the id was lost.
    let retrieves = |gateway: Gateway, answers| gateway.retrieves(answers);
    for operation in [WriteOperation::PayOut, WriteOperation::StartPayment] {
        for clients in [none, retrieves] {
            let world = World::look_up(operation, Ok(payment(Succeeded, rupees(100))), clients).await;
            assert_eq!(world.report().await.review, Some(Review::NoId), "{operation}");
        }
    }
    for operation in [WriteOperation::Confirm, WriteOperation::Refund] {
        let world = World::look_up(operation, Ok(payment(Succeeded, rupees(100))), none).await;
        assert_eq!(world.report().await.review, Some(Review::NoId), "{operation}");
    }
    // With the id it is found.
    let pending = Ok((Processing, rupees(100)));
    let world = World::execute(WriteOperation::PayOut, pending, Ok(payment(Succeeded, rupees(100))), retrieves).await;
    world.clock.advance(Duration::from_secs(30));
    world.journal.worker().run_due().await.expect("the worker");
    assert_eq!((world.report().await.state, world.calls()), (State::Succeeded, vec!["pay_out", "retrieve"]));
}

#[tokio::test]
async fn a_card_is_sent_by_the_process_that_has_it_and_its_payment_is_not_looked_up() {
    let number = "5421190122090656".parse().expect("a number");
    let card = Card::new("MARY MAJOR", number, Expiry::new(4, 2028).expect("a date"), "916".parse().expect("a code"));
    let intent = Intent::new("acme", PaymentRequest::new("R-1", rupees(100)).card(card));
    let in_an_hour = OffsetDateTime::UNIX_EPOCH + Duration::from_secs(1_800_003_600);
    let intent = intent.expires_at(in_an_hour);
    let started = Ok((AwaitingCustomer, rupees(100)));
    let world = World::execute_intent(&intent, started, Ok(payment(Succeeded, rupees(100))), both).await;
    assert_eq!((world.report().await.state, world.calls()), (State::Pending, vec!["start_payment with a card"]));
    assert_eq!(world.report().await.due_at, None, "it is completed by another call");

    let unknown = Err((ErrorKind::Timeout, Outcome::Unknown));
    let world = World::execute_intent(&intent, unknown, Ok(payment(Succeeded, rupees(100))), both).await;
    world.journal.worker().run_due().await.expect("the worker");
    assert_eq!((world.report().await.review, world.calls().len()), (Some(Review::NoId), 1));
}

/// An event of the provider, verified by its signature.
struct Event(EventReport);

impl ReportEvent for Event {
    fn report(&self) -> Result<Option<EventReport>, DecodeError> {
        Ok(Some(self.0.clone()))
    }
}

fn event(report: EventReport) -> Verified<Event> {
    let secret = Secret::new("secret", "whsec").expect("a secret");
    let signature = sign(&secret, &[b"body"]);
    let verified = SigningSecrets::new(&secret).verify(b"body", &[b"body"], &[signature]).expect("signed");
    verified.decode(|_| Ok(Event(report))).expect("an event")
}

#[tokio::test]
async fn an_event_is_compared_with_the_intent() {
    use WriteOperation::{Cancel, Capture, PayOut};
    for (operation, status, reference, amount, state) in [
        (Capture, Authorized, "R-1", "1.00", State::Pending),
        (Capture, Succeeded, "R-1", "1.00", State::Succeeded),
        (Capture, Succeeded, "R-1", "0.99", State::NeedsReview),
        // The payment has its own reference.
        (Capture, Succeeded, "P-1", "1.00", State::Succeeded),
        (Cancel, Authorized, "P-1", "1.00", State::Pending),
        (Cancel, Cancelled, "P-1", "1.00", State::Succeeded),
        (PayOut, Succeeded, "R-1", "1.00", State::Succeeded),
        (PayOut, Succeeded, "", "1.00", State::Succeeded),
        (PayOut, Succeeded, "", "0.99", State::NeedsReview),
        (PayOut, Succeeded, "R-2", "1.00", State::NeedsReview),
    ] {
        let pending = Ok((Processing, rupees(100)));
        let world = World::execute(operation, pending, Err(ErrorKind::NotFound), none).await;
        let mut report = EventReport::new(&[operation], status.clone(), status != Authorized);
        report.event_id = Some("evt_1".to_owned());
        report.reference = Some(reference.to_owned()).filter(|reference| !reference.is_empty());
        report.object_id = world.report().await.provider_id;
        report.amount = Ok(amount.parse().expect("an amount"));
        world.journal.receive(&Account::at("acme"), &event(report)).await.expect("receive");
        assert_eq!(world.report().await.state, state, "{operation}, {status}, `{reference}`, {amount}");
    }
}
