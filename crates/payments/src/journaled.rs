//! The clients of an account for a journal, with everything that their provider offers, and the lists of a provider as a statement.
//!
//! tur.bo is missing, because it only lists payments.

#[cfg(feature = "card3ds")]
mod three_ds_completions;
#[cfg(feature = "turratech")]
mod turratech_lists;

use crate::journal::{Account, Gateway};

#[cfg(feature = "card3ds")]
#[cfg_attr(docsrs, doc(cfg(feature = "card3ds")))]
pub use three_ds_completions::ThreeDsCompletions;
#[cfg(feature = "turratech")]
#[cfg_attr(docsrs, doc(cfg(feature = "turratech")))]
pub use turratech_lists::{TurraTechLists, turratech_lists};

/// Registers a client of TurraTech: payments, captures, cancellations and refunds.
#[cfg(feature = "turratech")]
#[cfg_attr(docsrs, doc(cfg(feature = "turratech")))]
pub fn turratech(account: impl Into<Account>, client: turratech::Client) -> Gateway {
    Gateway::new(account.into(), &turratech::Client::capabilities())
        .starts_payments(client.clone())
        .captures(client.clone())
        .cancels(client.clone())
        .refunds(client.clone())
        .retrieves(client)
}

/// Registers a client of Turbo Transactions: payments.
#[cfg(feature = "turbo-txn")]
#[cfg_attr(docsrs, doc(cfg(feature = "turbo-txn")))]
pub fn turbo_txn(account: impl Into<Account>, client: turbo_txn::Client) -> Gateway {
    Gateway::new(account.into(), &turbo_txn::Client::capabilities()).starts_payments(client.clone()).looks_up(client)
}

/// Registers a client of card3ds: payments, captures, and 3-D Secure completions ([`ThreeDsCompletions`]).
#[cfg(feature = "card3ds")]
#[cfg_attr(docsrs, doc(cfg(feature = "card3ds")))]
pub fn card3ds(account: impl Into<Account>, client: card3ds::Client) -> Gateway {
    Gateway::new(account.into(), &card3ds::Client::capabilities())
        .starts_payments(client.clone())
        .captures(client.clone())
        .native(ThreeDsCompletions::OPERATION, ThreeDsCompletions::new(client.clone()))
        .retrieves(client)
}

/// Registers a client of TurboPay: payments, their confirmations, and payouts.
#[cfg(feature = "turbopay")]
#[cfg_attr(docsrs, doc(cfg(feature = "turbopay")))]
pub fn turbopay(account: impl Into<Account>, client: turbopay::Client) -> Gateway {
    Gateway::new(account.into(), &turbopay::Client::capabilities())
        .starts_payments(client.clone())
        .confirms(client.clone())
        .pays_out(client.clone())
        .looks_up(client.clone())
        .retrieves(client)
}
