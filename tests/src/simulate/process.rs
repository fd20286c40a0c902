//! The merchant's process: the real clients and endpoints, all made anew when it is restarted.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use payments_core::clock::Clock;
use payments_sandbox::Offline;
use turbopay::{Error, RetryPolicy, Traffic};
use turratech::payments_core::time::OffsetDateTime;

use super::network::Network;

/// The clients and endpoints of one process.
#[derive(Debug)]
pub(super) struct Shop {
    pub(super) turratech: turratech::Client,
    pub(super) turratech_events: turratech::WebhookVerifier,
    pub(super) turbo_txn: turbo_txn::Client,
    pub(super) turbo_txn_callbacks: turbo_txn::CallbackDecryptor,
    pub(super) turbo_link: turbo_link::Client,
    pub(super) card3ds: card3ds::Client,
    pub(super) turbopay: turbopay::Client,
    pub(super) turbopay_events: turbopay::WebhookVerifier,
}

impl Shop {
    pub(super) fn open(offline: &Offline, network: &Network, wall: &WallClock) -> Result<Self, Error> {
        // Several clients may share one of everything, as these do.
        macro_rules! connected {
            ($builder:expr, $there:expr) => {
                $builder
                    .base_url($there.base_url())
                    .transport(network.clone())
                    .timer(offline.transport())
                    .clock(wall.clone())
                    .retry(RetryPolicy::default().without_jitter())
            };
        }
        let there = offline.turratech();
        let turratech = turratech::Client::builder(turratech::ApiKey::new(there.api_key())?);
        let secret = turratech::WebhookSecret::new(there.webhook_secret())?;
        let turratech_events = turratech::WebhookVerifier::new(secret).clock(wall.clone());
        let turratech = connected!(turratech, there).build()?;
        let there = offline.turbo_txn();
        let (id, key) = (turbo_txn::ClientId::new(there.client_id())?, turbo_txn::SecretKey::new(there.secret_key())?);
        let turbo_txn = connected!(turbo_txn::Client::builder(id, key), there).build()?;
        let turbo_txn_callbacks = turbo_txn::CallbackDecryptor::new(turbo_txn::CallbackKey::new(there.callback_key())?);
        let there = offline.turbo_link();
        let turbo_link = turbo_link::Client::builder(turbo_link::ApiKey::new(there.api_key())?);
        let turbo_link = connected!(turbo_link, there).build()?;
        let there = offline.card3ds();
        let (key, secret) = (card3ds::ApiKey::new(there.api_key())?, card3ds::ApiSecret::new(there.api_secret())?);
        let card3ds = connected!(card3ds::Client::builder(key, secret), there).build()?;
        let there = offline.turbopay();
        let turbopay_events = turbopay::WebhookVerifier::new(turbopay::WebhookKey::new(there.webhook_key())?);
        let turbopay = turbopay::Client::builder(turbopay::ApiKey::new(there.api_key())?);
        let turbopay = connected!(turbopay, there)
            .status_url(format!("{SHOP}/turbopay"))
            .redirect_url(format!("{SHOP}/return"))
            .traffic(Traffic::Standard)
            .build()?;
        Ok(Self {
            turratech,
            turratech_events,
            turbo_txn,
            turbo_txn_callbacks,
            turbo_link,
            card3ds,
            turbopay,
            turbopay_events,
        })
    }
}

/// The merchant's clock: its time of day may be wrong, and is set right by a jump.
#[derive(Debug, Clone)]
pub(super) struct WallClock {
    there: payments_sandbox::Clock,
    /// In seconds.
    wrong_by: Arc<AtomicI64>,
}

impl WallClock {
    pub(super) fn new(there: payments_sandbox::Clock) -> Self {
        Self { there, wrong_by: Arc::default() }
    }

    pub(super) fn set_wrong_by(&self, seconds: i64) {
        self.wrong_by.store(seconds, Ordering::Relaxed);
    }
}

impl Clock for WallClock {
    fn now(&self) -> OffsetDateTime {
        self.there.now() + turratech::payments_core::time::Duration::seconds(self.wrong_by.load(Ordering::Relaxed))
    }

    fn monotonic(&self) -> Duration {
        self.there.elapsed()
    }
}

/// Where the merchant takes messages and customers.
pub(super) const SHOP: &str = "http://127.0.0.1:8080";
