//! A client of TurraTech's, as plain as can be, and what is sent to it again and again.

use payments_sandbox::Sandbox;
use serde_json::{Value, json};

use crate::support::{Response, http_request};

/// Sends a request just as it is said, on a connection of its own.
pub(crate) async fn send(
    sandbox: &Sandbox,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> Response {
    crate::support::send(sandbox.turratech().base_url(), method, &format!("/v1/{path}"), headers, body).await
}

/// A request as it goes over the wire.
pub(crate) fn request(sandbox: &Sandbox, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Vec<u8> {
    http_request(sandbox.turratech().base_url(), method, &format!("/v1/{path}"), headers, body)
}

/// `Authorization` with this key.
pub(crate) fn bearer(key: &str) -> String {
    format!("Bearer {key}")
}

/// A POST under the secret key.
pub(crate) async fn post(sandbox: &Sandbox, path: &str, body: &Value) -> Response {
    let bearer = bearer(sandbox.turratech().api_key());
    let headers = [("Authorization", bearer.as_str()), ("Content-Type", "application/json")];
    send(sandbox, "POST", path, &headers, &body.to_string()).await
}

/// A POST under the secret key and an idempotency key.
pub(crate) async fn post_once(sandbox: &Sandbox, key: &str, path: &str, body: &Value) -> Response {
    let bearer = bearer(sandbox.turratech().api_key());
    let headers = [("Authorization", bearer.as_str()), ("Content-Type", "application/json"), ("Idempotency-Key", key)];
    send(sandbox, "POST", path, &headers, &body.to_string()).await
}

pub(crate) async fn get(sandbox: &Sandbox, path: &str) -> Response {
    send(sandbox, "GET", path, &[("Authorization", &bearer(sandbox.turratech().api_key()))], "").await
}

pub(crate) async fn delete(sandbox: &Sandbox, path: &str) -> Response {
    send(sandbox, "DELETE", path, &[("Authorization", &bearer(sandbox.turratech().api_key()))], "").await
}

/// An order's payment, as the document's sample.
pub(crate) fn payment(order: &str) -> Value {
    json!({
        "amount": 2000,
        "currency": "gbp",
        "payment_method": "pm_card_visa",
        "confirm": true,
        "description": "Order #12345",
        "metadata": {"order_id": order},
    })
}

/// The same by another payment method.
pub(crate) fn payment_by(method: &str, order: &str) -> Value {
    crate::support::with(payment(order), "payment_method", method)
}

/// What an answer's error says, once its status is held to be this and its form the documented one.
#[track_caller]
pub(crate) fn error(response: &Response, status: u16) -> Value {
    let body = response.expect(status);
    assert_eq!(body.as_object().unwrap().keys().collect::<Vec<_>>(), ["error"], "{body}");
    let error = body["error"].clone();
    for (name, value) in error.as_object().unwrap() {
        assert!(["type", "code", "message", "param", "decline_code"].contains(&name.as_str()), "{error}");
        assert!(value.is_string(), "{error}");
    }
    assert!(error["type"].is_string() && error["message"].is_string(), "{error}");
    error
}

/// An object's id.
#[track_caller]
pub(crate) fn id(object: &Value) -> String {
    object["id"].as_str().unwrap_or_else(|| panic!("no id in {object}")).to_owned()
}

/// A customer.
pub(crate) async fn customer(sandbox: &Sandbox) -> String {
    id(&post(sandbox, "customers", &json!({"email": "hello@turratech.com"})).await.expect(201))
}
