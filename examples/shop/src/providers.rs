//! The clients of the five providers, and what the journal may do with them.

use axum::BoxError;
use payments::journal::Gateway;
use payments::payments_core::clock::ForwardClock;
use payments::{card3ds, journaled, turbo_link, turbo_txn, turbopay, turratech};

use crate::shop::{Settings, optional, required};

pub(crate) struct Providers {
    pub(crate) turratech: turratech::Client,
    turbo_txn: turbo_txn::Client,
    pub(crate) turbo_link: turbo_link::Client,
    card3ds: card3ds::Client,
    pub(crate) turbopay: turbopay::Client,
    // What proves where a message of a provider is from.
    pub(crate) turratech_webhooks: turratech::WebhookVerifier,
    pub(crate) turbopay_webhooks: turbopay::WebhookVerifier,
    pub(crate) turbo_txn_callbacks: turbo_txn::CallbackDecryptor,
}

/// Sets what all clients share. Without the variable, the address is the documented one.
macro_rules! connect {
    ($builder:expr, $variable:literal, $clock:expr) => {{
        let builder = $builder.clock($clock.clone()).application("shop/0.1");
        let url = optional($variable);
        tracing::info!("{} is {}", $variable, url.as_deref().unwrap_or("the documented address"));
        if let Some(url) = url { builder.base_url(url) } else { builder }.build()?
    }};
}

impl Providers {
    /// Reads each provider's keys and address. A missing key is an error that names the variable.
    pub(crate) fn from_env(settings: &Settings, clock: &ForwardClock) -> Result<Self, BoxError> {
        // No document names these two addresses.
        required("TURBO_TXN_BASE_URL")?;
        required("CARD3DS_BASE_URL")?;
        let turratech = turratech::Client::builder(turratech::ApiKey::from_env()?);
        let turbo_txn = turbo_txn::Client::builder(turbo_txn::ClientId::from_env()?, turbo_txn::SecretKey::from_env()?);
        let turbo_link = turbo_link::Client::builder(turbo_link::ApiKey::from_env()?);
        let card3ds = card3ds::Client::builder(card3ds::ApiKey::from_env()?, card3ds::ApiSecret::from_env()?);
        let turbopay = turbopay::Client::builder(turbopay::ApiKey::from_env()?)
            .status_url(format!("{}/webhooks/turbopay", settings.url))
            .redirect_url(format!("{}/orders", settings.url))
            .traffic(turbopay::Traffic::Standard);
        let turratech_webhooks = turratech::WebhookVerifier::new(turratech::WebhookSecret::from_env()?);
        Ok(Self {
            turratech_webhooks: turratech_webhooks.clock(clock.clone()),
            turbopay_webhooks: turbopay::WebhookVerifier::new(turbopay::WebhookKey::from_env()?),
            turbo_txn_callbacks: turbo_txn::CallbackDecryptor::new(turbo_txn::CallbackKey::from_env()?),
            turratech: connect!(turratech, "TURRATECH_BASE_URL", clock),
            turbo_txn: connect!(turbo_txn, "TURBO_TXN_BASE_URL", clock),
            turbo_link: connect!(turbo_link, "TURBO_LINK_BASE_URL", clock),
            card3ds: connect!(card3ds, "CARD3DS_BASE_URL", clock),
            turbopay: connect!(turbopay, "TURBOPAY_BASE_URL", clock),
        })
    }

    /// What the journal sends and looks up, for each account.
    pub(crate) fn gateways(&self) -> [Gateway; 4] {
        [
            journaled::turratech("turratech", self.turratech.clone()),
            journaled::turbo_txn("turbo-txn", self.turbo_txn.clone()),
            journaled::card3ds("card3ds", self.card3ds.clone()),
            journaled::turbopay("turbopay", self.turbopay.clone()),
        ]
    }
}
