use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::clock::Clock;
use crate::fault::FaultError;
use crate::ledger::Ledger;
use crate::random::Random;
use crate::server::{self, Door};
use crate::timeline::TimelineEntry;
use crate::turbopay::{self, Settings, Settle};
use crate::turbopay_handle::TurboPay;
use crate::webhook::Delivery;
use crate::world::{Provider, World};

/// The providers on loopback, for as long as it lives.
///
/// At its end, or when it is dropped, it complains of faults that never happened and of orders that were executed twice.
pub struct Sandbox {
    world: Arc<World>,
    turbopay: TurboPay,
    control_url: String,
    tasks: Vec<JoinHandle<()>>,
    finished: bool,
}

impl Sandbox {
    /// Sets one up.
    pub fn builder() -> Builder {
        Builder {
            seed: 1,
            port: 0,
            clock: Clock::manual(),
            faults: Vec::new(),
            idle_close: None,
            turbopay: Settings::default(),
        }
    }

    /// The seed that everything random here comes from.
    #[must_use]
    pub fn seed(&self) -> u64 {
        self.world.seed
    }

    /// Where the control API is.
    #[must_use]
    pub fn control_url(&self) -> &str {
        &self.control_url
    }

    /// Its clock, to be moved and to be shared.
    #[must_use]
    pub fn clock(&self) -> Clock {
        self.world.clock.clone()
    }

    /// Adds a fault: `turbopay.withdraw#1 @after-commit fin`.
    ///
    /// # Panics
    ///
    /// When it is none that the sandbox knows.
    #[track_caller]
    #[expect(clippy::panic, reason = "a test that says it wrong is to fail")]
    pub fn fault(&self, text: &str) {
        if let Err(err) = self.world.add_fault(text) {
            panic!("{err}");
        }
    }

    /// What the providers have really done by now.
    #[must_use]
    pub fn ledger(&self) -> Ledger {
        self.world.ledger()
    }

    /// What has happened by now, in order.
    #[must_use]
    pub fn timeline(&self) -> Vec<TimelineEntry> {
        self.world.timeline()
    }

    /// Every message to the merchant by now.
    #[must_use]
    pub fn deliveries(&self) -> Vec<Delivery> {
        self.world.state().outbox.list()
    }

    /// Waits until all that is due by now is delivered.
    pub async fn settle(&self) {
        self.world.settle().await;
    }

    /// What the client under test believes of an order: at the end, it is held against what is true.
    pub fn believes(&self, reference: &str, status: &str) {
        self.world.believes(reference, status);
    }

    /// Forgets the faults that are left, also those that never happened.
    pub fn clear_faults(&self) {
        self.world.state().plan.clear();
    }

    /// Lets go of messages that faults hold.
    pub fn release(&self) {
        self.world.release();
    }

    /// TurboPay.
    #[must_use]
    pub fn turbopay(&self) -> &TurboPay {
        &self.turbopay
    }

    /// Ends it, and holds that everything was as it should be.
    ///
    /// # Panics
    ///
    /// When a fault never happened, or an order was executed twice: with what happened, and how to replay it.
    #[track_caller]
    pub fn finish(mut self) {
        self.finished = true;
        self.complain();
    }

    /// Ends it without holding anything.
    pub fn abandon(mut self) {
        self.finished = true;
    }

    #[track_caller]
    #[expect(clippy::panic, reason = "it is an assertion")]
    fn complain(&self) {
        let complaints = self.world.complaints();
        if !complaints.is_empty() {
            panic!("{}\n{}", complaints.join("\n"), self.world.story());
        }
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        self.tasks.iter().for_each(JoinHandle::abort);
        if !self.finished && !std::thread::panicking() {
            self.complain();
        }
    }
}

impl fmt::Debug for Sandbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sandbox")
            .field("seed", &self.world.seed)
            .field("control_url", &self.control_url)
            .finish_non_exhaustive()
    }
}

/// Sets up a [`Sandbox`].
#[derive(Debug)]
#[must_use = "nothing listens before it is started"]
pub struct Builder {
    seed: u64,
    port: u16,
    clock: Clock,
    faults: Vec<String>,
    idle_close: Option<Duration>,
    turbopay: Settings,
}

impl Builder {
    /// What everything random comes from. Standard: 1.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// The control API's port; the providers have those behind it. Standard: any that are free.
    pub fn port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// Another clock than one that stands still.
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// A fault, as [`Sandbox::fault`] takes it.
    pub fn fault(mut self, text: impl Into<String>) -> Self {
        self.faults.push(text.into());
        self
    }

    /// Closes connections that are idle for this long, in real time. Standard: never.
    pub fn idle_close(mut self, after: Duration) -> Self {
        self.idle_close = Some(after);
        self
    }

    /// What the merchant has at TurboPay to begin with, in rupees. Standard: nothing.
    pub fn opening_balance(mut self, rupees: i64) -> Self {
        self.turbopay.opening_balance = rupees.saturating_mul(100);
        self
    }

    /// How long TurboPay's bank takes once it has something to do, on the clock. Standard: two seconds.
    pub fn settles_after(self, time: Duration) -> Self {
        self.deposits(Settle::After(time)).withdrawals(Settle::After(time))
    }

    /// What becomes of a deposit at TurboPay once the customer has paid.
    pub fn deposits(mut self, settle: Settle) -> Self {
        self.turbopay.deposits = settle;
        self
    }

    /// What becomes of a withdrawal at TurboPay once it was taken in.
    pub fn withdrawals(mut self, settle: Settle) -> Self {
        self.turbopay.withdrawals = settle;
        self
    }

    /// The least and the most that an order at TurboPay may be about, in whole units. Standard: 1 and 10,000,000.
    pub fn amounts(mut self, least: i64, most: i64) -> Self {
        self.turbopay.amounts = (least, most);
        self
    }

    /// TurboPay does not know this machine's address.
    pub fn not_whitelisted(mut self) -> Self {
        self.turbopay.whitelisted = false;
        self
    }

    /// TurboPay has nowhere to take money in or to pay it out from.
    pub fn no_wallets(mut self) -> Self {
        self.turbopay.wallets = false;
        self
    }

    /// TurboPay's own protection against duplicates fails: a reference can be used again.
    ///
    /// For tests of the client's protection: what it sends twice is executed twice, and the ledger says so.
    pub fn without_unique_references(mut self) -> Self {
        self.turbopay.references_are_unique = false;
        self
    }

    /// TurboPay's risk management has blocked this customer of the merchant's.
    pub fn block_customer(mut self, customer: impl Into<String>) -> Self {
        self.turbopay.blocked_customers.insert(customer.into());
        self
    }

    /// The keys that TurboPay knows the merchant by. Standard: made from the seed.
    ///
    /// They must begin with `sandbox_` or `test_`, so that nobody's real keys end up here.
    pub fn turbopay_keys(mut self, api_key: impl Into<String>, webhook_key: impl Into<String>) -> Self {
        self.turbopay.api_key = api_key.into();
        self.turbopay.webhook_key = webhook_key.into();
        self
    }

    /// Starts it.
    ///
    /// # Panics
    ///
    /// When it cannot be started; [`Builder::try_start`] says so instead.
    #[expect(clippy::panic, reason = "a test without its sandbox is to fail")]
    pub async fn start(self) -> Sandbox {
        self.try_start().await.unwrap_or_else(|err| panic!("the sandbox could not be started: {err}"))
    }

    /// Starts it.
    ///
    /// # Errors
    ///
    /// When a port is taken, or a fault is none that it knows.
    pub async fn try_start(self) -> Result<Sandbox, StartError> {
        let mut random = Random::new(self.seed);
        let mut settings = self.turbopay;
        for (key, name) in [(&mut settings.api_key, "api"), (&mut settings.webhook_key, "whk")] {
            if key.is_empty() {
                *key = format!("sandbox_{name}_{}", random.word(24));
            } else if !key.starts_with("sandbox_") && !key.starts_with("test_") {
                return Err(StartError::LiveKey);
            }
        }
        let (api_key, webhook_key) = (settings.api_key.clone(), settings.webhook_key.clone());
        let control = listen(self.port).await?;
        let behind = if self.port == 0 { Some(0) } else { self.port.checked_add(1) };
        let behind = behind.ok_or_else(|| std::io::Error::other("65535: none is behind it for the providers"))?;
        let provider = listen(behind).await?;
        let origin = format!("http://{}", provider.local_addr()?);
        let control_url = format!("http://{}", control.local_addr()?);
        let mut engine = turbopay::TurboPay::new(settings, random.next());
        engine.origin.clone_from(&origin);
        let world = Arc::new(World::new(self.clock, self.seed, control_url.clone(), engine));
        for fault in &self.faults {
            world.add_fault(fault)?;
        }
        let door = Door::Provider(Provider::TurboPay);
        let tasks = vec![
            tokio::spawn(server::accept(control, Door::Control, Arc::clone(&world), None)),
            tokio::spawn(server::accept(provider, door, Arc::clone(&world), self.idle_close)),
            tokio::spawn(Arc::clone(&world).keep_settling()),
        ];
        let base_url = format!("{origin}/api");
        let turbopay = TurboPay { world: Arc::clone(&world), base_url, api_key, webhook_key };
        Ok(Sandbox { world, turbopay, control_url, tasks, finished: false })
    }
}

async fn listen(port: u16) -> std::io::Result<TcpListener> {
    let named = |err: std::io::Error| std::io::Error::new(err.kind(), format!("{port}: {err}"));
    TcpListener::bind(("127.0.0.1", port)).await.map_err(named)
}

/// Why a sandbox could not be started.
#[derive(Debug)]
#[non_exhaustive]
pub enum StartError {
    /// A port could not be listened on.
    Listen(std::io::Error),
    /// A fault is none that it knows.
    Fault(FaultError),
    /// A key begins neither with `sandbox_` nor with `test_`: it might be somebody's real one.
    LiveKey,
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Listen(err) => write!(f, "a port could not be listened on, {err}"),
            Self::Fault(err) => err.fmt(f),
            Self::LiveKey => f.write_str("a key here begins with sandbox_ or test_: real ones have no place here"),
        }
    }
}

impl std::error::Error for StartError {}

impl From<std::io::Error> for StartError {
    fn from(err: std::io::Error) -> Self {
        Self::Listen(err)
    }
}

impl From<FaultError> for StartError {
    fn from(err: FaultError) -> Self {
        Self::Fault(err)
    }
}
