use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// A merchant's webhook server.
pub(crate) struct Merchant {
    pub(crate) url: String,
    received: Arc<Mutex<Vec<Received>>>,
    responses: Arc<Mutex<VecDeque<&'static str>>>,
}

/// A webhook as the merchant received it.
#[derive(Debug, Clone)]
pub(crate) struct Received {
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Merchant {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/status", listener.local_addr().unwrap());
        let (received, responses) = (Arc::default(), Arc::default());
        let merchant = Self { url, received: Arc::clone(&received), responses: Arc::clone(&responses) };
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&received), Arc::clone(&responses)));
            }
        });
        merchant
    }

    /// Queues the next responses; an empty one closes the connection. Afterwards every response is an empty 200.
    pub(crate) fn queue_responses(&self, responses: impl IntoIterator<Item = &'static str>) {
        self.responses.lock().unwrap().extend(responses);
    }

    pub(crate) fn received(&self) -> Vec<Received> {
        self.received.lock().unwrap().clone()
    }

    /// Returns the received statuses in order.
    pub(crate) fn statuses(&self) -> Vec<String> {
        self.received().iter().map(|message| message.json()["status"].as_str().unwrap().to_owned()).collect()
    }
}

impl Received {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut fields = self.head.lines().filter_map(|line| line.split_once(':'));
        fields.find(|(field, _)| field.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
    }
}

async fn serve(
    mut stream: TcpStream,
    received: Arc<Mutex<Vec<Received>>>,
    responses: Arc<Mutex<VecDeque<&'static str>>>,
) {
    let mut bytes = Vec::new();
    let head_end = loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break end + 4;
        }
        if stream.read_buf(&mut bytes).await.unwrap_or(0) == 0 {
            return;
        }
    };
    let head = String::from_utf8(bytes[..head_end].to_vec()).unwrap();
    let mut message = Received { head, body: Vec::new() };
    let length: usize = message.header("content-length").unwrap().parse().unwrap();
    while bytes.len() < head_end + length {
        if stream.read_buf(&mut bytes).await.unwrap_or(0) == 0 {
            return;
        }
    }
    message.body = bytes[head_end..head_end + length].to_vec();
    received.lock().unwrap().push(message);
    let response = responses.lock().unwrap().pop_front().unwrap_or("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    if response.is_empty() {
        return;
    }
    let _ = stream.write_all(response.as_bytes()).await;
    // A server with keep-alive lets the client close the connection.
    let _ = stream.read_buf(&mut bytes).await;
}
