//! The accept loop.

use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::task::JoinSet;

use super::connection::{ConnectionSettings, Listener, serve_connection};
use crate::state::SharedState;

/// Takes connections for as long as it is not aborted; aborting it ends them too.
pub(crate) async fn accept(
    socket: TcpListener,
    listener: Listener,
    state: Arc<SharedState>,
    settings: ConnectionSettings,
) {
    let mut connections = JoinSet::new();
    loop {
        let Ok((stream, _)) = socket.accept().await else {
            // Out of descriptors, most likely: others must close first.
            tokio::task::yield_now().await;
            continue;
        };
        while connections.try_join_next().is_some() {}
        connections.spawn(serve_connection(stream, listener, Arc::clone(&state), settings.clone()));
    }
}
