//! The settings of the built-in transport. None of them can make a request travel twice.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use reqwest::dns::Resolve;
use reqwest::{Proxy, redirect};

use super::ReqwestTransport;
#[cfg(any(feature = "rustls", feature = "native-tls"))]
use super::{Certificate, Identity};
use crate::Error;

/// A builder of a [`ReqwestTransport`].
///
/// There are no settings for redirects, retries, HTTP/2 and decompression: each could send a request twice, send it
/// elsewhere, or change what was read.
#[derive(Debug)]
pub struct ReqwestTransportBuilder {
    pub(super) connect_timeout: Duration,
    idle_timeout: Duration,
    max_idle_per_host: usize,
    proxy: ProxyChoice,
    resolver: Option<Resolver>,
    /// Hosts with their fixed addresses.
    addresses: Vec<(String, Vec<SocketAddr>)>,
    local_address: Option<IpAddr>,
    #[cfg(any(feature = "rustls", feature = "native-tls"))]
    roots: Vec<Certificate>,
    /// True if the platform's root certificates are trusted.
    #[cfg(any(feature = "rustls", feature = "native-tls"))]
    platform_roots: bool,
    #[cfg(any(feature = "rustls", feature = "native-tls"))]
    identity: Option<Identity>,
}

impl Default for ReqwestTransportBuilder {
    fn default() -> Self {
        Self {
            connect_timeout: CONNECT_TIMEOUT,
            idle_timeout: IDLE_TIMEOUT,
            max_idle_per_host: usize::MAX,
            proxy: ProxyChoice::None,
            resolver: None,
            addresses: Vec::new(),
            local_address: None,
            #[cfg(any(feature = "rustls", feature = "native-tls"))]
            roots: Vec::new(),
            #[cfg(any(feature = "rustls", feature = "native-tls"))]
            platform_roots: true,
            #[cfg(any(feature = "rustls", feature = "native-tls"))]
            identity: None,
        }
    }
}

impl ReqwestTransportBuilder {
    /// Sets how long name resolution, TCP and TLS may take together. Default: 5 s.
    ///
    /// If connecting takes longer, the request counts as not sent. So keep this below the timeout of an attempt.
    #[must_use]
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self
    }

    /// Sets how long an idle connection stays in the pool. Default: 4 s; zero disables reuse.
    ///
    /// Keep this below the provider's own idle timeout. Otherwise the provider may close a connection while a request
    /// is written to it, and the outcome of that call is unknown.
    #[must_use]
    pub fn idle_timeout(mut self, timeout: Duration) -> Self {
        self.idle_timeout = timeout;
        self
    }

    /// Sets how many idle connections the pool keeps for each host. Default: all; zero disables reuse.
    ///
    /// It does not limit how many requests are sent at once.
    #[must_use]
    pub fn max_idle_per_host(mut self, connections: usize) -> Self {
        self.max_idle_per_host = connections;
        self
    }

    /// Sends all requests through this proxy.
    #[must_use]
    pub fn proxy(mut self, proxy: Proxy) -> Self {
        self.proxy = ProxyChoice::Given(Box::new(proxy));
        self
    }

    /// Sends all requests through the proxy that the environment names, for example in `HTTPS_PROXY`.
    #[must_use]
    pub fn proxy_from_env(mut self) -> Self {
        self.proxy = ProxyChoice::FromEnv;
        self
    }

    /// Resolves names with this resolver. Default: the system's.
    #[must_use]
    pub fn dns_resolver(mut self, resolver: impl Resolve + 'static) -> Self {
        self.resolver = Some(Resolver(Arc::new(resolver)));
        self
    }

    /// Connects to these addresses for this host, instead of resolving its name. Call it once for each host.
    ///
    /// A port in the base URL wins over the port of an address. Without either, that is with port 0, the scheme's own
    /// port is used. The certificate must still be the host's.
    #[must_use]
    pub fn addresses(mut self, host: impl Into<String>, addresses: impl IntoIterator<Item = SocketAddr>) -> Self {
        self.addresses.push((host.into(), addresses.into_iter().collect()));
        self
    }

    /// Connects from this address of the machine.
    ///
    /// Set it if the provider allows only some of the machine's addresses.
    #[must_use]
    pub fn local_address(mut self, address: IpAddr) -> Self {
        self.local_address = Some(address);
        self
    }

    /// Adds a trusted root certificate.
    #[cfg(any(feature = "rustls", feature = "native-tls"))]
    #[must_use]
    pub fn root_certificate(mut self, certificate: Certificate) -> Self {
        self.roots.push(certificate);
        self
    }

    /// Trusts only these root certificates, and those of [`root_certificate`](Self::root_certificate), but not the
    /// platform's.
    #[cfg(any(feature = "rustls", feature = "native-tls"))]
    #[must_use]
    pub fn root_certificates_only(mut self, certificates: impl IntoIterator<Item = Certificate>) -> Self {
        self.roots.extend(certificates);
        self.platform_roots = false;
        self
    }

    /// Sets the client certificate for servers that request one.
    #[cfg(any(feature = "rustls", feature = "native-tls"))]
    #[must_use]
    pub fn identity(mut self, identity: Identity) -> Self {
        self.identity = Some(identity);
        self
    }

    /// Builds the transport.
    ///
    /// A machine without root certificates is no error here: the transport can still send to `http`. A client with an
    /// `https` base URL is not built then.
    ///
    /// # Errors
    ///
    /// Returns an error if TLS cannot be set up, for example with an invalid certificate or identity.
    pub fn build(self) -> Result<ReqwestTransport, Error> {
        match self.client() {
            Ok(http) => Ok(ReqwestTransport::new(http, self, None)),
            Err(err) => self.without_platform_roots(err),
        }
    }

    /// Builds the transport without the platform's root certificates, which are the only thing whose failure is not final.
    #[cfg(any(feature = "rustls", feature = "native-tls"))]
    fn without_platform_roots(mut self, err: reqwest::Error) -> Result<ReqwestTransport, Error> {
        if !self.platform_roots || !self.roots.is_empty() {
            return Err(cannot_build(err));
        }
        self.platform_roots = false;
        match self.client() {
            Ok(http) => Ok(ReqwestTransport::new(http, self, Some(err.without_url()))),
            Err(_) => Err(cannot_build(err)),
        }
    }

    #[cfg(not(any(feature = "rustls", feature = "native-tls")))]
    fn without_platform_roots(self, err: reqwest::Error) -> Result<ReqwestTransport, Error> {
        Err(cannot_build(err))
    }

    /// True if the transport can verify no server.
    #[cfg(any(feature = "rustls", feature = "native-tls"))]
    pub(super) fn trusts_no_root(&self) -> bool {
        !self.platform_roots && self.roots.is_empty()
    }

    #[cfg(not(any(feature = "rustls", feature = "native-tls")))]
    #[expect(clippy::unused_self, reason = "the same signature as with TLS")]
    pub(super) fn trusts_no_root(&self) -> bool {
        false
    }

    /// Builds a client with a connection pool of its own.
    pub(super) fn client(&self) -> reqwest::Result<reqwest::Client> {
        let reuse = !self.idle_timeout.is_zero();
        let mut http = reqwest::Client::builder()
            .http1_only()
            .redirect(redirect::Policy::none())
            .retry(reqwest::retry::never())
            // Explicit, because another crate in the build may enable a codec's feature.
            .no_gzip()
            .no_brotli()
            .no_zstd()
            .no_deflate()
            .connect_timeout(self.connect_timeout)
            .pool_idle_timeout(self.idle_timeout)
            .pool_max_idle_per_host(if reuse { self.max_idle_per_host } else { 0 })
            .local_address(self.local_address)
            .tcp_nodelay(true);
        if let Some(Resolver(resolver)) = &self.resolver {
            http = http.dns_resolver(Arc::clone(resolver));
        }
        for (host, addresses) in &self.addresses {
            http = http.resolve_to_addrs(host, addresses);
        }
        let http = match &self.proxy {
            ProxyChoice::None => http.no_proxy(),
            ProxyChoice::Given(proxy) => http.no_proxy().proxy(Proxy::clone(proxy)),
            ProxyChoice::FromEnv => http,
        };
        self.with_tls(http).build()
    }

    #[cfg(any(feature = "rustls", feature = "native-tls"))]
    fn with_tls(&self, http: reqwest::ClientBuilder) -> reqwest::ClientBuilder {
        // Named, because another crate in the build may enable the other one, which would become reqwest's default.
        #[cfg(feature = "rustls")]
        let http = http.tls_backend_rustls();
        #[cfg(not(feature = "rustls"))]
        let http = http.tls_backend_native();
        let http = http.tls_version_min(reqwest::tls::Version::TLS_1_2);
        let roots = self.roots.iter().cloned();
        let http = match (self.platform_roots, self.roots.is_empty()) {
            (true, true) => http,
            (true, false) => http.tls_certs_merge(roots),
            (false, _) => http.tls_certs_only(roots),
        };
        match &self.identity {
            Some(identity) => http.identity(identity.clone()),
            None => http,
        }
    }

    #[cfg(not(any(feature = "rustls", feature = "native-tls")))]
    #[expect(clippy::unused_self, reason = "the same signature as with TLS")]
    fn with_tls(&self, http: reqwest::ClientBuilder) -> reqwest::ClientBuilder {
        http
    }
}

fn cannot_build(err: reqwest::Error) -> Error {
    Error::configuration("the HTTP transport could not be set up").with_source(Some(err.without_url().into()))
}

#[derive(Debug)]
enum ProxyChoice {
    None,
    Given(Box<Proxy>),
    FromEnv,
}

struct Resolver(Arc<dyn Resolve>);

impl fmt::Debug for Resolver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Resolver")
    }
}

/// The timeout for connecting.
///
/// Connecting normally takes well under a second. After five, another attempt is the better choice.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// The time for which an idle connection stays in the pool.
///
/// Longer saves handshakes. But if the server closes an idle connection while we write to it, we cannot know whether it
/// read the request. Common servers wait at least five seconds, so we close first.
const IDLE_TIMEOUT: Duration = Duration::from_secs(4);
