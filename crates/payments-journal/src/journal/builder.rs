use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use payments_core::ValidationError;
use payments_core::clock::{Clock, Sleep, SystemClock, Timer};
use tokio::sync::{Notify, watch};

use super::{Inner, Journal, random};
use crate::error::JournalError;
use crate::gateway::Gateway;
use crate::intent::Account;
use crate::keys::JournalKeys;
use crate::settings::Settings;
use crate::store::Store;

/// Builds a [`Journal`].
#[must_use]
pub struct Builder<S> {
    store: S,
    keys: JournalKeys,
    gateways: Vec<Gateway>,
    settings: Settings,
    clock: Arc<dyn Clock>,
    timer: Arc<dyn Timer>,
}

impl<S> fmt::Debug for Builder<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder")
            .field("gateways", &self.gateways)
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}

impl<S: Store> Builder<S> {
    pub(super) fn new(store: S, keys: JournalKeys) -> Self {
        Self {
            store,
            keys,
            gateways: Vec::new(),
            settings: Settings::default(),
            clock: Arc::new(SystemClock::new()),
            timer: Arc::new(TokioTimer),
        }
    }

    /// Registers the clients of an account. If an operation of an account gets two clients, the last one counts.
    pub fn gateway(mut self, gateway: Gateway) -> Self {
        self.gateways.push(gateway);
        self
    }

    /// Registers several clients, as [`gateway`](Self::gateway) does.
    pub fn gateways(mut self, gateways: impl IntoIterator<Item = Gateway>) -> Self {
        self.gateways.extend(gateways);
        self
    }

    /// Sets how long the journal waits, and how often it asks. [`Builder::build`] checks the values.
    pub fn settings(mut self, settings: Settings) -> Self {
        self.settings = settings;
        self
    }

    /// Sets the clock. The default is the system clock.
    pub fn clock(mut self, clock: impl Clock + 'static) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Sets the timer. The default is tokio's.
    pub fn timer(mut self, timer: impl Timer + 'static) -> Self {
        self.timer = Arc::new(timer);
        self
    }

    /// Builds the journal.
    ///
    /// # Errors
    ///
    /// - [`JournalError::Invalid`] if an account's name or a setting is invalid: a time must be longer than zero and at most a year, a
    ///   number at least 1, and [`Settings::call_timeout`] longer than the connect timeout of each client.
    /// - [`JournalError::Key`] if the operating system provides no randomness.
    pub fn build(self) -> Result<Journal<S>, JournalError> {
        self.settings.check()?;
        let (mut executors, mut accounts) = (HashMap::new(), Vec::new());
        for gateway in self.gateways {
            let account = gateway.account.clone();
            account.check()?;
            for (operation, executor) in gateway.executors() {
                check_timeouts(&self.settings, &account, executor.connect_timeout())?;
                executors.insert((account.clone(), operation), executor);
            }
            accounts.push(account);
        }
        accounts.sort();
        accounts.dedup();
        Ok(Journal(Arc::new(Inner {
            store: self.store,
            keys: self.keys,
            executors,
            accounts,
            settings: self.settings,
            clock: self.clock,
            timer: self.timer,
            owner: random()?,
            is_closed: AtomicBool::new(false),
            waiting: watch::Sender::new(0),
            in_progress: watch::Sender::new(0),
            wake: Notify::new(),
        })))
    }
}

/// A client refuses to send a write whose timeout is not longer than its connect timeout, which would pause the account.
fn check_timeouts(settings: &Settings, account: &Account, connect_timeout: Duration) -> Result<(), ValidationError> {
    if connect_timeout.is_zero() || settings.call_timeout > connect_timeout {
        return Ok(());
    }
    let rule = format!(
        "must be longer than the connect timeout of the client of {account}, which is {connect_timeout:?}, but is {:?}",
        settings.call_timeout
    );
    Err(ValidationError::new("call_timeout", rule))
}

/// The timer of the tokio runtime.
#[derive(Debug)]
struct TokioTimer;

impl Timer for TokioTimer {
    fn sleep(&self, duration: Duration) -> Sleep {
        Box::pin(tokio::time::sleep(duration))
    }
}
