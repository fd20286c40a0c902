//! The settings of the built-in transport on real sockets.

use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex};

use payments_core::transport::reqwest::dns::{Addrs, Name, Resolve, Resolving};
use payments_core::transport::reqwest::{ReqwestTransport, ReqwestTransportBuilder};
use payments_core::transport::{Request, Response, Transport, TransportError, async_trait};
use payments_core::{Error, ErrorKind, Outcome, RetryPolicy, Settings};
use tokio::task::JoinSet;

use crate::support::server::{Server, http_response};
use crate::support::{Client, KEYED, PAYMENT_JSON, child_variable, client_at, run_in_child_process, settings_at};

/// A client of a host that no resolver knows.
fn client_of_named_host(port: u16, change: impl FnOnce(ReqwestTransportBuilder) -> ReqwestTransportBuilder) -> Client {
    let mut settings = with_transport(&format!("http://api.acme.invalid:{port}"), change);
    settings.plain_http_host = Some("api.acme.invalid".to_owned());
    Client::try_with_credentials(settings, &KEYED, None, &[("x-api-key", "test_key")]).unwrap()
}

fn with_transport(base_url: &str, change: impl FnOnce(ReqwestTransportBuilder) -> ReqwestTransportBuilder) -> Settings {
    let mut settings = settings_at(base_url);
    settings.retry = RetryPolicy::none();
    settings.transport = Some(Arc::new(change(ReqwestTransport::builder()).build().unwrap()));
    settings
}

#[derive(Debug, Clone)]
struct Fixed {
    address: SocketAddr,
    names: Arc<Mutex<Vec<String>>>,
}

impl Resolve for Fixed {
    fn resolve(&self, name: Name) -> Resolving {
        self.names.lock().unwrap().push(name.as_str().to_owned());
        let addresses: Addrs = Box::new(std::iter::once(self.address));
        Box::pin(async { Ok(addresses) })
    }
}

#[tokio::test]
async fn a_resolver_of_ones_own_is_asked_for_the_host() {
    let server = Server::responding(http_response(200, PAYMENT_JSON)).await;
    let resolver = Fixed { address: server.address, names: Arc::default() };
    let client = client_of_named_host(server.address.port(), |builder| builder.dns_resolver(resolver.clone()));

    client.pay().send().await.unwrap();

    assert_eq!(*resolver.names.lock().unwrap(), ["api.acme.invalid"]);
    let host = format!("api.acme.invalid:{}", server.address.port());
    assert_eq!(server.requests()[0].header("host"), Some(host.as_str()));
}

#[tokio::test]
async fn a_host_with_fixed_addresses_is_not_resolved() {
    let server = Server::responding(http_response(200, PAYMENT_JSON)).await;
    let resolver = Fixed { address: server.address, names: Arc::default() };
    let unused = SocketAddr::from(([127, 0, 0, 9], 0));
    let client = client_of_named_host(server.address.port(), |builder| {
        builder.dns_resolver(resolver.clone()).addresses("API.acme.invalid", [unused, server.address])
    });

    client.pay().send().await.unwrap();

    assert_eq!((server.connections(), resolver.names.lock().unwrap().len()), (1, 0));
}

#[tokio::test]
async fn connections_come_from_the_local_address() {
    let peers = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&peers);
    let server = Server::start(move |_, mut connection| {
        seen.lock().unwrap().push(connection.stream.peer_addr().unwrap().ip());
        async move {
            connection.read_request().await;
            connection.write(&http_response(200, PAYMENT_JSON)).await;
        }
    })
    .await;
    let address = IpAddr::from([127, 0, 0, 5]);
    let settings = with_transport(&format!("http://{}", server.address), |builder| builder.local_address(address));

    Client::new(settings, &KEYED, None).pay().send().await.unwrap();

    assert_eq!(*peers.lock().unwrap(), [address]);
}

#[tokio::test]
async fn the_pool_keeps_as_many_idle_connections_as_set() {
    for (max_idle, connections) in [(0, 6), (1, 5), (3, 3)] {
        // Each connection responds once all three requests of a round have arrived.
        let barrier = Arc::new(tokio::sync::Barrier::new(3));
        let server = Server::start(move |_, mut connection| {
            let barrier = Arc::clone(&barrier);
            async move {
                while connection.read_request().await.is_some() {
                    barrier.wait().await;
                    connection.write(&http_response(200, PAYMENT_JSON)).await;
                }
            }
        })
        .await;
        let settings = with_transport(&format!("http://{}", server.address), |http| http.max_idle_per_host(max_idle));
        let client = Client::new(settings, &KEYED, None);
        for _ in 0..2 {
            let calls = (0..3).map(|_| client.pay().send());
            for payment in calls.collect::<JoinSet<_>>().join_all().await {
                payment.unwrap();
            }
            // A connection returns to the pool shortly after its response.
            tokio::time::sleep(std::time::Duration::from_millis(200)).await;
        }
        assert_eq!(server.connections(), connections, "{max_idle}");
    }
}

/// Forwards only what it must, like a transport that existed before base URLs were checked.
#[derive(Debug)]
struct Wrapper(ReqwestTransport);

#[async_trait]
impl Transport for Wrapper {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        self.0.send(request).await
    }
}

#[track_caller]
fn check_names_the_certificates(err: &Error) {
    assert_eq!((err.kind(), err.outcome()), (ErrorKind::Configuration, Outcome::NotSent), "{err:?}");
    assert!(err.to_string().contains("there are no root certificates: install them"), "{err}");
}

#[tokio::test]
async fn child_process_without_root_certificates() {
    let Some(address) = child_variable("ADDRESS") else { return };
    client_at(address.parse().unwrap()).pay().send().await.unwrap();

    let https = || settings_at("https://api.acme.test");
    check_names_the_certificates(&Client::try_new(https(), &KEYED, None).unwrap_err());

    let transport = ReqwestTransport::builder().build().unwrap();
    let mut settings = https();
    settings.transport = Some(Arc::new(Wrapper(transport)));
    let err = Client::new(settings, &KEYED, None).pay_keyed("key-1").send().await.unwrap_err();
    check_names_the_certificates(&err);
    assert_eq!(err.attempts(), 1);
    let source = format!("{:?}", std::error::Error::source(&err).unwrap());
    assert!(source.contains("No CA certificates were loaded from the system"), "{source}");
}

#[tokio::test]
async fn without_root_certificates_loopback_works_and_https_says_what_is_missing() {
    let server = Server::responding(http_response(200, PAYMENT_JSON)).await;
    let nowhere = || "/nowhere".to_owned();
    let variables =
        vec![("ADDRESS", server.address.to_string()), ("SSL_CERT_FILE", nowhere()), ("SSL_CERT_DIR", nowhere())];
    run_in_child_process("http_settings::child_process_without_root_certificates", variables).await;
    assert_eq!(server.requests().len(), 1);
}

#[test]
fn a_transport_that_trusts_no_root_certificate_is_not_for_https() {
    let settings = with_transport("https://api.acme.test", |builder| builder.root_certificates_only([]));
    check_names_the_certificates(&Client::try_new(settings, &KEYED, None).unwrap_err());
}
