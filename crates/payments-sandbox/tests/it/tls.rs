//! The providers behind TLS, for clients that trust the sandbox's certificate and clients that do not.

use std::sync::Arc;

use payments_sandbox::Sandbox;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use crate::support::{control, withdrawal};

/// Connects to TurboPay under this server name, and trusts only this certificate.
async fn connect(sandbox: &Sandbox, pem: &str, name: &str) -> std::io::Result<TlsStream<TcpStream>> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(pem.as_bytes()).unwrap()).unwrap();
    let config = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    let stream = TcpStream::connect(authority(sandbox)).await.unwrap();
    let name = ServerName::try_from(name.to_owned()).unwrap();
    TlsConnector::from(Arc::new(config)).connect(name, stream).await
}

async fn connect_trusted(sandbox: &Sandbox) -> TlsStream<TcpStream> {
    connect(sandbox, sandbox.certificate_pem().unwrap(), "127.0.0.1").await.unwrap()
}

fn authority(sandbox: &Sandbox) -> &str {
    sandbox.turbopay().base_url().strip_prefix("https://").unwrap().strip_suffix("/api").unwrap()
}

async fn write_withdrawal(stream: &mut TlsStream<TcpStream>, sandbox: &Sandbox) {
    let (body, key) = (withdrawal("order-1").to_string(), sandbox.turbopay().api_key());
    let head = format!(
        "POST /api/withdraw/new HTTP/1.1\r\nHost: {}\r\nAuthorization: {key}\r\nContent-Length: {}\r\n\r\n",
        authority(sandbox),
        body.len()
    );
    stream.write_all(format!("{head}{body}").as_bytes()).await.unwrap();
}

/// Sends a withdrawal under a fault, and returns the received bytes and how the connection ended.
async fn withdraw_under_fault(fault: &str) -> (Vec<u8>, std::io::Result<()>) {
    let sandbox = Sandbox::builder().tls().fault(fault).start().await;
    let mut stream = connect_trusted(&sandbox).await;
    write_withdrawal(&mut stream, &sandbox).await;
    let mut bytes = Vec::new();
    let end = stream.read_to_end(&mut bytes).await.map(drop);
    sandbox.ledger().order("order-1").executed_once();
    sandbox.finish();
    (bytes, end)
}

#[tokio::test]
async fn a_client_that_trusts_the_certificate_connects_by_address_and_by_name() {
    let sandbox = Sandbox::builder().tls().start().await;
    for name in ["127.0.0.1", "localhost"] {
        let mut stream = connect(&sandbox, sandbox.certificate_pem().unwrap(), name).await.unwrap();
        write_withdrawal(&mut stream, &sandbox).await;
        let mut status = [0; 12];
        stream.read_exact(&mut status).await.unwrap();
        assert!(status.starts_with(b"HTTP/1.1 "), "{name}");
    }
    sandbox.ledger().order("order-1").executed_once();
    sandbox.finish();
}

#[tokio::test]
async fn every_sandbox_has_its_own_certificate_for_loopback_names_only() {
    let (first, second) = (Sandbox::builder().tls().start().await, Sandbox::builder().tls().start().await);

    let err = connect(&first, second.certificate_pem().unwrap(), "127.0.0.1").await.unwrap_err();

    assert!(err.to_string().contains("certificate"), "{err}");
    assert!(connect(&first, first.certificate_pem().unwrap(), "another.host").await.is_err());
}

#[tokio::test]
async fn tls_applies_to_the_providers_and_not_to_the_control_api() {
    let plain = Sandbox::builder().start().await;
    assert_eq!((plain.certificate_pem(), &plain.turbopay().base_url()[..7]), (None, "http://"));

    let sandbox = Sandbox::builder().tls().start().await;
    assert!(sandbox.turratech().base_url().starts_with("https://127.0.0.1:"));
    control(&sandbox, "GET", "/health", "").await.expect_status(200);
}

#[tokio::test]
async fn a_tls_alert_ends_the_handshake() {
    let sandbox = Sandbox::builder().tls().fault("turbopay @accept tls-alert").start().await;

    let err = connect(&sandbox, sandbox.certificate_pem().unwrap(), "127.0.0.1").await.unwrap_err();

    assert!(err.to_string().contains("HandshakeFailure"), "{err}");
    connect_trusted(&sandbox).await;
    sandbox.finish();
}

#[tokio::test]
async fn a_connection_can_end_with_or_without_close_notify_or_by_a_reset() {
    let (bytes, end) = withdraw_under_fault("turbopay.withdraw @after-commit fin").await;
    assert!(bytes.is_empty() && end.is_ok(), "{end:?}");

    let (bytes, end) = withdraw_under_fault("turbopay.withdraw @after-commit eof").await;
    assert_eq!((bytes.len(), end.unwrap_err().kind()), (0, std::io::ErrorKind::UnexpectedEof));

    let (bytes, end) = withdraw_under_fault("turbopay.withdraw @after-commit rst").await;
    assert_eq!((bytes.len(), end.unwrap_err().kind()), (0, std::io::ErrorKind::ConnectionReset));
}

#[tokio::test]
async fn a_response_can_be_cut_off_over_tls() {
    let (bytes, end) = withdraw_under_fault("turbopay.withdraw @after-commit mid-status").await;
    assert_eq!((bytes.as_slice(), end.is_ok()), (b"HTTP/1.1 2".as_slice(), true));

    let (bytes, _) = withdraw_under_fault("turbopay.withdraw @mid-body eof").await;
    assert!(bytes.starts_with(b"HTTP/1.1 201 Created\r\n"));
}

#[tokio::test]
async fn a_copied_test_uses_tls_too() {
    let sandbox = Sandbox::builder().seed(7).tls().record_contents().start().await;
    sandbox.fault("turbopay.withdraw @after-commit eof");
    write_withdrawal(&mut connect_trusted(&sandbox).await, &sandbox).await;
    let is_recorded = || sandbox.records().iter().any(|record| record.told.is_some());
    crate::support::wait_until("the end is recorded", is_recorded).await;
    let test = control(&sandbox, "GET", "/rust-test", "").await.text();
    assert!(test.contains("Sandbox::builder().seed(7).tls().start().await;"), "{test}");
    sandbox.finish();
}
