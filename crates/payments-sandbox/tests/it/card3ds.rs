//! card3ds, as its document shows it.

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

/// The document's card, which pays and pays in parts.
const CARD: &str = "5421190122090656";
const DEBIT: &str = "4000056655665556";
const DECLINED: &str = "4000000000000002";

/// A payment or a pre-authorization, as the document's.
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

/// A 3-D Secure payment that leads back to one address either way.
fn three_ds_payment(order: &str, back: &str) -> Value {
    let mut body = payment(order);
    body["successUrl"] = json!(format!("{back}?success"));
    body["failureUrl"] = json!(format!("{back}?failure"));
    body
}

fn checkout(order: &str, callback: &str) -> Value {
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

/// A request as it goes over the wire.
fn request(sandbox: &Sandbox, method: &str, path: &str, body: &str) -> Vec<u8> {
    let card3ds = sandbox.card3ds();
    let headers = [
        ("X-API-KEY", card3ds.api_key()),
        ("X-API-SECRET", card3ds.api_secret()),
        ("Content-Type", "application/json"),
    ];
    http_request(card3ds.base_url(), method, path, &headers, body)
}

/// Sends bytes on a connection of its own.
async fn raw(sandbox: &Sandbox, bytes: &[u8]) -> Response {
    let mut connection = Connection::open(authority(sandbox.card3ds().base_url())).await;
    connection.write(bytes).await;
    connection.response().await
}

async fn post_text(sandbox: &Sandbox, path: &str, body: &str) -> Response {
    raw(sandbox, &request(sandbox, "POST", path, body)).await
}

async fn post(sandbox: &Sandbox, path: &str, body: &Value) -> Response {
    post_text(sandbox, path, &body.to_string()).await
}

async fn get(sandbox: &Sandbox, path: &str) -> Response {
    raw(sandbox, &request(sandbox, "GET", path, "")).await
}

/// Sends a POST and hears the connection out.
async fn post_until_closed(sandbox: &Sandbox, path: &str, body: &Value) -> (Vec<u8>, End) {
    let mut connection = Connection::open(authority(sandbox.card3ds().base_url())).await;
    connection.write(&request(sandbox, "POST", path, &body.to_string())).await;
    connection.end().await
}

/// What a browser gets that is inside a sandboxed frame: no key, and an origin that nobody knows.
async fn browse(sandbox: &Sandbox, method: &str, target: &str, form: &str) -> Response {
    let headers = [("Origin", "null"), ("Content-Type", "application/x-www-form-urlencoded")];
    crate::support::send(sandbox.card3ds().base_url(), method, target, &headers, form).await
}

/// The first value of an attribute behind some text.
#[track_caller]
fn attribute<'a>(html: &'a str, behind: &str, name: &str) -> &'a str {
    let rest = html.split_once(behind).unwrap_or_else(|| panic!("no {behind} in {html}")).1;
    let rest =
        rest.split_once(&format!("{name}=\"")).unwrap_or_else(|| panic!("no {name} behind {behind} in {html}")).1;
    rest.split_once('"').unwrap().0
}

/// The fields of a form that was posted.
fn fields(body: &[u8]) -> Vec<(String, String)> {
    let text = String::from_utf8(body.to_vec()).unwrap();
    let pair = |pair: &str| {
        let (name, value) = pair.split_once('=').unwrap();
        (name.to_owned(), value.to_owned())
    };
    text.split('&').map(pair).collect()
}

/// The message to the merchant that there is.
#[track_caller]
fn only_delivery(sandbox: &Sandbox) -> Delivery {
    let mut deliveries = sandbox.deliveries();
    assert_eq!(deliveries.len(), 1, "{deliveries:?}");
    deliveries.remove(0)
}

/// The text of an answer of which a card's owner must not find the card.
#[track_caller]
fn without_card(text: &str) -> &str {
    assert!(!text.contains(CARD), "{text}");
    text
}
