//! Sends a message once, to loopback only.

use std::net::Ipv4Addr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::engine::Message;

/// A merchant's response to a message.
#[derive(Debug, Clone, Copy)]
pub(crate) struct MerchantResponse {
    pub(crate) status: u16,
    /// True if the provider treats the response as an acknowledgement.
    pub(crate) accepted: bool,
}

impl MerchantResponse {
    /// Evaluates a response: by its status alone, or for a 2xx status by the beginning of its body.
    pub(crate) fn new(status: u16, body: &[u8], accepted: fn(u16, &[u8]) -> bool) -> Self {
        let prefix = &body[..body.len().min(RESPONSE_BODY_LIMIT)];
        let by_body = (200..300).contains(&status) && accepted(status, prefix);
        Self { status, accepted: accepted(status, b"") || by_body }
    }
}

/// Sends a message once. Returns the merchant's response, or why there is none.
pub(crate) async fn send(message: &Message) -> Result<MerchantResponse, String> {
    let sent = tokio::time::timeout(message.resend.timeout, post(message)).await;
    let (stream, head, rest) = sent.unwrap_or_else(|_| Err("no response in time".to_owned()))?;
    let status = head.strip_prefix("HTTP/1.").and_then(|rest| rest.get(2..5)).and_then(|digits| digits.parse().ok());
    let status = status.ok_or("no HTTP response")?;
    let accepted = message.resend.accepted;
    // If the status decides (and for 204, which has no body), the body is not read: a merchant may leave the connection
    // open or send a body without an end.
    if accepted(status, b"") || status == 204 || !matches!(status, 200..=299) {
        return Ok(MerchantResponse::new(status, b"", accepted));
    }
    let body = body(stream, &head, rest, message.resend.timeout).await;
    Ok(MerchantResponse::new(status, &body, accepted))
}

/// Sends the request. Returns the connection, the response's head, and the bytes that were read after it.
async fn post(message: &Message) -> Result<(TcpStream, String, Vec<u8>), String> {
    let (authority, path) = split_url(&message.url).ok_or("only http URLs are supported")?;
    let (_, port) = host_and_port(authority);
    let address = if port.is_some() { authority.to_owned() } else { format!("{authority}:80") };
    let io_error = |err: std::io::Error| err.kind().to_string();
    let mut stream = TcpStream::connect(&address).await.map_err(io_error)?;
    let mut head = format!(
        "POST {path} HTTP/1.1\r\nHost: {authority}\r\nContent-Type: {}\r\nContent-Length: {}\r\nConnection: close\r\n",
        message.content_type,
        message.body.len()
    );
    for (name, value) in &message.headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str("\r\n");
    stream.write_all(&[head.as_bytes(), &message.body].concat()).await.map_err(io_error)?;
    let mut response = Vec::new();
    loop {
        if let Some(end) = response.windows(4).position(|window| window == b"\r\n\r\n") {
            let rest = response.split_off(end + 4);
            return Ok((stream, String::from_utf8_lossy(&response).into_owned(), rest));
        }
        if response.len() > MAX_RESPONSE_BYTES || stream.read_buf(&mut response).await.map_err(io_error)? == 0 {
            return Err("no HTTP response".to_owned());
        }
    }
}

/// Returns the beginning of the response's body, as far as it arrives in time.
async fn body(mut stream: TcpStream, head: &str, mut read: Vec<u8>, timeout: Duration) -> Vec<u8> {
    let field = |name: &str| {
        let mut fields = head.lines().filter_map(|line| line.split_once(':'));
        fields.find(|(field, _)| field.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
    };
    let chunked = field("transfer-encoding").is_some_and(|coding| coding.eq_ignore_ascii_case("chunked"));
    // `Transfer-Encoding: chunked` overrides `Content-Length`.
    let length = field("content-length").filter(|_| !chunked).and_then(|length| length.parse().ok());
    let length = length.unwrap_or(usize::MAX);
    let reading = async {
        loop {
            let (body, ended) = if chunked { decode_chunks(&read) } else { (read.clone(), false) };
            if ended || body.len() >= length.min(RESPONSE_BODY_LIMIT) || read.len() >= MAX_RESPONSE_BYTES {
                return;
            }
            if !stream.read_buf(&mut read).await.is_ok_and(|more| more > 0) {
                return;
            }
        }
    };
    let _ = tokio::time::timeout(timeout, reading).await;
    let mut body = if chunked { decode_chunks(&read).0 } else { read };
    body.truncate(length.min(RESPONSE_BODY_LIMIT));
    body
}

/// Returns the content of the chunks so far, and whether the last chunk is among them.
fn decode_chunks(mut chunks: &[u8]) -> (Vec<u8>, bool) {
    let mut body = Vec::new();
    while let Ok(httparse::Status::Complete((begins, length))) = httparse::parse_chunk_size(chunks) {
        if length == 0 {
            return (body, true);
        }
        let chunk = &chunks[begins..];
        let length = usize::try_from(length).unwrap_or(usize::MAX).min(chunk.len());
        body.extend_from_slice(&chunk[..length]);
        chunks = chunk[length..].strip_prefix(b"\r\n").unwrap_or_default();
    }
    (body, false)
}

/// Splits an `http` URL into its authority and its request target.
fn split_url(url: &str) -> Option<(&str, String)> {
    let rest = url.strip_prefix("http://")?.split('#').next()?;
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let (authority, target) = rest.split_at(end);
    Some((authority, if target.starts_with('/') { target.to_owned() } else { format!("/{target}") }))
}

/// Splits an authority at its port. Colons inside an IPv6 address do not count.
fn host_and_port(authority: &str) -> (&str, Option<&str>) {
    match authority.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
        _ => (authority, None),
    }
}

/// True if the URL's host is a loopback host. Messages are never sent anywhere else.
pub(super) fn is_loopback(url: &str) -> bool {
    let Some((authority, _)) = split_url(url) else { return false };
    if authority.contains('@') {
        return false;
    }
    let (host, _) = host_and_port(authority);
    host == "localhost" || host == "[::1]" || host.parse::<Ipv4Addr>().is_ok_and(|ip| ip.is_loopback())
}

/// The most bytes of a response that are read.
const MAX_RESPONSE_BYTES: usize = 64 * 1024;

/// The most bytes of a body that are evaluated: no provider expects more than a short text.
const RESPONSE_BODY_LIMIT: usize = 1024;

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    use super::send;
    use crate::engine::{DEFAULT_RESPONSE_TIMEOUT, Message, Resend};

    /// Returns whether a provider that expects the body `OK` accepts the response.
    async fn accepted(response: &[u8]) -> bool {
        let merchant = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let message = Message {
            operation: "initiate",
            reference: "order-1".to_owned(),
            about: "Approved".to_owned(),
            url: format!("http://{}/callback", merchant.local_addr().unwrap()),
            content_type: "text/plain",
            headers: Vec::new(),
            body: b"signed".to_vec(),
            resend: Resend {
                waits: &[],
                timeout: DEFAULT_RESPONSE_TIMEOUT,
                accepted: |status, body| status == 200 && body == b"OK",
            },
        };
        let respond = async {
            let (mut stream, _) = merchant.accept().await.unwrap();
            let mut received = Vec::new();
            while !received.ends_with(b"signed") {
                assert_ne!(stream.read_buf(&mut received).await.unwrap(), 0);
            }
            assert!(String::from_utf8_lossy(&received).contains("\r\nContent-Type: text/plain\r\n"));
            // The sandbox may close the connection before it has read the whole response.
            let _ = stream.write_all(response).await;
            let _ = stream.shutdown().await;
            let _ = stream.read_buf(&mut received).await;
        };
        let (sent, ()) = tokio::join!(send(&message), respond);
        sent.unwrap().accepted
    }

    #[tokio::test]
    async fn a_body_is_read_however_it_is_sent() {
        for response in [
            "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nOK",
            "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nOK and no more of this",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nOK\r\n0\r\n\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nO\r\n1\r\nK\r\n0\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nOK\r\n0\r\n\r\n",
            "HTTP/1.0 200 OK\r\n\r\nOK",
        ] {
            assert!(accepted(response.as_bytes()).await, "{response:?}");
        }
    }

    #[tokio::test]
    async fn another_body_or_status_is_not_accepted() {
        let long = format!("HTTP/1.1 200 OK\r\n\r\nOK{}", " ".repeat(100_000));
        for response in [
            "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\nOK",
            "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nOK!",
            "HTTP/1.1 200 OK\r\nContent-Length: 18446744073709551615\r\n\r\nO",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\nO",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nOK",
            "HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\nOK",
            "HTTP/1.1 500 Oh\r\nContent-Length: 2\r\n\r\nOK",
            long.as_str(),
        ] {
            assert!(!accepted(response.as_bytes()).await, "{}", &response[..response.len().min(80)]);
        }
    }
}
