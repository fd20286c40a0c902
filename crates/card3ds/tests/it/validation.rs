//! Validation before any I/O: invalid parameters are errors that name the parameter.

use card3ds::{
    ApiKey, ApiSecret, Call, Card, CheckoutId, Client, Currency, CustomerId, ErrorKind, Expiry, InstallmentQuery,
    MerchantOrderId, Money, NewCheckout, NewPayment, NewThreeDsPayment, Outcome, PaymentId, ReturnUrls,
};
use payments_core::test_util::Script;

use crate::support::{
    CVV, PAN, body_of, builder, card, lira, now, payment, payment_id, payment_of, scripted, three_ds, urls,
};

/// Checks that the call fails for this field and rule, and that nothing is sent.
#[track_caller]
fn check<T: std::fmt::Debug + Send>(call: impl FnOnce(&Client) -> Call<T>, field: &str, rule: &str) {
    let (client, script) = scripted([]);
    let err = now(call(&client).send()).unwrap_err();
    assert_eq!((err.kind(), err.outcome(), err.attempts()), (ErrorKind::InvalidRequest, Outcome::NotSent, 0), "{err}");
    assert_eq!(err.param(), Some(field), "{err}");
    assert!(err.to_string().contains(rule), "{err}");
    assert_eq!(script.requests().len(), 0, "a request was sent");
}

fn payment_from(address: &str) -> NewPayment {
    NewPayment::new("ORD-12345", lira("100.50"), card(), address.parse().unwrap())
}

fn checkout(description: &str, callback: &str) -> NewCheckout {
    NewCheckout::new("ORD-12345", lira("100.50"), description, callback)
}

#[test]
fn every_operation_rejects_amounts_that_cannot_be_charged() {
    let not_positive = [lira("0"), lira("-5")].map(|amount| (amount, "amount", "must be greater than zero"));
    let unknown_currency =
        (Money::from_minor(100, "ABC".parse().unwrap()), "currency", "the number of decimals of ABC is unknown");
    for (amount, field, rule) in not_positive.into_iter().chain([unknown_currency]) {
        check(|client| client.create_payment(payment_of(amount)), field, rule);
        check(|client| client.pre_authorize(payment_of(amount)), field, rule);
        check(|client| client.capture_payment(&payment_id(), amount), field, rule);
        check(|client| client.start_3ds(NewThreeDsPayment::new(payment_of(amount), urls())), field, rule);
        check(|client| client.installment_options(InstallmentQuery::new(amount, card().number().clone())), field, rule);
        let checkout = NewCheckout::new("o", amount, "d", "https://m.example");
        check(|client| client.create_checkout(checkout), field, rule);
    }
}

#[test]
fn invalid_cards_are_rejected() {
    for pan in ["", "411111111111", "5421190122090657", "54211901220906561234", "5421x90122090656"] {
        assert!(pan.parse::<card3ds::CardNumber>().is_err(), "{pan}");
    }
    assert!(Expiry::new(13, 2028).is_err() && Expiry::new(0, 2028).is_err() && Expiry::new(4, 128).is_err());
    assert!("91".parse::<card3ds::SecurityCode>().is_err());
    let without_holder = Card::new("", PAN.parse().unwrap(), Expiry::new(4, 2028).unwrap(), CVV.parse().unwrap());
    let payment = NewPayment::new("o", lira("1"), without_holder, "192.168.1.1:8080".parse().unwrap());
    check(|client| client.create_payment(payment), "holder", "must not be empty");
}

#[test]
fn the_expiry_month_and_year_are_sent_with_two_digits() {
    for (month, year, wire) in [
        (1, 2030, r#""expiryMonth":"01","expiryYear":"30""#),
        (12, 2099, r#""expiryMonth":"12","expiryYear":"99""#),
        (9, 2003, r#""expiryMonth":"09","expiryYear":"03""#),
    ] {
        let card = Card::new("J", PAN.parse().unwrap(), Expiry::new(month, year).unwrap(), CVV.parse().unwrap());
        let (client, script) = scripted([]);
        let payment = NewPayment::new("o", lira("1"), card, "192.168.1.1:8080".parse().unwrap());
        let _ = now(client.create_payment(payment).send());
        assert!(body_of(&script).contains(wire), "{}", body_of(&script));
    }
}

#[test]
fn ip_addresses_are_sent_in_their_shortest_form() {
    for (address, wire) in [
        ("192.168.1.1:8080", r#""requestIp":"192.168.1.1","requestPort":8080"#),
        ("[2001:db8::7]:65535", r#""requestIp":"2001:db8::7","requestPort":65535"#),
        ("[::ffff:198.51.100.7]:1", r#""requestIp":"198.51.100.7","requestPort":1"#),
    ] {
        let (client, script) = scripted([]);
        let _ = now(client.create_payment(payment_from(address)).send());
        assert!(body_of(&script).contains(wire), "{}", body_of(&script));
    }
    check(|client| client.create_payment(payment_from("192.168.1.1:0")), "requested_from", "port from 1 to 65535");
}

#[test]
fn return_urls_and_callback_urls_must_be_http_or_https() {
    for invalid in
        ["", "example.com", "ftp://example.com", "https://", "https:///x", "javascript:alert(1)", "https://a b"]
    {
        let urls = |success: &str, failure: &str| ReturnUrls { success: success.into(), failure: failure.into() };
        let start = NewThreeDsPayment::new(payment(), urls(invalid, "https://m.example"));
        check(|client| client.start_3ds(start), "urls.success", "");
        let start = NewThreeDsPayment::new(payment(), urls("https://m.example", invalid));
        check(|client| client.start_3ds(start), "urls.failure", "");
        check(|client| client.create_checkout(checkout("d", invalid)), "callback", "");
    }
    // The document limits no length.
    let long = format!("https://m.example/{}", "x".repeat(5000));
    let (client, script) = scripted([]);
    let _ = now(client.create_checkout(checkout("d", &long)).send());
    assert!(body_of(&script).contains(&long));
}

#[test]
fn zero_installments_and_empty_texts_are_rejected() {
    check(|client| client.start_3ds(three_ds().installments(0)), "installments", "1 or more");
    let query = || InstallmentQuery::new(lira("1"), card().number().clone());
    check(|client| client.installment_options(query().max_installments(0)), "max_installments", "1 or more");
    let checkout = |description| checkout(description, "https://m.example");
    check(|client| client.create_checkout(checkout("d").max_installments(0)), "max_installments", "1 or more");
    check(|client| client.create_checkout(checkout("")), "description", "must not be empty");
}

#[test]
fn ids_must_be_safe_in_a_path() {
    for id in ["", ".", "..", "a/b", "a?b", "a#b", "a%2e", "a b", "a\r\nX: y", "a\0", "ä", &"x".repeat(256)] {
        assert!(id.parse::<PaymentId>().is_err(), "{id:?}");
        assert!(id.parse::<CheckoutId>().is_err(), "{id:?}");
    }
    // The errors name the Rust parameter.
    assert_eq!("".parse::<MerchantOrderId>().unwrap_err().field(), "order_id");
    assert_eq!("".parse::<CustomerId>().unwrap_err().field(), "customer_id");
    assert_eq!("".parse::<PaymentId>().unwrap_err().field(), "payment_id");
    assert_eq!("".parse::<CheckoutId>().unwrap_err().field(), "checkout_id");
    let any: MerchantOrderId = "any text / at \"all\" \u{1F600}".parse().unwrap();
    let (client, script) = scripted([]);
    let _ =
        now(client.create_payment(NewPayment::new(any, lira("1"), card(), "192.168.1.1:80".parse().unwrap())).send());
    assert!(
        body_of(&script).starts_with("{\"orderId\":\"any text / at \\\"all\\\" \u{1F600}\","),
        "{}",
        body_of(&script)
    );
}

#[test]
fn the_base_url_is_required_and_must_be_safe() {
    let builder_without_url = || Client::builder(ApiKey::new("k").unwrap(), ApiSecret::new("s").unwrap());
    let err = builder_without_url().build().unwrap_err();
    assert_eq!((err.kind(), err.outcome()), (ErrorKind::Configuration, Outcome::NotSent));
    assert!(err.to_string().contains("`base_url` is required"), "{err}");
    for unsafe_url in ["http://acquirer.example", "https://user:pass@acquirer.example", "https://acquirer.example?x=1"]
    {
        assert_eq!(builder_without_url().base_url(unsafe_url).build().unwrap_err().param(), Some("base_url"));
    }
    let script = Script::new([]);
    let client = builder(&script).base_url("http://127.0.0.1:9/").build().unwrap();
    let _ = now(client.create_payment(payment()).send());
    assert_eq!(script.requests()[0].url(), "http://127.0.0.1:9/api/payment");
}

#[test]
fn credentials_must_be_visible_ascii_without_whitespace() {
    for text in ["", "key\n", " key", "k ey", "schlüssel"] {
        assert_eq!(ApiKey::new(text).unwrap_err().field(), "api_key");
        assert_eq!(ApiSecret::new(text).unwrap_err().field(), "api_secret");
    }
}

#[test]
fn a_currency_is_sent_as_its_code() {
    let (client, script) = scripted([]);
    let _ = now(client.create_payment(payment_of(Money::parse("12.5", Currency::EUR).unwrap())).send());
    assert!(body_of(&script).contains(r#""amount":12.50,"currency":"EUR""#));
}

#[test]
fn an_id_can_be_a_text_which_is_checked_before_anything_is_sent() {
    let new = |id: &str| NewPayment::new(id, lira("100.50"), card(), "198.51.100.7:1".parse().unwrap());
    let checkout = |id: &str| NewCheckout::new(id, lira("100.50"), "a book", "https://shop.example/callback");
    check(|client| client.create_payment(new("")), "order_id", "must not be empty");
    check(|client| client.pre_authorize(new("")), "order_id", "must not be empty");
    check(|client| client.create_payment(new("ORD-1").customer("")), "customer_id", "must not be empty");
    check(|client| client.start_3ds(NewThreeDsPayment::new(new(""), urls())), "order_id", "must not be empty");
    check(|client| client.create_checkout(checkout("")), "order_id", "must not be empty");
    check(|client| client.create_checkout(checkout("ORD-1").customer("")), "customer_id", "must not be empty");
    assert_eq!(new("").order_id().unwrap_err().field(), "order_id");
    assert_eq!(checkout("ORD-1").order_id().unwrap().as_str(), "ORD-1");
}
