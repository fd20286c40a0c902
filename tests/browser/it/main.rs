//! The sandbox's pages in a real browser, each used to the end on a phone and on a desktop.

mod card3ds;
mod defects;
mod index;
mod support;
mod turbo_link;
mod turbo_txn;
mod turbopay;
