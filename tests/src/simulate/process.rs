//! The merchant's process: the clients and webhook handlers, recreated at each restart.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use payments_core::clock::Clock;
use payments_core::transport::Transport;
use payments_sandbox::Offline;
use turbopay::{Error, RetryPolicy, Traffic};
use turratech::payments_core::time::OffsetDateTime;

/// The clients and webhook verifiers of one process.
#[derive(Debug)]
pub(super) struct Process {
    pub(super) turratech: turratech::Client,
    pub(super) turratech_events: turratech::WebhookVerifier,
    pub(super) turbo_txn: turbo_txn::Client,
    pub(super) turbo_txn_callbacks: turbo_txn::CallbackDecryptor,
    pub(super) turbo_link: turbo_link::Client,
    pub(super) card3ds: card3ds::Client,
    pub(super) turbopay: turbopay::Client,
    pub(super) turbopay_events: turbopay::WebhookVerifier,
}

impl Process {
    pub(super) fn start(
        offline: &Offline,
        network: &(impl Transport + Clone + 'static),
        wall: &WallClock,
    ) -> Result<Self, Error> {
        // The builders have different types.
        macro_rules! connected {
            ($builder:expr, $provider:expr) => {
                $builder
                    .base_url($provider.base_url())
                    .transport(network.clone())
                    .timer(offline.transport())
                    .clock(wall.clone())
                    .retry(RetryPolicy::default().without_jitter())
            };
        }
        let provider = offline.turratech();
        let turratech = turratech::Client::builder(turratech::ApiKey::new(provider.api_key())?);
        let secret = turratech::WebhookSecret::new(provider.webhook_secret())?;
        let turratech_events = turratech::WebhookVerifier::new(secret).clock(wall.clone());
        let turratech = connected!(turratech, provider).build()?;
        let provider = offline.turbo_txn();
        let id = turbo_txn::ClientId::new(provider.client_id())?;
        let key = turbo_txn::SecretKey::new(provider.secret_key())?;
        let turbo_txn = connected!(turbo_txn::Client::builder(id, key), provider).build()?;
        let key = turbo_txn::CallbackKey::new(provider.callback_key())?;
        let turbo_txn_callbacks = turbo_txn::CallbackDecryptor::new(key);
        let provider = offline.turbo_link();
        let turbo_link = turbo_link::Client::builder(turbo_link::ApiKey::new(provider.api_key())?);
        let turbo_link = connected!(turbo_link, provider).build()?;
        let provider = offline.card3ds();
        let key = card3ds::ApiKey::new(provider.api_key())?;
        let secret = card3ds::ApiSecret::new(provider.api_secret())?;
        let card3ds = connected!(card3ds::Client::builder(key, secret), provider).build()?;
        let provider = offline.turbopay();
        let turbopay_events = turbopay::WebhookVerifier::new(turbopay::WebhookKey::new(provider.webhook_key())?);
        let turbopay = turbopay::Client::builder(turbopay::ApiKey::new(provider.api_key())?);
        let turbopay = connected!(turbopay, provider)
            .status_url(format!("{MERCHANT_URL}/turbopay"))
            .redirect_url(format!("{MERCHANT_URL}/return"))
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

/// The merchant's clock: the sandbox's clock, with an adjustable error in the time of day.
#[derive(Debug, Clone)]
pub(super) struct WallClock {
    sandbox: payments_sandbox::Clock,
    /// In seconds; positive if the merchant's clock is ahead.
    offset: Arc<AtomicI64>,
}

impl WallClock {
    pub(super) fn new(sandbox: payments_sandbox::Clock) -> Self {
        Self { sandbox, offset: Arc::default() }
    }

    pub(super) fn set_offset(&self, seconds: i64) {
        self.offset.store(seconds, Ordering::Relaxed);
    }
}

impl Clock for WallClock {
    fn now(&self) -> OffsetDateTime {
        self.sandbox.now() + turratech::payments_core::time::Duration::seconds(self.offset.load(Ordering::Relaxed))
    }

    fn monotonic(&self) -> Duration {
        self.sandbox.elapsed()
    }
}

/// The base URL of the merchant's webhook handlers and return pages.
pub(super) const MERCHANT_URL: &str = "http://127.0.0.1:8080";
