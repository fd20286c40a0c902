//! Charges a card, captures a part of a pre-authorization, and loses the response to a payment.
//!
//! `cargo run --example payment` uses a local sandbox.
//!
//! With `CARD3DS_API_KEY`, `CARD3DS_API_SECRET` and `CARD3DS_BASE_URL` set, it uses the provider, **and charges the card in
//! this file**, which is a test card.
#![expect(clippy::print_stdout, reason = "an example prints its results")]

use std::net::SocketAddr;

use card3ds::{Card, Currency, Expiry, MerchantOrderId, Money, NewPayment, Outcome, Payment, PaymentStatus};
use payments_sandbox::{Clock, Sandbox};

#[path = "support/connect.rs"]
mod connect;

use connect::connect;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let sandbox = Sandbox::builder().clock(Clock::running()).start().await;
    let (client, uses_provider) = connect(&sandbox)?;

    // Stands in for the merchant's own order ids.
    let run = std::time::UNIX_EPOCH.elapsed()?.as_millis();
    let order_id = |name: &str| format!("example-{run}-{name}").parse::<MerchantOrderId>();

    let payment = client.create_payment(new_payment(order_id("payment")?, "100.50")?).send().await?;
    print(&payment);

    let authorized = client.pre_authorize(new_payment(order_id("authorization")?, "100")?).send().await?;
    print(&authorized);
    if authorized.status == PaymentStatus::Success {
        print(&client.capture_payment(&authorized.payment_id, Money::parse("90", Currency::TRY)?).send().await?);
    }

    if !uses_provider {
        // The sandbox executes the second payment, but drops the response.
        sandbox.fault("card3ds.payment#2 @after-commit fin");
        match client.create_payment(new_payment(order_id("lost-response")?, "12.34")?).send().await {
            Ok(payment) => print(&payment),
            Err(error) => match error.outcome() {
                Outcome::NotSent | Outcome::Refused => println!("the card was not charged: {error}"),
                Outcome::Unknown => {
                    println!("{error}\nhold the order and ask the provider: there is no lookup")
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

/// Prints a payment. A `FAILED` payment is not an error.
fn print(payment: &Payment) {
    let order_id = payment.order_id.as_ref().map_or("(no order id)", MerchantOrderId::as_str);
    let message = payment.result_message.as_deref().unwrap_or("no message");
    let amount = payment.amount().map_or_else(|unreadable| unreadable.to_string(), |amount| amount.to_string());
    println!("order {order_id}: {}, {amount}, {message}", payment.status);
}

fn new_payment(order_id: MerchantOrderId, amount: &str) -> Result<NewPayment, Box<dyn std::error::Error>> {
    let card = Card::new("John Doe", "5421190122090656".parse()?, Expiry::new(4, 2028)?, "916".parse()?);
    let customer_address: SocketAddr = "198.51.100.7:52144".parse()?;
    Ok(NewPayment::new(order_id, Money::parse(amount, Currency::TRY)?, card, customer_address))
}
