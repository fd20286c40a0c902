//! A payment at the address that is given, under the key in `STRIPE_API_KEY`.

use stripe::{ClientBuilder, RequestStrategy, StripeRequest as _};
use stripe_core::payment_intent::CreatePaymentIntent;
use stripe_types::Currency;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let base_url = std::env::args().nth(1).ok_or("say where Stripe is")?;
    let client = ClientBuilder::new(std::env::var("STRIPE_API_KEY")?).url(base_url).build()?;

    let new = CreatePaymentIntent::new(2000, Currency::USD).payment_method("pm_card").confirm(true);
    let once = RequestStrategy::idempotent_with_uuid();
    let payment = new.customize().request_strategy(once).send(&client).await?;

    println!("{} is {}", payment.id, payment.status);
    Ok(())
}
