//! One vocabulary over several providers, for those who choose the provider at run time.
//!
//! Small object-safe traits, each implemented only where the provider really has the operation: what a provider cannot do
//! does not compile. [`Capabilities`] says the same as a table. The providers' own clients say more; start with those.

mod capabilities;
mod payment;

use async_trait::async_trait;

use crate::{Currency, Error, Expected, Money};

pub use capabilities::{Answer, Capabilities, Capability, Feature};
pub use payment::{Found, NextAction, Order, Page, Payout, RefundOrder, Started, Upi};

/// Starts a payment by a customer.
#[async_trait]
pub trait StartPayment: Send + Sync {
    /// Starts it, and says what the customer has to do next.
    ///
    /// # Errors
    ///
    /// [`Error::outcome`] says whether it may have been started all the same. Try another provider after `NotSent` and
    /// `Refused`; never after `Unknown`.
    async fn start_payment(&self, order: &Order) -> Result<Started, Error>;
}

/// Says where an order stands, by the merchant's own reference: what to ask after an unknown outcome.
#[async_trait]
pub trait LookUp: Send + Sync {
    /// Asks for it, and holds the answer against what was ordered.
    ///
    /// # Errors
    ///
    /// "Not found" is an answer about now, never proof that a request still on its way will not be executed.
    async fn look_up(&self, ordered: &Expected) -> Result<Found, Error>;
}

/// Says where a payment stands, by the provider's own id of it.
#[async_trait]
pub trait Retrieve: Send + Sync {
    /// Asks for it, and holds the answer against what was ordered.
    ///
    /// # Errors
    ///
    /// As [`LookUp::look_up`].
    async fn retrieve(&self, id: &str, ordered: &Expected) -> Result<Found, Error>;
}

/// Takes money that an earlier payment holds.
#[async_trait]
pub trait Capture: Send + Sync {
    /// Captures it, by the provider's id of the payment.
    ///
    /// # Errors
    ///
    /// [`Error::outcome`] says whether it may have been captured all the same.
    async fn capture_payment(&self, id: &str, amount: Money) -> Result<Found, Error>;
}

/// Lets go of money that an earlier payment holds.
#[async_trait]
pub trait Cancel: Send + Sync {
    /// Cancels it, by the provider's id of the payment.
    ///
    /// # Errors
    ///
    /// [`Error::outcome`] says whether it may have been cancelled all the same.
    async fn cancel_payment(&self, id: &str) -> Result<Found, Error>;
}

/// Gives a customer's money back.
#[async_trait]
pub trait Refund: Send + Sync {
    /// Refunds this much of a payment.
    ///
    /// # Errors
    ///
    /// [`Error::outcome`] says whether it may have been refunded all the same.
    async fn refund_payment(&self, refund: &RefundOrder) -> Result<Found, Error>;
}

/// Pays somebody out.
#[async_trait]
pub trait PayOut: Send + Sync {
    /// Sends the money.
    ///
    /// # Errors
    ///
    /// [`Error::outcome`] says whether it may have been sent all the same.
    async fn pay_out(&self, payout: &Payout) -> Result<Started, Error>;
}

/// Says how much money the merchant has at the provider.
#[async_trait]
pub trait AvailableBalance: Send + Sync {
    /// What can be paid out now.
    ///
    /// # Errors
    ///
    /// When the provider does not say, or says more decimals than the currency has.
    async fn available_balance(&self, currency: Currency) -> Result<Money, Error>;
}
