//! The engine on the store in memory, with clients that answer as the test says.

mod events;
mod gateway;
mod hooks;
mod outcomes;
mod payments;
mod provider;
mod recording;
mod recovery;
mod restore;
mod storage;
mod store;
#[cfg(feature = "tracing")]
mod traces;
mod turbopay;
mod worker;
