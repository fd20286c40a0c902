//! The stored forms of all requests.

use std::collections::BTreeSet;
use std::net::{Ipv6Addr, SocketAddr, SocketAddrV6};
use std::time::Duration;

use payments_core::gateway::{
    CancelRequest, CaptureRequest, ConfirmRequest, PaymentRequest, PayoutRequest, RefundRequest, WriteOperation,
    WriteOptions,
};
use payments_core::time::OffsetDateTime;
use payments_core::{Card, Currency, Expiry, IdempotencyKey, Money};
use proptest::prelude::*;
use serde::de::IgnoredAny;

use super::{Request, StoredRequestError};

const CARD_NUMBER: &str = "5421190122090656";

fn inr(minor: i64) -> Money {
    Money::from_minor(minor, Currency::INR)
}

fn card(holder: &str) -> Card {
    let expiry = Expiry::new(4, 2028).unwrap();
    Card::new(holder, CARD_NUMBER.parse().unwrap(), expiry, "9163".parse().unwrap())
}

fn payment() -> PaymentRequest {
    PaymentRequest::new("P-1", inr(200_000))
}

fn full_payment() -> PaymentRequest {
    payment()
        .customer("CUST-3")
        .payment_method("pm_1")
        .own_page()
        .card(card("MARY MAJOR"))
        .customer_address("198.51.100.7:52144".parse().unwrap())
        .description("Straße \"7\"\n\u{7f}\u{1f600}")
        .return_url("https://shop.example/done?a=1&b=2")
        .failure_url("https://shop.example/failed")
}

fn one_of_each() -> [Request; 6] {
    [
        full_payment().into(),
        ConfirmRequest::new("C-1", "pay_1", "412345678901").into(),
        CaptureRequest::new("K-1", "pay_1", inr(i64::MAX)).into(),
        CancelRequest::new("X-1", "pay_1").into(),
        RefundRequest::new("R-1", "pay_1", Money::from_minor(5, Currency::KWD)).into(),
        PayoutRequest::new("W-1", inr(200_000), "CUST-3", "1234567890", "HDFC0000001").into(),
    ]
}

fn stored(request: impl Into<Request>) -> String {
    String::from_utf8(request.into().to_stored()).unwrap()
}

fn load(operation: WriteOperation, form: &str) -> Result<Request, StoredRequestError> {
    Request::from_stored(operation, Request::VERSION, form.as_bytes(), None)
}

/// An upgrade must not change these: a request that is stored already would differ from the same request.
#[test]
fn the_stored_form_of_a_request_never_changes() {
    let forms = [
        concat!(
            r#"{"reference":"P-1","amount":{"minor":200000,"currency":"INR"},"customer":"CUST-3","payment_method":"pm_1","#,
            r#""own_page":true,"card":true,"customer_address":"198.51.100.7:52144","#,
            "\"description\":\"Straße \\\"7\\\"\\n\u{7f}\u{1f600}\",",
            r#""return_url":"https://shop.example/done?a=1&b=2","failure_url":"https://shop.example/failed"}"#,
        ),
        r#"{"reference":"C-1","payment_id":"pay_1","utr":"412345678901"}"#,
        r#"{"reference":"K-1","payment_id":"pay_1","amount":{"minor":9223372036854775807,"currency":"INR"}}"#,
        r#"{"reference":"X-1","payment_id":"pay_1"}"#,
        r#"{"reference":"R-1","payment_id":"pay_1","amount":{"minor":5,"currency":"KWD"}}"#,
        concat!(
            r#"{"reference":"W-1","amount":{"minor":200000,"currency":"INR"},"customer":"CUST-3","account":"1234567890","#,
            r#""bank":"HDFC0000001"}"#,
        ),
    ];
    assert_eq!(Request::VERSION, 1);
    for (request, form) in one_of_each().into_iter().zip(forms) {
        assert_eq!(stored(request), form);
    }
    assert_eq!(stored(payment()), r#"{"reference":"P-1","amount":{"minor":200000,"currency":"INR"}}"#);
    for address in ["[2001:db8::1]:443", "[fe80::1%3]:1", "[::ffff:192.0.2.1]:443", "[::]:0"] {
        let form = stored(payment().customer_address(address.parse().unwrap()));
        assert!(form.ends_with(&format!(r#","customer_address":"{address}"}}"#)), "{form}");
    }
}

#[test]
fn every_operation_has_a_request() {
    let operations: Vec<_> = one_of_each().iter().map(Request::operation).collect();
    assert_eq!(operations, WriteOperation::ALL);
}

fn text() -> impl Strategy<Value = String> {
    proptest::collection::vec(any::<char>(), 0..12).prop_map(String::from_iter)
}

fn reference() -> impl Strategy<Value = String> {
    let character = any::<char>().prop_map(|c| if c.is_control() { '-' } else { c });
    proptest::collection::vec(character, 1..=255).prop_map(String::from_iter)
}

fn money() -> impl Strategy<Value = Money> {
    (any::<i64>(), "[A-Z]{3}").prop_map(|(minor, code)| Money::from_minor(minor, code.parse().unwrap()))
}

fn option() -> impl Strategy<Value = Option<String>> {
    proptest::option::of(text())
}

fn any_payment() -> impl Strategy<Value = Request> {
    let texts = (option(), option(), option(), option(), option());
    let others = (any::<bool>(), proptest::option::of(any::<SocketAddr>()), proptest::option::of(text()));
    (reference(), money(), texts, others).prop_map(|(reference, amount, texts, (own_page, address, holder))| {
        let mut request = PaymentRequest::new(reference, amount);
        (request.customer, request.payment_method, request.description, request.return_url, request.failure_url) =
            texts;
        request.own_page = own_page;
        request.customer_address = address;
        request.card = holder.map(|holder| card(&holder));
        request.into()
    })
}

fn any_request() -> impl Strategy<Value = Request> {
    prop_oneof![
        any_payment(),
        (reference(), text(), text()).prop_map(|(a, b, c)| ConfirmRequest::new(a, b, c).into()),
        (reference(), text(), money()).prop_map(|(a, b, c)| CaptureRequest::new(a, b, c).into()),
        (reference(), text()).prop_map(|(a, b)| CancelRequest::new(a, b).into()),
        (reference(), text(), money()).prop_map(|(a, b, c)| RefundRequest::new(a, b, c).into()),
        (reference(), money(), text(), text(), text())
            .prop_map(|(a, b, c, d, e)| PayoutRequest::new(a, b, c, d, e).into()),
    ]
}

proptest! {
    #[test]
    fn a_stored_request_is_loaded_as_it_was(request in any_request()) {
        prop_assert_eq!(request.check(), Ok(()));
        let form = request.to_stored();
        let loaded = Request::from_stored(request.operation(), Request::VERSION, &form, None);
        if request.has_card() {
            prop_assert_eq!(loaded, Err(StoredRequestError::CardNotStored));
            prop_assert_ne!(&form, &request.without_card().to_stored(), "a payment without the card is another one");
        } else {
            prop_assert_eq!(loaded.as_ref(), Ok(&request.clone().without_card()));
            let card = card("MARY MAJOR");
            let with_card = Request::from_stored(request.operation(), Request::VERSION, &form, Some(&card));
            prop_assert_eq!(&with_card, &loaded, "a request without a card gets none");
            prop_assert_eq!(loaded.unwrap().to_stored(), form);
        }
    }

    #[test]
    fn bytes_that_are_not_a_stored_request_are_an_error(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
        for operation in WriteOperation::ALL {
            prop_assert!(Request::from_stored(*operation, Request::VERSION, &bytes, None).is_err());
        }
    }
}

/// The names of a struct's members, as the derived `Debug` prints them.
fn debug_members(request: &impl std::fmt::Debug) -> BTreeSet<String> {
    let lines = format!("{request:#?}");
    let members = lines.lines().filter_map(|line| line.strip_prefix("    ")?.split_once(": "));
    members.map(|(name, _)| name.to_owned()).filter(|name| !name.starts_with(' ')).collect()
}

fn stored_members(request: &Request) -> BTreeSet<String> {
    let form: std::collections::BTreeMap<String, IgnoredAny> = serde_json::from_slice(&request.to_stored()).unwrap();
    form.into_keys().chain(["options".to_owned()]).collect()
}

#[track_caller]
fn stores_all_members<T: std::fmt::Debug + Clone + Into<Request>>(request: &T) {
    assert_eq!(debug_members(request), stored_members(&request.clone().into()));
}

/// If this fails, a request has a new member: store it, leave its default out, and let `any_request` set it.
#[test]
fn no_member_of_a_request_is_forgotten() {
    stores_all_members(&full_payment());
    stores_all_members(&CaptureRequest::new("K-1", "pay_1", inr(1)));
    stores_all_members(&CancelRequest::new("X-1", "pay_1"));
    stores_all_members(&RefundRequest::new("R-1", "pay_1", inr(1)));
    // `Debug` of the others omits private members. Their sizes are those of what is stored, and a new member adds to them.
    assert_eq!(size_of::<ConfirmRequest>(), size_of::<([String; 3], WriteOptions)>());
    assert_eq!(size_of::<PayoutRequest>(), size_of::<([String; 4], Money, WriteOptions)>());
}

#[test]
fn a_request_whose_stored_form_loses_a_member_cannot_be_recorded() {
    let lost = Request::from(payment().customer("CUST-3"));
    let err = lost.check_stored(&Request::from(payment()).to_stored()).unwrap_err().to_string();
    assert_eq!(err, "`request` has a member that this version of the journal cannot store");
    assert!(lost.check_stored(b"").is_err());
    assert_eq!(lost.check_stored(&lost.to_stored()), Ok(()));
}

#[test]
fn the_flow_label_of_an_address_is_not_stored() {
    let address = SocketAddrV6::new(Ipv6Addr::LOCALHOST, 443, 7, 0);
    let request = Request::from(payment().customer_address(address.into()));
    assert_eq!(request.check(), Ok(()));
    assert_eq!(stored(request), stored(payment().customer_address("[::1]:443".parse().unwrap())));
}

#[test]
fn nothing_of_a_card_is_stored() {
    let request = Request::from(payment().card(card("MARY MAJOR")));
    assert!(request.has_card());
    assert_eq!(request.check(), Ok(()));
    let form = stored(request.clone());
    assert_eq!(form, r#"{"reference":"P-1","amount":{"minor":200000,"currency":"INR"},"card":true}"#);
    for width in 4..=CARD_NUMBER.len() {
        for digits in CARD_NUMBER.as_bytes().windows(width) {
            assert!(!form.contains(std::str::from_utf8(digits).unwrap()), "{form}");
        }
    }
    for secret in ["9163", "MARY", "MAJOR", "2028", "\"28\"", "04"] {
        assert!(!form.contains(secret), "{form} contains {secret}");
    }
    assert_eq!(form, stored(payment().card(card("JOHN DOE"))));

    let err = load(WriteOperation::StartPayment, &form).unwrap_err();
    assert_eq!(
        err.to_string(),
        "the request has a card, which is never stored, so only the process that recorded it can send it"
    );
}

#[track_caller]
fn unreadable(operation: WriteOperation, form: &str, expected: &str) {
    let err = load(operation, form).unwrap_err().to_string();
    assert_eq!(err, format!("the stored request cannot be read: {expected}"));
}

#[test]
fn a_stored_form_that_this_journal_does_not_know_is_an_error() {
    let cancel = stored(CancelRequest::new("X-1", "pay_1"));
    let err = Request::from_stored(WriteOperation::Cancel, 2, cancel.as_bytes(), None).unwrap_err().to_string();
    assert_eq!(err, "the stored request has version 2, and this version of the journal reads version 1");

    let new_member = cancel.replace('}', r#","reason":"4111111111111111"}"#);
    unreadable(WriteOperation::Cancel, &new_member, "reason: unknown field, expected `reference` or `payment_id`");
    unreadable(WriteOperation::Capture, &cancel, "missing field `amount`");
    unreadable(WriteOperation::Cancel, r#"["X-1","pay_1"]"#, "is not an object");
    unreadable(WriteOperation::Cancel, "", "the body ends before its JSON does");
    unreadable(
        WriteOperation::Cancel,
        &cancel.replace("}", r#","payment_id":"pay_2"}"#),
        "duplicate field `payment_id`",
    );
}

#[test]
fn an_amount_is_loaded_only_from_an_integer() {
    let capture = |minor: &str| {
        format!(r#"{{"reference":"K-1","payment_id":"pay_1","amount":{{"minor":{minor},"currency":"INR"}}}}"#)
    };
    assert_eq!(load(WriteOperation::Capture, &capture("-5")).unwrap().amount(), Some(inr(-5)));
    for minor in ["1.0", "1e2", "\"1\"", "9223372036854775808", "null"] {
        load(WriteOperation::Capture, &capture(minor)).unwrap_err();
    }
    let form = capture("5").replace("\"INR\"", r#""INR","exponent":3"#);
    unreadable(WriteOperation::Capture, &form, "amount.exponent: unknown field, expected `minor` or `currency`");
}

#[test]
fn a_request_with_options_of_its_own_cannot_be_recorded() {
    let key = IdempotencyKey::new("key-1", OffsetDateTime::UNIX_EPOCH).unwrap();
    let cancel = || CancelRequest::new("X-1", "pay_1");
    let requests = [
        (cancel().created_at(OffsetDateTime::UNIX_EPOCH), "created_at"),
        (cancel().idempotency_key(key), "idempotency_key"),
        (cancel().timeout(Duration::from_secs(1)), "timeout"),
    ];
    for (request, field) in requests {
        let err = Request::from(request).check().unwrap_err().to_string();
        assert_eq!(err, format!("`{field}` must not be set, because the journal sets it"));
    }
}

#[test]
fn the_journal_sets_the_options_of_every_request() {
    let mut options = WriteOptions::default();
    options.timeout = Some(Duration::from_secs(1));
    for request in one_of_each() {
        assert_eq!(request.check(), Ok(()));
        let form = request.to_stored();
        let request = request.with_options(options.clone());
        assert_eq!(request.check().unwrap_err().field(), "timeout");
        assert_eq!(request.to_stored(), form, "options are not stored");
        assert_eq!(request.with_options(WriteOptions::default()).check(), Ok(()));
    }
}

#[test]
fn a_reference_has_1_to_255_characters_and_no_control_characters() {
    let check = |reference: &str| Request::from(CancelRequest::new(reference, "pay_1")).check();
    assert_eq!(check(&"ş".repeat(255)), Ok(()));
    for (reference, rule) in [
        ("", "must not be empty"),
        (&*"a".repeat(256), "must not be longer than 255 characters; it has 256"),
        ("X-1\n", "must not contain control characters"),
        ("\0", "must not contain control characters"),
        ("X\u{85}1", "must not contain control characters"),
    ] {
        assert_eq!(check(reference).unwrap_err().to_string(), format!("`reference` {rule}"));
    }
}

#[test]
fn a_request_tells_its_reference_amount_and_payment() {
    let all = one_of_each();
    let facts: Vec<_> = all.iter().map(|it| (it.reference(), it.amount(), it.payment_id(), it.has_card())).collect();
    let expected = [
        ("P-1", Some(inr(200_000)), None, true),
        ("C-1", None, Some("pay_1"), false),
        ("K-1", Some(inr(i64::MAX)), Some("pay_1"), false),
        ("X-1", None, Some("pay_1"), false),
        ("R-1", Some(Money::from_minor(5, Currency::KWD)), Some("pay_1"), false),
        ("W-1", Some(inr(200_000)), None, false),
    ];
    assert_eq!(facts, expected);
}
