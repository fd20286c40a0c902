//! Retries a payment whose response was lost, with the same idempotency key, against a local sandbox.
//!
//! `cargo run --example unknown_outcome`
#![expect(clippy::print_stdout, reason = "an example prints its results")]

use payments_sandbox::{Clock, Sandbox};
use turratech::payments_core::time::{Duration, OffsetDateTime};
use turratech::{ApiKey, Client, Currency, IdempotencyExt, IdempotencyReference, Money, NewPayment, Outcome};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let sandbox = Sandbox::builder().clock(Clock::running()).start().await;
    // The sandbox executes the payment, but drops the responses to the first three attempts.
    sandbox.fault("turratech.create-payment#1-3 @after-commit fin");

    let client = Client::builder(ApiKey::new(sandbox.turratech().api_key())?)
        .base_url(sandbox.turratech().base_url())
        .clock(sandbox.clock())
        .timer(sandbox.clock())
        .build()?;

    // The order's reference and creation time come from the merchant's database.
    let order: IdempotencyReference = "order-7421".parse()?;
    let ordered_at = stored_creation_time(&sandbox.clock());
    let pay = || {
        let payment = NewPayment::new(Money::from_minor(2000, Currency::GBP))
            .payment_method("pm_card_visa")
            .confirm(true)
            .metadata("order_id", order.as_str());
        Ok::<_, turratech::ValidationError>(client.create_payment(payment).idempotency_reference(&order, ordered_at))
    };

    let payment = match pay()?.send().await {
        Ok(payment) => payment,
        Err(err) => match err.outcome() {
            Outcome::NotSent | Outcome::Refused => return Err(format!("the payment was not executed: {err}").into()),
            // The same call within a day of `ordered_at` does not pay twice.
            Outcome::Unknown => {
                println!("unknown outcome after {} attempts with one key: {err}", err.attempts());
                println!("sending the same call again, as another process would do later");
                pay()?.send().await?
            }
        },
    };
    println!("payment {}: {}, {}", payment.id, payment.status, payment.amount()?);

    for entry in sandbox.ledger().entries() {
        println!("TurraTech's ledger: {entry}");
    }
    sandbox.finish();
    Ok(())
}

/// Stands in for a database: the order was created ten minutes ago.
fn stored_creation_time(clock: &Clock) -> OffsetDateTime {
    turratech::payments_core::clock::Clock::now(clock) - Duration::minutes(10)
}
