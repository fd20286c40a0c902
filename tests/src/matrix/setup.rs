//! What one run stands on: a sandbox of its own, the line that is tested, and one that works.

use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use payments_core::RetryPolicy;
use payments_core::transport::Transport;
use payments_sandbox::Sandbox;
use tokio::net::TcpSocket;

use super::Failed;
use super::cell::Cell;
use super::fault::{Fault, Obstacle};
use super::proxy::Proxy;
use super::rig::{Rig, Wiring};

/// What a call is prepared with, and sent over.
#[derive(Debug, Clone)]
pub(super) struct Bench {
    pub(super) sandbox: Arc<Quiet>,
    /// What the call goes over.
    pub(super) tested: Line,
    /// What everything before and after it goes over: the same, where its connection is to be used again.
    pub(super) healthy: Line,
}

/// A sandbox that complains of nothing at its end: what it saw is judged here, and a run may be given up.
#[derive(Debug)]
pub(super) struct Quiet(Option<Sandbox>);

impl Deref for Quiet {
    type Target = Sandbox;

    #[expect(clippy::expect_used, reason = "it is taken out at its end alone")]
    fn deref(&self) -> &Sandbox {
        self.0.as_ref().expect("it lives until it is dropped")
    }
}

impl Drop for Quiet {
    fn drop(&mut self) {
        if let Some(sandbox) = self.0.take() {
            sandbox.abandon();
        }
    }
}

/// A way to a provider.
#[derive(Debug, Clone)]
pub(super) struct Line {
    pub(super) transport: Arc<dyn Transport>,
    pub(super) retry: RetryPolicy,
    /// Where it leads, when not to the provider.
    origin: Option<String>,
}

/// What must not go away while the run lasts.
pub(super) struct Held {
    _socket: Option<TcpSocket>,
    _proxy: Option<Proxy>,
}

impl Line {
    /// The provider's address over this line.
    pub(super) fn address(&self, base_url: &str) -> String {
        let Some(origin) = &self.origin else { return base_url.to_owned() };
        // Behind the scheme, the two slashes and the host.
        let path = base_url.splitn(4, '/').nth(3).unwrap_or_default();
        format!("{origin}/{path}")
    }
}

impl Bench {
    /// Sets a sandbox up, and the lines to it.
    pub(super) async fn set_up(cell: &Cell, seed: u64, rig: Rig) -> Result<(Self, Held), Failed> {
        let builder = Sandbox::builder().seed(seed);
        let sandbox = if cell.tls { builder.tls() } else { builder }.try_start().await?;
        let wiring = Wiring {
            certificate: sandbox.certificate_pem().map(str::to_owned),
            proxy: None,
            connect_timeout: LONG,
            clock: sandbox.clock(),
        };
        let (mut tested, mut origin) = (wiring.clone(), None);
        let mut held = Held { _socket: None, _proxy: None };
        match cell.fault {
            Fault::Before(Obstacle::Unresolvable) => origin = Some(format!("https://{}.invalid", "n".repeat(70))),
            Fault::Before(Obstacle::Refused) => {
                // Bound and not listening: nobody else can come to listen there either.
                let socket = TcpSocket::new_v4()?;
                socket.bind(([127, 0, 0, 1], 0).into())?;
                let scheme = if cell.tls { "https" } else { "http" };
                origin = Some(format!("{scheme}://{}", socket.local_addr()?));
                held._socket = Some(socket);
            }
            Fault::Before(Obstacle::Untrusted) => tested.certificate = None,
            Fault::Before(Obstacle::SilentHandshake) => tested.connect_timeout = SHORT,
            Fault::Before(Obstacle::Proxy(status)) => {
                let proxy = Proxy::refusing_with(status).await?;
                tested.proxy = Some(proxy.url.clone());
                held._proxy = Some(proxy);
            }
            Fault::None | Fault::There(..) => {}
        }
        let tested = Line { transport: (rig.transport)(&tested)?, retry: rig.retry, origin };
        let healthy = if cell.reused {
            tested.clone()
        } else {
            Line { transport: Arc::new(wiring.transport()?), retry: RetryPolicy::none(), origin: None }
        };
        Ok((Self { sandbox: Arc::new(Quiet(Some(sandbox))), tested, healthy }, held))
    }
}

/// Real time, as all of the transport's is: an attempt's own time, which is the clock's, is to end before it.
const LONG: Duration = Duration::from_secs(120);

/// Long enough for a handshake on loopback that is answered at all: only what is never answered waits for it.
const SHORT: Duration = Duration::from_millis(100);
