//! A server with a fixed response per path. One thread serves both sides, so that both run on the same core.

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

use crate::{stripe_side, turratech_side};

pub fn plain() -> SocketAddr {
    serve(None)
}

/// Starts a TLS server with this certificate and key, both in PEM.
pub fn tls(certificate: &str, key: &str) -> SocketAddr {
    let certificate = CertificateDer::from_pem_slice(certificate.as_bytes()).unwrap();
    let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap();
    serve(Some(TlsAcceptor::from(Arc::new(config))))
}

fn serve(tls: Option<TlsAcceptor>) -> SocketAddr {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let listener = tokio::net::TcpListener::from_std(listener).unwrap();
            while let Ok((stream, _)) = listener.accept().await {
                stream.set_nodelay(true).unwrap();
                match tls.clone() {
                    None => tokio::spawn(respond(stream)),
                    Some(tls) => tokio::spawn(async move { respond(tls.accept(stream).await.ok()?).await }),
                };
            }
        });
    });
    address
}

async fn respond(mut stream: impl AsyncRead + AsyncWrite + Unpin) -> Option<()> {
    let (payment, customer) = (with_head(turratech_side::PAYMENT), with_head(stripe_side::CUSTOMER));
    let (mut request, mut length) = ([0; 8192], 0);
    loop {
        let read = stream.read(&mut request[length..]).await.ok()?;
        if read == 0 {
            return None;
        }
        length += read;
        if is_complete(&request[..length]) {
            let response = if request.starts_with(b"POST /v1/customers") { &customer } else { &payment };
            stream.write_all(response).await.ok()?;
            stream.flush().await.ok()?;
            length = 0;
        }
    }
}

fn is_complete(request: &[u8]) -> bool {
    let Some(end) = request.windows(4).position(|four| four == b"\r\n\r\n") else { return false };
    let head = std::str::from_utf8(&request[..end]).unwrap();
    let is_length = |name: &str| name.eq_ignore_ascii_case("content-length");
    let mut fields = head.lines().filter_map(|line| line.split_once(": "));
    let body = fields.find(|(name, _)| is_length(name)).map_or(0, |(_, length)| length.parse().unwrap());
    request.len() == end + 4 + body
}

fn with_head(body: &str) -> Vec<u8> {
    let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nrequest-id: req_8fU2";
    format!("{head}\r\ncontent-length: {}\r\n\r\n{body}", body.len()).into_bytes()
}
