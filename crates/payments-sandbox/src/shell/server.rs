//! The accept loop.

use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::task::JoinSet;

use super::connection::{ConnectionSettings, Listener, serve_connection};
use crate::state::SharedState;

/// Accepts connections until the task is aborted, which also closes the connections.
pub(crate) async fn accept(
    socket: TcpListener,
    listener: Listener,
    state: Arc<SharedState>,
    settings: ConnectionSettings,
) {
    let mut connections = JoinSet::new();
    loop {
        let Ok((stream, _)) = socket.accept().await else {
            // Most likely out of file descriptors: wait until other connections close.
            tokio::task::yield_now().await;
            continue;
        };
        while connections.try_join_next().is_some() {}
        connections.spawn(serve_connection(stream, listener, Arc::clone(&state), settings.clone()));
    }
}
