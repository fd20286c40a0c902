//! What paying in parts costs.

use payments_sandbox::{Sandbox, card3ds::Settings, card3ds::TEST_CARDS};
use serde_json::{Value, json};

use super::{CARD, DEBIT, post_text, request};
use crate::support::{Connection, authority};

/// The text of the answer for an amount of the document's card.
async fn options(sandbox: &Sandbox, card: &str, amount: &str, more: &str) -> String {
    let body = format!("{{\"amount\": {amount}, \"currency\": \"TRY\", \"pan\": \"{card}\"{more}}}");
    let response = post_text(sandbox, "/api/installment-options", &body).await;
    response.expect(200);
    response.text()
}

fn counts(text: &str) -> Vec<u64> {
    let found: Value = serde_json::from_str(text).unwrap();
    found["options"].as_array().unwrap().iter().map(|option| option["installmentCount"].as_u64().unwrap()).collect()
}

#[tokio::test]
async fn the_document_s_sample_comes_to_the_last_digit() {
    let sandbox = Sandbox::builder().start().await;
    let more = ", \"maxInstallmentCount\": 3, \"interestPaidByCustomer\": true";
    assert_eq!(
        options(&sandbox, CARD, "1000.00", more).await,
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
async fn there_are_as_many_as_asked_for_and_twelve_at_most() {
    let sandbox = Sandbox::builder().start().await;
    for (most, last) in [("", 12), (", \"maxInstallmentCount\": 99", 12), (", \"maxInstallmentCount\": null", 12)] {
        assert_eq!(counts(&options(&sandbox, CARD, "1000", most).await), (2..=last).collect::<Vec<_>>(), "{most}");
    }
    for most in 1..=12 {
        let more = format!(", \"maxInstallmentCount\": {most}");
        assert_eq!(counts(&options(&sandbox, CARD, "1000", &more).await), (2..=most).collect::<Vec<_>>());
    }
    sandbox.finish();
}

#[tokio::test]
async fn parts_are_rounded_and_may_not_come_to_the_whole() {
    let sandbox = Sandbox::builder().start().await;
    for more in ["", ", \"interestPaidByCustomer\": false"] {
        let text = options(&sandbox, CARD, "100", &format!(", \"maxInstallmentCount\": 3{more}")).await;
        let third = "\"installmentCount\":3,\"installmentAmount\":33.33,\"currency\":\"TRY\",\"interestAmount\":0.00,\
                     \"totalAmount\":100.00";
        assert!(text.contains(third), "{text}");
    }
    sandbox.finish();
}

#[tokio::test]
async fn interest_can_have_more_decimals_than_can_be_paid() {
    let sandbox = Sandbox::builder().card3ds(Settings::default().exact_interest()).start().await;
    let more = ", \"maxInstallmentCount\": 3, \"interestPaidByCustomer\": true";
    let text = options(&sandbox, CARD, "99.99", more).await;
    assert!(text.contains("\"interestAmount\":1.9998,\"totalAmount\":101.99}"), "{text}");
    assert!(text.contains("\"interestAmount\":3.49965,\"totalAmount\":103.49}"), "{text}");
    sandbox.finish();
}

#[tokio::test]
async fn it_depends_on_the_card_and_on_the_amount() {
    let sandbox = Sandbox::builder().start().await;
    for card in TEST_CARDS {
        let has = card.card_type == "CREDIT" && card.dom_int == "DOM";
        let found = counts(&options(&sandbox, card.number, "1000", "").await);
        assert_eq!(found.len(), if has { 11 } else { 0 }, "{}", card.name);
    }
    assert_eq!(options(&sandbox, DEBIT, "1000", "").await, "{\"options\":[]}");
    assert_eq!(counts(&options(&sandbox, CARD, "3.00", "").await), [2, 3]);
    assert_eq!(options(&sandbox, CARD, "1.00", "").await, "{\"options\":[]}");
    sandbox.finish();
}

#[tokio::test]
async fn it_is_a_question_although_it_is_posted() {
    let sandbox = Sandbox::builder().start().await;
    sandbox.fault("card3ds.installment-options @query html=503");
    let body = json!({"amount": 1000, "currency": "TRY", "pan": CARD}).to_string();
    let mut connection = Connection::open(authority(sandbox.card3ds().base_url())).await;
    connection.write(&request(&sandbox, "POST", "/api/installment-options", &body)).await;
    assert_eq!(connection.response().await.status, 503);
    sandbox.finish();
}
