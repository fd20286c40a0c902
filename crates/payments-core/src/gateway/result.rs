use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::{Mismatch, Money, PaymentStatus};

/// A payment that the provider accepted.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct StartedPayment {
    /// The provider's id, if it returned one. Store it: captures and refunds need it.
    pub id: Option<String>,
    /// The payment's status.
    pub status: PaymentStatus,
    /// The amount that counts, or the requested amount if the response contains none.
    ///
    /// Some providers document that it may differ from the requested amount, also later. Compare the payment's state
    /// with what is expected before you deliver anything.
    pub amount: Money,
    /// True if the provider documents that [`amount`](Self::amount) counts instead of the requested amount.
    pub sets_amount: bool,
    /// The customer's next step.
    pub next: NextAction,
}

impl fmt::Debug for StartedPayment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StartedPayment")
            .field("id", &Redacted(self.id.as_deref()))
            .field("status", &self.status)
            .field("amount", &self.amount)
            .field("sets_amount", &self.sets_amount)
            .field("next", &self.next)
            .finish()
    }
}

impl StartedPayment {
    /// Creates a value, for provider crates.
    #[must_use]
    pub fn new(id: Option<String>, status: PaymentStatus, amount: Money, next: NextAction) -> Self {
        Self { id, status, amount, sets_amount: false, next }
    }

    /// States that the provider documents that the response's amount counts instead of the requested amount.
    #[must_use]
    pub fn sets_amount(mut self) -> Self {
        self.sets_amount = true;
        self
    }
}

/// A payment whose UTR the provider accepted.
///
/// The response contains no amount, so this is no proof of payment. Look up the payment, or wait for its webhook, before
/// you deliver anything.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ConfirmedPayment {
    /// The payment's status.
    pub status: PaymentStatus,
    /// True if the status normally does not change any more, by the provider's own rules.
    pub is_final: bool,
}

impl ConfirmedPayment {
    /// Creates a value, for provider crates.
    #[must_use]
    pub fn new(status: PaymentStatus, is_final: bool) -> Self {
        Self { status, is_final }
    }
}

/// A payout that the provider accepted.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct AcceptedPayout {
    /// The provider's id, if it returned one.
    pub id: Option<String>,
    /// The payout's status.
    pub status: PaymentStatus,
    /// The amount to be paid out.
    pub amount: Money,
}

impl fmt::Debug for AcceptedPayout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AcceptedPayout")
            .field("id", &Redacted(self.id.as_deref()))
            .field("status", &self.status)
            .field("amount", &self.amount)
            .finish()
    }
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
    /// Authenticate with 3-D Secure on this page, which the merchant shows.
    ///
    /// Store [`StartedPayment::id`] before you show the page. Its scripts must not run with the origin of your own pages:
    /// show it with the provider crate's own type, which an [`HtmlPage`] converts into. Afterwards the customer's browser
    /// posts a form to the request's `return_url` or `failure_url`. Nothing is paid yet: complete the payment with the
    /// provider crate's own call, which takes the form and the stored id.
    Html(HtmlPage),
    /// Pay by UPI, with the data that the merchant's own page shows.
    ///
    /// Confirm the payment with [`Confirm`](super::Confirm) when the customer has entered the UTR.
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

    /// The HTML. Never insert it into your own page.
    #[must_use]
    pub fn html(&self) -> &str {
        &self.0
    }

    /// Returns the HTML, for provider crates.
    #[must_use]
    pub fn into_html(self) -> String {
        self.0
    }
}

impl fmt::Debug for HtmlPage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HtmlPage([{} bytes])", self.0.len())
    }
}

/// The data for a payment by UPI: what the merchant's own page shows.
///
/// It contains nothing that the customer must not see.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Upi {
    /// The virtual payment address (UPI ID) to pay to.
    pub address: String,
    /// The name of the address's owner.
    pub payee: Option<String>,
    /// The note that the customer adds to the payment.
    pub note: Option<String>,
    /// A link that every UPI app opens: `upi://pay?...`. It can also be shown as a QR code.
    pub intent: Option<String>,
    /// Links that open one app with the payment's details, by the provider's name for the app.
    pub deep_links: BTreeMap<String, String>,
    /// A QR code as a PNG, if the provider returned a readable one.
    pub qr_png: Option<Vec<u8>>,
    /// The time in which the customer can pay and the UTR can be confirmed, counted from the provider's response.
    pub expires_after: Option<Duration>,
}

impl Upi {
    /// Creates a payment to this address, for provider crates, which then set the other fields.
    pub fn new(address: impl Into<String>) -> Self {
        Self {
            address: address.into(),
            payee: None,
            note: None,
            intent: None,
            deep_links: BTreeMap::new(),
            qr_png: None,
            expires_after: None,
        }
    }

    /// Returns the QR code as a `data:` URI, for the `src` of an `<img>` element.
    #[must_use]
    pub fn qr_data_uri(&self) -> Option<String> {
        self.qr_png.as_ref().map(|png| format!("data:image/png;base64,{}", STANDARD.encode(png)))
    }
}

impl fmt::Debug for Upi {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Upi")
            .field("address", &self.address)
            .field("payee", &self.payee)
            .field("note", &self.note)
            .field("intent", &self.intent)
            .field("deep_links", &self.deep_links)
            .field("qr_png", &self.qr_png.as_ref().map(Vec::len))
            .field("expires_after", &self.expires_after)
            .finish()
    }
}

/// A payment's state, as the provider reports it.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct PaymentState {
    /// The provider's id, if the response contains one.
    pub id: Option<String>,
    /// The payment's status.
    pub status: PaymentStatus,
    /// True if the status normally does not change any more, by the provider's own rules.
    pub is_final: bool,
    /// The amount that counts; `None` if it is missing or unreadable, or if the expected currency cannot express it.
    pub amount: Option<Money>,
    /// The difference from what was expected, if any. Check it before you deliver anything.
    ///
    /// A capture compares only the amount, and a cancellation compares nothing: look up the payment.
    pub mismatch: Option<Mismatch>,
}

impl fmt::Debug for PaymentState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PaymentState")
            .field("id", &Redacted(self.id.as_deref()))
            .field("status", &self.status)
            .field("is_final", &self.is_final)
            .field("amount", &self.amount)
            .field("mismatch", &self.mismatch)
            .finish()
    }
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
    /// The refunded amount; `None` if the response contains none.
    pub amount: Option<Money>,
}

impl RefundState {
    /// Creates a value, for provider crates.
    #[must_use]
    pub fn new(id: Option<String>, status: PaymentStatus, is_final: bool, amount: Option<Money>) -> Self {
        Self { id, status, is_final, amount }
    }
}

/// A provider's id that is not printed: some providers ask to keep it private.
pub(super) struct Redacted<'a>(pub(super) Option<&'a str>);

impl fmt::Debug for Redacted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "[redacted]" } else { "none" })
    }
}
