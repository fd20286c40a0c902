//! A webhook is accepted only with a valid signature.

use turbopay::payments_core::PaymentStatus;
use turbopay::payments_core::gateway::WriteOperation;
use turbopay::payments_core::http::{HeaderMap, HeaderValue};
use turbopay::payments_core::webhook::{Verified, VerifyError};
use turbopay::test_util::sign;
use turbopay::{Currency, Event, Expected, Mismatch, OrderStatus, WebhookKey, WebhookVerifier};

use crate::support::rupees;

#[test]
fn webhooks_about_a_deposit_a_withdrawal_and_a_chargeback_decode_as_documented() {
    let event = verified(DEPOSIT);
    assert_eq!((&event.status, event.amount().unwrap().to_string().as_str()), (&OrderStatus::Success, "200.00"));
    assert_eq!(event.target_upi_id.as_deref(), Some("deposit@test"));
    assert_eq!(event.merchant_customer_id.as_deref().unwrap(), "aaaaaaa99-1290-3e9f-a08e-c03aedc68b35");
    assert_eq!(event.utr.as_ref().unwrap().as_str(), "409876543210");
    assert_eq!((&event.error_code, &event.claim_id), (&None, &None));

    let event = verified(WITHDRAWAL);
    assert_eq!(event.status, OrderStatus::Failed);
    assert_eq!(event.error_code.as_deref(), Some("ERR_001"));
    assert_eq!(event.error_message.as_deref(), Some("Payout service under maintenance. Try again later."));
    assert_eq!(event.amount_in(Currency::INR).unwrap(), rupees("300"));

    // The documented sample contains a comment, so it is not JSON. Without the comment it decodes.
    assert!(matches!(verify(CHARGEBACK.as_bytes()), Err(VerifyError::Unreadable(_))));
    let event = verified(&CHARGEBACK.replace(" // ask support for proper resaon if needed", ""));
    assert_eq!((&event.status, event.status.is_final()), (&OrderStatus::Chargeback, true));
    assert_eq!(event.claim_id.as_deref(), Some("<cyber_complaint_id>"));
}

#[test]
fn the_documented_one_line_body_decodes() {
    let event = verified(ONE_LINE);
    assert_eq!((&event.status, event.is_about("O_XVajPtgGFk173LluM5oKb")), (&OrderStatus::Pending, true));
}

#[test]
fn a_signature_may_be_hexadecimal_in_either_case_or_base64() {
    let hex = sign(&key(), DEPOSIT.as_bytes());
    for signature in [hex.clone(), hex.to_uppercase(), base64_of(&hex)] {
        assert!(verifier().verify_signature(DEPOSIT.as_bytes(), signature.as_bytes()).is_ok(), "{signature}");
    }
}

#[test]
fn a_signature_in_another_form_is_rejected() {
    let hex = sign(&key(), DEPOSIT.as_bytes());
    let forms = [
        String::new(),
        format!("0x{hex}"),
        format!(" {hex}"),
        format!("{hex}\n"),
        format!("sha256={hex}"),
        format!("{hex}00"),
        hex[..62].to_owned(),
        hex[..63].to_owned(),
        base64_of(&hex).trim_end_matches('=').to_owned(),
        "é".repeat(32),
        "a".repeat(1024 * 1024),
    ];
    for signature in forms {
        let result = verifier().verify_signature(DEPOSIT.as_bytes(), signature.as_bytes());
        assert_eq!(result.unwrap_err(), VerifyError::Rejected, "{signature:.80}");
    }
}

#[test]
fn a_webhook_with_a_modified_body_is_rejected() {
    let signature = sign(&key(), DEPOSIT.as_bytes());
    let modified = [
        DEPOSIT.replace("200.00", "900.00"),
        DEPOSIT.replace(": ", ":"),
        format!("{DEPOSIT}\n"),
        format!("\u{feff}{DEPOSIT}"),
        DEPOSIT.replace('\n', "\r\n"),
        String::new(),
    ];
    for body in modified {
        let result = verifier().verify_signature(body.as_bytes(), signature.as_bytes());
        assert_eq!(result.unwrap_err(), VerifyError::Rejected);
    }
    for index in 0..DEPOSIT.len() {
        let mut body = DEPOSIT.as_bytes().to_vec();
        body[index] ^= 1;
        assert_eq!(verifier().verify_signature(&body, signature.as_bytes()).unwrap_err(), VerifyError::Rejected);
    }
}

#[test]
fn a_webhook_without_exactly_one_signature_header_is_rejected() {
    let signature = HeaderValue::from_str(&sign(&key(), DEPOSIT.as_bytes())).unwrap();
    let mut headers = HeaderMap::new();
    assert_eq!(verifier().verify(DEPOSIT.as_bytes(), &headers).unwrap_err(), VerifyError::Rejected);
    headers.append("X-Pay-Signature", signature.clone());
    assert!(verifier().verify(DEPOSIT.as_bytes(), &headers).is_ok());
    headers.append("x-pay-signature", signature);
    assert_eq!(verifier().verify(DEPOSIT.as_bytes(), &headers).unwrap_err(), VerifyError::Rejected);
}

#[test]
fn both_keys_are_accepted_during_a_rotation() {
    let (old, new, other) = (key(), WebhookKey::new("new-key").unwrap(), WebhookKey::new("other-key").unwrap());
    let rotating = WebhookVerifier::new(new.clone()).also_accept(old.clone());
    for key in [&old, &new] {
        assert!(rotating.verify_signature(DEPOSIT.as_bytes(), sign(key, DEPOSIT.as_bytes()).as_bytes()).is_ok());
    }
    let signature = sign(&other, DEPOSIT.as_bytes());
    assert!(rotating.verify_signature(DEPOSIT.as_bytes(), signature.as_bytes()).is_err());
}

#[test]
fn a_repeated_webhook_has_the_digest_of_the_first() {
    let (first, second) = (verified(DEPOSIT), verified(DEPOSIT));
    assert_eq!(first.digest(), second.digest());
    assert_ne!(first.digest(), verified(WITHDRAWAL).digest());
    assert_eq!(first.body(), DEPOSIT.as_bytes());
}

#[test]
fn an_unrecognised_status_is_kept_and_unknown_members_are_ignored() {
    let event = verified(&DEPOSIT.replace("\"success\"", "\"under_review\", \"new_member\": [1, {\"a\": null}]"));
    assert_eq!((event.status.as_str(), event.status.is_final()), ("under_review", false));
}

#[test]
fn empty_members_are_none_and_a_utr_may_have_any_form() {
    let event = verified(
        &DEPOSIT.replace("409876543210", "UTR 4098/76 x").replace("deposit@test", "").replace("some reason", ""),
    );
    assert_eq!(event.utr.as_ref().unwrap().as_str(), "UTR 4098/76 x");
    assert_eq!((&event.target_upi_id, &event.reason), (&None, &None));
    assert_eq!(verified(&DEPOSIT.replace("\"409876543210\"", "\"\"")).utr, None);
}

#[test]
fn the_error_names_a_deciding_member_of_the_wrong_type() {
    for (body, path) in [
        (DEPOSIT.replace("849655cf-ceba-49bc-951a-cbfbf8d63274", "../x"), "order_id"),
        (DEPOSIT.replace("\"O_XVajPtgGFk173LluM5oKb\"", "{}"), "merchant_order_id"),
        (DEPOSIT.replace("\"success\"", "[]"), "status"),
    ] {
        match verify(body.as_bytes()) {
            Err(VerifyError::Unreadable(problem)) => assert_eq!(problem.path(), path, "{problem}"),
            other => panic!("{other:?}"),
        }
    }
    match verify(br#"["849655cf-ceba-49bc-951a-cbfbf8d63274"]"#) {
        Err(VerifyError::Unreadable(problem)) => assert_eq!(problem.problem(), "is not an object"),
        other => panic!("{other:?}"),
    }
    let number = verified(&DEPOSIT.replace("\"200.00\"", "200.10"));
    assert_eq!(number.amount().unwrap().to_string(), "200.10", "a number is decoded from its text");
}

#[test]
fn check_compares_an_event_with_what_was_ordered() {
    let event = verified(DEPOSIT);
    let reference = "O_XVajPtgGFk173LluM5oKb";
    assert_eq!(event.check(&Expected::new(reference, rupees("200"))), Ok(()));
    assert_eq!(event.check(&Expected::new("O_other", rupees("200"))), Err(Mismatch::Reference));
    let differs = Mismatch::AmountDiffers { expected: rupees("250"), actual: rupees("200") };
    assert_eq!(event.check(&Expected::new(reference, rupees("250"))), Err(differs));
}

#[test]
fn an_event_reports_the_order_in_the_shared_vocabulary() {
    let report = verified(DEPOSIT).report().unwrap().unwrap();
    assert_eq!((report.event_id.as_deref(), report.live), (None, None));
    assert_eq!(report.reference.as_deref(), Some("O_XVajPtgGFk173LluM5oKb"));
    assert_eq!(report.object_id.as_deref(), Some("849655cf-ceba-49bc-951a-cbfbf8d63274"));
    // TurboPay does not say whether the order is a deposit or a withdrawal.
    assert_eq!(report.operations, [WriteOperation::StartPayment, WriteOperation::Confirm, WriteOperation::PayOut]);
    assert_eq!((&report.status, report.is_final), (&PaymentStatus::Succeeded, true));
    assert_eq!((report.amount.as_ref().unwrap().to_string().as_str(), &report.currency), ("200.00", &Ok(None)));
    let text = serde_json::to_string(&report).unwrap();
    assert!(!text.contains("409876543210") && !text.contains("deposit@test"), "more than the facts: {text}");

    let reference = "O_XVajPtgGFk173LluM5oKb";
    assert_eq!(report.check(&Expected::new(reference, rupees("200"))), Ok(()));
    assert_eq!(report.check(&Expected::new("O_other", rupees("200"))), Err(Mismatch::Reference));
    let differs = Mismatch::AmountDiffers { expected: rupees("250"), actual: rupees("200") };
    assert_eq!(report.check(&Expected::new(reference, rupees("250"))), Err(differs));
}

#[test]
fn a_report_has_the_orders_status_and_an_unreadable_amount_fails_its_check() {
    for status in OrderStatus::KNOWN.iter().chain([&OrderStatus::from("under_review")]) {
        let report = verified(&DEPOSIT.replace("\"success\"", &format!("\"{status}\""))).report().unwrap().unwrap();
        assert_eq!((report.status, report.is_final), (status.common(), status.is_final()), "{status}");
    }
    for amount in ["\"1,500\"", "\"\"", "null", "[]"] {
        let report = verified(&DEPOSIT.replace("\"200.00\"", amount)).report().unwrap().unwrap();
        let check = report.check(&Expected::new("O_XVajPtgGFk173LluM5oKb", rupees("200")));
        assert!(matches!(check, Err(Mismatch::AmountUnreadable(_))), "{amount}: {check:?}");
        assert!(report.status.is_paid(), "the status is readable all the same");
    }
}

#[test]
fn a_deeply_nested_event_decodes_on_a_small_stack() {
    let nested = format!("\"x\": {}{}, \"utr\"", "[".repeat(10_000), "]".repeat(10_000));
    let body = DEPOSIT.replace("\"utr\"", &nested);
    let thread = std::thread::Builder::new().stack_size(64 * 1024).spawn(move || verify(body.as_bytes()).is_ok());
    assert!(thread.unwrap().join().unwrap());
}

trait About {
    fn is_about(&self, reference: &str) -> bool;
}

impl About for Event {
    fn is_about(&self, reference: &str) -> bool {
        self.merchant_order_id.as_str() == reference
    }
}

fn verify(body: &[u8]) -> Result<Verified<Event>, VerifyError> {
    verifier().verify_signature(body, sign(&key(), body).as_bytes())
}

#[track_caller]
fn verified(body: &str) -> Verified<Event> {
    verify(body.as_bytes()).unwrap()
}

fn verifier() -> WebhookVerifier {
    WebhookVerifier::new(key())
}

fn key() -> WebhookKey {
    WebhookKey::new("whk-canary-51ab").unwrap()
}

fn base64_of(hex: &str) -> String {
    use base64::Engine as _;
    let bytes: Vec<u8> =
        (0..hex.len()).step_by(2).map(|start| u8::from_str_radix(&hex[start..start + 2], 16).unwrap()).collect();
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

const DEPOSIT: &str = r#"{
  "order_id": "849655cf-ceba-49bc-951a-cbfbf8d63274",
  "merchant_order_id": "O_XVajPtgGFk173LluM5oKb",
  "status": "success",
  "reason": "some reason",
  "amount": "200.00",
  "utr": "409876543210",
  "target_upi_id": "deposit@test",
  "merchant_customer_id": "aaaaaaa99-1290-3e9f-a08e-c03aedc68b35"
}"#;

const WITHDRAWAL: &str = r#"{
  "order_id": "c2f0f71a-6f3f-4d65-be01-aa6b0f86cbe2",
  "merchant_order_id": "ABC00001",
  "status": "failed",
  "reason": "some reason",
  "amount": "300",
  "utr": "409876543210",
  "error_code": "ERR_001",
  "error_message": "Payout service under maintenance. Try again later."
}"#;

const ONE_LINE: &str = r#"{"order_id":"849655cf-ceba-49bc-951a-cbfbf8d63274","merchant_order_id":"O_XVajPtgGFk173LluM5oKb","status":"pending","reason":"some reason","amount":"200.00","utr":"409876543210","target_upi_id":  "deposit@test", "merchant_customer_id":  "aaaaaaa99-1290-3e9f-a08e-c03aedc68b35"}"#;

const CHARGEBACK: &str = r#"{
  "order_id": "849655cf-ceba-49bc-951a-cbfbf8d63274",
  "merchant_order_id": "O_XVajPtgGFk173LluM5oKb",
  "status": "chargeback",
  "reason": "chargeback", // ask support for proper resaon if needed
  "amount": "200.00",
  "utr": "409876543210",
  "target_upi_id": "deposit@test",
  "merchant_customer_id": "aaaaaaa99-1290-3e9f-a08e-c03aedc68b35",
  "claim_id": "<cyber_complaint_id>"
}"#;
