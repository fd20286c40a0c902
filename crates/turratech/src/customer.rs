use std::collections::{BTreeMap, BTreeSet};

use payments_core::json::{self, DecodeError, ProviderMessage, RawJson, Read, UnreadableItem, UnreadableMembers};
use payments_core::provider::Operation;
use payments_core::request::{Path, RequestBuilder};
use payments_core::stored::{Stored, StoredAs};
use payments_core::{Argument, Call, Extra, Keyed, Pager, ValidationError, extra_setter};
use serde::ser::SerializeMap;
use serde::{Deserialize, Serialize};

use crate::client::Client;
use crate::expect::expect_deleted;
use crate::fields::reference;
use crate::id::{CustomerId, PaymentMethodId};
use crate::list::{ListParams, pager};
use crate::masked_debug::masked_debug;
use crate::metadata::{self, metadata_setter};
use crate::request_body::{JsonObject, Parameters, check, check_cleared, post, serialize_some};

/// The details of a customer, for creating or updating one. All are optional.
///
/// An update accepts the same parameters as a creation (inferred). It changes only the details that are set or
/// [cleared](Self::clear).
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
    payment_method: Option<Argument<PaymentMethodId>>,
    cleared: BTreeSet<CustomerField>,
    extra: Extra,
}

masked_debug!(CustomerDetails {
    address, shipping, payment_method, cleared, extra
} masked {
    email, name, phone, description, metadata
});

impl CustomerDetails {
    /// Creates empty details.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the email address.
    pub fn email(mut self, email: impl Into<String>) -> Self {
        self.email = Some(email.into());
        self
    }

    /// Sets the full name.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Sets the phone number.
    pub fn phone(mut self, phone: impl Into<String>) -> Self {
        self.phone = Some(phone.into());
        self
    }

    /// Sets a description for the merchant's own use.
    pub fn description(mut self, text: impl Into<String>) -> Self {
        self.description = Some(text.into());
        self
    }

    /// Sets the billing address.
    pub fn address(mut self, address: Address) -> Self {
        self.address = Some(address);
        self
    }

    /// Adds a member of the shipping information, by name.
    ///
    /// The document says only that the shipping information is an object.
    pub fn shipping(mut self, name: impl Into<String>, value: impl Serialize) -> Self {
        self.shipping.insert(name, &value);
        self
    }

    metadata_setter!();

    /// Sets the payment method to attach to the customer.
    pub fn payment_method(mut self, id: impl Into<Argument<PaymentMethodId>>) -> Self {
        self.payment_method = Some(id.into());
        self
    }

    /// Clears a detail in an update, by sending `null` for it (inferred: the document does not say how).
    ///
    /// A detail that is both set and cleared makes the call fail before it is sent, and so does a cleared detail of a new
    /// customer.
    ///
    /// ```
    /// use turratech::{CustomerDetails, CustomerField};
    ///
    /// let details = CustomerDetails::new().email("jane@shop.example").clear(CustomerField::Phone);
    /// ```
    pub fn clear(mut self, field: CustomerField) -> Self {
        self.cleared.insert(field);
        self
    }

    extra_setter!();
}

impl Parameters for CustomerDetails {
    const RESERVED: &'static [&'static str] =
        &["email", "name", "phone", "description", "address", "shipping", "metadata", "payment_method"];

    fn check(&self) -> Result<(), ValidationError> {
        metadata::check(&self.metadata)?;
        Argument::get_optional(self.payment_method.as_ref())?;
        self.shipping.check(&[])?;
        for field in &self.cleared {
            check_cleared(field.as_str(), self.is_set(*field))?;
        }
        self.address.as_ref().map_or(Ok(()), check)
    }

    fn extra(&self) -> &Extra {
        &self.extra
    }

    fn serialize_members<M: SerializeMap>(&self, members: &mut M) -> Result<(), M::Error> {
        serialize_some(members, "email", self.email.as_ref())?;
        serialize_some(members, "name", self.name.as_ref())?;
        serialize_some(members, "phone", self.phone.as_ref())?;
        serialize_some(members, "description", self.description.as_ref())?;
        serialize_some(members, "address", self.address.as_ref().map(JsonObject).as_ref())?;
        serialize_some(members, "shipping", (!self.shipping.is_empty()).then_some(&self.shipping))?;
        serialize_some(members, "metadata", metadata::unless_empty(&self.metadata))?;
        serialize_some(members, "payment_method", self.payment_method.as_ref())?;
        self.cleared.iter().try_for_each(|field| members.serialize_entry(field.as_str(), &()))
    }
}

impl CustomerDetails {
    fn is_set(&self, field: CustomerField) -> bool {
        match field {
            CustomerField::Email => self.email.is_some(),
            CustomerField::Name => self.name.is_some(),
            CustomerField::Phone => self.phone.is_some(),
            CustomerField::Description => self.description.is_some(),
            CustomerField::Address => self.address.is_some(),
            CustomerField::Shipping => !self.shipping.is_empty(),
            CustomerField::Metadata => !self.metadata.is_empty(),
            CustomerField::PaymentMethod => self.payment_method.is_some(),
        }
    }
}

/// A detail of a customer that an update can clear: see [`CustomerDetails::clear`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum CustomerField {
    /// The email address.
    Email,
    /// The full name.
    Name,
    /// The phone number.
    Phone,
    /// The description.
    Description,
    /// The billing address.
    Address,
    /// The shipping information.
    Shipping,
    /// All metadata.
    Metadata,
    /// The attached payment method.
    PaymentMethod,
}

impl CustomerField {
    fn as_str(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Name => "name",
            Self::Phone => "phone",
            Self::Description => "description",
            Self::Address => "address",
            Self::Shipping => "shipping",
            Self::Metadata => "metadata",
            Self::PaymentMethod => "payment_method",
        }
    }
}

/// A billing address.
///
/// The setters are the members in the document's example. [`Address::extra`] sets others by name.
#[derive(Clone, Default, PartialEq, Eq)]
#[must_use = "an address has no effect until it is passed to `CustomerDetails::address`"]
pub struct Address {
    line1: Option<String>,
    city: Option<String>,
    postal_code: Option<String>,
    country: Option<String>,
    extra: Extra,
}

masked_debug!(Address { extra } masked { line1, city, postal_code, country });

impl Address {
    /// Creates an empty address.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the first line: house number and street.
    pub fn line1(mut self, line: impl Into<String>) -> Self {
        self.line1 = Some(line.into());
        self
    }

    /// Sets the city.
    pub fn city(mut self, city: impl Into<String>) -> Self {
        self.city = Some(city.into());
        self
    }

    /// Sets the postal code.
    pub fn postal_code(mut self, code: impl Into<String>) -> Self {
        self.postal_code = Some(code.into());
        self
    }

    /// Sets the country, such as `GB` in the document's example.
    pub fn country(mut self, country: impl Into<String>) -> Self {
        self.country = Some(country.into());
        self
    }

    extra_setter!();
}

impl Parameters for Address {
    const RESERVED: &'static [&'static str] = &["line1", "city", "postal_code", "country"];

    fn check(&self) -> Result<(), ValidationError> {
        Ok(())
    }

    fn extra(&self) -> &Extra {
        &self.extra
    }

    fn serialize_members<M: SerializeMap>(&self, members: &mut M) -> Result<(), M::Error> {
        serialize_some(members, "line1", self.line1.as_ref())?;
        serialize_some(members, "city", self.city.as_ref())?;
        serialize_some(members, "postal_code", self.postal_code.as_ref())?;
        serialize_some(members, "country", self.country.as_ref())
    }
}

/// A customer.
///
/// The document does not show this object. All fields except the id are inferred from the request parameters.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Customer {
    stored: StoredAs<Self>,
    /// TurraTech's id of the customer.
    pub id: CustomerId,
    /// The email address.
    pub email: Option<String>,
    /// The full name.
    pub name: Option<String>,
    /// The phone number.
    pub phone: Option<String>,
    /// The merchant's description.
    pub description: Option<String>,
    /// The billing address as received.
    #[serde(with = "json::raw_text_option")]
    pub address: Option<RawJson>,
    /// The shipping information as received.
    #[serde(with = "json::raw_text_option")]
    pub shipping: Option<RawJson>,
    /// The metadata that the merchant stored, sorted by name.
    pub metadata: BTreeMap<String, String>,
    /// The attached payment method.
    pub payment_method: Option<PaymentMethodId>,
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

impl Stored for Customer {
    const TAG: &'static str = "turratech.customer/1";
}

masked_debug!(Customer {
    stored, id, address, shipping, payment_method, raw, unreadable
} masked {
    email, name, phone, description, metadata, status
});

impl Customer {
    /// The members of the response that could not be read as expected. Usually there are none.
    #[must_use]
    pub fn unreadable_members(&self) -> &UnreadableMembers {
        &self.unreadable
    }

    pub(crate) fn read(read: Read<'_, WireCustomer>) -> Self {
        let raw = read.raw();
        let Read { value: wire, unreadable, .. } = read;
        Self {
            stored: StoredAs::new(),
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
            unreadable,
        }
    }
}

impl Client {
    /// Creates a customer.
    pub fn create_customer(&self, details: CustomerDetails) -> Call<Customer, Keyed> {
        let request = self.unless_publishable(|| match details.cleared.first() {
            Some(field) => Err(ValidationError::new(field.as_str(), "must not be cleared: the customer is new").into()),
            None => post(Path::new("customers"), details),
        });
        self.connection.auto_keyed_call(CREATE_CUSTOMER, request, |message| Ok(Customer::read(message)))
    }

    /// Retrieves a customer.
    pub fn retrieve_customer(&self, id: &CustomerId) -> Call<Customer> {
        let request =
            self.unless_publishable(|| Ok(RequestBuilder::get(Path::new("customers").segment(id)).log_as(id.clone())));
        self.connection.call(RETRIEVE_CUSTOMER, request, customer_reader(id))
    }

    /// Updates a customer: changes the details that are set or cleared and leaves the others.
    pub fn update_customer(&self, id: &CustomerId, details: CustomerDetails) -> Call<Customer, Keyed> {
        let request = self.unless_publishable(|| post(Path::new("customers").segment(id), details));
        self.connection.auto_keyed_call(UPDATE_CUSTOMER, request, customer_reader(id))
    }

    /// Deletes a customer and all their data permanently (documented).
    ///
    /// A DELETE has no idempotency key (inferred: the document shows one only on a POST). So the call is not sent again
    /// after an unknown outcome. Call [`Client::retrieve_customer`] instead: "not found" means that the customer is
    /// deleted.
    pub fn delete_customer(&self, id: &CustomerId) -> Call<DeletedCustomer> {
        let request = self
            .unless_publishable(|| Ok(RequestBuilder::delete(Path::new("customers").segment(id)).log_as(id.clone())));
        let requested = id.clone();
        self.connection.call(DELETE_CUSTOMER, request, move |message: Read<'_, WireDeletedCustomer>| {
            let wire = message.value;
            json::expect_equal("id", &wire.id, &requested)?;
            expect_deleted(wire.deleted).map(|()| DeletedCustomer { stored: StoredAs::new(), id: wire.id })
        })
    }

    /// Lists customers, newest first (inferred).
    ///
    /// A customer that cannot be read is an [`UnreadableItem`]. The others follow.
    pub fn list_customers(&self, list: ListParams<CustomerId>) -> Pager<Result<Customer, UnreadableItem>> {
        pager(self, LIST_CUSTOMERS, "customers", list, |message| Ok(Customer::read(message)))
    }
}

/// A customer that was deleted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct DeletedCustomer {
    stored: StoredAs<Self>,
    /// The id of the deleted customer.
    pub id: CustomerId,
}

impl Stored for DeletedCustomer {
    const TAG: &'static str = "turratech.deleted_customer/1";
}

/// Returns a function that reads the customer with this id and rejects any other.
fn customer_reader(
    id: &CustomerId,
) -> impl Fn(Read<'_, WireCustomer>) -> Result<Customer, DecodeError> + Send + Sync + 'static {
    let id = id.clone();
    move |message| {
        let customer = Customer::read(message);
        json::expect_equal("id", &customer.id, &id).map(|()| customer)
    }
}

/// The response to a DELETE: `{id, object, deleted}` (inferred).
#[derive(Deserialize)]
struct WireDeletedCustomer {
    id: CustomerId,
    deleted: bool,
}

impl ProviderMessage for WireDeletedCustomer {
    const DECIDING: &'static [&'static str] = &["id", "deleted"];
}

#[derive(Deserialize)]
pub(crate) struct WireCustomer {
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
    #[serde(default, deserialize_with = "json::text_map")]
    metadata: BTreeMap<String, String>,
    #[serde(default, deserialize_with = "reference")]
    payment_method: Option<PaymentMethodId>,
    #[serde(default)]
    status: Option<String>,
}

impl ProviderMessage for WireCustomer {
    const DECIDING: &'static [&'static str] = &["id"];
}

const CREATE_CUSTOMER: Operation = Operation::write("create_customer").stable_id("create_customer");
const RETRIEVE_CUSTOMER: Operation = Operation::read("retrieve_customer");
const UPDATE_CUSTOMER: Operation = Operation::write("update_customer").stable_id("update_customer");
const DELETE_CUSTOMER: Operation = Operation::write("delete_customer");
const LIST_CUSTOMERS: Operation = Operation::read("list_customers");
