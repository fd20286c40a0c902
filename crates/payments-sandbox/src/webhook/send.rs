//! Sending a message once, to this machine and to no other.

use std::net::Ipv4Addr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::engine::Message;

/// What a merchant answered.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// The provider takes it for a yes.
    pub(crate) taken: bool,
}

/// Sends a message once: what it was answered, or what went wrong.
pub(crate) async fn send(message: &Message) -> Result<Answer, String> {
    let asked = tokio::time::timeout(message.resend.patience, ask(message)).await;
    let (stream, head, rest) = asked.unwrap_or_else(|_| Err("no answer in time".to_owned()))?;
    let status = head.strip_prefix("HTTP/1.").and_then(|rest| rest.get(2..5)).and_then(|digits| digits.parse().ok());
    let status = status.ok_or("no HTTP answer")?;
    let taken = message.resend.taken;
    // Where the head says it all (of a 204, always), a merchant may leave the connection open behind it, or answer without
    // end.
    if taken(status, b"") || status == 204 || !matches!(status, 200..=299) {
        return Ok(Answer { status, taken: taken(status, b"") });
    }
    let body = body(stream, &head, rest, message.resend.patience).await;
    Ok(Answer { status, taken: taken(status, &body) })
}

/// Sends it: the answer's head, and what came behind it already.
async fn ask(message: &Message) -> Result<(TcpStream, String, Vec<u8>), String> {
    let (authority, path) = parts(&message.url).ok_or("only plain http is spoken here")?;
    let (_, port) = host_and_port(authority);
    let address = if port.is_some() { authority.to_owned() } else { format!("{authority}:80") };
    let broken = |err: std::io::Error| err.kind().to_string();
    let mut stream = TcpStream::connect(&address).await.map_err(broken)?;
    let mut head = format!(
        "POST {path} HTTP/1.1\r\nHost: {authority}\r\nContent-Type: {}\r\nContent-Length: {}\r\nConnection: close\r\n",
        message.content_type,
        message.body.len()
    );
    for (name, value) in &message.headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str("\r\n");
    stream.write_all(&[head.as_bytes(), &message.body].concat()).await.map_err(broken)?;
    let mut answer = Vec::new();
    loop {
        if let Some(end) = answer.windows(4).position(|window| window == b"\r\n\r\n") {
            let rest = answer.split_off(end + 4);
            return Ok((stream, String::from_utf8_lossy(&answer).into_owned(), rest));
        }
        if answer.len() > LONGEST_HEAD || stream.read_buf(&mut answer).await.map_err(broken)? == 0 {
            return Err("no HTTP answer".to_owned());
        }
    }
}

/// The beginning of an answer's body; what breaks off or does not come in time leaves what there is.
async fn body(mut stream: TcpStream, head: &str, mut read: Vec<u8>, patience: Duration) -> Vec<u8> {
    let field = |name: &str| {
        let mut fields = head.lines().filter_map(|line| line.split_once(':'));
        fields.find(|(field, _)| field.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
    };
    let chunked = field("transfer-encoding").is_some_and(|coding| coding.eq_ignore_ascii_case("chunked"));
    // Chunks say themselves where they end, whatever else is said.
    let length = field("content-length").filter(|_| !chunked).and_then(|length| length.parse().ok());
    let length = length.unwrap_or(usize::MAX);
    let reading = async {
        loop {
            let (body, ended) = if chunked { dechunked(&read) } else { (read.clone(), false) };
            if ended || body.len() >= length.min(LONGEST_BODY) || read.len() >= LONGEST_HEAD {
                return;
            }
            if !stream.read_buf(&mut read).await.is_ok_and(|more| more > 0) {
                return;
            }
        }
    };
    let _ = tokio::time::timeout(patience, reading).await;
    let mut body = if chunked { dechunked(&read).0 } else { read };
    body.truncate(length.min(LONGEST_BODY));
    body
}

/// What the chunks hold that have come, and whether the last one is among them.
fn dechunked(mut chunks: &[u8]) -> (Vec<u8>, bool) {
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

/// The authority and the target of an address.
fn parts(url: &str) -> Option<(&str, String)> {
    let rest = url.strip_prefix("http://")?.split('#').next()?;
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let (authority, target) = rest.split_at(end);
    Some((authority, if target.starts_with('/') { target.to_owned() } else { format!("/{target}") }))
}

/// A port stands behind the last colon that is not one of an IPv6 address.
fn host_and_port(authority: &str) -> (&str, Option<&str>) {
    match authority.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
        _ => (authority, None),
    }
}

/// Whether an address is this machine's: nothing else is ever sent to.
pub(super) fn is_loopback(url: &str) -> bool {
    let Some((authority, _)) = parts(url) else { return false };
    if authority.contains('@') {
        return false;
    }
    let (host, _) = host_and_port(authority);
    host == "localhost" || host == "[::1]" || host.parse::<Ipv4Addr>().is_ok_and(|ip| ip.is_loopback())
}

/// Beyond it an answer is none.
const LONGEST_HEAD: usize = 64 * 1024;

/// As much of a body as is looked at: no provider waits for more than a word or two.
const LONGEST_BODY: usize = 1024;

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    use super::send;
    use crate::engine::{Message, Resend, USUAL_PATIENCE};

    /// What a provider that waits for a body of `OK` makes of an answer.
    async fn taken(answer: &[u8]) -> bool {
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
                patience: USUAL_PATIENCE,
                taken: |status, body| status == 200 && body == b"OK",
            },
        };
        let answering = async {
            let (mut stream, _) = merchant.accept().await.unwrap();
            let mut asked = Vec::new();
            while !asked.ends_with(b"signed") {
                assert_ne!(stream.read_buf(&mut asked).await.unwrap(), 0);
            }
            assert!(String::from_utf8_lossy(&asked).contains("\r\nContent-Type: text/plain\r\n"));
            // Whoever has heard enough may close.
            let _ = stream.write_all(answer).await;
            let _ = stream.shutdown().await;
            let _ = stream.read_buf(&mut asked).await;
        };
        let (sent, ()) = tokio::join!(send(&message), answering);
        sent.unwrap().taken
    }

    #[tokio::test]
    async fn a_body_is_read_however_it_is_sent() {
        for answer in [
            "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nOK",
            "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nOK and no more of this",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nOK\r\n0\r\n\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nO\r\n1\r\nK\r\n0\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nOK\r\n0\r\n\r\n",
            "HTTP/1.0 200 OK\r\n\r\nOK",
        ] {
            assert!(taken(answer.as_bytes()).await, "{answer:?}");
        }
    }

    #[tokio::test]
    async fn another_body_or_status_is_another_answer() {
        let long = format!("HTTP/1.1 200 OK\r\n\r\nOK{}", " ".repeat(100_000));
        for answer in [
            "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\nOK",
            "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nOK!",
            "HTTP/1.1 200 OK\r\nContent-Length: 18446744073709551615\r\n\r\nO",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\nO",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nOK",
            "HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\nOK",
            "HTTP/1.1 500 Oh\r\nContent-Length: 2\r\n\r\nOK",
            long.as_str(),
        ] {
            assert!(!taken(answer.as_bytes()).await, "{}", &answer[..answer.len().min(80)]);
        }
    }
}
