//! A plain TurraTech client, and the request bodies that several tests send.

use payments_sandbox::Sandbox;
use serde_json::{Value, json};

use crate::support::{Response, http_request};

/// Sends a request exactly as given, on its own connection.
pub(crate) async fn send(
    sandbox: &Sandbox,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> Response {
    crate::support::send(sandbox.turratech().base_url(), method, &format!("/v1/{path}"), headers, body).await
}

/// Returns the bytes of a request.
pub(crate) fn request(sandbox: &Sandbox, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Vec<u8> {
    http_request(sandbox.turratech().base_url(), method, &format!("/v1/{path}"), headers, body)
}

/// Returns the `Authorization` value for this key.
pub(crate) fn bearer(key: &str) -> String {
    format!("Bearer {key}")
}

/// Sends a POST under the secret key.
pub(crate) async fn post(sandbox: &Sandbox, path: &str, body: &Value) -> Response {
    let bearer = bearer(sandbox.turratech().api_key());
    let headers = [("Authorization", bearer.as_str()), ("Content-Type", "application/json")];
    send(sandbox, "POST", path, &headers, &body.to_string()).await
}

/// Sends a POST under the secret key and an idempotency key.
pub(crate) async fn post_idempotent(sandbox: &Sandbox, key: &str, path: &str, body: &Value) -> Response {
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

/// Returns the payment of the document's sample for an order.
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

/// Returns a payment with another payment method.
pub(crate) fn payment_with_method(method: &str, order: &str) -> Value {
    crate::support::with(payment(order), "payment_method", method)
}

/// Returns the error of a response after asserting its status and the documented form.
#[track_caller]
pub(crate) fn expect_error(response: &Response, status: u16) -> Value {
    let body = response.expect_status(status);
    assert_eq!(body.as_object().unwrap().keys().collect::<Vec<_>>(), ["error"], "{body}");
    let error = body["error"].clone();
    for (name, value) in error.as_object().unwrap() {
        assert!(["type", "code", "message", "param", "decline_code"].contains(&name.as_str()), "{error}");
        assert!(value.is_string(), "{error}");
    }
    assert!(error["type"].is_string() && error["message"].is_string(), "{error}");
    error
}

/// Returns the id of an object.
#[track_caller]
pub(crate) fn id(object: &Value) -> String {
    object["id"].as_str().unwrap_or_else(|| panic!("no id in {object}")).to_owned()
}

/// Creates a customer and returns its id.
pub(crate) async fn create_customer(sandbox: &Sandbox) -> String {
    id(&post(sandbox, "customers", &json!({"email": "hello@turratech.com"})).await.expect_status(201))
}
