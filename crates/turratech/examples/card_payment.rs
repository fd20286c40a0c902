//! Creates a payment, retrieves it, and refunds a part of it.
//!
//! `cargo run --example card_payment` uses a local sandbox. With `TURRATECH_API_KEY` set, it uses TurraTech, or the base
//! URL in the first argument. It accepts only test keys, because it pays.
#![expect(clippy::print_stdout, reason = "an example prints its results")]

use payments_sandbox::Sandbox;
use turratech::{ApiKey, Client, Currency, Expected, Mode, Money, NewPayment, NewRefund, RefundReason};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let sandbox;
    let builder = match (ApiKey::from_env(), std::env::args().nth(1)) {
        (Ok(key), _) if key.mode() == Mode::Live => {
            return Err("this example pays: set TURRATECH_API_KEY to a test key".into());
        }
        (Ok(key), None) => Client::builder(key),
        (Ok(key), Some(base_url)) => Client::builder(key).base_url(base_url),
        (Err(problem), _) => {
            println!("using a local sandbox: {problem}");
            sandbox = Sandbox::builder().start().await;
            Client::builder(ApiKey::new(sandbox.turratech().api_key())?).base_url(sandbox.turratech().base_url())
        }
    };
    let client = builder.build()?;

    let price = Money::from_minor(2000, Currency::GBP);
    let payment = NewPayment::new(price)
        .payment_method("pm_card_visa")
        .confirm(true)
        .description("Order #7421")
        .metadata("order_id", "7421");
    let payment = client.create_payment(payment).send().await?;
    println!("payment {}: {}, {}", payment.id, payment.status, payment.amount()?);

    let payment = client.retrieve_payment(&payment.id).send().await?;
    payment.check_metadata("order_id", &Expected::new("7421", price).live(false))?;

    let refund = NewRefund::new(payment.id)
        .amount(Money::from_minor(500, Currency::GBP))
        .reason(RefundReason::RequestedByCustomer);
    let refund = client.create_refund(refund).send().await?;
    match refund.amount_in(Currency::GBP) {
        Ok(amount) => println!("refund {}: {amount}", refund.id),
        Err(problem) => println!("refund {}: {problem}", refund.id),
    }
    Ok(())
}
