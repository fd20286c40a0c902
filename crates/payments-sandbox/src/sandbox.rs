use std::collections::HashSet;
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
use crate::turbopay;
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
            opening_balance: 0,
            settles_after: SETTLES_AFTER,
            whitelisted: true,
            blocked_customers: HashSet::new(),
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
    opening_balance: i64,
    settles_after: Duration,
    whitelisted: bool,
    blocked_customers: HashSet<String>,
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
        self.opening_balance = rupees.saturating_mul(100);
        self
    }

    /// How long the bank takes once it has something to do, on the clock. Standard: two seconds.
    pub fn settles_after(mut self, time: Duration) -> Self {
        self.settles_after = time;
        self
    }

    /// TurboPay does not know this machine's address.
    pub fn not_whitelisted(mut self) -> Self {
        self.whitelisted = false;
        self
    }

    /// TurboPay's risk management has blocked this customer of the merchant's.
    pub fn block_customer(mut self, customer: impl Into<String>) -> Self {
        self.blocked_customers.insert(customer.into());
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
        let (api_key, webhook_key) =
            (format!("sandbox_api_{}", random.word(24)), format!("sandbox_whk_{}", random.word(24)));
        let config = turbopay::Config {
            api_key: api_key.clone(),
            webhook_key: webhook_key.clone(),
            opening_balance: self.opening_balance,
            settles_after: self.settles_after,
            whitelisted: self.whitelisted,
            blocked_customers: self.blocked_customers,
        };
        let control = listen(self.port).await?;
        let behind = if self.port == 0 { Some(0) } else { self.port.checked_add(1) };
        let behind = behind.ok_or_else(|| std::io::Error::other("65535: none is behind it for the providers"))?;
        let provider = listen(behind).await?;
        let origin = format!("http://{}", provider.local_addr()?);
        let control_url = format!("http://{}", control.local_addr()?);
        let mut engine = turbopay::TurboPay::new(config, random.next());
        engine.origin.clone_from(&origin);
        let world = Arc::new(World::new(self.clock, self.seed, engine));
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
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Listen(err) => write!(f, "a port could not be listened on, {err}"),
            Self::Fault(err) => err.fmt(f),
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

const SETTLES_AFTER: Duration = Duration::from_secs(2);
