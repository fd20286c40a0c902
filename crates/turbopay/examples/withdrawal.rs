//! Resolves a withdrawal whose response is lost after TurboPay executed it, in a local sandbox.
//!
//! `cargo run --example withdrawal`
#![expect(clippy::print_stdout, reason = "an example prints its results")]

use payments_sandbox::{Clock, Sandbox};
use turbopay::{ApiKey, Client, Currency, Expected, MerchantOrderId, Money, NewWithdrawal, Outcome, Traffic};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let sandbox = Sandbox::builder().clock(Clock::running()).start().await;
    sandbox.fault("turbopay.withdraw#1 @after-commit fin");

    let client = Client::builder(ApiKey::new(sandbox.turbopay().api_key())?)
        .base_url(sandbox.turbopay().base_url())
        .status_url("https://shop.example/turbopay")
        .traffic(Traffic::Standard)
        .build()?;

    // Store the reference before sending: the lookup after an unknown outcome needs it.
    let reference: MerchantOrderId = "payout-7421".parse()?;
    let amount = Money::parse("500", Currency::INR)?;
    let withdrawal = NewWithdrawal::bank_transfer(
        amount,
        reference.clone(),
        "customer-9",
        "065432123456789".parse()?,
        "HDFC0000053".parse()?,
    );

    match client.create_withdrawal(withdrawal).send().await {
        // Store this status only if no webhook or lookup has set one: a webhook can arrive before this response.
        Ok(order) => println!("accepted with status {}", order.status),
        Err(err) => match err.outcome() {
            Outcome::NotSent | Outcome::Refused => println!("not executed: {err}"),
            Outcome::Unknown => {
                println!("{err}");
                println!("looking up the order instead of sending the withdrawal again");
                let order = client.wait_until_final(&reference).send().await?;
                order.check(&Expected::new(&reference, amount))?;
                let finality = if order.status.is_final() { "final" } else { "not final yet" };
                println!("{} is {} ({finality})", order.merchant_order_id, order.status);
            }
        },
    }

    for entry in sandbox.ledger().entries() {
        println!("TurboPay's ledger: {entry}");
    }
    sandbox.finish();
    Ok(())
}
