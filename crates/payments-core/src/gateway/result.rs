use std::fmt;
use std::time::Duration;

use crate::{Mismatch, Money, PaymentStatus};

/// A payment that the provider accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct StartedPayment {
    /// The provider's id, if it returned one. Store it: captures and refunds need it.
    pub id: Option<String>,
    /// The payment's status.
    pub status: PaymentStatus,
    /// The amount that counts. Some providers document that it may differ from the requested amount.
    pub amount: Money,
    /// The customer's next step.
    pub next: NextAction,
}

impl StartedPayment {
    /// Creates a value, for provider crates.
    #[must_use]
    pub fn new(id: Option<String>, status: PaymentStatus, amount: Money, next: NextAction) -> Self {
        Self { id, status, amount, next }
    }
}

/// A payout that the provider accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct AcceptedPayout {
    /// The provider's id, if it returned one.
    pub id: Option<String>,
    /// The payout's status.
    pub status: PaymentStatus,
    /// The amount to be paid out.
    pub amount: Money,
}

impl AcceptedPayout {
    /// Creates a value, for provider crates.
    #[must_use]
    pub fn new(id: Option<String>, status: PaymentStatus, amount: Money) -> Self {
        Self { id, status, amount }
    }
}

/// The customer's next step.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum NextAction {
    /// Nothing.
    None,
    /// Open this address.
    Redirect {
        /// The address.
        url: String,
    },
    /// Use this page, which the merchant shows.
    Html(HtmlPage),
    /// Pay by UPI.
    Upi(Upi),
}

/// A provider's HTML page for the merchant to show. `Debug` shows only its length.
#[derive(Clone, PartialEq, Eq)]
pub struct HtmlPage(String);

impl HtmlPage {
    /// Creates a value, for provider crates.
    #[must_use]
    pub fn new(html: impl Into<String>) -> Self {
        Self(html.into())
    }

    /// The HTML.
    #[must_use]
    pub fn html(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for HtmlPage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HtmlPage([{} bytes])", self.0.len())
    }
}

/// The data for a payment by UPI.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Upi {
    /// A link that UPI apps open: `upi://pay?...`. It can also be shown as a QR code.
    pub intent: Option<String>,
    /// A QR code as a PNG, if the provider returned one.
    pub qr_png: Option<Vec<u8>>,
    /// The time in which the customer can pay, counted from the provider's response.
    pub expires_after: Option<Duration>,
}

impl Upi {
    /// Creates a value, for provider crates.
    #[must_use]
    pub fn new(intent: Option<String>, qr_png: Option<Vec<u8>>, expires_after: Option<Duration>) -> Self {
        Self { intent, qr_png, expires_after }
    }
}

impl fmt::Debug for Upi {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Upi")
            .field("intent", &self.intent)
            .field("qr_png", &self.qr_png.as_ref().map(Vec::len))
            .field("expires_after", &self.expires_after)
            .finish()
    }
}

/// A payment's state, as the provider reports it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct PaymentState {
    /// The provider's id, if the response contains one.
    pub id: Option<String>,
    /// The payment's status.
    pub status: PaymentStatus,
    /// True if the status normally does not change any more, by the provider's own rules.
    pub is_final: bool,
    /// The amount that counts; `None` if the expected currency cannot express it.
    pub amount: Option<Money>,
    /// The difference from what was expected, if any. Check it before you deliver anything.
    pub mismatch: Option<Mismatch>,
}

impl PaymentState {
    /// Creates a value, for provider crates.
    #[must_use]
    pub fn new(id: Option<String>, status: PaymentStatus, is_final: bool, amount: Option<Money>) -> Self {
        Self { id, status, is_final, amount, mismatch: None }
    }

    /// Adds the result of comparing the payment with what was expected.
    #[must_use]
    pub fn checked(mut self, check: Result<(), Mismatch>) -> Self {
        self.mismatch = check.err();
        self
    }

    /// True if the payment is paid and matches what was expected.
    #[must_use]
    pub fn is_paid_as_expected(&self) -> bool {
        self.status.is_paid() && self.mismatch.is_none()
    }
}

/// A refund's state, as the provider reports it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct RefundState {
    /// The provider's id of the refund, if the response contains one.
    pub id: Option<String>,
    /// The refund's status.
    pub status: PaymentStatus,
    /// True if the status normally does not change any more, by the provider's own rules.
    pub is_final: bool,
    /// The refunded amount; `None` if the requested currency cannot express it.
    pub amount: Option<Money>,
}

impl RefundState {
    /// Creates a value, for provider crates.
    #[must_use]
    pub fn new(id: Option<String>, status: PaymentStatus, is_final: bool, amount: Option<Money>) -> Self {
        Self { id, status, is_final, amount }
    }
}
