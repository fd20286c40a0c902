//! Stores a webhook, an order and an idempotency key in a file, and continues with them in a second process.
//!
//! Credentials come from the environment.

use std::error::Error;
use std::fs;

use serde::{Deserialize, Serialize};
use turbopay::{Expected, Traffic};
use turratech::payments_core::time::{Duration, OffsetDateTime};
use turratech::{Currency, Delivery, IdempotencyKey, Money, NewPayment, Payment, WebhookSecret, WebhookVerifier};

/// What the worker keeps. A real one has a table.
#[derive(Serialize, Deserialize)]
struct Kept {
    /// A webhook that was received, but not processed yet.
    delivery: Delivery,
    /// An order, as TurboPay reported it.
    order: turbopay::Order,
    /// The key of a payment that is sent next, or was sent already.
    key: IdempotencyKey,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [step, file, turbopay_url, turratech_url] = arguments.as_slice() else {
        return Err("usage: restarted-worker receive|resume FILE TURBOPAY_URL TURRATECH_URL".into());
    };
    let turratech =
        turratech::Client::builder(turratech::ApiKey::from_env()?).base_url(turratech_url.as_str()).build()?;
    match step.as_str() {
        "receive" => receive(file, turbopay_url, &turratech).await,
        _ => resume(file, &turratech).await,
    }
}

/// Stores everything, and then sends a payment. The process ends before it can store the response.
async fn receive(file: &str, turbopay_url: &str, turratech: &turratech::Client) -> Result<(), Box<dyn Error>> {
    let now = OffsetDateTime::now_utc();
    let kept = Kept {
        delivery: turratech::test_util::delivery(&WebhookSecret::from_env()?, EVENT.as_bytes(), now - Duration::HOUR),
        order: order(turbopay_url).await?,
        key: IdempotencyKey::random(now)?,
    };
    fs::write(file, serde_json::to_string(&kept)?)?;
    let payment = pay(turratech, kept.key).await?;
    println!("received: {}", payment.id);
    Ok(())
}

/// Continues where the first process ended.
async fn resume(file: &str, turratech: &turratech::Client) -> Result<(), Box<dyn Error>> {
    let kept: Kept = serde_json::from_reader(fs::File::open(file)?)?;

    // The webhook was signed an hour ago, and is verified as of then.
    let event = WebhookVerifier::new(WebhookSecret::from_env()?).verify_delivery(&kept.delivery)?;
    kept.order.check(&Expected::new("restarted-worker-1", Money::parse("2000", Currency::INR)?))?;
    // Under the stored key, TurraTech returns the payment of the first process.
    assert!(kept.key.may_have_been_used());
    let payment = pay(turratech, kept.key).await?;

    println!("resumed: {} after {}", payment.id, event.event_type);
    Ok(())
}

async fn pay(turratech: &turratech::Client, key: IdempotencyKey) -> Result<Payment, Box<dyn Error>> {
    let payment = NewPayment::new(Money::from_minor(2000, Currency::GBP))
        .payment_method("pm_card_visa")
        .confirm(true)
        .metadata("order_id", "restarted-worker-1");
    Ok(turratech.create_payment(payment).idempotency_key(key).send().await?)
}

/// Creates a deposit, and looks up its order.
async fn order(turbopay_url: &str) -> Result<turbopay::Order, Box<dyn Error>> {
    let client = turbopay::Client::builder(turbopay::ApiKey::from_env()?)
        .base_url(turbopay_url)
        .status_url("http://127.0.0.1:9/turbopay")
        .redirect_url("http://127.0.0.1:9/thanks")
        .traffic(Traffic::Standard)
        .build()?;
    let reference: turbopay::MerchantOrderId = "restarted-worker-1".parse()?;
    let price = Money::parse("2000", Currency::INR)?;
    let deposit = turbopay::NewDeposit::upi(price, reference.clone(), "customer-9");
    client.create_deposit(deposit).send().await?;
    Ok(client.lookup(&reference).send().await?)
}

const EVENT: &str = r#"{"id":"evt_1","object":"event","type":"invoice.paid","created":1704067200,"livemode":false,
    "data":{"object":{"id":"in_1"}}}"#;
