//! The back office: one password, and what the people of the shop need.

pub(crate) mod links;
pub(crate) mod login;
pub(crate) mod overview;
pub(crate) mod payouts;
pub(crate) mod refunds;
pub(crate) mod reviews;
pub(crate) mod webhooks;
