//! TurraTech's subscriptions: trials, periods, charges, and cancellation.

use std::time::Duration;

use payments_sandbox::turratech::Settings;
use payments_sandbox::{EntryKind, Sandbox};
use serde_json::{Value, json};

use crate::support::{Merchant, with, without};
use crate::turratech_support::{create_customer, delete, expect_error, id, post};

fn days(days: u64) -> Duration {
    Duration::from_secs(days * 24 * 60 * 60)
}

/// Starts a sandbox, a merchant that receives its events, and a customer with a payment method.
async fn start(settings: Settings) -> (Sandbox, Merchant, String) {
    let (sandbox, merchant) = (Sandbox::builder().turratech(settings).start().await, Merchant::start().await);
    sandbox.turratech().send_events_to(&merchant.url);
    let customer =
        id(&post(&sandbox, "customers", &json!({"payment_method": "pm_card_visa"})).await.expect_status(201));
    (sandbox, merchant, customer)
}

fn subscription(customer: &str) -> Value {
    json!({
        "customer": customer,
        "items": [{"price": "price_pro_monthly", "quantity": 2}],
        "metadata": {"order_id": "sub-1"},
    })
}

/// Returns the types of the events that the merchant received, without `customer.created`.
async fn events(sandbox: &Sandbox, merchant: &Merchant) -> Vec<String> {
    sandbox.settle().await;
    let types = merchant.received().into_iter().map(|message| message.json()["type"].as_str().unwrap().to_owned());
    types.filter(|kind| kind != "customer.created").collect()
}

/// Returns the kinds and amounts of the subscription's ledger entries.
fn ledger_entries(sandbox: &Sandbox) -> Vec<(EntryKind, i64)> {
    sandbox.ledger().order("sub-1").entries().iter().map(|entry| (entry.kind, entry.amount)).collect()
}

#[tokio::test]
async fn a_subscription_is_charged_at_its_start_and_then_each_period() {
    let (sandbox, merchant, customer) = start(Settings::default()).await;
    let created = post(&sandbox, "subscriptions", &subscription(&customer)).await.expect_status(201);
    assert!(id(&created).starts_with("sub_"), "{created}");
    let item = &created["items"][0];
    assert_eq!((&item["price"], &item["quantity"]), (&json!("price_pro_monthly"), &json!(2)));
    assert_eq!((&created["status"], &created["customer"]), (&json!("active"), &json!(customer)));
    assert_eq!((&created["object"], &created["cancel_at_period_end"]), (&json!("subscription"), &json!(false)));
    assert_eq!(created["metadata"], json!({"order_id": "sub-1"}));
    let period = [&created["current_period_start"], &created["current_period_end"]];
    assert_eq!(period.map(|time| time.as_i64().unwrap()), [1_767_268_800, 1_767_268_800 + 30 * 24 * 60 * 60]);
    assert_eq!(ledger_entries(&sandbox), [(EntryKind::Executed, 2000)]);
    assert_eq!(events(&sandbox, &merchant).await, ["subscription.created", "invoice.paid"]);

    sandbox.clock().advance(days(30) - Duration::from_secs(1));
    assert_eq!(ledger_entries(&sandbox).len(), 1);
    sandbox.clock().advance(Duration::from_secs(1));
    assert_eq!(ledger_entries(&sandbox), [(EntryKind::Executed, 2000), (EntryKind::Charged, 2000)]);
    sandbox.clock().advance(days(60));
    assert_eq!(ledger_entries(&sandbox).len(), 4, "one charge per period, even if the clock jumps");
    let entry = sandbox.ledger().order("sub-1").entries()[3].clone();
    assert_eq!((entry.operation.as_str(), entry.request), ("turratech.create-subscription", None));
    assert_eq!(entry.at, 1_767_268_800 + 3 * 30 * 24 * 60 * 60);
    let renewals = events(&sandbox, &merchant).await;
    assert_eq!(renewals[2..4], ["subscription.updated", "invoice.paid"]);
    assert_eq!(renewals.len(), 8);
    sandbox.finish();
}

#[tokio::test]
async fn a_trial_costs_nothing_until_it_ends() {
    let (sandbox, merchant, customer) = start(Settings::default()).await;
    let body = with(subscription(&customer), "trial_period_days", 14);
    let created = post(&sandbox, "subscriptions", &body).await.expect_status(201);
    assert_eq!((&created["status"], &created["trial_period_days"]), (&json!("trialing"), &json!(14)));
    assert_eq!(created["trial_end"], 1_767_268_800 + 14 * 24 * 60 * 60);
    assert_eq!(ledger_entries(&sandbox), [(EntryKind::Executed, 0)]);
    assert_eq!(events(&sandbox, &merchant).await, ["subscription.created"]);

    sandbox.clock().advance(days(14) - Duration::from_secs(1));
    sandbox.expect_status("sub-1", "trialing");
    assert_eq!(ledger_entries(&sandbox).len(), 1);
    sandbox.clock().advance(Duration::from_secs(1));
    sandbox.expect_status("sub-1", "active");
    assert_eq!(ledger_entries(&sandbox), [(EntryKind::Executed, 0), (EntryKind::Charged, 2000)]);
    let types = events(&sandbox, &merchant).await;
    assert_eq!(types, ["subscription.created", "subscription.updated", "invoice.paid"]);
    let (updated, invoice) = (merchant.received()[2].json(), merchant.received()[3].json());
    assert_eq!(updated["data"]["object"]["status"], "active");
    let invoice = &invoice["data"]["object"];
    assert_eq!((&invoice["object"], &invoice["subscription"]), (&json!("invoice"), &created["id"]));
    assert_eq!((&invoice["amount_paid"], &invoice["currency"]), (&json!(2000), &json!("gbp")));
    sandbox.finish();
}

#[tokio::test]
async fn a_trial_of_zero_days_is_no_trial() {
    let (sandbox, _, customer) = start(Settings::default()).await;
    let body = with(subscription(&customer), "trial_period_days", 0);
    assert_eq!(post(&sandbox, "subscriptions", &body).await.expect_status(201)["status"], "active");
    assert_eq!(ledger_entries(&sandbox), [(EntryKind::Executed, 2000)]);
    sandbox.finish();
}

#[tokio::test]
async fn a_failed_charge_is_reported_and_retried_in_the_next_period() {
    let (sandbox, merchant, customer) = start(Settings::default()).await;
    let declined = with(subscription(&customer), "default_payment_method", "pm_card_chargeDeclinedInsufficientFunds");
    let at_once = expect_error(&post(&sandbox, "subscriptions", &declined).await, 402);
    assert_eq!((&at_once["type"], &at_once["decline_code"]), (&json!("card_error"), &json!("insufficient_funds")));
    assert!(
        ledger_entries(&sandbox).is_empty() && events(&sandbox, &merchant).await.is_empty(),
        "there is no subscription"
    );

    let body = with(declined, "trial_period_days", 1);
    let created = post(&sandbox, "subscriptions", &body).await.expect_status(201);
    sandbox.clock().advance(days(1));
    sandbox.expect_status("sub-1", "past_due");
    let types = events(&sandbox, &merchant).await;
    assert_eq!(types, ["subscription.created", "subscription.updated", "invoice.payment_failed"]);
    let invoice = merchant.received()[3].json()["data"]["object"].clone();
    assert_eq!((&invoice["amount_due"], &invoice["amount_paid"]), (&json!(2000), &json!(0)));
    assert_eq!(ledger_entries(&sandbox), [(EntryKind::Executed, 0)]);

    let path = format!("subscriptions/{}", id(&created));
    post(&sandbox, &path, &json!({"default_payment_method": "pm_card_visa"})).await.expect_status(200);
    sandbox.clock().advance(days(30));
    sandbox.expect_status("sub-1", "active");
    assert_eq!(ledger_entries(&sandbox).last(), Some(&(EntryKind::Charged, 2000)));
    sandbox.finish();
}

#[tokio::test]
async fn a_charge_uses_the_payment_method_of_the_subscription_or_else_of_the_customer() {
    let (sandbox, _, _) = start(Settings::default()).await;
    let customer = create_customer(&sandbox).await;
    let missing = expect_error(&post(&sandbox, "subscriptions", &subscription(&customer)).await, 400);
    assert_eq!(missing["code"], "payment_method_missing");
    let declining = with(subscription(&customer), "default_payment_method", "pm_card_authenticationRequired");
    let declined = expect_error(&post(&sandbox, "subscriptions", &declining).await, 402);
    assert_eq!(declined["decline_code"], "authentication_required");

    let attach = json!({"customer": customer});
    let attached = post(&sandbox, "payment_methods/pm_card_visa/attach", &attach).await.expect_status(200);
    post(&sandbox, "subscriptions", &subscription(&customer)).await.expect_status(201);
    let other = with(subscription(&create_customer(&sandbox).await), "default_payment_method", attached["id"].clone());
    assert_eq!(expect_error(&post(&sandbox, "subscriptions", &other).await, 400)["param"], "default_payment_method");
    sandbox.finish();
}

#[tokio::test]
async fn an_update_changes_only_the_named_fields_and_applies_from_the_next_period() {
    let (sandbox, merchant, customer) = start(Settings::default().price("price_small", 300, "gbp")).await;
    let created = post(&sandbox, "subscriptions", &subscription(&customer)).await.expect_status(201);
    let path = format!("subscriptions/{}", id(&created));
    let change = json!({"items": [{"price": "price_small"}], "metadata": {"plan": "small"}});
    let updated = post(&sandbox, &path, &change).await.expect_status(200);
    assert_eq!((&updated["items"][0]["price"], &updated["items"][0]["quantity"]), (&json!("price_small"), &json!(1)));
    assert_eq!(updated["metadata"], json!({"order_id": "sub-1", "plan": "small"}));
    assert_eq!(ledger_entries(&sandbox), [(EntryKind::Executed, 2000), (EntryKind::Done, 0)]);
    assert_eq!(events(&sandbox, &merchant).await, ["subscription.created", "invoice.paid", "subscription.updated"]);
    sandbox.clock().advance(days(30));
    assert_eq!(ledger_entries(&sandbox).last(), Some(&(EntryKind::Charged, 300)));

    for (body, param) in [
        (json!({"items": []}), "items"),
        (json!({"items": [{"price": "other"}]}), "items[0][price]"),
        (json!({"trial_period_days": 3}), "trial_period_days"),
        (json!({"cancel_at_period_end": "yes"}), "cancel_at_period_end"),
        (json!({"default_payment_method": "pm_none"}), "default_payment_method"),
    ] {
        assert_eq!(expect_error(&post(&sandbox, &path, &body).await, 400)["param"], param);
    }
    sandbox.finish();
}

#[tokio::test]
async fn a_subscription_can_be_cancelled_at_the_end_of_its_period() {
    let (sandbox, merchant, customer) = start(Settings::default().period(days(7))).await;
    let created = post(&sandbox, "subscriptions", &subscription(&customer)).await.expect_status(201);
    let path = format!("subscriptions/{}", id(&created));
    let updated = post(&sandbox, &path, &json!({"cancel_at_period_end": true})).await.expect_status(200);
    assert_eq!((&updated["cancel_at_period_end"], &updated["status"]), (&json!(true), &json!("active")));
    sandbox.clock().advance(days(7));
    sandbox.expect_status("sub-1", "canceled");
    sandbox.clock().advance(days(70));
    assert_eq!(ledger_entries(&sandbox), [(EntryKind::Executed, 2000), (EntryKind::Done, 0)]);
    assert_eq!(events(&sandbox, &merchant).await[2..], ["subscription.updated", "subscription.deleted"]);
    expect_error(&delete(&sandbox, &path).await, 404);
    sandbox.finish();
}

#[tokio::test]
async fn a_cancelled_subscription_is_never_charged_again() {
    let (sandbox, merchant, customer) = start(Settings::default()).await;
    let created = post(&sandbox, "subscriptions", &subscription(&customer)).await.expect_status(201);
    let path = format!("subscriptions/{}", id(&created));
    let canceled = delete(&sandbox, &path).await.expect_status(200);
    assert_eq!((&canceled["id"], &canceled["status"]), (&created["id"], &json!("canceled")));
    sandbox.clock().advance(days(365));
    assert_eq!(ledger_entries(&sandbox), [(EntryKind::Executed, 2000), (EntryKind::Done, 0)]);
    assert_eq!(events(&sandbox, &merchant).await.last().unwrap(), "subscription.deleted");
    expect_error(&delete(&sandbox, &path).await, 404);
    let update_error = expect_error(&post(&sandbox, &path, &json!({"cancel_at_period_end": true})).await, 400);
    assert_eq!(update_error["code"], "subscription_unexpected_state");
    sandbox.finish();
}

#[tokio::test]
async fn prices_can_be_configured() {
    let settings = Settings::default().price("gold", 2500, "eur").price("silver", 1200, "eur");
    let (sandbox, _, customer) = start(settings).await;
    let items = json!([{"price": "gold"}, {"price": "silver", "quantity": 3}]);
    post(&sandbox, "subscriptions", &with(subscription(&customer), "items", items)).await.expect_status(201);
    let entry = sandbox.ledger().order("sub-1").entries()[0].clone();
    assert_eq!((entry.amount, entry.currency.as_str()), (2500 + 3 * 1200, "EUR"));
    let mixed = with(subscription(&customer), "items", json!([{"price": "gold"}, {"price": "price_1"}]));
    assert_eq!(expect_error(&post(&sandbox, "subscriptions", &mixed).await, 400)["param"], "items[1][price]");
    let missing = post(&sandbox, "subscriptions", &without(subscription(&customer), "items")).await;
    assert_eq!(expect_error(&missing, 400)["code"], "parameter_missing");
    sandbox.finish();
}
