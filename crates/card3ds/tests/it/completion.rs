//! Enrolment and completion of 3-D Secure payments.

use card3ds::{Enrolment, ErrorKind, Outcome, PaymentId, PaymentStatus, ThreeDsCallback, Unverified};
use payments_core::test_util::Reply;

use crate::support::{PAYMENT, body_of, payment_id, response, scripted, sent_to, three_ds};

fn callback(payment: &str) -> Unverified<ThreeDsCallback> {
    ThreeDsCallback::parse(format!("paymentId={payment}&securityKey=key-1").as_bytes()).unwrap()
}

#[tokio::test]
async fn a_callback_for_another_payment_is_rejected_before_sending() {
    let (client, script) = scripted([response(&[])]);
    let other: PaymentId = "00000000-e89b-12d3-a456-426614174000".parse().unwrap();

    let err = client.complete_3ds(&other, callback(PAYMENT)).send().await.unwrap_err();

    assert_eq!((err.kind(), err.outcome(), err.attempts()), (ErrorKind::InvalidRequest, Outcome::NotSent, 0));
    assert_eq!(err.param(), Some("callback"));
    assert!(!err.to_string().contains(PAYMENT), "{err}");
    assert_eq!(script.requests().len(), 0);
}

#[tokio::test]
async fn the_stored_payment_id_is_sent() {
    let (client, script) = scripted([response(&[]), response(&[])]);

    client.complete_3ds(&payment_id(), callback(&PAYMENT.to_uppercase())).send().await.unwrap();

    assert_eq!(sent_to(&script), format!("POST https://api.example.com/api/3ds/{PAYMENT}/complete"));
    assert_eq!(body_of(&script), r#"{"securityKey":"key-1"}"#);
}

#[tokio::test]
async fn a_response_about_another_payment_makes_the_outcome_unknown() {
    let other = "\"00000000-e89b-12d3-a456-426614174000\"";
    let (client, script) = scripted([response(&[("paymentId", other)]), response(&[])]);

    let err = client.complete_3ds(&payment_id(), callback(PAYMENT)).send().await.unwrap_err();

    assert_eq!((err.kind(), err.outcome()), (ErrorKind::MalformedResponse, Outcome::Unknown));
    assert_eq!(err.json_path(), Some("paymentId"));
    assert_eq!(script.requests().len(), 1);
}

#[tokio::test]
async fn a_failed_or_pending_completion_is_not_an_error() {
    for (status, expected) in [("\"FAILED\"", PaymentStatus::Failed), ("\"ENROLLED\"", PaymentStatus::Enrolled)] {
        let (client, _) = scripted([response(&[("status", status)])]);
        let payment = client.complete_3ds(&payment_id(), callback(PAYMENT)).send().await.unwrap();
        assert_eq!(payment.status, expected);
    }
}

#[tokio::test]
async fn an_enrolment_without_a_page_or_payment_id_is_a_malformed_response() {
    for (response, path) in [
        (format!(r#"{{"paymentId":"{PAYMENT}","success":true}}"#), "htmlContent"),
        (format!(r#"{{"paymentId":"{PAYMENT}","success":true,"htmlContent":null}}"#), "htmlContent"),
        (format!(r#"{{"paymentId":"{PAYMENT}","success":true,"htmlContent":""}}"#), "htmlContent"),
        (r#"{"success":true,"htmlContent":"<form>"}"#.to_owned(), "paymentId"),
        (r#"{"paymentId":"a/b","success":true,"htmlContent":"<form>"}"#.to_owned(), "paymentId"),
        (format!(r#"{{"paymentId":"{PAYMENT}","success":"true","htmlContent":"<form>"}}"#), "success"),
        (format!(r#"{{"paymentId":"{PAYMENT}","success":null,"htmlContent":"<form>"}}"#), "success"),
        (format!(r#"{{"paymentId":"{PAYMENT}","htmlContent":"<form>"}}"#), "."),
        (format!(r#"{{"paymentId":"{PAYMENT}","success":true,"htmlContent":{{}}}}"#), "htmlContent"),
    ] {
        let (client, _) = scripted([Reply::json(200, &response)]);
        let err = client.start_3ds(three_ds()).send().await.unwrap_err();
        assert_eq!((err.outcome(), err.json_path()), (Outcome::Unknown, Some(path)), "{response}: {err}");
    }
}

#[tokio::test]
async fn a_failed_enrolment_has_no_page_even_if_the_response_has_one() {
    let response = format!(r#"{{"paymentId":"{PAYMENT}","success":false,"htmlContent":"<form>"}}"#);
    let (client, _) = scripted([Reply::json(200, &response)]);
    let enrolment = client.start_3ds(three_ds()).send().await.unwrap();
    let Enrolment::NotEnrolled(reason) = &enrolment else { panic!("{enrolment:?}") };
    assert_eq!(reason.payment_id, Some(payment_id()));
    assert!(!format!("{enrolment:?}").contains("<form>"));
}
