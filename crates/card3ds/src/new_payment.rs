use std::net::{IpAddr, SocketAddr};

use payments_core::json::JsonNumber;
use payments_core::{Currency, Money, ValidationError};
use serde::Serialize;

use crate::amount::wire_amount;
use crate::card::Card;
use crate::id::{CustomerId, MerchantOrderId, check_filled};

/// A card payment to be made, or to be authorised first.
///
/// ```
/// use card3ds::{Card, Currency, Expiry, Money, NewPayment};
///
/// let card = Card::new("John Doe", "5421190122090656".parse()?, Expiry::new(4, 2028)?, "916".parse()?);
/// let customer_at = "198.51.100.7:52144".parse()?;
/// let payment = NewPayment::new("ORD-12345".parse()?, Money::parse("100.50", Currency::TRY)?, card, customer_at)
///     .customer("CUST-12345".parse()?);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "a payment is not made until it is sent"]
pub struct NewPayment {
    pub(crate) order: MerchantOrderId,
    pub(crate) amount: Money,
    card: Card,
    requested_from: SocketAddr,
    customer: Option<CustomerId>,
}

impl NewPayment {
    /// What the provider requires: the order, the amount, the card, and the address and port of whoever asks.
    ///
    /// The document calls the last "the client making the request": the customer's device, as the merchant's server
    /// sees it (inferred). Behind a proxy, that is what the proxy says, not the proxy.
    pub fn new(order: MerchantOrderId, amount: Money, card: Card, requested_from: SocketAddr) -> Self {
        Self { order, amount, card, requested_from, customer: None }
    }

    /// The merchant's own id of the customer.
    pub fn customer(mut self, customer: CustomerId) -> Self {
        self.customer = Some(customer);
        self
    }

    /// The merchant's tracking number.
    #[must_use]
    pub fn order_id(&self) -> &MerchantOrderId {
        &self.order
    }

    /// The amount.
    #[must_use]
    pub fn amount(&self) -> Money {
        self.amount
    }

    /// Checks it and puts it as it goes on the wire.
    pub(crate) fn wire(&self) -> Result<WirePayment<'_>, ValidationError> {
        let amount = wire_amount(self.amount)?;
        check_filled("holder", &self.card.holder)?;
        if self.requested_from.port() == 0 {
            return Err(ValidationError::new("requested_from", "must have a port from 1 to 65535"));
        }
        let expiry = self.card.expiry;
        Ok(WirePayment {
            order_id: &self.order,
            amount,
            currency: self.amount.currency(),
            installment_count: None,
            interest_paid_by_customer: None,
            card_holder_name: &self.card.holder,
            pan: self.card.number.expose(),
            expiry_month: format!("{:02}", expiry.month()),
            expiry_year: format!("{:02}", expiry.year() % 100),
            cvv: self.card.security_code.expose(),
            success_url: None,
            failure_url: None,
            // A server that listens on both protocols sees IPv4 addresses as IPv6 ones.
            request_ip: self.requested_from.ip().to_canonical(),
            request_port: self.requested_from.port(),
            customer_id: self.customer.as_ref(),
        })
    }
}

/// A payment as the provider reads it, in the document's order. What only 3-D Secure has is filled in there.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct WirePayment<'a> {
    order_id: &'a MerchantOrderId,
    amount: JsonNumber,
    currency: Currency,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) installment_count: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) interest_paid_by_customer: Option<bool>,
    card_holder_name: &'a str,
    pan: &'a str,
    expiry_month: String,
    expiry_year: String,
    cvv: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) success_url: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) failure_url: Option<&'a str>,
    request_ip: IpAddr,
    request_port: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    customer_id: Option<&'a CustomerId>,
}
