use std::collections::BTreeMap;
use std::sync::Arc;

use payments_core::id::check_web_address;
use payments_core::json::{DecodeError, RawJson};
use payments_core::provider::Operation;
use payments_core::request::Path;
use payments_core::{Call, Keyed, Money, ValidationError, open_enum};
use serde::ser::SerializeMap;

use crate::client::Client;
use crate::customer::CustomerId;
use crate::parameters::{Extra, Parameters, check_metadata, entry, extra_setter, metadata_setter, not_empty, post};
use crate::payment::Payment;
use crate::payment_method::PaymentMethodId;
use crate::shown::debug_masked;
use crate::wire::{LowerCase, check_amount, same, same_metadata};

open_enum! {
    /// When a payment's funds are captured.
    pub enum CaptureMethod {
        /// At once.
        Automatic = "automatic",
        /// When [`Client::capture_payment`] says so.
        Manual = "manual",
    }
}

/// A payment to be created: the amount in the constructor, the rest as setters.
#[derive(Clone, PartialEq, Eq)]
#[must_use = "a payment is not created until it is sent"]
pub struct NewPayment {
    amount: Money,
    payment_method: Option<PaymentMethodId>,
    customer: Option<CustomerId>,
    description: Option<String>,
    metadata: BTreeMap<String, String>,
    capture_method: Option<CaptureMethod>,
    confirm: Option<bool>,
    return_url: Option<String>,
    extra: Extra,
}

debug_masked!(NewPayment {
    amount, payment_method, customer, capture_method, confirm, extra
} free {
    description, metadata, return_url
});

impl NewPayment {
    /// Of this amount: above zero.
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

    /// What it is paid with.
    pub fn payment_method(mut self, id: PaymentMethodId) -> Self {
        self.payment_method = Some(id);
        self
    }

    /// Whose payment it is.
    pub fn customer(mut self, id: CustomerId) -> Self {
        self.customer = Some(id);
        self
    }

    /// Words of the merchant's own, kept with the payment.
    pub fn description(mut self, text: impl Into<String>) -> Self {
        self.description = Some(text.into());
        self
    }

    metadata_setter!();

    /// When funds are captured.
    pub fn capture_method(mut self, method: CaptureMethod) -> Self {
        self.capture_method = Some(method);
        self
    }

    /// Whether TurraTech attempts to confirm the payment immediately: `true` attempts it (documented).
    ///
    /// Without this parameter, a payment with a payment method is attempted too (inferred: the document's first example
    /// has no `confirm`, and the response shown next to it has `succeeded`). `false` leaves the payment unconfirmed
    /// (inferred). The SDK treats every creation as a request that may move money.
    pub fn confirm(mut self, confirm: bool) -> Self {
        self.confirm = Some(confirm);
        self
    }

    /// Where the customer returns to after 3-D Secure and the like.
    ///
    /// The document takes it, but shows no answer that says where to send the customer first; if there is such a
    /// member, it is in [`Payment::raw`].
    pub fn return_url(mut self, url: impl Into<String>) -> Self {
        self.return_url = Some(url.into());
        self
    }

    extra_setter!();
}

impl Parameters for NewPayment {
    const NAMES: &'static [&'static str] = &[
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
        check_metadata(&self.metadata)?;
        if let Some(CaptureMethod::Unknown(_)) = self.capture_method {
            return Err(ValidationError::new("capture_method", "must be `automatic` or `manual`"));
        }
        self.return_url.as_deref().map_or(Ok(()), |url| check_web_address("return_url", url, LONGEST_URL))
    }

    fn extra(&self) -> &Extra {
        &self.extra
    }

    fn members<M: SerializeMap>(&self, members: &mut M) -> Result<(), M::Error> {
        members.serialize_entry("amount", &self.amount.minor())?;
        members.serialize_entry("currency", &LowerCase(self.amount.currency()))?;
        entry(members, "payment_method", self.payment_method.as_ref())?;
        entry(members, "customer", self.customer.as_ref())?;
        entry(members, "description", self.description.as_ref())?;
        entry(members, "metadata", not_empty(&self.metadata))?;
        entry(members, "capture_method", self.capture_method.as_ref())?;
        entry(members, "confirm", self.confirm.as_ref())?;
        entry(members, "return_url", self.return_url.as_ref())
    }
}

impl Client {
    /// Creates a payment. **This moves money.**
    ///
    /// That holds whatever [`NewPayment::confirm`] says: the document's first example charges a card without it
    /// (inferred). The response's status says whether money moved, and a declined card is an [`Error`](crate::Error) of
    /// kind *declined*.
    ///
    /// It goes out under an idempotency key, the same on every attempt: drawn at random, or the caller's own
    /// ([`Call::idempotency_key`]), or made of the order ([`IdempotencyExt`](crate::IdempotencyExt)). After an unknown outcome the
    /// same call under the same key, within 24 hours, tells what became of it: TurraTech returns the first response
    /// (inferred: the document says only that a request can be retried safely). There is no looking up by the
    /// merchant's reference.
    pub fn create_payment(&self, payment: NewPayment) -> Call<Payment, Keyed> {
        let (read, asked) = (self.reads_payment(None), Arc::new(payment));
        let request = self.private(|| post(Path::new("payments"), Arc::clone(&asked)));
        self.connection.auto_keyed_call(CREATE_PAYMENT, request, move |raw: RawJson| {
            let payment = read(raw)?;
            contradicts(&asked, &payment).map(|()| payment)
        })
    }
}

/// A key that was used for another order brings back another payment: that one must not pass for this.
fn contradicts(asked: &NewPayment, answered: &Payment) -> Result<(), DecodeError> {
    same("amount", Some(&answered.amount.minor()), Some(&asked.amount.minor()))?;
    same("currency", Some(&answered.amount.currency()), Some(&asked.amount.currency()))?;
    same("customer", answered.customer.as_ref(), asked.customer.as_ref())?;
    same_metadata(&answered.metadata, &answered.raw, &asked.metadata)
}

/// As long as any browser takes (inferred: the document sets no bound).
const LONGEST_URL: usize = 2048;

const CREATE_PAYMENT: Operation = Operation::move_money("create_payment").stable_id("create_payment");
