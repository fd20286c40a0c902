use payments_core::id::check_id;
use payments_core::json::{self, DecodeError, RawJson};
use payments_core::provider::Operation;
use payments_core::request::{Path, RequestBuilder};
use payments_core::{Call, CardNumber, Expiry, Keyed, SecurityCode, ValidationError, open_enum, string_newtype};
use serde::ser::SerializeMap;
use serde::{Deserialize, Serialize};

use crate::client::Client;
use crate::customer::CustomerId;
use crate::parameters::{Extra, Parameters, entry, extra_setter, post, post_nothing};
use crate::shown::debug_masked;
use crate::wire::{same, same_id};

string_newtype! {
    /// TurraTech's id of a payment method, such as `pm_card_visa`.
    pub struct PaymentMethodId("payment_method"): |text| check_id("payment_method", text);
}

open_enum! {
    /// What a customer pays with.
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

/// A payment method to be created.
///
/// ```
/// use turratech::{Card, Expiry, NewPaymentMethod, PaymentMethodType};
///
/// let card = Card::new("4242 4242 4242 4242".parse()?, Expiry::new(12, 2030)?, "123".parse()?);
/// let by_card = NewPaymentMethod::card(card);
/// assert!(!format!("{by_card:?}").contains("4242424242424242"));
///
/// // What other types need, the document does not say: it goes by name.
/// let iban = std::collections::BTreeMap::from([("iban", "DE89 3704 0044 0532 0130 00")]);
/// let by_debit = NewPaymentMethod::of(PaymentMethodType::SepaDebit).extra("sepa_debit", iban);
/// assert!(!format!("{by_debit:?}").contains("DE89"));
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
    /// A card. It is sent as `card: {number, exp_month, exp_year, cvc}` (inferred: the document names only the type).
    pub fn card(card: Card) -> Self {
        Self { kind: PaymentMethodType::Card, card: Some(card), extra: Extra::default() }
    }

    /// Of another type. The document names six types; that the parameter is called `type` is inferred; what the others
    /// need besides goes by name.
    pub fn of(kind: PaymentMethodType) -> Self {
        Self { kind, card: None, extra: Extra::default() }
    }

    extra_setter!();
}

impl Parameters for NewPaymentMethod {
    const NAMES: &'static [&'static str] = &["type", "card"];

    fn check(&self) -> Result<(), ValidationError> {
        match (&self.kind, &self.card) {
            (PaymentMethodType::Card, None) => Err(ValidationError::new("card", "is required for a card")),
            (PaymentMethodType::Unknown(kind), _) if kind.as_str().is_empty() => {
                Err(ValidationError::new("kind", "must not be empty"))
            }
            _ => Ok(()),
        }
    }

    fn extra(&self) -> &Extra {
        &self.extra
    }

    fn members<M: SerializeMap>(&self, members: &mut M) -> Result<(), M::Error> {
        members.serialize_entry("type", &self.kind)?;
        entry(members, "card", self.card.as_ref().map(Card::wire).as_ref())
    }
}

/// A card's own data: `number`, `exp_month`, `exp_year` and `cvc` on the wire (inferred). It is not kept beyond the
/// request, and `Debug` shows the masked number alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Card {
    number: CardNumber,
    expiry: Expiry,
    cvc: SecurityCode,
}

impl Card {
    /// With its number, the month of its expiry, and its security code.
    #[must_use]
    pub fn new(number: CardNumber, expiry: Expiry, cvc: SecurityCode) -> Self {
        Self { number, expiry, cvc }
    }

    fn wire(&self) -> WireCard<'_> {
        WireCard {
            number: self.number.expose(),
            exp_month: self.expiry.month(),
            exp_year: self.expiry.year(),
            cvc: self.cvc.expose(),
        }
    }
}

/// Its members are inferred: the document only names the type.
#[derive(Serialize)]
struct WireCard<'a> {
    number: &'a str,
    exp_month: u8,
    exp_year: u16,
    cvc: &'a str,
}

/// A payment method. The document shows no such object: all but the id is inferred from what is sent.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct PaymentMethod {
    /// TurraTech's id: what a payment is paid with.
    pub id: PaymentMethodId,
    /// What it is, if it says so.
    #[serde(rename = "type")]
    pub kind: Option<PaymentMethodType>,
    /// The customer that it is attached to.
    pub customer: Option<CustomerId>,
    /// Where it stands, if it says so.
    pub status: Option<String>,
    /// The object as it came, with what is not named here. It is not serialized with the rest.
    #[serde(skip)]
    pub raw: RawJson,
}

debug_masked!(PaymentMethod { id, kind, customer, raw } free { status });

impl PaymentMethod {
    fn read(raw: RawJson) -> Result<Self, DecodeError> {
        let wire: WirePaymentMethod = raw.decode_object()?;
        Ok(Self { id: wire.id, kind: wire.r#type, customer: wire.customer, status: wire.status, raw })
    }
}

impl Client {
    /// Creates a payment method: the one thing that a publishable key may do.
    ///
    /// Whoever sends card numbers has PCI duties for all that they pass through.
    pub fn create_payment_method(&self, method: NewPaymentMethod) -> Call<PaymentMethod, Keyed> {
        let request = post(Path::new("payment_methods"), method);
        self.connection.auto_keyed_call(CREATE_PAYMENT_METHOD, request, PaymentMethod::read)
    }

    /// Attaches a payment method to a customer, whose id is sent as `customer` (inferred: the document shows no
    /// parameters of this call).
    pub fn attach_payment_method(&self, id: &PaymentMethodId, customer: &CustomerId) -> Call<PaymentMethod, Keyed> {
        let path = Path::new("payment_methods").segment(id).segment(&"attach");
        let shown = (id.clone(), customer.clone());
        let request = self.private(|| Ok(RequestBuilder::post(path).json(&WireAttach { customer })?.log_as(shown)));
        let (id, customer) = (id.clone(), customer.clone());
        self.connection.auto_keyed_call(ATTACH_PAYMENT_METHOD, request, move |raw: RawJson| {
            let method = PaymentMethod::read(raw)?;
            same_id(&method.id, &id)?;
            same("customer", method.customer.as_ref(), Some(&customer)).map(|()| method)
        })
    }

    /// Detaches a payment method from its customer.
    pub fn detach_payment_method(&self, id: &PaymentMethodId) -> Call<PaymentMethod, Keyed> {
        let path = Path::new("payment_methods").segment(id).segment(&"detach");
        let request = self.private(|| post_nothing(path, id.clone()));
        let id = id.clone();
        self.connection.auto_keyed_call(DETACH_PAYMENT_METHOD, request, move |raw: RawJson| {
            let method = PaymentMethod::read(raw)?;
            same_id(&method.id, &id).map(|()| method)
        })
    }
}

#[derive(Serialize)]
struct WireAttach<'a> {
    customer: &'a CustomerId,
}

#[derive(Deserialize)]
struct WirePaymentMethod {
    id: PaymentMethodId,
    #[serde(default)]
    r#type: Option<PaymentMethodType>,
    #[serde(default, deserialize_with = "json::none_if_empty")]
    customer: Option<CustomerId>,
    #[serde(default)]
    status: Option<String>,
}

const CREATE_PAYMENT_METHOD: Operation = Operation::write("create_payment_method").stable_id("create_payment_method");
const ATTACH_PAYMENT_METHOD: Operation = Operation::write("attach_payment_method").stable_id("attach_payment_method");
const DETACH_PAYMENT_METHOD: Operation = Operation::write("detach_payment_method").stable_id("detach_payment_method");
