//! The accept loop and the connections: sockets of our own, so that a fault ends exactly the one it is meant for.

mod read;

use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use crate::control;
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
        let Ok((stream, _)) = listener.accept().await else { continue };
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
    loop {
        let request = match reader.next(idle_close).await {
            Incoming::Request(request) => request,
            Incoming::Closed => return,
            Incoming::Broken => {
                let answer = Response::new(400, "text/plain", "not a request that is understood here");
                let _ = write(reader.stream(), &answer).await;
                return end(reader.into_stream(), Close::Fin).await;
            }
        };
        let last = is_last(&request);
        let kept = match door {
            Door::Control => write(reader.stream(), &control::answer(&world, &request)).await.is_ok(),
            Door::Provider(provider) => match answer(&mut reader, provider, &world, request).await {
                Ok(()) => true,
                Err(close) => return end(reader.into_stream(), close).await,
            },
        };
        if !kept {
            return;
        }
        if last {
            return end(reader.into_stream(), Close::Fin).await;
        }
    }
}

/// Whether the client wants the connection closed behind the answer.
fn is_last(request: &Request) -> bool {
    let options = request.header("connection").unwrap_or_default();
    options.split(',').any(|option| option.trim().eq_ignore_ascii_case("close"))
}

/// Answers a request, or says how the connection is to end.
async fn answer(reader: &mut Reader, provider: Provider, world: &World, request: Request) -> Result<(), Close> {
    let Exchange { at, wire } = world.exchange(provider, request);
    world.clock.sleep_until(at).await;
    let stream = reader.stream();
    match wire {
        Wire::Answer(response) => write(stream, &response).await.map_err(|_| Close::Fin),
        Wire::Undone(request) => write(stream, &world.do_now(provider, &request)).await.map_err(|_| Close::Fin),
        Wire::Part(bytes, close) => {
            let _ = stream.write_all(&bytes).await;
            Err(close)
        }
        Wire::Slow(response) => {
            let mut at = at;
            for byte in [response.head(), response.body].concat() {
                at += DRIP;
                world.clock.sleep_until(at).await;
                stream.write_all(&[byte]).await.map_err(|_| Close::Fin)?;
            }
            Ok(())
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
            // To close a socket that has something unread sends a reset, and a client that is still writing gets one too.
            let _ = tokio::time::timeout(LINGER, drain(&mut stream)).await;
        }
        Close::Rst => {
            // Closing with nothing to wait for sends a reset.
            let _ = stream.set_zero_linger();
        }
        Close::Stall => drain(&mut stream).await,
    }
}

/// Reads on until the client is gone.
async fn drain(stream: &mut TcpStream) {
    let mut nothing = [0; 8192];
    while stream.read(&mut nothing).await.is_ok_and(|length| length > 0) {}
}

/// How long a client may take, in real time, to hear that a connection is closed.
const LINGER: Duration = Duration::from_secs(10);

/// Between two bytes of a slow answer, on the clock.
const DRIP: Duration = Duration::from_millis(100);
