//! The stores through their public API, on real files.

mod amend;
mod deliver;
mod inbox;
mod open;
mod queues;
mod rate_limit;
mod record;
mod schema;
mod support;
