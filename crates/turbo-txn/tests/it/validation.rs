//! Invalid parameters are rejected before any I/O.

use payments_core::test_util::{ManualClock, Script};
use payments_core::{Currency, ErrorKind, Money, Outcome};
use turbo_txn::{Client, ClientId, MerchantOrderId, NewTransaction, SecretKey};

use crate::support::{block_on, builder, order_id, rupees, scripted};

/// Asserts that the transaction is rejected for this field and rule, and that nothing is sent.
#[track_caller]
fn check(transaction: NewTransaction, field: &str, rule: &str) {
    let (client, script) = scripted([]);
    let err = block_on(client.initiate(transaction).send()).unwrap_err();
    assert_eq!((err.kind(), err.outcome(), err.attempts()), (ErrorKind::InvalidRequest, Outcome::NotSent, 0), "{err}");
    assert_eq!(err.param(), Some(field), "{err}");
    assert!(err.to_string().contains(rule), "{err}");
    assert!(!err.may_have_moved_money());
    assert_eq!(script.requests().len(), 0, "a request was sent");
}

fn with_amount(amount: Money) -> NewTransaction {
    NewTransaction::new(order_id("o-1"), amount, "https://shop.example/thanks")
}

#[test]
fn an_amount_must_be_whole_rupees_greater_than_zero() {
    check(with_amount(rupees("300.01")), "amount", "must be whole rupees");
    check(with_amount(rupees("0.99")), "amount", "must be whole rupees");
    check(with_amount(rupees("0")), "amount", "must be greater than zero");
    check(with_amount(rupees("-300")), "amount", "must be greater than zero");
    check(with_amount(Money::from_minor(i64::MIN, Currency::INR)), "amount", "must be greater than zero");
    check(with_amount(Money::from_minor(i64::MAX, Currency::INR)), "amount", "must be whole rupees");
    check(with_amount(Money::from_minor(30_000, Currency::USD)), "amount", "must be in INR");
    check(with_amount(Money::from_minor(30_000, "ABC".parse().unwrap())), "amount", "must be in INR");
}

#[test]
fn whole_rupees_are_sent_as_an_integer() {
    for (amount, text) in [
        (rupees("1"), r#""amount":1,"#),
        (rupees("300.00"), r#""amount":300,"#),
        (Money::from_minor(9_223_372_036_854_775_800, Currency::INR), r#""amount":92233720368547758,"#),
    ] {
        let (client, script) = scripted([]);
        let _ = block_on(client.initiate(with_amount(amount)).send());
        let body = script.requests()[0].body().as_ref().to_vec();
        assert!(String::from_utf8(body).unwrap().contains(text), "{amount}");
    }
}

#[test]
fn a_return_url_must_be_http_or_https() {
    for url in ["shop.example", "ftp://shop.example", "https://", "https:///x", "https://a b", "javascript:alert(1)"] {
        check(
            NewTransaction::new(order_id("o-1"), rupees("1"), url),
            "return_url",
            "must be a URL that starts with https:// or http://",
        );
    }
    check(NewTransaction::new(order_id("o-1"), rupees("1"), ""), "return_url", "empty");
    let long = format!("https://shop.example/{}", "x".repeat(2028));
    assert_eq!(long.len(), 2049);
    check(NewTransaction::new(order_id("o-1"), rupees("1"), long), "return_url", "longer than 2048");
}

#[test]
fn an_order_id_that_could_inject_a_header_is_rejected() {
    for id in ["", " ", "a b", "a\r\nsecret-key: x", "a\n", "a\0", "a\t", "\u{7f}", "ä", "оrder", "a\u{200b}"] {
        assert!(id.parse::<MerchantOrderId>().is_err(), "{id:?}");
    }
    assert!("x".repeat(100).parse::<MerchantOrderId>().is_ok());
    assert_eq!("x".repeat(101).parse::<MerchantOrderId>().unwrap_err().field(), "order_id");
}

#[test]
fn an_order_id_changes_only_its_own_header_and_member() {
    let mut checked = 0;
    let hostile =
        ["..", "../balance", "%2e%2e", "a/b", "a?x=1", "a#b", "\"}", "{{x}}", "'--", "<script>", "$(id)", "a;b"];
    let visible = (0x21..=0x7e_u8).map(|byte| char::from(byte).to_string());
    for id in hostile.map(str::to_owned).into_iter().chain(visible) {
        let (client, script) = scripted([]);
        let _ = block_on(client.lookup(&order_id(&id)).send());
        let request = &script.requests()[0];
        assert_eq!(request.url(), "https://turbo.example/turbo-svc/api/v1/transaction/ext/status-check", "{id}");
        assert_eq!(request.headers().get_all("order-id").iter().collect::<Vec<_>>(), [id.as_str()]);
        assert_eq!(request.headers().len(), 6, "{id}: {:?}", request.headers().keys());

        let (client, script) = scripted([]);
        let _ = block_on(client.initiate(NewTransaction::new(order_id(&id), rupees("1"), "https://a.example")).send());
        let body: std::collections::BTreeMap<String, serde_json::Value> =
            serde_json::from_slice(script.requests()[0].body().as_ref()).unwrap();
        assert_eq!((body.len(), &body["orderId"]), (3, &serde_json::Value::from(id.as_str())));
        checked += 1;
    }
    assert_eq!(checked, 12 + 94);
}

#[test]
fn the_base_url_is_required() {
    let (script, clock) = (Script::new([]), ManualClock::at(time::macros::datetime!(2026-01-02 03:04:05 UTC)));
    let (id, key) = (ClientId::new("id").unwrap(), SecretKey::new("key").unwrap());
    let err = Client::builder(id, key).transport(script.clone()).timer(clock.clone()).build().unwrap_err();
    assert_eq!(err.kind(), ErrorKind::Configuration);
    assert!(err.to_string().contains("`base_url` is required"), "{err}");
    for url in
        ["http://turbo.example", "https://u:p@turbo.example", "https://turbo.example?x", "https://turbo.example#x"]
    {
        let err = builder(&script, &clock).base_url(url).build().unwrap_err();
        assert_eq!(err.param(), Some("base_url"), "{url}");
    }
    assert!(builder(&script, &clock).base_url("http://127.0.0.1:8080/").build().is_ok());
}

#[test]
fn credentials_that_are_not_valid_header_values_are_rejected() {
    for text in ["", "key\n", "k ey", "kéy"] {
        assert_eq!(ClientId::new(text).unwrap_err().field(), "client_id");
        assert_eq!(SecretKey::new(text).unwrap_err().field(), "secret_key");
    }
}

#[test]
fn an_order_id_can_be_a_text_which_is_checked_before_anything_is_sent() {
    let transaction = |id: &str| NewTransaction::new(id, rupees("300"), "https://shop.example/thanks");
    check(transaction(""), "order_id", "must not be empty");
    assert_eq!(transaction("").order_id().unwrap_err().field(), "order_id");
    assert_eq!(transaction("o-1").order_id(), Ok(&order_id("o-1")));
    assert_eq!(transaction("o-1"), NewTransaction::new(order_id("o-1"), rupees("300"), "https://shop.example/thanks"));
}
