//! Error responses: a refusal stays a refusal, whatever its descriptive members contain.

use payments_core::{ErrorKind, Outcome};
use payments_test_json::{Message, is_wrong_shape};

use super::exchange::{Exchange, Reading};
use super::{card3ds, turbo_link, turbo_txn, turbopay, turratech};

/// An error response in the provider's form.
struct Refusal {
    exchange: Exchange,
    status: u16,
    sample: &'static str,
    /// The members that make it the provider's, and those that say what it is about.
    deciding: &'static [&'static str],
    kind: ErrorKind,
}

const REFUSALS: &[Refusal] = &[
    Refusal {
        exchange: turratech::CREATE_PAYMENT,
        status: 402,
        sample: r#"{"error":{"type":"card_error","code":"card_declined","message":"Your card was declined.",
            "param":"payment_method","decline_code":"insufficient_funds"}}"#,
        deciding: &["error", "error.type"],
        kind: ErrorKind::Declined,
    },
    Refusal {
        exchange: turbo_txn::INITIATE,
        status: 400,
        sample: r#"{"statusCode":400,"message":"Amount is wrong","status":"BAD_REQUEST","success":false,
            "timestamp":"2025-08-26T07:52:23Z","data":null}"#,
        deciding: &["statusCode", "success"],
        kind: ErrorKind::InvalidRequest,
    },
    Refusal {
        exchange: turbo_txn::INITIATE,
        status: 200,
        sample: r#"{"statusCode":400,"message":"Amount is wrong","status":"BAD_REQUEST","success":false}"#,
        deciding: &["statusCode", "success"],
        kind: ErrorKind::InvalidRequest,
    },
    Refusal {
        exchange: turbo_link::LIST,
        status: 200,
        sample: r#"{"error":true,"msg":"Invalid API key"}"#,
        deciding: &["error"],
        kind: ErrorKind::InvalidRequest,
    },
    Refusal {
        exchange: card3ds::PAYMENT,
        status: 422,
        sample: r#"{"paymentId":"123e4567-e89b-12d3-a456-426614174000","orderId":"ORD-12345","status":"FAILED",
            "amount":100.50,"currency":"TRY","resultCode":"51","resultMessage":"Insufficient funds",
            "message":"m","error":"e"}"#,
        deciding: &["paymentId", "orderId", "status"],
        kind: ErrorKind::Declined,
    },
    Refusal {
        exchange: card3ds::ENROLMENT,
        status: 200,
        sample: r#"{"paymentId":"123e4567-e89b-12d3-a456-426614174000","success":false,"resultCode":"12",
            "resultMessage":"Not enrolled","htmlContent":""}"#,
        deciding: &["paymentId", "success"],
        kind: ErrorKind::Declined,
    },
    Refusal {
        exchange: card3ds::CHECKOUT,
        status: 200,
        sample: r#"{"status":"FAILED","resultCode":"12","resultMessage":"Unknown merchant","amount":0}"#,
        deciding: &["status"],
        kind: ErrorKind::Declined,
    },
    Refusal {
        exchange: turbopay::WITHDRAWAL,
        status: 422,
        sample: r#"{"message":"The amount field must be an integer.","errors":{"amount":["The amount field must be an integer."]},
            "exception":"e","file":"f","line":1,"trace":[]}"#,
        deciding: &["message", "errors", "errors.amount", "errors.amount[0]"],
        kind: ErrorKind::InvalidRequest,
    },
];

/// An enrolment that failed is a result and not an error; it says no all the same.
fn is_refused(read: &Reading, refusal: &Refusal) -> bool {
    match read {
        Reading::Failed(err) => (err.outcome(), err.kind()) == (Outcome::Refused, refusal.kind),
        Reading::Read(facts) => facts.status == "not enrolled" && !facts.passes,
        Reading::Rejected(_) => false,
    }
}

#[test]
fn a_refusal_stays_one_whatever_its_descriptive_members_contain() {
    let shapes = ["true", "7", "1.50", "\"text\"", "[]", "{}", "[7]", "{\"a\":1}", "\"no \\ud83d\"", "null"];
    let mut wrong = Vec::new();
    for refusal in REFUSALS {
        let (name, read) = (refusal.exchange.name, refusal.exchange.read);
        let sample = Message::new(refusal.sample);
        let documented = read(refusal.status, sample.to_string().as_bytes());
        assert!(is_refused(&documented, refusal), "{name}: {documented}");
        for (path, good) in sample.members() {
            for value in shapes {
                let read = read(refusal.status, sample.clone().with(&path, value).to_string().as_bytes());
                let is_right = if !refusal.deciding.contains(&&*path) {
                    is_refused(&read, refusal)
                } else if is_wrong_shape(&good, value) {
                    // It never becomes a success, and never proves that nothing was sent.
                    match &read {
                        Reading::Failed(err) => err.outcome() != Outcome::NotSent,
                        Reading::Read(facts) => !facts.passes,
                        Reading::Rejected(_) => false,
                    }
                } else {
                    true
                };
                if !is_right {
                    wrong.push(format!("{name}: {path}: {value}: {read}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn a_refusal_in_another_encoding_or_with_a_byte_order_mark_stays_one() {
    for refusal in REFUSALS {
        let body = Message::new(refusal.sample).with("note", "\"i?lem\"").to_string();
        let marked = format!("\u{feff}{body}").into_bytes();
        let latin: Vec<u8> = body.bytes().map(|byte| if byte == b'?' { 0xfe } else { byte }).collect();
        let lone = body.replace('?', "\\ud83d").into_bytes();
        for bytes in [marked, latin, lone] {
            let read = (refusal.exchange.read)(refusal.status, &bytes);
            assert!(is_refused(&read, refusal), "{}: {read}", refusal.exchange.name);
        }
    }
}
