//! Tests of the sandbox through its sockets and its public API.
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests fail by panicking")]

mod support;
mod turratech_support;

mod behaviours;
#[cfg(unix)]
mod binary;
mod card3ds;
mod connection_cuts;
mod control_access;
mod control_api;
mod control_description;
mod control_orders;
mod copied;
mod events;
mod fault_budgets;
mod fault_grammar;
mod finish;
mod http_requests;
mod inspector_timeline;
mod keys;
mod offline;
mod pages;
mod record_masks;
mod recorded_exchanges;
mod records;
mod statuses;
#[cfg(feature = "tls")]
mod tls;
mod turbo_link;
mod turbo_link_pages;
mod turbo_txn;
mod turbo_txn_callbacks;
mod turbo_txn_page;
mod turbopay_orders;
mod turbopay_page;
mod turbopay_validation;
mod turratech_access;
mod turratech_control;
mod turratech_customers;
mod turratech_events;
mod turratech_idempotency;
mod turratech_lists;
mod turratech_payments;
mod turratech_refunds;
mod turratech_subscriptions;
mod violations;
mod webhooks;
mod wire_faults;
