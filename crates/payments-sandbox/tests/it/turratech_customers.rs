//! TurraTech's customers and payment methods.

use payments_sandbox::{EntryKind, Sandbox};
use serde_json::{Value, json};

use crate::support::with;
use crate::turratech_support::{create_customer, delete, expect_error, get, id, payment_with_method, post};

#[tokio::test]
async fn a_customer_keeps_every_documented_parameter() {
    let sandbox = Sandbox::builder().start().await;
    let params = json!({
        "email": "hello@turratech.com",
        "name": "Jane Doe",
        "phone": "+44 20 7946 0000",
        "description": "A regular",
        "address": {"line1": "123 Main Street", "city": "London", "postal_code": "SW1A 1AA", "country": "GB"},
        "shipping": {"name": "Jane Doe", "address": {"line1": "Next door"}},
        "metadata": {"crm": "42"},
        "payment_method": "pm_card_visa",
    });
    let created = post(&sandbox, "customers", &params).await.expect_status(201);
    for name in ["email", "name", "phone", "description", "address", "shipping", "metadata"] {
        assert_eq!(created[name], params[name], "{name}");
    }
    assert_eq!((&created["object"], &created["livemode"]), (&json!("customer"), &json!(false)));
    assert_eq!(created["created"], 1_767_268_800);
    assert!(id(&created).starts_with("cus_") && created["payment_method"].as_str().unwrap().starts_with("pm_"));
    assert_ne!(created["payment_method"], "pm_card_visa", "the customer gets their own copy of the test card");
    assert_eq!(get(&sandbox, &format!("customers/{}", id(&created))).await.expect_status(200), created);
    sandbox.finish();
}

#[tokio::test]
async fn an_update_changes_only_the_named_fields() {
    let sandbox = Sandbox::builder().start().await;
    let params = json!({"email": "a@example.com", "name": "Jane", "metadata": {"a": "1", "b": "2", "c": "3"}});
    let created = post(&sandbox, "customers", &params).await.expect_status(201);
    let path = format!("customers/{}", id(&created));
    let change = json!({"name": "Jane Doe", "email": null, "metadata": {"a": "9", "b": "", "d": "4"}});
    let updated = post(&sandbox, &path, &change).await.expect_status(200);
    let expected = with(with(created, "name", "Jane Doe"), "metadata", json!({"a": "9", "c": "3", "d": "4"}));
    assert_eq!(updated, expected);
    assert_eq!(get(&sandbox, &path).await.expect_status(200), expected);
    let ledger = sandbox.ledger();
    let entries: Vec<(&str, EntryKind)> =
        ledger.entries().iter().map(|entry| (entry.operation.as_str(), entry.kind)).collect();
    assert_eq!(
        entries,
        [("turratech.create-customer", EntryKind::Executed), ("turratech.update-customer", EntryKind::Done)]
    );
    sandbox.finish();
}

#[tokio::test]
async fn deleting_a_customer_removes_payment_methods_and_cancels_subscriptions() {
    let sandbox = Sandbox::builder().start().await;
    let customer =
        id(&post(&sandbox, "customers", &json!({"payment_method": "pm_card_visa"})).await.expect_status(201));
    let paid = id(&post(
        &sandbox,
        "payments",
        &with(payment_with_method("pm_card_visa", "order-1"), "customer", customer.as_str()),
    )
    .await
    .expect_status(201));
    let method = get(&sandbox, &format!("customers/{customer}")).await.expect_status(200)["payment_method"].clone();
    let subscription =
        json!({"customer": customer, "items": [{"price": "price_1"}], "metadata": {"order_id": "sub-1"}});
    post(&sandbox, "subscriptions", &subscription).await.expect_status(201);

    let deleted = delete(&sandbox, &format!("customers/{customer}")).await.expect_status(200);
    assert_eq!(deleted, json!({"id": customer, "object": "customer", "deleted": true}));
    expect_error(&get(&sandbox, &format!("customers/{customer}")).await, 404);
    expect_error(&post(&sandbox, &format!("customers/{customer}"), &json!({})).await, 404);
    expect_error(&delete(&sandbox, &format!("customers/{customer}")).await, 404);
    assert_eq!(get(&sandbox, "customers").await.expect_status(200)["data"], json!([]));
    let again = post(&sandbox, "payments", &payment_with_method(method.as_str().unwrap(), "order-2")).await;
    assert_eq!(expect_error(&again, 400)["param"], "payment_method");
    assert_eq!(get(&sandbox, &format!("payments/{paid}")).await.expect_status(200)["customer"], customer.as_str());
    sandbox.expect_status("sub-1", "canceled");
    sandbox.finish();
}

fn card(number: &str) -> Value {
    json!({"type": "card", "card": {"number": number, "exp_month": 12, "exp_year": 2030, "cvc": "123"}})
}

#[tokio::test]
async fn a_card_is_stored_without_its_number() {
    let sandbox = Sandbox::builder().start().await;
    let created = post(&sandbox, "payment_methods", &card("5555555555554444")).await.expect_status(201);
    let id = id(&created);
    assert_eq!(
        created,
        json!({
            "id": id,
            "object": "payment_method",
            "type": "card",
            "card": {"brand": "mastercard", "last4": "4444", "exp_month": 12, "exp_year": 2030},
            "customer": null,
            "created": 1_767_268_800,
            "livemode": false,
            "metadata": {}
        })
    );
    let paid = post(&sandbox, "payments", &payment_with_method(&id, "order-1")).await.expect_status(201);
    assert_eq!((&paid["status"], &paid["payment_method"]), (&json!("succeeded"), &json!(id)));
    sandbox.finish();
}

#[tokio::test]
async fn the_card_number_decides_the_result_of_a_payment() {
    let sandbox = Sandbox::builder().start().await;
    for (number, decline) in [
        ("4242424242424242", None),
        ("4111111111111111", None),
        ("378282246310005", None),
        ("4000000000000002", Some("generic_decline")),
        ("4000000000009995", Some("insufficient_funds")),
        ("4000000000009987", Some("lost_card")),
        ("4000000000009979", Some("stolen_card")),
        ("4100000000000019", Some("fraudulent")),
    ] {
        let method = id(&post(&sandbox, "payment_methods", &card(number)).await.expect_status(201));
        let response = post(&sandbox, "payments", &payment_with_method(&method, number)).await;
        match decline {
            None => assert_eq!(response.expect_status(201)["status"], "succeeded", "{number}"),
            Some(decline) => assert_eq!(expect_error(&response, 402)["decline_code"], decline, "{number}"),
        }
    }
    sandbox.finish();
}

#[tokio::test]
async fn only_well_known_test_cards_are_accepted() {
    let sandbox = Sandbox::builder().start().await;
    let live = expect_error(&post(&sandbox, "payment_methods", &card("4539578763621486")).await, 402);
    assert_eq!((&live["code"], &live["decline_code"]), (&json!("card_declined"), &json!("test_mode_live_card")));
    assert!(!live.to_string().contains("4539"), "{live}");
    for number in ["4242424242424241", "4242 4242 4242 4242", "424242424242424x", "\u{664}242424242424242"] {
        let wrong = expect_error(&post(&sandbox, "payment_methods", &card(number)).await, 402);
        assert_eq!((&wrong["type"], &wrong["code"]), (&json!("card_error"), &json!("incorrect_number")), "{number}");
        assert_eq!(wrong["param"], "card[number]");
    }
    let mut expired = card("4242424242424242");
    expired["card"]["exp_year"] = json!(2025);
    assert_eq!(expect_error(&post(&sandbox, "payment_methods", &expired).await, 402)["code"], "expired_card");
    expired["card"]["exp_year"] = json!(2026);
    expired["card"]["exp_month"] = json!(1);
    post(&sandbox, "payment_methods", &expired).await.expect_status(201);
    sandbox.finish();
}

#[tokio::test]
async fn invalid_card_fields_are_named() {
    let sandbox = Sandbox::builder().start().await;
    let wrong = [
        ("number", json!(4_242_424_242_424_242_u64), "card[number]"),
        ("number", json!(null), "card[number]"),
        ("exp_month", json!(13), "card[exp_month]"),
        ("exp_month", json!("12"), "card[exp_month]"),
        ("exp_month", json!(null), "card[exp_month]"),
        ("exp_year", json!(30), "card[exp_year]"),
        ("exp_year", json!("2030"), "card[exp_year]"),
        ("cvc", json!(123), "card[cvc]"),
        ("cvc", json!("12"), "card[cvc]"),
        ("cvc", json!("12a"), "card[cvc]"),
    ];
    for (name, value, param) in wrong {
        let mut body = card("4242424242424242");
        body["card"][name] = value.clone();
        assert_eq!(
            expect_error(&post(&sandbox, "payment_methods", &body).await, 400)["param"],
            param,
            "{name}: {value}"
        );
    }
    for (body, param) in [
        (json!({}), "type"),
        (json!({"type": "cheque"}), "type"),
        (json!({"type": "card"}), "card"),
        (json!({"type": "card", "card": "4242424242424242"}), "card"),
    ] {
        assert_eq!(expect_error(&post(&sandbox, "payment_methods", &body).await, 400)["param"], param, "{body}");
    }
    assert!(sandbox.ledger().entries().is_empty());
    sandbox.finish();
}

#[tokio::test]
async fn there_are_six_types_of_payment_methods() {
    let sandbox = Sandbox::builder().start().await;
    for kind in ["bacs_debit", "sepa_debit", "bank_transfer", "apple_pay", "google_pay"] {
        let created =
            post(&sandbox, "payment_methods", &json!({"type": kind, kind: {"iban": "DE"}})).await.expect_status(201);
        assert_eq!((&created["type"], &created["card"]), (&json!(kind), &Value::Null));
    }
    post(&sandbox, "payment_methods", &card("4242424242424242")).await.expect_status(201);
    sandbox.finish();
}

#[tokio::test]
async fn a_payment_method_can_be_attached_to_one_customer_and_detached() {
    let sandbox = Sandbox::builder().start().await;
    let (jane, john) = (create_customer(&sandbox).await, create_customer(&sandbox).await);
    let method = id(&post(&sandbox, "payment_methods", &card("4242424242424242")).await.expect_status(201));
    let (attach, detach) = (format!("payment_methods/{method}/attach"), format!("payment_methods/{method}/detach"));

    assert_eq!(
        expect_error(&post(&sandbox, &detach, &json!({})).await, 400)["code"],
        "payment_method_unexpected_state"
    );
    let attached = post(&sandbox, &attach, &json!({"customer": jane})).await.expect_status(200);
    assert_eq!((&attached["id"], &attached["customer"]), (&json!(method), &json!(jane)));
    post(&sandbox, &attach, &json!({"customer": jane})).await.expect_status(200);
    expect_error(&post(&sandbox, &attach, &json!({"customer": john})).await, 400);
    assert_eq!(expect_error(&post(&sandbox, &attach, &json!({})).await, 400)["param"], "customer");
    assert_eq!(
        expect_error(&post(&sandbox, &attach, &json!({"customer": "cus_none"})).await, 400)["param"],
        "customer"
    );
    let update = post(&sandbox, &format!("customers/{john}"), &json!({"payment_method": method})).await;
    assert_eq!(expect_error(&update, 400)["param"], "payment_method");

    let johns = with(payment_with_method(&method, "order-1"), "customer", john.as_str());
    assert_eq!(expect_error(&post(&sandbox, "payments", &johns).await, 400)["param"], "payment_method");
    let janes = with(payment_with_method(&method, "order-1"), "customer", jane.as_str());
    post(&sandbox, "payments", &janes).await.expect_status(201);

    let detached = post(&sandbox, &detach, &json!({})).await.expect_status(200);
    assert_eq!(detached["customer"], Value::Null);
    let attached = post(&sandbox, &attach, &json!({"customer": john})).await.expect_status(200);
    assert_eq!(attached["customer"], john);
    sandbox.finish();
}

#[tokio::test]
async fn attaching_a_shared_test_card_creates_a_copy_for_the_customer() {
    let sandbox = Sandbox::builder().start().await;
    let (jane, john) = (create_customer(&sandbox).await, create_customer(&sandbox).await);
    let mut methods = Vec::new();
    for customer in [&jane, &john] {
        let path = "payment_methods/pm_card_chargeCustomerFail/attach";
        let attached = post(&sandbox, path, &json!({"customer": customer})).await.expect_status(200);
        assert_eq!((&attached["customer"], &attached["card"]["last4"]), (&json!(customer), &json!("0341")));
        assert_eq!(attached["card"]["exp_year"], 2030, "the copy is valid for years");
        methods.push(id(&attached));
    }
    assert_ne!(methods[0], methods[1]);
    expect_error(&post(&sandbox, "payments", &payment_with_method(&methods[0], "order-1")).await, 402);
    expect_error(&post(&sandbox, "payment_methods/pm_card_visa/detach", &json!({})).await, 404);
    expect_error(&post(&sandbox, "payment_methods/pm_none/attach", &json!({"customer": jane})).await, 404);
    sandbox.finish();
}

#[tokio::test]
async fn a_detached_payment_method_no_longer_belongs_to_the_customer() {
    let sandbox = Sandbox::builder().start().await;
    let created = post(&sandbox, "customers", &json!({"payment_method": "pm_card_visa"})).await.expect_status(201);
    let method = created["payment_method"].as_str().unwrap();
    post(&sandbox, &format!("payment_methods/{method}/detach"), &json!({})).await.expect_status(200);
    let customer = get(&sandbox, &format!("customers/{}", id(&created))).await.expect_status(200);
    assert_eq!(customer["payment_method"], Value::Null);
    let subscription = json!({"customer": id(&created), "items": [{"price": "price_1"}]});
    assert_eq!(
        expect_error(&post(&sandbox, "subscriptions", &subscription).await, 400)["code"],
        "payment_method_missing"
    );
    sandbox.finish();
}

#[tokio::test]
async fn an_update_attaches_a_payment_method_or_selects_an_attached_one() {
    let sandbox = Sandbox::builder().start().await;
    let path = format!("customers/{}", create_customer(&sandbox).await);
    let mut methods = Vec::new();
    for _ in 0..2 {
        let method = id(&post(&sandbox, "payment_methods", &card("4242424242424242")).await.expect_status(201));
        let updated = post(&sandbox, &path, &json!({"payment_method": method})).await.expect_status(200);
        assert_eq!(updated["payment_method"], method);
        methods.push(method);
    }
    let updated = post(&sandbox, &path, &json!({"payment_method": methods[0]})).await.expect_status(200);
    assert_eq!(updated["payment_method"], methods[0]);
    sandbox.finish();
}
