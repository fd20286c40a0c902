use std::net::{IpAddr, SocketAddr};

use payments_core::json::JsonNumber;
use payments_core::{Argument, Card, Currency, Extra, Money, ValidationError, check_length, extra_setter};
use serde::Serialize;

use crate::amount::wire_amount;
use crate::id::{CustomerId, MerchantOrderId, UNLIMITED};

/// A card payment to create or to pre-authorize.
///
/// ```
/// use card3ds::{Card, Currency, Expiry, Money, NewPayment};
///
/// let card = Card::new("John Doe", "5421190122090656".parse()?, Expiry::new(4, 2028)?, "916".parse()?);
/// let customer_address = "198.51.100.7:52144".parse()?;
/// let payment = NewPayment::new("ORD-12345", Money::parse("100.50", Currency::TRY)?, card, customer_address)
///     .customer("CUST-12345");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "a payment is created only when it is sent"]
pub struct NewPayment {
    pub(crate) order_id: Argument<MerchantOrderId>,
    pub(crate) amount: Money,
    card: Card,
    requested_from: SocketAddr,
    customer: Option<Argument<CustomerId>>,
    pub(crate) extra: Extra,
}

impl NewPayment {
    /// Creates a payment. `requested_from` is the IP address and port of the customer's device (inferred).
    ///
    /// The document calls it "the client making the request". Behind a proxy, pass the address that the proxy reports,
    /// not the proxy's own.
    pub fn new(
        order_id: impl Into<Argument<MerchantOrderId>>,
        amount: Money,
        card: Card,
        requested_from: SocketAddr,
    ) -> Self {
        Self { order_id: order_id.into(), amount, card, requested_from, customer: None, extra: Extra::default() }
    }

    /// Sets the merchant's own id of the customer.
    pub fn customer(mut self, customer: impl Into<Argument<CustomerId>>) -> Self {
        self.customer = Some(customer.into());
        self
    }

    extra_setter!();

    /// Returns the merchant's order id.
    ///
    /// # Errors
    ///
    /// Returns an error if it was created from an invalid text.
    pub fn order_id(&self) -> Result<&MerchantOrderId, ValidationError> {
        self.order_id.get()
    }

    /// The amount.
    #[must_use]
    pub fn amount(&self) -> Money {
        self.amount
    }

    /// The names of the members of a payment without 3-D Secure.
    pub(crate) const TYPED: &[&str] = &[
        "orderId",
        "amount",
        "currency",
        "cardHolderName",
        "pan",
        "expiryMonth",
        "expiryYear",
        "cvv",
        "requestIp",
        "requestPort",
        "customerId",
    ];

    /// Validates the payment and returns its wire form.
    pub(crate) fn wire(&self) -> Result<WireNewPayment<'_>, ValidationError> {
        let amount = wire_amount(self.amount)?;
        check_length("holder", self.card.holder(), UNLIMITED)?;
        if self.requested_from.port() == 0 {
            return Err(ValidationError::new("requested_from", "must have a port from 1 to 65535"));
        }
        let expiry = self.card.expiry();
        Ok(WireNewPayment {
            order_id: self.order_id.get()?,
            amount,
            currency: self.amount.currency(),
            installment_count: None,
            interest_paid_by_customer: None,
            card_holder_name: self.card.holder(),
            pan: self.card.number().expose(),
            expiry_month: format!("{:02}", expiry.month()),
            expiry_year: format!("{:02}", expiry.year() % 100),
            cvv: self.card.security_code().expose(),
            success_url: None,
            failure_url: None,
            // A dual-stack server sees IPv4 addresses as IPv6 addresses.
            request_ip: self.requested_from.ip().to_canonical(),
            request_port: self.requested_from.port(),
            customer_id: Argument::get_optional(self.customer.as_ref())?,
        })
    }
}

/// A payment's wire form, in the document's order. 3-D Secure fills in its own members.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct WireNewPayment<'a> {
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
