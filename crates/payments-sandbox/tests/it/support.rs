//! A client that shows what happens on the wire, a merchant that takes webhooks, and orders to send.

mod line;
mod merchant;

use payments_sandbox::Sandbox;
use serde_json::{Value, json};

pub(crate) use line::{Answer, End, Line};
pub(crate) use merchant::{Merchant, Received};

/// Where no message is ever sent to.
pub(crate) const NOWHERE: &str = "https://merchant.example/status";

/// A withdrawal, as the recorded one.
pub(crate) fn withdrawal(reference: &str) -> Value {
    json!({
        "method": "bank_transfer",
        "amount": 500,
        "currency": "INR",
        "traffic": "std",
        "customer_email": "name@mail.com",
        "customer_phone": "+919876543210",
        "customer_name": "Raj Singh",
        "merchant_order_id": reference,
        "merchant_customer_id": "customer-1",
        "customer_bank_account": "065432123456789",
        "bank_code": "HDFC0000053",
        "status_url": NOWHERE,
    })
}

/// A deposit, hosted or host-to-host, as the recorded ones.
pub(crate) fn deposit(reference: &str) -> Value {
    json!({
        "method": "upi",
        "amount": 2000,
        "currency": "INR",
        "customer_email": "peter-pen@gmail.com",
        "customer_phone": "+919876543210",
        "customer_name": "Peter Pen",
        "merchant_order_id": reference,
        "merchant_customer_id": "customer-1",
        "status_url": NOWHERE,
        "redirect_url": "https://merchant.example/back",
        "traffic": "ftd",
    })
}

/// The same with another member.
pub(crate) fn with(mut body: Value, name: &str, value: impl Into<Value>) -> Value {
    body[name] = value.into();
    body
}

/// The same without a member.
pub(crate) fn without(mut body: Value, name: &str) -> Value {
    body.as_object_mut().unwrap().remove(name);
    body
}

/// Host and port of an address.
pub(crate) fn authority(url: &str) -> &str {
    url.strip_prefix("http://").unwrap().split('/').next().unwrap()
}

/// A request to TurboPay as it goes over the wire, for a connection that stays open.
pub(crate) fn request(sandbox: &Sandbox, method: &str, path: &str, body: Option<&Value>) -> Vec<u8> {
    let body = body.map(Value::to_string).unwrap_or_default();
    format!(
        "{method} /api/{path} HTTP/1.1\r\nHost: {}\r\nAuthorization: {}\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\n\r\n{body}",
        authority(sandbox.turbopay().base_url()),
        sandbox.turbopay().api_key(),
        body.len(),
    )
    .into_bytes()
}

/// A connection to TurboPay.
pub(crate) async fn connect(sandbox: &Sandbox) -> Line {
    Line::to(authority(sandbox.turbopay().base_url())).await
}

/// Sends a POST to TurboPay on a connection of its own.
pub(crate) async fn post(sandbox: &Sandbox, path: &str, body: &Value) -> Answer {
    let mut line = connect(sandbox).await;
    line.write(&request(sandbox, "POST", path, Some(body))).await;
    line.answer().await
}

/// Sends a GET to TurboPay on a connection of its own.
pub(crate) async fn get(sandbox: &Sandbox, path: &str) -> Answer {
    let mut line = connect(sandbox).await;
    line.write(&request(sandbox, "GET", path, None)).await;
    line.answer().await
}

/// Sends a POST to TurboPay and hears the connection out.
pub(crate) async fn post_to_the_end(sandbox: &Sandbox, path: &str, body: &Value) -> (Vec<u8>, End) {
    let mut line = connect(sandbox).await;
    line.write(&request(sandbox, "POST", path, Some(body))).await;
    line.end().await
}

/// Asks the control API.
pub(crate) async fn control(sandbox: &Sandbox, method: &str, path: &str, body: &str) -> Answer {
    let host = authority(sandbox.control_url());
    let headers = format!("Host: {host}\r\nContent-Type: application/json\r\n");
    control_with(sandbox, method, path, &headers, body).await
}

/// Asks the control API with these headers, and with the body's length.
pub(crate) async fn control_with(sandbox: &Sandbox, method: &str, path: &str, headers: &str, body: &str) -> Answer {
    let mut line = Line::to(authority(sandbox.control_url())).await;
    let head = format!("{method} {path} HTTP/1.1\r\n{headers}Content-Length: {}\r\n\r\n", body.len());
    line.write(&[head.as_bytes(), body.as_bytes()].concat()).await;
    line.answer().await
}

/// Yields until something is so, for some seconds at most.
pub(crate) async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let patience = tokio::time::timeout(line::PATIENCE, async {
        while !holds() {
            tokio::time::sleep(std::time::Duration::from_millis(1)).await;
        }
    });
    assert!(patience.await.is_ok(), "it never came to this: {what}");
}
