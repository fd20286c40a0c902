//! What providers send: the journal stores it, verified, before it is acknowledged.

use axum::Router;
use axum::routing::post;
use payments::{turbo_txn, turbopay, turratech};
use payments_axum::Inbox;

use crate::clock::ShopClock;
use crate::shop::Shop;

/// What proves where a message is from.
pub(crate) struct Verifiers {
    turratech: turratech::WebhookVerifier,
    turbopay: turbopay::WebhookVerifier,
    turbo_txn: turbo_txn::CallbackDecryptor,
}

impl Verifiers {
    /// Reads each provider's key. A missing key is an error that names the variable.
    pub(crate) fn from_env(clock: &ShopClock) -> Result<Self, Box<dyn std::error::Error>> {
        Ok(Self {
            turratech: turratech::WebhookVerifier::new(turratech::WebhookSecret::from_env()?).clock(clock.clone()),
            turbopay: turbopay::WebhookVerifier::new(turbopay::WebhookKey::from_env()?),
            turbo_txn: turbo_txn::CallbackDecryptor::new(turbo_txn::CallbackKey::from_env()?),
        })
    }
}

/// The routes need no session and no CSRF token: a signature proves the sender, and an unsigned callback only causes a lookup.
pub(crate) fn routes(shop: &Shop) -> Router<Shop> {
    let (journal, verifiers) = (&shop.journal, &shop.verifiers);
    Router::new()
        .route("/webhooks/turratech", post(Inbox::new(journal.clone(), "turratech", verifiers.turratech.clone())))
        .route("/webhooks/turbopay", post(Inbox::new(journal.clone(), "turbopay", verifiers.turbopay.clone())))
        .route("/webhooks/turbo-txn", post(Inbox::new(journal.clone(), "turbo-txn", verifiers.turbo_txn.clone())))
}
