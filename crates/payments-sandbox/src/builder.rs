use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;

use crate::clock::Clock;
use crate::error::{FaultError, StartError};
use crate::providers::{COUNT, Origins, ProviderSettings, settings_methods};
use crate::sandbox::Sandbox;
use crate::shell::connection::{ConnectionSettings, Listener};
use crate::shell::control_access::Access;
use crate::shell::offline::Offline;
use crate::shell::simulation::Simulation;
#[cfg(feature = "tls")]
use crate::shell::tls::Tls;
use crate::shell::{server, wire};
use crate::state::{ProviderId, SharedState};

impl Sandbox {
    /// Returns a builder with default settings.
    pub fn builder() -> Builder {
        Builder::new()
    }
}

/// Configures and starts a [`Sandbox`] or an [`Offline`].
#[derive(Debug)]
#[must_use = "a builder does nothing until `start` or `offline` is called"]
pub struct Builder {
    seed: u64,
    port: u16,
    clock: Clock,
    faults: Vec<String>,
    access: Access,
    idle_close: Option<Duration>,
    #[cfg(feature = "tls")]
    tls: bool,
    record: Recording,
    settings: ProviderSettings,
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
            record: Recording::Timeline,
            settings: ProviderSettings::default(),
        }
    }

    /// Sets the seed of all random values. Default: 1.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Sets the port of the control API. Default: 0, which picks free ports.
    ///
    /// The providers use the next five ports.
    pub fn port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// Sets the clock. Default: [`Clock::manual`].
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// Adds a fault, in the text form of [`Fault`](crate::Fault).
    pub fn fault(mut self, text: impl Into<String>) -> Self {
        self.faults.push(text.into());
        self
    }

    /// Allows requests under another host name: `sandbox.test`, without a port.
    ///
    /// Default: only the loopback hosts `127.0.0.0/8`, `[::1]` and `localhost`, and for the providers also IP addresses and names without a dot. The
    /// sandbox always listens on loopback only. The rule prevents a web page from reaching it through a DNS name that resolves to
    /// loopback.
    pub fn allow_host(mut self, name: impl Into<String>) -> Self {
        self.access.allow_host(name.into());
        self
    }

    /// Allows web pages of another origin to use the control API: `http://localhost:3000`.
    ///
    /// Default: only the control API's own origin. Requests without an `Origin` header, such as those of `curl`, are
    /// always allowed.
    pub fn allow_origin(mut self, origin: impl Into<String>) -> Self {
        self.access.allow_origin(origin.into());
        self
    }

    /// Closes connections that are idle for this long, in real time. Default: never.
    pub fn idle_close(mut self, after: Duration) -> Self {
        self.idle_close = Some(after);
        self
    }

    /// Serves the providers over TLS, with a certificate that is created at each start.
    ///
    /// Clients must trust [`Sandbox::certificate_pem`]. The control API stays on plain HTTP.
    #[cfg(feature = "tls")]
    #[cfg_attr(docsrs, doc(cfg(feature = "tls")))]
    pub fn tls(mut self) -> Self {
        self.tls = true;
        self
    }

    /// Disables the timeline, to speed up long simulations.
    ///
    /// Repeat a failed simulation with the same seed and the timeline enabled.
    pub fn without_timeline(mut self) -> Self {
        self.record = Recording::Nothing;
        self
    }

    /// Records the headers and the bodies of requests, responses and messages, for [`Sandbox::records`].
    ///
    /// Keys, cookies, card numbers and security codes are masked before anything is stored. Up to 100,000 records and 64 MiB are
    /// kept; older ones are dropped, also from the [timeline](Sandbox::timeline).
    pub fn record_contents(mut self) -> Self {
        self.record = Recording::Contents;
        self
    }

    settings_methods!();

    /// Starts the sandbox.
    ///
    /// # Panics
    ///
    /// Panics if the sandbox cannot be started; [`Builder::try_start`] returns the error instead.
    #[expect(clippy::panic, reason = "a test cannot run without its sandbox")]
    pub async fn start(self) -> Sandbox {
        self.try_start().await.unwrap_or_else(|err| panic!("the sandbox could not be started: {err}"))
    }

    /// Starts the sandbox, or returns why it cannot be started.
    ///
    /// # Errors
    ///
    /// Returns an error if a port is in use, a fault is invalid, or a key is not marked as a test key.
    pub async fn try_start(self) -> Result<Sandbox, StartError> {
        let mut settings = self.settings;
        settings.fill_in_keys(self.seed)?;
        let access = Arc::new(self.access);
        let control_settings = ConnectionSettings { access: Arc::clone(&access), ..ConnectionSettings::default() };
        let connections = ConnectionSettings {
            access,
            idle_close: self.idle_close,
            #[cfg(feature = "tls")]
            tls: if self.tls { Some(Tls::new().map_err(StartError::Tls)?) } else { None },
        };
        let control = listen(self.port).await?;
        let control_url = origin("http", &control)?;
        let mut origins = Origins::default();
        let mut sockets = Vec::new();
        for (number, address) in (1..).zip(&mut origins) {
            let socket = listen(port_after(self.port, number)?).await?;
            *address = origin(connections.scheme(), &socket)?;
            sockets.push(socket);
        }
        let state = shared_state(self.clock, self.seed, control_url.clone(), &settings, &origins, &self.faults)?;
        self.record.apply(&state, &settings);
        let simulation = Simulation::new(Arc::clone(&state), &origins, settings);
        let mut tasks = vec![
            tokio::spawn(server::accept(control, Listener::Control, Arc::clone(&state), control_settings)),
            tokio::spawn(Arc::clone(&state).keep_settling()),
        ];
        for (index, socket) in sockets.into_iter().enumerate() {
            let listener = Listener::Provider(ProviderId::new(index));
            tasks.push(tokio::spawn(server::accept(socket, listener, Arc::clone(&state), connections.clone())));
        }
        Ok(Sandbox {
            simulation,
            control_url,
            #[cfg(feature = "tls")]
            certificate: connections.tls.map(|tls| tls.certificate),
            tasks,
        })
    }

    /// Creates a sandbox without sockets.
    ///
    /// # Panics
    ///
    /// Panics if the sandbox cannot be created; [`Builder::try_offline`] returns the error instead.
    #[must_use]
    #[expect(clippy::panic, reason = "a test cannot run without its sandbox")]
    pub fn offline(self) -> Offline {
        self.try_offline().unwrap_or_else(|err| panic!("the sandbox could not be created: {err}"))
    }

    /// Creates a sandbox without sockets, or returns why it cannot be created.
    ///
    /// It ignores [`port`](Builder::port) and [`idle_close`](Builder::idle_close).
    ///
    /// # Errors
    ///
    /// Returns an error if the clock is not manual, a fault is invalid, or a key is not marked as a test key.
    pub fn try_offline(self) -> Result<Offline, StartError> {
        if !self.clock.is_manual() {
            return Err(StartError::RunningClock);
        }
        let mut settings = self.settings;
        settings.fill_in_keys(self.seed)?;
        let origins = wire::origins();
        let state = shared_state(self.clock, self.seed, wire::control_origin(), &settings, &origins, &self.faults)?;
        self.record.apply(&state, &settings);
        Ok(Offline::new(Simulation::new(state, &origins, settings)))
    }
}

/// What is recorded.
#[derive(Debug, Clone, Copy)]
enum Recording {
    Nothing,
    Timeline,
    Contents,
}

impl Recording {
    fn apply(self, state: &SharedState, settings: &ProviderSettings) {
        match self {
            Self::Nothing => state.record_nothing(),
            Self::Timeline => {}
            Self::Contents => state.record_contents(settings.keys()),
        }
    }
}

/// Creates the state that is the same with and without sockets, and adds the builder's faults.
fn shared_state(
    clock: Clock,
    seed: u64,
    control_url: String,
    settings: &ProviderSettings,
    origins: &Origins,
    faults: &[String],
) -> Result<Arc<SharedState>, FaultError> {
    let engines = settings.engines(seed, origins.clone());
    let is_tls = origins.iter().any(|origin| origin.starts_with("https://"));
    let state = Arc::new(SharedState::new(clock, seed, control_url, is_tls, engines));
    for fault in faults {
        state.add_fault(fault)?;
    }
    Ok(state)
}

async fn listen(port: u16) -> std::io::Result<TcpListener> {
    let with_port = |err: std::io::Error| std::io::Error::new(err.kind(), format!("port {port}: {err}"));
    TcpListener::bind(("127.0.0.1", port)).await.map_err(with_port)
}

/// Returns the port `number` after `port`, or 0 (any free port) if `port` is 0.
fn port_after(port: u16, number: u16) -> std::io::Result<u16> {
    let after = if port == 0 { Some(0) } else { port.checked_add(number) };
    let too_few = || format!("port {port}: the providers need the {} ports after it", COUNT);
    after.ok_or_else(|| std::io::Error::other(too_few()))
}

fn origin(scheme: &str, listener: &TcpListener) -> std::io::Result<String> {
    Ok(format!("{scheme}://{}", listener.local_addr()?))
}
