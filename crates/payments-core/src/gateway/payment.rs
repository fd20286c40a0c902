use std::fmt;
use std::time::Duration;

use time::OffsetDateTime;

use crate::{Mismatch, Money, PaymentStatus};

/// A payment to be started: what all providers can be told.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Order {
    /// The merchant's own reference, unique for ever.
    pub reference: String,
    /// How much.
    pub amount: Money,
    /// When the order was made. With it, a provider that has idempotency keys gets one that is derived from the reference, and
    /// so survives a restart.
    pub made: Option<OffsetDateTime>,
    /// The merchant's own id of the customer, which some providers require.
    pub customer: Option<String>,
    /// The provider's id of what it is paid with, where the customer has given that before.
    pub payment_method: Option<String>,
    /// What it is for.
    pub description: Option<String>,
    /// Where the customer returns to, which some providers require.
    pub return_url: Option<String>,
}

impl Order {
    /// So much, under this reference.
    pub fn new(reference: impl Into<String>, amount: Money) -> Self {
        let reference = reference.into();
        Self {
            reference,
            amount,
            made: None,
            customer: None,
            payment_method: None,
            description: None,
            return_url: None,
        }
    }

    /// When it was made.
    #[must_use]
    pub fn made(mut self, at: OffsetDateTime) -> Self {
        self.made = Some(at);
        self
    }

    /// By this customer of the merchant's.
    #[must_use]
    pub fn customer(mut self, customer: impl Into<String>) -> Self {
        self.customer = Some(customer.into());
        self
    }

    /// Paid with this, by the provider's id of it.
    #[must_use]
    pub fn payment_method(mut self, id: impl Into<String>) -> Self {
        self.payment_method = Some(id.into());
        self
    }

    /// For this.
    #[must_use]
    pub fn description(mut self, description: impl Into<String>) -> Self {
        self.description = Some(description.into());
        self
    }

    /// With the customer returning to this address.
    #[must_use]
    pub fn return_url(mut self, url: impl Into<String>) -> Self {
        self.return_url = Some(url.into());
        self
    }
}

/// Money to be given back to a customer.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct RefundOrder {
    /// The merchant's own reference for the refund, unique for ever.
    pub reference: String,
    /// The provider's id of the payment.
    pub payment_id: String,
    /// How much.
    pub amount: Money,
    /// When the refund was decided on. With it, a provider that has idempotency keys gets one that survives a restart.
    pub made: Option<OffsetDateTime>,
}

impl RefundOrder {
    /// So much of this payment, under this reference.
    pub fn new(reference: impl Into<String>, payment_id: impl Into<String>, amount: Money) -> Self {
        Self { reference: reference.into(), payment_id: payment_id.into(), amount, made: None }
    }

    /// When it was decided on.
    #[must_use]
    pub fn made(mut self, at: OffsetDateTime) -> Self {
        self.made = Some(at);
        self
    }
}

/// Money to be paid out to a bank account.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Payout {
    /// The merchant's own reference, unique for ever.
    pub reference: String,
    /// How much.
    pub amount: Money,
    /// The merchant's own id of the customer.
    pub customer: String,
    /// The beneficiary's account number.
    pub account: String,
    /// The beneficiary's bank: in India an IFSC.
    pub bank: String,
}

impl Payout {
    /// So much to this account, under this reference.
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

impl fmt::Debug for Payout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Payout")
            .field("reference", &self.reference)
            .field("amount", &self.amount)
            .finish_non_exhaustive()
    }
}

/// A payment, or a payout, that a provider has taken in.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Started {
    /// The provider's id, where it gave one. Store it: captures and refunds go by it.
    pub id: Option<String>,
    /// Where it stands.
    pub status: PaymentStatus,
    /// The amount that counts. Some providers document that it differs from the one asked for.
    pub amount: Money,
    /// What the customer has to do.
    pub next: NextAction,
}

impl Started {
    /// For a provider's crate.
    #[must_use]
    pub fn new(id: Option<String>, status: PaymentStatus, amount: Money, next: NextAction) -> Self {
        Self { id, status, amount, next }
    }
}

/// What the customer has to do next.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum NextAction {
    /// Nothing.
    None,
    /// To go to this address.
    Redirect {
        /// The address.
        url: String,
    },
    /// To use this page, which the merchant shows.
    Html(Page),
    /// To pay by UPI.
    Upi(Upi),
}

/// A page of the provider's for the merchant to show. `Debug` shows its length alone.
#[derive(Clone, PartialEq, Eq)]
pub struct Page(String);

impl Page {
    /// For a provider's crate.
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

impl fmt::Debug for Page {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Page([{} bytes])", self.0.len())
    }
}

/// How to pay by UPI.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Upi {
    /// A link that a UPI app opens: `upi://pay?...`. It makes a QR code, too.
    pub intent: Option<String>,
    /// A QR code as a PNG, where the provider made one.
    pub qr_png: Option<Vec<u8>>,
    /// How long there is to pay, from when it was started.
    pub expires_after: Option<Duration>,
}

impl Upi {
    /// For a provider's crate.
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

/// Where a payment stands, as a provider answers it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Found {
    /// The provider's id, where the answer has one.
    pub id: Option<String>,
    /// Where it stands.
    pub status: PaymentStatus,
    /// True when, by the provider's own rules, it normally stays there.
    pub is_final: bool,
    /// The amount that counts; none where the currency that was ordered cannot hold it.
    pub amount: Option<Money>,
    /// How it differs from what was ordered. Ship nothing before looking at it.
    pub mismatch: Option<Mismatch>,
}

impl Found {
    /// For a provider's crate.
    #[must_use]
    pub fn new(id: Option<String>, status: PaymentStatus, is_final: bool, amount: Option<Money>) -> Self {
        Self { id, status, is_final, amount, mismatch: None }
    }

    /// The same, held against what was ordered.
    #[must_use]
    pub fn checked(mut self, check: Result<(), Mismatch>) -> Self {
        self.mismatch = check.err();
        self
    }

    /// True when it is paid, and is what was ordered.
    #[must_use]
    pub fn is_paid_as_ordered(&self) -> bool {
        self.status.is_paid() && self.mismatch.is_none()
    }
}
