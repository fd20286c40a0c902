//! What a log shows: enough to find the payment by, and nothing that may not be stored.

use card3ds::{Card, Enrolment, Payment};
use payments_core::test_util::{Reply, Script};

use crate::support::{PAN, PAYMENT, builder, card, now, payment, response, scripted, three_ds};

fn made(members: &[(&str, &str)]) -> Payment {
    let (client, _) = scripted([response(members)]);
    now(client.create_payment(payment()).send()).unwrap()
}

#[test]
fn a_payment_prints_every_field() {
    let printed = format!(
        "{:?}",
        made(&[
            ("installmentCount", "3"),
            ("merchantCommission", "2.50"),
            ("paymentDate", "\"2023-05-01T14:30:00Z\""),
            ("cardHolderName", "\"John Doe\""),
            ("pan", "\"411111******1111\""),
            ("domInt", "\"DOM\""),
            ("cardScheme", "\"VISA\""),
            ("cardType", "\"CREDIT\""),
            ("loyaltyCode", "\"GOLD123\""),
            ("externalTransactionId", "\"EXT123456789\""),
            ("authCode", "\"AUTH987654\""),
            ("resultCode", "\"00\""),
            ("resultMessage", "\"Successful\""),
            ("customerId", "\"CUST-12345\""),
        ])
    );
    assert_eq!(
        printed,
        format!(
            "Payment {{ payment_id: \"{PAYMENT}\", order_id: Some(\"ORD-12345\"), amount: Money(100.50 TRY), \
             installment_count: Some(3), merchant_commission: Some(Commission(2.50)), status: \"SUCCESS\", \
             payment_date: Some(PaymentDate(2023-05-01T14:30:00Z)), card_holder_name: Some(\"John Doe\"), \
             pan: Some(MaskedPan(411111******1111)), region: Some(\"DOM\"), card_scheme: Some(\"VISA\"), \
             card_type: Some(\"CREDIT\"), loyalty_code: Some(\"GOLD123\"), \
             external_transaction_id: Some(\"EXT123456789\"), auth_code: Some(\"AUTH987654\"), \
             result_code: Some(\"00\"), result_message: Some(\"Successful\"), customer_id: Some(\"CUST-12345\") }}"
        )
    );
}

#[test]
fn what_a_field_quotes_is_masked_in_print_and_kept_in_the_field() {
    let payment = made(&[("externalTransactionId", &format!("\"{PAN}\""))]);
    assert!(format!("{payment:?}").contains("external_transaction_id: Some(\"542119******0656\")"), "{payment:?}");
    // It may be a transaction's number all the same, and then every digit counts.
    assert_eq!(payment.external_transaction_id.as_deref(), Some(PAN));
}

#[test]
fn a_card_prints_its_holder_and_its_masked_number() {
    assert_eq!(format!("{:?}", card()), "Card { holder: \"John Doe\", number: CardNumber(542119******0656), .. }");
    let typed: Card =
        Card::new(PAN, card().number().clone(), card3ds::Expiry::new(4, 2028).unwrap(), "916".parse().unwrap());
    assert!(format!("{typed:?}").contains("holder: \"542119******0656\""), "{typed:?}");
}

#[test]
fn numbers_and_masked_numbers_print_as_they_are() {
    let payment = made(&[("merchantCommission", "2.5125"), ("pan", "\"411111******1111\"")]);
    assert_eq!(payment.merchant_commission.unwrap().to_string(), "2.5125");
    assert_eq!(payment.pan.unwrap().to_string(), "411111******1111");
}

#[test]
fn an_enrolment_prints_what_it_came_to() {
    let printed = |body: String| {
        let (client, _) = scripted([Reply::json(200, &body)]);
        let enrolment: Enrolment = now(client.start_3ds(three_ds()).send()).unwrap();
        format!("{enrolment:?}")
    };
    assert_eq!(
        printed(format!(
            r#"{{"paymentId":"{PAYMENT}","success":true,"resultCode":"00","resultMessage":"ok","htmlContent":"<form>"}}"#
        )),
        format!(
            "Enrolled(Challenge {{ payment_id: PaymentId(\"{PAYMENT}\"), result_code: Some(\"00\"), \
             result_message: Some(\"ok\"), page: ChallengePage([6 bytes]) }})"
        )
    );
    assert_eq!(
        printed(format!(r#"{{"success":false,"resultCode":"12","resultMessage":"card {PAN}"}}"#)),
        "NotEnrolled(NotEnrolled { payment_id: None, result_code: Some(\"12\"), \
         result_message: Some(\"card 542119******0656\") })"
    );
}

#[test]
fn the_error_of_a_failed_payment_prints_its_message_masked() {
    let failed = made(&[("status", "\"FAILED\"")]).into_success().unwrap_err();
    let printed = format!("{failed:?}");
    assert!(printed.starts_with("Error { kind: Declined") && !printed.contains(PAN), "{printed}");
}

#[test]
fn a_builder_prints_where_it_leads_and_as_nobody() {
    let printed = format!("{:?}", builder(&Script::new([])));
    assert_eq!(printed, "ClientBuilder { base_url: Some(\"https://api.example.com\"), .. }");
}
