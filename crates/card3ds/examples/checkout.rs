//! A checkout: the customer pays on the provider's page, and the provider is asked what became of it.
//!
//! `cargo run --example checkout` talks to a sandbox on this machine, whose customer pays at once. With `CARD3DS_API_KEY`,
//! `CARD3DS_API_SECRET` and `CARD3DS_BASE_URL` set it talks to the provider, and **you** are the customer: open the address
//! that it prints, within five minutes.
#![expect(clippy::print_stdout, reason = "an example shows what it does")]

use std::time::Duration;

use card3ds::{CheckoutCallback, Currency, Expected, Lookup, MerchantOrderId, Money, NewCheckout};
use payments_sandbox::{Clock, Sandbox};

#[path = "support/connect.rs"]
mod connect;

use connect::connect;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let sandbox = Sandbox::builder().clock(Clock::running()).start().await;
    let (client, at_the_provider) = connect(&sandbox)?;

    let order: MerchantOrderId = format!("example-{}", std::time::UNIX_EPOCH.elapsed()?.as_millis()).parse()?;
    let price = Money::parse("100.50", Currency::TRY)?;
    // The callback's address is the shop's; nobody listens at this one.
    let checkout = NewCheckout::new(order.clone(), price, "Product purchase", "https://shop.example/checkout");
    let checkout = client.create_checkout(checkout).send().await?;
    println!("send the customer to {}", checkout.redirect_url);

    let payment = if at_the_provider {
        client.wait_until_final(&checkout.checkout_id).timeout(Duration::from_secs(300)).send().await?
    } else {
        sandbox.card3ds().checkout(checkout.checkout_id.as_str()).pay("5421190122090656");
        // What the shop's address would have been sent: an id, which proves nothing and is asked about.
        let posted = sandbox.deliveries().pop().ok_or("no callback was sent")?;
        let callback = CheckoutCallback::parse(&posted.body)?;
        println!("posted: {callback:?}");
        callback.lookup(&client).send().await?
    };
    payment.check(&Expected::new(&order, price))?;
    println!("{order}: {} is {}", payment.amount, payment.status);
    sandbox.finish();
    Ok(())
}
