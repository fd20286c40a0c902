//! Creates a deposit at the given base URL with the key in `TURBOPAY_API_KEY`.

use turbopay::{ApiKey, Client, Currency, Money, NewDeposit, Traffic};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let base_url = std::env::args().nth(1).ok_or("usage: one-provider BASE_URL")?;
    let client = Client::builder(ApiKey::from_env()?)
        .base_url(base_url)
        .status_url("http://127.0.0.1:9/turbopay")
        .redirect_url("http://127.0.0.1:9/thanks")
        .traffic(Traffic::Standard)
        .build()?;

    let price = Money::parse("2000", Currency::INR)?;
    let order = NewDeposit::upi(price, "one-provider-1", "customer-9");
    let deposit = client.create_deposit(order).send().await?;

    println!("send the customer to {}", deposit.form_url);
    Ok(())
}
