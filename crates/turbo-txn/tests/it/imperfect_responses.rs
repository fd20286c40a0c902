//! Responses that differ from the documentation are read as far as no decision depends on the difference.

use payments_core::gateway::{Lookup as _, PaymentRequest, StartPayment as _};
use payments_core::test_util::Reply;
use payments_core::{ErrorKind, Expected, Mismatch, Outcome, PaymentStatus};
use proptest::prelude::*;
use turbo_txn::{Error, Transaction, TxnDetails, TxnStatus};

use crate::any_value::any_value;
use crate::support::{block_on, new_transaction, order_id, rupees, scripted};

const DETAILS: &str = r#"{"statusCode":200,"message":"Found","status":"OK","success":true,"timestamp":"2025-03-21T15:35:43Z","data":{"utr":"402393486736","orderId":"order-7421","txnStatus":"Approved","amount":300}}"#;
const TRANSACTION: &str = r#"{"statusCode":200,"message":"Created","status":"OK","success":true,"timestamp":"2025-03-21T15:35:43Z","data":{"txnId":"5NNGB2SV","orderId":"order-7421","amount":300.01,"sdkUrl":"https://pay.example/x"}}"#;

/// Returns the documented response with one part replaced.
#[track_caller]
fn with(response: &str, part: &str, replacement: &str) -> String {
    assert!(response.contains(part), "{part} is not in the response");
    response.replacen(part, replacement, 1)
}

fn lookup(body: impl Into<Vec<u8>>) -> Result<TxnDetails, Error> {
    let (client, _) = scripted([Reply::new(200, body.into())]);
    block_on(client.lookup(&order_id("order-7421")).retry(turbo_txn::RetryPolicy::none()).send())
}

fn initiate(body: impl Into<Vec<u8>>) -> Result<Transaction, Error> {
    let (client, script) = scripted([Reply::new(200, body.into()), Reply::lost()]);
    let sent = block_on(client.initiate(new_transaction()).send());
    assert_eq!(script.requests().len(), 1, "an initiation must not be sent again");
    sent
}

fn notes(members: &turbo_txn::UnreadableMembers) -> Vec<(&str, &str)> {
    members.iter().map(|member| (&*member.path, &*member.raw)).collect()
}

fn expected(amount: &str) -> Expected {
    Expected::new("order-7421", rupees(amount))
}

#[test]
fn a_documented_response_has_no_unreadable_members() {
    assert!(lookup(DETAILS).unwrap().unreadable_members().is_empty());
    assert!(initiate(TRANSACTION).unwrap().unreadable_members().is_empty());
}

#[test]
fn a_rejected_transaction_is_final_whatever_its_amount_is() {
    for amount in ["0", "0.00", "null", "\"\"", "-1", "\"1,500.00\"", "[]", "{}", "300"] {
        let body = with(&with(DETAILS, "Approved", "Rejected"), "300", amount);
        let details = lookup(body.clone()).unwrap();
        assert!(details.status == TxnStatus::Rejected && details.status.is_final(), "{amount}");

        let (client, _) = scripted([Reply::json(200, &body)]);
        let state = block_on(client.lookup_payment(&expected("300"))).unwrap();
        assert_eq!((state.status, state.is_final), (PaymentStatus::Failed, true), "{amount}");
    }
    let without = with(&with(DETAILS, "Approved", "Rejected"), r#","amount":300"#, "");
    assert_eq!(lookup(without).unwrap().amount().unwrap_err().to_string(), "the amount is missing");
    assert_eq!(lookup(with(DETAILS, "300", "0")).unwrap().amount(), Ok(rupees("0")));
}

#[test]
fn an_approved_transaction_with_an_amount_of_zero_matches_no_order() {
    for amount in ["0", "0.00", "\"0\"", "-300"] {
        let details = lookup(with(DETAILS, "300", amount)).unwrap();
        for expected in [expected("300"), expected("0"), expected("-300")] {
            assert!(details.check(&expected).is_err(), "{amount} {expected:?}");
        }
        let (client, _) = scripted([Reply::json(200, &with(DETAILS, "300", amount))]);
        let state = block_on(client.lookup_payment(&expected("0"))).unwrap();
        assert!(state.mismatch.is_some(), "{amount}");
    }
    assert_eq!(lookup(DETAILS).unwrap().check(&expected("300")), Ok(()));
}

#[test]
fn an_unreadable_amount_is_kept_and_matches_nothing() {
    for (amount, raw) in [("\"1,500.00\"", "1,500.00"), ("\"1.500,00\"", "1.500,00"), ("3e2", "3e2"), ("{}", "{}")] {
        let details = lookup(with(DETAILS, "300", amount)).unwrap();
        assert_eq!(details.amount().unwrap_err().raw(), Some(raw));
        for expected in [expected("300"), expected("1500"), expected("1.50")] {
            assert!(matches!(details.check(&expected), Err(Mismatch::AmountUnreadable(_))), "{amount}");
        }
        let transaction = initiate(with(TRANSACTION, "300.01", amount)).unwrap();
        assert_eq!(transaction.sdk_url, "https://pay.example/x");
        assert_eq!(transaction.amount().unwrap_err().raw(), Some(raw));
        assert!(matches!(transaction.check(&expected("300")), Err(Mismatch::AmountUnreadable(_))), "{amount}");
    }
}

#[test]
fn the_gateway_does_not_guess_the_amount_of_a_started_payment() {
    let (client, _) = scripted([Reply::json(200, &with(TRANSACTION, "300.01", "\"300,01\""))]);
    let request = PaymentRequest::new("order-7421", rupees("300")).return_url("https://shop.example/thanks");
    let err = block_on(client.start_payment(&request)).unwrap_err();
    assert_eq!((err.kind(), err.outcome()), (ErrorKind::MalformedResponse, Outcome::Unknown));
    assert!(err.may_have_moved_money());
    assert_eq!(err.object_id(), Some("5NNGB2SV"));
    assert!(err.to_string().contains("300,01"), "{err}");
}

#[test]
fn a_number_in_place_of_a_text_is_its_text() {
    let details = lookup(with(&with(DETAILS, "\"402393486736\"", "402393486736"), "\"2025-03-21T15:35:43Z\"", "7"));
    let details = details.unwrap();
    assert_eq!(details.utr.as_ref().unwrap().as_str(), "402393486736");
    assert_eq!(details.timestamp.as_ref().unwrap().as_str(), "7");
    assert_eq!(notes(details.unreadable_members()), [("timestamp", "7"), ("data.utr", "402393486736")]);

    let unknown = lookup(with(DETAILS, "\"Approved\"", "1")).unwrap();
    assert!(unknown.status == TxnStatus::from("1") && !unknown.status.is_final());

    let transaction = initiate(with(TRANSACTION, "\"5NNGB2SV\"", "7421")).unwrap();
    assert_eq!(transaction.txn_id.as_str(), "7421");

    let (client, _) = scripted([Reply::json(200, &with(DETAILS, "\"order-7421\"", "7421"))]);
    assert_eq!(block_on(client.lookup(&order_id("7421")).send()).unwrap().order_id, order_id("7421"));
    let (client, _) = scripted([Reply::json(200, &with(DETAILS, "\"order-7421\"", "7"))]);
    let err = block_on(client.lookup(&order_id("007")).send()).unwrap_err();
    assert_eq!(err.json_path(), Some("data.orderId"), "7 is not 007");
}

#[test]
fn a_byte_order_mark_and_invalid_unicode_in_prose_are_read() {
    let details = lookup(format!("\u{feff}{DETAILS}")).unwrap();
    assert!(details.unreadable_members().is_empty());

    let mut latin = with(DETAILS, "Found", "Trouv?").into_bytes();
    let at = latin.iter().position(|byte| *byte == b'?').unwrap();
    latin[at] = 0xe9;
    assert_eq!(notes(lookup(latin).unwrap().unreadable_members()), [("message", "\"Trouv\u{fffd}\"")]);
    assert!(lookup(with(DETAILS, "402393486736", "4\\ud83d")).is_ok());
    for deciding in ["order-7421", "Approved"] {
        assert!(lookup(with(DETAILS, deciding, &format!("{deciding}\\ud83d"))).is_err(), "{deciding}");
    }
}

#[test]
fn a_descriptive_member_that_occurs_twice_is_recorded_and_a_deciding_one_is_an_error() {
    let details = lookup(with(DETAILS, "\"utr\"", "\"utr\":\"1\",\"utr\"")).unwrap();
    let found = vec![("data.utr", r#""1", "402393486736""#)];
    assert_eq!((details.utr.as_ref(), notes(details.unreadable_members())), (None, found));
    let details = lookup(with(DETAILS, "\"amount\":300", "\"amount\":300,\"amount\":300")).unwrap();
    assert!(details.amount().is_err() && details.check(&expected("300")).is_err());
    for member in [r#""orderId":"order-7421""#, r#""txnStatus":"Approved""#, r#""success":true"#] {
        assert!(lookup(with(DETAILS, member, &format!("{member},{member}"))).is_err(), "{member}");
    }
}

#[test]
fn an_error_carries_what_could_be_read() {
    // About another order.
    let other = initiate(with(TRANSACTION, "order-7421", "order-1")).unwrap_err();
    assert_eq!((other.outcome(), other.json_path()), (Outcome::Unknown, Some("data.orderId")));
    assert_eq!((other.object_id(), other.reported_amount()), (Some("5NNGB2SV"), Some("300.01")));
    let other = lookup(with(DETAILS, "order-7421", "order-1")).unwrap_err();
    assert_eq!((other.object_id(), other.reported_status()), (Some("order-1"), Some("Approved")));
    // Without a payment page.
    for page in ["\"\"", "null", "{}", "\"javascript:alert(1)\""] {
        let err = initiate(with(TRANSACTION, "\"https://pay.example/x\"", page)).unwrap_err();
        assert_eq!((err.outcome(), err.json_path()), (Outcome::Unknown, Some("data.sdkUrl")), "{page}");
        assert_eq!((err.object_id(), err.reported_amount()), (Some("5NNGB2SV"), Some("300.01")), "{page}");
    }
    // Without a status.
    let err = lookup(with(DETAILS, "\"Approved\"", "null")).unwrap_err();
    assert_eq!((err.object_id(), err.reported_amount()), (Some("order-7421"), Some("300")));
}

#[test]
fn a_refusal_with_unreadable_prose_is_still_a_refusal() {
    for message in ["7", "[1]", "{\"text\":\"No\"}", "\"\\ud83d\""] {
        let body = format!(r#"{{"statusCode":400,"success":false,"message":{message}}}"#);
        let err = initiate(body).unwrap_err();
        assert_eq!((err.kind(), err.outcome()), (ErrorKind::InvalidRequest, Outcome::Refused), "{message}");
    }
    let err = initiate(r#"{"statusCode":400,"success":false,"message":"Ordre d\ud83dupliqu? d\u00e9j\u00e0 taken"}"#);
    assert_eq!(err.unwrap_err().kind(), ErrorKind::Conflict);
}

#[test]
fn words_of_an_earlier_sending_count_in_texts_and_not_in_names() {
    for text in ["Order id has already been taken", "order in use", "DUPLICATE", "An ex\\u0069sting order was found"] {
        let body = format!(r#"{{"statusCode":422,"success":false,"errors":[{{"orderId":["{text}"]}}]}}"#);
        let err = initiate(body).unwrap_err();
        assert_eq!((err.kind(), err.outcome()), (ErrorKind::Conflict, Outcome::Unknown), "{text}");
    }
    let err = initiate(r#"{"statusCode":422,"success":false,"message":"No.","duplicate":false}"#).unwrap_err();
    assert_eq!((err.kind(), err.outcome()), (ErrorKind::InvalidRequest, Outcome::Refused));
}

/// The members of both responses that describe, with their documented values.
const DESCRIPTIVE: &[(&str, &str)] = &[
    ("timestamp", "\"2025-03-21T15:35:43Z\""),
    ("message", "\"Found\""),
    ("message", "\"Created\""),
    ("status", "\"OK\""),
    ("data.utr", "\"402393486736\""),
    ("data.amount", "300"),
    ("data.amount", "300.01"),
];

proptest! {
    #[test]
    fn a_descriptive_member_of_any_shape_fails_nothing(index in 0..DESCRIPTIVE.len(), value in any_value()) {
        let (path, documented) = DESCRIPTIVE[index];
        let member = format!("\"{}\":{documented}", path.rsplit('.').next().unwrap());
        let replacement = member.replace(documented, &value);
        let is_text = value.starts_with('"');
        if DETAILS.contains(&format!("{member},")) || DETAILS.contains(&format!("{member}}}")) {
            let details = lookup(with(DETAILS, &member, &replacement)).unwrap();
            prop_assert_eq!((&details.order_id, &details.status), (&order_id("order-7421"), &TxnStatus::Approved));
            if path == "data.amount" {
                let read = details.amount();
                prop_assert!(read.is_ok() || details.check(&expected("300")).is_err());
                prop_assert!(details.check(&expected("0")).is_err());
            } else {
                prop_assert!(is_text || notes(details.unreadable_members()).iter().all(|(note, _)| *note == path));
                prop_assert!(is_text || !details.unreadable_members().is_empty());
            }
        }
        if TRANSACTION.contains(&format!("{member},")) {
            match initiate(with(TRANSACTION, &member, &replacement)) {
                Ok(transaction) => {
                    prop_assert_eq!(transaction.txn_id.as_str(), "5NNGB2SV");
                    prop_assert!(path == "data.amount" || is_text || transaction.unreadable_members().concerns(path));
                }
                // Zero or less is no amount to pay.
                Err(err) => prop_assert_eq!((err.json_path(), path), (Some("data.amount"), "data.amount")),
            }
        }
    }

    #[test]
    fn a_deciding_member_of_any_shape_makes_no_comparison_pass(
        member in prop::sample::select(vec!["\"order-7421\"", "\"Approved\"", "true", "200", "\"5NNGB2SV\"", "\"https://pay.example/x\""]),
        value in any_value(),
    ) {
        prop_assume!(value != member);
        if DETAILS.contains(member)
            && let Ok(details) = lookup(with(DETAILS, member, &value))
        {
            let is_paid = details.status == TxnStatus::Approved && details.check(&expected("300")).is_ok();
            // Another status of success is documented as a success.
            let is_status = member == "200" && value.parse().is_ok_and(|code: u16| (200..300).contains(&code));
            prop_assert!(!is_paid || is_status, "{}", value);
        }
        if TRANSACTION.contains(member)
            && let Ok(transaction) = initiate(with(TRANSACTION, member, &value))
        {
            prop_assert_eq!(transaction.order_id.as_str(), "order-7421");
            prop_assert!(transaction.sdk_url.starts_with("http"));
        }
    }

    #[test]
    fn no_bytes_panic(body in prop::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(lookup(body.clone()).is_err());
        prop_assert!(initiate(body).is_err());
    }
}
