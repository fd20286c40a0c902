//! `FAILED` is an answer; whoever wants an error of it asks for one.

use card3ds::{Error, ErrorKind, Outcome, Payment, PaymentStatus};

use crate::support::{PAN, now, payment, response, scripted};

fn answered(status: &str) -> Payment {
    let message = format!("\"Card {PAN}\\nhas insufficient funds.\"");
    let (client, script) = scripted([response(&[
        ("status", &format!("\"{status}\"")),
        ("resultCode", "\"51\""),
        ("resultMessage", &message),
    ])]);
    let payment = now(client.create_payment(payment()).send()).unwrap();
    assert_eq!(script.requests().len(), 1);
    payment
}

fn refused(status: &str) -> Error {
    answered(status).into_success().unwrap_err()
}

#[test]
fn a_failed_payment_is_an_answer_with_its_reason() {
    let payment = answered("FAILED");
    assert_eq!(payment.status, PaymentStatus::Failed);
    assert_eq!(payment.result_code.as_deref(), Some("51"));
    assert_eq!(payment.result_message.as_deref(), Some("Card 542119******0656\nhas insufficient funds."));
}

#[test]
fn only_success_is_success() {
    assert_eq!(answered("SUCCESS").into_success().unwrap(), answered("SUCCESS"));
    for status in ["FAILED", "ENROLLED", "REVERSED", "success", "SUCCESS "] {
        assert!(answered(status).into_success().is_err(), "{status}");
    }
}

#[test]
fn only_failed_is_declined_and_refused() {
    let failed = refused("FAILED");
    assert_eq!((failed.kind(), failed.outcome()), (ErrorKind::Declined, Outcome::Refused));
    for status in ["ENROLLED", "REVERSED"] {
        let err = refused(status);
        assert_eq!((err.kind(), err.outcome()), (ErrorKind::NotFinal, Outcome::Unknown), "{status}");
        assert!(err.may_have_moved_money(), "{status}");
    }
}

#[test]
fn the_error_is_one_line_and_carries_the_payments_id_code_and_message() {
    let failed = refused("FAILED");
    assert_eq!(
        failed.to_string(),
        "card3ds: declined: the payment's status is FAILED: Card 542119******0656 has insufficient funds"
    );
    let enrolled = refused("ENROLLED");
    assert_eq!(
        enrolled.to_string(),
        "card3ds: not final: the payment's status is ENROLLED: Card 542119******0656 has insufficient funds; \
         it may have been executed"
    );
    assert_eq!(failed.object_id(), Some(answered("FAILED").payment_id.as_str()));
    assert_eq!(failed.code(), Some("51"));
    assert_eq!(failed.message(), Some("Card 542119******0656\nhas insufficient funds."));
    let boxed: Box<dyn std::error::Error + Send + Sync> = Box::new(failed);
    assert!(!format!("{boxed:?}").contains(PAN));
}
