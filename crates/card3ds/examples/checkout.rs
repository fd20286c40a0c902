//! Creates a hosted checkout and looks up its payment.
//!
//! `cargo run --example checkout` uses a local sandbox, whose customer pays at once.
//!
//! With `CARD3DS_API_KEY`, `CARD3DS_API_SECRET` and `CARD3DS_BASE_URL` set, it uses the provider, and you are the customer:
//! open the printed URL and pay within five minutes.
#![expect(clippy::print_stdout, reason = "an example prints its results")]

use std::time::Duration;

use card3ds::{CheckoutCallback, Currency, Expected, Lookup, MerchantOrderId, Money, NewCheckout};
use payments_sandbox::{Clock, Sandbox};

#[path = "support/connect.rs"]
mod connect;

use connect::connect;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let sandbox = Sandbox::builder().clock(Clock::running()).start().await;
    let (client, uses_provider) = connect(&sandbox)?;

    let order_id: MerchantOrderId = format!("example-{}", std::time::UNIX_EPOCH.elapsed()?.as_millis()).parse()?;
    let price = Money::parse("100.50", Currency::TRY)?;
    // Stands in for the merchant's callback URL. No server listens there.
    let callback_url = "https://shop.example/checkout";
    let checkout = NewCheckout::new(order_id.clone(), price, "Product purchase", callback_url);
    let checkout = client.create_checkout(checkout).send().await?;
    println!("send the customer to {}", checkout.redirect_url);

    let payment = if uses_provider {
        client.wait_until_final(&checkout.checkout_id).timeout(Duration::from_secs(300)).send().await?
    } else {
        sandbox.card3ds().checkout(checkout.checkout_id.as_str()).pay("5421190122090656");
        // The form that the callback URL would receive. It contains only an id, which proves nothing.
        let form = sandbox.deliveries().pop().ok_or("no callback was sent")?;
        let callback = CheckoutCallback::parse(&form.body)?;
        println!("callback: {callback:?}");
        callback.lookup(&client).send().await?
    };
    payment.check(&Expected::new(&order_id, price))?;
    println!("order {order_id}: {}, {}", payment.status, payment.amount()?);
    sandbox.finish();
    Ok(())
}
