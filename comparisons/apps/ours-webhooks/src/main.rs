//! Verifies one delivery: the secret is in `TURRATECH_WEBHOOK_SECRET`, the signature and the body are given.

use turratech::{WebhookVerifier, WebhookSecret};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let (signature, body) =
        arguments.next().zip(arguments.next()).ok_or("say what is in turratech-signature, and the body")?;

    let endpoint = WebhookVerifier::new(WebhookSecret::from_env()?);
    let event = endpoint.verify_signature(body.as_bytes(), signature.as_bytes())?;

    println!("{} {}: {:?}", event.id, event.event_type, event.object()?);
    Ok(())
}
