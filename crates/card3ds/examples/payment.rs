//! A card is charged; an amount is held and a part of it captured; and an answer is lost.
//!
//! `cargo run --example payment` talks to a sandbox on this machine. With `CARD3DS_API_KEY`, `CARD3DS_API_SECRET` and
//! `CARD3DS_BASE_URL` set it talks to the provider, **and charges the card that is written here**: one for tests.
#![expect(clippy::print_stdout, reason = "an example shows what it does")]

use std::net::SocketAddr;

use card3ds::{Card, Currency, Expiry, MerchantOrderId, Money, NewPayment, Outcome, Payment, PaymentStatus};
use payments_sandbox::{Clock, Sandbox};

#[path = "support/connect.rs"]
mod connect;

use connect::connect;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let sandbox = Sandbox::builder().clock(Clock::running()).start().await;
    let (client, at_the_provider) = connect(&sandbox)?;

    // A shop has its own numbers.
    let number = std::time::UNIX_EPOCH.elapsed()?.as_millis();
    let order = |what: &str| format!("example-{number}-{what}").parse::<MerchantOrderId>();

    let paid = client.create_payment(payment(order("paid")?, "100.50")?).send().await?;
    tell(&paid);

    let held = client.pre_authorize(payment(order("held")?, "100")?).send().await?;
    tell(&held);
    if held.status == PaymentStatus::Success {
        tell(&client.capture(&held.payment_id, Money::parse("90", Currency::TRY)?).send().await?);
    }

    if !at_the_provider {
        sandbox.fault("card3ds.payment#2 @after-commit fin");
        match client.create_payment(payment(order("lost")?, "12.34")?).send().await {
            Ok(payment) => tell(&payment),
            Err(err) => match err.outcome() {
                Outcome::NotSent | Outcome::Refused => println!("nothing was charged: {err}"),
                Outcome::Unknown => {
                    println!("{err}\nno call can find out: charge nothing for it before the provider says")
                }
            },
        }
        for entry in sandbox.ledger().entries() {
            println!("the provider's ledger: {entry}");
        }
    }
    sandbox.finish();
    Ok(())
}

/// `FAILED` is an answer, too.
fn tell(payment: &Payment) {
    let order = payment.order_id.as_ref().map_or("an order", MerchantOrderId::as_str);
    let said = payment.result_message.as_deref().unwrap_or_default();
    println!("{order}: {} is {} {said}", payment.amount, payment.status);
}

fn payment(order: MerchantOrderId, amount: &str) -> Result<NewPayment, Box<dyn std::error::Error>> {
    let card = Card::new("John Doe", "5421190122090656".parse()?, Expiry::new(4, 2028)?, "916".parse()?);
    let customer_at: SocketAddr = "198.51.100.7:52144".parse()?;
    Ok(NewPayment::new(order, Money::parse(amount, Currency::TRY)?, card, customer_at))
}
