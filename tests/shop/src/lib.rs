//! Runs the shop against the sandbox, kills it, and compares what it believes with the providers' ledger.
//!
//! The shop runs as a child process, so that it can be killed as a machine kills it. The sandbox runs in this process, so that
//! its ledger and its clock are at hand.

mod error;

// What the shop believes beside what the providers have executed.
pub mod books;

// The sandbox, the database, and the shop's processes.

mod process;

mod stage;

// The page that breaks things.
pub mod panel;

// Random walks of customers.
pub mod walk;

pub use error::Failed;
pub use process::{Shop, Variant, program};
pub use stage::{Builder, OFFICE_PASSWORD, Stage};
