//! A payment: created, then looked at, then given back in part.
//!
//! `cargo run --example card_payment` talks to a sandbox on this machine. With `TURRATECH_API_KEY` set it talks to
//! TurraTech, or to the base URL that is given as its argument; it takes keys of the test mode alone, for it pays.
#![expect(clippy::print_stdout, reason = "an example shows what it does")]

use payments_sandbox::Sandbox;
use turratech::{ApiKey, Client, Currency, Expected, Mode, Money, NewPayment, NewRefund, RefundReason};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let sandbox;
    let builder = match (ApiKey::from_env(), std::env::args().nth(1)) {
        (Ok(key), _) if key.mode() == Mode::Live => {
            return Err("this example pays: give it a key of the test mode".into());
        }
        (Ok(key), None) => Client::builder(key),
        (Ok(key), Some(base_url)) => Client::builder(key).base_url(base_url),
        (Err(problem), _) => {
            println!("{problem}, so this is a sandbox");
            sandbox = Sandbox::builder().start().await;
            Client::builder(ApiKey::new(sandbox.turratech().api_key())?).base_url(sandbox.turratech().base_url())
        }
    };
    let client = builder.build()?;

    let price = Money::from_minor(2000, Currency::GBP);
    let payment = NewPayment::new(price)
        .payment_method("pm_card_visa".parse()?)
        .confirm(true)
        .description("Order #7421")
        .metadata("order_id", "7421");
    let payment = client.create_payment(payment).send().await?;
    println!("{} is {}: {}", payment.id, payment.status, payment.amount);

    let payment = client.retrieve_payment(&payment.id).send().await?;
    payment.check_metadata("order_id", &Expected::new("7421", price).live(false))?;

    let refund = NewRefund::new(payment.id)
        .amount(Money::from_minor(500, Currency::GBP))
        .reason(RefundReason::RequestedByCustomer);
    let refund = client.create_refund(refund).send().await?;
    println!("{} gives {:?} back", refund.id, refund.amount_in(Currency::GBP)?);
    Ok(())
}
