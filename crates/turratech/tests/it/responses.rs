//! Responses are read exactly, keep unknown values, and are rejected if they contradict the request.

use payments_core::test_util::Reply;
use turratech::{
    Currency, Error, Expected, Mismatch, Money, NewWebhookEndpoint, Payment, PaymentMethodType, PaymentStatus,
    RefundReason,
};

use crate::support::{block_on, paid, pounds, scripted};

fn retrieve(response: &str) -> Result<Payment, Error> {
    let (client, _) = scripted([Reply::json(200, response)]);
    block_on(client.retrieve_payment(&"pay_1".parse().unwrap()).send())
}

#[test]
fn only_succeeded_is_paid_and_an_unknown_status_is_not_final() {
    let rows = [
        ("succeeded", true, true),
        ("requires_payment_method", false, false),
        ("requires_confirmation", false, false),
        ("requires_action", false, false),
        ("requires_capture", false, false),
        ("processing", false, false),
        ("canceled", false, true),
        ("failed", false, true),
        ("Succeeded", false, false),
        ("cancelled", false, false),
        ("partially_refunded", false, false),
        ("", false, false),
    ];
    for (status, is_paid, is_final) in rows {
        let payment = retrieve(&paid("pay_1", status)).unwrap();
        assert_eq!((payment.is_paid(), payment.status.is_final()), (is_paid, is_final), "{status}");
        assert_eq!(payment.status.as_str(), status);
    }
    assert_eq!(PaymentStatus::KNOWN.len(), 8);
}

#[test]
fn a_missing_member_and_null_are_read_alike() {
    let short = r#"{"id":"pay_1","amount":2000,"currency":"gbp","status":"succeeded","created":1,"livemode":false"#;
    let nulls = format!(
        r#"{short},"amount_capturable":null,"amount_received":null,"customer":null,"description":null,
            "payment_method":null,"metadata":null}}"#
    );
    let (missing, mut null) = (retrieve(&format!("{short}}}")).unwrap(), retrieve(&nulls).unwrap());
    null.raw = missing.raw.clone();
    assert_eq!(null, missing);
    assert_eq!((missing.amount_received(), missing.metadata.is_empty()), (Ok(None), true));
    let empty = retrieve(&paid("pay_1", "succeeded").replace("cus_ABC123", "").replace("pm_card_visa", "")).unwrap();
    assert_eq!((empty.customer, empty.payment_method), (None, None));
    let with_null = retrieve(&paid("pay_1", "succeeded").replace("\"12345\"}", "\"1\",\"gone\":null}")).unwrap();
    assert_eq!(with_null.metadata.keys().collect::<Vec<_>>(), ["order_id"]);
}

#[test]
fn unknown_members_are_ignored_and_kept_in_raw() {
    let response = paid("pay_1", "succeeded").replace("\"livemode\"", "\"next_action\":{\"url\":\"x\"},\"livemode\"");
    let payment = retrieve(&response).unwrap();
    assert!(payment.raw.as_str().contains("next_action"));
    assert_eq!(format!("{:?}", payment.raw), format!("RawJson([{} bytes])", payment.raw.as_str().len()));
}

#[test]
fn an_integer_is_read_in_every_exact_notation() {
    for number in ["2000", "2000.0", "2000.00", "\"2000\""] {
        let response = paid("pay_1", "succeeded").replace("\"amount\":2000", &format!("\"amount\":{number}"));
        assert_eq!(retrieve(&response).unwrap().amount(), Ok(pounds(2000)), "{number}");
    }
    for number in ["2000.5", "2e3", "\"\"", "true", "null", "[2000]", "9223372036854775808", "1e400", "\"2,000\""] {
        // What was received would be compared instead of the requested amount.
        let response = paid("pay_1", "succeeded").replace("\"amount\":2000", &format!("\"amount\":{number}"));
        let response = response.replace("\"amount_received\":2000,", "");
        let payment = retrieve(&response).unwrap();
        let unreadable = payment.amount().unwrap_err();
        let is_missing = matches!(number, "\"\"" | "null");
        assert_eq!(unreadable.raw(), (!is_missing).then_some(number.trim_matches('"')), "{number}");
        let check = payment.check(&Expected::new("pay_1", pounds(2000)));
        assert_eq!(check, Err(Mismatch::AmountUnreadable(unreadable)), "{number}");
    }
    let largest = paid("pay_1", "succeeded").replace("\"amount\":2000", "\"amount\":9223372036854775807");
    assert_eq!(retrieve(&largest).unwrap().amount(), Ok(pounds(i64::MAX)));
}

#[test]
fn a_deciding_member_of_the_wrong_type_is_an_error_with_its_path() {
    let good = paid("pay_1", "succeeded");
    let rows = [
        (good.replace("\"id\":\"pay_1\"", "\"id\":\"../x\""), "id"),
        (good.replace("\"succeeded\"", "[1]"), "status"),
        (good.replace("false", "\"no\""), "livemode"),
        (good.replace(",\"livemode\":false", ""), "."),
        (good.replace("\"status\":\"succeeded\",", ""), "."),
    ];
    for (response, path) in rows {
        assert_ne!(response, good);
        assert_eq!(retrieve(&response).unwrap_err().json_path(), Some(path), "{response}");
    }
}

#[test]
fn a_descriptive_member_of_the_wrong_type_is_recorded_with_its_path() {
    let good = paid("pay_1", "succeeded");
    let rows = [
        (good.replace("\"cus_ABC123\"", "7"), "customer"),
        (good.replace("\"cus_ABC123\"", "\"a/b\""), "customer"),
        (good.replace("\"Order #12345\"", "[]"), "description"),
        (good.replace("\"succeeded\"", "1"), "status"),
        (good.replace("1704067200", "\"today\""), "created"),
        (good.replace("1704067200", "9223372036854775807"), "created"),
        (good.replace("\"12345\"", "12345"), "metadata.order_id"),
    ];
    for (response, path) in rows {
        assert_ne!(response, good);
        let payment = retrieve(&response).unwrap();
        let paths: Vec<_> = payment.unreadable_members().iter().map(|member| &*member.path).collect();
        assert_eq!(paths, [path], "{response}");
        assert_eq!(payment.is_paid(), path != "status", "{response}");
    }
    assert!(retrieve(&good).unwrap().unreadable_members().is_empty());
}

#[test]
fn a_payment_with_another_id_is_rejected() {
    let err = retrieve(&paid("pay_2", "succeeded")).unwrap_err();
    assert_eq!(err.json_path(), Some("id"));
    let id = "pay_1".parse().unwrap();
    let other = || Reply::json(200, &paid("pay_2", "succeeded"));
    assert!(block_on(scripted([other()]).0.capture_payment(&id).send()).unwrap_err().may_have_moved_money());
    assert_eq!(block_on(scripted([other()]).0.cancel_payment(&id).send()).unwrap_err().json_path(), Some("id"));
}

#[test]
fn a_payment_is_compared_with_what_the_merchant_expects() {
    let payment = retrieve(&paid("pay_1", "succeeded")).unwrap();
    let expected = || Expected::new("pay_1", pounds(2000));
    assert_eq!(payment.check(&expected()), Ok(()));
    assert_eq!(payment.check(&expected().live(false)), Ok(()));
    assert_eq!(payment.check(&expected().live(true)), Err(Mismatch::Mode { live: false }));
    assert_eq!(payment.check(&Expected::new("pay_2", pounds(2000))), Err(Mismatch::Reference));
    let dollars = Money::from_minor(2000, Currency::USD);
    assert_eq!(
        payment.check(&Expected::new("pay_1", dollars)),
        Err(Mismatch::Currency { expected: Currency::USD, actual: Currency::GBP })
    );
    assert_eq!(
        payment.check(&Expected::new("pay_1", pounds(2001))),
        Err(Mismatch::AmountDiffers { expected: pounds(2001), actual: pounds(2000) })
    );
    assert_eq!(payment.check_metadata("order_id", &Expected::new("12345", pounds(2000))), Ok(()));
    let other = Expected::new("12346", pounds(2000));
    assert_eq!(payment.check_metadata("order_id", &other), Err(Mismatch::Reference));
    assert_eq!(payment.check_metadata("order", &Expected::new("12345", pounds(2000))), Err(Mismatch::Reference));
}

#[test]
fn the_received_amount_of_a_succeeded_payment_is_compared() {
    let part = paid("pay_1", "succeeded").replace("\"amount_received\":2000", "\"amount_received\":1500");
    let expected = Expected::new("pay_1", pounds(2000));
    let differs = Mismatch::AmountDiffers { expected: pounds(2000), actual: pounds(1500) };
    assert_eq!(retrieve(&part).unwrap().check(&expected), Err(differs));
    let waiting = paid("pay_1", "requires_capture").replace("\"amount_received\":2000", "\"amount_received\":0");
    assert_eq!(
        retrieve(&waiting).unwrap().check(&expected),
        Ok(()),
        "the requested amount is compared until something is received"
    );
}

#[test]
fn a_payment_is_serialized_with_its_tag_and_the_text_of_its_raw_object() {
    let payment = retrieve(&paid("pay_1", "succeeded")).unwrap();
    let serialized: serde_json::Value = serde_json::to_value(&payment).unwrap();
    assert_eq!(
        serialized,
        serde_json::json!({
            "stored": "turratech.payment/1",
            "id": "pay_1", "amount": "2000", "amount_capturable": "0", "amount_received": "2000", "currency": "GBP",
            "customer": "cus_ABC123",
            "description": "Order #12345", "payment_method": "pm_card_visa", "status": "succeeded",
            "created": 1_704_067_200, "livemode": false, "metadata": {"order_id": "12345"},
            "raw": paid("pay_1", "succeeded"), "unreadable": [],
        })
    );
}

#[test]
fn a_customer_requires_only_an_id() {
    let (client, _) = scripted([Reply::json(200, r#"{"id":"cus_1"}"#)]);
    let customer = block_on(client.retrieve_customer(&"cus_1".parse().unwrap()).send()).unwrap();
    assert_eq!((customer.email, customer.address, customer.metadata.len()), (None, None, 0));

    let response = r#"{"id":"cus_1","object":"customer","email":"a@b.example","name":"Jane","phone":"+44","description":"d",
        "address":{"line1":"1 High Street"},"shipping":[1,2.50],"metadata":{"crm":"7"},"status":"active",
        "payment_method":"pm_1","unknown":{}}"#;
    let (client, _) = scripted([Reply::json(200, response)]);
    let customer = block_on(client.retrieve_customer(&"cus_1".parse().unwrap()).send()).unwrap();
    assert_eq!((customer.email.as_deref(), customer.name.as_deref()), (Some("a@b.example"), Some("Jane")));
    assert_eq!((customer.phone.as_deref(), customer.description.as_deref()), (Some("+44"), Some("d")));
    assert_eq!(customer.address.unwrap().as_str(), r#"{"line1":"1 High Street"}"#);
    assert_eq!(customer.shipping.unwrap().as_str(), "[1,2.50]");
    assert_eq!((customer.metadata["crm"].as_str(), customer.status.as_deref()), ("7", Some("active")));
    assert_eq!(customer.payment_method.unwrap().as_str(), "pm_1");
    assert_eq!(customer.raw.as_str(), response);

    let (client, _) = scripted([Reply::json(200, r#"{"id":"cus_2"}"#)]);
    let err = block_on(client.retrieve_customer(&"cus_1".parse().unwrap()).send()).unwrap_err();
    assert_eq!(err.json_path(), Some("id"));
}

#[test]
fn a_payment_method_requires_only_an_id() {
    let response = r#"{"id":"pm_1","type":"card","customer":"cus_1","card":{"brand":"visa","last4":"4242"}}"#;
    let (client, _) = scripted([Reply::json(200, response), Reply::json(200, r#"{"id":"pm_1","customer":null}"#)]);
    let (id, customer) = ("pm_1".parse().unwrap(), "cus_1".parse().unwrap());
    let attached = block_on(client.attach_payment_method(&id, &customer).send()).unwrap();
    assert_eq!((attached.kind, attached.customer), (Some(PaymentMethodType::Card), Some(customer.clone())));
    assert_eq!(attached.raw.as_str(), response);
    let detached = block_on(client.detach_payment_method(&id).send()).unwrap();
    assert_eq!((detached.kind, detached.customer, detached.status), (None, None, None));

    let (client, _) = scripted([Reply::json(200, r#"{"id":"pm_1","customer":"cus_2"}"#)]);
    let err = block_on(client.attach_payment_method(&id, &customer).send()).unwrap_err();
    assert_eq!(err.json_path(), Some("customer"), "attached to another customer");
}

#[test]
fn a_refund_has_a_money_amount_if_its_currency_is_known() {
    let id = "re_1".parse().unwrap();
    let retrieve =
        |response: &str| block_on(scripted([Reply::json(200, response)]).0.retrieve_refund(&id).send()).unwrap();

    let bare = retrieve(r#"{"id":"re_1"}"#);
    assert_eq!(bare.amount().unwrap_err().raw(), None);
    assert!(
        matches!(bare.amount_in(Currency::GBP), Err(Mismatch::AmountUnreadable(missing)) if missing.raw().is_none())
    );

    let alone = retrieve(r#"{"id":"re_1","amount":500}"#);
    assert_eq!(alone.amount().unwrap_err().raw(), None);
    assert_eq!(alone.amount_in(Currency::GBP), Ok(pounds(500)));

    let whole = retrieve(
        r#"{"id":"re_1","payment":"pay_1","amount":500,"currency":"gbp","reason":"duplicate","status":"pending",
            "metadata":{"t":"1"}}"#,
    );
    assert_eq!((whole.amount(), whole.amount_in(Currency::GBP)), (Ok(pounds(500)), Ok(pounds(500))));
    let mismatch = Mismatch::Currency { expected: Currency::USD, actual: Currency::GBP };
    assert_eq!(whole.amount_in(Currency::USD), Err(mismatch));
    assert_eq!((whole.reason, whole.status.as_deref()), (Some(RefundReason::Duplicate), Some("pending")));
    assert_eq!((whole.payment.unwrap().as_str(), whole.metadata["t"].as_str()), ("pay_1", "1"));
}

#[test]
fn a_subscription_requires_only_an_id() {
    let response = r#"{"id":"sub_1","customer":"cus_1","items":{"object":"list","data":[]},"cancel_at_period_end":true,
        "default_payment_method":"pm_1","status":"trialing","metadata":{"plan":"pro"},"trial_period_days":14}"#;
    let (client, _) = scripted([Reply::json(200, response), Reply::json(200, r#"{"id":"sub_1"}"#)]);
    let (id, update) = ("sub_1".parse().unwrap(), turratech::SubscriptionUpdate::new);
    let subscription = block_on(client.update_subscription(&id, update()).send()).unwrap();
    assert_eq!(subscription.items.unwrap().as_str(), r#"{"object":"list","data":[]}"#);
    assert_eq!((subscription.cancel_at_period_end, subscription.status.as_deref()), (Some(true), Some("trialing")));
    assert_eq!(subscription.default_payment_method.unwrap().as_str(), "pm_1");
    assert_eq!(subscription.trial_period_days, Some(14));
    assert_eq!((subscription.customer.unwrap().as_str(), &*subscription.metadata["plan"]), ("cus_1", "pro"));
    let bare = block_on(client.update_subscription(&id, update()).send()).unwrap();
    assert_eq!((bare.customer, bare.items, bare.status), (None, None, None));
}

#[test]
fn a_subscription_of_another_customer_is_rejected() {
    let (client, _) = scripted([Reply::json(200, r#"{"id":"sub_1","customer":"cus_2"}"#)]);
    let item = turratech::SubscriptionItem::new("price_1");
    let subscription = turratech::NewSubscription::new("cus_1", item);
    let err = block_on(client.create_subscription(subscription).send()).unwrap_err();
    assert_eq!((err.json_path(), err.may_have_moved_money()), (Some("customer"), true));
}

#[test]
fn the_secret_of_a_webhook_endpoint_is_redacted() {
    let response = r#"{"id":"we_1","object":"webhook_endpoint","url":"https://m.example/hook",
        "enabled_events":["payment.succeeded","x.y"],"secret":"whsec_canary9b"}"#;
    let (client, _) = scripted([Reply::json(201, response)]);
    let new = || NewWebhookEndpoint::new("https://m.example/hook", [turratech::EventType::PaymentSucceeded]);
    let created = block_on(client.create_webhook_endpoint(new()).send()).unwrap();
    assert_eq!((created.id.as_str(), created.url.as_deref()), ("we_1", Some("https://m.example/hook")));
    assert_eq!(created.enabled_events.len(), 2);
    assert_eq!(created.secret, turratech::WebhookSecret::new("whsec_canary9b").unwrap());
    assert!(!format!("{created:?}").contains("canary9b"));
    assert!(!serde_json::to_string(&created).unwrap().contains("canary9b"));

    for (response, path) in [
        (r#"{"id":"we_1"}"#, "."),
        (r#"{"id":"we_1","secret":""}"#, "secret"),
        (r#"{"id":"we_1","secret":"canary9b \n"}"#, "secret"),
        (r#"{"id":"we_1","secret":7}"#, "secret"),
    ] {
        let err = block_on(scripted([Reply::json(201, response)]).0.create_webhook_endpoint(new()).send()).unwrap_err();
        assert_eq!(err.json_path(), Some(path), "{response}");
        assert!(!format!("{err} {err:?}").contains("canary9b"));
    }
}
