//! What the tables say about recovery after an unknown outcome is true, judged by the sandbox's ledger.

use std::time::Duration;

use payments::gateway::{
    Cancel, CancelRequest, Capabilities, Capture, CaptureRequest, Confirm, ConfirmRequest, Feature, Lookup, NextAction,
    PayOut, PaymentRequest, PayoutRequest, Recovery, Refund, RefundRequest, Retrieve, StartPayment, StartedPayment,
    Support, WriteOperation,
};
use payments::payments_core::{IdempotencyKey, RetryPolicy};
use payments::{CAPABILITIES, Currency, Error, ErrorKind, Expected, Money, Outcome, PaymentStatus, card3ds, turratech};
use payments_sandbox::{EntryKind, Record, RecordKind, Sandbox, turbopay};

use crate::support::{card, card3ds_builder, lira, rupees, turbo_txn_builder, turbopay_builder, turratech_builder};

#[tokio::test]
async fn every_strategy_of_every_table_does_what_it_says_after_a_lost_response() {
    let mut checked = Vec::new();
    for (table, operation, variant) in cases() {
        for strategy in table.recovery(operation) {
            checked.push(format!("{} {operation}, {variant}: {strategy}", table.provider));
            check(table, operation, variant, *strategy).await;
        }
    }
    assert_eq!(checked.len(), 18, "{checked:#?}");
}

#[tokio::test]
async fn a_row_that_promises_too_much_or_another_lifetime_fails_its_check() {
    let key = |hours: u64| Recovery::SameKey { lifetime: Duration::from_secs(hours * 60 * 60) };
    let wrong = [
        ("turratech", WriteOperation::StartPayment, key(48)),
        ("turratech", WriteOperation::StartPayment, key(12)),
        ("turratech", WriteOperation::Refund, Recovery::LookupById),
        ("turratech", WriteOperation::Refund, Recovery::TakenOnce),
        ("turratech", WriteOperation::Cancel, Recovery::Nothing),
        ("turbo-txn", WriteOperation::StartPayment, key(24)),
        ("turbo-txn", WriteOperation::StartPayment, Recovery::TakenOnce),
        ("card3ds", WriteOperation::Capture, Recovery::LookupById),
        ("card3ds", WriteOperation::Capture, Recovery::TakenOnce),
        ("card3ds", WriteOperation::StartPayment, Recovery::TakenOnce),
        ("turbopay", WriteOperation::StartPayment, Recovery::StartAgain),
        ("turbopay", WriteOperation::PayOut, key(24)),
        ("turbopay", WriteOperation::PayOut, Recovery::Nothing),
    ];
    std::panic::set_hook(Box::new(|_| {}));
    let mut passed = Vec::new();
    for (provider, operation, strategy) in wrong {
        let (table, _, variant) =
            cases().into_iter().find(|case| (case.0.provider, case.1) == (provider, operation)).unwrap();
        if tokio::spawn(check(table, operation, variant, strategy)).await.is_ok() {
            passed.push((provider, operation, strategy));
        }
    }
    let _ = std::panic::take_hook();
    assert_eq!(passed, []);
}

async fn check(table: &'static Capabilities, operation: WriteOperation, variant: &'static str, strategy: Recovery) {
    let name = format!("{} {operation}, {variant}: {strategy}", table.provider);
    match strategy {
        Recovery::SameKey { lifetime } => same_key(&name, table, operation, variant, lifetime).await,
        Recovery::LookupByReference => lookup(&name, table, operation, variant, By::Reference).await,
        Recovery::LookupById => lookup(&name, table, operation, variant, By::Id).await,
        Recovery::TakenOnce => taken_once(&name, table, operation, variant).await,
        Recovery::StartAgain => start_again(&name, table, variant).await,
        Recovery::Nothing => nothing(&name, table, operation, variant).await,
        other => panic!("{name}: there is no check for {other:?}"),
    }
}

/// Within the key's lifetime, the same call under the same key is executed once; afterwards it is not sent.
async fn same_key(name: &str, table: &Capabilities, operation: WriteOperation, variant: &str, lifetime: Duration) {
    let case = Case::prepare(table, operation, variant).await;
    let lost = case.lose("after-commit").await;
    let key = lost.idempotency_key().unwrap_or_else(|| panic!("{name}: no key")).clone();
    case.sandbox.clock().advance(lifetime - Duration::from_secs(6 * 60));
    case.send(Some(key.clone()), None).await.unwrap_or_else(|err| panic!("{name}: {err}"));
    assert_eq!(case.executions(), 1, "{name}");

    case.sandbox.clock().advance(Duration::from_secs(10 * 60));
    let requests = case.requests();
    match case.send(Some(key), None).await {
        // A capture reads the payment first, and finds that it is captured.
        Ok(_) => assert_eq!((operation, case.requests()), (WriteOperation::Capture, requests), "{name}"),
        Err(err) => assert_eq!((err.outcome(), case.requests()), (Outcome::Unknown, requests), "{name}: {err}"),
    }
    assert_eq!(case.executions(), 1, "{name}");
}

/// The lookup agrees with the ledger, whether the request was executed or lost before.
async fn lookup(name: &str, table: &Capabilities, operation: WriteOperation, variant: &str, by: By) {
    for (phase, executions) in [("after-commit", 1), ("before-commit", 0)] {
        let case = Case::prepare(table, operation, variant).await;
        let before = case.look_up(by).await.map(|state| state.0);
        case.lose(phase).await;
        assert_eq!(case.executions(), executions, "{name} {phase}");
        let after = case.look_up(by).await;
        let is_changed = match (&before, &after) {
            (Ok(before), Ok((after, _))) => before != after,
            (before, after) => before.is_ok() != after.is_ok(),
        };
        assert_eq!(is_changed, executions == 1, "{name} {phase}: {before:?}, then {after:?}");
        if let (Ok((_, amount)), Some(entry)) = (after, case.entries().last()) {
            assert_eq!(amount.map(Money::minor), Some(entry.amount), "{name}: the ledger has another amount");
        }
    }
}

/// The same request again is executed if the first was not, and a conflict otherwise.
async fn taken_once(name: &str, table: &Capabilities, operation: WriteOperation, variant: &str) {
    let case = Case::prepare(table, operation, variant).await;
    case.lose("after-commit").await;
    let err = case.send(None, None).await.unwrap_err();
    assert_eq!((err.kind(), err.outcome()), (ErrorKind::Conflict, Outcome::Unknown), "{name}: {err}");
    assert_eq!(case.executions(), 1, "{name}");

    let case = Case::prepare(table, operation, variant).await;
    case.lose("before-commit").await;
    case.send(None, None).await.unwrap_or_else(|err| panic!("{name}: {err}"));
    assert_eq!(case.executions(), 1, "{name}");
}

/// A payment that is started again can be paid, and the lost one cannot: nobody has its id or its page.
async fn start_again(name: &str, table: &Capabilities, variant: &str) {
    let case = Case::prepare(table, WriteOperation::StartPayment, variant).await;
    let lost = case.lose("after-commit").await;
    assert_eq!(lost.object_id(), None, "{name}");
    let started = case.send(None, None).await.unwrap().unwrap();
    assert_eq!(case.executions(), 2, "{name}: both are started");
    let (provider, id) = (case.sandbox.card3ds(), started.id.unwrap());
    match &started.next {
        NextAction::Redirect { .. } => provider.checkout(&id).pay("5421190122090656"),
        NextAction::Html(_) => {
            provider.challenge(&id).approve();
            let form = card3ds::ThreeDsCallback::parse(&case.sandbox.deliveries().pop().unwrap().body).unwrap();
            let client = card3ds_builder(&case.sandbox).build().unwrap();
            client.complete_3ds(&id.parse().unwrap(), &form).send().await.unwrap().into_success().unwrap();
        }
        other => panic!("{name}: {other:?}"),
    }
    case.sandbox.ledger().order("order-1").executed_once();
}

/// No lookup finds the operation, and a second request is executed too.
async fn nothing(name: &str, table: &Capabilities, operation: WriteOperation, variant: &str) {
    let case = Case::prepare(table, operation, variant).await;
    case.lose("after-commit").await;
    assert!(case.gateway.lookup.is_none(), "{name}: there is a lookup");
    assert!(case.gateway.retrieve.is_none() || case.look_up(By::Id).await.is_err(), "{name}: the id can be retrieved");
    case.send(None, None).await.unwrap_or_else(|err| panic!("{name}: {err}"));
    assert_eq!(case.executions(), 2, "{name}: something protects the second request");
    // Dropping the sandbox would report the double execution.
    case.sandbox.abandon();
}

#[tokio::test]
async fn an_explicit_key_is_used_or_refused_with_what_protects_instead() {
    let mut refused = 0;
    for (table, operation, variant) in cases() {
        let case = Case::prepare(table, operation, variant).await;
        let key = IdempotencyKey::new("stored-key-1", case.sandbox.clock().now()).unwrap();
        let result = case.send(Some(key), None).await;
        if table.recovery(operation).iter().any(|strategy| matches!(strategy, Recovery::SameKey { .. })) {
            result.unwrap();
            assert_eq!(case.executions(), 1, "{} {operation}", table.provider);
            continue;
        }
        let err = result.unwrap_err();
        assert_eq!((err.kind(), err.outcome()), (ErrorKind::Unsupported, Outcome::NotSent), "{err}");
        assert_eq!((err.provider(), err.param()), (table.provider, Some("idempotency_key")), "{err}");
        let advice = match table.recovery(operation)[0] {
            Recovery::LookupByReference => "look up the reference; or send the same request again",
            Recovery::LookupById => "retrieve the payment by its id; or send the same request again",
            Recovery::StartAgain => "start the payment again",
            _ => "ask the provider",
        };
        let advice = if table.provider == "turbo-txn" { "look up the reference" } else { advice };
        assert!(err.to_string().contains(&format!("{} has no idempotency keys", table.provider)), "{err}");
        assert!(err.to_string().contains(advice), "{err}");
        assert_eq!(case.executions(), 0);
        refused += 1;
    }
    assert_eq!(refused, 8);
}

#[tokio::test]
async fn every_write_observes_the_requests_timeout() {
    for (table, operation, variant) in cases() {
        let case = Case::prepare(table, operation, variant).await;
        // A write needs more time than connecting may take.
        let err = case.send(None, Some(Duration::from_millis(1))).await.unwrap_err();
        assert_eq!(err.outcome(), Outcome::NotSent, "{} {operation}: {err}", table.provider);
        assert_eq!(case.executions(), 0, "{} {operation}", table.provider);
    }
}

#[tokio::test]
async fn a_creation_time_is_accepted_by_every_provider() {
    for (table, operation, variant) in cases() {
        let mut case = Case::prepare(table, operation, variant).await;
        case.created_at = Some(case.sandbox.clock().now());
        case.send(None, None).await.unwrap_or_else(|err| panic!("{} {operation}: {err}", table.provider));
        assert_eq!(case.executions(), 1, "{} {operation}", table.provider);
    }
}

/// Every operation that a table supports, in every variant.
fn cases() -> Vec<(&'static Capabilities, WriteOperation, &'static str)> {
    let all =
        CAPABILITIES.iter().flat_map(|table| WriteOperation::ALL.iter().map(move |operation| (table, *operation)));
    let supported = all.filter(|(table, operation)| table.of(operation.feature()) == Support::Supported);
    let variants = |table: &Capabilities, operation| match (table.provider, operation) {
        ("turbopay", WriteOperation::StartPayment) => &["hosted", "own page"][..],
        ("card3ds", WriteOperation::StartPayment) => &["checkout", "card"],
        _ => &["only"],
    };
    supported
        .flat_map(|(table, operation)| {
            variants(table, operation).iter().map(move |variant| (table, operation, *variant))
        })
        .collect()
}

#[derive(Clone, Copy)]
enum By {
    Reference,
    Id,
}

/// A provider behind the traits that it implements.
#[derive(Default)]
struct Gateway {
    start: Option<Box<dyn StartPayment>>,
    confirm: Option<Box<dyn Confirm>>,
    capture: Option<Box<dyn Capture>>,
    cancel: Option<Box<dyn Cancel>>,
    refund: Option<Box<dyn Refund>>,
    pay_out: Option<Box<dyn PayOut>>,
    lookup: Option<Box<dyn Lookup>>,
    retrieve: Option<Box<dyn Retrieve>>,
}

macro_rules! gateway {
    ($client:expr; $($name:ident),*) => {{
        let client = $client.retry(RetryPolicy::none()).build().unwrap();
        Gateway { $($name: Some(Box::new(client.clone())),)* ..Gateway::default() }
    }};
}

impl Gateway {
    fn of(table: &Capabilities, sandbox: &Sandbox) -> Self {
        let gateway = match table.provider {
            "turratech" => gateway!(turratech_builder(sandbox); start, capture, cancel, refund, retrieve),
            "turbo-txn" => gateway!(turbo_txn_builder(sandbox); start, lookup),
            "card3ds" => gateway!(card3ds_builder(sandbox); start, capture, retrieve),
            "turbopay" => gateway!(turbopay_builder(sandbox); start, confirm, pay_out, lookup, retrieve),
            other => panic!("{other}"),
        };
        let supports = |feature| table.of(feature) == Support::Supported;
        assert_eq!(gateway.lookup.is_some(), supports(Feature::Lookup), "{}", table.provider);
        assert_eq!(gateway.retrieve.is_some(), supports(Feature::Retrieve), "{}", table.provider);
        gateway
    }
}

/// One operation at one provider, prepared so that it can be sent again and again.
struct Case {
    sandbox: Sandbox,
    gateway: Gateway,
    operation: WriteOperation,
    variant: &'static str,
    /// The sandbox's name of the operation.
    simulated: &'static str,
    kind: EntryKind,
    amount: Money,
    /// The payment that the operation is about, if it exists before.
    payment_id: String,
    created_at: Option<payments::payments_core::time::OffsetDateTime>,
}

impl Case {
    async fn prepare(table: &Capabilities, operation: WriteOperation, variant: &str) -> Self {
        let settings = turbopay::Settings::default().opening_balance(1000);
        let sandbox = Sandbox::builder().turbopay(settings).start().await;
        let gateway = Gateway::of(table, &sandbox);
        let (simulated, kind, amount) = match (table.provider, operation, variant) {
            ("turratech", WriteOperation::StartPayment, _) => ("create-payment", EntryKind::Executed, pounds()),
            ("turratech", WriteOperation::Capture, _) => ("capture-payment", EntryKind::Captured, pounds()),
            ("turratech", WriteOperation::Cancel, _) => ("cancel-payment", EntryKind::Released, pounds()),
            ("turratech", WriteOperation::Refund, _) => ("create-refund", EntryKind::Refunded, pounds()),
            ("turbo-txn", WriteOperation::StartPayment, _) => ("initiate", EntryKind::Executed, rupees()),
            ("card3ds", WriteOperation::StartPayment, "card") => ("start-3ds", EntryKind::Begun, lira("100.50")),
            ("card3ds", WriteOperation::StartPayment, _) => ("checkout", EntryKind::Begun, lira("100.50")),
            ("card3ds", WriteOperation::Capture, _) => ("capture", EntryKind::Executed, lira("40")),
            ("turbopay", WriteOperation::StartPayment, "own page") => {
                ("host-to-host-deposit", EntryKind::Executed, rupees())
            }
            ("turbopay", WriteOperation::StartPayment, _) => ("deposit", EntryKind::Executed, rupees()),
            ("turbopay", WriteOperation::Confirm, _) => ("confirm", EntryKind::Confirmed, rupees()),
            ("turbopay", WriteOperation::PayOut, _) => ("withdraw", EntryKind::Executed, rupees()),
            other => panic!("the test has no case for {other:?}"),
        };
        let variant = cases().into_iter().map(|case| case.2).find(|known| *known == variant).unwrap();
        let simulated = format!("{}.{simulated}", table.provider).leak();
        let mut case = Self {
            sandbox,
            gateway,
            operation,
            variant,
            simulated,
            kind,
            amount,
            payment_id: String::new(),
            created_at: None,
        };
        case.payment_id = case.existing_payment(table.provider).await;
        case
    }

    /// Creates the payment that the operation is about, and returns its id.
    async fn existing_payment(&self, provider: &str) -> String {
        let sandbox = &self.sandbox;
        match (provider, self.operation) {
            (_, WriteOperation::StartPayment | WriteOperation::PayOut) => String::new(),
            ("turratech", operation) => {
                let new = turratech::NewPayment::new(pounds()).payment_method("pm_card_visa");
                let new = new.confirm(true).metadata("order_id", "order-1");
                let manual = new.clone().capture_method(turratech::CaptureMethod::Manual);
                let new = if operation == WriteOperation::Refund { new } else { manual };
                let client = turratech_builder(sandbox).build().unwrap();
                client.create_payment(new).send().await.unwrap().id.to_string()
            }
            ("card3ds", _) => {
                let (order, address) = ("order-1", "198.51.100.7:1".parse().unwrap());
                let new = card3ds::NewPayment::new(order, lira("100.50"), card(), address);
                let client = card3ds_builder(sandbox).build().unwrap();
                client.pre_authorize(new).send().await.unwrap().payment_id.to_string()
            }
            ("turbopay", _) => {
                let client = turbopay_builder(sandbox).build().unwrap();
                let request = PaymentRequest::new("order-1", rupees()).customer("customer-9").own_page();
                client.start_payment(&request).await.unwrap().id.unwrap()
            }
            other => panic!("{other:?}"),
        }
    }

    /// Sends the operation. A payment that was started is returned.
    async fn send(
        &self,
        key: Option<IdempotencyKey>,
        timeout: Option<Duration>,
    ) -> Result<Option<StartedPayment>, Error> {
        macro_rules! with_options {
            ($request:expr) => {{
                let request = $request;
                let request = self.created_at.into_iter().fold(request, |request, at| request.created_at(at));
                let request = key.into_iter().fold(request, |request, key| request.idempotency_key(key));
                timeout.into_iter().fold(request, |request, timeout| request.timeout(timeout))
            }};
        }
        let (gateway, amount, id) = (&self.gateway, self.amount, &self.payment_id);
        match self.operation {
            WriteOperation::StartPayment => {
                let request = PaymentRequest::new("order-1", amount)
                    .customer("customer-9")
                    .payment_method("pm_card_visa")
                    .description("A book")
                    .customer_address("198.51.100.7:52144".parse().unwrap())
                    .return_url("http://127.0.0.1:9/return")
                    .failure_url("http://127.0.0.1:9/failed");
                let request = match self.variant {
                    "card" => request.card(card()),
                    "own page" => request.own_page(),
                    _ => request,
                };
                gateway.start.as_ref().unwrap().start_payment(&with_options!(request)).await.map(Some)
            }
            WriteOperation::Confirm => {
                let request = with_options!(ConfirmRequest::new("order-1/confirm", id, "409876543210"));
                gateway.confirm.as_ref().unwrap().confirm(&request).await.map(|_| None)
            }
            WriteOperation::Capture => {
                let request = with_options!(CaptureRequest::new("order-1/capture", id, amount));
                gateway.capture.as_ref().unwrap().capture(&request).await.map(|_| None)
            }
            WriteOperation::Cancel => {
                let request = with_options!(CancelRequest::new("order-1/cancel", id));
                gateway.cancel.as_ref().unwrap().cancel(&request).await.map(|_| None)
            }
            WriteOperation::Refund => {
                let request = with_options!(RefundRequest::new("order-1/refund", id, amount));
                gateway.refund.as_ref().unwrap().refund(&request).await.map(|_| None)
            }
            WriteOperation::PayOut => {
                let (account, bank) = ("065432123456789", "HDFC0000053");
                let request = with_options!(PayoutRequest::new("order-1", amount, "customer-9", account, bank));
                gateway.pay_out.as_ref().unwrap().pay_out(&request).await.map(|_| None)
            }
            other => panic!("{other:?}"),
        }
    }

    /// Sends the operation for the first time, and loses its response.
    #[track_caller]
    fn lose(&self, phase: &str) -> impl Future<Output = Error> {
        self.sandbox.fault(&format!("{}#1 @{phase} fin", self.simulated));
        async {
            let err = self.send(None, None).await.unwrap_err();
            assert_eq!(err.outcome(), Outcome::Unknown, "{}: {err}", self.simulated);
            err
        }
    }

    /// Looks the payment up, and returns its status and its amount.
    async fn look_up(&self, by: By) -> Result<(PaymentStatus, Option<Money>), Error> {
        let expected = Expected::new("order-1", self.amount);
        let state = match by {
            By::Reference => self.gateway.lookup.as_ref().unwrap().lookup_payment(&expected).await,
            By::Id => self.gateway.retrieve.as_ref().unwrap().retrieve(&self.payment_id, &expected).await,
        }?;
        Ok((state.status, state.amount))
    }

    fn entries(&self) -> Vec<payments_sandbox::Entry> {
        let entries = self.sandbox.ledger().entries().to_vec();
        entries.into_iter().filter(|entry| entry.operation == self.simulated && entry.kind == self.kind).collect()
    }

    fn executions(&self) -> usize {
        self.entries().len()
    }

    /// Counts the requests of the operation that arrived.
    fn requests(&self) -> usize {
        let simulated = self.simulated.split_once('.');
        let is_of_operation =
            |record: &&Record| record.kind == RecordKind::Request && record.provider.zip(record.operation) == simulated;
        self.sandbox.records().iter().filter(is_of_operation).count()
    }
}

fn pounds() -> Money {
    Money::from_minor(2000, Currency::GBP)
}
