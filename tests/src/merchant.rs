use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper::{HeaderMap, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

/// A merchant's web server on loopback. It stores every delivery and responds with `200 OK`.
#[derive(Debug)]
pub struct Merchant {
    address: SocketAddr,
    inbox: Inbox,
    server: tokio::task::JoinHandle<()>,
}

type Inbox = Arc<Mutex<Vec<Delivery>>>;

/// A received delivery.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Delivery {
    /// The request's path.
    pub path: String,
    /// The request's headers.
    pub headers: HeaderMap,
    /// The request's raw body.
    pub body: Bytes,
}

impl Merchant {
    /// Starts the server.
    ///
    /// # Errors
    ///
    /// Returns an error if no loopback port is available.
    pub async fn start() -> std::io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let inbox = Inbox::default();
        let server = tokio::spawn(serve(listener, Arc::clone(&inbox)));
        Ok(Self { address, inbox, server })
    }

    /// Returns the URL of a path: `merchant.url("/status")`.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Returns every delivery so far, in order.
    #[must_use]
    pub fn deliveries(&self) -> Vec<Delivery> {
        self.inbox.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for Merchant {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn serve(listener: TcpListener, inbox: Inbox) {
    while let Ok((stream, _)) = listener.accept().await {
        let inbox = Arc::clone(&inbox);
        let service = service_fn(move |request| receive(request, Arc::clone(&inbox)));
        // Ignore connection errors: the sender retries an interrupted delivery.
        tokio::spawn(hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service));
    }
}

async fn receive(request: Request<Incoming>, inbox: Inbox) -> Result<Response<Full<Bytes>>, Infallible> {
    let (head, body) = request.into_parts();
    let mut response = Response::new(Full::from("OK"));
    match body.collect().await {
        Ok(body) => {
            let delivery = Delivery { path: head.uri.path().to_owned(), headers: head.headers, body: body.to_bytes() };
            inbox.lock().unwrap_or_else(PoisonError::into_inner).push(delivery);
        }
        Err(_) => *response.status_mut() = StatusCode::BAD_REQUEST,
    }
    Ok(response)
}
