//! An axum router with a route for TurboPay's webhooks, one valid webhook and one forged webhook.
//!
//! `cargo run --example delivery --features turbopay`
#![expect(clippy::print_stdout, reason = "an example prints its results")]

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use axum::routing::post;
use payments_axum::{Acknowledge, Webhook};
use tower::ServiceExt;
use turbopay::{WebhookKey, WebhookVerifier};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let key = WebhookKey::new("sandbox_whk_123")?;
    let body = r#"{"order_id":"849655cf","merchant_order_id":"O_7","status":"success","amount":"200.00"}"#;
    let signature = turbopay::test_util::sign(&key, body.as_bytes());
    let app = Router::new().route("/turbopay", post(on_turbopay)).with_state(WebhookVerifier::new(key));

    let forged = "0000000000000000000000000000000000000000000000000000000000000000";
    for signature in [signature.as_str(), forged] {
        let delivery = Request::post("/turbopay").header(WebhookVerifier::SIGNATURE_HEADER, signature);
        let response = app.clone().oneshot(delivery.body(Body::from(body))?).await?;
        println!("response: {}", response.status());
    }
    Ok(())
}

async fn on_turbopay(Webhook(event): Webhook<WebhookVerifier>) -> Acknowledge<WebhookVerifier> {
    println!("{} is {}", event.merchant_order_id, event.status);
    Acknowledge::new()
}
