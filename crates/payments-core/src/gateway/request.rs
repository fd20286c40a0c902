use std::fmt;
use std::net::SocketAddr;

use super::options::{WriteOptions, option_setters};
use crate::{Card, Money};

/// A payment to start: the parameters that all providers share.
///
/// The customer pays on the provider's page, unless the request says otherwise: with a stored
/// [`payment_method`](Self::payment_method()), on the merchant's [`own_page`](Self::own_page()), or with a
/// [`card`](Self::card()).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct PaymentRequest {
    /// The merchant's own reference. It must be unique and never reused.
    pub reference: String,
    /// The amount to pay.
    pub amount: Money,
    /// The merchant's own id of the customer. Some providers require it.
    pub customer: Option<String>,
    /// The provider's id of a stored payment method.
    pub payment_method: Option<String>,
    /// True if the merchant's own page shows how to pay.
    pub own_page: bool,
    /// The card to charge after 3-D Secure.
    pub card: Option<Card>,
    /// The IP address and port of the customer's device. Some providers require it with a card.
    pub customer_address: Option<SocketAddr>,
    /// What the payment is for.
    pub description: Option<String>,
    /// Where the customer returns to. Some providers require it.
    pub return_url: Option<String>,
    /// Where the customer returns to after a failure. Some providers require it with a card.
    pub failure_url: Option<String>,
    /// The idempotency key and the timeout.
    pub options: WriteOptions,
}

impl PaymentRequest {
    /// Creates a request for this amount under this reference.
    pub fn new(reference: impl Into<String>, amount: Money) -> Self {
        Self {
            reference: reference.into(),
            amount,
            customer: None,
            payment_method: None,
            own_page: false,
            card: None,
            customer_address: None,
            description: None,
            return_url: None,
            failure_url: None,
            options: WriteOptions::default(),
        }
    }

    option_setters!();

    /// Sets the merchant's own id of the customer.
    #[must_use]
    pub fn customer(mut self, customer: impl Into<String>) -> Self {
        self.customer = Some(customer.into());
        self
    }

    /// Sets the provider's id of a stored payment method. A provider without stored payment methods ignores it.
    #[must_use]
    pub fn payment_method(mut self, id: impl Into<String>) -> Self {
        self.payment_method = Some(id.into());
        self
    }

    /// Asks for the data to show on the merchant's own payment page, instead of the provider's page.
    ///
    /// The result is [`NextAction::Upi`](super::NextAction::Upi). Confirm the payment with [`Confirm`](super::Confirm).
    /// A provider that does not offer this returns an error before it sends anything.
    #[must_use]
    pub fn own_page(mut self) -> Self {
        self.own_page = true;
        self
    }

    /// Sets the card to charge after 3-D Secure.
    ///
    /// The result is [`NextAction::Html`](super::NextAction::Html). The card is never printed, stored or serialized. A
    /// provider that does not accept cards here returns an error before it sends anything.
    ///
    /// ```compile_fail,E0277
    /// fn store(request: &payments_core::gateway::PaymentRequest) -> String {
    ///     serde_json::to_string(request).unwrap()
    /// }
    /// ```
    #[must_use]
    pub fn card(mut self, card: Card) -> Self {
        self.card = Some(card);
        self
    }

    /// Sets the IP address and port of the customer's device. Behind a proxy, pass the address that the proxy reports.
    #[must_use]
    pub fn customer_address(mut self, address: SocketAddr) -> Self {
        self.customer_address = Some(address);
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

    /// Sets where the customer returns to after a failed 3-D Secure challenge.
    #[must_use]
    pub fn failure_url(mut self, url: impl Into<String>) -> Self {
        self.failure_url = Some(url.into());
        self
    }
}

/// The UTR of a customer's transfer, to confirm a payment that was started for the merchant's own page.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ConfirmRequest {
    /// The merchant's own reference for the confirmation. Providers with idempotency keys derive the key from it.
    pub reference: String,
    /// The provider's id of the payment.
    pub payment_id: String,
    /// The bank's reference of the transfer (UTR), as the customer's app shows it.
    pub utr: String,
    /// The idempotency key and the timeout.
    pub options: WriteOptions,
}

impl ConfirmRequest {
    /// Creates a request to confirm this payment by this UTR.
    pub fn new(reference: impl Into<String>, payment_id: impl Into<String>, utr: impl Into<String>) -> Self {
        Self {
            reference: reference.into(),
            payment_id: payment_id.into(),
            utr: utr.into(),
            options: WriteOptions::default(),
        }
    }

    option_setters!();
}

impl fmt::Debug for ConfirmRequest {
    /// Omits the provider's id, because own pages need one that must be kept private.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConfirmRequest")
            .field("reference", &self.reference)
            .field("utr", &self.utr)
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}

/// An authorized amount to capture.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct CaptureRequest {
    /// The merchant's own reference for the capture. It must be unique and never reused for another capture.
    ///
    /// Providers with idempotency keys derive the key from it.
    pub reference: String,
    /// The provider's id of the payment.
    pub payment_id: String,
    /// The amount to capture.
    pub amount: Money,
    /// The idempotency key and the timeout.
    pub options: WriteOptions,
}

impl CaptureRequest {
    /// Creates a request to capture this amount of this payment, under this reference.
    pub fn new(reference: impl Into<String>, payment_id: impl Into<String>, amount: Money) -> Self {
        Self { reference: reference.into(), payment_id: payment_id.into(), amount, options: WriteOptions::default() }
    }

    option_setters!();
}

/// An authorized payment to cancel.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct CancelRequest {
    /// The merchant's own reference for the cancellation. It must be unique and never reused for another cancellation.
    ///
    /// Providers with idempotency keys derive the key from it.
    pub reference: String,
    /// The provider's id of the payment.
    pub payment_id: String,
    /// The idempotency key and the timeout.
    pub options: WriteOptions,
}

impl CancelRequest {
    /// Creates a request to cancel this payment, under this reference.
    pub fn new(reference: impl Into<String>, payment_id: impl Into<String>) -> Self {
        Self { reference: reference.into(), payment_id: payment_id.into(), options: WriteOptions::default() }
    }

    option_setters!();
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
    /// The idempotency key and the timeout.
    pub options: WriteOptions,
}

impl RefundRequest {
    /// Creates a request to refund this amount of this payment, under this reference.
    pub fn new(reference: impl Into<String>, payment_id: impl Into<String>, amount: Money) -> Self {
        Self { reference: reference.into(), payment_id: payment_id.into(), amount, options: WriteOptions::default() }
    }

    option_setters!();
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
    /// The idempotency key and the timeout.
    pub options: WriteOptions,
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
            options: WriteOptions::default(),
        }
    }

    option_setters!();
}

impl fmt::Debug for PayoutRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PayoutRequest")
            .field("reference", &self.reference)
            .field("amount", &self.amount)
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}
