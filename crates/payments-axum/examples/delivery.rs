//! A shop with an address for TurboPay's webhooks, and one delivery to it.
//!
//! `cargo run --example delivery --features turbopay`
#![expect(clippy::print_stdout, reason = "an example shows what it does")]

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use axum::routing::post;
use payments_axum::{Acknowledged, Delivered};
use tower::ServiceExt;
use turbopay::{WebhookEndpoint, WebhookKey};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let key = WebhookKey::new("sandbox_whk_123")?;
    let body = r#"{"order_id":"849655cf","merchant_order_id":"O_7","status":"success","amount":"200.00"}"#;
    let signature = turbopay::test_util::sign(&key, body.as_bytes());
    let app = Router::new().route("/turbopay", post(on_turbopay)).with_state(WebhookEndpoint::new(key));

    for signature in [signature.as_str(), "0000000000000000000000000000000000000000000000000000000000000000"] {
        let delivery = Request::post("/turbopay").header(WebhookEndpoint::SIGNATURE_HEADER, signature);
        let answer = app.clone().oneshot(delivery.body(Body::from(body))?).await?;
        println!("answered {}", answer.status());
    }
    Ok(())
}

async fn on_turbopay(Delivered(event): Delivered<WebhookEndpoint>) -> Acknowledged<WebhookEndpoint> {
    println!("{} is {}", event.merchant_order_id, event.status);
    Acknowledged::new()
}
