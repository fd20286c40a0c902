use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// A client connection that distinguishes a FIN, a reset and a connection that stays open.
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

/// A response.
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

    /// Writes the bytes, and ignores a connection that is already closed: a later read shows it.
    pub(crate) async fn write(&mut self, bytes: &[u8]) {
        let _ = self.try_write(bytes).await;
    }

    /// Writes the bytes, and returns false if the connection is closed.
    pub(crate) async fn try_write(&mut self, bytes: &[u8]) -> bool {
        tokio::time::timeout(TIMEOUT, self.stream.write_all(bytes)).await.expect("the write timed out").is_ok()
    }

    /// Reads the next complete response.
    pub(crate) async fn response(&mut self) -> Response {
        loop {
            if let Some((response, length)) = Response::parse(&self.buffer) {
                self.buffer.drain(..length);
                return response;
            }
            let end = tokio::time::timeout(TIMEOUT, self.read_some()).await.expect("no response arrived");
            assert_eq!(end, None, "the response is incomplete: {:?}", String::from_utf8_lossy(&self.buffer));
        }
    }

    /// Reads until the connection ends, and returns the bytes and how it ended.
    pub(crate) async fn read_to_end(&mut self) -> (Vec<u8>, End) {
        loop {
            if let Some(end) =
                tokio::time::timeout(TIMEOUT, self.read_some()).await.expect("the connection does not end")
            {
                return (std::mem::take(&mut self.buffer), end);
            }
        }
    }

    /// Reads this many bytes.
    pub(crate) async fn read_exact(&mut self, length: usize) -> Vec<u8> {
        while self.buffer.len() < length {
            let end = tokio::time::timeout(TIMEOUT, self.read_some()).await.expect("too few bytes arrived");
            assert_eq!(end, None, "the connection ended too early: {:?}", String::from_utf8_lossy(&self.buffer));
        }
        self.buffer.drain(..length).collect()
    }

    /// Reads until nothing arrives for [`QUIET_PERIOD`]. The connection must stay open.
    pub(crate) async fn read_until_quiet(&mut self) -> Vec<u8> {
        while let Ok(end) = tokio::time::timeout(QUIET_PERIOD, self.read_some()).await {
            assert_eq!(end, None, "the connection ended instead of staying open");
        }
        std::mem::take(&mut self.buffer)
    }

    async fn read_some(&mut self) -> Option<End> {
        match self.stream.read_buf(&mut self.buffer).await {
            Ok(0) => Some(End::Fin),
            Ok(_) => None,
            Err(err) if err.kind() == std::io::ErrorKind::ConnectionReset => Some(End::Rst),
            Err(err) => panic!("the connection ended with neither FIN nor RST: {err}"),
        }
    }
}

impl Response {
    /// Returns the first complete response in the bytes, and its length.
    fn parse(bytes: &[u8]) -> Option<(Self, usize)> {
        let end = bytes.windows(4).position(|window| window == b"\r\n\r\n")? + 4;
        let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        let response = Self { status, head, body: Vec::new() };
        let length: usize = response.header("content-length").map_or(0, |length| length.parse().unwrap());
        let body = bytes.get(end..end + length)?.to_vec();
        Some((Self { body, ..response }, end + length))
    }

    /// Returns the response in the bytes.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Self {
        Self::parse(bytes).expect("an incomplete response").0
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

    /// Returns the JSON body after asserting the status.
    #[track_caller]
    pub(crate) fn expect_status(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.text());
        self.json()
    }
}

/// Far longer than any operation of the sandbox takes.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(20);
/// How long the connection must be quiet. A period that is too short could only hide a failure, never cause one.
const QUIET_PERIOD: Duration = Duration::from_millis(150);
