//! Starts a payment at the first of two providers that accepts it. Base URLs are arguments, keys come from the environment.

use payments::gateway::{PaymentRequest, StartPayment, StartedPayment};
use payments::{Currency, Error, Money, Outcome, turbo_txn, turbopay};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut addresses = std::env::args().skip(1);
    let (first, second) =
        addresses.next().zip(addresses.next()).ok_or("usage: facade-subset TURBOPAY_URL TURBO_TXN_URL")?;
    let turbopay = turbopay::Client::builder(turbopay::ApiKey::from_env()?)
        .base_url(first)
        .status_url("http://127.0.0.1:9/turbopay")
        .traffic(turbopay::Traffic::Standard)
        .build()?;
    let (id, key) = (turbo_txn::ClientId::from_env()?, turbo_txn::SecretKey::from_env()?);
    let turbo_txn = turbo_txn::Client::builder(id, key).base_url(second).build()?;

    let order = PaymentRequest::new("facade-subset-1", Money::parse("300", Currency::INR)?)
        .customer("customer-9")
        .description("A book")
        .return_url("http://127.0.0.1:9/thanks");
    let started = start(&[&turbopay, &turbo_txn], &order).await?;

    println!("{}: {:?}", started.status, started.next);
    Ok(())
}

/// Tries the next provider only if the previous one provably did not accept the order.
async fn start(providers: &[&dyn StartPayment], order: &PaymentRequest) -> Result<StartedPayment, Error> {
    let mut last = Error::configuration("no provider is configured");
    for provider in providers {
        match provider.start_payment(order).await {
            Err(err) if err.outcome() != Outcome::Unknown => last = err,
            result => return result,
        }
    }
    Err(last)
}
