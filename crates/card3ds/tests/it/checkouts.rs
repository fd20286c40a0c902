//! Hosted checkouts: creation, lookup and waiting.

use std::time::Duration;

use card3ds::{CheckoutId, ErrorKind, NewCheckout, Outcome, PaymentStatus};
use payments_core::test_util::Reply;

use crate::support::{PAYMENT, lira, response, scripted};

fn checkout() -> NewCheckout {
    NewCheckout::new("ORD-12345", lira("100.50"), "Product purchase", "https://example.com/callback")
}

fn id() -> CheckoutId {
    PAYMENT.parse().unwrap()
}

#[tokio::test]
async fn a_redirect_url_that_is_not_http_or_https_is_a_malformed_response() {
    for url in ["javascript:alert(1)", "//evil.example", "data:text/html,x", "", "https://", "https:// x", "/checkout"]
    {
        let (client, _) = scripted([Reply::json(200, &format!(r#"{{"checkoutId":"c-1","redirectUrl":"{url}"}}"#))]);
        let err = client.create_checkout(checkout()).send().await.unwrap_err();
        assert_eq!((err.outcome(), err.json_path()), (Outcome::Unknown, Some("redirectUrl")), "{url}");
    }
}

#[tokio::test]
async fn a_checkout_id_that_is_unsafe_in_a_path_is_a_malformed_response() {
    let response = r#"{"checkoutId":"../payment","redirectUrl":"https://pay.example/x"}"#;
    let (client, _) = scripted([Reply::json(200, response)]);
    let err = client.create_checkout(checkout()).send().await.unwrap_err();
    assert_eq!(err.json_path(), Some("checkoutId"));
}

#[tokio::test]
async fn waiting_ends_when_the_checkout_is_paid() {
    let (client, script) = scripted([
        Reply::json(404, r#"{"message":"not paid yet"}"#),
        Reply::json(200, r#"{"paymentId":null,"status":null}"#),
        response(&[("status", "\"ENROLLED\"")]),
        response(&[("status", "\"SOMETHING\"")]),
        response(&[]),
    ]);

    let payment = client.wait_until_final(&id()).send().await.unwrap();

    assert_eq!(payment.status, PaymentStatus::Success);
    assert_eq!(script.requests().len(), 5);
}

#[tokio::test]
async fn waiting_ends_when_the_checkout_fails() {
    let (client, script) = scripted([response(&[("status", "\"FAILED\"")]), response(&[])]);
    let payment = client.wait_until_final(&id()).send().await.unwrap();
    assert_eq!((payment.status, script.requests().len()), (PaymentStatus::Failed, 1));
}

#[tokio::test]
async fn waiting_returns_the_last_status_at_the_timeout() {
    let (client, _) = scripted((0..20).map(|_| response(&[("status", "\"ENROLLED\"")])));
    let payment = client.wait_until_final(&id()).timeout(Duration::from_secs(10)).send().await.unwrap();
    assert_eq!((payment.status.is_final(), payment.status), (false, PaymentStatus::Enrolled));
}

#[tokio::test]
async fn waiting_ends_at_once_if_the_credentials_are_wrong() {
    let (client, script) = scripted([Reply::json(401, "{}"), response(&[])]);
    let err = client.wait_until_final(&id()).send().await.unwrap_err();
    assert_eq!((err.kind(), script.requests().len()), (ErrorKind::Authentication, 1));
}
