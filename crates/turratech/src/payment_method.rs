use payments_core::json::{self, ProviderMessage, RawJson, Read, UnreadableMembers};
use payments_core::provider::Operation;
use payments_core::request::Path;
use payments_core::stored::{Stored, StoredAs};
use payments_core::{
    Argument, Call, CardNumber, Expiry, Extra, Keyed, SecurityCode, ValidationError, extra_setter, open_enum,
};
use serde::ser::SerializeMap;
use serde::{Deserialize, Serialize};

use crate::client::Client;
use crate::expect::expect_equal_if_present;
use crate::fields::reference;
use crate::id::{CustomerId, PaymentMethodId};
use crate::masked_debug::masked_debug;
use crate::request_body::{JsonObject, Parameters, check, post, post_without_body, serialize_some};

open_enum! {
    /// The type of a payment method.
    pub enum PaymentMethodType {
        /// A credit or debit card.
        Card = "card",
        /// Bacs Direct Debit, in the UK.
        BacsDebit = "bacs_debit",
        /// SEPA Direct Debit, in the euro area.
        SepaDebit = "sepa_debit",
        /// A bank transfer.
        BankTransfer = "bank_transfer",
        /// The Apple Pay wallet.
        ApplePay = "apple_pay",
        /// The Google Pay wallet.
        GooglePay = "google_pay",
    }
}

/// The parameters of a new payment method.
///
/// ```
/// use turratech::{Card, Expiry, NewPaymentMethod, PaymentMethodType};
///
/// let card = Card::new("4242 4242 4242 4242".parse()?, Expiry::new(12, 2030)?, "123".parse()?);
/// let card = NewPaymentMethod::card(card);
/// assert!(!format!("{card:?}").contains("4242424242424242"));
///
/// // The document does not describe the parameters of the other types, so they are sent by name.
/// let iban = std::collections::BTreeMap::from([("iban", "DE89 3704 0044 0532 0130 00")]);
/// let debit = NewPaymentMethod::new(PaymentMethodType::SepaDebit).extra("sepa_debit", iban);
/// assert!(!format!("{debit:?}").contains("DE89"));
/// # Ok::<(), turratech::ValidationError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "a payment method is not created until it is sent"]
pub struct NewPaymentMethod {
    kind: PaymentMethodType,
    card: Option<Card>,
    extra: Extra,
}

impl NewPaymentMethod {
    /// Creates a payment method from a card.
    ///
    /// The card is sent as `card: {number, exp_month, exp_year, cvc}` (inferred: the document names only the type).
    pub fn card(card: Card) -> Self {
        Self { kind: PaymentMethodType::Card, card: Some(card), extra: Extra::default() }
    }

    /// Creates a payment method of another type. Set its parameters with [`NewPaymentMethod::extra`].
    ///
    /// The document names six types. That the parameter is called `type` is inferred.
    pub fn new(kind: PaymentMethodType) -> Self {
        Self { kind, card: None, extra: Extra::default() }
    }

    extra_setter!();
}

impl Parameters for NewPaymentMethod {
    const RESERVED: &'static [&'static str] = &["type", "card"];

    fn check(&self) -> Result<(), ValidationError> {
        match (&self.kind, &self.card) {
            (PaymentMethodType::Card, None) => {
                Err(ValidationError::new("card", "is required for the type `card`: use `NewPaymentMethod::card`"))
            }
            (PaymentMethodType::Unknown(kind), _) if kind.as_str().is_empty() => {
                Err(ValidationError::new("kind", "must not be empty"))
            }
            (_, Some(card)) => check(card),
            (_, None) => Ok(()),
        }
    }

    fn extra(&self) -> &Extra {
        &self.extra
    }

    fn serialize_members<M: SerializeMap>(&self, members: &mut M) -> Result<(), M::Error> {
        members.serialize_entry("type", &self.kind)?;
        serialize_some(members, "card", self.card.as_ref().map(JsonObject).as_ref())
    }
}

/// The data of a card.
///
/// It is sent as `number`, `exp_month`, `exp_year` and `cvc` (inferred). The SDK does not store it beyond the request.
/// `Debug` shows only the masked number.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "a card has no effect until it is passed to `NewPaymentMethod::card`"]
pub struct Card {
    number: CardNumber,
    expiry: Expiry,
    cvc: SecurityCode,
    extra: Extra,
}

impl Card {
    /// Creates a card from its number, expiry month and security code.
    pub fn new(number: CardNumber, expiry: Expiry, cvc: SecurityCode) -> Self {
        Self { number, expiry, cvc, extra: Extra::default() }
    }

    extra_setter!();
}

/// The members are inferred: the document names only the type.
impl Parameters for Card {
    const RESERVED: &'static [&'static str] = &["number", "exp_month", "exp_year", "cvc"];

    fn check(&self) -> Result<(), ValidationError> {
        Ok(())
    }

    fn extra(&self) -> &Extra {
        &self.extra
    }

    fn serialize_members<M: SerializeMap>(&self, members: &mut M) -> Result<(), M::Error> {
        members.serialize_entry("number", self.number.expose())?;
        members.serialize_entry("exp_month", &self.expiry.month())?;
        members.serialize_entry("exp_year", &self.expiry.year())?;
        members.serialize_entry("cvc", self.cvc.expose())
    }
}

/// An attachment of a payment method: the customer.
///
/// A customer's id converts to an attachment: `client.attach_payment_method(&id, &customer)`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "a payment method is not attached until it is sent"]
pub struct NewAttachment {
    customer: Argument<CustomerId>,
    extra: Extra,
}

impl NewAttachment {
    /// Creates an attachment to this customer.
    ///
    /// The id is sent as `customer` (inferred: the document shows no parameters of this call).
    pub fn new(customer: impl Into<Argument<CustomerId>>) -> Self {
        Self { customer: customer.into(), extra: Extra::default() }
    }

    extra_setter!();
}

impl Parameters for NewAttachment {
    const RESERVED: &'static [&'static str] = &["customer"];

    fn check(&self) -> Result<(), ValidationError> {
        self.customer.get().map(drop)
    }

    fn extra(&self) -> &Extra {
        &self.extra
    }

    fn serialize_members<M: SerializeMap>(&self, members: &mut M) -> Result<(), M::Error> {
        members.serialize_entry("customer", &self.customer)
    }
}

impl From<CustomerId> for NewAttachment {
    fn from(customer: CustomerId) -> Self {
        Self::new(customer)
    }
}

impl From<&CustomerId> for NewAttachment {
    fn from(customer: &CustomerId) -> Self {
        Self::new(customer.clone())
    }
}

/// A payment method.
///
/// The document does not show this object. All fields except the id are inferred from the request parameters.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PaymentMethod {
    stored: StoredAs<Self>,
    /// TurraTech's id of the payment method.
    pub id: PaymentMethodId,
    /// The type, if the response contains one.
    #[serde(rename = "type")]
    pub kind: Option<PaymentMethodType>,
    /// The customer that the payment method is attached to.
    pub customer: Option<CustomerId>,
    /// The status, if the response contains one.
    pub status: Option<String>,
    /// The object as received, including members that have no field here. Members that could not be read are
    /// repaired or `null`.
    ///
    /// In the stored form it is a string, with possible card numbers masked.
    #[serde(with = "json::raw_text")]
    pub raw: RawJson,
    unreadable: UnreadableMembers,
}

impl Stored for PaymentMethod {
    const TAG: &'static str = "turratech.payment_method/1";
}

masked_debug!(PaymentMethod { stored, id, kind, customer, raw, unreadable } masked { status });

impl PaymentMethod {
    /// The members of the response that could not be read as expected. Usually there are none.
    #[must_use]
    pub fn unreadable_members(&self) -> &UnreadableMembers {
        &self.unreadable
    }

    pub(crate) fn read(read: Read<'_, WirePaymentMethod>) -> Self {
        let raw = read.raw();
        let Read { value: wire, unreadable, .. } = read;
        Self {
            stored: StoredAs::new(),
            id: wire.id,
            kind: wire.r#type,
            customer: wire.customer,
            status: wire.status,
            raw,
            unreadable,
        }
    }
}

impl Client {
    /// Creates a payment method. This is the only call that a publishable key may send.
    ///
    /// If you send card numbers, PCI rules apply to every system that they pass through.
    pub fn create_payment_method(&self, method: NewPaymentMethod) -> Call<PaymentMethod, Keyed> {
        let request = post(Path::new("payment_methods"), method);
        self.connection.auto_keyed_call(CREATE_PAYMENT_METHOD, request, |message| Ok(PaymentMethod::read(message)))
    }

    /// Attaches a payment method to a customer.
    pub fn attach_payment_method(
        &self,
        id: &PaymentMethodId,
        attachment: impl Into<NewAttachment>,
    ) -> Call<PaymentMethod, Keyed> {
        let path = Path::new("payment_methods").segment(id).segment(&"attach");
        let attachment = attachment.into();
        let (id, customer) = (id.clone(), attachment.customer.clone());
        let request = self.unless_publishable(|| Ok(post(path, attachment.clone())?.log_as((id.clone(), attachment))));
        self.connection.auto_keyed_call(ATTACH_PAYMENT_METHOD, request, move |message| {
            let method = PaymentMethod::read(message);
            json::expect_equal("id", &method.id, &id)?;
            expect_equal_if_present("customer", method.customer.as_ref(), customer.valid(), &method.unreadable)?;
            Ok(method)
        })
    }

    /// Detaches a payment method from its customer.
    pub fn detach_payment_method(&self, id: &PaymentMethodId) -> Call<PaymentMethod, Keyed> {
        let path = Path::new("payment_methods").segment(id).segment(&"detach");
        let request = self.unless_publishable(|| post_without_body(path, id.clone()));
        let id = id.clone();
        self.connection.auto_keyed_call(DETACH_PAYMENT_METHOD, request, move |message| {
            let method = PaymentMethod::read(message);
            json::expect_equal("id", &method.id, &id).map(|()| method)
        })
    }
}

#[derive(Deserialize)]
pub(crate) struct WirePaymentMethod {
    id: PaymentMethodId,
    #[serde(default)]
    r#type: Option<PaymentMethodType>,
    #[serde(default, deserialize_with = "reference")]
    customer: Option<CustomerId>,
    #[serde(default)]
    status: Option<String>,
}

impl ProviderMessage for WirePaymentMethod {
    const DECIDING: &'static [&'static str] = &["id"];
}

const CREATE_PAYMENT_METHOD: Operation = Operation::write("create_payment_method").stable_id("create_payment_method");
const ATTACH_PAYMENT_METHOD: Operation = Operation::write("attach_payment_method").stable_id("attach_payment_method");
const DETACH_PAYMENT_METHOD: Operation = Operation::write("detach_payment_method").stable_id("detach_payment_method");
