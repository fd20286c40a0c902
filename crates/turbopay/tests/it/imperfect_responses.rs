//! Responses and webhooks that differ from the document are read as far as no decision depends on the difference.

use payments_core::gateway::{AvailableBalance, Lookup, PayOut, PaymentRequest, PayoutRequest, StartPayment};
use payments_core::rust_decimal::Decimal;
use payments_core::test_util::Reply;
use payments_core::webhook::VerifyError;
use payments_core::{PaymentStatus, decimal};
use proptest::prelude::*;
use turbopay::test_util::sign;
use turbopay::{
    Currency, Error, ErrorKind, Event, Expected, Mismatch, Order, OrderStatus, Outcome, Problem, UnreadableMembers,
    Verified, WebhookKey, WebhookVerifier,
};

use crate::any_value::any_value_or;
use crate::support::{deposit, order, rupees, scripted, withdrawal};

// Descriptive members.

#[tokio::test]
async fn an_array_in_place_of_the_deep_links_is_no_links() {
    let (client, _) = scripted([Reply::json(201, &with(HOST_TO_HOST, "deep_links", "[]"))]);
    let deposit = client.create_host_to_host_deposit(deposit()).send().await.unwrap();
    assert_eq!((deposit.deep_links.phonepe(), deposit.deep_links.paytm()), (None, None));
    assert_eq!(notes(deposit.unreadable_members()), [("deep_links", "[]")]);
}

#[tokio::test]
async fn an_expiration_time_that_is_a_number_is_ten_minutes() {
    let (client, _) = scripted([Reply::json(201, &with(HOST_TO_HOST, "order_expiration_seconds", "600"))]);
    let deposit = client.create_host_to_host_deposit(deposit()).send().await.unwrap();
    assert_eq!(deposit.expires_after.unwrap().as_secs(), 600);
    assert_eq!(notes(deposit.unreadable_members()), [("order_expiration_seconds", "600")]);
}

#[tokio::test]
async fn a_deposit_without_name_note_and_expiration_time_can_still_be_paid() {
    for value in ["null", "\"\"", "{}", "[7]"] {
        let mut body = HOST_TO_HOST.to_owned();
        for member in ["wallet_name", "transaction_note", "order_expiration_seconds", "qr", "deep_links"] {
            body = with(&body, member, value);
        }
        let (client, _) = scripted([Reply::json(201, &body)]);
        let deposit = client.create_host_to_host_deposit(deposit()).send().await.unwrap();
        assert_eq!((deposit.wallet_name.as_ref(), deposit.transaction_note.as_ref()), (None, None), "{value}");
        assert_eq!((deposit.expires_after, deposit.qr.as_ref()), (None, None), "{value}");
        assert_eq!(deposit.upi_link().unwrap(), "upi://pay?pa=username%40bankname&am=2000.00&cu=INR");
    }
    let (client, _) = scripted([Reply::json(201, &with(HOST_TO_HOST, "order_expiration_seconds", "\"soon\""))]);
    let deposit = client.create_host_to_host_deposit(deposit()).send().await.unwrap();
    assert_eq!(deposit.expires_after, None);
    assert_eq!(notes(deposit.unreadable_members()), [("order_expiration_seconds", "\"soon\"")]);
}

#[tokio::test]
async fn an_account_id_that_is_a_number_is_its_text() {
    let (client, _) = scripted([Reply::json(200, &with(BALANCE, "account_id", "7"))]);
    let balance = client.balance(Currency::INR).send().await.unwrap();
    assert_eq!((balance.account_id.as_str(), balance.available_money().unwrap()), ("7", rupees("-2.28")));
    assert_eq!(notes(balance.unreadable_members()), [("account_id", "7")]);
}

#[test]
fn numbers_in_place_of_texts_in_a_webhook_are_kept_as_texts() {
    for (member, raw) in [("utr", "409876543210"), ("error_code", "402"), ("reason", "7"), ("claim_id", "1.50")] {
        let event = verified(&with(EVENT, member, raw));
        let kept = [
            event.utr.as_ref().map(turbopay::Utr::as_str).filter(|_| member == "utr"),
            event.error_code.as_deref().filter(|_| member == "error_code"),
            event.reason.as_deref().filter(|_| member == "reason"),
            event.claim_id.as_deref().filter(|_| member == "claim_id"),
        ];
        assert_eq!(kept.into_iter().flatten().collect::<Vec<_>>(), [raw]);
        assert_eq!(notes(event.unreadable_members()), [(member, raw)]);
        assert_eq!(event.check(&expected()), Ok(()));
    }
}

#[test]
fn a_documented_webhook_has_no_unreadable_members() {
    assert!(verified(EVENT).unreadable_members().is_empty());
}

// Amounts.

#[test]
fn a_cancelled_order_without_an_amount_is_readable_and_matches_nothing() {
    let cancelled = with(EVENT, "status", "\"cancelled\"");
    for body in [without(&cancelled, "amount"), with(&cancelled, "amount", "null"), with(&cancelled, "amount", "\"\"")]
    {
        let event = verified(&body);
        assert_eq!((&event.status, event.status.is_final()), (&OrderStatus::Cancelled, false));
        assert_eq!(event.amount().unwrap_err().raw(), None);
        assert!(event.amount_in(Currency::INR).is_err());
        assert!(matches!(event.check(&expected()), Err(Mismatch::AmountUnreadable(_))), "{body}");
    }
}

#[test]
fn an_amount_that_is_not_a_plain_number_is_kept_as_text_and_matches_nothing() {
    for raw in ["1,500.00", "1.500,00", "1,500", "100,50", "2e2", "+500", " 500", "500 INR", "٥٠٠"] {
        let event = verified(&with(EVENT, "amount", &format!("\"{raw}\"")));
        assert_eq!(event.status, OrderStatus::Success);
        assert_eq!(event.amount().unwrap_err().raw(), Some(raw));
        for amount in ["1.50", "1500", "1", "100", "200", "500", "100.50", "10050"] {
            let check = event.check(&Expected::new(REFERENCE, rupees(amount)));
            let Err(Mismatch::AmountUnreadable(unreadable)) = check else { panic!("{raw} {amount} {check:?}") };
            assert_eq!(unreadable.raw(), Some(raw));
        }
    }
    for raw in ["1e400", "2e2", "true", "{}", "[500]", "{\"value\":500}"] {
        let event = verified(&with(EVENT, "amount", raw));
        assert_eq!(event.amount().unwrap_err().raw(), Some(raw));
        assert!(matches!(event.check(&expected()), Err(Mismatch::AmountUnreadable(_))), "{raw}");
    }
}

#[test]
fn an_amount_that_occurs_twice_matches_nothing() {
    let event = verified(&EVENT.replace("\"amount\"", "\"amount\":\"500.00\",\"amount\""));
    let unreadable = event.amount().unwrap_err();
    assert_eq!(unreadable.raw(), Some(r#""500.00", "500.00""#));
    assert_eq!(event.check(&expected()), Err(Mismatch::AmountUnreadable(unreadable)));
    assert_eq!(notes(event.unreadable_members()), [("amount", r#""500.00", "500.00""#)]);
}

#[test]
fn an_amount_with_a_fraction_of_a_paisa_is_exact_and_not_an_amount_in_rupees() {
    let event = verified(&with(EVENT, "amount", "\"300.001\""));
    assert_eq!(event.amount().unwrap().to_string(), "300.001");
    assert_eq!(event.amount_in(Currency::INR).unwrap_err().raw(), Some("300.001"));
    assert!(event.check(&Expected::new(REFERENCE, rupees("300"))).is_err());
}

#[tokio::test]
async fn a_lookup_with_an_unreadable_amount_has_its_status_and_is_never_paid_as_expected() {
    for raw in ["\"1,500.00\"", "null", "{}"] {
        let (client, _) = scripted([ORDER; 2].map(|body| Reply::json(200, &with(body, "amount", raw))));
        let order = client.lookup(&REFERENCE.parse().unwrap()).send().await.unwrap();
        assert_eq!(order.status, OrderStatus::Success);
        assert!(matches!(order.check(&expected()), Err(Mismatch::AmountUnreadable(_))), "{raw}");

        let state = client.lookup_payment(&expected()).await.unwrap();
        assert_eq!((&state.status, state.amount), (&PaymentStatus::Succeeded, None));
        assert!(!state.is_paid_as_expected());
    }
}

#[tokio::test]
async fn a_balance_with_four_decimals_is_exact_or_an_error_of_the_response() {
    let (client, _) =
        scripted([BALANCE; 2].map(|body| Reply::json(200, &with(body, "available_balance", "\"1234.5678\""))));
    let balance = client.balance(Currency::INR).send().await.unwrap();
    assert_eq!(balance.available().unwrap().to_string(), "1234.5678");
    assert_eq!(balance.available_money().unwrap_err().raw(), Some("1234.5678"));

    let err = client.available_balance(Currency::INR).await.unwrap_err();
    assert_eq!((err.kind(), err.outcome()), (ErrorKind::MalformedResponse, Outcome::Unknown));
    assert_eq!((err.json_path(), err.reported_amount()), (Some("available_balance"), Some("1234.5678")));
    assert!(!err.may_have_moved_money());

    let (client, _) = scripted([Reply::json(200, BALANCE)]);
    assert_eq!(client.available_balance(Currency::INR).await.unwrap(), rupees("-2.28"));
}

#[tokio::test]
async fn a_balance_is_in_the_currency_that_was_asked_for() {
    for (raw, readable) in [("\"INR\"", true), ("\"356\"", true), ("356", true), ("\"USD\"", false), ("\"Rs\"", false)]
    {
        let (client, _) = scripted([Reply::json(200, &with(BALANCE, "currency", raw))]);
        let balance = client.balance(Currency::INR).send().await;
        match balance {
            Ok(balance) => assert_eq!((balance.currency, readable), (Currency::INR, true), "{raw}"),
            Err(err) => assert_eq!((err.json_path(), readable), (Some("currency"), false), "{raw}"),
        }
    }
}

#[tokio::test]
async fn a_balance_without_its_amount_is_malformed() {
    for body in [without(BALANCE, "available_balance"), with(BALANCE, "available_balance", "null")] {
        let (client, _) = scripted([Reply::json(200, &body)]);
        let err = client.balance(Currency::INR).send().await.unwrap_err();
        assert_eq!((err.kind(), err.json_path()), (ErrorKind::MalformedResponse, Some("available_balance")));
    }
    let (client, _) = scripted([Reply::json(200, &with(BALANCE, "total_balance", "\"1,5\""))]);
    let balance = client.balance(Currency::INR).send().await.unwrap();
    assert_eq!(balance.total().unwrap_err().raw(), Some("1,5"));
}

// Encoding.

#[test]
fn a_lone_surrogate_in_prose_is_replaced() {
    let event = verified(&with(EVENT, "reason", r#""ok \ud83d""#));
    assert_eq!(event.reason.as_deref(), Some("ok \u{fffd}"));
    assert_eq!(notes(event.unreadable_members())[0].0, "reason");
    assert_eq!(event.check(&expected()), Ok(()));
}

#[test]
fn a_lone_surrogate_in_an_id_or_in_the_status_is_unreadable() {
    for member in ["order_id", "merchant_order_id", "status"] {
        let Err(VerifyError::Unreadable(problem)) = verify(with(EVENT, member, r#""a\ud83d""#).as_bytes()) else {
            panic!("{member}")
        };
        assert_eq!(problem.path(), member);
    }
}

#[test]
fn a_byte_order_mark_is_removed_after_verification() {
    let body = format!("\u{feff}{EVENT}");
    let event = verified(&body);
    assert_eq!((event.check(&expected()), event.body()), (Ok(()), body.as_bytes()));
    assert!(event.unreadable_members().is_empty());

    // The signature covers the mark.
    let signature = sign(&key(), EVENT.as_bytes());
    let result = WebhookVerifier::new(key()).verify_signature(body.as_bytes(), signature.as_bytes());
    assert_eq!(result.unwrap_err(), VerifyError::Rejected);
}

#[test]
fn invalid_utf8_in_prose_is_replaced() {
    let (before, after) = EVENT.split_once("some reason").unwrap();
    let body = [before.as_bytes(), b"i\xfelem", after.as_bytes()].concat();
    assert_eq!(verify(&body).unwrap().reason.as_deref(), Some("i\u{fffd}lem"));
}

#[tokio::test]
async fn a_refusal_with_invalid_unicode_in_its_message_is_a_refusal() {
    let bodies: [&[u8]; 3] = [
        br#"{"message":"The bank code field is required. \ud83d"}"#,
        b"{\"message\":\"The bank code field is required. \xff\"}",
        b"\xef\xbb\xbf{\"message\":\"The bank code field is required. \"}",
    ];
    for body in bodies {
        let (client, _) = scripted([Reply::new(422, body)]);
        let err = client.create_withdrawal(withdrawal()).send().await.unwrap_err();
        assert_eq!((err.outcome(), Problem::of(&err)), (Outcome::Refused, Some(Problem::FieldRequired)), "{err}");
    }
}

#[tokio::test]
async fn invalid_unicode_in_the_errors_by_field_leaves_the_outcome_unknown() {
    let (client, _) = scripted([Reply::json(422, r#"{"message":"x","errors":{"amount":["must be \ud83d"]}}"#)]);
    let err = client.create_withdrawal(withdrawal()).send().await.unwrap_err();
    assert_eq!((err.kind(), err.outcome()), (ErrorKind::MalformedResponse, Outcome::Unknown));
}

// Identity.

#[tokio::test]
async fn an_order_with_the_number_7_is_not_the_order_007() {
    let (client, _) = scripted([Reply::json(200, &with(ORDER, "merchant_order_id", "7"))]);
    let err = client.lookup(&"007".parse().unwrap()).send().await.unwrap_err();
    assert_eq!((err.kind(), err.json_path()), (ErrorKind::MalformedResponse, Some("merchant_order_id")));

    let (client, _) = scripted([Reply::json(200, &with(ORDER, "merchant_order_id", "7"))]);
    let order = client.lookup(&"7".parse().unwrap()).send().await.unwrap();
    assert_eq!(order.merchant_order_id.as_str(), "7");

    let event = verified(&with(EVENT, "merchant_order_id", "7"));
    assert_eq!(event.check(&Expected::new("007", rupees("500"))), Err(Mismatch::Reference));
}

#[tokio::test]
async fn the_error_for_another_order_carries_what_was_read() {
    let (client, _) = scripted([order("r-2", "success")]);
    let err = client.lookup(&"r-1".parse().unwrap()).send().await.unwrap_err();
    assert_eq!((err.object_id(), err.reported_status()), (Some("o-1"), Some("success")));
    assert_eq!(err.reported_amount(), Some("500.00"));
    assert!(!format!("{err} {err:?}").contains("o-1"), "the order id is private");
}

#[tokio::test]
async fn the_error_for_an_unreadable_response_carries_the_ids_that_could_be_read() {
    let (client, _) = scripted([Reply::json(201, r#"{"order_id":"o-9","status":{}}"#)]);
    let err = client.create_withdrawal(withdrawal()).send().await.unwrap_err();
    assert_eq!((err.outcome(), err.object_id(), err.reported_status()), (Outcome::Unknown, Some("o-9"), None));

    for (body, path) in [
        (with(HOSTED, "form_url", "null"), "form_url"),
        (with(HOSTED, "form_url", "[]"), "form_url"),
        (with(HOSTED, "form_url", r#""https://pay.example/\ud83d""#), "form_url"),
        (without(HOSTED, "form_url"), "form_url"),
        (with(HOSTED, "form_url", r#""https://a.example","form_url":"https://b.example""#), "form_url"),
    ] {
        let (client, _) = scripted([Reply::json(201, &body)]);
        let err = client.create_deposit(deposit()).send().await.unwrap_err();
        check_undecodable(&err, path);
    }
    for value in ["null", "{}", "\"\"", r#""a\ud83d@b""#] {
        let (client, _) = scripted([Reply::json(201, &with(HOST_TO_HOST, "wallet_address", value))]);
        let err = client.create_host_to_host_deposit(deposit()).send().await.unwrap_err();
        check_undecodable(&err, "wallet_address");
    }
    let Err(VerifyError::Unreadable(problem)) = verify(with(EVENT, "status", "{}").as_bytes()) else { panic!() };
    let facts = problem.facts().unwrap();
    assert_eq!((facts.object_id.as_deref(), facts.amount.as_deref()), (Some("849655cf"), Some("500.00")));
}

#[track_caller]
fn check_undecodable(err: &Error, path: &str) {
    assert_eq!((err.kind(), err.outcome()), (ErrorKind::MalformedResponse, Outcome::Unknown), "{err}");
    assert_eq!((err.json_path(), err.object_id()), (Some(path), Some("o-1")), "{err}");
    assert_eq!(err.reported_status(), Some("new"));
}

// Meaning.

#[tokio::test]
async fn a_new_payout_is_in_progress_and_waits_for_nobody() {
    for (status, common) in [("new", PaymentStatus::Processing), ("pending", PaymentStatus::Processing)] {
        let (client, _) = scripted([Reply::json(201, &with(WITHDRAWAL, "status", &format!("\"{status}\"")))]);
        let request = PayoutRequest::new("payout-1", rupees("500"), "customer-9", "065432123456789", "HDFC0000053");
        assert_eq!(client.pay_out(&request).await.unwrap().status, common);
    }
}

#[tokio::test]
async fn no_other_provider_may_be_tried_after_a_duplicate_deposit() {
    let bodies = [
        r#"{"message":"The merchant order id has already been taken.","errors":{"merchant_order_id":["The merchant order id has already been taken."]}}"#,
        r#"{"message":"invalid request","errors":{"merchant_order_id":"It must differ."}}"#,
        r#"{"message":"invalid request","details":{"cause":["Duplicate order"]}}"#,
        r#"{"message":"An order with this reference exists"}"#,
    ];
    for body in bodies {
        for status in [400, 409, 422] {
            let (client, _) = scripted([Reply::json(status, body)]);
            let request = PaymentRequest::new("order-1", rupees("500")).customer("customer-9");
            let err = client.start_payment(&request).await.unwrap_err();
            assert_eq!((err.kind(), err.outcome()), (ErrorKind::Conflict, Outcome::Unknown), "{status} {body}");
        }
    }
}

#[tokio::test]
async fn a_read_is_no_conflict() {
    let (client, _) = scripted([Reply::json(404, r#"{"message":"x","trace":[{"function":"file_exists"}]}"#)]);
    let err = client.order_status(&"o-1".parse().unwrap()).send().await.unwrap_err();
    assert_eq!(err.kind(), ErrorKind::NotFound);
}

#[test]
fn an_empty_text_is_the_same_as_an_absent_descriptive_member() {
    for &(message, member) in DESCRIPTIVE.iter().filter(|(_, member)| !matches!(*member, "amount" | "total_balance")) {
        let (.., unreadable) = read(message, &with(message, member, "\"\"")).unwrap();
        assert!(unreadable.is_empty(), "{member}");
    }
}

// Properties.

proptest! {
    #[test]
    fn a_descriptive_member_of_any_shape_fails_nothing(index in 0..DESCRIPTIVE.len(), value in any_value()) {
        let (message, member) = DESCRIPTIVE[index];
        let body = with(message, member, &value);
        let (identity, status, unreadable) = read(message, &body).map_err(|err| TestCaseError::fail(err.clone()))?;
        let documented = read(message, message).unwrap();
        prop_assert_eq!((identity, status), (documented.0, documented.1));
        for found in unreadable.iter() {
            prop_assert!(found.path.starts_with(member), "{} {}", found.path, member);
        }
        let is_text = value.starts_with('"');
        let is_documented = value == "\"\"" // The same as absent.
            || match member {
                "amount" | "total_balance" => true, // Unreadable amounts are kept as they are.
                "deep_links" => value.starts_with('{'),
                "order_expiration_seconds" => is_text && value.trim_matches('"').parse::<u64>().is_ok(),
                _ => is_text,
            };
        prop_assert!(is_documented || unreadable.iter().any(|found| found.path == member), "{} {}", member, value);
    }

    #[test]
    fn a_deciding_member_is_never_read_as_another_value(index in 0..DECIDING.len(), value in any_value()) {
        let (message, member) = DECIDING[index];
        let text = serde_json::from_str::<String>(&value).unwrap_or_else(|_| value.clone());
        if let Ok((identity, status, _)) = read(message, &with(message, member, &value)) {
            match member {
                "status" => prop_assert_eq!(status, text),
                "available_balance" => {}
                "currency" => prop_assert!(matches!(&*text, "INR" | "356")),
                _ => prop_assert!(identity.contains(&text), "{} {}", member, value),
            }
        }
    }

    #[test]
    fn no_comparison_passes_if_the_reference_or_the_amount_has_another_value(
        member in prop::sample::select(vec!["merchant_order_id", "amount"]),
        value in any_value(),
    ) {
        let text = serde_json::from_str::<String>(&value).unwrap_or_else(|_| value.clone());
        let same = match member {
            "amount" => decimal::parse(&text) == Ok(Decimal::from(500)),
            _ => text == REFERENCE,
        };
        if let Ok(event) = verify(with(EVENT, member, &value).as_bytes()) {
            prop_assert_eq!(event.check(&expected()).is_ok(), same);
        }
        if let Ok(order) = look_up(&with(ORDER, member, &value)) {
            prop_assert_eq!(order.check(&expected()).is_ok(), same);
        }
    }

    #[test]
    fn an_error_body_of_any_shape_never_proves_that_nothing_was_sent(
        member in prop::sample::select(vec!["message", "errors", "code"]),
        value in any_value(),
    ) {
        let body = with(r#"{"message":"x","errors":{"amount":["y"]},"code":7}"#, member, &value);
        let (client, _) = scripted([Reply::json(422, &body)]);
        let err = block_on(client.create_withdrawal(withdrawal()).send()).unwrap_err();
        prop_assert_ne!(err.outcome(), Outcome::NotSent);
        let is_form = match member {
            "message" => value.starts_with('"'),
            "errors" => value.starts_with('{') || value == "[]",
            _ => true,
        };
        prop_assert!(is_form || err.outcome() == Outcome::Unknown, "{} {}", member, value);
    }
}

/// Reads a message through the public API: its ids, its status and its unreadable members.
fn read(message: &str, body: &str) -> Result<(Vec<String>, String, UnreadableMembers), String> {
    let (client, _) = scripted([Reply::json(200, body)]);
    let text = |id: &dyn AsRef<str>| id.as_ref().to_owned();
    let failed = |err: Error| err.to_string();
    Ok(match message {
        HOSTED => {
            let read = block_on(client.create_deposit(deposit()).send()).map_err(failed)?;
            let unreadable = read.unreadable_members().clone();
            (vec![text(&read.order_id), read.form_url], read.status.to_string(), unreadable)
        }
        HOST_TO_HOST => {
            let read = block_on(client.create_host_to_host_deposit(deposit()).send()).map_err(failed)?;
            let unreadable = read.unreadable_members().clone();
            (vec![text(&read.order_id), read.wallet_address], read.status.to_string(), unreadable)
        }
        CONFIRMATION => {
            let confirm = client.confirm_utr(&"o-1".parse().unwrap(), "409876543210".parse::<turbopay::Utr>().unwrap());
            let read = block_on(confirm.send()).map_err(failed)?;
            (Vec::new(), read.status.to_string(), read.unreadable_members().clone())
        }
        WITHDRAWAL => {
            let read = block_on(client.create_withdrawal(withdrawal()).send()).map_err(failed)?;
            (vec![text(&read.order_id)], read.status.to_string(), read.unreadable_members().clone())
        }
        ORDER => {
            let read = look_up(body).map_err(failed)?;
            let unreadable = read.unreadable_members().clone();
            (vec![text(&read.order_id), text(&read.merchant_order_id)], read.status.to_string(), unreadable)
        }
        BALANCE => {
            let read = block_on(client.balance(Currency::INR).send()).map_err(failed)?;
            let unreadable = read.unreadable_members().clone();
            (vec![read.account_id], read.currency.to_string(), unreadable)
        }
        _ => {
            let read = verify(body.as_bytes()).map_err(|err| err.to_string())?;
            let unreadable = read.unreadable_members().clone();
            (vec![text(&read.order_id), text(&read.merchant_order_id)], read.status.to_string(), unreadable)
        }
    })
}

/// Looks an order up by TurboPay's id, which `ORDER` contains.
fn look_up(body: &str) -> Result<Order, Error> {
    let (client, _) = scripted([Reply::json(200, body)]);
    block_on(client.order_status(&"849655cf".parse().unwrap()).send())
}

/// The descriptive members of every message, and the amounts.
const DESCRIPTIVE: &[(&str, &str)] = &[
    (HOST_TO_HOST, "wallet_name"),
    (HOST_TO_HOST, "transaction_note"),
    (HOST_TO_HOST, "order_expiration_seconds"),
    (HOST_TO_HOST, "qr"),
    (HOST_TO_HOST, "deep_links"),
    (ORDER, "reason"),
    (ORDER, "amount"),
    (ORDER, "utr"),
    (BALANCE, "total_balance"),
    (EVENT, "reason"),
    (EVENT, "amount"),
    (EVENT, "utr"),
    (EVENT, "target_upi_id"),
    (EVENT, "merchant_customer_id"),
    (EVENT, "error_code"),
    (EVENT, "error_message"),
    (EVENT, "claim_id"),
];

/// The deciding members of every message.
const DECIDING: &[(&str, &str)] = &[
    (HOSTED, "order_id"),
    (HOSTED, "status"),
    (HOSTED, "form_url"),
    (HOST_TO_HOST, "order_id"),
    (HOST_TO_HOST, "status"),
    (HOST_TO_HOST, "wallet_address"),
    (CONFIRMATION, "status"),
    (WITHDRAWAL, "order_id"),
    (WITHDRAWAL, "status"),
    (ORDER, "order_id"),
    (ORDER, "merchant_order_id"),
    (ORDER, "status"),
    (BALANCE, "account_id"),
    (BALANCE, "currency"),
    (BALANCE, "available_balance"),
    (EVENT, "order_id"),
    (EVENT, "merchant_order_id"),
    (EVENT, "status"),
];

/// Any JSON value that is not null, and values of the samples.
fn any_value() -> impl Strategy<Value = String> {
    any_value_or(&[
        "\"500\"",
        "\"0500\"",
        "\"5e2\"",
        "\"7\"",
        "\"success\"",
        "\"new\"",
        "\"INR\"",
        "\"O_XVajPtgGFk173LluM5oKb\"",
        "\"849655cf\"",
        "\"\"",
    ])
}

/// The message with another value of a top-level member, as raw JSON.
#[track_caller]
fn with(message: &str, member: &str, value: &str) -> String {
    let (before, old) = split(message, member);
    let (_, after) = value_end(old);
    format!("{before}\"{member}\":{value}{after}")
}

#[track_caller]
fn without(message: &str, member: &str) -> String {
    with(message, member, "0").replace(&format!("\"{member}\":0"), "\"unrelated\":0")
}

#[track_caller]
fn split<'a>(message: &'a str, member: &str) -> (&'a str, &'a str) {
    message.split_once(&format!("\"{member}\":")).unwrap()
}

/// Splits a text into the JSON value at its start and the rest.
fn value_end(text: &str) -> (&str, &str) {
    let mut values = serde_json::Deserializer::from_str(text).into_iter::<serde::de::IgnoredAny>();
    values.next().unwrap().unwrap();
    text.split_at(values.byte_offset())
}

fn notes(unreadable: &UnreadableMembers) -> Vec<(&str, &str)> {
    unreadable.iter().map(|member| (member.path.as_str(), member.raw.as_str())).collect()
}

fn verify(body: &[u8]) -> Result<Verified<Event>, VerifyError> {
    WebhookVerifier::new(key()).verify_signature(body, sign(&key(), body).as_bytes())
}

#[track_caller]
fn verified(body: &str) -> Verified<Event> {
    verify(body.as_bytes()).unwrap()
}

fn key() -> WebhookKey {
    WebhookKey::new("whk-canary-51ab").unwrap()
}

fn expected() -> Expected {
    Expected::new(REFERENCE, rupees("500"))
}

fn block_on<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(work)
}

const REFERENCE: &str = "O_XVajPtgGFk173LluM5oKb";

const HOSTED: &str = r#"{"form_url":"https://pay.example/wire?hash=1","order_id":"o-1","status":"new"}"#;

const HOST_TO_HOST: &str = r#"{"wallet_address":"username@bankname","wallet_name":"Company Name","order_expiration_seconds":"600","transaction_note":"A1b2c","order_id":"o-1","status":"new","qr":"aGVsbG8=","deep_links":{"phonepe":"phonepe://x"}}"#;

const CONFIRMATION: &str = r#"{"status":"pending"}"#;

const WITHDRAWAL: &str = r#"{"order_id":"o-2","status":"new"}"#;

const ORDER: &str = r#"{"order_id":"849655cf","merchant_order_id":"O_XVajPtgGFk173LluM5oKb","status":"success","reason":"some reason","amount":"500.00","utr":"409876543210"}"#;

const BALANCE: &str =
    r#"{"account_id":"alisa-test","currency":"INR","available_balance":"-2.2800","total_balance":"-2.2800"}"#;

const EVENT: &str = r#"{"order_id":"849655cf","merchant_order_id":"O_XVajPtgGFk173LluM5oKb","status":"success","reason":"some reason","amount":"500.00","utr":"409876543210","target_upi_id":"deposit@test","merchant_customer_id":"customer-9","error_code":"ERR_001","error_message":"m","claim_id":"c"}"#;
