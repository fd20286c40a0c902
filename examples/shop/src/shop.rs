//! What every handler has: the settings, the clients and the journal.

use std::env;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::BoxError;
use axum::extract::FromRef;
use payments::journal::{self, Backoff, Intent, Journal, JournalKey, JournalKeys, State, Ticket};
use payments::payments_core::clock::{Clock as _, ForwardClock};
use payments_axum::{HostedCheckoutCallback, Inbox, ThreeDsFailureCallback, ThreeDsSuccessCallback};

use crate::clock;
use crate::database::{self, BEGIN, Pool, Store, Transaction};
use crate::providers::Providers;
use crate::web::Error;

/// The application. Cloning it is cheap.
#[derive(Clone, FromRef)]
pub(crate) struct Shop {
    pub(crate) settings: Arc<Settings>,
    pub(crate) providers: Arc<Providers>,
    pub(crate) journal: Journal<Store>,
    clock: ForwardClock,
    // What the extractors of `payments-axum` take from the state.
    three_ds_success: ThreeDsSuccessCallback,
    three_ds_failure: ThreeDsFailureCallback,
    checkouts: Inbox<HostedCheckoutCallback>,
}

/// What the environment says. The providers' keys are read by their own crates.
pub(crate) struct Settings {
    pub(crate) listen: SocketAddr,
    /// The address that browsers and providers use, without a slash at the end.
    pub(crate) url: String,
    database: String,
    pub(crate) office_password: String,
    clock_url: Option<String>,
}

impl Settings {
    pub(crate) fn from_env() -> Result<Self, BoxError> {
        let listen = optional("SHOP_LISTEN").unwrap_or_else(|| "127.0.0.1:3000".to_owned());
        let url = optional("SHOP_URL").unwrap_or_else(|| "http://localhost:3000".to_owned());
        let office_password = required("SHOP_OFFICE_PASSWORD")?;
        if office_password.len() < 8 {
            return Err("SHOP_OFFICE_PASSWORD must have at least 8 characters".into());
        }
        let no_address = |_| format!("SHOP_LISTEN must be an IP address and a port, not `{listen}`");
        Ok(Self {
            listen: listen.parse().map_err(no_address)?,
            url: url.trim_end_matches('/').to_owned(),
            database: optional("SHOP_DATABASE").unwrap_or_else(|| "shop.db".to_owned()),
            office_password,
            clock_url: optional("SHOP_CLOCK_URL"),
        })
    }
}

impl Shop {
    /// Opens the database and creates the clients. Sends nothing.
    pub(crate) async fn open(settings: Settings) -> Result<Self, BoxError> {
        let clock = clock::start(settings.clock_url.as_deref()).await?;
        let store = database::open(&settings.database, &clock).await?;
        let providers = Providers::from_env(&settings, &clock)?;

        let mut limits = journal::Settings::default();
        limits.call_timeout = Duration::from_secs(20); // a customer waits for the response
        limits.lease_margin = Duration::from_secs(10);
        limits.polling = Backoff::new(Duration::from_secs(5), Duration::from_secs(3600));
        let keys = JournalKeys::new("2026", JournalKey::from_env()?)?;
        let journal = Journal::builder(store, keys).clock(clock.clone()).settings(limits);
        let journal = journal.gateways(providers.gateways()).build()?;
        Ok(Self {
            checkouts: Inbox::new(journal.clone(), "card3ds", HostedCheckoutCallback),
            three_ds_success: ThreeDsSuccessCallback,
            three_ds_failure: ThreeDsFailureCallback,
            settings: Arc::new(settings),
            providers: Arc::new(providers),
            journal,
            clock,
        })
    }

    pub(crate) fn pool(&self) -> &Pool {
        self.journal.store().pool()
    }

    /// The time in Unix milliseconds.
    pub(crate) fn now(&self) -> i64 {
        clock::millis(self.clock.now())
    }

    /// Begins a transaction for the shop's tables and the journal's.
    pub(crate) async fn begin(&self) -> sqlx::Result<Transaction<'static>> {
        self.pool().begin_with(BEGIN).await
    }

    /// Records an intent in the transaction, and commits.
    pub(crate) async fn commit(&self, mut transaction: Transaction<'_>, intent: Intent) -> Result<Ticket, Error> {
        let recorded = self.journal.record(&mut transaction, &intent).await?;
        transaction.commit().await?;
        Ok(recorded.ticket())
    }

    /// Records an intent in the transaction, commits, and sends the intent. What was sent before is not sent again.
    ///
    /// The error [`Error::NotExecuted`] proves that it was not executed. Otherwise, returns what is known now: the hook gets each change.
    pub(crate) async fn execute(&self, transaction: Transaction<'_>, intent: Intent) -> Result<State, Error> {
        let executed = self.journal.execute(self.commit(transaction, intent).await?).await?;
        match (executed.state, executed.error) {
            (State::Refused | State::Abandoned, Some(error)) => Err(Error::NotExecuted(error)),
            (state, _) => Ok(state),
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "settings come from the environment")]
pub(crate) fn optional(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

pub(crate) fn required(name: &str) -> Result<String, String> {
    optional(name).ok_or_else(|| format!("the environment variable {name} is missing"))
}
