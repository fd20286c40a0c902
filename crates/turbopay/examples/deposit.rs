//! Creates a hosted deposit and looks it up.
//!
//! `cargo run --example deposit` uses a local sandbox. With `TURBOPAY_API_KEY` set, it uses TurboPay, or the base URL
//! in its first argument. Creating a deposit moves no money.
#![expect(clippy::print_stdout, reason = "an example prints its results")]

use payments_sandbox::Sandbox;
use turbopay::{ApiKey, Client, Currency, MerchantOrderId, Money, NewDeposit, Traffic};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let sandbox;
    let builder = match (ApiKey::from_env(), std::env::args().nth(1)) {
        (Ok(key), None) => Client::builder(key),
        (Ok(key), Some(base_url)) => Client::builder(key).base_url(base_url),
        (Err(err), _) => {
            println!("{err}: using a local sandbox");
            sandbox = Sandbox::builder().start().await;
            Client::builder(ApiKey::new(sandbox.turbopay().api_key())?).base_url(sandbox.turbopay().base_url())
        }
    };
    let client = builder
        .status_url("https://shop.example/turbopay")
        .redirect_url("https://shop.example/thanks")
        .traffic(Traffic::Standard)
        .build()?;

    // TurboPay accepts each reference once. A shop uses its own order numbers.
    let number = std::time::UNIX_EPOCH.elapsed()?.as_millis();
    let reference: MerchantOrderId = format!("example-{number}").parse()?;
    let price = Money::parse("2000", Currency::INR)?;
    let deposit = NewDeposit::upi(price, reference.clone(), "customer-9");
    let deposit = client.create_deposit(deposit).send().await?;
    println!("send the customer to {}", deposit.form_url);

    let order = client.lookup(&reference).send().await?;
    println!("{} is {}", order.merchant_order_id, order.status);
    Ok(())
}
