//! A minimal client with one connection, which costs less than any real one.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

pub struct Client {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Client {
    pub async fn connect(server: SocketAddr) -> Self {
        let stream = TcpStream::connect(server).await.unwrap();
        stream.set_nodelay(true).unwrap();
        Self { stream, buffer: vec![0; 64 * 1024] }
    }

    /// Posts JSON, and waits for the whole response, which must be a success.
    pub async fn post(&mut self, path: &str, headers: &str, body: &str) {
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: inspector/1\r\nAccept: */*\r\n{headers}\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        self.stream.write_all(head.as_bytes()).await.unwrap();
        self.read().await;
    }

    async fn read(&mut self) {
        let mut length = 0;
        loop {
            let read = self.stream.read(&mut self.buffer[length..]).await.unwrap();
            assert!(read > 0, "the connection was closed");
            length += read;
            let Some(end) = self.buffer[..length].windows(4).position(|four| four == b"\r\n\r\n") else { continue };
            let head = std::str::from_utf8(&self.buffer[..end]).unwrap();
            assert!(head.starts_with("HTTP/1.1 20"), "{head}");
            let mut fields = head.lines().filter_map(|line| line.split_once(": "));
            let field = fields.find(|(name, _)| name.eq_ignore_ascii_case("content-length")).unwrap();
            if length == end + 4 + field.1.parse::<usize>().unwrap() {
                return;
            }
        }
    }
}

/// The address of a URL.
pub fn address(url: &str) -> SocketAddr {
    url.split('/').nth(2).unwrap().parse().unwrap()
}

/// A withdrawal at TurboPay. Its messages are recorded, but sent to no other machine.
pub fn withdrawal(reference: &str) -> String {
    format!(
        r#"{{"method":"bank_transfer","amount":500,"currency":"INR","traffic":"std","merchant_order_id":"{reference}","merchant_customer_id":"customer-1","customer_bank_account":"065432123456789","bank_code":"HDFC0000053","customer_name":"Raj Singh","status_url":"https://merchant.example/status"}}"#
    )
}
