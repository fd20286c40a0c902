//! card3ds, simulated from its documentation.
//!
//! - Only the cards in [`TEST_CARDS`] are accepted.
//! - An action on a [challenge](crate::Card3dsChallenge) or a [checkout](crate::Card3dsCheckout) sends the form that the
//!   customer's browser would post, as a message and once. In a browser, the pages of `htmlContent` and `redirectUrl` post
//!   the form themselves, and no message is sent. Only the first decision counts.
//! - A 3-D Secure payment or a checkout is in the ledger as [begun](crate::EntryKind::Begun), and as
//!   [executed](crate::EntryKind::Executed) when the money moves.
//! - No rule says that an `orderId` is unique (*inferred*). A second payment or capture is executed, and counts as a double
//!   execution: end such a test with [`Sandbox::abandon`](crate::Sandbox::abandon).

mod actions;
mod amount;
mod behaviours;
mod browser_return;
mod card;
mod control;
mod customer;
pub(crate) mod engine;
pub(crate) mod handle;
mod installments;
mod pages;
mod payment;
mod responses;
mod routes;
mod settings;
mod three_ds;
mod validation;

pub use behaviours::BEHAVIOURS;
pub use card::{TEST_CARDS, TestCard};
pub use settings::Settings;
