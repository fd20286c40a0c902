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
                let _ =
                    write(reader.stream(), &Response::new(400, "text/plain", "not a request that is understood here"))
                        .await;
                return;
            }
        };
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
    }
}

/// Answers a request, or says how the connection is to end.
async fn answer(reader: &mut Reader, provider: Provider, world: &World, request: Request) -> Result<(), Close> {
    let Exchange { after, wire } = world.exchange(provider, request);
    if !after.is_zero() {
        world.clock.sleep(after).await;
    }
    let stream = reader.stream();
    match wire {
        Wire::Answer(response) => write(stream, &response).await.map_err(|_| Close::Fin),
        Wire::Undone(request) => write(stream, &world.do_now(provider, &request)).await.map_err(|_| Close::Fin),
        Wire::Part(bytes, close) => {
            let _ = stream.write_all(&bytes).await;
            Err(close)
        }
        Wire::Slow(response) => {
            for byte in [response.head(), response.body].concat() {
                world.clock.sleep(DRIP).await;
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
        }
        Close::Rst => {
            // Closing with nothing to wait for sends a reset.
            let _ = stream.set_zero_linger();
        }
        Close::Stall => {
            let mut nothing = [0; 1024];
            while stream.read(&mut nothing).await.is_ok_and(|length| length > 0) {}
        }
    }
}

/// Between two bytes of a slow answer, on the clock.
const DRIP: Duration = Duration::from_millis(100);
