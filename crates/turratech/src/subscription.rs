use std::collections::BTreeMap;

use payments_core::id::check_id;
use payments_core::json::{self, DecodeError, RawJson};
use payments_core::provider::Operation;
use payments_core::request::{Path, RequestBuilder};
use payments_core::{Call, Keyed, ValidationError, check_length, string_newtype};
use serde::ser::SerializeMap;
use serde::{Deserialize, Serialize};

use crate::client::Client;
use crate::customer::{CustomerId, deleted};
use crate::parameters::{
    Body, Extra, Parameters, check, check_metadata, entry, extra_setter, metadata_setter, not_empty, post,
};
use crate::payment_method::PaymentMethodId;
use crate::shown::debug_masked;
use crate::wire::{metadata, same, same_id};

string_newtype! {
    /// TurraTech's id of a subscription.
    pub struct SubscriptionId("subscription"): |text| check_id("subscription", text);
}

string_newtype! {
    /// What is subscribed to, such as `price_pro_monthly`.
    ///
    /// The document has no calls that make prices.
    pub struct PriceId("price"): |text| check_length("price", text, 255);
}

/// One thing that is subscribed to.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "an item is nothing by itself"]
pub struct SubscriptionItem {
    price: PriceId,
    quantity: Option<u32>,
    extra: Extra,
}

impl SubscriptionItem {
    /// At this price.
    pub fn new(price: PriceId) -> Self {
        Self { price, quantity: None, extra: Extra::default() }
    }

    /// So many of it.
    pub fn quantity(mut self, quantity: u32) -> Self {
        self.quantity = Some(quantity);
        self
    }

    extra_setter!();
}

impl Parameters for SubscriptionItem {
    const NAMES: &'static [&'static str] = &["price", "quantity"];

    fn check(&self) -> Result<(), ValidationError> {
        Ok(())
    }

    fn extra(&self) -> &Extra {
        &self.extra
    }

    fn members<M: SerializeMap>(&self, members: &mut M) -> Result<(), M::Error> {
        members.serialize_entry("price", &self.price)?;
        entry(members, "quantity", self.quantity.as_ref())
    }
}

/// A subscription to be created.
///
/// Customer and first item are in the constructor, the rest are setters.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "a subscription is not created until it is sent"]
pub struct NewSubscription {
    customer: CustomerId,
    trial_period_days: Option<u32>,
    terms: SubscriptionUpdate,
}

impl NewSubscription {
    /// Of this customer, to this.
    pub fn new(customer: CustomerId, item: SubscriptionItem) -> Self {
        Self { customer, trial_period_days: None, terms: SubscriptionUpdate::new().item(item) }
    }

    /// And to this.
    pub fn item(mut self, item: SubscriptionItem) -> Self {
        self.terms = self.terms.item(item);
        self
    }

    /// How many days are free before the first charge.
    pub fn trial_period_days(mut self, days: u32) -> Self {
        self.trial_period_days = Some(days);
        self
    }

    /// Whether it ends with the current period.
    pub fn cancel_at_period_end(mut self, cancel: bool) -> Self {
        self.terms = self.terms.cancel_at_period_end(cancel);
        self
    }

    /// What it is paid with.
    pub fn default_payment_method(mut self, id: PaymentMethodId) -> Self {
        self.terms = self.terms.default_payment_method(id);
        self
    }

    /// One more key and value to be stored with the object.
    pub fn metadata(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.terms = self.terms.metadata(name, value);
        self
    }

    /// A parameter that the document leaves open, by its name.
    ///
    /// One that has a setter of its own is not overridden, as everywhere.
    pub fn extra(mut self, name: impl Into<String>, value: impl Serialize) -> Self {
        self.terms = self.terms.extra(name, value);
        self
    }
}

impl Parameters for NewSubscription {
    const NAMES: &'static [&'static str] =
        &["customer", "items", "trial_period_days", "cancel_at_period_end", "default_payment_method", "metadata"];

    fn check(&self) -> Result<(), ValidationError> {
        self.terms.check()
    }

    fn extra(&self) -> &Extra {
        &self.terms.extra
    }

    fn members<M: SerializeMap>(&self, members: &mut M) -> Result<(), M::Error> {
        members.serialize_entry("customer", &self.customer)?;
        entry(members, "trial_period_days", self.trial_period_days.as_ref())?;
        self.terms.members(members)
    }
}

/// What changes in a subscription: plan, quantity and the like (documented).
///
/// By which parameters is inferred. It changes what is set here and leaves the rest. How an item that is there
/// already is named, the document does not say: [`SubscriptionItem::extra`] takes whatever does.
#[derive(Clone, Default, PartialEq, Eq)]
#[must_use = "a subscription is not changed until it is sent"]
pub struct SubscriptionUpdate {
    items: Vec<SubscriptionItem>,
    cancel_at_period_end: Option<bool>,
    default_payment_method: Option<PaymentMethodId>,
    metadata: BTreeMap<String, String>,
    extra: Extra,
}

debug_masked!(SubscriptionUpdate { items, cancel_at_period_end, default_payment_method, extra } free { metadata });

impl SubscriptionUpdate {
    /// Nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// One more thing that is subscribed to.
    pub fn item(mut self, item: SubscriptionItem) -> Self {
        self.items.push(item);
        self
    }

    /// Whether it ends with the current period.
    pub fn cancel_at_period_end(mut self, cancel: bool) -> Self {
        self.cancel_at_period_end = Some(cancel);
        self
    }

    /// What it is paid with.
    pub fn default_payment_method(mut self, id: PaymentMethodId) -> Self {
        self.default_payment_method = Some(id);
        self
    }

    metadata_setter!();

    extra_setter!();
}

impl Parameters for SubscriptionUpdate {
    const NAMES: &'static [&'static str] = &["items", "cancel_at_period_end", "default_payment_method", "metadata"];

    fn check(&self) -> Result<(), ValidationError> {
        check_metadata(&self.metadata)?;
        self.items.iter().try_for_each(check)
    }

    fn extra(&self) -> &Extra {
        &self.extra
    }

    fn members<M: SerializeMap>(&self, members: &mut M) -> Result<(), M::Error> {
        if !self.items.is_empty() {
            members.serialize_entry("items", &self.items.iter().map(Body).collect::<Vec<_>>())?;
        }
        entry(members, "cancel_at_period_end", self.cancel_at_period_end.as_ref())?;
        entry(members, "default_payment_method", self.default_payment_method.as_ref())?;
        entry(members, "metadata", not_empty(&self.metadata))
    }
}

/// A subscription. The document shows no such object: all but the id is inferred from what is sent.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Subscription {
    /// TurraTech's id.
    pub id: SubscriptionId,
    /// Whose it is.
    pub customer: Option<CustomerId>,
    /// What is subscribed to, as it came.
    ///
    /// The document does not say in what form.
    pub items: Option<RawJson>,
    /// How many days were free before the first charge.
    pub trial_period_days: Option<u32>,
    /// Whether it ends with the current period.
    pub cancel_at_period_end: Option<bool>,
    /// What it is paid with.
    pub default_payment_method: Option<PaymentMethodId>,
    /// Where it stands, if it says so: the document names no statuses.
    pub status: Option<String>,
    /// What the merchant stored with it, by name in alphabetical order.
    pub metadata: BTreeMap<String, String>,
    /// The object as it came, with what is not named here. It is not serialized with the rest.
    #[serde(skip)]
    pub raw: RawJson,
}

debug_masked!(Subscription {
    id, customer, items, trial_period_days, cancel_at_period_end, default_payment_method, raw
} free {
    status, metadata
});

impl Subscription {
    pub(crate) fn read(raw: RawJson) -> Result<Self, DecodeError> {
        let wire: WireSubscription = raw.decode_object()?;
        Ok(Self {
            id: wire.id,
            customer: wire.customer,
            items: wire.items,
            trial_period_days: wire.trial_period_days,
            cancel_at_period_end: wire.cancel_at_period_end,
            default_payment_method: wire.default_payment_method,
            status: wire.status,
            metadata: wire.metadata,
            raw,
        })
    }
}

/// What became of a cancellation.
///
/// TurraTech's answer is not documented, and either form is taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub enum CancelledSubscription {
    /// The subscription, as the answer shows it.
    ///
    /// That TurraTech took the cancellation is certain; that it charges no more is not. Its status may still say that
    /// it is active, and until when it runs the document does not say: look at [`Subscription::status`], and wait for
    /// the event `subscription.deleted` before the customer is told.
    Subscription(Subscription),
    /// A note that it is no more.
    Deleted(SubscriptionId),
}

impl CancelledSubscription {
    /// The id of the subscription.
    #[must_use]
    pub fn id(&self) -> &SubscriptionId {
        match self {
            Self::Subscription(subscription) => &subscription.id,
            Self::Deleted(id) => id,
        }
    }
}

impl Client {
    /// Creates a subscription. **This moves money**: the first charge, unless there is a trial.
    ///
    /// A subscription cannot be looked up. After an unknown outcome, the same call under the same key within 24 hours
    /// tells what became of it (inferred: the document says only that a request can be retried safely). After that,
    /// nothing does, but perhaps the event `subscription.created`.
    pub fn create_subscription(&self, subscription: NewSubscription) -> Call<Subscription, Keyed> {
        let customer = subscription.customer.clone();
        let request = self.private(|| post(Path::new("subscriptions"), subscription));
        self.connection.auto_keyed_call(CREATE_SUBSCRIPTION, request, move |raw: RawJson| {
            let subscription = Subscription::read(raw)?;
            same("customer", subscription.customer.as_ref(), Some(&customer)).map(|()| subscription)
        })
    }

    /// Changes a subscription. **This moves money**: another plan or quantity may be charged for at once.
    ///
    /// After an unknown outcome: as [`Client::create_subscription`].
    pub fn update_subscription(&self, id: &SubscriptionId, update: SubscriptionUpdate) -> Call<Subscription, Keyed> {
        let request = self.private(|| post(Path::new("subscriptions").segment(id), update));
        let id = id.clone();
        self.connection.auto_keyed_call(UPDATE_SUBSCRIPTION, request, move |raw: RawJson| {
            let subscription = Subscription::read(raw)?;
            same_id(&subscription.id, &id).map(|()| subscription)
        })
    }

    /// Cancels a subscription: it charges no more.
    ///
    /// It moves no money, but its outcome matters: while that is unknown, the customer may go on being charged. There
    /// is no key for it (inferred) and no looking up, so it is not sent again by itself and no call finds out. The
    /// event `subscription.deleted` does, if it was done; that none came proves nothing.
    pub fn cancel_subscription(&self, id: &SubscriptionId) -> Call<CancelledSubscription> {
        let request =
            self.private(|| Ok(RequestBuilder::delete(Path::new("subscriptions").segment(id)).log_as(id.clone())));
        let id = id.clone();
        self.connection.call(CANCEL_SUBSCRIPTION, request, move |raw: RawJson| {
            let note: WireCancelled = raw.decode()?;
            let subscription = Subscription::read(raw)?;
            same_id(&subscription.id, &id)?;
            match note.deleted {
                Some(said) => deleted(said).map(|()| CancelledSubscription::Deleted(subscription.id)),
                None => Ok(CancelledSubscription::Subscription(subscription)),
            }
        })
    }
}

#[derive(Deserialize)]
struct WireSubscription {
    id: SubscriptionId,
    #[serde(default, deserialize_with = "json::none_if_empty")]
    customer: Option<CustomerId>,
    #[serde(default)]
    items: Option<RawJson>,
    #[serde(default)]
    trial_period_days: Option<u32>,
    #[serde(default)]
    cancel_at_period_end: Option<bool>,
    #[serde(default, deserialize_with = "json::none_if_empty")]
    default_payment_method: Option<PaymentMethodId>,
    #[serde(default)]
    status: Option<String>,
    #[serde(default, deserialize_with = "metadata")]
    metadata: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct WireCancelled {
    #[serde(default)]
    deleted: Option<bool>,
}

const CREATE_SUBSCRIPTION: Operation = Operation::move_money("create_subscription").stable_id("create_subscription");
const UPDATE_SUBSCRIPTION: Operation = Operation::move_money("update_subscription").stable_id("update_subscription");
/// It takes nothing and pays nothing out; what it leaves unknown is whether charges go on.
const CANCEL_SUBSCRIPTION: Operation = Operation::write("cancel_subscription");
