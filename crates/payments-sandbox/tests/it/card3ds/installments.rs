//! Installment options and their cost.

use payments_sandbox::{Sandbox, card3ds::Settings, card3ds::TEST_CARDS};
use serde_json::{Value, json};

use super::{CARD, DEBIT, post_text, request};
use crate::support::{Connection, authority};

/// Returns the installment options of a card for an amount as raw JSON.
async fn installment_options(sandbox: &Sandbox, card: &str, amount: &str, fields: &str) -> String {
    let body = format!("{{\"amount\": {amount}, \"currency\": \"TRY\", \"pan\": \"{card}\"{fields}}}");
    let response = post_text(sandbox, "/api/installment-options", &body).await;
    response.expect_status(200);
    response.text()
}

fn counts(text: &str) -> Vec<u64> {
    let response: Value = serde_json::from_str(text).unwrap();
    response["options"].as_array().unwrap().iter().map(|option| option["installmentCount"].as_u64().unwrap()).collect()
}

#[tokio::test]
async fn the_documented_sample_matches_to_the_last_digit() {
    let sandbox = Sandbox::builder().start().await;
    let fields = ", \"maxInstallmentCount\": 3, \"interestPaidByCustomer\": true";
    assert_eq!(
        installment_options(&sandbox, CARD, "1000.00", fields).await,
        "{\"options\":[\
         {\"installmentCount\":2,\"installmentAmount\":510.00,\"currency\":\"TRY\",\"interestAmount\":20.00,\
         \"totalAmount\":1020.00},\
         {\"installmentCount\":3,\"installmentAmount\":345.00,\"currency\":\"TRY\",\"interestAmount\":35.00,\
         \"totalAmount\":1035.00}]}"
    );
    assert_eq!(sandbox.ledger().entries(), []);
    sandbox.finish();
}

#[tokio::test]
async fn the_requested_maximum_applies_up_to_twelve_installments() {
    let sandbox = Sandbox::builder().start().await;
    for (maximum, last) in [("", 12), (", \"maxInstallmentCount\": 99", 12), (", \"maxInstallmentCount\": null", 12)] {
        assert_eq!(
            counts(&installment_options(&sandbox, CARD, "1000", maximum).await),
            (2..=last).collect::<Vec<_>>(),
            "{maximum}"
        );
    }
    for maximum in 1..=12 {
        let fields = format!(", \"maxInstallmentCount\": {maximum}");
        assert_eq!(
            counts(&installment_options(&sandbox, CARD, "1000", &fields).await),
            (2..=maximum).collect::<Vec<_>>()
        );
    }
    sandbox.finish();
}

#[tokio::test]
async fn rounded_installments_may_not_add_up_to_the_total() {
    let sandbox = Sandbox::builder().start().await;
    for fields in ["", ", \"interestPaidByCustomer\": false"] {
        let text = installment_options(&sandbox, CARD, "100", &format!(", \"maxInstallmentCount\": 3{fields}")).await;
        let third = "\"installmentCount\":3,\"installmentAmount\":33.33,\"currency\":\"TRY\",\"interestAmount\":0.00,\
                     \"totalAmount\":100.00";
        assert!(text.contains(third), "{text}");
    }
    sandbox.finish();
}

#[tokio::test]
async fn interest_can_have_more_decimals_than_the_currency() {
    let sandbox = Sandbox::builder().card3ds(Settings::default().exact_interest()).start().await;
    let fields = ", \"maxInstallmentCount\": 3, \"interestPaidByCustomer\": true";
    let text = installment_options(&sandbox, CARD, "99.99", fields).await;
    assert!(text.contains("\"interestAmount\":1.9998,\"totalAmount\":101.99}"), "{text}");
    assert!(text.contains("\"interestAmount\":3.49965,\"totalAmount\":103.49}"), "{text}");
    sandbox.finish();
}

#[tokio::test]
async fn options_depend_on_the_card_and_on_the_amount() {
    let sandbox = Sandbox::builder().start().await;
    for card in TEST_CARDS {
        let has_options = card.card_type == "CREDIT" && card.dom_int == "DOM";
        let counts_of_card = counts(&installment_options(&sandbox, card.number, "1000", "").await);
        assert_eq!(counts_of_card.len(), if has_options { 11 } else { 0 }, "{}", card.name);
    }
    assert_eq!(installment_options(&sandbox, DEBIT, "1000", "").await, "{\"options\":[]}");
    assert_eq!(counts(&installment_options(&sandbox, CARD, "3.00", "").await), [2, 3]);
    assert_eq!(installment_options(&sandbox, CARD, "1.00", "").await, "{\"options\":[]}");
    sandbox.finish();
}

#[tokio::test]
async fn installment_options_are_read_only_although_they_are_posted() {
    let sandbox = Sandbox::builder().start().await;
    sandbox.fault("card3ds.installment-options @query html=503");
    let body = json!({"amount": 1000, "currency": "TRY", "pan": CARD}).to_string();
    let mut connection = Connection::open(authority(sandbox.card3ds().base_url())).await;
    connection.write(&request(&sandbox, "POST", "/api/installment-options", &body)).await;
    assert_eq!(connection.response().await.status, 503);
    sandbox.finish();
}
