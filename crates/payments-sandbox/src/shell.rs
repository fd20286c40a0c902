//! Everything around the engines: sockets and the control API, or values in place of sockets.

mod assets;
pub(crate) mod connection;
pub(crate) mod control;
pub(crate) mod control_access;
mod inspector;
pub(crate) mod offline;
mod record_query;
mod route;
#[cfg(feature = "sdk-clock")]
mod sdk_clock;
#[cfg(feature = "sdk-transport")]
pub(crate) mod sdk_transport;
pub(crate) mod server;
pub(crate) mod simulation;
#[cfg(feature = "tls")]
pub(crate) mod tls;
pub(crate) mod wire;
