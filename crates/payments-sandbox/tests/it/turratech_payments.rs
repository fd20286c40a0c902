//! TurraTech's payments: creation, status changes, and ledger entries.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use payments_sandbox::turratech::Settings;
use payments_sandbox::{EntryKind, Sandbox};
use serde_json::{Value, json};

use crate::support::{with, without};
use crate::turratech_support::{
    create_customer, expect_error, get, id, payment, payment_with_method, post, post_idempotent,
};

/// Returns an order's ledger entries: the operation, the kind, the amount and the currency.
fn ledger_entries(sandbox: &Sandbox, order: &str) -> Vec<(String, EntryKind, i64, String)> {
    let ledger = sandbox.ledger();
    let order = ledger.order(order);
    let entries = order.entries().into_iter();
    entries.map(|entry| (entry.operation.clone(), entry.kind, entry.amount, entry.currency.clone())).collect()
}

fn entry(operation: &str, what: EntryKind, amount: i64) -> (String, EntryKind, i64, String) {
    (format!("turratech.{operation}"), what, amount, if what == EntryKind::Done { "" } else { "GBP" }.to_owned())
}

#[tokio::test]
async fn a_payment_has_the_documented_fields() {
    let sandbox = Sandbox::builder().start().await;
    let customer = create_customer(&sandbox).await;
    let created =
        post(&sandbox, "payments", &with(payment("12345"), "customer", customer.as_str())).await.expect_status(201);
    let id = id(&created);
    assert_eq!(
        created,
        json!({
            "id": id,
            "object": "payment",
            "amount": 2000,
            "amount_capturable": 0,
            "amount_received": 2000,
            "currency": "gbp",
            "customer": customer,
            "description": "Order #12345",
            "payment_method": "pm_card_visa",
            "status": "succeeded",
            "created": 1_767_268_800,
            "livemode": false,
            "metadata": {"order_id": "12345"}
        })
    );
    assert!(id.starts_with("pay_") && id.len() == "pay_1NqQXYZ123456789".len(), "{id}");
    assert_eq!(get(&sandbox, &format!("payments/{id}")).await.expect_status(200), created);
    assert_eq!(ledger_entries(&sandbox, "12345"), [entry("create-payment", EntryKind::Executed, 2000)]);
    sandbox.finish();
}

#[tokio::test]
async fn the_ledger_reference_is_the_order_id_or_the_key_or_the_payment_id() {
    let sandbox = Sandbox::builder().start().await;
    let body = without(payment(""), "metadata");
    post_idempotent(&sandbox, "key-1", "payments", &payment("order-1")).await.expect_status(201);
    post_idempotent(&sandbox, "key-2", "payments", &body).await.expect_status(201);
    let third = id(&post(&sandbox, "payments", &body).await.expect_status(201));
    let ledger = sandbox.ledger();
    let references: Vec<&str> = ledger.entries().iter().map(|entry| entry.reference.as_str()).collect();
    assert_eq!(references, ["order-1", "key-2", &third]);
    for reference in ["order-1", "key-2", &third] {
        assert_eq!(sandbox.turratech().payment(reference).status(), Some("succeeded"));
        sandbox.expect_status(reference, "succeeded");
    }
    sandbox.finish();
}

#[tokio::test]
async fn the_ledger_has_the_smallest_unit_of_a_currency_without_decimals() {
    let sandbox = Sandbox::builder().start().await;
    let body = with(with(payment("order-1"), "currency", "jpy"), "amount", 500);
    post(&sandbox, "payments", &body).await.expect_status(201);
    let entries = ledger_entries(&sandbox, "order-1");
    assert_eq!((entries[0].2, entries[0].3.as_str()), (500, "JPY"));
    let text = sandbox.ledger().entries()[0].to_string();
    assert!(text.ends_with(" 500 JPY (smallest unit)"), "the yen has no decimals: {text}");
    sandbox.finish();
}

#[tokio::test]
async fn a_payment_without_confirm_is_attempted_as_in_the_documents_first_example() {
    let sandbox = Sandbox::builder().start().await;
    let paid = post(&sandbox, "payments", &without(payment("order-1"), "confirm")).await.expect_status(201);
    assert_eq!((&paid["status"], &paid["amount_received"]), (&json!("succeeded"), &json!(2000)));
    sandbox.ledger().order("order-1").executed_once();

    let declined = without(payment_with_method("pm_card_chargeDeclined", "order-2"), "confirm");
    expect_error(&post(&sandbox, "payments", &declined).await, 402);
    sandbox.ledger().order("order-2").never_executed();
    sandbox.finish();
}

#[tokio::test]
async fn no_money_moves_if_confirm_is_false_or_the_payment_method_is_missing() {
    let sandbox = Sandbox::builder().start().await;
    let waiting = post(&sandbox, "payments", &with(payment("order-1"), "confirm", false)).await.expect_status(201);
    assert_eq!((&waiting["status"], &waiting["amount_received"]), (&json!("requires_confirmation"), &json!(0)));
    let without_method = without(without(payment("order-2"), "confirm"), "payment_method");
    let without_method = post(&sandbox, "payments", &without_method).await.expect_status(201);
    assert_eq!(
        (&without_method["status"], &without_method["payment_method"]),
        (&json!("requires_payment_method"), &Value::Null)
    );
    sandbox.ledger().order("order-1").never_executed();
    sandbox.ledger().order("order-2").never_executed();

    for order in ["order-1", "order-2"] {
        sandbox.turratech().payment(order).succeed();
        sandbox.ledger().order(order).executed_once();
        let begun = entry("create-payment", EntryKind::Begun, 2000);
        assert_eq!(ledger_entries(&sandbox, order), [begun, entry("create-payment", EntryKind::Executed, 2000)]);
        assert_eq!(sandbox.turratech().payment(order).status(), Some("succeeded"));
    }
    sandbox.finish();
}

#[tokio::test]
async fn a_manual_payment_is_authorized_and_then_captured_once() {
    let sandbox = Sandbox::builder().start().await;
    let body = with(payment("order-1"), "capture_method", "manual");
    let authorized = post(&sandbox, "payments", &body).await.expect_status(201);
    let amounts = |payment: &Value| {
        [&payment["amount"], &payment["amount_capturable"], &payment["amount_received"]]
            .map(|amount| amount.as_i64().unwrap())
    };
    assert_eq!(authorized["status"], "requires_capture");
    assert_eq!(amounts(&authorized), [2000, 2000, 0]);

    let capture = format!("payments/{}/capture", id(&authorized));
    let captured = post(&sandbox, &capture, &json!({})).await.expect_status(200);
    assert_eq!((&captured["status"], amounts(&captured)), (&json!("succeeded"), [2000, 0, 2000]));
    assert_eq!(get(&sandbox, &format!("payments/{}", id(&authorized))).await.expect_status(200), captured);

    let again = expect_error(&post(&sandbox, &capture, &json!({})).await, 400);
    assert_eq!(again["code"], "payment_unexpected_state");
    let cancel = format!("payments/{}/cancel", id(&authorized));
    assert_eq!(expect_error(&post(&sandbox, &cancel, &json!({})).await, 400)["code"], "payment_unexpected_state");
    assert_eq!(
        ledger_entries(&sandbox, "order-1"),
        [entry("create-payment", EntryKind::Executed, 2000), entry("capture-payment", EntryKind::Captured, 2000)]
    );
    sandbox.finish();
}

#[tokio::test]
async fn a_capture_needs_no_body() {
    let sandbox = Sandbox::builder().start().await;
    let body = with(payment("order-1"), "capture_method", "manual");
    let authorized = id(&post(&sandbox, "payments", &body).await.expect_status(201));
    let bearer = crate::turratech_support::bearer(sandbox.turratech().api_key());
    let headers = [("Authorization", bearer.as_str()), ("Content-Type", "application/json")];
    let path = format!("payments/{authorized}/capture");
    let captured = crate::turratech_support::send(&sandbox, "POST", &path, &headers, "").await.expect_status(200);
    assert_eq!(captured["status"], "succeeded");
    sandbox.finish();
}

#[tokio::test]
async fn an_order_can_be_authorized_again_after_its_payment_was_cancelled() {
    let sandbox = Sandbox::builder().start().await;
    let body = with(payment("order-1"), "capture_method", "manual");
    let first = id(&post(&sandbox, "payments", &body).await.expect_status(201));
    let canceled = post(&sandbox, &format!("payments/{first}/cancel"), &json!({})).await.expect_status(200);
    assert_eq!((&canceled["status"], &canceled["amount_capturable"]), (&json!("canceled"), &json!(0)));
    expect_error(&post(&sandbox, &format!("payments/{first}/capture"), &json!({})).await, 400);
    expect_error(&post(&sandbox, &format!("payments/{first}/cancel"), &json!({})).await, 400);

    post(&sandbox, "payments", &body).await.expect_status(201);
    let executed = entry("create-payment", EntryKind::Executed, 2000);
    assert_eq!(
        ledger_entries(&sandbox, "order-1"),
        [executed.clone(), entry("cancel-payment", EntryKind::Released, 2000), executed]
    );
    assert!(sandbox.ledger().double_executions().is_empty());
    sandbox.finish();
}

#[tokio::test]
#[should_panic(expected = "turratech.create-payment was executed twice for \"order-1\"")]
async fn finish_reports_an_order_that_was_authorized_twice_even_if_one_payment_is_cancelled() {
    let sandbox = Sandbox::builder().start().await;
    let body = with(payment("order-1"), "capture_method", "manual");
    let first = id(&post(&sandbox, "payments", &body).await.expect_status(201));
    post(&sandbox, "payments", &body).await.expect_status(201);
    post(&sandbox, &format!("payments/{first}/cancel"), &json!({})).await.expect_status(200);
    sandbox.finish();
}

#[tokio::test]
async fn a_payment_can_be_cancelled_before_its_execution_but_not_after() {
    let sandbox = Sandbox::builder().start().await;
    let waiting = id(&post(&sandbox, "payments", &with(payment("order-1"), "confirm", false)).await.expect_status(201));
    let canceled = post(&sandbox, &format!("payments/{waiting}/cancel"), &json!({})).await.expect_status(200);
    assert_eq!(canceled["status"], "canceled");
    let expected = [entry("create-payment", EntryKind::Begun, 2000), entry("cancel-payment", EntryKind::Done, 0)];
    assert_eq!(ledger_entries(&sandbox, "order-1"), expected);

    let debit = post(&sandbox, "payment_methods", &json!({"type": "bacs_debit"})).await.expect_status(201);
    for body in [payment("order-2"), payment_with_method(&id(&debit), "order-3")] {
        let executed = id(&post(&sandbox, "payments", &body).await.expect_status(201));
        expect_error(&post(&sandbox, &format!("payments/{executed}/cancel"), &json!({})).await, 400);
        expect_error(&post(&sandbox, &format!("payments/{executed}/capture"), &json!({})).await, 400);
    }
    sandbox.finish();
}

#[tokio::test]
async fn a_declined_card_gets_a_402_and_moves_no_money() {
    let declines = [
        ("pm_card_chargeDeclined", "card_declined", Some("generic_decline")),
        ("pm_card_chargeDeclinedInsufficientFunds", "card_declined", Some("insufficient_funds")),
        ("pm_card_chargeDeclinedLostCard", "card_declined", Some("lost_card")),
        ("pm_card_chargeDeclinedStolenCard", "card_declined", Some("stolen_card")),
        ("pm_card_chargeDeclinedFraudulent", "card_declined", Some("fraudulent")),
        ("pm_card_chargeDeclinedVelocityLimitExceeded", "card_declined", Some("card_velocity_exceeded")),
        ("pm_card_chargeDeclinedExpiredCard", "expired_card", None),
        ("pm_card_chargeDeclinedIncorrectCvc", "incorrect_cvc", None),
        ("pm_card_chargeDeclinedProcessingError", "processing_error", None),
        ("pm_card_chargeCustomerFail", "card_declined", Some("generic_decline")),
    ];
    let sandbox = Sandbox::builder().start().await;
    for (method, code, decline_code) in declines {
        let error = expect_error(&post(&sandbox, "payments", &payment_with_method(method, method)).await, 402);
        assert_eq!((&error["type"], &error["code"]), (&json!("card_error"), &json!(code)), "{method}");
        assert_eq!(error["decline_code"].as_str(), decline_code, "{method}");
        assert_eq!(error["param"], "payment_method");
        assert_eq!(sandbox.turratech().payment(method).status(), Some("failed"));
    }
    assert!(sandbox.ledger().entries().is_empty());

    post(&sandbox, "payments", &payment("pm_card_chargeDeclined")).await.expect_status(201);
    assert_eq!(
        sandbox.turratech().payment("pm_card_chargeDeclined").status(),
        Some("succeeded"),
        "the order succeeds with another card"
    );
    sandbox.finish();
}

#[tokio::test]
async fn a_card_that_needs_authentication_waits_for_the_customer() {
    let sandbox = Sandbox::builder().start().await;
    for (order, manual, status) in [("order-1", false, "succeeded"), ("order-2", true, "requires_capture")] {
        let body = with(
            payment_with_method("pm_card_authenticationRequired", order),
            "capture_method",
            if manual { "manual" } else { "automatic" },
        );
        assert_eq!(post(&sandbox, "payments", &body).await.expect_status(201)["status"], "requires_action");
        sandbox.ledger().order(order).never_executed();
        sandbox.turratech().payment(order).succeed();
        assert_eq!(sandbox.turratech().payment(order).status(), Some(status));
        sandbox.ledger().order(order).executed_once();
    }
    post(&sandbox, "payments", &payment_with_method("pm_card_authenticationRequired", "order-3"))
        .await
        .expect_status(201);
    sandbox.turratech().payment("order-3").fail();
    assert_eq!(sandbox.turratech().payment("order-3").status(), Some("failed"));
    sandbox.ledger().order("order-3").never_executed();
    sandbox.finish();
}

async fn create_payment_by(sandbox: &Sandbox, kind: &str, order: &str) -> Value {
    let method = id(&post(sandbox, "payment_methods", &json!({"type": kind})).await.expect_status(201));
    post(sandbox, "payments", &payment_with_method(&method, order)).await.expect_status(201)
}

#[tokio::test]
async fn debits_and_transfers_settle_later_and_wallets_at_once() {
    let sandbox = Sandbox::builder().start().await;
    for kind in ["apple_pay", "google_pay"] {
        assert_eq!(create_payment_by(&sandbox, kind, kind).await["status"], "succeeded", "{kind}");
    }
    for kind in ["bacs_debit", "sepa_debit", "bank_transfer"] {
        let processing = create_payment_by(&sandbox, kind, kind).await;
        assert_eq!(
            (&processing["status"], &processing["amount_received"]),
            (&json!("processing"), &json!(0)),
            "{kind}"
        );
        sandbox.ledger().order(kind).executed_once();
    }
    sandbox.clock().advance(Duration::from_millis(1999));
    assert_eq!(sandbox.turratech().payment("sepa_debit").status(), Some("processing"));
    sandbox.clock().advance(Duration::from_millis(1));
    for kind in ["bacs_debit", "sepa_debit", "bank_transfer"] {
        let settled = sandbox.turratech().payment(kind);
        let settled = get(&sandbox, &format!("payments/{}", settled.id().unwrap())).await.expect_status(200);
        assert_eq!((&settled["status"], &settled["amount_received"]), (&json!("succeeded"), &json!(2000)), "{kind}");
        let entries =
            [entry("create-payment", EntryKind::Executed, 2000), entry("create-payment", EntryKind::Credited, 2000)];
        assert_eq!(ledger_entries(&sandbox, kind), entries);
    }
    sandbox.finish();
}

#[tokio::test]
async fn a_failed_debit_releases_its_order() {
    let sandbox = Sandbox::builder().turratech(Settings::default().debits_stay_processing()).start().await;
    create_payment_by(&sandbox, "sepa_debit", "order-1").await;
    sandbox.clock().advance(Duration::from_secs(365 * 24 * 60 * 60));
    assert_eq!(sandbox.turratech().payment("order-1").status(), Some("processing"));
    sandbox.turratech().payment("order-1").fail();
    assert_eq!(sandbox.turratech().payment("order-1").status(), Some("failed"));
    assert_eq!(
        ledger_entries(&sandbox, "order-1"),
        [entry("create-payment", EntryKind::Executed, 2000), entry("create-payment", EntryKind::Released, 2000)]
    );
    create_payment_by(&sandbox, "sepa_debit", "order-1").await;
    sandbox.turratech().payment("order-1").succeed();
    assert_eq!(sandbox.turratech().payment("order-1").status(), Some("succeeded"));
    sandbox.finish();
}

#[tokio::test]
async fn a_scheduled_settlement_does_not_apply_after_another_result() {
    let settings = Settings::default().debit_delay(Duration::from_secs(60));
    let sandbox = Sandbox::builder().turratech(settings).start().await;
    create_payment_by(&sandbox, "sepa_debit", "order-1").await;
    create_payment_by(&sandbox, "sepa_debit", "order-2").await;
    sandbox.turratech().payment("order-1").fail();
    sandbox.turratech().payment("order-2").succeed();
    sandbox.clock().advance(Duration::from_secs(61));
    assert_eq!(sandbox.turratech().payment("order-1").status(), Some("failed"));
    assert_eq!(ledger_entries(&sandbox, "order-2").len(), 2);
    sandbox.finish();
}

#[tokio::test]
async fn debits_do_not_support_manual_capture() {
    let sandbox = Sandbox::builder().start().await;
    let method = id(&post(&sandbox, "payment_methods", &json!({"type": "sepa_debit"})).await.expect_status(201));
    let body = with(payment_with_method(&method, "order-1"), "capture_method", "manual");
    assert_eq!(expect_error(&post(&sandbox, "payments", &body).await, 400)["param"], "capture_method");
    sandbox.finish();
}

#[tokio::test]
async fn an_impossible_status_change_panics() {
    let sandbox = Sandbox::builder().start().await;
    post(&sandbox, "payments", &payment("order-1")).await.expect_status(201);
    let manual = with(payment("order-2"), "capture_method", "manual");
    post(&sandbox, "payments", &manual).await.expect_status(201);
    let handle = |order: &str| sandbox.turratech().payment(order);
    let panics = |act: &dyn Fn()| catch_unwind(AssertUnwindSafe(act)).is_err();
    assert!(panics(&|| handle("order-1").succeed()));
    assert!(panics(&|| handle("order-1").fail()));
    assert!(panics(&|| handle("order-2").succeed()));
    assert!(panics(&|| handle("order-2").fail()));
    assert!(panics(&|| handle("order-2").dispute()));
    assert!(panics(&|| handle("order-3").succeed()));
    assert_eq!((handle("order-3").status(), handle("order-3").id()), (None, None));
    handle("order-1").dispute();
    assert!(panics(&|| handle("order-1").dispute()));
    assert_eq!(handle("order-1").status(), Some("succeeded"));
    assert_eq!(ledger_entries(&sandbox, "order-1")[1], entry("create-payment", EntryKind::ChargedBack, 2000));
    sandbox.finish();
}
