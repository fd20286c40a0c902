//! What an attacker, an impatient customer and a mistaken provider may not reach.

use ::stage::Stage;
use payments_sandbox::EntryKind;
use serde_json::json;
use sqlx::ConnectOptions as _;
use sqlx::sqlite::SqliteConnectOptions;

use crate::customer::{CARD_FORM, Customer, between, card3ds_id, hidden, stage};

#[tokio::test]
async fn a_form_of_3d_secure_decides_nothing_about_a_payment_by_another_method() {
    let stage = stage().await;
    let customer = Customer::of(&stage);
    for method in ["bank-page", "upi-page"] {
        let order = customer.order().await;
        customer.pay(&order, method, &[]).await;
        let id = if method == "bank-page" { card3ds_id(&stage, &format!("{order}-1")) } else { "849655cf".to_owned() };
        for form in ["success", "failure"] {
            let path = format!("/return/3ds/{order}-1/{form}");
            let forged = [("paymentId", id.as_str()), ("securityKey", "k")];
            assert_eq!(customer.post_from_another_site(&path, &forged).await.0, 404, "{method} {form}");
        }
        customer.wait_for(&order, "paying").await;
    }
    stage.finish();
}

#[tokio::test]
async fn an_order_that_a_late_success_has_paid_is_not_charged_again() {
    let stage = stage().await;
    let customer = Customer::of(&stage);
    let saved = customer.save_card().await;
    let order = failed_then(&stage, &customer).await;
    let form = customer.get(&format!("/orders/{order}/pay/saved-card")).await;
    stage.sandbox().turbopay().order(&format!("{order}-1")).succeed();
    customer.wait_for(&order, "paid").await;

    let path = format!("/orders/{order}/pay/saved-card");
    customer.try_send(&path, &hidden(&form, "csrf"), &[("saved_card", &saved)]).await.unwrap();

    assert_eq!(stage.sandbox().ledger().executions("turratech.create-payment"), 0);
    customer.wait_for(&order, "paid").await;
    stage.finish();
}

#[tokio::test]
async fn a_challenge_that_is_passed_after_the_order_was_paid_charges_nothing() {
    let stage = stage().await;
    let customer = Customer::of(&stage);
    let order = failed_then(&stage, &customer).await;
    customer.pay(&order, "card", &CARD_FORM).await;
    stage.sandbox().turbopay().order(&format!("{order}-1")).succeed();
    customer.wait_for(&order, "paid").await;

    stage.sandbox().card3ds().challenge(&card3ds_id(&stage, &format!("{order}-2"))).approve();
    stage.sandbox().settle().await;

    assert_eq!(stage.sandbox().ledger().executions("card3ds.complete-3ds"), 0);
    stage.finish();
}

#[tokio::test]
async fn an_order_that_was_paid_in_part_is_not_shipped() {
    let stage = stage().await;
    let customer = Customer::of(&stage);
    customer.log_in().await;
    let order = customer.order().await;
    customer.pay(&order, "upi-page", &[]).await;
    let deposit = stage.sandbox().turbopay().order(&format!("{order}-1"));
    deposit.change_amount("5.00");
    deposit.succeed();
    customer.wait_for(&order, "review").await;

    decide(&customer, "done").await;

    customer.wait_for(&order, "underpaid").await;
    assert!(!customer.get(&format!("/orders/{order}")).await.contains("Handed to shipping"));
    stage.finish();
}

#[tokio::test]
async fn a_card_payment_whose_start_was_lost_can_be_cancelled_and_no_decision_pays_it() {
    let stage = stage().await;
    let customer = Customer::of(&stage);
    customer.log_in().await;
    stage.sandbox().fault("card3ds.start-3ds @after-commit fin");
    let order = customer.order().await;
    customer.pay(&order, "card", &CARD_FORM).await;
    let (page, cancel) = (format!("/orders/{order}"), format!("/orders/{order}/cancel"));
    // Without the response there is no challenge, so the card cannot be charged.
    customer.wait_for_page(&page, &cancel).await;

    decide(&customer, "done").await;

    // The fourth line of the history is the decision's.
    let decided = customer.wait_for_page(&page, "data-version=\"paying 4 ").await;
    assert!(!decided.contains("succeeded"), "{decided}");
    customer.send(&page, &cancel, &[]).await;
    customer.wait_for(&order, "open").await;
    stage.finish();
}

#[tokio::test]
async fn a_refund_that_the_provider_refused_can_be_tried_again() {
    let stage = stage().await;
    let customer = Customer::of(&stage);
    let order = paid_by_saved_card(&customer).await;
    let provider = stage.sandbox().turratech();
    let payment = provider.payment(&format!("{order}-1")).id().unwrap();
    let refund = reqwest::Client::new()
        .post(format!("{}/refunds", provider.base_url()))
        .bearer_auth(provider.api_key())
        .header("content-type", "application/json")
        .body(json!({"payment": payment, "amount": 100}).to_string())
        .send()
        .await
        .unwrap();
    assert!(refund.status().is_success(), "{refund:?}");

    let path = format!("/office/payments/{order}-1/refund");
    for _ in 0..2 {
        let office = customer.wait_for_page("/office", &path).await;
        let refused = customer.post(&path, &[("csrf", &hidden(&office, "csrf"))]).await;
        assert_eq!(refused, 422);
    }
    customer.wait_for(&order, "paid").await;
    stage.abandon();
}

#[tokio::test]
async fn a_refund_returns_what_was_paid_and_not_the_price() {
    let stage = stage().await;
    let customer = Customer::of(&stage);
    let order = paid_by_saved_card(&customer).await;
    // As if TurraTech had received less.
    let file = SqliteConnectOptions::new().filename(stage.folder().join("shop.db"));
    sqlx::query("UPDATE payments SET paid = 500").execute(&mut file.connect().await.unwrap()).await.unwrap();
    customer.wait_for(&order, "underpaid").await;

    customer.send("/office", &format!("/office/payments/{order}-1/refund"), &[]).await;

    let entries = stage.sandbox().ledger().entries().to_vec();
    let refunds: Vec<i64> =
        entries.iter().filter(|entry| entry.kind == EntryKind::Refunded).map(|entry| entry.amount).collect();
    assert_eq!(refunds, [500]);
    stage.abandon();
}

#[tokio::test]
async fn a_form_of_another_site_does_not_replace_the_session() {
    let stage = stage().await;
    let customer = Customer::of(&stage);
    for path in ["/orders", "/orders/ORD-0123456789abcdef", "/return/ORD-0123456789abcdef", "/office/login"] {
        let (status, sets_a_cookie) = customer.post_from_another_site(path, &[("csrf", "x"), ("password", "y")]).await;
        assert!(!sets_a_cookie, "{path}: {status}");
    }
    stage.finish();
}

/// An order whose payment at TurboPay failed, so that it can be paid again. The failed payment can still succeed (documented as rare).
async fn failed_then(stage: &Stage, customer: &Customer<'_>) -> String {
    let order = customer.order().await;
    customer.pay(&order, "upi-page", &[]).await;
    stage.sandbox().turbopay().order(&format!("{order}-1")).fail("declined");
    customer.wait_for(&order, "open").await;
    order
}

#[tokio::test]
async fn a_refund_that_may_be_executed_counts_before_a_later_one_that_was_refused() {
    let stage = stage().await;
    let customer = Customer::of(&stage);
    let order = paid_by_saved_card(&customer).await;
    customer.wait_for_page("/office", &format!("/office/payments/{order}-1/refund")).await;

    // As two processes store them whose clocks differ.
    let file = SqliteConnectOptions::new().filename(stage.folder().join("shop.db"));
    let mut database = file.connect().await.unwrap();
    for (number, state, at) in [(1, "refused", 2), (2, "pending", 1)] {
        let insert = "INSERT INTO refunds (reference, payment, currency, amount, state, created_at) VALUES ($1, $2, 'USD', 1299, $3, $4)";
        let insert = sqlx::query(insert).bind(format!("{order}-1-r{number}")).bind(format!("{order}-1"));
        insert.bind(state).bind(at).execute(&mut database).await.unwrap();
    }

    customer.wait_for(&order, "refunded").await;
    let office = customer.get("/office").await;
    assert!(!office.contains("/refund\""), "a second refund is offered: {office}");
    let refused =
        customer.post(&format!("/office/payments/{order}-1/refund"), &[("csrf", &hidden(&office, "csrf"))]).await;
    assert_eq!((refused, stage.sandbox().ledger().executions("turratech.create-refund")), (422, 0));
    stage.finish();
}

/// Logs in to the back office, too.
async fn paid_by_saved_card(customer: &Customer<'_>) -> String {
    customer.log_in().await;
    let saved = customer.save_card().await;
    let order = customer.order().await;
    customer.pay(&order, "saved-card", &[("saved_card", &saved)]).await;
    customer.wait_for(&order, "paid").await;
    order
}

/// Decides the only review.
async fn decide(customer: &Customer<'_>, decision: &str) {
    let reviews = customer.wait_for_page("/office/reviews", "/office/reviews/").await;
    let review = format!("/office/reviews/{}", between(&reviews, "/office/reviews/", "\""));
    customer.send(&review, &review, &[("decision", decision), ("by", "asha, ticket 7")]).await;
}
