use std::fmt;

use time::OffsetDateTime;

use crate::Money;

/// A payment to start: the parameters that all providers share.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct PaymentRequest {
    /// The merchant's own reference. It must be unique and never reused.
    pub reference: String,
    /// The amount to pay.
    pub amount: Money,
    /// When the order was created. A provider with idempotency keys then gets a key derived from the reference, which
    /// is the same after a restart.
    pub created_at: Option<OffsetDateTime>,
    /// The merchant's own id of the customer. Some providers require it.
    pub customer: Option<String>,
    /// The provider's id of a stored payment method.
    pub payment_method: Option<String>,
    /// What the payment is for.
    pub description: Option<String>,
    /// Where the customer returns to. Some providers require it.
    pub return_url: Option<String>,
}

impl PaymentRequest {
    /// Creates a request for this amount under this reference.
    pub fn new(reference: impl Into<String>, amount: Money) -> Self {
        Self {
            reference: reference.into(),
            amount,
            created_at: None,
            customer: None,
            payment_method: None,
            description: None,
            return_url: None,
        }
    }

    /// Sets when the order was created, as stored by the merchant. Never pass the current time.
    #[must_use]
    pub fn created_at(mut self, created_at: OffsetDateTime) -> Self {
        self.created_at = Some(created_at);
        self
    }

    /// Sets the merchant's own id of the customer.
    #[must_use]
    pub fn customer(mut self, customer: impl Into<String>) -> Self {
        self.customer = Some(customer.into());
        self
    }

    /// Sets the provider's id of a stored payment method.
    #[must_use]
    pub fn payment_method(mut self, id: impl Into<String>) -> Self {
        self.payment_method = Some(id.into());
        self
    }

    /// Sets what the payment is for.
    #[must_use]
    pub fn description(mut self, description: impl Into<String>) -> Self {
        self.description = Some(description.into());
        self
    }

    /// Sets where the customer returns to.
    #[must_use]
    pub fn return_url(mut self, url: impl Into<String>) -> Self {
        self.return_url = Some(url.into());
        self
    }
}

/// An authorized amount to capture.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct CaptureRequest {
    /// The provider's id of the payment.
    pub payment_id: String,
    /// The amount to capture.
    pub amount: Money,
}

impl CaptureRequest {
    /// Creates a request to capture this amount of this payment.
    pub fn new(payment_id: impl Into<String>, amount: Money) -> Self {
        Self { payment_id: payment_id.into(), amount }
    }
}

/// An authorized payment to cancel.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct CancelRequest {
    /// The provider's id of the payment.
    pub payment_id: String,
}

impl CancelRequest {
    /// Creates a request to cancel this payment.
    pub fn new(payment_id: impl Into<String>) -> Self {
        Self { payment_id: payment_id.into() }
    }
}

/// Money to return to a customer.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct RefundRequest {
    /// The merchant's own reference for the refund. It must be unique and never reused.
    pub reference: String,
    /// The provider's id of the payment.
    pub payment_id: String,
    /// The amount to refund.
    pub amount: Money,
    /// When the refund was decided. A provider with idempotency keys then gets a key derived from the reference, which
    /// is the same after a restart.
    pub created_at: Option<OffsetDateTime>,
}

impl RefundRequest {
    /// Creates a request to refund this amount of this payment, under this reference.
    pub fn new(reference: impl Into<String>, payment_id: impl Into<String>, amount: Money) -> Self {
        Self { reference: reference.into(), payment_id: payment_id.into(), amount, created_at: None }
    }

    /// Sets when the refund was decided, as stored by the merchant. Never pass the current time.
    #[must_use]
    pub fn created_at(mut self, created_at: OffsetDateTime) -> Self {
        self.created_at = Some(created_at);
        self
    }
}

/// Money to pay out to a bank account.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct PayoutRequest {
    /// The merchant's own reference. It must be unique and never reused.
    pub reference: String,
    /// The amount to pay out.
    pub amount: Money,
    /// The merchant's own id of the customer.
    pub customer: String,
    /// The beneficiary's account number.
    pub account: String,
    /// The code of the beneficiary's bank; in India an IFSC.
    pub bank: String,
}

impl PayoutRequest {
    /// Creates a request to pay this amount to this account, under this reference.
    pub fn new(
        reference: impl Into<String>,
        amount: Money,
        customer: impl Into<String>,
        account: impl Into<String>,
        bank: impl Into<String>,
    ) -> Self {
        Self {
            reference: reference.into(),
            amount,
            customer: customer.into(),
            account: account.into(),
            bank: bank.into(),
        }
    }
}

impl fmt::Debug for PayoutRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PayoutRequest")
            .field("reference", &self.reference)
            .field("amount", &self.amount)
            .finish_non_exhaustive()
    }
}
