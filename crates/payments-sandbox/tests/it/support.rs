//! A raw HTTP client, a merchant that receives webhooks, and request bodies.

mod connection;
mod merchant;

use std::io::Write;
use std::process::{Command, Stdio};
use std::time::Duration;

use payments_sandbox::Sandbox;
use serde_json::{Value, json};

pub(crate) use connection::{Connection, End, Response};
pub(crate) use merchant::{Merchant, Received};

/// A URL to which the sandbox never sends webhooks, because it is not on loopback.
pub(crate) const UNREACHABLE_URL: &str = "https://merchant.example/status";

/// Returns a withdrawal like the recorded one.
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
        "status_url": UNREACHABLE_URL,
    })
}

/// Returns a deposit, hosted or host-to-host, like the recorded ones.
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
        "status_url": UNREACHABLE_URL,
        "redirect_url": "https://merchant.example/back",
        "traffic": "ftd",
    })
}

/// Returns the body with a field set to this value.
pub(crate) fn with(mut body: Value, name: &str, value: impl Into<Value>) -> Value {
    body[name] = value.into();
    body
}

/// Returns the body without a field.
pub(crate) fn without(mut body: Value, name: &str) -> Value {
    body.as_object_mut().unwrap().remove(name);
    body
}

/// Returns the host and the port of a URL.
pub(crate) fn authority(url: &str) -> &str {
    url.strip_prefix("http://").unwrap().split('/').next().unwrap()
}

/// Returns the bytes of an HTTP request.
pub(crate) fn http_request(
    base_url: &str,
    method: &str,
    target: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> Vec<u8> {
    let (host, length) = (authority(base_url), body.len());
    let mut head = format!("{method} {target} HTTP/1.1\r\nHost: {host}\r\nContent-Length: {length}\r\n");
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    format!("{head}\r\n{body}").into_bytes()
}

/// Sends a request on its own connection.
pub(crate) async fn send(base_url: &str, method: &str, target: &str, headers: &[(&str, &str)], body: &str) -> Response {
    let mut connection = Connection::open(authority(base_url)).await;
    connection.write(&http_request(base_url, method, target, headers, body)).await;
    connection.response().await
}

/// Sends a form as a browser does, without a key.
pub(crate) async fn browse(base_url: &str, method: &str, target: &str, form: &str) -> Response {
    send(base_url, method, target, &[("Content-Type", "application/x-www-form-urlencoded")], form).await
}

/// Returns the bytes of a request to TurboPay, for a connection that stays open.
pub(crate) fn request(sandbox: &Sandbox, method: &str, path: &str, body: Option<&Value>) -> Vec<u8> {
    let body = body.map(Value::to_string).unwrap_or_default();
    let headers = [("Authorization", sandbox.turbopay().api_key()), ("Content-Type", "application/json")];
    http_request(sandbox.turbopay().base_url(), method, &format!("/api/{path}"), &headers, &body)
}

/// Connects to TurboPay.
pub(crate) async fn connect(sandbox: &Sandbox) -> Connection {
    Connection::open(authority(sandbox.turbopay().base_url())).await
}

/// Sends a POST to TurboPay on its own connection.
pub(crate) async fn post(sandbox: &Sandbox, path: &str, body: &Value) -> Response {
    let mut connection = connect(sandbox).await;
    connection.write(&request(sandbox, "POST", path, Some(body))).await;
    connection.response().await
}

/// Sends a GET to TurboPay on its own connection.
pub(crate) async fn get(sandbox: &Sandbox, path: &str) -> Response {
    let mut connection = connect(sandbox).await;
    connection.write(&request(sandbox, "GET", path, None)).await;
    connection.response().await
}

/// Sends a POST to TurboPay and reads until the connection ends.
pub(crate) async fn post_until_closed(sandbox: &Sandbox, path: &str, body: &Value) -> (Vec<u8>, End) {
    let mut connection = connect(sandbox).await;
    connection.write(&request(sandbox, "POST", path, Some(body))).await;
    connection.read_to_end().await
}

/// Sends a JSON request to the control API.
pub(crate) async fn control(sandbox: &Sandbox, method: &str, path: &str, body: &str) -> Response {
    let host = authority(sandbox.control_url());
    let headers = format!("Host: {host}\r\nContent-Type: application/json\r\n");
    control_with(sandbox, method, path, &headers, body).await
}

/// Sends a request to the control API with these headers and a `Content-Length`.
pub(crate) async fn control_with(sandbox: &Sandbox, method: &str, path: &str, headers: &str, body: &str) -> Response {
    let mut connection = Connection::open(authority(sandbox.control_url())).await;
    let head = format!("{method} {path} HTTP/1.1\r\n{headers}Content-Length: {}\r\n\r\n", body.len());
    connection.write(&[head.as_bytes(), body.as_bytes()].concat()).await;
    connection.response().await
}

/// Waits until a condition is true, for at most [`connection::TIMEOUT`].
pub(crate) async fn wait_until(description: &str, mut condition: impl FnMut() -> bool) {
    let waiting = tokio::time::timeout(connection::TIMEOUT, async {
        while !condition() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    });
    assert!(waiting.await.is_ok(), "timed out waiting until {description}");
}

/// Returns the HMAC-SHA256 that `openssl dgst` computes, or `None` if openssl is not installed.
pub(crate) fn openssl_hmac(key: &str, body: &[u8]) -> Option<String> {
    let mut openssl = Command::new("openssl")
        .args(["dgst", "-sha256", "-hmac", key])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    openssl.stdin.take().unwrap().write_all(body).unwrap();
    let output = openssl.wait_with_output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    text.trim().rsplit_once("= ").map(|(_, hex)| hex.to_owned())
}

/// Returns every key and secret of every provider.
pub(crate) fn keys(sandbox: &Sandbox) -> [&str; 12] {
    let (turratech, turbo_txn, card3ds) = (sandbox.turratech(), sandbox.turbo_txn(), sandbox.card3ds());
    [
        turratech.api_key(),
        turratech.publishable_key(),
        turratech.restricted_key(),
        turratech.webhook_secret(),
        turbo_txn.client_id(),
        turbo_txn.secret_key(),
        turbo_txn.callback_key(),
        sandbox.turbo_link().api_key(),
        card3ds.api_key(),
        card3ds.api_secret(),
        sandbox.turbopay().api_key(),
        sandbox.turbopay().webhook_key(),
    ]
}

/// Asserts that an unaccepted webhook is sent again after exactly 1, 10 and 60 minutes.
pub(crate) async fn check_three_resends(sandbox: &Sandbox, merchant: &Merchant) {
    for (attempts, minutes) in [(2, 1), (3, 10), (4, 60)] {
        let wait = Duration::from_secs(minutes * 60);
        sandbox.clock().advance(wait - Duration::from_millis(1));
        sandbox.settle().await;
        assert_eq!(merchant.received().len(), attempts - 1, "not before {minutes} minutes");
        sandbox.clock().advance(Duration::from_millis(1));
        sandbox.settle().await;
        assert_eq!(merchant.received().len(), attempts);
    }
}
