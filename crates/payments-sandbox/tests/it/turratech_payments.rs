//! What becomes of a payment at TurraTech.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use payments_sandbox::turratech::Settings;
use payments_sandbox::{Sandbox, What};
use serde_json::{Value, json};

use crate::support::{with, without};
use crate::turratech_support::{customer, error, get, id, payment, payment_by, post, post_once};

/// What the ledger says of an order: what was done, by which operation, about how much.
fn ledger(sandbox: &Sandbox, order: &str) -> Vec<(String, What, i64, String)> {
    let ledger = sandbox.ledger();
    let order = ledger.order(order);
    let entries = order.entries().into_iter();
    entries.map(|entry| (entry.operation.clone(), entry.what, entry.amount, entry.currency.clone())).collect()
}

fn entry(operation: &str, what: What, amount: i64) -> (String, What, i64, String) {
    (format!("turratech.{operation}"), what, amount, if what == What::Done { "" } else { "GBP" }.to_owned())
}

#[tokio::test]
async fn a_payment_is_the_documented_object() {
    let sandbox = Sandbox::builder().start().await;
    let customer = customer(&sandbox).await;
    let created = post(&sandbox, "payments", &with(payment("12345"), "customer", customer.as_str())).await.expect(201);
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
    assert_eq!(get(&sandbox, &format!("payments/{id}")).await.expect(200), created);
    assert_eq!(ledger(&sandbox, "12345"), [entry("create-payment", What::Executed, 2000)]);
    sandbox.finish();
}

#[tokio::test]
async fn the_ledger_knows_a_payment_by_its_order_else_its_key_else_its_id() {
    let sandbox = Sandbox::builder().start().await;
    let body = without(payment(""), "metadata");
    post_once(&sandbox, "key-1", "payments", &payment("order-1")).await.expect(201);
    post_once(&sandbox, "key-2", "payments", &body).await.expect(201);
    let third = id(&post(&sandbox, "payments", &body).await.expect(201));
    let ledger = sandbox.ledger();
    let references: Vec<&str> = ledger.entries().iter().map(|entry| entry.reference.as_str()).collect();
    assert_eq!(references, ["order-1", "key-2", &third]);
    for reference in ["order-1", "key-2", &third] {
        assert_eq!(sandbox.turratech().payment(reference).status(), Some("succeeded"));
        sandbox.believes(reference, "succeeded");
    }
    sandbox.finish();
}

#[tokio::test]
async fn a_currency_without_hundredths_has_its_smallest_unit_in_the_ledger() {
    let sandbox = Sandbox::builder().start().await;
    let body = with(with(payment("order-1"), "currency", "jpy"), "amount", 500);
    post(&sandbox, "payments", &body).await.expect(201);
    let entries = ledger(&sandbox, "order-1");
    assert_eq!((entries[0].2, entries[0].3.as_str()), (500, "JPY"));
    sandbox.finish();
}

#[tokio::test]
async fn a_payment_without_confirm_is_attempted_as_in_the_documents_first_example() {
    let sandbox = Sandbox::builder().start().await;
    let paid = post(&sandbox, "payments", &without(payment("order-1"), "confirm")).await.expect(201);
    assert_eq!((&paid["status"], &paid["amount_received"]), (&json!("succeeded"), &json!(2000)));
    sandbox.ledger().order("order-1").executed_once();

    let declined = without(payment_by("pm_card_chargeDeclined", "order-2"), "confirm");
    error(&post(&sandbox, "payments", &declined).await, 402);
    sandbox.ledger().order("order-2").never_executed();
    sandbox.finish();
}

#[tokio::test]
async fn nothing_is_taken_when_confirm_is_false_or_there_is_no_payment_method() {
    let sandbox = Sandbox::builder().start().await;
    let waiting = post(&sandbox, "payments", &with(payment("order-1"), "confirm", false)).await.expect(201);
    assert_eq!((&waiting["status"], &waiting["amount_received"]), (&json!("requires_confirmation"), &json!(0)));
    let bare = without(without(payment("order-2"), "confirm"), "payment_method");
    let bare = post(&sandbox, "payments", &bare).await.expect(201);
    assert_eq!((&bare["status"], &bare["payment_method"]), (&json!("requires_payment_method"), &Value::Null));
    sandbox.ledger().order("order-1").never_executed();
    sandbox.ledger().order("order-2").never_executed();

    for order in ["order-1", "order-2"] {
        sandbox.turratech().payment(order).succeed();
        sandbox.ledger().order(order).executed_once();
        let begun = entry("create-payment", What::Begun, 2000);
        assert_eq!(ledger(&sandbox, order), [begun, entry("create-payment", What::Executed, 2000)]);
        assert_eq!(sandbox.turratech().payment(order).status(), Some("succeeded"));
    }
    sandbox.finish();
}

#[tokio::test]
async fn a_manual_payment_is_authorized_and_then_captured_once() {
    let sandbox = Sandbox::builder().start().await;
    let body = with(payment("order-1"), "capture_method", "manual");
    let authorized = post(&sandbox, "payments", &body).await.expect(201);
    let amounts = |payment: &Value| {
        [&payment["amount"], &payment["amount_capturable"], &payment["amount_received"]]
            .map(|amount| amount.as_i64().unwrap())
    };
    assert_eq!(authorized["status"], "requires_capture");
    assert_eq!(amounts(&authorized), [2000, 2000, 0]);

    let capture = format!("payments/{}/capture", id(&authorized));
    let captured = post(&sandbox, &capture, &json!({})).await.expect(200);
    assert_eq!((&captured["status"], amounts(&captured)), (&json!("succeeded"), [2000, 0, 2000]));
    assert_eq!(get(&sandbox, &format!("payments/{}", id(&authorized))).await.expect(200), captured);

    let again = error(&post(&sandbox, &capture, &json!({})).await, 400);
    assert_eq!(again["code"], "payment_unexpected_state");
    let cancel = format!("payments/{}/cancel", id(&authorized));
    assert_eq!(error(&post(&sandbox, &cancel, &json!({})).await, 400)["code"], "payment_unexpected_state");
    assert_eq!(
        ledger(&sandbox, "order-1"),
        [entry("create-payment", What::Executed, 2000), entry("capture-payment", What::Captured, 2000)]
    );
    sandbox.finish();
}

#[tokio::test]
async fn a_capture_needs_no_body() {
    let sandbox = Sandbox::builder().start().await;
    let body = with(payment("order-1"), "capture_method", "manual");
    let authorized = id(&post(&sandbox, "payments", &body).await.expect(201));
    let bearer = crate::turratech_support::bearer(sandbox.turratech().api_key());
    let headers = [("Authorization", bearer.as_str()), ("Content-Type", "application/json")];
    let path = format!("payments/{authorized}/capture");
    let captured = crate::turratech_support::send(&sandbox, "POST", &path, &headers, "").await.expect(200);
    assert_eq!(captured["status"], "succeeded");
    sandbox.finish();
}

#[tokio::test]
async fn an_authorization_can_be_released_and_the_order_authorized_anew() {
    let sandbox = Sandbox::builder().start().await;
    let body = with(payment("order-1"), "capture_method", "manual");
    let first = id(&post(&sandbox, "payments", &body).await.expect(201));
    let canceled = post(&sandbox, &format!("payments/{first}/cancel"), &json!({})).await.expect(200);
    assert_eq!((&canceled["status"], &canceled["amount_capturable"]), (&json!("canceled"), &json!(0)));
    error(&post(&sandbox, &format!("payments/{first}/capture"), &json!({})).await, 400);
    error(&post(&sandbox, &format!("payments/{first}/cancel"), &json!({})).await, 400);

    post(&sandbox, "payments", &body).await.expect(201);
    let executed = entry("create-payment", What::Executed, 2000);
    assert_eq!(
        ledger(&sandbox, "order-1"),
        [executed.clone(), entry("cancel-payment", What::Released, 2000), executed]
    );
    assert!(sandbox.ledger().double_executions().is_empty());
    sandbox.finish();
}

#[tokio::test]
#[should_panic(expected = "turratech.create-payment was executed twice for \"order-1\"")]
async fn an_order_that_is_taken_twice_is_complained_of_although_one_is_released() {
    let sandbox = Sandbox::builder().start().await;
    let body = with(payment("order-1"), "capture_method", "manual");
    let first = id(&post(&sandbox, "payments", &body).await.expect(201));
    post(&sandbox, "payments", &body).await.expect(201);
    post(&sandbox, &format!("payments/{first}/cancel"), &json!({})).await.expect(200);
    sandbox.finish();
}

#[tokio::test]
async fn what_waits_for_the_customer_can_be_cancelled_and_what_was_taken_cannot() {
    let sandbox = Sandbox::builder().start().await;
    let waiting = id(&post(&sandbox, "payments", &with(payment("order-1"), "confirm", false)).await.expect(201));
    let canceled = post(&sandbox, &format!("payments/{waiting}/cancel"), &json!({})).await.expect(200);
    assert_eq!(canceled["status"], "canceled");
    let begun = [entry("create-payment", What::Begun, 2000), entry("cancel-payment", What::Done, 0)];
    assert_eq!(ledger(&sandbox, "order-1"), begun);

    let debit = post(&sandbox, "payment_methods", &json!({"type": "bacs_debit"})).await.expect(201);
    for body in [payment("order-2"), payment_by(&id(&debit), "order-3")] {
        let taken = id(&post(&sandbox, "payments", &body).await.expect(201));
        error(&post(&sandbox, &format!("payments/{taken}/cancel"), &json!({})).await, 400);
        error(&post(&sandbox, &format!("payments/{taken}/capture"), &json!({})).await, 400);
    }
    sandbox.finish();
}

#[tokio::test]
async fn a_declined_card_is_answered_402_and_takes_nothing() {
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
        let error = error(&post(&sandbox, "payments", &payment_by(method, method)).await, 402);
        assert_eq!((&error["type"], &error["code"]), (&json!("card_error"), &json!(code)), "{method}");
        assert_eq!(error["decline_code"].as_str(), decline_code, "{method}");
        assert_eq!(error["param"], "payment_method");
        assert_eq!(sandbox.turratech().payment(method).status(), Some("failed"));
    }
    assert!(sandbox.ledger().entries().is_empty());

    post(&sandbox, "payments", &payment("pm_card_chargeDeclined")).await.expect(201);
    assert_eq!(sandbox.turratech().payment("pm_card_chargeDeclined").status(), Some("succeeded"), "another card");
    sandbox.finish();
}

#[tokio::test]
async fn a_card_that_needs_authentication_waits_for_the_customer() {
    let sandbox = Sandbox::builder().start().await;
    for (order, manual, status) in [("order-1", false, "succeeded"), ("order-2", true, "requires_capture")] {
        let body = with(
            payment_by("pm_card_authenticationRequired", order),
            "capture_method",
            if manual { "manual" } else { "automatic" },
        );
        assert_eq!(post(&sandbox, "payments", &body).await.expect(201)["status"], "requires_action");
        sandbox.ledger().order(order).never_executed();
        sandbox.turratech().payment(order).succeed();
        assert_eq!(sandbox.turratech().payment(order).status(), Some(status));
        sandbox.ledger().order(order).executed_once();
    }
    post(&sandbox, "payments", &payment_by("pm_card_authenticationRequired", "order-3")).await.expect(201);
    sandbox.turratech().payment("order-3").fail();
    assert_eq!(sandbox.turratech().payment("order-3").status(), Some("failed"));
    sandbox.ledger().order("order-3").never_executed();
    sandbox.finish();
}

async fn debit(sandbox: &Sandbox, kind: &str, order: &str) -> Value {
    let method = id(&post(sandbox, "payment_methods", &json!({"type": kind})).await.expect(201));
    post(sandbox, "payments", &payment_by(&method, order)).await.expect(201)
}

#[tokio::test]
async fn debits_and_transfers_take_their_time_and_wallets_do_not() {
    let sandbox = Sandbox::builder().start().await;
    for kind in ["apple_pay", "google_pay"] {
        assert_eq!(debit(&sandbox, kind, kind).await["status"], "succeeded", "{kind}");
    }
    for kind in ["bacs_debit", "sepa_debit", "bank_transfer"] {
        let processing = debit(&sandbox, kind, kind).await;
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
        let settled = get(&sandbox, &format!("payments/{}", settled.id().unwrap())).await.expect(200);
        assert_eq!((&settled["status"], &settled["amount_received"]), (&json!("succeeded"), &json!(2000)), "{kind}");
        let entries = [entry("create-payment", What::Executed, 2000), entry("create-payment", What::Credited, 2000)];
        assert_eq!(ledger(&sandbox, kind), entries);
    }
    sandbox.finish();
}

#[tokio::test]
async fn a_debit_that_fails_lets_go_of_its_order() {
    let sandbox = Sandbox::builder().turratech(Settings::default().debits_wait()).start().await;
    debit(&sandbox, "sepa_debit", "order-1").await;
    sandbox.clock().advance(Duration::from_secs(365 * 24 * 60 * 60));
    assert_eq!(sandbox.turratech().payment("order-1").status(), Some("processing"));
    sandbox.turratech().payment("order-1").fail();
    assert_eq!(sandbox.turratech().payment("order-1").status(), Some("failed"));
    assert_eq!(
        ledger(&sandbox, "order-1"),
        [entry("create-payment", What::Executed, 2000), entry("create-payment", What::Released, 2000)]
    );
    debit(&sandbox, "sepa_debit", "order-1").await;
    sandbox.turratech().payment("order-1").succeed();
    assert_eq!(sandbox.turratech().payment("order-1").status(), Some("succeeded"));
    sandbox.finish();
}

#[tokio::test]
async fn a_settlement_that_was_overtaken_does_not_happen() {
    let settings = Settings::default().debits_take(Duration::from_secs(60));
    let sandbox = Sandbox::builder().turratech(settings).start().await;
    debit(&sandbox, "sepa_debit", "order-1").await;
    debit(&sandbox, "sepa_debit", "order-2").await;
    sandbox.turratech().payment("order-1").fail();
    sandbox.turratech().payment("order-2").succeed();
    sandbox.clock().advance(Duration::from_secs(61));
    assert_eq!(sandbox.turratech().payment("order-1").status(), Some("failed"));
    assert_eq!(ledger(&sandbox, "order-2").len(), 2);
    sandbox.finish();
}

#[tokio::test]
async fn debits_cannot_be_captured_later() {
    let sandbox = Sandbox::builder().start().await;
    let method = id(&post(&sandbox, "payment_methods", &json!({"type": "sepa_debit"})).await.expect(201));
    let body = with(payment_by(&method, "order-1"), "capture_method", "manual");
    assert_eq!(error(&post(&sandbox, "payments", &body).await, 400)["param"], "capture_method");
    sandbox.finish();
}

#[tokio::test]
async fn nothing_happens_to_a_payment_that_cannot_happen_to_it() {
    let sandbox = Sandbox::builder().start().await;
    post(&sandbox, "payments", &payment("order-1")).await.expect(201);
    let manual = with(payment("order-2"), "capture_method", "manual");
    post(&sandbox, "payments", &manual).await.expect(201);
    let handle = |order: &str| sandbox.turratech().payment(order);
    let impossible = |act: &dyn Fn()| catch_unwind(AssertUnwindSafe(act)).is_err();
    assert!(impossible(&|| handle("order-1").succeed()));
    assert!(impossible(&|| handle("order-1").fail()));
    assert!(impossible(&|| handle("order-2").succeed()));
    assert!(impossible(&|| handle("order-2").fail()));
    assert!(impossible(&|| handle("order-2").dispute()));
    assert!(impossible(&|| handle("order-3").succeed()));
    assert_eq!((handle("order-3").status(), handle("order-3").id()), (None, None));
    handle("order-1").dispute();
    assert!(impossible(&|| handle("order-1").dispute()));
    assert_eq!(handle("order-1").status(), Some("succeeded"));
    assert_eq!(ledger(&sandbox, "order-1")[1], entry("create-payment", What::ChargedBack, 2000));
    sandbox.finish();
}
