//! Charges a card without an SDK: `TURRATECH_API_KEY=… bare BASE_URL`.

use std::time::Duration;

use serde::{Deserialize, Serialize};

#[derive(Serialize)]
struct NewPayment<'a> {
    amount: i64,
    currency: &'a str,
    payment_method: &'a str,
    confirm: bool,
}

#[derive(Deserialize)]
struct Payment {
    id: String,
    amount: i64,
    currency: String,
    status: String,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let base_url = std::env::args().nth(1).ok_or("usage: bare BASE_URL")?;
    let key = std::env::var("TURRATECH_API_KEY")?;
    let client = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .connect_timeout(Duration::from_secs(5))
        .timeout(Duration::from_secs(30))
        .build()?;

    let new = NewPayment { amount: 2000, currency: "usd", payment_method: "pm_card", confirm: true };
    let response = client
        .post(format!("{base_url}/payments"))
        .bearer_auth(key)
        .header("turratech-version", "2024-01-01")
        .header("idempotency-key", uuid::Uuid::new_v4().to_string())
        .json(&new)
        .send()
        .await?;
    let status = response.status();
    let body = response.bytes().await?;
    if !status.is_success() {
        return Err(format!("{status}: {}", String::from_utf8_lossy(&body)).into());
    }
    let payment: Payment = serde_json::from_slice(&body)?;

    println!("{} of {} {} is {}", payment.id, payment.amount, payment.currency, payment.status);
    Ok(())
}
