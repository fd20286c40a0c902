//! Charges a card with the SDK: `TURRATECH_API_KEY=… ours BASE_URL`.

use turratech::{ApiKey, Client, Currency, Money, NewPayment};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let base_url = std::env::args().nth(1).ok_or("usage: ours BASE_URL")?;
    let client = Client::builder(ApiKey::from_env()?).base_url(base_url).build()?;

    let new = NewPayment::new(Money::parse("20.00", Currency::USD)?).payment_method("pm_card").confirm(true);
    let payment = client.create_payment(new).send().await?;

    println!("{} is {}", payment.id, payment.status);
    Ok(())
}
