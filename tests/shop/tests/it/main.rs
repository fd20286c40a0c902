//! Tests of the stage, the books and the panel, with the real shop.

#![expect(clippy::panic, clippy::unwrap_used, reason = "a test helper fails by panicking")]

mod attacks;
mod books;
mod cookies;
mod customer;
mod panel;
mod program;
mod stage;
mod told;
mod two_processes;
