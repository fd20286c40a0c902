//! A payment whose answers are lost after TurraTech has taken the money, against a sandbox on this machine.
//!
//! `cargo run --example resend`
#![expect(clippy::print_stdout, reason = "an example shows what it does")]

use payments_sandbox::{Clock, Sandbox};
use turratech::payments_core::time::{Duration, OffsetDateTime};
use turratech::{ApiKey, Client, Currency, IdempotencyExt, IdempotencyReference, Money, NewPayment, Outcome};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let sandbox = Sandbox::builder().clock(Clock::running()).start().await;
    // The answer of the first attempt is lost, and those of the second and the third.
    sandbox.fault("turratech.create-payment#1-3 @after-commit fin");

    let client = Client::builder(ApiKey::new(sandbox.turratech().api_key())?)
        .base_url(sandbox.turratech().base_url())
        .clock(sandbox.clock())
        .timer(sandbox.clock())
        .build()?;

    // As the merchant's books have it, and never made up here: what the order is called, and since when it is there.
    let (order, ordered_at): (IdempotencyReference, _) = ("order-7421".parse()?, stored_moment(&sandbox.clock()));
    let pay = || {
        let payment = NewPayment::new(Money::from_minor(2000, Currency::GBP))
            .payment_method("pm_card_visa".parse()?)
            .confirm(true)
            .metadata("order_id", order.as_str());
        Ok::<_, turratech::ValidationError>(client.create_payment(payment).idempotency_reference(&order, ordered_at))
    };

    let paid = match pay()?.send().await {
        Ok(payment) => payment,
        Err(err) => match err.outcome() {
            Outcome::NotSent | Outcome::Refused => return Err(format!("nothing was paid: {err}").into()),
            // Within a day of `ordered_at`, the same call pays nothing twice.
            Outcome::Unknown => {
                println!("{err}, after {} attempts under one key", err.attempts());
                println!("so the same call again, as another process would make it later");
                pay()?.send().await?
            }
        },
    };
    println!("{} is {}: {}", paid.id, paid.status, paid.amount);

    for entry in sandbox.ledger().entries() {
        println!("TurraTech's ledger: {entry}");
    }
    sandbox.finish();
    Ok(())
}

/// In place of a database: the order was made ten minutes ago.
fn stored_moment(clock: &Clock) -> OffsetDateTime {
    turratech::payments_core::clock::Clock::now(clock) - Duration::minutes(10)
}
