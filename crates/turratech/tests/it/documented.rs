//! The document's examples: requests are sent as shown, and responses are read.

use payments_core::test_util::Reply;
use turratech::payments_core::time::macros::datetime;
use turratech::{
    Address, CustomerDetails, ErrorKind, ErrorType, EventType, IdempotencyKey, ListParams, NewPayment, NewRefund,
    NewSubscription, Outcome, PaymentStatus, RefundReason, SubscriptionItem,
};

use crate::support::{block_on, check_members, payment, pounds, scripted};

const SHORT: &str = r#"{
"id": "pay_1NqQXYZ123456789",
"object": "payment",
"amount": 2000,
"currency": "gbp",
"status": "succeeded",
"created": 1704067200,
"livemode": false
}"#;

const PAYMENT: &str = r#"{
"id": "pay_1NqQXYZ123456789",
"object": "payment",
"amount": 2000,
"amount_capturable": 0,
"amount_received": 2000,
"currency": "gbp",
"customer": "cus_ABC123",
"description": "Order #12345",
"payment_method": "pm_card_visa",
"status": "succeeded",
"created": 1704067200,
"livemode": false,
"metadata": {
"order_id": "12345"
}
}"#;

const ERROR: &str = r#"{
"error": {
"type": "card_error",
"code": "card_declined",
"message": "Your card was declined.",
"param": "payment_method",
"decline_code": "insufficient_funds"
}
}"#;

#[tokio::test]
async fn the_first_example_is_sent_and_its_response_is_read() {
    let (client, script) = scripted([Reply::json(200, SHORT)]);
    let new = NewPayment::new(pounds(2000)).payment_method("pm_card_visa");

    let payment = client.create_payment(new).send().await.unwrap();

    check_members(&script, r#"{ "amount": 2000, "currency": "gbp", "payment_method": "pm_card_visa" }"#);
    assert_eq!((payment.id.as_str(), payment.amount()), ("pay_1NqQXYZ123456789", Ok(pounds(2000))));
    assert_eq!((payment.status.clone(), payment.is_paid()), (PaymentStatus::Succeeded, true));
    assert_eq!((payment.created, payment.livemode), (Some(datetime!(2024-01-01 00:00:00 UTC)), false));
    assert_eq!((payment.amount_received(), payment.customer, payment.metadata.len()), (Ok(None), None, 0));
}

#[tokio::test]
async fn the_payment_example_is_sent_and_the_payment_object_is_read() {
    let (client, script) = scripted([Reply::json(201, PAYMENT)]);
    let new = payment()
        .payment_method("pm_card_visa")
        .confirm(true)
        .description("Order #12345")
        .metadata("order_id", "12345");

    let payment = client.create_payment(new).send().await.unwrap();

    check_members(
        &script,
        r#"{ "amount": 2000, "currency": "gbp", "payment_method": "pm_card_visa", "confirm": true,
             "description": "Order #12345", "metadata": { "order_id": "12345" } }"#,
    );
    assert_eq!(payment.amount_capturable(), Ok(Some(pounds(0))));
    assert_eq!(payment.amount_received(), Ok(Some(pounds(2000))));
    assert_eq!(payment.customer.unwrap().as_str(), "cus_ABC123");
    assert_eq!(payment.description.unwrap(), "Order #12345");
    assert_eq!(payment.payment_method.unwrap().as_str(), "pm_card_visa");
    assert_eq!(payment.metadata["order_id"], "12345");
    assert_eq!(payment.raw.as_str(), PAYMENT);
}

#[tokio::test]
async fn the_idempotency_key_example_is_sent() {
    let (client, script) = scripted([Reply::json(200, SHORT)]);
    let key = IdempotencyKey::new(
        "a1b2c3d4-e5f6-7890-abcd-ef1234567890",
        payments_core::clock::Clock::now(&crate::support::clock()),
    )
    .unwrap();
    client.create_payment(payment()).idempotency_key(key).send().await.unwrap();
    check_members(&script, r#"{"amount": 2000, "currency": "gbp"}"#);
    assert_eq!(script.requests()[0].headers()["idempotency-key"], "a1b2c3d4-e5f6-7890-abcd-ef1234567890");
}

#[test]
fn the_customer_example_is_sent() {
    let (client, script) = scripted([]);
    let address = Address::new().line1("123 Main Street").city("London").postal_code("SW1A 1AA").country("GB");
    let details = CustomerDetails::new().email("hello@turratech.com").name("Jane Doe").address(address);
    let _ = block_on(client.create_customer(details).send());
    check_members(
        &script,
        r#"{ "email": "hello@turratech.com", "name": "Jane Doe", "address": { "line1": "123 Main Street",
             "city": "London", "postal_code": "SW1A 1AA", "country": "GB" } }"#,
    );
}

#[test]
fn the_refund_example_is_sent() {
    let (client, script) = scripted([]);
    let refund = NewRefund::new("pay_1NqQXYZ123456789").amount(pounds(1000)).reason(RefundReason::RequestedByCustomer);
    let _ = block_on(client.create_refund(refund).send());
    check_members(
        &script,
        r#"{ "payment": "pay_1NqQXYZ123456789", "amount": 1000, "reason": "requested_by_customer" }"#,
    );
}

#[test]
fn the_subscription_example_is_sent() {
    let (client, script) = scripted([]);
    let item = SubscriptionItem::new("price_pro_monthly").quantity(1);
    let subscription = NewSubscription::new("cus_ABC123", item).trial_period_days(14);
    let _ = block_on(client.create_subscription(subscription).send());
    check_members(
        &script,
        r#"{ "customer": "cus_ABC123", "items": [{ "price": "price_pro_monthly", "quantity": 1 }],
             "trial_period_days": 14 }"#,
    );
}

#[tokio::test]
async fn the_list_example_is_sent_and_read() {
    let payment = |id: &str| PAYMENT.replace("pay_1NqQXYZ123456789", id);
    let page = format!(
        r#"{{"object":"list","data":[{},{}],"has_more":true,"url":"/v1/payments"}}"#,
        payment("pay_xyz789"),
        payment("pay_xyz790")
    );
    let (client, script) = scripted([Reply::json(200, &page)]);
    let list = ListParams::new().limit(25).starting_after("pay_abc123".parse().unwrap());

    let mut payments = client.list_payments(list);
    let page = payments.try_next_page().await.unwrap().unwrap();

    let url = "https://api.turratech.com/v1/payments?limit=25&starting_after=pay_abc123";
    assert_eq!(script.requests()[0].url(), url);
    assert_eq!(
        page.iter().map(|payment| payment.as_ref().unwrap().id.as_str()).collect::<Vec<_>>(),
        ["pay_xyz789", "pay_xyz790"]
    );
    assert_eq!(payments.cursor(), Some("pay_xyz790"));
}

#[tokio::test]
async fn the_error_example_is_read() {
    let (client, _) = scripted([Reply::json(402, ERROR)]);

    let err = client.create_payment(payment()).send().await.unwrap_err();

    assert_eq!((err.kind(), err.outcome()), (ErrorKind::Declined, Outcome::Refused));
    assert_eq!(ErrorType::of(&err), Some(ErrorType::Card));
    assert_eq!((err.code(), err.decline_code()), (Some("card_declined"), Some("insufficient_funds")));
    assert_eq!((err.message(), err.param()), (Some("Your card was declined."), Some("payment_method")));
    assert_eq!(err.to_string(), "turratech create_payment: declined (HTTP 402): Your card was declined");
}

#[test]
fn all_documented_event_types_are_known() {
    let names: Vec<_> = EventType::KNOWN.iter().map(EventType::as_str).collect();
    assert_eq!(
        names,
        [
            "payment.succeeded",
            "payment.failed",
            "customer.created",
            "subscription.created",
            "subscription.updated",
            "subscription.deleted",
            "invoice.paid",
            "invoice.payment_failed",
            "refund.created",
            "dispute.created",
        ]
    );
}

#[test]
fn all_documented_error_types_are_known() {
    let names: Vec<_> = ErrorType::KNOWN.iter().map(ErrorType::as_str).collect();
    assert_eq!(
        names,
        [
            "api_error",
            "authentication_error",
            "card_error",
            "invalid_request_error",
            "rate_limit_error",
            "validation_error",
        ]
    );
}
