//! Invalid parameters are rejected with a clear error before anything is sent.

use payments_core::test_util::Script;
use turratech::{
    Address, CaptureMethod, CustomerDetails, CustomerField, CustomerId, Error, ErrorKind, EventId, EventType,
    ListParams, NewAttachment, NewPayment, NewPaymentMethod, NewRefund, NewSubscription, NewWebhookEndpoint, Outcome,
    PaymentId, PaymentMethodId, PaymentMethodType, PriceId, RefundId, RefundReason, SubscriptionField, SubscriptionId,
    SubscriptionItem, SubscriptionUpdate, WebhookEndpointId,
};

use crate::support::{block_on, card, payment, pounds, scripted};

#[track_caller]
fn check(err: &Error, script: &Script, field: &str, rule: &str) {
    assert_eq!((err.kind(), err.outcome(), err.attempts()), (ErrorKind::InvalidRequest, Outcome::NotSent, 0), "{err}");
    assert_eq!(err.param(), Some(field), "{err}");
    assert!(err.to_string().contains(rule), "{err}");
    assert_eq!(script.requests().len(), 0, "no request may be sent");
}

#[track_caller]
fn check_payment(payment: NewPayment, field: &str, rule: &str) {
    let (client, script) = scripted([]);
    check(&block_on(client.create_payment(payment).send()).unwrap_err(), &script, field, rule);
}

#[track_caller]
fn check_customer(details: CustomerDetails, field: &str, rule: &str) {
    let (client, script) = scripted([]);
    check(&block_on(client.create_customer(details.clone()).send()).unwrap_err(), &script, field, rule);
    let update = client.update_customer(&"cus_1".parse().unwrap(), details);
    check(&block_on(update.send()).unwrap_err(), &script, field, rule);
}

#[track_caller]
fn check_refund(refund: NewRefund, field: &str, rule: &str) {
    let (client, script) = scripted([]);
    check(&block_on(client.create_refund(refund).send()).unwrap_err(), &script, field, rule);
}

#[track_caller]
fn check_method(method: NewPaymentMethod, field: &str, rule: &str) {
    let (client, script) = scripted([]);
    check(&block_on(client.create_payment_method(method).send()).unwrap_err(), &script, field, rule);
}

#[track_caller]
fn check_endpoint(endpoint: NewWebhookEndpoint, field: &str, rule: &str) {
    let (client, script) = scripted([]);
    check(&block_on(client.create_webhook_endpoint(endpoint).send()).unwrap_err(), &script, field, rule);
}

#[track_caller]
fn check_list(list: ListParams<PaymentId>, field: &str, rule: &str) {
    let (client, script) = scripted([]);
    check(&block_on(client.list_payments(list).try_next()).unwrap_err(), &script, field, rule);
}

fn refund() -> NewRefund {
    NewRefund::new("pay_1")
}

fn item() -> SubscriptionItem {
    SubscriptionItem::new("price_1")
}

#[test]
fn an_amount_must_be_greater_than_zero() {
    for minor in [0, -1, i64::MIN] {
        check_payment(NewPayment::new(pounds(minor)), "amount", "must be greater than zero");
        check_refund(refund().amount(pounds(minor)), "amount", "must be greater than zero");
    }
}

#[test]
fn a_value_outside_a_documented_list_is_rejected() {
    check_payment(payment().capture_method(CaptureMethod::from("later")), "capture_method", "`automatic` or `manual`");
    check_refund(refund().reason(RefundReason::from("bored")), "reason", "`duplicate`");
}

#[test]
fn a_url_must_be_a_web_address() {
    for url in ["", "shop.example", "javascript:alert(1)", "//shop.example", "https://", "https://a b.example"] {
        check_payment(payment().return_url(url), "return_url", "");
        check_endpoint(NewWebhookEndpoint::new(url, [EventType::InvoicePaid]), "url", "");
    }
    check_payment(payment().return_url(format!("https://{}", "x".repeat(2048))), "return_url", "longer than 2048");
}

#[test]
fn a_webhook_endpoint_requires_an_event_type() {
    check_endpoint(NewWebhookEndpoint::new("https://m.example/h", []), "events", "at least one");
}

#[test]
fn a_card_requires_its_data_and_a_type_its_name() {
    check_method(NewPaymentMethod::new(PaymentMethodType::Card), "card", "is required");
    check_method(NewPaymentMethod::new(PaymentMethodType::from("")), "kind", "must not be empty");
}

#[test]
fn metadata_requires_names() {
    check_payment(payment().metadata("", "x"), "metadata", "must have a name");
    check_refund(refund().metadata("", "x"), "metadata", "must have a name");
    check_customer(CustomerDetails::new().metadata("", "x"), "metadata", "must have a name");
}

#[test]
fn an_extra_parameter_cannot_override_a_setter() {
    let rule = "has a setter of its own";
    for name in [
        "amount",
        "currency",
        "payment_method",
        "customer",
        "description",
        "metadata",
        "capture_method",
        "confirm",
        "return_url",
    ] {
        check_payment(payment().extra(name, 1), name, rule);
    }
    for name in ["email", "name", "phone", "description", "address", "shipping", "metadata", "payment_method"] {
        check_customer(CustomerDetails::new().extra(name, "x"), name, rule);
    }
    for name in ["line1", "city", "postal_code", "country"] {
        check_customer(CustomerDetails::new().address(Address::new().extra(name, "x")), name, rule);
    }
    for name in ["type", "card"] {
        check_method(NewPaymentMethod::card(card()).extra(name, "x"), name, rule);
        check_method(NewPaymentMethod::new(PaymentMethodType::ApplePay).extra(name, "x"), name, rule);
    }
    for name in ["number", "exp_month", "exp_year", "cvc", "CVC"] {
        check_method(NewPaymentMethod::card(card().extra(name, "x")), &name.to_lowercase(), rule);
    }
    for name in ["payment", "amount", "reason", "metadata"] {
        check_refund(refund().extra(name, 1), name, rule);
    }
    for name in ["url", "enabled_events"] {
        let endpoint = NewWebhookEndpoint::new("https://m.example/h", [EventType::InvoicePaid]);
        check_endpoint(endpoint.extra(name, 1), name, rule);
    }
    for name in ["limit", "starting_after", "ending_before"] {
        check_list(ListParams::new().extra(name, 1), name, rule);
    }
    let (client, script) = scripted([]);
    let terms = ["items", "cancel_at_period_end", "default_payment_method", "metadata"];
    for name in terms.into_iter().chain(["customer", "trial_period_days"]) {
        let subscription = NewSubscription::new("cus_1", item()).extra(name, 1);
        check(&block_on(client.create_subscription(subscription).send()).unwrap_err(), &script, name, rule);
    }
    for name in terms {
        let update = SubscriptionUpdate::new().extra(name, 1);
        let call = client.update_subscription(&"sub_1".parse().unwrap(), update);
        check(&block_on(call.send()).unwrap_err(), &script, name, rule);
    }
    let attachment = NewAttachment::new("cus_1").extra("customer", "cus_2");
    let call = client.attach_payment_method(&"pm_1".parse().unwrap(), attachment);
    check(&block_on(call.send()).unwrap_err(), &script, "customer", rule);
    for name in ["price", "quantity"] {
        let update = SubscriptionUpdate::new().item(item().extra(name, 1));
        let call = client.update_subscription(&"sub_1".parse().unwrap(), update);
        check(&block_on(call.send()).unwrap_err(), &script, name, rule);
    }
}

#[test]
fn a_parameter_is_either_set_or_cleared() {
    let (rule, update) = ("must not be both set and cleared", |details: CustomerDetails| {
        let (client, script) = scripted([]);
        (block_on(client.update_customer(&"cus_1".parse().unwrap(), details).send()).unwrap_err(), script)
    });
    let full = CustomerDetails::new()
        .email("a@b.example")
        .name("Jane")
        .phone("1")
        .description("x")
        .address(Address::new())
        .shipping("carrier", "x")
        .metadata("a", "b")
        .payment_method("pm_1");
    for (field, name) in CUSTOMER_FIELDS {
        let (err, script) = update(full.clone().clear(field));
        check(&err, &script, name, rule);
    }
    let (client, script) = scripted([]);
    let full = SubscriptionUpdate::new().default_payment_method("pm_1").metadata("a", "b");
    for (field, name) in SUBSCRIPTION_FIELDS {
        let call = client.update_subscription(&"sub_1".parse().unwrap(), full.clone().clear(field));
        check(&block_on(call.send()).unwrap_err(), &script, name, rule);
    }
}

#[test]
fn a_new_customer_has_nothing_to_clear() {
    let (client, script) = scripted([]);
    for (field, name) in CUSTOMER_FIELDS {
        let err = block_on(client.create_customer(CustomerDetails::new().clear(field)).send()).unwrap_err();
        check(&err, &script, name, "must not be cleared: the customer is new");
    }
}

#[test]
fn a_cleared_parameter_is_sent_as_null() {
    let (client, script) = scripted([]);
    for (field, name) in CUSTOMER_FIELDS {
        let details = CustomerDetails::new().clear(field);
        let _ = block_on(client.update_customer(&"cus_1".parse().unwrap(), details).send());
        crate::support::check_members(&script, &format!(r#"{{"{name}":null}}"#));
    }
    for (field, name) in SUBSCRIPTION_FIELDS {
        let update = SubscriptionUpdate::new().cancel_at_period_end(true).clear(field);
        let _ = block_on(client.update_subscription(&"sub_1".parse().unwrap(), update).send());
        crate::support::check_members(&script, &format!(r#"{{"cancel_at_period_end":true,"{name}":null}}"#));
    }
}

const CUSTOMER_FIELDS: [(CustomerField, &str); 8] = [
    (CustomerField::Email, "email"),
    (CustomerField::Name, "name"),
    (CustomerField::Phone, "phone"),
    (CustomerField::Description, "description"),
    (CustomerField::Address, "address"),
    (CustomerField::Shipping, "shipping"),
    (CustomerField::Metadata, "metadata"),
    (CustomerField::PaymentMethod, "payment_method"),
];

const SUBSCRIPTION_FIELDS: [(SubscriptionField, &str); 2] =
    [(SubscriptionField::DefaultPaymentMethod, "default_payment_method"), (SubscriptionField::Metadata, "metadata")];

#[test]
fn an_extra_parameter_requires_a_name_and_a_json_value() {
    check_payment(payment().extra("", 1), "extra", "must have a name");
    check_payment(payment().extra("more", None::<u8>), "more", "must not be null");
    check_payment(payment().extra("more", f64::NAN), "more", "must not be null");
    let by_pairs = std::collections::BTreeMap::from([((1, 2), 3)]);
    check_payment(payment().extra("more", by_pairs), "more", "cannot be written as JSON");
    check_customer(CustomerDetails::new().shipping("", 1), "extra", "must have a name");
    check_customer(CustomerDetails::new().shipping("zone", None::<u8>), "zone", "must not be null");
    check_list(ListParams::new().extra("created", [1]), "created", "a string, a number or a boolean");
    check_list(ListParams::new().extra("created", [("gte", 1)]), "created", "a string, a number or a boolean");
    check_list(ListParams::new().extra("created", None::<u8>), "created", "must not be null");
}

#[test]
fn the_last_value_of_an_extra_parameter_is_sent() {
    let (client, script) = scripted([]);
    let _ = block_on(client.create_payment(payment().extra("note", 1).extra("note", [true])).send());
    crate::support::check_members(&script, r#"{"amount":2000,"currency":"gbp","note":[true]}"#);
}

#[test]
fn a_page_has_1_to_100_objects() {
    for limit in [0, 101, u32::MAX] {
        check_list(ListParams::new().limit(limit), "limit", "must be 1 to 100");
    }
    for limit in [1, 100] {
        let (client, script) = scripted([]);
        let _ = block_on(client.list_payments(ListParams::new().limit(limit)).try_next());
        assert!(script.requests()[0].url().ends_with(&format!("?limit={limit}")));
    }
}

#[test]
fn a_list_cannot_have_both_cursors() {
    let both = ListParams::new().starting_after("pay_1".parse().unwrap()).ending_before("pay_2".parse().unwrap());
    check_list(both, "ending_before", "cannot be combined with `starting_after`");
}

#[test]
fn an_id_that_could_change_the_path_is_rejected() {
    let hostile = [
        "",
        ".",
        "..",
        "../customers",
        "a/b",
        "a\\b",
        "a?b",
        "a#b",
        "a%2e",
        "%2e%2e",
        "a b",
        "a\r\nX-Evil: 1",
        "a\0",
        "a;b",
        "a:b",
        "a@b",
        "ä",
        "раy_1",
        "pay_1\u{200b}",
        &"x".repeat(256),
        &"x".repeat(10 * 1024),
    ];
    for text in hostile {
        assert!(text.parse::<PaymentId>().is_err(), "{text:?}");
        assert!(text.parse::<CustomerId>().is_err(), "{text:?}");
        assert!(text.parse::<PaymentMethodId>().is_err(), "{text:?}");
        assert!(text.parse::<RefundId>().is_err(), "{text:?}");
        assert!(text.parse::<SubscriptionId>().is_err(), "{text:?}");
        assert!(text.parse::<WebhookEndpointId>().is_err(), "{text:?}");
        assert!(text.parse::<EventId>().is_err(), "{text:?}");
    }
    assert!("price with words".parse::<PriceId>().is_ok(), "a price id is never part of a path");
    assert!("".parse::<PriceId>().is_err());
}

#[test]
fn hostile_query_values_are_percent_encoded() {
    let (client, script) = scripted([]);
    let list = ListParams::new().limit(5).extra("created[gte]", 17).extra("q&limit", "a&b=c#d é\r\n").extra("x", true);
    let _ = block_on(client.list_payments(list).try_next());
    assert_eq!(
        script.requests()[0].url(),
        "https://api.turratech.com/v1/payments?limit=5&created%5Bgte%5D=17&q%26limit=a%26b%3Dc%23d%20%C3%A9%0D%0A&x=true"
    );
}

#[test]
fn an_id_can_be_a_text_which_is_checked_before_anything_is_sent() {
    let rule = "must contain only letters, digits";
    check_payment(payment().customer("cus/1"), "customer", rule);
    check_payment(payment().payment_method("pm 1".to_owned()), "payment_method", rule);
    check_customer(CustomerDetails::new().payment_method("pm/1"), "payment_method", rule);
    check_refund(NewRefund::new("../pay_1"), "payment", rule);
    let (client, script) = scripted([]);
    let attachment = NewAttachment::new("cus/1");
    let err = block_on(client.attach_payment_method(&"pm_1".parse().unwrap(), attachment).send()).unwrap_err();
    check(&err, &script, "customer", rule);
    for (subscription, field, rule) in [
        (NewSubscription::new("cus/1", item()), "customer", rule),
        (NewSubscription::new("cus_1", SubscriptionItem::new("")), "price", "must not be empty"),
        (NewSubscription::new("cus_1", item()).default_payment_method("pm/1"), "default_payment_method", rule),
    ] {
        check(&block_on(client.create_subscription(subscription).send()).unwrap_err(), &script, field, rule);
    }
    let update =
        client.update_subscription(&"sub_1".parse().unwrap(), SubscriptionUpdate::new().default_payment_method(""));
    check(&block_on(update.send()).unwrap_err(), &script, "default_payment_method", "must not be empty");
}
