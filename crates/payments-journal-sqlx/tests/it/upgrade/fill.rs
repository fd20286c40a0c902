//! Fills a database with rows of every kind, through the engine.
//!
//! To write the dump of a version: in a checkout of that version, run the tests `a_…_database_of_this_version_is_finished` with
//! `PAYMENTS_TESTS_DUMP` set to a directory. The dumps are never written again.

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use payments_core::gateway::{
    AcceptedPayout, Capabilities, EventReport, Lookup, NextAction, PayOut, PaymentRequest, PaymentState, PayoutRequest,
    Recovery, RecoveryPlan, RefundRequest, StartPayment, StartedPayment, StatusChanges, WriteOperation,
};
use payments_core::test_util::error;
use payments_core::{Card, Currency, Error, ErrorKind, Expected, Expiry, Money, Outcome, PaymentStatus};
use payments_journal::store::Store;
use payments_journal::{
    Account, Change, Gateway, HookFuture, Intent, Journal, JournalKey, JournalKeys, Message, State, Ticket,
};

use crate::backend::{Backend, Connection};
use crate::deliver::create_effects;
use crate::support::now;

/// A provider that answers by the first word of a reference, as the first version met it, or accepts everything.
#[derive(Clone)]
pub(super) struct Provider {
    is_past: bool,
    sent: Arc<Mutex<Vec<String>>>,
}

impl Provider {
    pub(super) fn of_the_present() -> Self {
        Self { is_past: false, sent: Arc::default() }
    }

    /// The references that were sent, in the order of their letters.
    pub(super) fn sent(&self) -> Vec<String> {
        let mut sent = self.sent.lock().unwrap().clone();
        sent.sort();
        sent
    }
}

#[async_trait]
impl PayOut for Provider {
    async fn pay_out(&self, request: &PayoutRequest) -> Result<AcceptedPayout, Error> {
        self.sent.lock().unwrap().push(request.reference.clone());
        assert_eq!((request.account.as_str(), request.amount), (BANK_ACCOUNT, amount()));
        let accepted = |status, amount| Ok(AcceptedPayout::new(Some(id_of(&request.reference)), status, amount));
        if !self.is_past {
            return accepted(PaymentStatus::Succeeded, request.amount);
        }
        match request.reference.split('-').next().unwrap() {
            "succeeded" => accepted(PaymentStatus::Succeeded, request.amount),
            "pending" => accepted(PaymentStatus::Processing, request.amount),
            "failed" => accepted(PaymentStatus::Failed, request.amount),
            "needs_review" => accepted(PaymentStatus::Succeeded, Money::from_minor(1, Currency::INR)),
            "refused" => Err(error(ErrorKind::InvalidRequest, Outcome::Refused)),
            "unknown" => Err(error(ErrorKind::Timeout, Outcome::Unknown)),
            "intended" => Err(error(ErrorKind::Authentication, Outcome::Refused)),
            // The process dies before the response arrives.
            "sending" => std::future::pending().await,
            other => panic!("{other}"),
        }
    }
}

#[async_trait]
impl Lookup for Provider {
    async fn lookup_payment(&self, expected: &Expected) -> Result<PaymentState, Error> {
        let id = Some(id_of(expected.reference()));
        Ok(PaymentState::new(id, PaymentStatus::Succeeded, true, Some(expected.amount())))
    }
}

#[async_trait]
impl StartPayment for Provider {
    async fn start_payment(&self, request: &PaymentRequest) -> Result<StartedPayment, Error> {
        assert!(self.is_past && request.reference == "reversed-1", "only the process with the card sends it");
        let id = Some(id_of(&request.reference));
        Ok(StartedPayment::new(id, PaymentStatus::Succeeded, request.amount, NextAction::None))
    }
}

fn id_of(reference: &str) -> String {
    format!("po-{reference}")
}

const BANK_ACCOUNT: &str = "50100012345678";

fn amount() -> Money {
    Money::from_minor(250_000, Currency::INR)
}

const STRATEGIES: &[Recovery] = &[Recovery::LookupByReference];
const RECOVERY: &[RecoveryPlan] = &[
    RecoveryPlan::new(WriteOperation::PayOut, STRATEGIES, ""),
    RecoveryPlan::new(WriteOperation::StartPayment, STRATEGIES, ""),
];
const CHANGES: &[StatusChanges] = &[StatusChanges {
    operations: &[WriteOperation::PayOut, WriteOperation::StartPayment],
    changes: &[
        (PaymentStatus::Processing, PaymentStatus::Succeeded),
        (PaymentStatus::Succeeded, PaymentStatus::Refunded),
    ],
    note: "",
}];

pub(super) fn journal<S: Store + Clone>(store: &S, provider: &Provider) -> Journal<S> {
    let capabilities = Capabilities { provider: "acme", table: &[], recovery: RECOVERY, status_changes: CHANGES };
    let gateway = |account: Account| {
        let gateway = Gateway::new(account, &capabilities).pays_out(provider.clone());
        gateway.starts_payments(provider.clone()).looks_up(provider.clone())
    };
    let key = JournalKey::new("00112233445566778899aabbccddeeff").unwrap();
    let journal = Journal::builder(store.clone(), JournalKeys::new("2026", key).unwrap());
    journal.gateway(gateway(Account::at("acme"))).gateway(gateway(paused())).build().unwrap()
}

/// The account whose credentials are refused.
fn paused() -> Account {
    Account::at("acme").tenant("shop-7").named("paused")
}

pub(super) fn payout(reference: &str) -> Intent {
    payout_of(reference, amount())
}

pub(super) fn payout_of(reference: &str, amount: Money) -> Intent {
    Intent::new("acme", PayoutRequest::new(reference, amount, "C_1", BANK_ACCOUNT, "HDFC0000001"))
}

pub(super) fn payment(reference: &str) -> Intent {
    Intent::new("acme", PaymentRequest::new(reference, amount()).customer("C_1"))
}

fn by_card(reference: &str) -> Intent {
    let card =
        Card::new("John Doe", "4929000000006".parse().unwrap(), Expiry::new(4, 2034).unwrap(), "123".parse().unwrap());
    let request = PaymentRequest::new(reference, amount()).card(card).return_url("https://shop.example/r");
    Intent::new("acme", request).expires_at(now() + Duration::from_secs(3600))
}

/// Writes each change into the merchant's table.
pub(super) fn effect<B: Backend>()
-> impl for<'a> Fn(&'a mut Connection<B>, &'a Change) -> HookFuture<'a> + Send + Sync + 'static {
    fn apply<'a, B: Backend>(connection: &'a mut Connection<B>, change: &'a Change) -> HookFuture<'a> {
        let effect = format!("INSERT INTO effects (what) VALUES ('{} {}')", change.key.reference, change.to);
        Box::pin(async move { Ok(B::run(connection, &effect).await?) })
    }
    apply::<B>
}

fn event(id: &str, reference: &str, status: PaymentStatus) -> Message {
    let mut report = EventReport::new(&[WriteOperation::StartPayment, WriteOperation::PayOut], status, true);
    report.event_id = Some(id.to_owned());
    report.reference = Some(reference.to_owned());
    report.object_id = Some(id_of(reference));
    report.amount = Ok("2500.00".parse().unwrap());
    report.currency = Ok(Some(Currency::INR));
    Message {
        account: Account::at("acme"),
        source: format!("event:{id}"),
        reference: report.reference.clone(),
        object_id: report.object_id.clone(),
        operations: vec!["start_payment".to_owned(), "pay_out".to_owned()],
        report: serde_json::to_string(&report).unwrap(),
        received_at: now(),
    }
}

async fn record<B: Backend>(database: &B, journal: &Journal<B::Store>, intent: &Intent) -> Ticket {
    let mut transaction = database.begin().await;
    let recorded = journal.record(&mut transaction, intent).await.unwrap();
    transaction.commit().await.unwrap();
    recorded.ticket()
}

async fn execute<B: Backend>(database: &B, journal: &Journal<B::Store>, intent: &Intent) {
    let reference = intent.key().reference.clone();
    let executed = journal.execute(record(database, journal, intent).await).await.unwrap();
    // The message makes it `reversed` later.
    let state = if reference.starts_with("reversed") { State::Succeeded } else { super::state_of(&reference) };
    assert_eq!(executed.state, state, "{reference}");
}

/// Leaves rows of every kind, in every state.
pub(super) async fn fill<B: Backend>(database: &B) {
    create_effects(database).await;
    let provider = Provider { is_past: true, sent: Arc::default() };
    let journal = journal(database.store(), &provider);
    // What a worker has finished, with changes that were delivered, and one whose hook fails.
    for reference in ["succeeded-1", "succeeded-2", "failed-1", "refused-1"] {
        execute(database, &journal, &payout(reference)).await;
    }
    execute(database, &journal, &payment("reversed-1")).await;
    database.store().receive(&event("evt-1", "reversed-1", PaymentStatus::Refunded)).await.unwrap();
    let worker = journal.worker().on_change(|connection, change: &Change| {
        let is_stuck = change.key.reference == "failed-1";
        let apply = effect::<B>();
        Box::pin(
            async move { if is_stuck { Err("the ledger is closed".into()) } else { apply(connection, change).await } },
        )
    });
    worker.run_due().await.unwrap();
    // What was open when the process died. Its changes are not delivered.
    let abandoned = record(database, &journal, &payout("abandoned-1")).await;
    journal.cancel(abandoned.intent()).await.unwrap();
    for reference in ["pending-1", "pending-event", "unknown-1", "unknown-2", "needs_review-1"] {
        execute(database, &journal, &payout(reference)).await;
    }
    let sending = record(database, &journal, &payout("sending-1")).await;
    drop(tokio::spawn({
        let journal = journal.clone();
        async move { journal.execute(sending).await }
    }));
    while !provider.sent().contains(&"sending-1".to_owned()) {
        tokio::task::yield_now().await;
    }
    // What was not sent: at all, because of a pause, because only one process can, because none can, and after a review.
    record(database, &journal, &payout("intended-1")).await;
    let request = PayoutRequest::new("intended-paused", amount(), "C_1", BANK_ACCOUNT, "HDFC0000001");
    let refused = Intent::new(paused(), request);
    execute(database, &journal, &refused).await;
    record(database, &journal, &by_card("intended-card")).await;
    let refund = Intent::new("acme", RefundRequest::new("intended-without-client", "po-succeeded-1", amount()));
    record(database, &journal, &refund).await;
    let review = journal.reviews(None, 1).await.unwrap().remove(0);
    record(database, &journal, &payout("intended-superseding").supersedes(review.id)).await;
    // Messages that are not applied: one matches, one matches nothing, and a hint.
    database.store().receive(&event("evt-2", "pending-event", PaymentStatus::Succeeded)).await.unwrap();
    database.store().receive(&event("evt-3", "later-1", PaymentStatus::Succeeded)).await.unwrap();
    let hint = Message {
        source: "hint:7:later-1:0:".to_owned(),
        report: String::new(),
        ..event("", "later-1", PaymentStatus::Processing)
    };
    database.store().receive(&hint).await.unwrap();
    database
        .sql("INSERT INTO payments_rate_limits (credentials, expires_at) VALUES ('c0ffee', 1767322245000)")
        .await
        .unwrap();
}

/// Writes the dump, if a directory is given.
#[expect(clippy::disallowed_methods, reason = "the directory is given as a variable")]
pub(super) async fn dump(database: &impl Backend, name: &str) {
    let Ok(directory) = std::env::var("PAYMENTS_TESTS_DUMP") else { return };
    let mut command = database.dump_command();
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}");
    let dump = String::from_utf8(output.stdout).unwrap();
    // Neither comments, which name versions, nor commands of psql.
    let lines = dump.lines().filter(|line| !line.starts_with("--") && !line.starts_with('\\') && !line.is_empty());
    let dump = lines.map(|line| format!("{line}\n")).collect::<String>();
    std::fs::write(Path::new(&directory).join(format!("{name}.sql")), dump).unwrap();
}
