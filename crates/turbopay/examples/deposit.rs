//! A hosted deposit: created, then looked up.
//!
//! `cargo run --example deposit` talks to a sandbox on this machine. With `TURBOPAY_API_KEY` set it talks to TurboPay,
//! or to the base URL that is given as its argument. Creating a deposit moves no money.
#![expect(clippy::print_stdout, reason = "an example shows what it does")]

use payments_sandbox::Sandbox;
use turbopay::{ApiKey, Client, Currency, MerchantOrderId, Money, NewDeposit, Traffic};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let sandbox;
    let builder = match (ApiKey::from_env(), std::env::args().nth(1)) {
        (Ok(key), None) => Client::builder(key),
        (Ok(key), Some(base_url)) => Client::builder(key).base_url(base_url),
        (Err(problem), _) => {
            println!("{problem}, so this is a sandbox");
            sandbox = Sandbox::builder().start().await;
            Client::builder(ApiKey::new(sandbox.turbopay().api_key())?).base_url(sandbox.turbopay().base_url())
        }
    };
    let client = builder
        .status_url("https://shop.example/turbopay")
        .redirect_url("https://shop.example/thanks")
        .traffic(Traffic::Standard)
        .build()?;

    // A reference is taken once; a shop has its own numbers.
    let number = std::time::UNIX_EPOCH.elapsed()?.as_millis();
    let reference: MerchantOrderId = format!("example-{number}").parse()?;
    let price = Money::parse("2000", Currency::INR)?;
    let deposit =
        client.create_deposit(NewDeposit::upi(price, reference.clone(), "customer-9".parse()?)).send().await?;
    println!("send the customer to {}", deposit.form_url);

    let order = client.lookup(&reference).send().await?;
    println!("{} is {}", order.merchant_order_id, order.status);
    Ok(())
}
