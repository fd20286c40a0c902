//! What every handler has: the settings, the clients and the journal.

use std::env;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use payments::journal::{self, Backoff, Journal, JournalKey, JournalKeys};
use payments_axum::{HostedCheckoutCallback, ThreeDsFailureCallback, ThreeDsSuccessCallback};

use crate::clock::ShopClock;
use crate::database::{self, Store};
use crate::providers::Providers;
use crate::webhooks::Verifiers;

/// The application. Cloning it is cheap.
#[derive(Clone)]
pub(crate) struct Shop {
    pub(crate) settings: Arc<Settings>,
    pub(crate) providers: Arc<Providers>,
    pub(crate) verifiers: Arc<Verifiers>,
    pub(crate) journal: Journal<Store>,
    pub(crate) clock: ShopClock,
}

/// What the environment says. The providers' keys are read by their own crates.
#[derive(Debug)]
pub(crate) struct Settings {
    pub(crate) listen: SocketAddr,
    /// The address that customers' browsers and the providers use, without a slash at the end.
    pub(crate) url: String,
    pub(crate) webhook_url: String,
    pub(crate) database: String,
    pub(crate) office_password: String,
    pub(crate) clock_url: Option<String>,
}

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

impl Settings {
    pub(crate) fn from_env() -> Result<Self> {
        let url = or_default("SHOP_URL", "http://localhost:3000").trim_end_matches('/').to_owned();
        let listen = or_default("SHOP_LISTEN", "127.0.0.1:3000");
        let listen =
            listen.parse().map_err(|_| format!("SHOP_LISTEN must be an address and a port, not `{listen}`"))?;
        let office_password = required("SHOP_OFFICE_PASSWORD")?;
        if office_password.len() < 8 {
            return Err("SHOP_OFFICE_PASSWORD must have at least 8 characters".into());
        }
        Ok(Self {
            listen,
            webhook_url: or_default("SHOP_WEBHOOK_URL", &url),
            url,
            database: or_default("SHOP_DATABASE", "shop.db"),
            office_password,
            clock_url: optional("SHOP_CLOCK_URL"),
        })
    }
}

impl Shop {
    /// Opens the database and connects to the providers. Sends nothing.
    pub(crate) async fn open(settings: Settings) -> Result<Self> {
        let clock = ShopClock::start(settings.clock_url.as_deref()).await.map_err(|error| error.to_string())?;
        let store = database::open(&settings.database, &clock).await?;
        let providers = Providers::from_env(&settings, &clock)?;
        let verifiers = Arc::new(Verifiers::from_env(&clock)?);

        let keys = JournalKeys::new("2026", JournalKey::from_env()?)?;
        let mut limits = journal::Settings::default();
        limits.call_timeout = Duration::from_secs(20); // a customer waits for the response
        limits.lease_margin = Duration::from_secs(10);
        limits.polling = Backoff::new(Duration::from_secs(5), Duration::from_secs(3600));
        limits.poll_interval = Duration::from_millis(250);
        let mut builder = Journal::builder(store, keys).clock(clock.clone()).settings(limits);
        for gateway in providers.gateways() {
            builder = builder.gateway(gateway);
        }
        let journal = builder.build()?;
        Ok(Self { settings: Arc::new(settings), providers: Arc::new(providers), verifiers, journal, clock })
    }

    /// An address of the shop, for providers and banks.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.settings.url)
    }
}

macro_rules! part_of_the_state {
    ($($part:ty: $make:expr,)*) => {
        $(impl axum::extract::FromRef<Shop> for $part {
            fn from_ref(shop: &Shop) -> Self {
                let make: fn(&Shop) -> Self = $make;
                make(shop)
            }
        })*
    };
}

// What the extractors of `payments-axum` need.
part_of_the_state! {
    ThreeDsSuccessCallback: |_| ThreeDsSuccessCallback,
    ThreeDsFailureCallback: |_| ThreeDsFailureCallback,
    payments_axum::Inbox<HostedCheckoutCallback>:
        |shop| payments_axum::Inbox::new(shop.journal.clone(), "card3ds", HostedCheckoutCallback),
}

#[expect(clippy::disallowed_methods, reason = "settings come from the environment")]
pub(crate) fn optional(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

fn or_default(name: &str, default: &str) -> String {
    optional(name).unwrap_or_else(|| default.to_owned())
}

pub(crate) fn required(name: &str) -> Result<String> {
    optional(name).ok_or_else(|| format!("the environment variable {name} is missing").into())
}
