//! What the sandbox does, from outside: over sockets and through its public API.
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on is to fail")]

mod support;
mod turratech_support;

mod at_the_end;
mod behaviours;
#[cfg(unix)]
mod binary;
mod card3ds;
mod control_access;
mod control_api;
mod cut_points;
mod ending;
mod fault_budgets;
mod fault_grammar;
mod hosted_page;
mod hostile_clients;
mod keys;
mod offline;
mod orders;
mod recorded_exchanges;
#[cfg(feature = "tls")]
mod tls;
mod turbo_link;
mod turbo_link_pages;
mod turbo_txn;
mod turbo_txn_callbacks;
mod turbo_txn_page;
mod turratech_access;
mod turratech_control;
mod turratech_customers;
mod turratech_events;
mod turratech_idempotency;
mod turratech_lists;
mod turratech_payments;
mod turratech_refunds;
mod turratech_subscriptions;
mod validation;
mod webhooks;
mod wire_faults;
