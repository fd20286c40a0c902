//! TurraTech's refunds.

use payments_sandbox::{EntryKind, Sandbox};
use serde_json::{Value, json};

use crate::support::with;
use crate::turratech_support::{expect_error, get, id, payment, payment_with_method, post, post_idempotent};

/// Creates a succeeded payment and returns its id.
async fn create_payment(sandbox: &Sandbox, order: &str) -> String {
    id(&post(sandbox, "payments", &payment(order)).await.expect_status(201))
}

#[tokio::test]
async fn a_refund_covers_the_whole_payment_unless_it_has_an_amount() {
    let sandbox = Sandbox::builder().start().await;
    let payment_id = create_payment(&sandbox, "order-1").await;
    let refund = post(&sandbox, "refunds", &json!({"payment": payment_id})).await.expect_status(201);
    let id = id(&refund);
    assert_eq!(
        refund,
        json!({
            "id": id,
            "object": "refund",
            "payment": payment_id,
            "amount": 2000,
            "currency": "gbp",
            "reason": null,
            "status": "succeeded",
            "created": 1_767_268_800,
            "livemode": false,
            "metadata": {}
        })
    );
    assert_eq!(get(&sandbox, &format!("refunds/{id}")).await.expect_status(200), refund);
    let ledger = sandbox.ledger();
    let order = ledger.order("order-1");
    let refunded = order.entries()[1];
    assert_eq!((refunded.operation.as_str(), refunded.kind), ("turratech.create-refund", EntryKind::Refunded));
    assert_eq!((refunded.amount, refunded.currency.as_str()), (2000, "GBP"));
    order.executed_once();
    let again = expect_error(&post(&sandbox, "refunds", &json!({"payment": payment_id})).await, 400);
    assert_eq!(again["code"], "payment_already_refunded");
    sandbox.finish();
}

#[tokio::test]
async fn refunds_never_exceed_the_payment() {
    let sandbox = Sandbox::builder().start().await;
    let payment_id = create_payment(&sandbox, "order-1").await;
    let refund = async |amount: i64| post(&sandbox, "refunds", &json!({"payment": payment_id, "amount": amount})).await;
    let too_large = expect_error(&refund(2001).await, 400);
    assert_eq!((&too_large["code"], &too_large["param"]), (&json!("amount_too_large"), &json!("amount")));
    refund(1500).await.expect_status(201);
    assert_eq!(expect_error(&refund(501).await, 400)["code"], "amount_too_large");
    refund(300).await.expect_status(201);
    let remaining = post(&sandbox, "refunds", &json!({"payment": payment_id})).await.expect_status(201);
    assert_eq!(remaining["amount"], 200, "the remaining amount");
    expect_error(&refund(1).await, 400);
    let ledger = sandbox.ledger();
    let refunded: i64 = ledger.order("order-1").entries()[1..].iter().map(|entry| entry.amount).sum();
    assert_eq!(refunded, 2000);
    let payment = get(&sandbox, &format!("payments/{payment_id}")).await.expect_status(200);
    assert_eq!((&payment["status"], &payment["amount_received"]), (&json!("succeeded"), &json!(2000)));
    sandbox.finish();
}

#[tokio::test]
async fn a_refund_accepts_three_reasons_and_metadata() {
    let sandbox = Sandbox::builder().start().await;
    let payment_id = create_payment(&sandbox, "order-1").await;
    for reason in ["duplicate", "fraudulent", "requested_by_customer"] {
        let body = json!({"payment": payment_id, "amount": 100, "reason": reason, "metadata": {"case": "7"}});
        let refund = post(&sandbox, "refunds", &body).await.expect_status(201);
        assert_eq!((&refund["reason"], &refund["metadata"]), (&json!(reason), &json!({"case": "7"})));
    }
    sandbox.finish();
}

#[tokio::test]
async fn only_a_succeeded_payment_can_be_refunded() {
    let sandbox = Sandbox::builder().start().await;
    let manual = with(payment("manual"), "capture_method", "manual");
    let debit = id(&post(&sandbox, "payment_methods", &json!({"type": "sepa_debit"})).await.expect_status(201));
    let waiting = with(payment("waiting"), "confirm", false);
    post(&sandbox, "payments", &payment_with_method("pm_card_chargeDeclined", "failed")).await;
    let mut ids = vec![sandbox.turratech().payment("failed").id().unwrap()];
    for body in [&manual, &payment_with_method(&debit, "debit"), &waiting] {
        ids.push(id(&post(&sandbox, "payments", body).await.expect_status(201)));
    }
    for id in &ids {
        let error = expect_error(&post(&sandbox, "refunds", &json!({"payment": id})).await, 400);
        assert_eq!((&error["code"], &error["param"]), (&json!("payment_unexpected_state"), &json!("payment")));
    }
    post(&sandbox, &format!("payments/{}/capture", ids[1]), &json!({})).await.expect_status(200);
    post(&sandbox, "refunds", &json!({"payment": ids[1]})).await.expect_status(201);
    sandbox.finish();
}

#[tokio::test]
async fn a_disputed_payment_cannot_be_refunded() {
    let sandbox = Sandbox::builder().start().await;
    let payment_id = create_payment(&sandbox, "order-1").await;
    post(&sandbox, "refunds", &json!({"payment": payment_id, "amount": 500})).await.expect_status(201);
    sandbox.turratech().payment(&payment_id).dispute();
    let ledger = sandbox.ledger();
    let order = ledger.order("order-1");
    let charged_back = order.entries()[2];
    assert_eq!((charged_back.kind, charged_back.amount), (EntryKind::ChargedBack, 1500), "the remaining amount");
    let error = expect_error(&post(&sandbox, "refunds", &json!({"payment": payment_id})).await, 400);
    assert_eq!(error["code"], "payment_disputed");
    sandbox.finish();
}

#[tokio::test]
async fn a_refund_has_the_order_id_of_the_payment_unless_its_metadata_has_another() {
    let sandbox = Sandbox::builder().start().await;
    let payment_id = create_payment(&sandbox, "order-1").await;
    post_idempotent(&sandbox, "key-1", "refunds", &json!({"payment": payment_id, "amount": 1}))
        .await
        .expect_status(201);
    let own = json!({"payment": payment_id, "amount": 2, "metadata": {"order_id": "refund-1"}});
    post_idempotent(&sandbox, "key-2", "refunds", &own).await.expect_status(201);
    let ledger = sandbox.ledger();
    let references: Vec<(&str, i64)> =
        ledger.entries().iter().map(|entry| (entry.reference.as_str(), entry.amount)).collect();
    assert_eq!(references, [("order-1", 2000), ("order-1", 1), ("refund-1", 2)]);
    sandbox.finish();
}

#[tokio::test]
async fn a_fault_can_be_limited_to_the_refund_of_one_order() {
    let sandbox =
        Sandbox::builder().fault("turratech.create-refund order=order-2 @after-commit html=502").start().await;
    let (first, second) = (create_payment(&sandbox, "order-1").await, create_payment(&sandbox, "order-2").await);
    let refund: Value = post(&sandbox, "refunds", &json!({"payment": first})).await.expect_status(201);
    assert_eq!(refund["payment"], first);
    assert_eq!(post(&sandbox, "refunds", &json!({"payment": second})).await.status, 502);
    assert_eq!(sandbox.ledger().order("order-2").entries().len(), 2);
    sandbox.finish();
}
