//! The pages of the sandbox and of the shop in a real browser, each used to the end on a phone and on a desktop.

mod api;
mod attempts;
mod card3ds;
mod defects;
mod deliveries;
mod faults;
mod ledger;
mod orders;
mod overview;
mod picture;
mod shop;
mod speed;
mod support;
mod timeline;
mod turbo_link;
mod turbo_txn;
mod turbopay;
