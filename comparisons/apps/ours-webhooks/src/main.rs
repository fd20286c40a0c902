//! Verifies a webhook: `TURRATECH_WEBHOOK_SECRET=… ours-webhooks SIGNATURE BODY`.

use turratech::{WebhookSecret, WebhookVerifier};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let (signature, body) = arguments.next().zip(arguments.next()).ok_or("usage: ours-webhooks SIGNATURE BODY")?;

    let verifier = WebhookVerifier::new(WebhookSecret::from_env()?);
    let event = verifier.verify_signature(body.as_bytes(), signature.as_bytes())?;

    println!("{} {}: {:?}", event.id, event.event_type, event.object()?);
    Ok(())
}
