//! The accept loop and the connections: sockets of our own, so that a fault ends exactly the one it is meant for.

mod read;

use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use crate::control;
use crate::fault::Phase;
use crate::http::{Request, Response};
use crate::world::{Close, Exchange, Provider, Wire, World};
use read::{Incoming, Reader};

/// Who listens on a port.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Door {
    Provider(Provider),
    Control,
}

/// Takes connections for as long as it is not aborted; aborting it ends them too.
pub(crate) async fn accept(listener: TcpListener, door: Door, world: Arc<World>, idle_close: Option<Duration>) {
    let mut connections = JoinSet::new();
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            // Out of descriptors, most likely: others must close first.
            tokio::task::yield_now().await;
            continue;
        };
        while connections.try_join_next().is_some() {}
        connections.spawn(connection(stream, door, Arc::clone(&world), idle_close));
    }
}

async fn connection(stream: TcpStream, door: Door, world: Arc<World>, idle_close: Option<Duration>) {
    // Without it an answer may wait for the client's acknowledgement.
    let _ = stream.set_nodelay(true);
    let mut reader = Reader::new(stream);
    if let Door::Provider(provider) = door
        && let Some(close) = world.accept(provider)
    {
        return end(reader.into_stream(), close).await;
    }
    while let Incoming::Request(head) = reader.head(idle_close).await {
        let last = is_last(&head);
        let ended = match door {
            Door::Control => ask(&mut reader, &world, head).await,
            Door::Provider(provider) => answer(&mut reader, provider, &world, head).await,
        };
        if let Err(close) = ended {
            if reader.is_broken() {
                break;
            }
            return end(reader.into_stream(), close).await;
        }
        if last {
            return end(reader.into_stream(), Close::Fin).await;
        }
    }
    if reader.is_broken() {
        let _ = write(reader.stream(), &Response::new(400, "text/plain", NOT_UNDERSTOOD)).await;
        end(reader.into_stream(), Close::Fin).await;
    }
}

/// Whether the client wants the connection closed behind the answer.
fn is_last(request: &Request) -> bool {
    let options = request.header("connection").unwrap_or_default();
    options.split(',').any(|option| option.trim().eq_ignore_ascii_case("close"))
}

async fn ask(reader: &mut Reader, world: &Arc<World>, mut request: Request) -> Result<(), Close> {
    reader.body(&mut request).await.ok_or(Close::Fin)?;
    let answer = control::answer(world, &request);
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
            let _ = stream.write_all(&bytes).await;
            Err(close)
        }
        Wire::Slow(bytes, end) => {
            let mut at = at;
            for byte in bytes {
                at += DRIP;
                world.clock.sleep_until(at).await;
                stream.write_all(&[byte]).await.map_err(|_| Close::Fin)?;
            }
            end.map_or(Ok(()), Err)
        }
        Wire::Endless(response) => {
            let begun = [response.chunked_head(), format!("{:x}\r\n", response.body.len()).into(), response.body];
            let mut sent = stream.write_all(&begun.concat()).await;
            // White space, so that nothing but the length is wrong with it.
            let more = [b"\r\n4000\r\n".as_slice(), &[b' '; 0x4000]].concat();
            while sent.is_ok() {
                sent = stream.write_all(&more).await;
            }
            Err(Close::Fin)
        }
    }
}

async fn write(stream: &mut TcpStream, response: &Response) -> std::io::Result<()> {
    let mut bytes = response.head();
    bytes.extend_from_slice(&response.body);
    stream.write_all(&bytes).await
}

async fn end(mut stream: TcpStream, close: Close) {
    match close {
        Close::Fin => {
            let _ = stream.shutdown().await;
            // What is unread when a socket is closed turns the FIN into a reset: read on until the client has closed too.
            let _ = tokio::time::timeout(LINGER, drain(&mut stream)).await;
        }
        Close::Rst => {
            // Closing with nothing to wait for sends a reset.
            let _ = stream.set_zero_linger();
        }
        Close::Stall => {
            drain(&mut stream).await;
        }
    }
}

/// Reads until the client closes.
async fn drain(stream: &mut TcpStream) {
    let mut nothing = [0; 1024];
    while stream.read(&mut nothing).await.is_ok_and(|length| length > 0) {}
}

/// How long a closed connection's client may take to close it too, in real time.
const LINGER: Duration = Duration::from_secs(1);

const NOT_UNDERSTOOD: &str = "not a request that is understood here";

/// Between two bytes of a slow answer, on the clock.
const DRIP: Duration = Duration::from_millis(100);
