use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;

use crate::clock::Clock;
use crate::control_access::Access;
use crate::fault::FaultError;
use crate::inside::Inside;
use crate::offline::Offline;
use crate::sandbox::Sandbox;
use crate::server::{self, Door, Terms};
#[cfg(feature = "tls")]
use crate::tls::Tls;
use crate::world::{Engines, Provider, Setup, World};
use crate::{card3ds, turbo_link, turbo_txn, turbopay, turratech};

/// Sets up a [`Sandbox`].
#[derive(Debug)]
#[must_use = "nothing listens before it is started"]
pub struct Builder {
    seed: u64,
    port: u16,
    clock: Clock,
    faults: Vec<String>,
    access: Access,
    idle_close: Option<Duration>,
    #[cfg(feature = "tls")]
    tls: bool,
    tells: bool,
    setup: Setup,
}

impl Builder {
    pub(crate) fn new() -> Self {
        Self {
            seed: 1,
            port: 0,
            clock: Clock::manual(),
            faults: Vec::new(),
            access: Access::default(),
            idle_close: None,
            #[cfg(feature = "tls")]
            tls: false,
            tells: true,
            setup: Setup::default(),
        }
    }

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

    /// Lets the control API be used through another host name: `sandbox.test`, without a port. Standard: loopback hosts
    /// alone, which are `127.0.0.0/8`, `[::1]` and `localhost`.
    ///
    /// The sandbox still listens on loopback only. The rule keeps a web page from reaching the control API through a DNS
    /// name that resolves to loopback.
    pub fn allow_host(mut self, name: impl Into<String>) -> Self {
        self.access.allow_host(name.into());
        self
    }

    /// Lets web pages of another origin use the control API: `http://localhost:3000`. Standard: its own origin alone.
    /// Requests without an `Origin` header, as `curl` sends them, always pass.
    pub fn allow_origin(mut self, origin: impl Into<String>) -> Self {
        self.access.allow_origin(origin.into());
        self
    }

    /// Closes connections that are idle for this long, in real time. Standard: never.
    pub fn idle_close(mut self, after: Duration) -> Self {
        self.idle_close = Some(after);
        self
    }

    /// Puts the providers behind TLS, under a certificate that is made at the start: see
    /// [`Sandbox::certificate_pem`]. The control API stays plain.
    #[cfg(feature = "tls")]
    #[cfg_attr(docsrs, doc(cfg(feature = "tls")))]
    pub fn tls(mut self) -> Self {
        self.tls = true;
        self
    }

    /// Keeps no timeline: for simulations, which tell a day again once something went wrong on it.
    pub fn without_timeline(mut self) -> Self {
        self.tells = false;
        self
    }

    /// How TurraTech is to be.
    pub fn turratech(mut self, settings: turratech::Settings) -> Self {
        self.setup.turratech = settings;
        self
    }

    /// How Turbo Transactions is to be.
    pub fn turbo_txn(mut self, settings: turbo_txn::Settings) -> Self {
        self.setup.turbo_txn = settings;
        self
    }

    /// How tur.bo is to be.
    pub fn turbo_link(mut self, settings: turbo_link::Settings) -> Self {
        self.setup.turbo_link = settings;
        self
    }

    /// How card3ds is to be.
    pub fn card3ds(mut self, settings: card3ds::Settings) -> Self {
        self.setup.card3ds = settings;
        self
    }

    /// How TurboPay is to be.
    pub fn turbopay(mut self, settings: turbopay::Settings) -> Self {
        self.setup.turbopay = settings;
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
    /// When a port is taken, a fault is none that it knows, or a key might be somebody's real one.
    pub async fn try_start(self) -> Result<Sandbox, StartError> {
        let mut setup = self.setup;
        setup.complete(self.seed)?;
        let control_terms = Terms { control: Arc::new(self.access), ..Terms::default() };
        let terms = Terms {
            control: Arc::default(),
            idle_close: self.idle_close,
            #[cfg(feature = "tls")]
            tls: if self.tls { Some(Tls::new().map_err(StartError::Tls)?) } else { None },
        };
        let control = listen(self.port).await?;
        let control_url = origin("http", &control)?;
        let mut origins: [String; Provider::ALL.len()] = Default::default();
        let mut doors = Vec::new();
        for (number, (provider, address)) in (1..).zip(Provider::ALL.into_iter().zip(&mut origins)) {
            let listener = listen(behind(self.port, number)?).await?;
            *address = origin(terms.scheme(), &listener)?;
            doors.push((listener, Door::Provider(provider)));
        }
        let world = world(self.clock, self.seed, control_url.clone(), &setup, &origins, &self.faults)?;
        if !self.tells {
            world.tell_nothing();
        }
        let mut tasks = vec![
            tokio::spawn(server::accept(control, Door::Control, Arc::clone(&world), control_terms)),
            tokio::spawn(Arc::clone(&world).keep_settling()),
        ];
        for (listener, door) in doors {
            tasks.push(tokio::spawn(server::accept(listener, door, Arc::clone(&world), terms.clone())));
        }
        Ok(Sandbox {
            inside: Inside::new(world, &origins, setup),
            control_url,
            #[cfg(feature = "tls")]
            certificate: terms.tls.map(|tls| tls.certificate),
            tasks,
        })
    }

    /// Makes one without sockets.
    ///
    /// # Panics
    ///
    /// When it cannot be made; [`Builder::try_offline`] says so instead.
    #[must_use]
    #[expect(clippy::panic, reason = "a test without its sandbox is to fail")]
    pub fn offline(self) -> Offline {
        self.try_offline().unwrap_or_else(|err| panic!("the sandbox could not be made: {err}"))
    }

    /// Makes one without sockets. Ports and idle connections mean nothing to it.
    ///
    /// # Errors
    ///
    /// When its clock runs by itself, a fault is none that it knows, or a key might be somebody's real one.
    pub fn try_offline(self) -> Result<Offline, StartError> {
        if !self.clock.is_manual() {
            return Err(StartError::RunningClock);
        }
        let mut setup = self.setup;
        setup.complete(self.seed)?;
        let origins = crate::offline::ORIGINS.map(str::to_owned);
        let control = crate::offline::CONTROL.to_owned();
        let world = world(self.clock, self.seed, control, &setup, &origins, &self.faults)?;
        if !self.tells {
            world.tell_nothing();
        }
        Ok(Offline::new(Inside::new(world, &origins, setup)))
    }
}

/// What is behind either door, with its first faults.
fn world(
    clock: Clock,
    seed: u64,
    control_url: String,
    setup: &Setup,
    origins: &[String; Provider::ALL.len()],
    faults: &[String],
) -> Result<Arc<World>, FaultError> {
    let mut engines = Engines::new(setup, seed);
    [
        engines.turratech.origin,
        engines.turbo_txn.origin,
        engines.turbo_link.origin,
        engines.card3ds.origin,
        engines.turbopay.origin,
    ] = origins.clone();
    let is_tls = origins.iter().any(|origin| origin.starts_with("https://"));
    let world = Arc::new(World::new(clock, seed, control_url, is_tls, engines));
    for fault in faults {
        world.add_fault(fault)?;
    }
    Ok(world)
}

async fn listen(port: u16) -> std::io::Result<TcpListener> {
    let named = |err: std::io::Error| std::io::Error::new(err.kind(), format!("{port}: {err}"));
    TcpListener::bind(("127.0.0.1", port)).await.map_err(named)
}

/// The port so many behind one, or any where that is any.
fn behind(port: u16, number: u16) -> std::io::Result<u16> {
    let behind = if port == 0 { Some(0) } else { port.checked_add(number) };
    let too_few = || format!("{port}: there must be {} behind it for the providers", Provider::ALL.len());
    behind.ok_or_else(|| std::io::Error::other(too_few()))
}

fn origin(scheme: &str, listener: &TcpListener) -> std::io::Result<String> {
    Ok(format!("{scheme}://{}", listener.local_addr()?))
}

/// Why a sandbox could not be started.
#[derive(Debug)]
#[non_exhaustive]
pub enum StartError {
    /// A port could not be listened on.
    Listen(std::io::Error),
    /// A fault is none that it knows.
    Fault(FaultError),
    /// No certificate could be made.
    #[cfg(feature = "tls")]
    Tls(std::io::Error),
    /// A key does not say that it is for tests, as `sandbox_...` and `sk_test_...` do: it might be somebody's real one.
    LiveKey,
    /// A key has not the form that such keys have at its provider.
    MalformedKey,
    /// Without sockets nothing waits in real time: the clock must be one that stands still until it is moved.
    RunningClock,
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Listen(err) => write!(f, "a port could not be listened on, {err}"),
            Self::Fault(err) => err.fmt(f),
            #[cfg(feature = "tls")]
            Self::Tls(err) => write!(f, "no certificate could be made: {err}"),
            Self::LiveKey => f.write_str(
                "a key here must say that it is for tests, as sandbox_... does: real ones have no place here",
            ),
            Self::MalformedKey => f.write_str("a key has not the form that such keys have at its provider"),
            Self::RunningClock => f.write_str("without sockets the clock must stand still until it is moved"),
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
