//! What is requested from a provider: an operation of the vocabulary that all providers share.

mod stored;
#[cfg(test)]
mod tests;

use payments_core::gateway::{
    CancelRequest, CaptureRequest, ConfirmRequest, PaymentRequest, PayoutRequest, RefundRequest, WriteOperation,
    WriteOptions,
};
use payments_core::{Card, Money, ValidationError, check_length};

pub use stored::StoredRequestError;
pub(crate) use stored::minor_units;

/// A request that the journal records before it is sent.
///
/// Every request of [`payments_core::gateway`] converts into it:
///
/// ```
/// use payments_core::gateway::{PayoutRequest, WriteOperation};
/// use payments_core::{Currency, Money};
/// use payments_journal::Request;
///
/// let amount = Money::parse("2000", Currency::INR)?;
/// let request = Request::from(PayoutRequest::new("W-7421", amount, "CUST-3", "1234567890", "HDFC0000001"));
///
/// assert_eq!(request.operation(), WriteOperation::PayOut);
/// assert_eq!(request.reference(), "W-7421");
/// assert_eq!(request.amount(), Some(amount));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// The journal sets the options of the request itself. A request with options of its own cannot be recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Request {
    /// Start a payment by a customer.
    StartPayment(Box<PaymentRequest>),
    /// Confirm a payment by its UTR.
    Confirm(ConfirmRequest),
    /// Capture an authorized payment.
    Capture(CaptureRequest),
    /// Cancel an authorized payment.
    Cancel(CancelRequest),
    /// Refund a payment.
    Refund(RefundRequest),
    /// Pay out to a bank account.
    PayOut(PayoutRequest),
}

impl From<PaymentRequest> for Request {
    fn from(request: PaymentRequest) -> Self {
        Self::StartPayment(Box::new(request))
    }
}

macro_rules! from_request {
    ($($request:ident => $operation:ident,)*) => {
        $(impl From<$request> for Request {
            fn from(request: $request) -> Self {
                Self::$operation(request)
            }
        })*
    };
}

from_request! {
    ConfirmRequest => Confirm,
    CaptureRequest => Capture,
    CancelRequest => Cancel,
    RefundRequest => Refund,
    PayoutRequest => PayOut,
}

/// An expression about a member that every request has.
macro_rules! of_each {
    ($request:expr, $name:ident => $value:expr) => {
        match $request {
            Request::StartPayment($name) => $value,
            Request::Confirm($name) => $value,
            Request::Capture($name) => $value,
            Request::Cancel($name) => $value,
            Request::Refund($name) => $value,
            Request::PayOut($name) => $value,
        }
    };
}

impl Request {
    /// The operation.
    #[must_use]
    pub fn operation(&self) -> WriteOperation {
        match self {
            Self::StartPayment(_) => WriteOperation::StartPayment,
            Self::Confirm(_) => WriteOperation::Confirm,
            Self::Capture(_) => WriteOperation::Capture,
            Self::Cancel(_) => WriteOperation::Cancel,
            Self::Refund(_) => WriteOperation::Refund,
            Self::PayOut(_) => WriteOperation::PayOut,
        }
    }

    /// The merchant's own reference.
    #[must_use]
    pub fn reference(&self) -> &str {
        of_each!(self, request => &request.reference)
    }

    /// The amount. A confirmation and a cancellation have none.
    #[must_use]
    pub fn amount(&self) -> Option<Money> {
        match self {
            Self::StartPayment(request) => Some(request.amount),
            Self::Capture(request) => Some(request.amount),
            Self::Refund(request) => Some(request.amount),
            Self::PayOut(request) => Some(request.amount),
            Self::Confirm(_) | Self::Cancel(_) => None,
        }
    }

    /// The provider's id of the payment that the request is about. A new payment and a payout have none.
    #[must_use]
    pub fn payment_id(&self) -> Option<&str> {
        match self {
            Self::Confirm(request) => Some(&request.payment_id),
            Self::Capture(request) => Some(&request.payment_id),
            Self::Cancel(request) => Some(&request.payment_id),
            Self::Refund(request) => Some(&request.payment_id),
            Self::StartPayment(_) | Self::PayOut(_) => None,
        }
    }

    /// Returns true if the request has a card, which is never stored.
    #[must_use]
    pub fn has_card(&self) -> bool {
        matches!(self, Self::StartPayment(request) if request.card.is_some())
    }

    pub(crate) fn card(&self) -> Option<&Card> {
        match self {
            Self::StartPayment(request) => request.card.as_ref(),
            _ => None,
        }
    }

    /// Checks that the request can be recorded: its reference, its options, and that its stored form loses nothing.
    ///
    /// # Errors
    ///
    /// Returns an error that names the field.
    pub(crate) fn check(&self) -> Result<(), ValidationError> {
        check_length("reference", self.reference(), MAX_REFERENCE)?;
        if self.reference().chars().any(char::is_control) {
            return Err(ValidationError::new("reference", "must not contain control characters"));
        }
        self.check_options()?;
        self.check_stored(&self.to_stored())
    }

    fn check_options(&self) -> Result<(), ValidationError> {
        let options = of_each!(self, request => &request.options);
        let field = if options.created_at.is_some() {
            "created_at"
        } else if options.idempotency_key.is_some() {
            "idempotency_key"
        } else if options.timeout.is_some() {
            "timeout"
        } else if options.retry.is_some() {
            "retry"
        } else if *options != WriteOptions::default() {
            "options"
        } else {
            return Ok(());
        };
        Err(ValidationError::new(field, "must not be set, because the journal sets it"))
    }

    /// Returns the request with these options.
    #[must_use]
    pub(crate) fn with_options(mut self, options: WriteOptions) -> Self {
        of_each!(&mut self, request => request.options = options);
        self
    }
}

/// The most characters of a reference.
const MAX_REFERENCE: usize = 255;
