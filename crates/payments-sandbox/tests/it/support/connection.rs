use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// A connection that tells a FIN from a reset and both from silence.
pub(crate) struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

/// How a connection ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    Fin,
    Rst,
}

/// One answer.
#[derive(Debug, Clone)]
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Connection {
    pub(crate) async fn open(authority: &str) -> Self {
        Self { stream: TcpStream::connect(authority).await.unwrap(), buffer: Vec::new() }
    }

    /// Writes, or is told that nobody reads any longer: what is read shows which.
    pub(crate) async fn write(&mut self, bytes: &[u8]) {
        let _ = self.try_write(bytes).await;
    }

    /// Writes, and says whether somebody still took it.
    pub(crate) async fn try_write(&mut self, bytes: &[u8]) -> bool {
        tokio::time::timeout(TIMEOUT, self.stream.write_all(bytes)).await.expect("nobody reads").is_ok()
    }

    /// The next whole answer.
    pub(crate) async fn response(&mut self) -> Response {
        loop {
            if let Some((response, length)) = Response::parse(&self.buffer) {
                self.buffer.drain(..length);
                return response;
            }
            let end = tokio::time::timeout(TIMEOUT, self.more()).await.expect("no answer came");
            assert_eq!(end, None, "the answer broke off: {:?}", String::from_utf8_lossy(&self.buffer));
        }
    }

    /// All that comes until the connection ends, and how it does.
    pub(crate) async fn end(&mut self) -> (Vec<u8>, End) {
        loop {
            if let Some(end) = tokio::time::timeout(TIMEOUT, self.more()).await.expect("it does not end") {
                return (std::mem::take(&mut self.buffer), end);
            }
        }
    }

    /// So many bytes.
    pub(crate) async fn bytes(&mut self, length: usize) -> Vec<u8> {
        while self.buffer.len() < length {
            let end = tokio::time::timeout(TIMEOUT, self.more()).await.expect("no more bytes came");
            assert_eq!(end, None, "it ended too early: {:?}", String::from_utf8_lossy(&self.buffer));
        }
        self.buffer.drain(..length).collect()
    }

    /// All that is there once nothing more comes for a moment; the connection must still be open.
    pub(crate) async fn silence(&mut self) -> Vec<u8> {
        while let Ok(end) = tokio::time::timeout(MOMENT, self.more()).await {
            assert_eq!(end, None, "the connection ended instead of being silent");
        }
        std::mem::take(&mut self.buffer)
    }

    async fn more(&mut self) -> Option<End> {
        match self.stream.read_buf(&mut self.buffer).await {
            Ok(0) => Some(End::Fin),
            Ok(_) => None,
            Err(err) if err.kind() == std::io::ErrorKind::ConnectionReset => Some(End::Rst),
            Err(err) => panic!("neither FIN nor RST: {err}"),
        }
    }
}

impl Response {
    /// The first answer in some bytes, and how long it is.
    fn parse(bytes: &[u8]) -> Option<(Self, usize)> {
        let end = bytes.windows(4).position(|window| window == b"\r\n\r\n")? + 4;
        let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        let response = Self { status, head, body: Vec::new() };
        let length: usize = response.header("content-length").map_or(0, |length| length.parse().unwrap());
        let body = bytes.get(end..end + length)?.to_vec();
        Some((Self { body, ..response }, end + length))
    }

    /// The only answer in some bytes.
    pub(crate) fn of(bytes: &[u8]) -> Self {
        Self::parse(bytes).expect("no whole answer").0
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let fields = self.head.lines().filter_map(|line| line.split_once(':'));
        fields.into_iter().find(|(field, _)| field.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.body.clone()).unwrap()
    }

    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|err| panic!("{err} in {:?}", self.text()))
    }

    /// Its body, once the status is held to be this.
    #[track_caller]
    pub(crate) fn expect(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.text());
        self.json()
    }
}

/// Far longer than anything takes that happens at all.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(20);
/// Long enough to see that nothing happens; too short a moment could only pass wrongly, never fail.
const MOMENT: Duration = Duration::from_millis(150);
