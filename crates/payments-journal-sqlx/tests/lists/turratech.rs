//! The journal beside the lists of a simulated TurraTech.

use std::collections::BTreeSet;

use payments::journaled;
use payments_core::gateway::{PaymentRequest, RefundRequest};
use payments_core::{Currency, Money};
use payments_journal::settlement::{Finding, FindingKind, SettlementStore};
use payments_journal::{Account, Intent, Journal, JournalKey, JournalKeys, State, Store as _};
use payments_sandbox::{Clock, Sandbox};
use turratech::{ApiKey, Client, NewPayment, NewRefund, PaymentId};

use crate::backend::{Backend, on_both};
use crate::rows::{HOUR, is_empty, now, settle};
use crate::support::row;

on_both! {
    a_thousand_discrepancies_in_the_lists_of_turratech_are_found_and_nothing_else,
    what_the_journal_executed_agrees_with_the_lists,
}

fn client(sandbox: &Sandbox) -> Client {
    let provider = sandbox.turratech();
    let builder = Client::builder(ApiKey::new(provider.api_key()).unwrap()).base_url(provider.base_url());
    builder.clock(sandbox.clock()).timer(sandbox.clock()).build().unwrap()
}

fn pounds(pence: i64) -> Money {
    Money::from_minor(pence, Currency::GBP)
}

fn journal<S: SettlementStore + Clone>(store: &S, client: &Client) -> Journal<S> {
    let key = JournalKey::new("00112233445566778899aabbccddeeff").unwrap();
    let builder = Journal::builder(store.clone(), JournalKeys::new("1", key).unwrap());
    builder.gateway(journaled::turratech("turratech", client.clone())).build().unwrap()
}

async fn reconcile<S: SettlementStore + Clone>(
    store: &S,
    client: &Client,
) -> (Vec<Finding>, payments_journal::Progress) {
    let lists = journaled::turratech_lists(client, now() - HOUR..now() + HOUR);
    let mut run = journal(store, client).reconcile("turratech", lists);
    let mut findings = Vec::new();
    while let Some(finding) = run.try_next().await.unwrap() {
        findings.push(finding);
    }
    (findings, run.progress().clone())
}

/// Creates a payment at the provider.
async fn pay(client: &Client, reference: &str, method: &str) -> PaymentId {
    let new = NewPayment::new(pounds(2_000)).payment_method(method).confirm(true);
    client.create_payment(new.metadata("order_id", reference)).send().await.unwrap().id
}

async fn refund(client: &Client, payment: &PaymentId, reference: &str) -> String {
    let new = NewRefund::new(payment.clone()).amount(pounds(500)).metadata("order_id", reference);
    client.create_refund(new).send().await.unwrap().id.as_str().to_owned()
}

/// What the journal knows: an operation that was executed half an hour ago.
struct Known {
    operation: &'static str,
    reference: String,
    id: String,
    amount: Money,
}

async fn know<B: Backend>(database: &B, known: &[Known]) {
    let mut transaction = database.begin().await;
    for Known { operation, reference, amount, .. } in known {
        let mut row = row(reference);
        row.key.account = Account::at("turratech");
        row.key.operation = (*operation).to_owned();
        row.amount = Some(*amount);
        database.store().record(&mut transaction, &row).await.unwrap();
    }
    transaction.commit().await.unwrap();
    settle(database, "operation = 'start_payment'", State::Succeeded, now() - HOUR / 2).await;
    // No status of a refund is documented, so it stays pending, and the journal asks no more.
    settle(database, "operation = 'refund'", State::Pending, now() - HOUR / 2).await;
    let ids = known.iter().map(|Known { reference, id, .. }| {
        format!("UPDATE payments_intents SET provider_id = '{id}' WHERE reference = '{reference}';")
    });
    let ids: Vec<String> = ids.collect();
    for ids in ids.chunks(200) {
        database.sql(&ids.concat()).await.unwrap();
    }
}

/// Of each kind.
const PLANTED: usize = 200;

async fn a_thousand_discrepancies_in_the_lists_of_turratech_are_found_and_nothing_else(
    database: impl Backend<Store: SettlementStore>,
) {
    let sandbox = Sandbox::builder().clock(Clock::running()).start().await;
    let client = client(&sandbox);
    let (mut known, mut expected) = (Vec::new(), BTreeSet::new());
    let mut expect = |kind: FindingKind, reference: &str| expected.insert((kind, reference.to_owned()));
    let payment = |reference: &str, id: &PaymentId, amount: Money| Known {
        operation: "start_payment",
        reference: reference.to_owned(),
        id: id.as_str().to_owned(),
        amount,
    };
    for number in 0..PLANTED {
        let name = |kind: &str| format!("{kind}-{number}");
        let (ok, amount, status, duplicate, orphan, missing) =
            (name("ok"), name("amount"), name("status"), name("duplicate"), name("orphan"), name("missing"));
        let executed = pay(&client, &ok, "pm_card_visa").await;
        known.push(payment(&ok, &executed, pounds(2_000)));
        expect(FindingKind::AmountDiffers, &amount);
        expect(FindingKind::Duplicate, &duplicate);
        expect(FindingKind::Orphan, &orphan);
        expect(FindingKind::Missing, &missing);
        // Each second one is a refund.
        if number % 2 == 0 {
            let other = if number % 4 == 0 { pounds(1_999) } else { Money::from_minor(2_000, Currency::EUR) };
            known.push(payment(&amount, &pay(&client, &amount, "pm_card_visa").await, other));
            known.push(payment(&duplicate, &pay(&client, &duplicate, "pm_card_visa").await, pounds(2_000)));
            pay(&client, &duplicate, "pm_card_visa").await;
            pay(&client, &orphan, "pm_card_visa").await;
            let id = format!("pay_never{number}").parse().unwrap();
            known.push(payment(&missing, &id, pounds(2_000)));
        } else {
            let of = |reference: &str, id: String, amount: i64| Known {
                operation: "refund",
                reference: reference.to_owned(),
                id,
                amount: pounds(amount),
            };
            known.push(of(&amount, refund(&client, &executed, &amount).await, 499));
            known.push(of(&duplicate, refund(&client, &executed, &duplicate).await, 500));
            refund(&client, &executed, &duplicate).await;
            refund(&client, &executed, &orphan).await;
            known.push(of(&missing, format!("re_never{number}"), 500));
        }
        // The customer has not authenticated.
        known.push(payment(&status, &pay(&client, &status, "pm_card_authenticationRequired").await, pounds(2_000)));
        expect(FindingKind::StatusDiffers, &status);
        // Nobody has paid it, so nothing has to explain it.
        pay(&client, &name("waiting"), "pm_card_authenticationRequired").await;
    }
    know(&database, &known).await;

    let (findings, progress) = reconcile(database.store(), &client).await;

    let found: BTreeSet<(FindingKind, String)> =
        findings.iter().map(|finding| (finding.kind, finding.reference.clone().unwrap_or_default())).collect();
    let differences: Vec<_> = found.symmetric_difference(&expected).collect();
    assert!(
        differences.is_empty(),
        "{} differences: {:?}",
        differences.len(),
        &differences[..differences.len().min(10)]
    );
    assert_eq!(findings.len(), 5 * PLANTED);
    assert!(is_empty(&database, "payments_settlement_lines").await);
    let rows = database.texts("SELECT kind FROM payments_findings").await.len();
    let (again, second) = reconcile(database.store(), &client).await;
    assert_eq!((again.len(), second.lines), (findings.len(), progress.lines));
    assert_eq!(database.texts("SELECT kind FROM payments_findings").await.len(), rows);

    // The customer authenticates.
    sandbox.turratech().payment("status-0").succeed();
    let (again, second) = reconcile(database.store(), &client).await;
    assert_eq!((again.len(), second.resolved), (findings.len() - 1, 1));
    // The sandbox fails a test with two payments of one order. Here they are on purpose.
    assert_eq!(sandbox.ledger().double_executions().len(), PLANTED / 2);
    std::mem::forget(sandbox);
}

async fn what_the_journal_executed_agrees_with_the_lists(database: impl Backend<Store: SettlementStore>) {
    let sandbox = Sandbox::builder().clock(Clock::running()).start().await;
    let client = client(&sandbox);
    let journal = journal(database.store(), &client);
    for number in 0..5 {
        let reference = format!("order-{number}");
        let request = PaymentRequest::new(&reference, pounds(2_000)).payment_method("pm_card_visa");
        let id = execute(&database, &journal, Intent::new("turratech", request)).await;
        let refunded = RefundRequest::new(format!("refund-{number}"), &id, pounds(500));
        execute(&database, &journal, Intent::new("turratech", refunded)).await;
    }

    let (findings, progress) = reconcile(database.store(), &client).await;

    assert_eq!(findings, []);
    assert_eq!((progress.lines, progress.matched, progress.intents), (10, 10, 10));
}

/// Returns the provider's id of the order.
async fn execute<B: Backend<Store: SettlementStore>>(
    database: &B,
    journal: &Journal<B::Store>,
    intent: Intent,
) -> String {
    let mut transaction = database.begin().await;
    let ticket = journal.record(&mut transaction, &intent).await.unwrap().ticket();
    transaction.commit().await.unwrap();
    let id = ticket.intent();
    let executed = journal.execute(ticket).await.unwrap();
    assert!(matches!(executed.state, State::Succeeded | State::Pending), "{:?}", executed.error);
    journal.report(id).await.unwrap().provider_id.unwrap()
}
