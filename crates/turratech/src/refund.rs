use std::collections::BTreeMap;
use std::sync::Arc;

use payments_core::id::check_id;
use payments_core::json::{self, DecodeError, RawJson};
use payments_core::provider::Operation;
use payments_core::request::{Path, RequestBuilder};
use payments_core::{Call, Currency, Keyed, Money, MoneyError, Pager, ValidationError, open_enum, string_newtype};
use serde::ser::SerializeMap;
use serde::{Deserialize, Serialize};

use crate::client::Client;
use crate::list::{ListParams, pager};
use crate::parameters::{Extra, Parameters, check_metadata, entry, extra_setter, metadata_setter, not_empty, post};
use crate::payment::PaymentId;
use crate::shown::debug_masked;
use crate::wire::{Whole, check_amount, metadata, same, same_id, same_metadata};

string_newtype! {
    /// TurraTech's id of a refund.
    pub struct RefundId("refund"): |text| check_id("refund", text);
}

open_enum! {
    /// Why a payment is refunded.
    pub enum RefundReason {
        /// It was paid twice.
        Duplicate = "duplicate",
        /// It was not the customer who paid.
        Fraudulent = "fraudulent",
        /// The customer asked for it.
        RequestedByCustomer = "requested_by_customer",
    }
}

/// A refund to be created: the payment in the constructor, the rest as setters.
#[derive(Clone, PartialEq, Eq)]
#[must_use = "a refund is not created until it is sent"]
pub struct NewRefund {
    payment: PaymentId,
    amount: Option<Money>,
    reason: Option<RefundReason>,
    metadata: BTreeMap<String, String>,
    extra: Extra,
}

debug_masked!(NewRefund { payment, amount, reason, extra } free { metadata });

impl NewRefund {
    /// Of all of this payment.
    pub fn new(payment: PaymentId) -> Self {
        Self { payment, amount: None, reason: None, metadata: BTreeMap::new(), extra: Extra::default() }
    }

    /// Of a part: above zero, in the payment's currency.
    ///
    /// TurraTech is told the number alone, so the currency is the caller's own check: it is held against the
    /// answer's, where that has one.
    pub fn amount(mut self, amount: Money) -> Self {
        self.amount = Some(amount);
        self
    }

    /// Why.
    pub fn reason(mut self, reason: RefundReason) -> Self {
        self.reason = Some(reason);
        self
    }

    metadata_setter!();

    extra_setter!();
}

impl Parameters for NewRefund {
    const NAMES: &'static [&'static str] = &["payment", "amount", "reason", "metadata"];

    fn check(&self) -> Result<(), ValidationError> {
        self.amount.map_or(Ok(()), check_amount)?;
        check_metadata(&self.metadata)?;
        if let Some(RefundReason::Unknown(_)) = self.reason {
            return Err(ValidationError::new("reason", "must be `duplicate`, `fraudulent` or `requested_by_customer`"));
        }
        Ok(())
    }

    fn extra(&self) -> &Extra {
        &self.extra
    }

    fn members<M: SerializeMap>(&self, members: &mut M) -> Result<(), M::Error> {
        members.serialize_entry("payment", &self.payment)?;
        entry(members, "amount", self.amount.map(Money::minor).as_ref())?;
        entry(members, "reason", self.reason.as_ref())?;
        entry(members, "metadata", not_empty(&self.metadata))
    }
}

/// A refund. The document shows no such object: all but the id is inferred from what is sent.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Refund {
    /// TurraTech's id.
    pub id: RefundId,
    /// The payment that it gives back.
    pub payment: Option<PaymentId>,
    /// How much, in the smallest unit of the payment's currency: [`Refund::amount`], [`Refund::amount_in`].
    pub minor_units: Option<i64>,
    /// The currency, if it says so.
    pub currency: Option<Currency>,
    /// Why.
    pub reason: Option<RefundReason>,
    /// Where it stands, if it says so: the document names no statuses.
    pub status: Option<String>,
    /// What the merchant stored with it, by name in alphabetical order.
    pub metadata: BTreeMap<String, String>,
    /// The object as it came, with what is not named here. It is not serialized with the rest.
    #[serde(skip)]
    pub raw: RawJson,
}

debug_masked!(Refund { id, payment, minor_units, currency, reason, raw } free { status, metadata });

impl Refund {
    /// How much, where the answer says the currency too.
    #[must_use]
    pub fn amount(&self) -> Option<Money> {
        Some(Money::from_minor(self.minor_units?, self.currency?))
    }

    /// How much, in the currency of the payment, which the merchant knows.
    ///
    /// Nothing where the answer has no amount.
    ///
    /// # Errors
    ///
    /// When the answer says another currency.
    pub fn amount_in(&self, currency: Currency) -> Result<Option<Money>, MoneyError> {
        match self.currency {
            Some(said) if said != currency => Err(MoneyError::CurrencyMismatch { left: currency, right: said }),
            _ => Ok(self.minor_units.map(|minor| Money::from_minor(minor, currency))),
        }
    }

    pub(crate) fn read(raw: RawJson) -> Result<Self, DecodeError> {
        let wire: WireRefund = raw.decode_object()?;
        Ok(Self {
            id: wire.id,
            payment: wire.payment,
            minor_units: wire.amount.map(|amount| amount.0),
            currency: wire.currency,
            reason: wire.reason,
            status: wire.status,
            metadata: wire.metadata,
            raw,
        })
    }
}

impl Client {
    /// Gives a payment's money back, or a part of it. **This moves money.**
    ///
    /// It goes back to what the customer paid with (documented). What can be given back was "charged but not yet
    /// refunded" (documented); that two refunds of a part are two refunds, each of which takes its part, is inferred.
    /// So after an unknown outcome send the same call under the same key, and never a new one: see
    /// [`Call::idempotency_key`] and [`IdempotencyExt`](crate::IdempotencyExt).
    pub fn create_refund(&self, refund: NewRefund) -> Call<Refund, Keyed> {
        let asked = Arc::new(refund);
        let request = self.private(|| post(Path::new("refunds"), Arc::clone(&asked)));
        self.connection.auto_keyed_call(CREATE_REFUND, request, move |raw: RawJson| {
            let refund = Refund::read(raw)?;
            contradicts(&asked, &refund).map(|()| refund)
        })
    }

    /// A refund.
    pub fn retrieve_refund(&self, id: &RefundId) -> Call<Refund> {
        let request = self.private(|| Ok(RequestBuilder::get(Path::new("refunds").segment(id)).log_as(id.clone())));
        let id = id.clone();
        self.connection.call(RETRIEVE_REFUND, request, move |raw: RawJson| {
            let refund = Refund::read(raw)?;
            same_id(&refund.id, &id).map(|()| refund)
        })
    }

    /// All refunds, the newest first (inferred).
    pub fn list_refunds(&self, list: ListParams<RefundId>) -> Pager<Refund> {
        pager(self, LIST_REFUNDS, "refunds", list, |refund: &Refund| refund.id.as_str(), Refund::read)
    }
}

/// A key that was used for another refund brings back that one.
fn contradicts(asked: &NewRefund, answered: &Refund) -> Result<(), DecodeError> {
    same("payment", answered.payment.as_ref(), Some(&asked.payment))?;
    same("amount", answered.minor_units.as_ref(), asked.amount.map(Money::minor).as_ref())?;
    same("currency", answered.currency.as_ref(), asked.amount.map(Money::currency).as_ref())?;
    same_metadata(&answered.metadata, &answered.raw, &asked.metadata)
}

#[derive(Deserialize)]
struct WireRefund {
    id: RefundId,
    #[serde(default, deserialize_with = "json::none_if_empty")]
    payment: Option<PaymentId>,
    #[serde(default)]
    amount: Option<Whole>,
    #[serde(default)]
    currency: Option<Currency>,
    #[serde(default)]
    reason: Option<RefundReason>,
    #[serde(default)]
    status: Option<String>,
    #[serde(default, deserialize_with = "metadata")]
    metadata: BTreeMap<String, String>,
}

const CREATE_REFUND: Operation = Operation::move_money("create_refund").stable_id("create_refund");
const RETRIEVE_REFUND: Operation = Operation::read("retrieve_refund");
const LIST_REFUNDS: Operation = Operation::read("list_refunds");
