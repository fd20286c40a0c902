//! The method, path, headers and body of every request.

use std::time::Duration;

use payments_core::test_util::{Reply, Script};
use turratech::{
    Address, CaptureMethod, CustomerDetails, ErrorKind, EventType, ListParams, NewPaymentMethod, NewRefund,
    NewSubscription, NewWebhookEndpoint, PaymentMethodType, RefundReason, SubscriptionItem, SubscriptionUpdate,
    VersionExt,
};

use crate::support::{
    CVC, KEY, PAN, block_on, builder, card, check_members, clock, created, members, paid, payment, pounds, scripted,
};

/// Sends every call once, in the document's order, and ignores the results.
fn send_every_call(script: &Script) {
    let client = builder(KEY, script, &clock()).retry(turratech::RetryPolicy::none()).build().unwrap();
    let item = SubscriptionItem::new("price_1");
    let (payment_id, customer, method) = ("pay_1".parse().unwrap(), "cus_1".parse().unwrap(), "pm_1".parse().unwrap());
    let (refund, subscription) = ("re_1".parse().unwrap(), "sub_1".parse().unwrap());
    block_on(async {
        let _ = client.create_payment(payment()).send().await;
        let _ = client.retrieve_payment(&payment_id).send().await;
        let _ = client.list_payments(ListParams::new()).try_next().await;
        let _ = client.capture_payment(&payment_id).send().await;
        let _ = client.cancel_payment(&payment_id).send().await;
        let _ = client.create_customer(CustomerDetails::new()).send().await;
        let _ = client.retrieve_customer(&customer).send().await;
        let _ = client.update_customer(&customer, CustomerDetails::new()).send().await;
        let _ = client.delete_customer(&customer).send().await;
        let _ = client.list_customers(ListParams::new()).try_next().await;
        let _ = client.create_payment_method(NewPaymentMethod::card(card())).send().await;
        let _ = client.attach_payment_method(&method, &customer).send().await;
        let _ = client.detach_payment_method(&method).send().await;
        let _ = client.create_refund(NewRefund::new(payment_id.clone())).send().await;
        let _ = client.retrieve_refund(&refund).send().await;
        let _ = client.list_refunds(ListParams::new()).try_next().await;
        let _ = client.create_subscription(NewSubscription::new(customer.clone(), item)).send().await;
        let _ = client.update_subscription(&subscription, SubscriptionUpdate::new()).send().await;
        let _ = client.cancel_subscription(&subscription).send().await;
        let endpoint = NewWebhookEndpoint::new("https://m.example/hook", [EventType::PaymentSucceeded]);
        let _ = client.create_webhook_endpoint(endpoint).send().await;
    });
}

#[test]
fn every_documented_endpoint_is_called() {
    let script = Script::new([]);
    send_every_call(&script);
    let calls: Vec<String> = script
        .requests()
        .iter()
        .map(|request| {
            let path = request.url().strip_prefix("https://api.turratech.com").unwrap();
            format!("{} {path}", request.method())
        })
        .collect();
    assert_eq!(
        calls,
        [
            "POST /v1/payments",
            "GET /v1/payments/pay_1",
            "GET /v1/payments",
            "POST /v1/payments/pay_1/capture",
            "POST /v1/payments/pay_1/cancel",
            "POST /v1/customers",
            "GET /v1/customers/cus_1",
            "POST /v1/customers/cus_1",
            "DELETE /v1/customers/cus_1",
            "GET /v1/customers",
            "POST /v1/payment_methods",
            "POST /v1/payment_methods/pm_1/attach",
            "POST /v1/payment_methods/pm_1/detach",
            "POST /v1/refunds",
            "GET /v1/refunds/re_1",
            "GET /v1/refunds",
            "POST /v1/subscriptions",
            "POST /v1/subscriptions/sub_1",
            "DELETE /v1/subscriptions/sub_1",
            "POST /v1/webhook_endpoints",
        ]
    );
}

#[test]
fn every_request_has_the_documented_headers_and_every_post_its_own_idempotency_key() {
    let script = Script::new([]);
    send_every_call(&script);
    let mut keys = std::collections::BTreeSet::new();
    for request in script.requests() {
        let (headers, url) = (request.headers(), request.url());
        assert_eq!(headers["authorization"], format!("Bearer {KEY}"), "{url}");
        assert!(headers["authorization"].is_sensitive());
        assert_eq!(headers["turratech-version"], "2024-01-01", "{url}");
        assert_eq!(headers["accept"], "application/json", "{url}");
        let is_post = request.method() == "POST";
        assert_eq!(headers.get("content-type").is_some_and(|kind| kind == "application/json"), is_post, "{url}");
        assert_eq!(headers.contains_key("idempotency-key"), is_post, "{url}");
        if is_post {
            assert!(
                keys.insert(headers["idempotency-key"].to_str().unwrap().to_owned()),
                "two requests have the same key"
            );
        }
    }
    assert_eq!(keys.len(), 12);
    assert!(keys.iter().all(|key| key.len() == 36 && key.as_bytes()[14] == b'4'), "{keys:?}");
}

#[test]
fn a_post_without_parameters_has_no_body() {
    let script = Script::new([]);
    send_every_call(&script);
    for request in script.requests() {
        let without_body = request.method() != "POST"
            || request.url().ends_with("/capture")
            || request.url().ends_with("/cancel")
            || request.url().ends_with("/detach");
        assert_eq!(request.body().is_empty(), without_body, "{} {}", request.method(), request.url());
    }
}

#[tokio::test]
async fn the_version_is_set_on_the_client_or_on_the_call() {
    let script = Script::new([created(), created(), Reply::json(200, &paid("pay_1", "succeeded"))]);
    let client = builder(KEY, &script, &clock()).version("2025-03-01").build().unwrap();
    client.create_payment(payment()).send().await.unwrap();
    client.create_payment(payment()).version("2025-06-01").send().await.unwrap();
    client.retrieve_payment(&"pay_1".parse().unwrap()).version("2025-07-01").send().await.unwrap();
    let versions: Vec<_> = script
        .requests()
        .iter()
        .map(|request| request.headers().get_all("turratech-version").iter().cloned().collect::<Vec<_>>())
        .collect();
    assert_eq!(versions, [["2025-03-01"], ["2025-06-01"], ["2025-07-01"]]);
}

#[tokio::test]
async fn a_list_and_a_client_for_some_calls_name_another_version() {
    let page = || Reply::json(200, r#"{"object":"list","data":[],"has_more":false}"#);
    let found = || Reply::json(200, &paid("pay_1", "succeeded"));
    let (client, script) = scripted([page(), page(), found(), found()]);
    client.list_payments(ListParams::new()).version("2025-06-01").try_next().await.unwrap();
    let newer = client.with_version("2025-07-01").unwrap();
    newer.list_payments(ListParams::new()).try_next().await.unwrap();
    // Operations of the gateway too, and after a change of credentials.
    let expected = payments_core::Expected::new("12345", pounds(2000));
    let rotated = newer.with_credentials(turratech::ApiKey::new("sk_test_other").unwrap()).unwrap();
    payments_core::gateway::Retrieve::retrieve(&rotated, "pay_1", &expected).await.unwrap();
    client.retrieve_payment(&"pay_1".parse().unwrap()).send().await.unwrap();
    let versions: Vec<_> =
        script.requests().iter().map(|request| request.headers()["turratech-version"].clone()).collect();
    assert_eq!(versions, ["2025-06-01", "2025-07-01", "2025-07-01", "2024-01-01"]);
    assert_eq!(script.requests()[2].headers()["authorization"], "Bearer sk_test_other");
    assert_eq!(client.with_version("é").unwrap_err().param(), Some("turratech-version"));
    let err = client.list_payments(ListParams::new()).version("é").try_next().await.unwrap_err();
    assert_eq!((err.kind(), err.param()), (ErrorKind::InvalidRequest, Some("turratech-version")));
}

#[tokio::test]
async fn a_client_for_some_calls_has_other_timeouts_and_retries() {
    let failed = || Reply::json(500, r#"{"error":{"type":"api_error","message":"no"}}"#);
    let (client, script) = scripted([failed(), failed(), created(), created()]);
    let expected = payments_core::Expected::new("12345", pounds(2000));
    let timeouts = turratech::Timeouts::default().total(Duration::from_secs(9)).attempt(Duration::from_secs(4));
    let quick = client.with_timeouts(timeouts).unwrap().with_retry(turratech::RetryPolicy::none());
    let err = payments_core::gateway::Retrieve::retrieve(&quick, "pay_1", &expected).await.unwrap_err();
    assert_eq!(err.attempts(), 1);
    let request = payments_core::gateway::RefundRequest::new("r-1", "pay_1", pounds(1));
    let request = request.retry(turratech::RetryPolicy::none());
    let err = payments_core::gateway::Refund::refund(&client, &request).await.unwrap_err();
    assert_eq!(err.attempts(), 1);
    client.create_payment(payment()).send().await.unwrap();
    let seconds: Vec<_> = script.requests().iter().map(|request| request.timeout().as_secs()).collect();
    assert_eq!(seconds, [4, 30, 30]);
    let zero = timeouts.total(Duration::ZERO);
    assert_eq!(client.with_timeouts(zero).unwrap_err().kind(), ErrorKind::Configuration);
}

#[tokio::test]
async fn an_invalid_version_is_rejected_before_sending() {
    for version in ["", " ", "2024-01-01\r\nX-Evil: 1", "2024 01", "é", "2024-01-01/x"] {
        let (client, script) = scripted([created()]);
        let err = client.create_payment(payment()).version(version).send().await.unwrap_err();
        assert_eq!((err.kind(), err.param()), (ErrorKind::InvalidRequest, Some("turratech-version")), "{version:?}");
        assert_eq!(script.requests().len(), 0);
        let err = builder(KEY, &script, &clock()).version(version).build().unwrap_err();
        assert_eq!(err.param(), Some("turratech-version"), "{version:?}");
    }
}

#[test]
fn every_documented_payment_parameter_is_sent() {
    let (client, script) = scripted([]);
    let all = payment()
        .payment_method("pm_card_visa")
        .customer("cus_ABC123")
        .description("Order #12345")
        .metadata("order_id", "12345")
        .capture_method(CaptureMethod::Manual)
        .confirm(false)
        .return_url("https://shop.example/back?order=1&x=ä")
        .extra("anything_else", "SHOP");
    let _ = block_on(client.create_payment(all).send());
    check_members(
        &script,
        r#"{"amount":2000,"currency":"gbp","payment_method":"pm_card_visa","customer":"cus_ABC123",
            "description":"Order #12345","metadata":{"order_id":"12345"},"capture_method":"manual","confirm":false,
            "return_url":"https://shop.example/back?order=1&x=ä","anything_else":"SHOP"}"#,
    );
}

#[test]
fn an_amount_is_sent_as_an_integer_in_the_smallest_unit_of_every_currency() {
    for (minor, currency) in [(1, "jpy"), (i64::MAX, "gbp"), (12_345, "kwd"), (5, "xag"), (7, "abc")] {
        let (client, script) = scripted([]);
        let amount = turratech::Money::from_minor(minor, currency.parse().unwrap());
        let _ = block_on(client.create_payment(turratech::NewPayment::new(amount)).send());
        assert_eq!(crate::support::body_of(&script), format!(r#"{{"amount":{minor},"currency":"{currency}"}}"#));
    }
}

#[test]
fn every_documented_customer_parameter_is_sent() {
    let (client, script) = scripted([]);
    let all = CustomerDetails::new()
        .email("hello@turratech.com")
        .name("Jane Doe")
        .phone("+44 20 7946 0000")
        .description("since 2019")
        .address(Address::new().line1("123 Main Street").city("London").postal_code("SW1A 1AA").country("GB"))
        .shipping("name", "Jane Doe")
        .shipping("address", std::collections::BTreeMap::from([("city", "Leeds")]))
        .metadata("crm", "77")
        .payment_method("pm_1")
        .extra("anything_else", "none");
    let document = r#"{"email":"hello@turratech.com","name":"Jane Doe","phone":"+44 20 7946 0000",
        "description":"since 2019","address":{"line1":"123 Main Street","city":"London","postal_code":"SW1A 1AA",
        "country":"GB"},"shipping":{"name":"Jane Doe","address":{"city":"Leeds"}},"metadata":{"crm":"77"},
        "payment_method":"pm_1","anything_else":"none"}"#;
    let _ = block_on(client.create_customer(all.clone()).send());
    check_members(&script, document);
    let _ = block_on(client.update_customer(&"cus_1".parse().unwrap(), all).send());
    check_members(&script, document);
}

#[test]
fn a_card_is_sent_with_four_members() {
    let (client, script) = scripted([]);
    let _ = block_on(client.create_payment_method(NewPaymentMethod::card(card())).send());
    check_members(
        &script,
        &format!(r#"{{"type":"card","card":{{"number":"{PAN}","exp_month":12,"exp_year":2030,"cvc":"{CVC}"}}}}"#),
    );
}

#[test]
fn every_payment_method_type_is_sent_by_name() {
    let names: Vec<_> = PaymentMethodType::KNOWN.iter().map(PaymentMethodType::as_str).collect();
    assert_eq!(names, ["card", "bacs_debit", "sepa_debit", "bank_transfer", "apple_pay", "google_pay"]);
    for kind in &PaymentMethodType::KNOWN[1..] {
        let (client, script) = scripted([]);
        let method = NewPaymentMethod::new(kind.clone()).extra(kind.as_str(), [("token", "tok_1")].as_slice());
        let _ = block_on(client.create_payment_method(method).send());
        let sent = members(&script);
        assert_eq!(sent["type"], kind.as_str());
        assert_eq!(sent[kind.as_str()][0][1], "tok_1");
    }
}

#[test]
fn attaching_a_payment_method_sends_the_customer() {
    let (client, script) = scripted([]);
    let _ = block_on(
        client
            .attach_payment_method(&"pm_1".parse().unwrap(), "cus_1".parse::<turratech::CustomerId>().unwrap())
            .send(),
    );
    check_members(&script, r#"{"customer":"cus_1"}"#);
    let attachment = turratech::NewAttachment::new("cus_1").extra("default", true);
    let _ = block_on(client.attach_payment_method(&"pm_1".parse().unwrap(), attachment).send());
    check_members(&script, r#"{"customer":"cus_1","default":true}"#);
}

#[test]
fn a_card_has_extra_parameters_too() {
    let (client, script) = scripted([]);
    let card = card().extra("name", "Jane Doe");
    let _ = block_on(client.create_payment_method(NewPaymentMethod::card(card)).send());
    check_members(
        &script,
        r#"{"type":"card","card":{"number":"4242424242424242","exp_month":12,"exp_year":2030,"cvc":"8309","name":"Jane Doe"}}"#,
    );
}

#[test]
fn every_documented_refund_parameter_is_sent() {
    for (reason, name) in RefundReason::KNOWN.iter().zip(["duplicate", "fraudulent", "requested_by_customer"]) {
        let (client, script) = scripted([]);
        let refund = NewRefund::new("pay_1")
            .amount(pounds(1000))
            .reason(reason.clone())
            .metadata("ticket", "9")
            .extra("anything_else", "a@b.example");
        let _ = block_on(client.create_refund(refund).send());
        check_members(
            &script,
            &format!(
                r#"{{"payment":"pay_1","amount":1000,"reason":"{name}","metadata":{{"ticket":"9"}},
                    "anything_else":"a@b.example"}}"#
            ),
        );
    }
}

#[test]
fn a_full_refund_sends_no_amount() {
    let (client, script) = scripted([]);
    let _ = block_on(client.create_refund(NewRefund::new("pay_1")).send());
    check_members(&script, r#"{"payment":"pay_1"}"#);
}

#[test]
fn every_documented_subscription_parameter_is_sent() {
    let (client, script) = scripted([]);
    let item = SubscriptionItem::new("price_pro_monthly").quantity(2).extra("rates", ["t1"]);
    let other = SubscriptionItem::new("price_seat");
    let subscription = NewSubscription::new("cus_1", item.clone())
        .item(other)
        .trial_period_days(14)
        .cancel_at_period_end(false)
        .default_payment_method("pm_1")
        .metadata("plan", "pro")
        .extra("anything_else", "none");
    let _ = block_on(client.create_subscription(subscription).send());
    check_members(
        &script,
        r#"{"customer":"cus_1","items":[{"price":"price_pro_monthly","quantity":2,"rates":["t1"]},
            {"price":"price_seat"}],"trial_period_days":14,"cancel_at_period_end":false,
            "default_payment_method":"pm_1","metadata":{"plan":"pro"},"anything_else":"none"}"#,
    );
    let update = SubscriptionUpdate::new()
        .item(item.extra("id", "si_1"))
        .cancel_at_period_end(true)
        .default_payment_method("pm_2")
        .metadata("plan", "max")
        .extra("anything_else", 1_704_067_200);
    let _ = block_on(client.update_subscription(&"sub_1".parse().unwrap(), update).send());
    check_members(
        &script,
        r#"{"items":[{"price":"price_pro_monthly","quantity":2,"rates":["t1"],"id":"si_1"}],
            "cancel_at_period_end":true,"default_payment_method":"pm_2","metadata":{"plan":"max"},
            "anything_else":1704067200}"#,
    );
}

#[test]
fn a_webhook_endpoint_sends_its_url_and_events() {
    let (client, script) = scripted([]);
    let endpoint = NewWebhookEndpoint::new(
        "https://m.example/hook",
        [EventType::PaymentSucceeded, EventType::from("payment.disputed")],
    );
    let _ = block_on(client.create_webhook_endpoint(endpoint.extra("description", "main")).send());
    check_members(
        &script,
        r#"{"url":"https://m.example/hook","enabled_events":["payment.succeeded","payment.disputed"],
            "description":"main"}"#,
    );
}
