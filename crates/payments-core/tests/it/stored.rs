//! The stored form of models and values.

use payments_core::json::{self, RawJson, UnreadableMembers};
use payments_core::stored::{Stored, StoredAs};
use payments_core::time::{Duration, OffsetDateTime};
use payments_core::{
    AmountUnreadable, ErrorKind, IdempotencyKey, Outcome, PaymentStatus, ReportedAmount, ReportedCurrency,
    deciding_members, mask_card_numbers,
};
use proptest::prelude::*;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Refund {
    stored: StoredAs<Self>,
    id: String,
    amount: ReportedAmount,
    currency: ReportedCurrency,
    #[serde(with = "json::raw_text")]
    raw: RawJson,
    #[serde(with = "json::raw_text_option")]
    note: Option<RawJson>,
    unreadable: UnreadableMembers,
}

impl Stored for Refund {
    const TAG: &'static str = "acme-pay.refund/1";
}

#[derive(Deserialize)]
struct WireRefund {
    id: String,
    #[serde(default, deserialize_with = "json::amount")]
    amount: ReportedAmount,
    #[serde(default, deserialize_with = "json::currency")]
    currency: ReportedCurrency,
    #[serde(default)]
    note: Option<RawJson>,
}

deciding_members!(WireRefund: "id");

fn refund(amount: &str, currency: &str, note: &str) -> Refund {
    let body = format!(r#"{{"id":"re_1","amount":{amount},"currency":{currency},"note":{note}}}"#);
    let read = json::read::<WireRefund>(body.as_bytes()).unwrap();
    let raw = read.raw();
    let WireRefund { id, amount, currency, note } = read.value;
    Refund {
        stored: StoredAs::new(),
        id,
        amount: read.unreadable.amount("amount", amount),
        currency: read.unreadable.currency("currency", currency),
        raw,
        note,
        unreadable: read.unreadable,
    }
}

fn store(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap()
}

/// Loads a value in every way that databases and their libraries use.
#[track_caller]
fn load<T: DeserializeOwned + PartialEq + std::fmt::Debug>(text: &str) -> T {
    let loaded: T = serde_json::from_str(text).unwrap();
    assert_eq!(serde_json::from_slice::<T>(text.as_bytes()).unwrap(), loaded);
    assert_eq!(serde_json::from_reader::<_, T>(text.as_bytes()).unwrap(), loaded);
    let value: serde_json::Value = serde_json::from_str(text).unwrap();
    assert_eq!(serde_json::from_value::<T>(value).unwrap(), loaded);
    loaded
}

#[test]
fn a_model_is_loaded_as_it_was_stored() {
    let stored = store(&refund("300.10", "\"INR\"", "null"));
    assert_eq!(
        stored,
        r#"{"stored":"acme-pay.refund/1","id":"re_1","amount":"300.10","currency":"INR","raw":"{\"id\":\"re_1\",\"amount\":300.10,\"currency\":\"INR\",\"note\":null}","note":null,"unreadable":[]}"#
    );
    assert_eq!(load::<Refund>(&stored), refund("300.10", "\"INR\"", "null"));
}

#[test]
fn a_model_without_its_tag_is_not_loaded_and_the_error_names_the_tag() {
    let stored = store(&refund("300.10", "\"INR\"", "null"));
    let tag = r#""stored":"acme-pay.refund/1","#;
    for replacement in [
        "",
        r#""stored":null,"#,
        r#""stored":"","#,
        r#""stored":"acme-pay.payment/1","#,
        r#""stored":"acme-pay.refund/2","#,
        r#""stored":"ACME-PAY.REFUND/1","#,
    ] {
        let error = serde_json::from_str::<Refund>(&stored.replace(tag, replacement)).unwrap_err().to_string();
        assert!(error.starts_with("the member `stored` must be `acme-pay.refund/1`"), "{replacement}: {error}");
    }
    for replacement in [r#""stored":1,"#, r#""stored":[],"#, r#""stored":{},"#, &format!("{tag}{tag}")] {
        assert!(serde_json::from_str::<Refund>(&stored.replace(tag, replacement)).is_err(), "{replacement}");
    }
}

#[test]
fn a_message_of_the_provider_is_not_loaded_as_a_model() {
    let message = r#"{"id":"re_1","amount":"300.10","currency":"INR","raw":"{}","note":null,"unreadable":[]}"#;
    assert!(serde_json::from_str::<Refund>(message).is_err());
    assert!(serde_json::from_str::<Refund>(r#"["re_1","300.10","INR","{}",null,[]]"#).is_err());
}

#[test]
fn an_unreadable_amount_is_never_loaded_as_missing_or_exact() {
    for text in ["", "null", "300.10", "1,500", "\"\"", "{}", "1e400"] {
        let amount = ReportedAmount::Unreadable(text.into());
        assert_eq!(load::<ReportedAmount>(&store(&amount)), amount);
        let currency = ReportedCurrency::Unreadable(text.into());
        assert_eq!(load::<ReportedCurrency>(&store(&currency)), currency);
    }
    for form in ["300.10", "true", "\"1,500\"", "\"\"", "{}", r#"{"unreadable":"1","exact":"1"}"#, r#"{"exact":"1"}"#] {
        assert!(serde_json::from_str::<ReportedAmount>(form).is_err(), "{form}");
    }
    // An amount that occurs twice was dropped, and its text may be unknown.
    let twice = refund("100,\"amount\":200", "\"INR\"", "null");
    assert_eq!(load::<Refund>(&store(&twice)), twice);
    assert!(load::<Refund>(&store(&twice)).amount.decimal().unwrap_err().raw().is_some());
}

#[test]
fn an_exact_amount_keeps_all_its_digits() {
    for digits in
        ["123456789012345678.9012345678", "0.0000000000000000000000000001", "-5", "100.50", "9007199254740993"]
    {
        let stored = refund(digits, "\"INR\"", "null");
        let loaded = load::<Refund>(&store(&stored));
        assert_eq!(loaded.amount.text().as_deref(), Some(digits));
    }
}

#[test]
fn unreadable_members_are_stored() {
    let stored = refund("1", "\"INR\"", "null");
    let body = r#"{"id":7,"amount":1}"#;
    let unreadable = json::read::<WireRefund>(body.as_bytes()).unwrap().unreadable;
    assert!(unreadable.concerns("id"));
    let stored = Refund { unreadable, ..stored };
    assert_eq!(load::<Refund>(&store(&stored)), stored);
}

#[test]
fn card_numbers_and_security_codes_are_not_in_the_stored_form() {
    let pan = "4111111111111111";
    let note = format!(
        r#"{{"text":"card {pan}","number":{pan},"escaped":"\u0034111111111111111","cvc":"987","CVV2":986,"security_code":"985","cvvs":"1","list":[{pan}]}}"#
    );
    let stored = store(&refund(&format!("\"{pan}x\""), &format!("\"{pan}\""), &note));
    for secret in [pan, "987", "986", "985", "34111111111111111"] {
        assert!(!stored.contains(secret), "{secret} in {stored}");
    }
    let loaded = load::<Refund>(&stored);
    let note = loaded.note.unwrap();
    assert_eq!(
        note.as_str(),
        r#"{"text":"card 411111******1111","number":"411111******1111","escaped":"411111******1111","cvc":"[redacted]","CVV2":"[redacted]","security_code":"[redacted]","cvvs":"1","list":["411111******1111"]}"#
    );
    let error = AmountUnreadable::new(Some(pan), "the amount is not a plain number");
    assert!(!store(&error).contains(pan));
}

#[test]
fn no_spelling_of_a_json_text_hides_a_card_number_or_a_security_code() {
    for (note, stored) in [
        // Half of a surrogate pair.
        (r#""4111111111111111\ud83d""#, r#""411111******1111�""#),
        (r#""\udc004111111111111111""#, r#""�411111******1111""#),
        (r#"{"cvc":"987\ud83d"}"#, r#"{"cvc":"[redacted]"}"#),
        // An escape in the member's name, and values of every form.
        (r#"{"\u0063vc" : "987"}"#, r#"{"\u0063vc" : "[redacted]"}"#),
        (r#"{"cvc":["987"],"a":1.50}"#, r#"{"cvc":"[redacted]","a":1.50}"#),
        (r#"{"cvc": {"value":"987","b":[986]} ,"a":[]}"#, r#"{"cvc": "[redacted]" ,"a":[]}"#),
        (r#"[{"cvv":987}]"#, r#"[{"cvv":"[redacted]"}]"#),
        // What is no security code stays.
        (r#"[{"cvc":null},"abc",{"cvc": null},7]"#, r#"[{"cvc":null},"abc",{"cvc": null},7]"#),
        (r#"["cvc","987",{"a":"cvc"}]"#, r#"["cvc","987",{"a":"cvc"}]"#),
    ] {
        let loaded = load::<Refund>(&store(&refund("1", "\"INR\"", note)));
        assert_eq!(loaded.note.unwrap().as_str(), stored, "{note}");
    }
}

#[test]
fn an_object_in_place_of_an_amount_or_a_text_shows_no_security_code() {
    let card = r#"{"number":4111111111111111,"cvc":"987"}"#;
    let read = refund(card, card, "null");
    let body = format!(r#"{{"id":"re_1","amount":1,"name":{card}}}"#);
    #[derive(Deserialize)]
    struct Named {
        #[serde(rename = "name")]
        _name: Option<String>,
    }
    deciding_members!(Named: "id");
    let unreadable = json::read::<Named>(body.as_bytes()).unwrap().unreadable;
    assert!(unreadable.concerns("name"));
    let error = read.amount.decimal().unwrap_err();
    for text in [store(&read), store(&unreadable), store(&error), format!("{read:?} {error} {error:?}")] {
        let text = text.replace(r#""raw":"{\"id\""#, "");
        assert!(!text.contains("987") && !text.contains("4111111111111111"), "{text}");
    }
}

#[test]
fn a_missing_amount_is_loaded_from_formats_with_none_in_place_of_null() {
    /// What CBOR and RON have in place of `null`.
    struct Nothing;
    impl<'de> serde::Deserializer<'de> for Nothing {
        type Error = serde::de::value::Error;
        fn deserialize_any<V: serde::de::Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
            visitor.visit_none()
        }
        serde::forward_to_deserialize_any! {
            bool i8 i16 i32 i64 u8 u16 u32 u64 f32 f64 char str string bytes byte_buf option unit unit_struct
            newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
        }
    }
    assert_eq!(ReportedAmount::deserialize(Nothing), Ok(ReportedAmount::Missing));
    assert_eq!(ReportedCurrency::deserialize(Nothing), Ok(ReportedCurrency::Missing));
}

#[test]
fn a_text_that_is_not_json_is_not_loaded_as_json() {
    let stored = store(&refund("1", "\"INR\"", "null"));
    assert!(serde_json::from_str::<Refund>(&stored.replace(r#""raw":"{"#, r#""raw":"{{"#)).is_err());
    assert!(serde_json::from_str::<Refund>(&stored.replace(r#""note":null"#, r#""note":"x""#)).is_err());
    assert!(serde_json::from_str::<Refund>(&stored.replace(r#""note":null"#, r#""note":{}"#)).is_err());
}

#[test]
fn a_loaded_key_may_have_been_used() {
    let created_at = OffsetDateTime::UNIX_EPOCH + Duration::nanoseconds(1_704_067_200_123_456_789);
    let key = IdempotencyKey::new("order-7421", created_at).unwrap();
    let unused = key.clone().assume_unused();
    let text = r#"{"value":"order-7421","created_at":"2024-01-01T00:00:00.123456789Z"}"#;
    assert_eq!((store(&key).as_str(), store(&unused).as_str()), (text, text));
    assert_eq!(load::<IdempotencyKey>(text), key);
    assert!(load::<IdempotencyKey>(text).may_have_been_used());
    for text in [
        r#"{"value":"order-7421"}"#,
        r#"{"value":"","created_at":"2024-01-01T00:00:00Z"}"#,
        r#"{"value":"a b","created_at":"2024-01-01T00:00:00Z"}"#,
        r#"{"value":"order-7421","created_at":"2024-01-01"}"#,
        r#"{"value":"order-7421","created_at":1704067200}"#,
    ] {
        assert!(serde_json::from_str::<IdempotencyKey>(text).is_err(), "{text}");
    }
}

#[test]
fn outcomes_and_kinds_are_stored_in_snake_case() {
    for (outcome, text) in
        [(Outcome::NotSent, "not_sent"), (Outcome::Refused, "refused"), (Outcome::Unknown, "unknown")]
    {
        assert_eq!(store(&outcome), format!("\"{text}\""));
        assert_eq!(load::<Outcome>(&store(&outcome)), outcome);
    }
    for (kind, text) in [
        (ErrorKind::InvalidRequest, "invalid_request"),
        (ErrorKind::Authentication, "authentication"),
        (ErrorKind::Permission, "permission"),
        (ErrorKind::NotFound, "not_found"),
        (ErrorKind::Conflict, "conflict"),
        (ErrorKind::Declined, "declined"),
        (ErrorKind::NotFinal, "not_final"),
        (ErrorKind::Throttled, "throttled"),
        (ErrorKind::ProviderFailure, "provider_failure"),
        (ErrorKind::Timeout, "timeout"),
        (ErrorKind::Cancelled, "cancelled"),
        (ErrorKind::Connection, "connection"),
        (ErrorKind::MalformedResponse, "malformed_response"),
        (ErrorKind::Configuration, "configuration"),
        (ErrorKind::Unsupported, "unsupported"),
    ] {
        assert_eq!(store(&kind), format!("\"{text}\""));
        assert_eq!(load::<ErrorKind>(&store(&kind)), kind);
    }
}

#[test]
fn an_unknown_outcome_or_kind_is_an_error_that_names_the_value() {
    for text in ["maybe", "Unknown", "not sent", ""] {
        let outcome = serde_json::from_str::<Outcome>(&store(&text)).unwrap_err().to_string();
        let kind = serde_json::from_str::<ErrorKind>(&store(&text)).unwrap_err().to_string();
        for error in [outcome, kind] {
            assert!(error.contains(&format!("`{text}`")), "{error}");
        }
    }
}

#[test]
fn an_unknown_status_is_kept_and_never_becomes_a_known_one() {
    for status in [
        PaymentStatus::AwaitingCustomer,
        PaymentStatus::Succeeded,
        PaymentStatus::ChargedBack,
        PaymentStatus::Unknown("succeeded".to_owned()),
        PaymentStatus::Unknown("on_the_moon".to_owned()),
        PaymentStatus::Unknown(String::new()),
    ] {
        assert_eq!(load::<PaymentStatus>(&store(&status)), status);
    }
    assert_eq!(store(&PaymentStatus::AwaitingCustomer), "\"awaiting_customer\"");
    assert_eq!(store(&PaymentStatus::ChargedBack), "\"charged_back\"");
    assert_eq!(store(&PaymentStatus::Unknown("succeeded".to_owned())), r#"{"unknown":"succeeded"}"#);
    assert!(serde_json::from_str::<PaymentStatus>("\"on_the_moon\"").is_err());
}

/// Any JSON value, with numbers of any length.
fn any_json() -> impl Strategy<Value = String> {
    let scalar = prop_oneof![
        Just("null".to_owned()),
        Just("true".to_owned()),
        "-?(0|[1-9][0-9]{0,40})(\\.[0-9]{1,40})?([eE][+-]?[0-9]{1,4})?",
        ".{0,30}".prop_map(|text| store(&text)),
        "-?[0-9]{1,8}([.,][0-9]{1,3}){0,2}".prop_map(|text| store(&text)),
        "[A-Z]{3}|[0-9]{3}".prop_map(|text| store(&text)),
    ];
    scalar.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(|items| format!("[{}]", items.join(", "))),
            prop::collection::vec((".{0,6}", inner), 0..4).prop_map(|members| {
                let members: Vec<_> =
                    members.iter().map(|(name, value)| format!("{}:\n{value}", store(name))).collect();
                format!("{{{}}}", members.join(","))
            }),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_was_read_is_what_is_loaded(amount in any_json(), currency in any_json(), note in any_json()) {
        let read = refund(&amount, &currency, &note);
        let stored = store(&read);
        let loaded = load::<Refund>(&stored);
        prop_assert_eq!(loaded.amount.decimal().ok(), read.amount.decimal().ok());
        prop_assert_eq!(loaded.amount == ReportedAmount::Missing, read.amount == ReportedAmount::Missing);
        prop_assert_eq!(loaded.currency.if_reported().ok(), read.currency.if_reported().ok());
        prop_assert_eq!(store(&loaded), stored.clone());
        if !stored.contains('*') {
            prop_assert_eq!(loaded, read);
        }
    }

    #[test]
    fn a_masked_text_stays_the_same_when_it_is_masked_again(text in "([0-9]{1,40}[ .x-]){1,6}|[0-9 ]{12,80}") {
        let masked = mask_card_numbers(&text);
        prop_assert_eq!(mask_card_numbers(&masked), masked);
    }

    #[test]
    fn a_masked_text_is_json_of_the_same_shape(note in any_json()) {
        let loaded = load::<Refund>(&store(&refund("1", "\"INR\"", &note)));
        prop_assert!(serde_json::from_str::<serde::de::IgnoredAny>(loaded.raw.as_str()).is_ok());
    }
}
