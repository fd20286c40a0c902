//! A proxy that refuses every connection.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// A proxy on loopback. It stops when it is dropped.
#[derive(Debug)]
pub(super) struct Proxy {
    pub(super) url: String,
    server: JoinHandle<()>,
}

impl Proxy {
    /// Starts a proxy that responds to every `CONNECT` with this status.
    ///
    /// If `status` is not a number, the proxy closes the connection without a response.
    pub(super) async fn refusing_with(status: &'static str) -> std::io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let url = format!("http://{}", listener.local_addr()?);
        let server = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(refuse(stream, status));
            }
        });
        Ok(Self { url, server })
    }
}

async fn refuse(mut stream: TcpStream, status: &str) {
    let mut request = Vec::new();
    while !request.windows(4).any(|window| window == b"\r\n\r\n") {
        // An incomplete request gets no response.
        if stream.read_buf(&mut request).await.is_ok_and(|length| length > 0) { continue } else { return }
    }
    if status.bytes().all(|byte| byte.is_ascii_digit()) {
        let _ = stream.write_all(format!("HTTP/1.1 {status} No\r\nContent-Length: 0\r\n\r\n").as_bytes()).await;
    }
    let _ = stream.shutdown().await;
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.server.abort();
    }
}
