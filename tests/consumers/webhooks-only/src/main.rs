//! Verifies one webhook: the key is in `TURBOPAY_WEBHOOK_KEY`, the signature and the body are arguments.

use turbopay::{WebhookKey, WebhookVerifier};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let (signature, body) = arguments.next().zip(arguments.next()).ok_or("usage: webhooks-only SIGNATURE BODY")?;

    let event =
        WebhookVerifier::new(WebhookKey::from_env()?).verify_signature(body.as_bytes(), signature.as_bytes())?;

    println!("{} of {} is {}", event.amount()?, event.merchant_order_id, event.status);
    Ok(())
}
