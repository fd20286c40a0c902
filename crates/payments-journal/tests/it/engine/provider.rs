//! A provider that answers as the test says, and remembers every request.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use payments_core::clock::{Sleep, Timer};
use payments_core::gateway::{
    AcceptedPayout, Capabilities, EventReport, Lookup, PayOut, PaymentState, PayoutRequest, Recovery, RecoveryPlan,
    ReportEvent, StatusChanges, WriteOperation,
};
use payments_core::json::DecodeError;
use payments_core::test_util::{ManualClock, error};
use payments_core::time::OffsetDateTime;
use payments_core::webhook::{SigningSecrets, Verified, sign};
use payments_core::{Currency, Error, ErrorKind, Expected, Money, Outcome, PaymentStatus, Secret};
use payments_journal::memory::MemoryStore;
use payments_journal::{
    Account, Backoff, Executed, Gateway, Intent, IntentId, Journal, JournalKey, JournalKeys, Report, Settings, Store,
    Ticket,
};
use tokio::sync::Notify;

/// What the provider does with the next request.
#[derive(Debug, Clone)]
pub(super) enum Answer {
    Accept(PaymentStatus),
    Fail(ErrorKind, Outcome),
    /// It answers after this time.
    After(Duration, Box<Answer>),
    /// It answers once it is told to.
    Until(Arc<Notify>, Box<Answer>),
}

#[derive(Default)]
struct Script {
    payouts: VecDeque<Answer>,
    lookups: VecDeque<Option<PaymentState>>,
    requests: Vec<PayoutRequest>,
    lookups_made: usize,
    lookups_to_lose: usize,
    lookups_without_end: usize,
}

/// A client of the provider. Clones share the script.
#[derive(Clone)]
pub(super) struct Provider {
    script: Arc<Mutex<Script>>,
    clock: ManualClock,
}

impl Provider {
    pub(super) fn answers(&self, answers: impl IntoIterator<Item = Answer>) {
        self.script.lock().expect("lock").payouts.extend(answers);
    }

    /// Makes the next lookups find these orders; `None` is "not found".
    pub(super) fn finds(&self, orders: impl IntoIterator<Item = Option<PaymentState>>) {
        self.script.lock().expect("lock").lookups.extend(orders);
    }

    /// Makes the next lookup find this order, before all others.
    pub(super) fn finds_next(&self, order: Option<PaymentState>) {
        self.script.lock().expect("lock").lookups.push_front(order);
    }

    /// Makes the next lookup fail.
    pub(super) fn loses_a_lookup(&self) {
        self.script.lock().expect("lock").lookups_to_lose += 1;
    }

    /// Makes the next lookup wait for ever, as for a place in a limit.
    pub(super) fn holds_a_lookup(&self) {
        self.script.lock().expect("lock").lookups_without_end += 1;
    }

    pub(super) fn requests(&self) -> Vec<PayoutRequest> {
        self.script.lock().expect("lock").requests.clone()
    }

    /// Lets the other tasks run until a request has arrived.
    pub(super) async fn is_asked(&self) {
        for _ in 0..10_000 {
            if !self.requests().is_empty() {
                return;
            }
            tokio::task::yield_now().await;
        }
        unreachable!("no request was sent");
    }

    pub(super) fn lookups(&self) -> usize {
        self.script.lock().expect("lock").lookups_made
    }
}

#[async_trait]
impl PayOut for Provider {
    async fn pay_out(&self, request: &PayoutRequest) -> Result<AcceptedPayout, Error> {
        let mut answer = {
            let mut script = self.script.lock().expect("lock");
            script.requests.push(request.clone());
            script.payouts.pop_front().expect("no answer is left")
        };
        loop {
            match answer {
                Answer::After(wait, then) => {
                    self.clock.advance(wait);
                    tokio::task::yield_now().await;
                    answer = *then;
                }
                Answer::Until(told, then) => {
                    told.notified().await;
                    answer = *then;
                }
                Answer::Accept(status) => {
                    return Ok(AcceptedPayout::new(Some("po_1".to_owned()), status, request.amount));
                }
                Answer::Fail(kind, outcome) => return Err(error(kind, outcome)),
            }
        }
    }
}

#[async_trait]
impl Lookup for Provider {
    async fn lookup_payment(&self, _: &Expected) -> Result<PaymentState, Error> {
        let is_held = {
            let mut script = self.script.lock().expect("lock");
            let left = script.lookups_without_end.checked_sub(1);
            script.lookups_without_end = left.unwrap_or_default();
            left.is_some()
        };
        if is_held {
            std::future::pending::<()>().await;
        }
        let mut script = self.script.lock().expect("lock");
        script.lookups_made += 1;
        if let Some(left) = script.lookups_to_lose.checked_sub(1) {
            script.lookups_to_lose = left;
            return Err(error(ErrorKind::Timeout, Outcome::Unknown));
        }
        let found = script.lookups.pop_front().expect("no lookup is left");
        found.ok_or_else(|| error(ErrorKind::NotFound, Outcome::Refused))
    }
}

/// An event of the provider.
pub(super) struct Event(EventReport);

impl Event {
    /// Returns an event that is verified by its signature.
    pub(super) fn signed(report: EventReport) -> Verified<Self> {
        let secret = Secret::new("secret", "whsec").expect("a secret");
        let body = format!("{report:?}");
        let signature = sign(&secret, &[body.as_bytes()]);
        let verified = SigningSecrets::new(&secret).verify(body.as_bytes(), &[body.as_bytes()], &[signature]);
        verified.expect("it is signed").decode(|_| Ok(Self(report))).expect("an event")
    }
}

impl ReportEvent for Event {
    fn report(&self) -> Result<Option<EventReport>, DecodeError> {
        Ok(Some(self.0.clone()))
    }
}

pub(super) fn order(status: PaymentStatus, is_final: bool) -> Option<PaymentState> {
    Some(PaymentState::new(Some("po_1".to_owned()), status, is_final, Some(rupees(250_000))))
}

pub(super) fn rupees(minor: i64) -> Money {
    Money::from_minor(minor, Currency::INR)
}

/// A journal in memory over one provider.
pub(super) struct World {
    pub(super) journal: Journal<MemoryStore>,
    pub(super) store: MemoryStore,
    pub(super) provider: Provider,
    pub(super) clock: ManualClock,
}

pub(super) const LOOKUP: &[Recovery] = &[Recovery::LookupByReference];

impl World {
    pub(super) fn new() -> Self {
        Self::with(LOOKUP, Settings::default())
    }

    pub(super) fn with(strategies: &'static [Recovery], settings: Settings) -> Self {
        let clock = ManualClock::at(OffsetDateTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000));
        let store = MemoryStore::with_clock(clock.clone());
        let provider = Provider { script: Arc::default(), clock: clock.clone() };
        let journal = journal(&store, &provider, &clock, strategies, settings);
        Self { journal, store, provider, clock }
    }

    pub(super) async fn record(&self, reference: &str) -> Ticket {
        let mut transaction = self.store.begin();
        let recorded = self.journal.record(&mut transaction, &payout(reference)).await.expect("record");
        transaction.commit().expect("commit");
        recorded.ticket()
    }

    /// Records a payout and executes it.
    pub(super) async fn pay(&self, reference: &str) -> (IntentId, Executed) {
        let ticket = self.record(reference).await;
        (ticket.intent(), self.journal.execute(ticket).await.expect("execute"))
    }

    /// Lets the time pass, and a worker do what is due.
    pub(super) async fn pass(&self, time: Duration) {
        self.clock.advance(time);
        self.journal.worker().run_due().await.expect("the worker");
    }

    pub(super) async fn report(&self, id: IntentId) -> Report {
        self.journal.report(id).await.expect("the report")
    }
}

pub(super) fn payout(reference: &str) -> Intent {
    Intent::new("acme", PayoutRequest::new(reference, rupees(250_000), "C_1", "50100012345678", "HDFC0000001"))
}

/// A journal of another process on the same store.
pub(super) fn journal<S: Store + Clone>(
    store: &S,
    provider: &Provider,
    clock: &ManualClock,
    strategies: &'static [Recovery],
    settings: Settings,
) -> Journal<S> {
    let key = JournalKey::new("00112233445566778899aabbccddeeff").expect("a key");
    Journal::builder(store.clone(), JournalKeys::new("1", key).expect("the keys"))
        .gateway(gateway(provider, strategies))
        .settings(settings)
        .clock(clock.clone())
        .timer(Yielding(clock.clone()))
        .build()
        .expect("a journal")
}

pub(super) fn gateway(provider: &Provider, strategies: &'static [Recovery]) -> Gateway {
    let recovery = vec![RecoveryPlan::new(WriteOperation::PayOut, strategies, "")].leak();
    let capabilities = Capabilities { provider: "acme", table: &[], recovery, status_changes: CHANGES };
    let gateway = Gateway::new(Account::at("acme"), &capabilities);
    gateway.pays_out(provider.clone()).looks_up(provider.clone())
}

/// A timer whose pauses end at once, after other tasks had their turn.
#[derive(Debug)]
struct Yielding(ManualClock);

impl Timer for Yielding {
    fn sleep(&self, duration: Duration) -> Sleep {
        let clock = self.0.clone();
        Box::pin(async move {
            tokio::task::yield_now().await;
            clock.advance(duration);
        })
    }

    fn deadline(&self, duration: Duration) -> Sleep {
        self.0.deadline(duration)
    }
}

pub(super) fn settings(change: impl FnOnce(&mut Settings)) -> Settings {
    let mut settings = Settings::default();
    settings.backoff = Backoff::new(Duration::from_secs(1), Duration::from_secs(64));
    change(&mut settings);
    settings
}

const CHANGES: &[StatusChanges] = &[StatusChanges {
    operations: &[WriteOperation::PayOut],
    changes: &[
        (PaymentStatus::Processing, PaymentStatus::Succeeded),
        (PaymentStatus::Processing, PaymentStatus::Failed),
        (PaymentStatus::Succeeded, PaymentStatus::Refunded),
    ],
    note: "",
}];
