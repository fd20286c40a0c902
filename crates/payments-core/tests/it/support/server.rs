//! A TCP server whose behaviour each test defines byte by byte.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::task::JoinHandle;

/// A server on loopback that stops when it is dropped.
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    recorded: Arc<Mutex<Recorded>>,
    task: JoinHandle<()>,
}

/// An address that refuses connections. It is bound, so no other process gets it as long as this lives.
#[derive(Debug)]
pub(crate) struct Closed(TcpSocket);

impl Closed {
    pub(crate) fn new() -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind(([127, 0, 0, 1], 0).into()).unwrap();
        Self(socket)
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.0.local_addr().unwrap()
    }
}

#[derive(Debug, Default)]
struct Recorded {
    connections: usize,
    requests: Vec<ReceivedRequest>,
}

impl Server {
    /// Starts a server that calls `serve` with each connection and its number, starting at 0.
    pub(crate) async fn start<F, Fut>(serve: F) -> Self
    where
        F: Fn(usize, Connection) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = ()> + Send + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let recorded = Arc::new(Mutex::new(Recorded::default()));
        let shared = Arc::clone(&recorded);
        let task = tokio::spawn(async move {
            loop {
                let Ok((stream, _)) = listener.accept().await else { return };
                stream.set_nodelay(true).unwrap();
                let number = {
                    let mut recorded = shared.lock().unwrap();
                    recorded.connections += 1;
                    recorded.connections - 1
                };
                let connection = Connection { stream, unread: Vec::new(), recorded: Arc::clone(&shared) };
                tokio::spawn(serve(number, connection));
            }
        });
        Self { address, recorded, task }
    }

    /// Starts a server that responds to every request on every connection with these bytes.
    pub(crate) async fn responding(response: impl Into<Vec<u8>>) -> Self {
        let response: Arc<[u8]> = response.into().into();
        Self::start(move |_, mut connection| {
            let response = Arc::clone(&response);
            async move {
                while connection.read_request().await.is_some() {
                    connection.write(&response).await;
                }
            }
        })
        .await
    }

    /// Starts a server that responds to the first request of every connection with these bytes, and then closes it.
    pub(crate) async fn responding_once(response: impl Into<Vec<u8>>) -> Self {
        let response: Arc<[u8]> = response.into().into();
        Self::start(move |_, mut connection| {
            let response = Arc::clone(&response);
            async move {
                connection.read_request().await;
                connection.write(&response).await;
            }
        })
        .await
    }

    /// The number of accepted connections.
    pub(crate) fn connections(&self) -> usize {
        self.recorded.lock().unwrap().connections
    }

    /// All requests that arrived completely.
    pub(crate) fn requests(&self) -> Vec<ReceivedRequest> {
        self.recorded.lock().unwrap().requests.clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// A request as received on the socket.
#[derive(Debug, Clone)]
pub(crate) struct ReceivedRequest {
    /// The request line and the headers.
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl ReceivedRequest {
    /// The request line.
    pub(crate) fn line(&self) -> &str {
        self.head.lines().next().unwrap_or("")
    }

    /// The names of the headers, in lower case and sorted.
    pub(crate) fn header_names(&self) -> Vec<String> {
        let names = self.head.lines().skip(1).filter_map(|line| line.split_once(':'));
        let mut names: Vec<String> = names.map(|(name, _)| name.to_ascii_lowercase()).collect();
        names.sort();
        names
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.head.lines().skip(1).filter_map(|line| line.split_once(':'));
        headers.find(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
    }
}

/// A connection, from the server's side.
#[derive(Debug)]
pub(crate) struct Connection {
    pub(crate) stream: TcpStream,
    unread: Vec<u8>,
    recorded: Arc<Mutex<Recorded>>,
}

impl Connection {
    /// Reads a complete request; `None` if the client closes the connection first.
    pub(crate) async fn read_request(&mut self) -> Option<ReceivedRequest> {
        let head_end = loop {
            if let Some(index) = self.unread.windows(4).position(|bytes| bytes == b"\r\n\r\n") {
                break index + 4;
            }
            self.read_some().await?;
        };
        let head = String::from_utf8(self.unread.drain(..head_end).collect()).unwrap();
        let mut request = ReceivedRequest { head, body: Vec::new() };
        let length = request.header("content-length").map_or(0, |text| text.parse().unwrap());
        while self.unread.len() < length {
            self.read_some().await?;
        }
        request.body = self.unread.drain(..length).collect();
        self.recorded.lock().unwrap().requests.push(request.clone());
        Some(request)
    }

    /// Writes the bytes. Returns false if the client has closed the connection.
    pub(crate) async fn write(&mut self, bytes: &[u8]) -> bool {
        self.stream.write_all(bytes).await.is_ok() && self.stream.flush().await.is_ok()
    }

    /// Closes the connection with RST instead of FIN.
    pub(crate) fn reset(self) {
        self.stream.set_zero_linger().unwrap();
    }

    /// Keeps the connection open and silent until the client closes it.
    pub(crate) async fn hold_open(mut self) {
        while self.read_some().await.is_some() {
            self.unread.clear();
        }
    }

    /// Reads some bytes and returns their number; `None` at the end.
    pub(crate) async fn read_some(&mut self) -> Option<usize> {
        let mut buffer = [0; 4096];
        match self.stream.read(&mut buffer).await {
            Ok(0) | Err(_) => None,
            Ok(count) => {
                self.unread.extend_from_slice(&buffer[..count]);
                Some(count)
            }
        }
    }
}

/// A complete HTTP/1.1 response with a JSON body.
pub(crate) fn http_response(status: u16, body: &str) -> Vec<u8> {
    let length = body.len();
    format!("HTTP/1.1 {status} X\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}").into()
}
