use std::collections::BTreeMap;
use std::sync::Arc;

use payments_core::provider::Operation;
use payments_core::request::Path;
use payments_core::{Argument, Call, Extra, Keyed, Money, ValidationError, extra_setter, open_enum};
use serde::ser::SerializeMap;

use crate::client::Client;
use crate::fields::{LowerCaseCurrency, check_amount, check_url};
use crate::id::{CustomerId, PaymentMethodId};
use crate::masked_debug::masked_debug;
use crate::metadata::{self, metadata_setter};
use crate::payment::Payment;
use crate::request_body::{Parameters, post_shared, serialize_some};

open_enum! {
    /// When the funds of a payment are captured.
    pub enum CaptureMethod {
        /// Captures the funds immediately.
        Automatic = "automatic",
        /// Captures the funds when [`Client::capture_payment`] is called.
        Manual = "manual",
    }
}

/// The parameters of a new payment.
#[derive(Clone, PartialEq, Eq)]
#[must_use = "a payment is not created until it is sent"]
pub struct NewPayment {
    amount: Money,
    payment_method: Option<Argument<PaymentMethodId>>,
    customer: Option<Argument<CustomerId>>,
    description: Option<String>,
    metadata: BTreeMap<String, String>,
    capture_method: Option<CaptureMethod>,
    confirm: Option<bool>,
    return_url: Option<String>,
    extra: Extra,
}

masked_debug!(NewPayment {
    amount, payment_method, customer, capture_method, confirm, extra
} masked {
    description, metadata, return_url
});

impl NewPayment {
    /// Creates a payment of this amount, which must be greater than zero.
    pub fn new(amount: Money) -> Self {
        Self {
            amount,
            payment_method: None,
            customer: None,
            description: None,
            metadata: BTreeMap::new(),
            capture_method: None,
            confirm: None,
            return_url: None,
            extra: Extra::default(),
        }
    }

    /// Sets the payment method.
    pub fn payment_method(mut self, id: impl Into<Argument<PaymentMethodId>>) -> Self {
        self.payment_method = Some(id.into());
        self
    }

    /// Sets the customer who pays.
    pub fn customer(mut self, id: impl Into<Argument<CustomerId>>) -> Self {
        self.customer = Some(id.into());
        self
    }

    /// Sets a description that TurraTech stores with the payment.
    pub fn description(mut self, text: impl Into<String>) -> Self {
        self.description = Some(text.into());
        self
    }

    metadata_setter!();

    /// Sets when the funds are captured.
    pub fn capture_method(mut self, method: CaptureMethod) -> Self {
        self.capture_method = Some(method);
        self
    }

    /// Sets whether TurraTech attempts to confirm the payment immediately.
    ///
    /// | value | effect |
    /// |---|---|
    /// | `true` | attempts the payment (documented) |
    /// | `false` | leaves the payment unconfirmed (inferred) |
    /// | not set | attempts a payment that has a payment method (inferred: the document's first example has no `confirm`, and its response has `succeeded`) |
    ///
    /// The SDK treats every creation as a request that may move money.
    pub fn confirm(mut self, confirm: bool) -> Self {
        self.confirm = Some(confirm);
        self
    }

    /// Sets the URL that the customer returns to, for example after 3-D Secure.
    ///
    /// The document shows no response that contains the URL to send the customer to first. If TurraTech sends one, it is
    /// in [`Payment::raw`].
    pub fn return_url(mut self, url: impl Into<String>) -> Self {
        self.return_url = Some(url.into());
        self
    }

    extra_setter!();
}

impl Parameters for NewPayment {
    const RESERVED: &'static [&'static str] = &[
        "amount",
        "currency",
        "payment_method",
        "customer",
        "description",
        "metadata",
        "capture_method",
        "confirm",
        "return_url",
    ];

    fn check(&self) -> Result<(), ValidationError> {
        check_amount(self.amount)?;
        Argument::get_optional(self.payment_method.as_ref())?;
        Argument::get_optional(self.customer.as_ref())?;
        metadata::check(&self.metadata)?;
        if let Some(CaptureMethod::Unknown(_)) = self.capture_method {
            return Err(ValidationError::new("capture_method", "must be `automatic` or `manual`"));
        }
        self.return_url.as_deref().map_or(Ok(()), |url| check_url("return_url", url))
    }

    fn extra(&self) -> &Extra {
        &self.extra
    }

    fn serialize_members<M: SerializeMap>(&self, members: &mut M) -> Result<(), M::Error> {
        members.serialize_entry("amount", &self.amount.minor())?;
        members.serialize_entry("currency", &LowerCaseCurrency(self.amount.currency()))?;
        serialize_some(members, "payment_method", self.payment_method.as_ref())?;
        serialize_some(members, "customer", self.customer.as_ref())?;
        serialize_some(members, "description", self.description.as_ref())?;
        serialize_some(members, "metadata", metadata::unless_empty(&self.metadata))?;
        serialize_some(members, "capture_method", self.capture_method.as_ref())?;
        serialize_some(members, "confirm", self.confirm.as_ref())?;
        serialize_some(members, "return_url", self.return_url.as_ref())
    }
}

impl Client {
    /// Creates a payment. **This moves money.**
    ///
    /// It may do so whatever [`NewPayment::confirm`] is set to (inferred: the document's first example charges a card
    /// without it). The status of the returned payment says whether money moved. A declined card is an error of the kind
    /// [`Declined`](crate::ErrorKind::Declined).
    ///
    /// All attempts of the call carry the same idempotency key:
    ///
    /// - a random key, unless you set one
    /// - your own key: [`Call::idempotency_key`]
    /// - a key derived from the order: [`IdempotencyExt`](crate::IdempotencyExt)
    ///
    /// The returned payment is compared with the request. An amount or currency that cannot be read does not fail the call,
    /// because the payment may be executed: [`Payment::amount`] and [`Payment::check`] then return an error.
    ///
    /// After an unknown outcome, repeat the call with the same key within 24 hours. TurraTech then returns its first
    /// response (inferred: the document says only that a request can be retried safely). There is no lookup by the
    /// merchant's reference.
    pub fn create_payment(&self, payment: NewPayment) -> Call<Payment, Keyed> {
        let (read, requested) = (self.payment_reader(None), Arc::new(payment));
        let request = self.unless_publishable(|| post_shared(Path::new("payments"), Arc::clone(&requested)));
        self.connection.auto_keyed_call(CREATE_PAYMENT, request, move |message| {
            let payment = read(message)?;
            let NewPayment { amount, customer, metadata, .. } = &*requested;
            let customer = customer.as_ref().and_then(Argument::valid);
            match payment.expect_requested(*amount, customer, metadata) {
                Ok(()) => Ok(payment),
                Err(problem) => Err(problem.with_facts(payment.facts())),
            }
        })
    }
}

const CREATE_PAYMENT: Operation = Operation::move_money("create_payment").stable_id("create_payment");
