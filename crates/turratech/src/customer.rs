use std::collections::BTreeMap;

use payments_core::id::check_id;
use payments_core::json::{self, DecodeError, RawJson};
use payments_core::provider::Operation;
use payments_core::request::{Path, RequestBuilder};
use payments_core::{Call, Keyed, Pager, ValidationError, string_newtype};
use serde::ser::SerializeMap;
use serde::{Deserialize, Serialize};

use crate::client::Client;
use crate::list::{ListParams, pager};
use crate::parameters::{
    Body, Extra, Parameters, check, check_metadata, entry, extra_setter, metadata_setter, not_empty, post,
};
use crate::payment_method::PaymentMethodId;
use crate::shown::debug_masked;
use crate::wire::{metadata, same_id};

string_newtype! {
    /// TurraTech's id of a customer, such as `cus_ABC123`.
    pub struct CustomerId("customer"): |text| check_id("customer", text);
}

/// A customer's details, to create or to update one. Nothing is required.
///
/// That an update takes what a creation takes is inferred. It changes what is set here and leaves the rest.
#[derive(Clone, Default, PartialEq, Eq)]
#[must_use = "a customer is not created until it is sent"]
pub struct CustomerDetails {
    email: Option<String>,
    name: Option<String>,
    phone: Option<String>,
    description: Option<String>,
    address: Option<Address>,
    shipping: Extra,
    metadata: BTreeMap<String, String>,
    payment_method: Option<PaymentMethodId>,
    extra: Extra,
}

debug_masked!(CustomerDetails {
    address, shipping, payment_method, extra
} free {
    email, name, phone, description, metadata
});

impl CustomerDetails {
    /// None yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// The e-mail address.
    pub fn email(mut self, email: impl Into<String>) -> Self {
        self.email = Some(email.into());
        self
    }

    /// The full name.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// The phone number.
    pub fn phone(mut self, phone: impl Into<String>) -> Self {
        self.phone = Some(phone.into());
        self
    }

    /// Words of the merchant's own.
    pub fn description(mut self, text: impl Into<String>) -> Self {
        self.description = Some(text.into());
        self
    }

    /// The billing address.
    pub fn address(mut self, address: Address) -> Self {
        self.address = Some(address);
        self
    }

    /// One member of the shipping information, by its name.
    ///
    /// The document says only that it is an object.
    pub fn shipping(mut self, name: impl Into<String>, value: impl Serialize) -> Self {
        self.shipping.put(name.into(), &value);
        self
    }

    metadata_setter!();

    /// A payment method to be attached to the customer.
    pub fn payment_method(mut self, id: PaymentMethodId) -> Self {
        self.payment_method = Some(id);
        self
    }

    extra_setter!();
}

impl Parameters for CustomerDetails {
    const NAMES: &'static [&'static str] =
        &["email", "name", "phone", "description", "address", "shipping", "metadata", "payment_method"];

    fn check(&self) -> Result<(), ValidationError> {
        check_metadata(&self.metadata)?;
        self.shipping.check(&[])?;
        self.address.as_ref().map_or(Ok(()), check)
    }

    fn extra(&self) -> &Extra {
        &self.extra
    }

    fn members<M: SerializeMap>(&self, members: &mut M) -> Result<(), M::Error> {
        entry(members, "email", self.email.as_ref())?;
        entry(members, "name", self.name.as_ref())?;
        entry(members, "phone", self.phone.as_ref())?;
        entry(members, "description", self.description.as_ref())?;
        entry(members, "address", self.address.as_ref().map(Body).as_ref())?;
        entry(members, "shipping", self.shipping.if_any())?;
        entry(members, "metadata", not_empty(&self.metadata))?;
        entry(members, "payment_method", self.payment_method.as_ref())
    }
}

/// A billing address: the members that the document's example shows, and others by name.
#[derive(Clone, Default, PartialEq, Eq)]
#[must_use = "an address is nothing by itself"]
pub struct Address {
    line1: Option<String>,
    city: Option<String>,
    postal_code: Option<String>,
    country: Option<String>,
    extra: Extra,
}

debug_masked!(Address { extra } free { line1, city, postal_code, country });

impl Address {
    /// Nowhere yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// House and street.
    pub fn line1(mut self, line: impl Into<String>) -> Self {
        self.line1 = Some(line.into());
        self
    }

    /// The city.
    pub fn city(mut self, city: impl Into<String>) -> Self {
        self.city = Some(city.into());
        self
    }

    /// The postal code.
    pub fn postal_code(mut self, code: impl Into<String>) -> Self {
        self.postal_code = Some(code.into());
        self
    }

    /// The country, as in the document's example: `GB`.
    pub fn country(mut self, country: impl Into<String>) -> Self {
        self.country = Some(country.into());
        self
    }

    extra_setter!();
}

impl Parameters for Address {
    const NAMES: &'static [&'static str] = &["line1", "city", "postal_code", "country"];

    fn check(&self) -> Result<(), ValidationError> {
        Ok(())
    }

    fn extra(&self) -> &Extra {
        &self.extra
    }

    fn members<M: SerializeMap>(&self, members: &mut M) -> Result<(), M::Error> {
        entry(members, "line1", self.line1.as_ref())?;
        entry(members, "city", self.city.as_ref())?;
        entry(members, "postal_code", self.postal_code.as_ref())?;
        entry(members, "country", self.country.as_ref())
    }
}

/// A customer. The document shows no such object: all but the id is inferred from what is sent.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Customer {
    /// TurraTech's id.
    pub id: CustomerId,
    /// The e-mail address.
    pub email: Option<String>,
    /// The full name.
    pub name: Option<String>,
    /// The phone number.
    pub phone: Option<String>,
    /// The merchant's words.
    pub description: Option<String>,
    /// The billing address, as it came.
    pub address: Option<RawJson>,
    /// The shipping information, as it came.
    pub shipping: Option<RawJson>,
    /// What the merchant stored with it, by name in alphabetical order.
    pub metadata: BTreeMap<String, String>,
    /// The payment method that was attached.
    pub payment_method: Option<PaymentMethodId>,
    /// Where it stands, if it says so.
    pub status: Option<String>,
    /// The object as it came, with what is not named here. It is not serialized with the rest.
    #[serde(skip)]
    pub raw: RawJson,
}

debug_masked!(Customer {
    id, address, shipping, payment_method, raw
} free {
    email, name, phone, description, metadata, status
});

impl Customer {
    pub(crate) fn read(raw: RawJson) -> Result<Self, DecodeError> {
        let wire: WireCustomer = raw.decode_object()?;
        Ok(Self {
            id: wire.id,
            email: wire.email,
            name: wire.name,
            phone: wire.phone,
            description: wire.description,
            address: wire.address,
            shipping: wire.shipping,
            metadata: wire.metadata,
            payment_method: wire.payment_method,
            status: wire.status,
            raw,
        })
    }
}

impl Client {
    /// Creates a customer.
    pub fn create_customer(&self, details: CustomerDetails) -> Call<Customer, Keyed> {
        let request = self.private(|| post(Path::new("customers"), details));
        self.connection.auto_keyed_call(CREATE_CUSTOMER, request, Customer::read)
    }

    /// A customer.
    pub fn retrieve_customer(&self, id: &CustomerId) -> Call<Customer> {
        let request = self.private(|| Ok(RequestBuilder::get(Path::new("customers").segment(id)).log_as(id.clone())));
        self.connection.call(RETRIEVE_CUSTOMER, request, reads_customer(id))
    }

    /// Changes a customer's details: those that are set, and no others.
    pub fn update_customer(&self, id: &CustomerId, details: CustomerDetails) -> Call<Customer, Keyed> {
        let request = self.private(|| post(Path::new("customers").segment(id), details));
        self.connection.auto_keyed_call(UPDATE_CUSTOMER, request, reads_customer(id))
    }

    /// Deletes a customer with all their data, for good (documented).
    ///
    /// There is no key for it (inferred: the document shows one on a POST), so it is not sent again after an unknown
    /// outcome. Look then: a customer that [`Client::retrieve_customer`] does not find is deleted.
    pub fn delete_customer(&self, id: &CustomerId) -> Call<DeletedCustomer> {
        let request =
            self.private(|| Ok(RequestBuilder::delete(Path::new("customers").segment(id)).log_as(id.clone())));
        let asked = id.clone();
        self.connection.call(DELETE_CUSTOMER, request, move |wire: WireDeleted<CustomerId>| {
            same_id(&wire.id, &asked)?;
            deleted(wire.deleted).map(|()| DeletedCustomer { id: wire.id })
        })
    }

    /// All customers, the newest first (inferred).
    pub fn list_customers(&self, list: ListParams<CustomerId>) -> Pager<Customer> {
        pager(self, LIST_CUSTOMERS, "customers", list, |customer: &Customer| customer.id.as_str(), Customer::read)
    }
}

/// A customer that is no more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct DeletedCustomer {
    /// The id it had.
    pub id: CustomerId,
}

fn reads_customer(id: &CustomerId) -> impl Fn(RawJson) -> Result<Customer, DecodeError> + Send + Sync + 'static {
    let id = id.clone();
    move |raw| {
        let customer = Customer::read(raw)?;
        same_id(&customer.id, &id).map(|()| customer)
    }
}

/// What a DELETE answers: `{id, object, deleted}` (inferred).
#[derive(Deserialize)]
pub(crate) struct WireDeleted<I> {
    pub(crate) id: I,
    pub(crate) deleted: bool,
}

/// A success that says "not deleted" contradicts itself.
pub(crate) fn deleted(deleted: bool) -> Result<(), DecodeError> {
    if deleted { Ok(()) } else { Err(DecodeError::new("deleted", "is false under a success")) }
}

#[derive(Deserialize)]
struct WireCustomer {
    id: CustomerId,
    #[serde(default)]
    email: Option<String>,
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    phone: Option<String>,
    #[serde(default)]
    description: Option<String>,
    #[serde(default)]
    address: Option<RawJson>,
    #[serde(default)]
    shipping: Option<RawJson>,
    #[serde(default, deserialize_with = "metadata")]
    metadata: BTreeMap<String, String>,
    #[serde(default, deserialize_with = "json::none_if_empty")]
    payment_method: Option<PaymentMethodId>,
    #[serde(default)]
    status: Option<String>,
}

const CREATE_CUSTOMER: Operation = Operation::write("create_customer").stable_id("create_customer");
const RETRIEVE_CUSTOMER: Operation = Operation::read("retrieve_customer");
const UPDATE_CUSTOMER: Operation = Operation::write("update_customer").stable_id("update_customer");
const DELETE_CUSTOMER: Operation = Operation::write("delete_customer");
const LIST_CUSTOMERS: Operation = Operation::read("list_customers");
