//! Money that TurraTech gives back.

use payments_sandbox::{EntryKind, Sandbox};
use serde_json::{Value, json};

use crate::support::with;
use crate::turratech_support::{error, get, id, payment, payment_by, post, post_once};

async fn paid(sandbox: &Sandbox, order: &str) -> String {
    id(&post(sandbox, "payments", &payment(order)).await.expect(201))
}

#[tokio::test]
async fn a_refund_is_of_the_whole_payment_unless_it_says_less() {
    let sandbox = Sandbox::builder().start().await;
    let paid = paid(&sandbox, "order-1").await;
    let refund = post(&sandbox, "refunds", &json!({"payment": paid})).await.expect(201);
    let id = id(&refund);
    assert_eq!(
        refund,
        json!({
            "id": id,
            "object": "refund",
            "payment": paid,
            "amount": 2000,
            "currency": "gbp",
            "reason": null,
            "status": "succeeded",
            "created": 1_767_268_800,
            "livemode": false,
            "metadata": {}
        })
    );
    assert_eq!(get(&sandbox, &format!("refunds/{id}")).await.expect(200), refund);
    let ledger = sandbox.ledger();
    let order = ledger.order("order-1");
    let refunded = order.entries()[1];
    assert_eq!((refunded.operation.as_str(), refunded.kind), ("turratech.create-refund", EntryKind::Refunded));
    assert_eq!((refunded.amount, refunded.currency.as_str()), (2000, "GBP"));
    order.executed_once();
    let again = error(&post(&sandbox, "refunds", &json!({"payment": paid})).await, 400);
    assert_eq!(again["code"], "payment_already_refunded");
    sandbox.finish();
}

#[tokio::test]
async fn refunds_never_come_to_more_than_was_taken() {
    let sandbox = Sandbox::builder().start().await;
    let paid = paid(&sandbox, "order-1").await;
    let refund = async |amount: i64| post(&sandbox, "refunds", &json!({"payment": paid, "amount": amount})).await;
    let much = error(&refund(2001).await, 400);
    assert_eq!((&much["code"], &much["param"]), (&json!("amount_too_large"), &json!("amount")));
    refund(1500).await.expect(201);
    assert_eq!(error(&refund(501).await, 400)["code"], "amount_too_large");
    refund(300).await.expect(201);
    let rest = post(&sandbox, "refunds", &json!({"payment": paid})).await.expect(201);
    assert_eq!(rest["amount"], 200, "what was left");
    error(&refund(1).await, 400);
    let ledger = sandbox.ledger();
    let refunded: i64 = ledger.order("order-1").entries()[1..].iter().map(|entry| entry.amount).sum();
    assert_eq!(refunded, 2000);
    let known = get(&sandbox, &format!("payments/{paid}")).await.expect(200);
    assert_eq!((&known["status"], &known["amount_received"]), (&json!("succeeded"), &json!(2000)));
    sandbox.finish();
}

#[tokio::test]
async fn a_refund_has_one_of_three_reasons_and_metadata() {
    let sandbox = Sandbox::builder().start().await;
    let paid = paid(&sandbox, "order-1").await;
    for reason in ["duplicate", "fraudulent", "requested_by_customer"] {
        let body = json!({"payment": paid, "amount": 100, "reason": reason, "metadata": {"case": "7"}});
        let refund = post(&sandbox, "refunds", &body).await.expect(201);
        assert_eq!((&refund["reason"], &refund["metadata"]), (&json!(reason), &json!({"case": "7"})));
    }
    sandbox.finish();
}

#[tokio::test]
async fn only_what_was_taken_can_be_given_back() {
    let sandbox = Sandbox::builder().start().await;
    let manual = with(payment("manual"), "capture_method", "manual");
    let debit = id(&post(&sandbox, "payment_methods", &json!({"type": "sepa_debit"})).await.expect(201));
    let waiting = with(payment("waiting"), "confirm", false);
    post(&sandbox, "payments", &payment_by("pm_card_chargeDeclined", "failed")).await;
    let mut ids = vec![sandbox.turratech().payment("failed").id().unwrap()];
    for body in [&manual, &payment_by(&debit, "debit"), &waiting] {
        ids.push(id(&post(&sandbox, "payments", body).await.expect(201)));
    }
    for id in &ids {
        let error = error(&post(&sandbox, "refunds", &json!({"payment": id})).await, 400);
        assert_eq!((&error["code"], &error["param"]), (&json!("payment_unexpected_state"), &json!("payment")));
    }
    post(&sandbox, &format!("payments/{}/capture", ids[1]), &json!({})).await.expect(200);
    post(&sandbox, "refunds", &json!({"payment": ids[1]})).await.expect(201);
    sandbox.finish();
}

#[tokio::test]
async fn a_disputed_payment_is_not_refunded_too() {
    let sandbox = Sandbox::builder().start().await;
    let paid = paid(&sandbox, "order-1").await;
    post(&sandbox, "refunds", &json!({"payment": paid, "amount": 500})).await.expect(201);
    sandbox.turratech().payment(&paid).dispute();
    let ledger = sandbox.ledger();
    let order = ledger.order("order-1");
    let back = order.entries()[2];
    assert_eq!((back.kind, back.amount), (EntryKind::ChargedBack, 1500), "what was left of it");
    let error = error(&post(&sandbox, "refunds", &json!({"payment": paid})).await, 400);
    assert_eq!(error["code"], "payment_disputed");
    sandbox.finish();
}

#[tokio::test]
async fn a_refund_is_about_the_payment_s_order_unless_it_names_another() {
    let sandbox = Sandbox::builder().start().await;
    let paid = paid(&sandbox, "order-1").await;
    post_once(&sandbox, "key-1", "refunds", &json!({"payment": paid, "amount": 1})).await.expect(201);
    let own = json!({"payment": paid, "amount": 2, "metadata": {"order_id": "refund-1"}});
    post_once(&sandbox, "key-2", "refunds", &own).await.expect(201);
    let ledger = sandbox.ledger();
    let told: Vec<(&str, i64)> =
        ledger.entries().iter().map(|entry| (entry.reference.as_str(), entry.amount)).collect();
    assert_eq!(told, [("order-1", 2000), ("order-1", 1), ("refund-1", 2)]);
    sandbox.finish();
}

#[tokio::test]
async fn faults_can_be_meant_for_one_order_s_refund() {
    let sandbox =
        Sandbox::builder().fault("turratech.create-refund order=order-2 @after-commit html=502").start().await;
    let (first, second) = (paid(&sandbox, "order-1").await, paid(&sandbox, "order-2").await);
    let refund: Value = post(&sandbox, "refunds", &json!({"payment": first})).await.expect(201);
    assert_eq!(refund["payment"], first);
    assert_eq!(post(&sandbox, "refunds", &json!({"payment": second})).await.status, 502);
    assert_eq!(sandbox.ledger().order("order-2").entries().len(), 2);
    sandbox.finish();
}
