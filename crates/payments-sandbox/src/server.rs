//! The accept loop and the connections: sockets of our own, so that a fault ends exactly the one it is meant for.

mod read;
mod stream;

use std::sync::Arc;
use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use crate::control;
use crate::control_access::Access;
use crate::fault::Phase;
use crate::http::{Request, Response};
use crate::world::{Close, DRIP, Exchange, Provider, Wire, World};
use read::{Incoming, Reader};
use stream::Stream;

/// Who listens on a port.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Door {
    Provider(Provider),
    Control,
}

/// How connections and requests are taken.
#[derive(Debug, Clone, Default)]
pub(crate) struct Terms {
    /// Who may use the control API.
    pub(crate) control: Arc<Access>,
    /// How long a connection may be idle, in real time.
    pub(crate) idle_close: Option<Duration>,
    #[cfg(feature = "tls")]
    pub(crate) tls: Option<crate::tls::Tls>,
}

/// Takes connections for as long as it is not aborted; aborting it ends them too.
pub(crate) async fn accept(listener: TcpListener, door: Door, world: Arc<World>, terms: Terms) {
    let mut connections = JoinSet::new();
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            // Out of descriptors, most likely: others must close first.
            tokio::task::yield_now().await;
            continue;
        };
        while connections.try_join_next().is_some() {}
        connections.spawn(connection(stream, door, Arc::clone(&world), terms.clone()));
    }
}

async fn connection(stream: TcpStream, door: Door, world: Arc<World>, terms: Terms) {
    // Without it an answer may wait for the client's acknowledgement.
    let _ = stream.set_nodelay(true);
    let stream = match door {
        Door::Control => Stream::Plain(stream),
        Door::Provider(provider) => {
            if let Some(close) = world.accept(provider) {
                if let Some(unread) = Stream::Plain(stream).end(close).await {
                    world.ended(provider, unread);
                }
                return;
            }
            // A handshake that fails ends the connection, and is the client's to tell.
            let Some(stream) = terms.shake_hands(stream).await else { return };
            stream
        }
    };
    let mut reader = Reader::new(stream);
    loop {
        match serve(&mut reader, door, &world, &terms).await {
            Ok(()) => {}
            Err(Ended::Silent) => return,
            Err(Ended::By(close)) => {
                reader.into_stream().end(close).await;
                return;
            }
            Err(Ended::Broken) => {
                let _ = write(reader.stream(), &Response::new(400, "text/plain", NOT_UNDERSTOOD)).await;
                reader.into_stream().end(Close::Fin).await;
                return;
            }
        }
    }
}

impl Terms {
    #[cfg(feature = "tls")]
    pub(crate) fn is_tls(&self) -> bool {
        self.tls.is_some()
    }

    #[cfg(not(feature = "tls"))]
    pub(crate) fn is_tls(&self) -> bool {
        false
    }

    /// What the providers' addresses begin with.
    pub(crate) fn scheme(&self) -> &'static str {
        if self.is_tls() { "https" } else { "http" }
    }

    #[cfg(feature = "tls")]
    async fn shake_hands(&self, stream: TcpStream) -> Option<Stream> {
        let Some(tls) = &self.tls else { return Some(Stream::Plain(stream)) };
        tls.acceptor.accept(stream).await.ok().map(|stream| Stream::Tls(Box::new(stream)))
    }

    #[cfg(not(feature = "tls"))]
    async fn shake_hands(&self, stream: TcpStream) -> Option<Stream> {
        Some(Stream::Plain(stream))
    }
}

/// Why a connection takes no further request.
enum Ended {
    /// It does not speak HTTP.
    Broken,
    /// The client is gone, or was idle for too long.
    Silent,
    By(Close),
}

impl From<Close> for Ended {
    fn from(close: Close) -> Self {
        Self::By(close)
    }
}

/// Takes one request and answers it.
async fn serve(reader: &mut Reader, door: Door, world: &Arc<World>, terms: &Terms) -> Result<(), Ended> {
    if !reader.first_byte(terms.idle_close).await {
        return Err(Ended::Silent);
    }
    if let Door::Provider(provider) = door
        && let Some(close) = world.first_byte(provider)
    {
        return Err(close.into());
    }
    let head = match reader.head().await {
        Incoming::Request(head) => head,
        Incoming::Nothing => return Err(if reader.is_broken() { Ended::Broken } else { Ended::Silent }),
    };
    let last = is_last(&head);
    let answered = match door {
        Door::Control => ask(reader, world, head, &terms.control).await,
        Door::Provider(provider) => answer(reader, provider, world, head).await,
    };
    answered.map_err(|close| if reader.is_broken() { Ended::Broken } else { close.into() })?;
    let close = match door {
        _ if last => Some(Close::Fin),
        Door::Control => None,
        Door::Provider(provider) => world.idle(provider),
    };
    close.map_or(Ok(()), |close| Err(close.into()))
}

/// Whether the client wants the connection closed behind the answer.
fn is_last(request: &Request) -> bool {
    let options = request.header("connection").unwrap_or_default();
    options.split(',').any(|option| option.trim().eq_ignore_ascii_case("close"))
}

async fn ask(reader: &mut Reader, world: &Arc<World>, mut request: Request, access: &Access) -> Result<(), Close> {
    reader.body(&mut request).await.ok_or(Close::Fin)?;
    let answer = match access.check(&request) {
        Ok(()) => access.preflight(&request).unwrap_or_else(|| control::answer(world, &request)),
        Err(refused) => refused,
    };
    let answer = access.readable(&request, answer);
    write(reader.stream(), &answer).await.map_err(|_| Close::Fin)
}

/// Answers a request, or says how the connection is to end.
async fn answer(reader: &mut Reader, provider: Provider, world: &World, mut request: Request) -> Result<(), Close> {
    let arrival = world.arrive(provider, &request);
    match arrival.cut {
        Some((Phase::Body, close)) => {
            reader.half_of_body(&request).await;
            return Err(close);
        }
        Some((_, close)) => return Err(close),
        None => reader.body(&mut request).await.ok_or(Close::Fin)?,
    }
    let Exchange { at, wire } = world.exchange(provider, request, arrival);
    world.clock.sleep_until(at).await;
    let stream = reader.stream();
    match wire {
        Wire::Answer(response) => write(stream, &response).await.map_err(|_| Close::Fin),
        Wire::Undone(request) => write(stream, &world.do_now(provider, &request)).await.map_err(|_| Close::Fin),
        Wire::Part(bytes, close) => {
            let _ = send(stream, &bytes).await;
            Err(close)
        }
        Wire::Slow(bytes, end) => {
            let mut at = at;
            for byte in bytes {
                at += DRIP;
                world.clock.sleep_until(at).await;
                send(stream, &[byte]).await.map_err(|_| Close::Fin)?;
            }
            end.map_or(Ok(()), Err)
        }
        Wire::Endless(response) => {
            let begun = [response.chunked_head(), format!("{:x}\r\n", response.body.len()).into(), response.body];
            let mut sent = send(stream, &begun.concat()).await;
            // White space, so that nothing but the length is wrong with it.
            let more = [b"\r\n4000\r\n".as_slice(), &[b' '; 0x4000]].concat();
            while sent.is_ok() {
                sent = send(stream, &more).await;
            }
            Err(Close::Fin)
        }
    }
}

async fn write(stream: &mut Stream, response: &Response) -> std::io::Result<()> {
    let mut bytes = response.head();
    bytes.extend_from_slice(&response.body);
    send(stream, &bytes).await
}

/// Writes, and lets nothing wait in a buffer of TLS's.
async fn send(stream: &mut Stream, bytes: &[u8]) -> std::io::Result<()> {
    stream.write_all(bytes).await?;
    stream.flush().await
}

const NOT_UNDERSTOOD: &str = "not a request that is understood here";
