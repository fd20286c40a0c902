//! Customers.

use serde_json::{Map, Value, json};

use super::effects::Call;
use super::engine::TurraTechEngine;
use super::params::Params;
use super::responses::ErrorResponse;
use crate::http::Response;
use crate::ledger::EntryKind;

/// A customer.
#[derive(Debug, Clone)]
pub(crate) struct Customer {
    id: String,
    pub(crate) reference: String,
    details: Details,
    metadata: Map<String, Value>,
    /// The payment method that was named last in a create or update request.
    method: Option<String>,
    /// All attached payment methods.
    pub(crate) methods: Vec<String>,
    pub(crate) subscriptions: Vec<String>,
    created: i64,
}

/// The details that the merchant sets.
#[derive(Debug, Clone)]
struct Details {
    email: Option<String>,
    name: Option<String>,
    phone: Option<String>,
    description: Option<String>,
    address: Option<Value>,
    shipping: Option<Value>,
}

impl Details {
    fn read(params: &Params) -> Result<Self, ErrorResponse> {
        Ok(Self {
            email: params.text("email")?,
            name: params.text("name")?,
            phone: params.text("phone")?,
            description: params.text("description")?,
            address: params.object("address")?,
            shipping: params.object("shipping")?,
        })
    }

    /// Fills missing details from the known ones.
    fn or(self, known: Self) -> Self {
        Self {
            email: self.email.or(known.email),
            name: self.name.or(known.name),
            phone: self.phone.or(known.phone),
            description: self.description.or(known.description),
            address: self.address.or(known.address),
            shipping: self.shipping.or(known.shipping),
        }
    }
}

impl Customer {
    fn value(&self) -> Value {
        json!({
            "id": self.id,
            "object": "customer",
            "email": self.details.email,
            "name": self.details.name,
            "phone": self.details.phone,
            "description": self.details.description,
            "address": self.details.address,
            "shipping": self.details.shipping,
            "payment_method": self.method,
            "created": self.created,
            "livemode": false,
            "metadata": self.metadata,
        })
    }

    /// The payment method of a charge that names none.
    pub(crate) fn default_method(&self) -> Option<&String> {
        self.method.as_ref().or(self.methods.first())
    }

    pub(crate) fn forget_method(&mut self, id: &str) {
        self.methods.retain(|method| method != id);
        self.method.take_if(|method| method == id);
    }
}

impl TurraTechEngine {
    pub(super) fn create_customer(&mut self, call: &Call<'_>, params: &Params) -> Result<Response, ErrorResponse> {
        let details = Details::read(params)?;
        let metadata = params.metadata()?.unwrap_or_default();
        let method = self.read_attachable_method(params, None)?;
        let id = self.effects.id("cus");
        let customer = Customer {
            id: id.clone(),
            reference: call.reference(&metadata, &id),
            details,
            metadata,
            method: None,
            methods: Vec::new(),
            subscriptions: Vec::new(),
            created: call.now.unix_timestamp(),
        };
        self.effects.record(call, &customer.reference, EntryKind::Executed, 0, "");
        self.customers.insert(&id, customer);
        let customer = self.with_method(&id, method, call)?;
        let (reference, customer) = (customer.reference.clone(), customer.value());
        self.effects.send_event(call, &reference, "customer.created", &customer);
        Ok(Response::json(201, &customer))
    }

    pub(super) fn update_customer(&mut self, call: &Call<'_>, params: &Params) -> Result<Response, ErrorResponse> {
        if self.customers.get(call.id).is_none() {
            return Err(ErrorResponse::not_found("customer", call.id));
        }
        let details = Details::read(params)?;
        let metadata = params.metadata()?.unwrap_or_default();
        let method = self.read_attachable_method(params, Some(call.id))?;
        let customer = self.with_method(call.id, method, call)?;
        customer.details = details.or(customer.details.clone());
        merge(&mut customer.metadata, metadata);
        let (reference, response) = (customer.reference.clone(), Response::json(200, &customer.value()));
        self.effects.record_done(call, &reference);
        Ok(response)
    }

    pub(super) fn retrieve_customer(&self, call: &Call<'_>) -> Result<Response, ErrorResponse> {
        let customer = self.customers.get(call.id).ok_or_else(|| ErrorResponse::not_found("customer", call.id))?;
        Ok(Response::json(200, &customer.value()))
    }

    pub(super) fn list_customers(&self, params: &Params) -> Result<Response, ErrorResponse> {
        Ok(Response::json(200, &self.customers.page(&params.page()?, "/v1/customers", Customer::value)?))
    }

    /// Deletes the customer with all their data: removes payment methods, cancels subscriptions.
    pub(super) fn delete_customer(&mut self, call: &Call<'_>) -> Result<Response, ErrorResponse> {
        let customer = self.customers.remove(call.id).ok_or_else(|| ErrorResponse::not_found("customer", call.id))?;
        for method in &customer.methods {
            self.methods.remove(method);
        }
        self.effects.record_done(call, &customer.reference);
        for subscription in &customer.subscriptions {
            self.end_subscription(subscription, call);
        }
        Ok(Response::json(200, &json!({"id": call.id, "object": "customer", "deleted": true})))
    }

    /// Reads the payment method to attach, and checks that it can be attached.
    fn read_attachable_method(&self, params: &Params, customer: Option<&str>) -> Result<Option<String>, ErrorResponse> {
        let Some(id) = params.text("payment_method")? else { return Ok(None) };
        let owner = self.instrument(&id, "payment_method")?.customer;
        if owner.is_some() && owner.as_deref() != customer {
            let message = "The payment method is attached to another customer.".to_owned();
            return Err(ErrorResponse::invalid_state(
                "payment_method_unexpected_state",
                message,
                Some("payment_method"),
            ));
        }
        Ok(Some(id))
    }

    /// Attaches a payment method if there is one, and returns the customer.
    fn with_method(
        &mut self,
        id: &str,
        method: Option<String>,
        call: &Call<'_>,
    ) -> Result<&mut Customer, ErrorResponse> {
        let method = method.map(|method| self.attach(&method, id, Some("payment_method"), call)).transpose()?;
        let customer = self.customers.get_mut(id).ok_or_else(|| ErrorResponse::not_found("customer", id))?;
        if method.is_some() {
            customer.method = method;
        }
        Ok(customer)
    }
}

/// Merges new entries into metadata. An empty string removes an entry.
pub(crate) fn merge(metadata: &mut Map<String, Value>, new: Map<String, Value>) {
    for (name, value) in new {
        if value.as_str() == Some("") {
            metadata.remove(&name);
        } else {
            metadata.insert(name, value);
        }
    }
}
