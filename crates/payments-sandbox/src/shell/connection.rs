//! Serves one connection. HTTP is handled here and not by a library, so that a fault can cut a connection at any byte.

mod reader;
mod stream;

use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::assets;
use super::control::{self, Reply, Subscription};
use super::control_access::{Access, isolate};
use crate::fault::{ConnectionMoment, Phase};
use crate::http::{Request, Response};
use crate::record::ToldEnd;
use crate::state::{Close, Exchange, ProviderId, SLOW_BYTE_INTERVAL, SharedState, Wire};
use reader::{Incoming, Reader};
use stream::Stream;

/// The owner of a listening port.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Listener {
    Provider(ProviderId),
    Control,
}

/// Settings of a listener's connections.
#[derive(Debug, Clone, Default)]
pub(crate) struct ConnectionSettings {
    /// Which requests are accepted.
    pub(crate) access: Arc<Access>,
    /// How long a connection may be idle, in real time; `None` for no limit.
    pub(crate) idle_close: Option<Duration>,
    #[cfg(feature = "tls")]
    pub(crate) tls: Option<super::tls::Tls>,
}

/// Serves one connection to its end.
pub(crate) async fn serve_connection(
    stream: TcpStream,
    listener: Listener,
    state: Arc<SharedState>,
    settings: ConnectionSettings,
) {
    // Otherwise a response may wait for the client's TCP acknowledgement.
    let _ = stream.set_nodelay(true);
    let stream = match listener {
        Listener::Control => Stream::Plain(stream),
        Listener::Provider(provider) => {
            if let Some(close) = state.connection_fault(provider, ConnectionMoment::Accepted) {
                if let Some(unread) = Stream::Plain(stream).end(close).await {
                    state.record_unread(provider, unread);
                }
                return;
            }
            // A failed handshake ends the connection; the client reports it.
            let Some(stream) = settings.handshake(stream).await else { return };
            stream
        }
    };
    let mut reader = Reader::new(stream);
    loop {
        match serve(&mut reader, listener, &state, &settings).await {
            Ok(()) => {}
            Err(ConnectionEnd::Gone) => return,
            Err(ConnectionEnd::By(close)) => {
                reader.into_stream().end(close).await;
                return;
            }
            Err(ConnectionEnd::Malformed) => {
                let _ = write(reader.stream(), &Response::new(400, "text/plain", MALFORMED_REQUEST)).await;
                reader.into_stream().end(Close::Fin).await;
                return;
            }
        }
    }
}

impl ConnectionSettings {
    #[cfg(feature = "tls")]
    pub(crate) fn is_tls(&self) -> bool {
        self.tls.is_some()
    }

    #[cfg(not(feature = "tls"))]
    pub(crate) fn is_tls(&self) -> bool {
        false
    }

    /// The scheme of the providers' URLs.
    pub(crate) fn scheme(&self) -> &'static str {
        if self.is_tls() { "https" } else { "http" }
    }

    #[cfg(feature = "tls")]
    async fn handshake(&self, stream: TcpStream) -> Option<Stream> {
        let Some(tls) = &self.tls else { return Some(Stream::Plain(stream)) };
        tls.acceptor.accept(stream).await.ok().map(|stream| Stream::Tls(Box::new(stream)))
    }

    #[cfg(not(feature = "tls"))]
    async fn handshake(&self, stream: TcpStream) -> Option<Stream> {
        Some(Stream::Plain(stream))
    }
}

/// Why a connection serves no further request.
enum ConnectionEnd {
    /// The client sent no valid HTTP request.
    Malformed,
    /// The client disconnected, or was idle for too long.
    Gone,
    By(Close),
}

impl From<Close> for ConnectionEnd {
    fn from(close: Close) -> Self {
        Self::By(close)
    }
}

/// Reads one request and responds to it.
async fn serve(
    reader: &mut Reader,
    listener: Listener,
    state: &Arc<SharedState>,
    settings: &ConnectionSettings,
) -> Result<(), ConnectionEnd> {
    if !reader.first_byte(settings.idle_close).await {
        return Err(ConnectionEnd::Gone);
    }
    if let Listener::Provider(provider) = listener
        && let Some(close) = state.connection_fault(provider, ConnectionMoment::RequestBegun)
    {
        return Err(close.into());
    }
    let head = match reader.head().await {
        Incoming::Request(head) => head,
        Incoming::Nothing => {
            return Err(if reader.is_malformed() { ConnectionEnd::Malformed } else { ConnectionEnd::Gone });
        }
    };
    let last = wants_close(&head);
    let served = match listener {
        Listener::Control => serve_control(reader, state, head, &settings.access).await,
        Listener::Provider(provider) => serve_provider(reader, provider, state, head, &settings.access).await,
    };
    served.map_err(|close| if reader.is_malformed() { ConnectionEnd::Malformed } else { close.into() })?;
    let close = match listener {
        _ if last => Some(Close::Fin),
        Listener::Control => None,
        Listener::Provider(provider) => state.connection_fault(provider, ConnectionMoment::Idle),
    };
    close.map_or(Ok(()), |close| Err(close.into()))
}

/// True if the client wants the connection to be closed after the response.
fn wants_close(request: &Request) -> bool {
    let options = request.header("connection").unwrap_or_default();
    options.split(',').any(|option| option.trim().eq_ignore_ascii_case("close"))
}

async fn serve_control(
    reader: &mut Reader,
    state: &Arc<SharedState>,
    mut request: Request,
    access: &Access,
) -> Result<(), Close> {
    reader.body(&mut request).await.ok_or(Close::Fin)?;
    let reply = match access.check(&request) {
        Ok(()) => {
            let response = access.preflight(&request).or_else(|| assets::of_the_inspector(&request));
            response.map_or_else(|| control::respond(state, &request), Reply::from)
        }
        Err(rejection) => rejection.into(),
    };
    match reply {
        Reply::Response(response) => {
            let response = isolate(access.add_cors_headers(&request, response));
            write_to(&request, reader.stream(), &response).await
        }
        Reply::Events(events) => {
            let head = isolate(access.add_cors_headers(&request, Subscription::head()));
            let started = send(reader.stream(), &head.streamed_head()).await;
            if started.is_ok() && request.method != "HEAD" {
                serve_events(reader.stream(), events, state).await;
            }
            Err(Close::Fin)
        }
    }
}

/// Sends events until the client disconnects.
async fn serve_events(stream: &mut Stream, mut events: Subscription, state: &SharedState) {
    let mut discarded = [0; 1024];
    loop {
        let bytes = tokio::select! {
            bytes = events.next(state) => bytes,
            // A client that leaves is noticed at once, and not only by the next write.
            read = stream.read(&mut discarded) => match read {
                Ok(length) if length > 0 => continue,
                _ => return,
            },
        };
        if send(stream, &bytes).await.is_err() {
            return;
        }
    }
}

/// Responds to a request, or returns how the connection ends.
async fn serve_provider(
    reader: &mut Reader,
    provider: ProviderId,
    state: &SharedState,
    mut request: Request,
    access: &Access,
) -> Result<(), Close> {
    if let Err(rejection) = access.check_rebound(&request) {
        reader.body(&mut request).await.ok_or(Close::Fin)?;
        return write_to(&request, reader.stream(), &rejection).await;
    }
    if let Some(file) = assets::respond(&request) {
        reader.body(&mut request).await.ok_or(Close::Fin)?;
        return write_to(&request, reader.stream(), &file).await;
    }
    let arrival = state.arrive(provider, &request);
    match arrival.cut {
        Some((Phase::Body, close)) => {
            reader.half_of_body(&request).await;
            return Err(close);
        }
        Some((_, close)) => return Err(close),
        None => reader.body(&mut request).await.ok_or(Close::Fin)?,
    }
    let Exchange { at, wire, mut subject } = state.exchange(provider, request, arrival);
    state.clock.sleep_until(at).await;
    let stream = reader.stream();
    match wire {
        Wire::Response(response) => {
            let written = write(stream, &response).await;
            state.told_whole(&subject, written.is_ok());
            written.map_err(|_| Close::Fin)
        }
        Wire::Deferred(request) => {
            let response = state.respond_now(provider, &request, &mut subject);
            let written = write(stream, &response).await;
            state.told_whole(&subject, written.is_ok());
            written.map_err(|_| Close::Fin)
        }
        Wire::Part(bytes, close) => {
            let end = if send(stream, &bytes).await.is_ok() { close.into() } else { ToldEnd::Gone };
            state.told(&subject, length(bytes.len()), end);
            Err(close)
        }
        Wire::Slow(bytes, end) => {
            let mut at = at;
            for (sent, byte) in bytes.iter().enumerate() {
                at += SLOW_BYTE_INTERVAL;
                state.clock.sleep_until(at).await;
                if send(stream, &[*byte]).await.is_err() {
                    state.told(&subject, length(sent), ToldEnd::Gone);
                    return Err(Close::Fin);
                }
            }
            state.told(&subject, length(bytes.len()), end.map_or(ToldEnd::Whole, ToldEnd::from));
            end.map_or(Ok(()), Err)
        }
        Wire::Endless(response) => {
            let beginning = [response.chunked_head(), format!("{:x}\r\n", response.body.len()).into(), response.body];
            let beginning = beginning.concat();
            let mut bytes = length(beginning.len());
            let mut sent = send(stream, &beginning).await;
            // White space keeps the body valid JSON, so that only its length is wrong.
            let more = [b"\r\n4000\r\n".as_slice(), &[b' '; 0x4000]].concat();
            while sent.is_ok() {
                sent = send(stream, &more).await;
                bytes += length(more.len());
            }
            state.told(&subject, bytes, ToldEnd::Gone);
            Err(Close::Fin)
        }
    }
}

fn length(bytes: usize) -> u64 {
    u64::try_from(bytes).unwrap_or(u64::MAX)
}

/// Writes a response, without its body if the request's method is `HEAD`.
async fn write_to(request: &Request, stream: &mut Stream, response: &Response) -> Result<(), Close> {
    let written = match request.method.as_str() {
        "HEAD" => send(stream, &response.head()).await,
        _ => write(stream, response).await,
    };
    written.map_err(|_| Close::Fin)
}

async fn write(stream: &mut Stream, response: &Response) -> std::io::Result<()> {
    let mut bytes = response.head();
    bytes.extend_from_slice(&response.body);
    send(stream, &bytes).await
}

/// Writes and flushes, because TLS buffers.
async fn send(stream: &mut Stream, bytes: &[u8]) -> std::io::Result<()> {
    stream.write_all(bytes).await?;
    stream.flush().await
}

const MALFORMED_REQUEST: &str = "this is not a valid HTTP/1.x request";
