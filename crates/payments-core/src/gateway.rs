//! Common traits and types for applications that choose the provider at run time.
//!
//! The traits are small and object-safe. A provider implements a trait only if it offers the operation, so code that
//! needs a missing operation does not compile. [`Capabilities`] lists the same facts as a table. It also says what to do
//! after an unknown outcome, and which changes of status are documented. The providers' own clients offer more; prefer
//! them if you use one provider.
//!
//! A verified event of any provider becomes an [`EventReport`], and an unverified callback becomes a [`Hint`].
//!
//! A verified event of any provider becomes an [`EventReport`], and an unverified callback becomes a [`Hint`].
//!
//! No method of a trait has the name of a client's own method, so that both can be called with the traits in scope.

mod call;
mod capabilities;
mod event_report;
mod feature;
mod hint;
mod options;
mod recovery;
mod request;
mod result;
mod status_changes;

use std::str::FromStr;
use std::time::Duration;

use async_trait::async_trait;

use crate::{Currency, Error, Expected, Money, ValidationError};

pub use capabilities::{Capabilities, Capability, Support};
pub use event_report::{EventReport, ReportEvent};
pub use feature::Feature;
pub use hint::{Hint, ToHint};
pub use options::WriteOptions;
pub use recovery::{Recovery, RecoveryPlan, WriteOperation};
pub use request::{CancelRequest, CaptureRequest, ConfirmRequest, PaymentRequest, PayoutRequest, RefundRequest};
pub use result::{
    AcceptedPayout, ConfirmedPayment, HtmlPage, NextAction, PaymentState, RefundState, StartedPayment, Upi,
};
pub use status_changes::StatusChanges;

/// Starts a payment by a customer.
#[async_trait]
pub trait StartPayment: Send + Sync {
    /// Starts the payment and returns what the customer must do next.
    ///
    /// # Errors
    ///
    /// [`Error::outcome`] says whether the payment may have been started. Try another provider after `NotSent` and
    /// `Refused`, but never after `Unknown`.
    async fn start_payment(&self, request: &PaymentRequest) -> Result<StartedPayment, Error>;

    /// Returns how long the client may take to connect; zero if it sets no such limit. The timeout of a write must be longer.
    fn connect_timeout(&self) -> Duration {
        Duration::ZERO
    }
}

/// Confirms a payment by the UTR that the customer entered on the merchant's own page.
#[async_trait]
pub trait Confirm: Send + Sync {
    /// Confirms the payment. **This moves money:** it credits the merchant.
    ///
    /// # Errors
    ///
    /// [`Error::outcome`] says whether the payment may have been confirmed.
    async fn confirm(&self, request: &ConfirmRequest) -> Result<ConfirmedPayment, Error>;

    /// Returns how long the client may take to connect; zero if it sets no such limit. The timeout of a write must be longer.
    fn connect_timeout(&self) -> Duration {
        Duration::ZERO
    }
}

/// Looks up a payment by the merchant's own reference. Use it after an unknown outcome.
#[async_trait]
pub trait Lookup: Send + Sync {
    /// Looks up the payment and compares it with what is expected.
    ///
    /// # Errors
    ///
    /// Returns an error if there is no such payment, or if the lookup fails. "Not found" does not prove that an earlier
    /// request failed: it may still be in flight.
    async fn lookup_payment(&self, expected: &Expected) -> Result<PaymentState, Error>;
}

/// Retrieves a payment by the provider's id.
#[async_trait]
pub trait Retrieve: Send + Sync {
    /// Retrieves the payment and compares it with what is expected.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`Lookup::lookup_payment`].
    async fn retrieve(&self, id: &str, expected: &Expected) -> Result<PaymentState, Error>;
}

/// Captures an authorized payment.
#[async_trait]
pub trait Capture: Send + Sync {
    /// Captures the amount.
    ///
    /// # Errors
    ///
    /// [`Error::outcome`] says whether the amount may have been captured.
    async fn capture(&self, request: &CaptureRequest) -> Result<PaymentState, Error>;

    /// Returns how long the client may take to connect; zero if it sets no such limit. The timeout of a write must be longer.
    fn connect_timeout(&self) -> Duration {
        Duration::ZERO
    }
}

/// Cancels an authorized payment.
#[async_trait]
pub trait Cancel: Send + Sync {
    /// Cancels the payment and releases the authorized amount.
    ///
    /// # Errors
    ///
    /// [`Error::outcome`] says whether the payment may have been cancelled.
    async fn cancel(&self, request: &CancelRequest) -> Result<PaymentState, Error>;

    /// Returns how long the client may take to connect; zero if it sets no such limit. The timeout of a write must be longer.
    fn connect_timeout(&self) -> Duration {
        Duration::ZERO
    }
}

/// Refunds a payment.
#[async_trait]
pub trait Refund: Send + Sync {
    /// Refunds the amount.
    ///
    /// # Errors
    ///
    /// [`Error::outcome`] says whether the amount may have been refunded.
    async fn refund(&self, request: &RefundRequest) -> Result<RefundState, Error>;

    /// Returns how long the client may take to connect; zero if it sets no such limit. The timeout of a write must be longer.
    fn connect_timeout(&self) -> Duration {
        Duration::ZERO
    }
}

/// Pays out money to a bank account.
#[async_trait]
pub trait PayOut: Send + Sync {
    /// Sends the money.
    ///
    /// # Errors
    ///
    /// [`Error::outcome`] says whether the money may have been sent.
    async fn pay_out(&self, request: &PayoutRequest) -> Result<AcceptedPayout, Error>;

    /// Returns how long the client may take to connect; zero if it sets no such limit. The timeout of a write must be longer.
    fn connect_timeout(&self) -> Duration {
        Duration::ZERO
    }
}

/// Retrieves the merchant's balance.
#[async_trait]
pub trait AvailableBalance: Send + Sync {
    /// Returns the amount that can be paid out now.
    ///
    /// # Errors
    ///
    /// Returns an error if the provider does not report the balance, or reports more decimals than the currency has.
    async fn available_balance(&self, currency: Currency) -> Result<Money, Error>;
}

/// Parses a field of a request, for provider crates. An error names the request's field instead of the provider's.
///
/// # Errors
///
/// Returns an error if the text is invalid for the provider.
pub fn parse_field<T: FromStr<Err = ValidationError>>(field: &'static str, text: &str) -> Result<T, ValidationError> {
    text.parse().map_err(|err: ValidationError| err.for_field(field))
}
