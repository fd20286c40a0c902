//! card3ds: payments, pre-authorizations, 3-D Secure and checkouts.

mod checkouts;
mod control;
mod installments;
mod payments;
mod pre_authorizations;
mod secrets;
mod three_ds;
mod validation;

use payments_sandbox::{Delivery, Sandbox};
use serde_json::{Value, json};

use crate::support::{Connection, End, Response, authority, http_request};

/// The document's card, which succeeds and allows installments.
const CARD: &str = "5421190122090656";
const DEBIT: &str = "4000056655665556";
const DECLINED: &str = "4000000000000002";

/// Returns a payment or a pre-authorization like the one in the document.
fn payment(order: &str) -> Value {
    json!({
        "orderId": order,
        "amount": 100.5,
        "currency": "TRY",
        "cardHolderName": "John Doe",
        "pan": CARD,
        "expiryMonth": "04",
        "expiryYear": "28",
        "cvv": "916",
        "requestIp": "192.168.1.1",
        "requestPort": 8080,
        "customerId": "CUST-12345",
    })
}

/// Returns a 3-D Secure payment whose success and failure URLs differ only in the query.
pub(crate) fn three_ds_payment(order: &str, back: &str) -> Value {
    let mut body = payment(order);
    body["successUrl"] = json!(format!("{back}?success"));
    body["failureUrl"] = json!(format!("{back}?failure"));
    body
}

pub(crate) fn checkout(order: &str, callback: &str) -> Value {
    json!({
        "orderId": order,
        "amount": 100.5,
        "currency": "TRY",
        "description": "Product purchase",
        "callback": callback,
        "customerId": "CUST-12345",
        "maxInstallmentCount": 6,
        "interestPaidByCustomer": true,
    })
}

/// Returns the bytes of a request.
fn request(sandbox: &Sandbox, method: &str, path: &str, body: &str) -> Vec<u8> {
    let card3ds = sandbox.card3ds();
    let headers = [
        ("X-API-KEY", card3ds.api_key()),
        ("X-API-SECRET", card3ds.api_secret()),
        ("Content-Type", "application/json"),
    ];
    http_request(card3ds.base_url(), method, path, &headers, body)
}

/// Sends bytes on their own connection.
async fn send_bytes(sandbox: &Sandbox, bytes: &[u8]) -> Response {
    let mut connection = Connection::open(authority(sandbox.card3ds().base_url())).await;
    connection.write(bytes).await;
    connection.response().await
}

async fn post_text(sandbox: &Sandbox, path: &str, body: &str) -> Response {
    send_bytes(sandbox, &request(sandbox, "POST", path, body)).await
}

pub(crate) async fn post(sandbox: &Sandbox, path: &str, body: &Value) -> Response {
    post_text(sandbox, path, &body.to_string()).await
}

/// Completes a 3-D Secure payment whose customer has returned to the shop.
pub(crate) async fn complete_after_return(sandbox: &Sandbox, payment: &str) -> Response {
    let key = fields(&only_delivery(sandbox).body)[1].1.clone();
    post(sandbox, &format!("/api/3ds/{payment}/complete"), &json!({"securityKey": key})).await
}

async fn get(sandbox: &Sandbox, path: &str) -> Response {
    send_bytes(sandbox, &request(sandbox, "GET", path, "")).await
}

/// Sends a POST and reads until the connection ends.
async fn post_until_closed(sandbox: &Sandbox, path: &str, body: &Value) -> (Vec<u8>, End) {
    let mut connection = Connection::open(authority(sandbox.card3ds().base_url())).await;
    connection.write(&request(sandbox, "POST", path, &body.to_string())).await;
    connection.read_to_end().await
}

/// Sends a request as a browser in a sandboxed frame does: without a key, and with the origin `null`.
async fn browse(sandbox: &Sandbox, method: &str, target: &str, form: &str) -> Response {
    let headers = [("Origin", "null"), ("Content-Type", "application/x-www-form-urlencoded")];
    crate::support::send(sandbox.card3ds().base_url(), method, target, &headers, form).await
}

/// Returns the value of the first such attribute after some text.
#[track_caller]
fn attribute<'a>(html: &'a str, after: &str, name: &str) -> &'a str {
    let rest = html.split_once(after).unwrap_or_else(|| panic!("no {after} in {html}")).1;
    let rest = rest.split_once(&format!("{name}=\"")).unwrap_or_else(|| panic!("no {name} after {after} in {html}")).1;
    rest.split_once('"').unwrap().0
}

/// Returns the fields of a posted form.
fn fields(body: &[u8]) -> Vec<(String, String)> {
    let text = String::from_utf8(body.to_vec()).unwrap();
    let pair = |pair: &str| {
        let (name, value) = pair.split_once('=').unwrap();
        (name.to_owned(), value.to_owned())
    };
    text.split('&').map(pair).collect()
}

/// Returns the only delivery to the merchant.
#[track_caller]
fn only_delivery(sandbox: &Sandbox) -> Delivery {
    let mut deliveries = sandbox.deliveries();
    assert_eq!(deliveries.len(), 1, "{deliveries:?}");
    deliveries.remove(0)
}

/// Returns the text after asserting that it does not contain the card number.
#[track_caller]
fn assert_without_card(text: &str) -> &str {
    assert!(!text.contains(CARD), "{text}");
    text
}
