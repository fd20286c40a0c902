//! TurraTech's subscriptions: trials, periods, charges, and their end.

use std::time::Duration;

use payments_sandbox::turratech::Settings;
use payments_sandbox::{EntryKind, Sandbox};
use serde_json::{Value, json};

use crate::support::{Merchant, with, without};
use crate::turratech_support::{customer, delete, error, id, post};

fn days(days: u64) -> Duration {
    Duration::from_secs(days * 24 * 60 * 60)
}

/// A customer who pays, and a merchant who hears of it.
async fn start(settings: Settings) -> (Sandbox, Merchant, String) {
    let (sandbox, merchant) = (Sandbox::builder().turratech(settings).start().await, Merchant::start().await);
    sandbox.turratech().send_events_to(&merchant.url);
    let customer = id(&post(&sandbox, "customers", &json!({"payment_method": "pm_card_visa"})).await.expect(201));
    (sandbox, merchant, customer)
}

fn subscription(customer: &str) -> Value {
    json!({
        "customer": customer,
        "items": [{"price": "price_pro_monthly", "quantity": 2}],
        "metadata": {"order_id": "sub-1"},
    })
}

/// The events that a merchant was told of, without the customers'.
async fn events(sandbox: &Sandbox, merchant: &Merchant) -> Vec<String> {
    sandbox.settle().await;
    let told = merchant.received().into_iter().map(|message| message.json()["type"].as_str().unwrap().to_owned());
    told.filter(|kind| kind != "customer.created").collect()
}

/// What the ledger says of the subscription: what, and how much.
fn ledger(sandbox: &Sandbox) -> Vec<(EntryKind, i64)> {
    sandbox.ledger().order("sub-1").entries().iter().map(|entry| (entry.kind, entry.amount)).collect()
}

#[tokio::test]
async fn a_subscription_is_charged_when_it_begins_and_then_each_period() {
    let (sandbox, merchant, customer) = start(Settings::default()).await;
    let created = post(&sandbox, "subscriptions", &subscription(&customer)).await.expect(201);
    assert!(id(&created).starts_with("sub_"), "{created}");
    let item = &created["items"][0];
    assert_eq!((&item["price"], &item["quantity"]), (&json!("price_pro_monthly"), &json!(2)));
    assert_eq!((&created["status"], &created["customer"]), (&json!("active"), &json!(customer)));
    assert_eq!((&created["object"], &created["cancel_at_period_end"]), (&json!("subscription"), &json!(false)));
    assert_eq!(created["metadata"], json!({"order_id": "sub-1"}));
    let period = [&created["current_period_start"], &created["current_period_end"]];
    assert_eq!(period.map(|at| at.as_i64().unwrap()), [1_767_268_800, 1_767_268_800 + 30 * 24 * 60 * 60]);
    assert_eq!(ledger(&sandbox), [(EntryKind::Executed, 2000)]);
    assert_eq!(events(&sandbox, &merchant).await, ["subscription.created", "invoice.paid"]);

    sandbox.clock().advance(days(30) - Duration::from_secs(1));
    assert_eq!(ledger(&sandbox).len(), 1);
    sandbox.clock().advance(Duration::from_secs(1));
    assert_eq!(ledger(&sandbox), [(EntryKind::Executed, 2000), (EntryKind::Charged, 2000)]);
    sandbox.clock().advance(days(60));
    assert_eq!(ledger(&sandbox).len(), 4, "each period by itself, however far the clock jumps");
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
    let created = post(&sandbox, "subscriptions", &body).await.expect(201);
    assert_eq!((&created["status"], &created["trial_period_days"]), (&json!("trialing"), &json!(14)));
    assert_eq!(created["trial_end"], 1_767_268_800 + 14 * 24 * 60 * 60);
    assert_eq!(ledger(&sandbox), [(EntryKind::Executed, 0)]);
    assert_eq!(events(&sandbox, &merchant).await, ["subscription.created"]);

    sandbox.clock().advance(days(14) - Duration::from_secs(1));
    sandbox.believes("sub-1", "trialing");
    assert_eq!(ledger(&sandbox).len(), 1);
    sandbox.clock().advance(Duration::from_secs(1));
    sandbox.believes("sub-1", "active");
    assert_eq!(ledger(&sandbox), [(EntryKind::Executed, 0), (EntryKind::Charged, 2000)]);
    let told = events(&sandbox, &merchant).await;
    assert_eq!(told, ["subscription.created", "subscription.updated", "invoice.paid"]);
    let (updated, invoice) = (merchant.received()[2].json(), merchant.received()[3].json());
    assert_eq!(updated["data"]["object"]["status"], "active");
    let invoice = &invoice["data"]["object"];
    assert_eq!((&invoice["object"], &invoice["subscription"]), (&json!("invoice"), &created["id"]));
    assert_eq!((&invoice["amount_paid"], &invoice["currency"]), (&json!(2000), &json!("gbp")));
    sandbox.finish();
}

#[tokio::test]
async fn a_trial_of_no_days_is_none() {
    let (sandbox, _, customer) = start(Settings::default()).await;
    let body = with(subscription(&customer), "trial_period_days", 0);
    assert_eq!(post(&sandbox, "subscriptions", &body).await.expect(201)["status"], "active");
    assert_eq!(ledger(&sandbox), [(EntryKind::Executed, 2000)]);
    sandbox.finish();
}

#[tokio::test]
async fn a_charge_that_fails_is_told_and_tried_again_next_period() {
    let (sandbox, merchant, customer) = start(Settings::default()).await;
    let declined = with(subscription(&customer), "default_payment_method", "pm_card_chargeDeclinedInsufficientFunds");
    let at_once = error(&post(&sandbox, "subscriptions", &declined).await, 402);
    assert_eq!((&at_once["type"], &at_once["decline_code"]), (&json!("card_error"), &json!("insufficient_funds")));
    assert!(ledger(&sandbox).is_empty() && events(&sandbox, &merchant).await.is_empty(), "there is no subscription");

    let body = with(declined, "trial_period_days", 1);
    let created = post(&sandbox, "subscriptions", &body).await.expect(201);
    sandbox.clock().advance(days(1));
    sandbox.believes("sub-1", "past_due");
    let told = events(&sandbox, &merchant).await;
    assert_eq!(told, ["subscription.created", "subscription.updated", "invoice.payment_failed"]);
    let invoice = merchant.received()[3].json()["data"]["object"].clone();
    assert_eq!((&invoice["amount_due"], &invoice["amount_paid"]), (&json!(2000), &json!(0)));
    assert_eq!(ledger(&sandbox), [(EntryKind::Executed, 0)]);

    let path = format!("subscriptions/{}", id(&created));
    post(&sandbox, &path, &json!({"default_payment_method": "pm_card_visa"})).await.expect(200);
    sandbox.clock().advance(days(30));
    sandbox.believes("sub-1", "active");
    assert_eq!(ledger(&sandbox).last(), Some(&(EntryKind::Charged, 2000)));
    sandbox.finish();
}

#[tokio::test]
async fn a_charge_goes_to_the_subscription_s_payment_method_else_to_the_customer_s() {
    let (sandbox, _, _) = start(Settings::default()).await;
    let bare = customer(&sandbox).await;
    let nothing = error(&post(&sandbox, "subscriptions", &subscription(&bare)).await, 400);
    assert_eq!(nothing["code"], "payment_method_missing");
    let with_method = with(subscription(&bare), "default_payment_method", "pm_card_authenticationRequired");
    let alone = error(&post(&sandbox, "subscriptions", &with_method).await, 402);
    assert_eq!(alone["decline_code"], "authentication_required");

    let attach = json!({"customer": bare});
    let attached = post(&sandbox, "payment_methods/pm_card_visa/attach", &attach).await.expect(200);
    post(&sandbox, "subscriptions", &subscription(&bare)).await.expect(201);
    let other = with(subscription(&customer(&sandbox).await), "default_payment_method", attached["id"].clone());
    assert_eq!(error(&post(&sandbox, "subscriptions", &other).await, 400)["param"], "default_payment_method");
    sandbox.finish();
}

#[tokio::test]
async fn an_update_changes_what_it_names_and_is_charged_from_the_next_period_on() {
    let (sandbox, merchant, customer) = start(Settings::default().price("price_small", 300, "gbp")).await;
    let created = post(&sandbox, "subscriptions", &subscription(&customer)).await.expect(201);
    let path = format!("subscriptions/{}", id(&created));
    let change = json!({"items": [{"price": "price_small"}], "metadata": {"plan": "small"}});
    let updated = post(&sandbox, &path, &change).await.expect(200);
    assert_eq!((&updated["items"][0]["price"], &updated["items"][0]["quantity"]), (&json!("price_small"), &json!(1)));
    assert_eq!(updated["metadata"], json!({"order_id": "sub-1", "plan": "small"}));
    assert_eq!(ledger(&sandbox), [(EntryKind::Executed, 2000), (EntryKind::Done, 0)]);
    assert_eq!(events(&sandbox, &merchant).await, ["subscription.created", "invoice.paid", "subscription.updated"]);
    sandbox.clock().advance(days(30));
    assert_eq!(ledger(&sandbox).last(), Some(&(EntryKind::Charged, 300)));

    for (body, param) in [
        (json!({"items": []}), "items"),
        (json!({"items": [{"price": "other"}]}), "items[0][price]"),
        (json!({"trial_period_days": 3}), "trial_period_days"),
        (json!({"cancel_at_period_end": "yes"}), "cancel_at_period_end"),
        (json!({"default_payment_method": "pm_none"}), "default_payment_method"),
    ] {
        assert_eq!(error(&post(&sandbox, &path, &body).await, 400)["param"], param);
    }
    sandbox.finish();
}

#[tokio::test]
async fn a_subscription_can_end_with_its_period() {
    let (sandbox, merchant, customer) = start(Settings::default().period(days(7))).await;
    let created = post(&sandbox, "subscriptions", &subscription(&customer)).await.expect(201);
    let path = format!("subscriptions/{}", id(&created));
    let updated = post(&sandbox, &path, &json!({"cancel_at_period_end": true})).await.expect(200);
    assert_eq!((&updated["cancel_at_period_end"], &updated["status"]), (&json!(true), &json!("active")));
    sandbox.clock().advance(days(7));
    sandbox.believes("sub-1", "canceled");
    sandbox.clock().advance(days(70));
    assert_eq!(ledger(&sandbox), [(EntryKind::Executed, 2000), (EntryKind::Done, 0)]);
    assert_eq!(events(&sandbox, &merchant).await[2..], ["subscription.updated", "subscription.deleted"]);
    error(&delete(&sandbox, &path).await, 404);
    sandbox.finish();
}

#[tokio::test]
async fn a_cancelled_subscription_is_over() {
    let (sandbox, merchant, customer) = start(Settings::default()).await;
    let created = post(&sandbox, "subscriptions", &subscription(&customer)).await.expect(201);
    let path = format!("subscriptions/{}", id(&created));
    let canceled = delete(&sandbox, &path).await.expect(200);
    assert_eq!((&canceled["id"], &canceled["status"]), (&created["id"], &json!("canceled")));
    sandbox.clock().advance(days(365));
    assert_eq!(ledger(&sandbox), [(EntryKind::Executed, 2000), (EntryKind::Done, 0)]);
    assert_eq!(events(&sandbox, &merchant).await.last().unwrap(), "subscription.deleted");
    error(&delete(&sandbox, &path).await, 404);
    let late = error(&post(&sandbox, &path, &json!({"cancel_at_period_end": true})).await, 400);
    assert_eq!(late["code"], "subscription_unexpected_state");
    sandbox.finish();
}

#[tokio::test]
async fn what_an_item_costs_can_be_set_up() {
    let settings = Settings::default().price("gold", 2500, "eur").price("silver", 1200, "eur");
    let (sandbox, _, customer) = start(settings).await;
    let items = json!([{"price": "gold"}, {"price": "silver", "quantity": 3}]);
    post(&sandbox, "subscriptions", &with(subscription(&customer), "items", items)).await.expect(201);
    let entry = sandbox.ledger().order("sub-1").entries()[0].clone();
    assert_eq!((entry.amount, entry.currency.as_str()), (2500 + 3 * 1200, "EUR"));
    let mixed = with(subscription(&customer), "items", json!([{"price": "gold"}, {"price": "price_1"}]));
    assert_eq!(error(&post(&sandbox, "subscriptions", &mixed).await, 400)["param"], "items[1][price]");
    let missing = post(&sandbox, "subscriptions", &without(subscription(&customer), "items")).await;
    assert_eq!(error(&missing, 400)["code"], "parameter_missing");
    sandbox.finish();
}
