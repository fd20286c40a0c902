//! What the journal can do with each provider's client.

use std::time::Duration;

use payments::gateway::{PaymentRequest, PayoutRequest, WriteOperation};
use payments::journal::memory::MemoryStore;
use payments::journal::settlement::FindingKind;
use payments::journal::{Gateway, Intent, Journal, JournalKey, JournalKeys, Request, Rules, State};
use payments::{CAPABILITIES, Currency, Money, Outcome, journaled, turratech};
use payments_sandbox::{Sandbox, turbopay};

use crate::support::{card3ds_client, rupees, turbo_txn_client, turbopay_client, turratech_client};

fn gateways(sandbox: &Sandbox) -> [(&'static str, Gateway); 4] {
    [
        ("turratech", journaled::turratech("turratech", turratech_client(sandbox))),
        ("turbo-txn", journaled::turbo_txn("turbo-txn", turbo_txn_client(sandbox))),
        ("card3ds", journaled::card3ds("card3ds", card3ds_client(sandbox))),
        ("turbopay", journaled::turbopay("turbopay", turbopay_client(sandbox))),
    ]
}

#[tokio::test]
async fn each_client_sends_every_operation_that_its_provider_offers() {
    let sandbox = Sandbox::builder().start().await;
    for (provider, gateway) in gateways(&sandbox) {
        let table = CAPABILITIES.iter().find(|table| table.provider == provider).unwrap();
        let offered = WriteOperation::ALL.iter().filter(|operation| Rules::of(table, **operation).is_some());
        let mut offered: Vec<_> = offered.map(|operation| operation.as_str()).collect();
        offered.sort_unstable();
        assert_eq!(gateway.operations().collect::<Vec<_>>(), offered, "{provider}");
    }
    sandbox.finish();
}

#[tokio::test]
async fn after_a_lost_response_the_journal_finds_out_and_nothing_is_executed_twice() {
    let payout = PayoutRequest::new("order-1", rupees(), "customer-9", "50100012345678", "HDFC0000001");
    let payment =
        PaymentRequest::new("order-1", rupees()).customer("customer-9").return_url("http://127.0.0.1:9/return");
    let by_card =
        PaymentRequest::new("order-1", Money::from_minor(2_000, Currency::GBP)).payment_method("pm_card_visa");
    let cases: [(&str, &str, Request, &[State]); 4] = [
        ("turbopay", "withdraw", payout.into(), &[State::Pending, State::Succeeded]),
        ("turbopay", "deposit", payment.clone().into(), &[State::Pending]),
        ("turbo-txn", "initiate", payment.into(), &[State::Pending]),
        ("turratech", "create-payment", by_card.into(), &[State::Succeeded]),
    ];
    for (provider, operation, request, expected) in cases {
        let settings = turbopay::Settings::default().opening_balance(1000);
        let sandbox = Sandbox::builder().turbopay(settings).start().await;
        sandbox.fault(&format!("{provider}.{operation} @after-commit fin"));
        let store = MemoryStore::with_clock(sandbox.clock());
        let keys = JournalKeys::new("1", JournalKey::new("00112233445566778899aabbccddeeff").unwrap()).unwrap();
        let journal = Journal::builder(store.clone(), keys).clock(sandbox.clock()).timer(sandbox.clock());
        let journal = journal.gateways(gateways(&sandbox).into_iter().map(|(_, gateway)| gateway));
        let journal = journal.build().unwrap();

        let mut transaction = store.begin();
        let ticket = journal.record(&mut transaction, &Intent::new(provider, request)).await.unwrap().ticket();
        transaction.commit().unwrap();
        let id = ticket.intent();
        let executed = journal.execute(ticket).await.unwrap();
        // TurraTech's client sends it again by itself, under the same key.
        if let Some(error) = executed.error {
            assert_eq!((executed.state, error.outcome()), (State::Unknown, Outcome::Unknown), "{provider}");
        }
        sandbox.clock().advance(Duration::from_secs(60));
        journal.worker().run_due().await.unwrap();

        let report = journal.report(id).await.unwrap();
        assert!(expected.contains(&report.state), "{provider} {operation}: {report:?}");
        sandbox.ledger().order("order-1").executed_once();
        sandbox.finish();
    }
}

#[tokio::test]
async fn the_lists_of_turratech_show_what_the_journal_does_not_explain() {
    let sandbox = Sandbox::builder().start().await;
    let client = turratech_client(&sandbox);
    let store = MemoryStore::with_clock(sandbox.clock());
    let keys = JournalKeys::new("1", JournalKey::new("00112233445566778899aabbccddeeff").unwrap()).unwrap();
    let journal = Journal::builder(store.clone(), keys).clock(sandbox.clock()).timer(sandbox.clock());
    let journal = journal.gateway(journaled::turratech("turratech", client.clone())).build().unwrap();
    let start = sandbox.clock().now();
    sandbox.clock().advance(Duration::from_secs(3600));
    let request =
        PaymentRequest::new("order-1", Money::from_minor(2_000, Currency::GBP)).payment_method("pm_card_visa");
    let mut transaction = store.begin();
    let ticket = journal.record(&mut transaction, &Intent::new("turratech", request.clone())).await.unwrap().ticket();
    transaction.commit().unwrap();
    let id = ticket.intent();
    assert_eq!(journal.execute(ticket).await.unwrap().state, State::Succeeded);
    // Somebody refunds it without the journal.
    let payment = journal.report(id).await.unwrap().provider_id.unwrap();
    client.create_refund(turratech::NewRefund::new(payment)).send().await.unwrap();
    sandbox.clock().advance(Duration::from_secs(3600));
    let lists = || journaled::turratech_lists(&client, start..sandbox.clock().now());

    let mut run = journal.reconcile("turratech", lists());
    let orphan = run.try_next().await.unwrap().unwrap();
    assert_eq!((orphan.kind, orphan.reported), (FindingKind::Orphan, Some(Money::from_minor(2_000, Currency::GBP))));
    assert_eq!(run.try_next().await.unwrap(), None);
    assert_eq!((run.progress().lines, run.progress().matched), (2, 1));

    assert!(journal.accept_finding(orphan.id, "alice").await.unwrap());
    let again = journal.reconcile("turratech", lists()).finish().await.unwrap();
    assert_eq!((again.findings, again.resolved), (1, 0));
    assert_eq!(journal.findings(None, 10).await.unwrap(), []);
    sandbox.finish();
}
