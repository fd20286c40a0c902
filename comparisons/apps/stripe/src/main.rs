//! Charges a card with async-stripe: `STRIPE_API_KEY=… stripe BASE_URL`.

use stripe::{ClientBuilder, RequestStrategy, StripeRequest as _};
use stripe_core::payment_intent::CreatePaymentIntent;
use stripe_types::Currency;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let base_url = std::env::args().nth(1).ok_or("usage: stripe BASE_URL")?;
    let client = ClientBuilder::new(std::env::var("STRIPE_API_KEY")?).url(base_url).build()?;

    let new = CreatePaymentIntent::new(2000, Currency::USD).payment_method("pm_card").confirm(true);
    let strategy = RequestStrategy::idempotent_with_uuid();
    let payment = new.customize().request_strategy(strategy).send(&client).await?;

    println!("{} is {}", payment.id, payment.status);
    Ok(())
}
