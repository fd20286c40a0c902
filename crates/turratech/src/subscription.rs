use std::collections::{BTreeMap, BTreeSet};

use payments_core::json::{self, DecodeError, Facts, ProviderMessage, RawJson, Read, UnreadableMembers};
use payments_core::provider::Operation;
use payments_core::request::{Path, RequestBuilder};
use payments_core::stored::{Stored, StoredAs};
use payments_core::{Argument, Call, Extra, Keyed, ValidationError, extra_setter};
use serde::ser::SerializeMap;
use serde::{Deserialize, Serialize};

use crate::client::Client;
use crate::expect::{expect_deleted, expect_equal_if_present, expect_readable};
use crate::fields::reference;
use crate::id::{CustomerId, PaymentMethodId, PriceId, SubscriptionId};
use crate::masked_debug::masked_debug;
use crate::metadata::{self, metadata_setter};
use crate::request_body::{JsonObject, Parameters, check, check_cleared, post, serialize_some};

/// An item of a subscription: a price and a quantity.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "an item has no effect until it is added to a subscription"]
pub struct SubscriptionItem {
    price: Argument<PriceId>,
    quantity: Option<u32>,
    extra: Extra,
}

impl SubscriptionItem {
    /// Creates an item at this price.
    pub fn new(price: impl Into<Argument<PriceId>>) -> Self {
        Self { price: price.into(), quantity: None, extra: Extra::default() }
    }

    /// Sets the quantity.
    pub fn quantity(mut self, quantity: u32) -> Self {
        self.quantity = Some(quantity);
        self
    }

    extra_setter!();
}

impl Parameters for SubscriptionItem {
    const RESERVED: &'static [&'static str] = &["price", "quantity"];

    fn check(&self) -> Result<(), ValidationError> {
        self.price.get().map(drop)
    }

    fn extra(&self) -> &Extra {
        &self.extra
    }

    fn serialize_members<M: SerializeMap>(&self, members: &mut M) -> Result<(), M::Error> {
        members.serialize_entry("price", &self.price)?;
        serialize_some(members, "quantity", self.quantity.as_ref())
    }
}

/// The parameters of a new subscription.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "a subscription is not created until it is sent"]
pub struct NewSubscription {
    customer: Argument<CustomerId>,
    trial_period_days: Option<u32>,
    terms: SubscriptionUpdate,
}

impl NewSubscription {
    /// Creates a subscription of this customer to this item.
    pub fn new(customer: impl Into<Argument<CustomerId>>, item: SubscriptionItem) -> Self {
        Self { customer: customer.into(), trial_period_days: None, terms: SubscriptionUpdate::new().item(item) }
    }

    /// Adds another item.
    pub fn item(mut self, item: SubscriptionItem) -> Self {
        self.terms = self.terms.item(item);
        self
    }

    /// Sets the number of free days before the first charge.
    pub fn trial_period_days(mut self, days: u32) -> Self {
        self.trial_period_days = Some(days);
        self
    }

    /// Sets whether the subscription ends with the current period.
    pub fn cancel_at_period_end(mut self, cancel: bool) -> Self {
        self.terms = self.terms.cancel_at_period_end(cancel);
        self
    }

    /// Sets the payment method that is charged.
    pub fn default_payment_method(mut self, id: impl Into<Argument<PaymentMethodId>>) -> Self {
        self.terms = self.terms.default_payment_method(id);
        self
    }

    /// Adds a name and a value that TurraTech stores with the object.
    pub fn metadata(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.terms = self.terms.metadata(name, value);
        self
    }

    /// Sets a parameter that the document leaves open, by name.
    ///
    /// See [`SubscriptionUpdate::extra`].
    pub fn extra(mut self, name: impl Into<String>, value: impl Serialize) -> Self {
        self.terms = self.terms.extra(name, value);
        self
    }
}

impl Parameters for NewSubscription {
    const RESERVED: &'static [&'static str] =
        &["customer", "items", "trial_period_days", "cancel_at_period_end", "default_payment_method", "metadata"];

    fn check(&self) -> Result<(), ValidationError> {
        self.customer.get()?;
        self.terms.check()
    }

    fn extra(&self) -> &Extra {
        &self.terms.extra
    }

    fn serialize_members<M: SerializeMap>(&self, members: &mut M) -> Result<(), M::Error> {
        members.serialize_entry("customer", &self.customer)?;
        serialize_some(members, "trial_period_days", self.trial_period_days.as_ref())?;
        self.terms.serialize_members(members)
    }
}

/// Changes to a subscription: plan, quantity and others (documented).
///
/// The parameters are inferred. Only the parameters that are set or cleared are changed. The document does not say how to refer to
/// an existing item: send that parameter by name with [`SubscriptionItem::extra`].
#[derive(Clone, Default, PartialEq, Eq)]
#[must_use = "a subscription is not changed until it is sent"]
pub struct SubscriptionUpdate {
    items: Vec<SubscriptionItem>,
    cancel_at_period_end: Option<bool>,
    default_payment_method: Option<Argument<PaymentMethodId>>,
    metadata: BTreeMap<String, String>,
    cleared: BTreeSet<SubscriptionField>,
    extra: Extra,
}

masked_debug!(SubscriptionUpdate {
    items, cancel_at_period_end, default_payment_method, cleared, extra
} masked {
    metadata
});

impl SubscriptionUpdate {
    /// Creates an update without changes.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds an item.
    pub fn item(mut self, item: SubscriptionItem) -> Self {
        self.items.push(item);
        self
    }

    /// Sets whether the subscription ends with the current period.
    pub fn cancel_at_period_end(mut self, cancel: bool) -> Self {
        self.cancel_at_period_end = Some(cancel);
        self
    }

    /// Sets the payment method that is charged.
    pub fn default_payment_method(mut self, id: impl Into<Argument<PaymentMethodId>>) -> Self {
        self.default_payment_method = Some(id.into().for_field("default_payment_method"));
        self
    }

    metadata_setter!();

    /// Clears a parameter, by sending `null` for it (inferred: the document does not say how).
    ///
    /// A parameter that is both set and cleared makes the call fail before it is sent.
    pub fn clear(mut self, field: SubscriptionField) -> Self {
        self.cleared.insert(field);
        self
    }

    extra_setter!();
}

/// A parameter of a subscription that an update can clear: see [`SubscriptionUpdate::clear`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum SubscriptionField {
    /// The payment method that is charged.
    DefaultPaymentMethod,
    /// All metadata.
    Metadata,
}

impl SubscriptionField {
    fn as_str(self) -> &'static str {
        match self {
            Self::DefaultPaymentMethod => "default_payment_method",
            Self::Metadata => "metadata",
        }
    }
}

impl Parameters for SubscriptionUpdate {
    const RESERVED: &'static [&'static str] = &["items", "cancel_at_period_end", "default_payment_method", "metadata"];

    fn check(&self) -> Result<(), ValidationError> {
        Argument::get_optional(self.default_payment_method.as_ref())?;
        metadata::check(&self.metadata)?;
        for field in &self.cleared {
            let is_set = match field {
                SubscriptionField::DefaultPaymentMethod => self.default_payment_method.is_some(),
                SubscriptionField::Metadata => !self.metadata.is_empty(),
            };
            check_cleared(field.as_str(), is_set)?;
        }
        self.items.iter().try_for_each(check)
    }

    fn extra(&self) -> &Extra {
        &self.extra
    }

    fn serialize_members<M: SerializeMap>(&self, members: &mut M) -> Result<(), M::Error> {
        if !self.items.is_empty() {
            members.serialize_entry("items", &self.items.iter().map(JsonObject).collect::<Vec<_>>())?;
        }
        serialize_some(members, "cancel_at_period_end", self.cancel_at_period_end.as_ref())?;
        serialize_some(members, "default_payment_method", self.default_payment_method.as_ref())?;
        serialize_some(members, "metadata", metadata::unless_empty(&self.metadata))?;
        self.cleared.iter().try_for_each(|field| members.serialize_entry(field.as_str(), &()))
    }
}

/// A subscription.
///
/// The document does not show this object. All fields except the id are inferred from the request parameters.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Subscription {
    stored: StoredAs<Self>,
    /// TurraTech's id of the subscription.
    pub id: SubscriptionId,
    /// The customer who subscribes.
    pub customer: Option<CustomerId>,
    /// The items as received. The document does not describe their form.
    #[serde(with = "json::raw_text_option")]
    pub items: Option<RawJson>,
    /// The number of free days before the first charge.
    pub trial_period_days: Option<u32>,
    /// True if the subscription ends with the current period.
    pub cancel_at_period_end: Option<bool>,
    /// The payment method that is charged.
    pub default_payment_method: Option<PaymentMethodId>,
    /// The status, if the response contains one. The document names no statuses.
    pub status: Option<String>,
    /// The metadata that the merchant stored, sorted by name.
    pub metadata: BTreeMap<String, String>,
    /// The object as received, including members that have no field here. Members that could not be read are
    /// repaired or `null`.
    ///
    /// In the stored form it is a string, with possible card numbers masked.
    #[serde(with = "json::raw_text")]
    pub raw: RawJson,
    unreadable: UnreadableMembers,
}

impl Stored for Subscription {
    const TAG: &'static str = "turratech.subscription/1";
}

masked_debug!(Subscription {
    stored, id, customer, items, trial_period_days, cancel_at_period_end, default_payment_method, raw, unreadable
} masked {
    status, metadata
});

impl Subscription {
    /// The members of the response that could not be read as expected. Usually there are none.
    #[must_use]
    pub fn unreadable_members(&self) -> &UnreadableMembers {
        &self.unreadable
    }

    pub(crate) fn read(read: Read<'_, WireSubscription>) -> Self {
        let raw = read.raw();
        let Read { value: wire, unreadable, .. } = read;
        Self {
            stored: StoredAs::new(),
            id: wire.id,
            customer: wire.customer,
            items: wire.items,
            trial_period_days: wire.trial_period_days,
            cancel_at_period_end: wire.cancel_at_period_end,
            default_payment_method: wire.default_payment_method,
            status: wire.status,
            metadata: wire.metadata,
            raw,
            unreadable,
        }
    }

    fn facts(&self) -> Facts {
        Facts { object_id: Some(self.id.as_str().to_owned()), status: self.status.clone(), amount: None }
    }
}

/// The result of cancelling a subscription.
///
/// The form of the response is not documented. Both forms are accepted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum CancelledSubscription {
    /// The response contained the subscription.
    ///
    /// TurraTech accepted the cancellation, but it may still charge the customer: the status may still be active, and the
    /// document does not say when the subscription ends. Look at [`Subscription::status`], and wait for the event
    /// `subscription.deleted` before you tell the customer.
    Subscription(Subscription),
    /// The response confirmed the deletion of the subscription.
    Deleted(DeletedSubscription),
}

/// A subscription that was deleted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct DeletedSubscription {
    stored: StoredAs<Self>,
    /// The id of the deleted subscription.
    pub id: SubscriptionId,
}

impl Stored for DeletedSubscription {
    const TAG: &'static str = "turratech.deleted_subscription/1";
}

impl CancelledSubscription {
    /// Returns the id of the subscription.
    #[must_use]
    pub fn id(&self) -> &SubscriptionId {
        match self {
            Self::Subscription(subscription) => &subscription.id,
            Self::Deleted(deleted) => &deleted.id,
        }
    }

    pub(crate) fn read(message: Read<'_, WireSubscription>) -> Result<Self, DecodeError> {
        let deleted = message.value.deleted;
        let subscription = Subscription::read(message);
        match deleted {
            Some(deleted) => expect_deleted(deleted)
                .map(|()| Self::Deleted(DeletedSubscription { stored: StoredAs::new(), id: subscription.id })),
            None => expect_readable("deleted", &subscription.unreadable).map(|()| Self::Subscription(subscription)),
        }
    }
}

impl Client {
    /// Creates a subscription. **This moves money**: the first charge, unless there is a trial.
    ///
    /// A subscription cannot be looked up. After an unknown outcome, repeat the call with the same key within 24 hours
    /// (inferred: the document says only that a request can be retried safely). Later, only the event
    /// `subscription.created` can show that the subscription exists.
    pub fn create_subscription(&self, subscription: NewSubscription) -> Call<Subscription, Keyed> {
        let customer = subscription.customer.clone();
        let request = self.unless_publishable(|| post(Path::new("subscriptions"), subscription));
        self.connection.auto_keyed_call(CREATE_SUBSCRIPTION, request, move |message| {
            let subscription = Subscription::read(message);
            let (received, unreadable) = (subscription.customer.as_ref(), &subscription.unreadable);
            match expect_equal_if_present("customer", received, customer.valid(), unreadable) {
                Ok(()) => Ok(subscription),
                Err(problem) => Err(problem.with_facts(subscription.facts())),
            }
        })
    }

    /// Updates a subscription. **This moves money**: a new plan or quantity may be charged immediately.
    ///
    /// After an unknown outcome, repeat the call with the same key within 24 hours (inferred), as for
    /// [`Client::create_subscription`].
    pub fn update_subscription(&self, id: &SubscriptionId, update: SubscriptionUpdate) -> Call<Subscription, Keyed> {
        let request = self.unless_publishable(|| post(Path::new("subscriptions").segment(id), update));
        let id = id.clone();
        self.connection.auto_keyed_call(UPDATE_SUBSCRIPTION, request, move |message| {
            let subscription = Subscription::read(message);
            json::expect_equal("id", &subscription.id, &id).map(|()| subscription)
        })
    }

    /// Cancels a subscription, which ends its charges.
    ///
    /// The call moves no money, but its outcome matters: while it is unknown, the customer may still be charged. The call
    /// has no idempotency key (inferred) and there is no lookup. So the SDK does not send it again, and no call can
    /// resolve the outcome. The event `subscription.deleted` proves the cancellation; its absence proves nothing.
    pub fn cancel_subscription(&self, id: &SubscriptionId) -> Call<CancelledSubscription> {
        let request = self.unless_publishable(|| {
            Ok(RequestBuilder::delete(Path::new("subscriptions").segment(id)).log_as(id.clone()))
        });
        let id = id.clone();
        self.connection.call(CANCEL_SUBSCRIPTION, request, move |message| {
            let cancelled = CancelledSubscription::read(message)?;
            json::expect_equal("id", cancelled.id(), &id).map(|()| cancelled)
        })
    }
}

#[derive(Deserialize)]
pub(crate) struct WireSubscription {
    id: SubscriptionId,
    #[serde(default, deserialize_with = "reference")]
    customer: Option<CustomerId>,
    #[serde(default)]
    items: Option<RawJson>,
    #[serde(default)]
    trial_period_days: Option<u32>,
    #[serde(default)]
    cancel_at_period_end: Option<bool>,
    #[serde(default, deserialize_with = "reference")]
    default_payment_method: Option<PaymentMethodId>,
    #[serde(default)]
    status: Option<String>,
    #[serde(default, deserialize_with = "json::text_map")]
    metadata: BTreeMap<String, String>,
    /// Only in the response to a cancellation.
    #[serde(default)]
    deleted: Option<bool>,
}

impl ProviderMessage for WireSubscription {
    const DECIDING: &'static [&'static str] = &["id", "status"];
}

const CREATE_SUBSCRIPTION: Operation = Operation::move_money("create_subscription").stable_id("create_subscription");
const UPDATE_SUBSCRIPTION: Operation = Operation::move_money("update_subscription").stable_id("update_subscription");
/// Cancelling moves no money. An unknown outcome leaves open whether the customer is still charged.
const CANCEL_SUBSCRIPTION: Operation = Operation::write("cancel_subscription");
