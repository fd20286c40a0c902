//! A proxy that connects nobody.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// It listens for as long as it lives.
#[derive(Debug)]
pub(super) struct Proxy {
    pub(super) url: String,
    listening: JoinHandle<()>,
}

impl Proxy {
    /// One that answers every `CONNECT` with this status, or closes where it is none.
    pub(super) async fn refusing_with(status: &'static str) -> std::io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let url = format!("http://{}", listener.local_addr()?);
        let listening = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(refuse(stream, status));
            }
        });
        Ok(Self { url, listening })
    }
}

async fn refuse(mut stream: TcpStream, status: &str) {
    let mut asked = Vec::new();
    while !asked.windows(4).any(|window| window == b"\r\n\r\n") {
        // Who asks for nothing needs no answer.
        if stream.read_buf(&mut asked).await.is_ok_and(|length| length > 0) { continue } else { return }
    }
    if status.bytes().all(|byte| byte.is_ascii_digit()) {
        let _ = stream.write_all(format!("HTTP/1.1 {status} No\r\nContent-Length: 0\r\n\r\n").as_bytes()).await;
    }
    let _ = stream.shutdown().await;
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.listening.abort();
    }
}
