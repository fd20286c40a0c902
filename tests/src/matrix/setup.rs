//! The setup of one run: its own sandbox, a tested route and a healthy route to it.

use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use payments_core::RetryPolicy;
use payments_core::transport::Transport;
use payments_sandbox::Sandbox;
use tokio::net::TcpSocket;

use super::Failed;
use super::cell::Cell;
use super::client::{ConnectionSettings, TestClient};
use super::fault::{Fault, Obstacle};
use super::proxy::Proxy;

/// A sandbox with two routes to it.
#[derive(Debug, Clone)]
pub(super) struct Setup {
    pub(super) sandbox: Arc<UncheckedSandbox>,
    /// The route of the call under test.
    pub(super) tested: Route,
    /// The route of the calls before and after it. It is the tested route if the connection is to be reused.
    pub(super) healthy: Route,
}

/// A sandbox without the usual check at its end. The matrix judges the run itself, and may abandon it.
#[derive(Debug)]
pub(super) struct UncheckedSandbox(Option<Sandbox>);

impl Deref for UncheckedSandbox {
    type Target = Sandbox;

    #[expect(clippy::expect_used, reason = "only `drop` takes the sandbox out")]
    fn deref(&self) -> &Sandbox {
        self.0.as_ref().expect("the sandbox is present until the drop")
    }
}

impl Drop for UncheckedSandbox {
    fn drop(&mut self) {
        if let Some(sandbox) = self.0.take() {
            sandbox.abandon();
        }
    }
}

/// A route to a provider: a transport, a retry policy and an origin.
#[derive(Debug, Clone)]
pub(super) struct Route {
    pub(super) transport: Arc<dyn Transport>,
    pub(super) retry: RetryPolicy,
    /// The origin to connect to instead of the sandbox's.
    origin: Option<String>,
}

/// Resources that must live as long as the run.
pub(super) struct Resources {
    _socket: Option<TcpSocket>,
    _proxy: Option<Proxy>,
}

impl Route {
    /// Returns the provider's base URL over this route.
    pub(super) fn base_url(&self, sandbox_url: &str) -> String {
        let Some(origin) = &self.origin else { return sandbox_url.to_owned() };
        // The part after `scheme://host/`.
        let path = sandbox_url.splitn(4, '/').nth(3).unwrap_or_default();
        format!("{origin}/{path}")
    }
}

impl Setup {
    /// Starts a sandbox and builds the routes to it.
    pub(super) async fn create(cell: &Cell, seed: u64, client: TestClient) -> Result<(Self, Resources), Failed> {
        let builder = Sandbox::builder().seed(seed);
        let sandbox = if cell.tls { builder.tls() } else { builder }.try_start().await?;
        let settings = ConnectionSettings {
            certificate: sandbox.certificate_pem().map(str::to_owned),
            proxy: None,
            connect_timeout: LONG,
            clock: sandbox.clock(),
        };
        let (mut tested, mut origin) = (settings.clone(), None);
        let mut resources = Resources { _socket: None, _proxy: None };
        match cell.fault {
            Fault::Connect(Obstacle::Unresolvable) => origin = Some(format!("https://{}.invalid", "n".repeat(70))),
            Fault::Connect(Obstacle::Refused) => {
                // The socket is bound but does not listen, so no other process can listen on its port.
                let socket = TcpSocket::new_v4()?;
                socket.bind(([127, 0, 0, 1], 0).into())?;
                let scheme = if cell.tls { "https" } else { "http" };
                origin = Some(format!("{scheme}://{}", socket.local_addr()?));
                resources._socket = Some(socket);
            }
            Fault::Connect(Obstacle::Untrusted) => tested.certificate = None,
            Fault::Connect(Obstacle::SilentHandshake) => tested.connect_timeout = SHORT,
            Fault::Connect(Obstacle::Proxy(status)) => {
                let proxy = Proxy::refusing_with(status).await?;
                tested.proxy = Some(proxy.url.clone());
                resources._proxy = Some(proxy);
            }
            Fault::None | Fault::Sandbox(..) => {}
        }
        let tested = Route { transport: (client.transport)(&tested)?, retry: client.retry, origin };
        let healthy = if cell.reused {
            tested.clone()
        } else {
            Route { transport: Arc::new(settings.transport()?), retry: RetryPolicy::none(), origin: None }
        };
        Ok((Self { sandbox: Arc::new(UncheckedSandbox(Some(sandbox))), tested, healthy }, resources))
    }
}

/// A connect timeout that never fires: it runs in real time, and loopback needs microseconds. It is shorter than the
/// timeout of an attempt, as every write requires.
const LONG: Duration = Duration::from_secs(29);

/// Long enough for any handshake on loopback that gets a response.
const SHORT: Duration = Duration::from_millis(100);
