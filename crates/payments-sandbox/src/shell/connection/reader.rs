use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::stream::Stream;
use crate::http::Request;

/// Reads one request after another from a connection.
pub(super) struct Reader {
    stream: Stream,
    buffer: Vec<u8>,
    /// The body's framing, from the request head that was read last.
    body: Body,
    malformed: bool,
}

pub(super) enum Incoming {
    /// A request's head. The body has not been read yet.
    Request(Request),
    /// The client disconnected, or sent no valid HTTP request.
    Nothing,
}

impl Reader {
    pub(super) fn new(stream: Stream) -> Self {
        Self { stream, buffer: Vec::with_capacity(4096), body: Body::Sized(0), malformed: false }
    }

    pub(super) fn stream(&mut self) -> &mut Stream {
        &mut self.stream
    }

    pub(super) fn into_stream(self) -> Stream {
        self.stream
    }

    /// True if the client sent no valid HTTP request.
    pub(super) fn is_malformed(&self) -> bool {
        self.malformed
    }

    /// Waits for the first byte of a request, up to a limit in real time. Returns false if none arrives.
    pub(super) async fn first_byte(&mut self, limit: Option<Duration>) -> bool {
        if !self.buffer.is_empty() {
            return true;
        }
        let first = match limit {
            Some(limit) => tokio::time::timeout(limit, self.read_more()).await.unwrap_or(None),
            None => self.read_more().await,
        };
        first.is_some()
    }

    /// Reads the next request's head.
    pub(super) async fn head(&mut self) -> Incoming {
        loop {
            match head(&self.buffer) {
                Head::Whole(length, request, body) => {
                    self.buffer.drain(..length);
                    self.body = body;
                    return Incoming::Request(request);
                }
                Head::Part if self.buffer.len() < MAX_HEAD_BYTES => {
                    if self.read_more().await.is_none() {
                        return Incoming::Nothing;
                    }
                }
                Head::Part | Head::Malformed => {
                    self.malformed = true;
                    return Incoming::Nothing;
                }
            }
        }
    }

    /// Reads the body of the request whose head was read last.
    pub(super) async fn body(&mut self, request: &mut Request) -> Option<()> {
        self.send_continue(request).await?;
        let body = match self.body {
            Body::Sized(length) => self.take(length).await,
            Body::Chunked => self.chunks().await,
        };
        self.malformed = body.is_none();
        request.body = body?;
        Some(())
    }

    /// Reads half of the body, or one byte of a chunked body.
    pub(super) async fn half_of_body(&mut self, request: &Request) {
        let half = match self.body {
            Body::Sized(length) => length / 2,
            Body::Chunked => 1,
        };
        if self.send_continue(request).await.is_some() {
            let _ = self.take(half).await;
        }
    }

    async fn send_continue(&mut self, request: &Request) -> Option<()> {
        if request.header("expect").is_some_and(|value| value.eq_ignore_ascii_case("100-continue")) {
            self.stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").await.ok()?;
            self.stream.flush().await.ok()?;
        }
        Some(())
    }

    async fn chunks(&mut self) -> Option<Vec<u8>> {
        let mut body = Vec::new();
        loop {
            let (start, size) = loop {
                match httparse::parse_chunk_size(&self.buffer).ok()? {
                    httparse::Status::Complete(found) => break found,
                    httparse::Status::Partial if self.buffer.len() > MAX_HEAD_BYTES => return None,
                    httparse::Status::Partial => self.read_more().await?,
                }
            };
            self.buffer.drain(..start);
            if size == 0 {
                self.trailers().await?;
                return Some(body);
            }
            let chunk = self.take(usize::try_from(size).ok()?).await?;
            if self.take(2).await? != b"\r\n" {
                return None;
            }
            body.extend(chunk);
            if body.len() > MAX_BODY_BYTES {
                return None;
            }
        }
    }

    /// Skips the trailers after the last chunk, up to an empty line.
    async fn trailers(&mut self) -> Option<()> {
        let mut skipped = 0;
        loop {
            match self.buffer.windows(2).position(|window| window == b"\r\n") {
                Some(0) => {
                    self.buffer.drain(..2);
                    return Some(());
                }
                Some(end) => {
                    skipped += end;
                    self.buffer.drain(..end + 2);
                }
                None => self.read_more().await?,
            }
            if skipped + self.buffer.len() > MAX_HEAD_BYTES + MAX_BODY_BYTES {
                return None;
            }
        }
    }

    async fn take(&mut self, length: usize) -> Option<Vec<u8>> {
        if length > MAX_BODY_BYTES {
            return None;
        }
        while self.buffer.len() < length {
            self.read_more().await?;
        }
        let rest = self.buffer.split_off(length);
        Some(std::mem::replace(&mut self.buffer, rest))
    }

    async fn read_more(&mut self) -> Option<()> {
        let length = self.stream.read_buf(&mut self.buffer).await.ok()?;
        (length > 0).then_some(())
    }
}

enum Head {
    Whole(usize, Request, Body),
    Part,
    Malformed,
}

#[derive(Clone, Copy)]
enum Body {
    Sized(usize),
    Chunked,
}

fn head(bytes: &[u8]) -> Head {
    let mut headers = [httparse::EMPTY_HEADER; 64];
    let mut parsed = httparse::Request::new(&mut headers);
    let length = match parsed.parse(bytes) {
        Ok(httparse::Status::Complete(length)) => length,
        Ok(httparse::Status::Partial) => return Head::Part,
        Err(_) => return Head::Malformed,
    };
    let (Some(method), Some(target)) = (parsed.method, parsed.path) else { return Head::Malformed };
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let text = |value: &[u8]| String::from_utf8_lossy(value).into_owned();
    let mut headers: Vec<(String, String)> =
        parsed.headers.iter().map(|header| (header.name.to_ascii_lowercase(), text(header.value))).collect();
    if parsed.version == Some(0) && !headers.iter().any(|(name, _)| name == "connection") {
        // Without a `Connection` header, HTTP/1.0 means one request per connection.
        headers.push(("connection".to_owned(), "close".to_owned()));
    }
    let value = |name: &str| headers.iter().find(|(header, _)| header == name).map(|(_, value)| value.as_str());
    let body = match (value("transfer-encoding"), value("content-length")) {
        (Some(_), _) => Body::Chunked,
        (None, None) => Body::Sized(0),
        (None, Some(length)) if length.bytes().all(|byte| byte.is_ascii_digit()) => match length.parse() {
            Ok(length) => Body::Sized(length),
            Err(_) => return Head::Malformed,
        },
        (None, Some(_)) => return Head::Malformed,
    };
    let request = Request {
        number: 0,
        record: None,
        method: method.to_owned(),
        path: path.to_owned(),
        query: query.to_owned(),
        headers,
        body: Vec::new(),
    };
    Head::Whole(length, request, body)
}

const MAX_HEAD_BYTES: usize = 64 * 1024;
const MAX_BODY_BYTES: usize = 1024 * 1024;
