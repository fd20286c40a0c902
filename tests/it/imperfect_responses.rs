//! Responses and webhooks that differ from the documents: one table of cases, and any shape of any member.
//!
//! A decision depends on few members of a message: its identity, its status, and what the call was made for. Such a member
//! must be as documented. Any other member fails nothing, whatever the provider sends, and is recorded.

#![expect(clippy::panic, reason = "a test helper fails by panicking")]

mod any_shape;
mod cases;
mod client;
mod exchange;
mod hostile;
mod refusals;

// The calls and webhooks of each provider, with samples.
mod card3ds;
mod turbo_link;
mod turbo_txn;
mod turbopay;
mod turratech;

use exchange::Exchange;

/// Every response and every webhook.
fn exchanges() -> impl Iterator<Item = &'static Exchange> {
    let all =
        [turratech::EXCHANGES, turbo_txn::EXCHANGES, turbo_link::EXCHANGES, card3ds::EXCHANGES, turbopay::EXCHANGES];
    all.into_iter().flatten().copied()
}
