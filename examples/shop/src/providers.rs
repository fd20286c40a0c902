//! The clients of the five providers, and what the journal may do with them.

use payments::journal::Gateway;
use payments::journaled;
use payments::{card3ds, turbo_link, turbo_txn, turbopay, turratech};

use crate::clock::ShopClock;
use crate::shop::{Settings, optional, required};

pub(crate) struct Providers {
    pub(crate) turratech: turratech::Client,
    pub(crate) turbo_txn: turbo_txn::Client,
    pub(crate) turbo_link: turbo_link::Client,
    pub(crate) card3ds: card3ds::Client,
    pub(crate) turbopay: turbopay::Client,
}

/// Builds a client at the address of an environment variable, or at the provider's documented one.
macro_rules! connect {
    ($builder:expr, $variable:literal, $clock:expr) => {{
        let builder = $builder.clock($clock.clone()).application("shop/0.1");
        match optional($variable) {
            Some(url) => builder.base_url(url),
            None => builder,
        }
    }};
}

impl Providers {
    /// Reads each provider's keys and address. A missing key is an error that names the variable.
    pub(crate) fn from_env(settings: &Settings, clock: &ShopClock) -> Result<Self, Box<dyn std::error::Error>> {
        let turratech = connect!(turratech::Client::builder(turratech::ApiKey::from_env()?), "TURRATECH_URL", clock);
        let turbo_txn = turbo_txn::Client::builder(turbo_txn::ClientId::from_env()?, turbo_txn::SecretKey::from_env()?);
        let turbo_link =
            connect!(turbo_link::Client::builder(turbo_link::ApiKey::from_env()?), "TURBO_LINK_URL", clock);
        let card3ds = card3ds::Client::builder(card3ds::ApiKey::from_env()?, card3ds::ApiSecret::from_env()?);
        let turbopay = turbopay::Client::builder(turbopay::ApiKey::from_env()?)
            .status_url(format!("{}/webhooks/turbopay", settings.webhook_url))
            .redirect_url(settings.url.clone())
            .traffic(turbopay::Traffic::Standard);
        // No document names these two addresses.
        required("TURBO_TXN_URL")?;
        required("CARD3DS_URL")?;

        Ok(Self {
            turratech: turratech.build()?,
            turbo_txn: connect!(turbo_txn, "TURBO_TXN_URL", clock).build()?,
            turbo_link: turbo_link.build()?,
            card3ds: connect!(card3ds, "CARD3DS_URL", clock).build()?,
            turbopay: connect!(turbopay, "TURBOPAY_URL", clock).build()?,
        })
    }

    /// What the journal sends and looks up, for each account.
    pub(crate) fn gateways(&self) -> Vec<Gateway> {
        vec![
            journaled::turratech("turratech", self.turratech.clone()),
            journaled::turbo_txn("turbo-txn", self.turbo_txn.clone()),
            journaled::card3ds("card3ds", self.card3ds.clone()),
            journaled::turbopay("turbopay", self.turbopay.clone()),
        ]
    }
}
