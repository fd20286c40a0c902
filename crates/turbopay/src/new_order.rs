use payments_core::json::JsonNumber;
use payments_core::{Argument, Currency, Extra, Money, ValidationError};
use serde::Serialize;

use crate::amount::wire_amount;
use crate::client::Defaults;
use crate::customer::{check_email, check_name, check_phone, check_url};
use crate::id::{MerchantCustomerId, MerchantOrderId};
use crate::method::{Method, Traffic};

/// The parameters that deposits and withdrawals share.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NewOrder {
    pub(crate) method: Method,
    pub(crate) amount: Money,
    pub(crate) merchant_order_id: Argument<MerchantOrderId>,
    pub(crate) merchant_customer_id: Argument<MerchantCustomerId>,
    pub(crate) customer_email: Option<String>,
    pub(crate) customer_phone: Option<String>,
    pub(crate) customer_name: Option<String>,
    pub(crate) status_url: Option<String>,
    pub(crate) traffic: Option<Traffic>,
    pub(crate) extra: Extra,
}

impl NewOrder {
    pub(crate) fn new(
        method: Method,
        amount: Money,
        merchant_order_id: impl Into<Argument<MerchantOrderId>>,
        merchant_customer_id: impl Into<Argument<MerchantCustomerId>>,
    ) -> Self {
        Self {
            method,
            amount,
            merchant_order_id: merchant_order_id.into(),
            merchant_customer_id: merchant_customer_id.into(),
            customer_email: None,
            customer_phone: None,
            customer_name: None,
            status_url: None,
            traffic: None,
            extra: Extra::default(),
        }
    }

    /// Checks the parameters and converts them to the wire form. The client's defaults fill the gaps.
    pub(crate) fn wire<'a>(&'a self, defaults: &'a Defaults) -> Result<WireOrder<'a>, ValidationError> {
        check_method(&self.method)?;
        let amount = wire_amount(self.amount)?;
        self.customer_email.as_deref().map(check_email).transpose()?;
        self.customer_phone.as_deref().map(check_phone).transpose()?;
        self.customer_name.as_deref().map(check_name).transpose()?;
        let status_url = required("status_url", self.status_url.as_deref(), defaults.status_url.as_deref())?;
        check_url("status_url", status_url)?;
        let traffic = required("traffic", self.traffic.as_ref(), defaults.traffic.as_ref())?;
        check_traffic(traffic)?;
        Ok(WireOrder {
            method: &self.method,
            amount,
            currency: self.amount.currency(),
            customer_email: self.customer_email.as_deref(),
            customer_phone: self.customer_phone.as_deref(),
            customer_name: self.customer_name.as_deref(),
            merchant_order_id: self.merchant_order_id.get()?,
            merchant_customer_id: self.merchant_customer_id.get()?,
            customer_bank_account: None,
            bank_code: None,
            status_url,
            redirect_url: None,
            traffic,
        })
    }
}

/// The names of the members that every new order can have.
macro_rules! typed {
    ($($more:literal),*) => {
        &[
            "method", "amount", "currency", "customer_email", "customer_phone", "customer_name", "merchant_order_id",
            "merchant_customer_id", "status_url", "traffic", $($more),*
        ]
    };
}

pub(crate) use typed;

/// A new order in TurboPay's JSON form. The members that only deposits or only withdrawals have start empty.
#[derive(Serialize)]
pub(crate) struct WireOrder<'a> {
    method: &'a Method,
    amount: JsonNumber,
    currency: Currency,
    #[serde(skip_serializing_if = "Option::is_none")]
    customer_email: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    customer_phone: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    customer_name: Option<&'a str>,
    merchant_order_id: &'a MerchantOrderId,
    merchant_customer_id: &'a MerchantCustomerId,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) customer_bank_account: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) bank_code: Option<&'a str>,
    status_url: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) redirect_url: Option<&'a str>,
    traffic: &'a Traffic,
}

/// Returns the order's own value or the client's default.
pub(crate) fn required<'a, T: ?Sized>(
    field: &'static str,
    own: Option<&'a T>,
    default: Option<&'a T>,
) -> Result<&'a T, ValidationError> {
    own.or(default)
        .ok_or_else(|| ValidationError::new(field, "is required: set it on the order, or once on the client"))
}

/// Checks that the kind of traffic is a documented one.
pub(crate) fn check_traffic(traffic: &Traffic) -> Result<(), ValidationError> {
    if matches!(traffic, Traffic::Unknown(_)) {
        return Err(ValidationError::new("traffic", "must be `ftd` or `std`"));
    }
    Ok(())
}

/// Checks a method's form. A setup sheet may list methods that are not documented; all are lower case (recorded).
fn check_method(method: &Method) -> Result<(), ValidationError> {
    let name = method.as_str();
    if !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_') {
        Ok(())
    } else {
        Err(ValidationError::new("method", "must contain only lower-case letters, digits and `_`, such as `upi`"))
    }
}

/// Adds the methods that deposits and withdrawals share to a type with a field `order: NewOrder`.
macro_rules! order_setters {
    () => {
        /// Returns the merchant's reference, by which the order can be looked up.
        ///
        /// # Errors
        ///
        /// Returns an error if it was created from an invalid text.
        pub fn merchant_order_id(&self) -> Result<&crate::MerchantOrderId, crate::ValidationError> {
            self.order.merchant_order_id.get()
        }

        /// Returns the amount.
        #[must_use]
        pub fn amount(&self) -> crate::Money {
            self.order.amount
        }

        /// Sets the customer's email address: at most 100 characters.
        pub fn customer_email(mut self, email: impl Into<String>) -> Self {
            self.order.customer_email = Some(email.into());
            self
        }

        /// Sets the customer's phone number with `+` and the country code; in India `+91` and ten digits.
        pub fn customer_phone(mut self, phone: impl Into<String>) -> Self {
            self.order.customer_phone = Some(phone.into());
            self
        }

        /// Sets the customer's full name: at most 300 characters.
        pub fn customer_name(mut self, name: impl Into<String>) -> Self {
            self.order.customer_name = Some(name.into());
            self
        }

        /// Sets the URL for this order's webhooks instead of the client's default: at most 255 characters.
        pub fn status_url(mut self, url: impl Into<String>) -> Self {
            self.order.status_url = Some(url.into());
            self
        }

        /// Sets the kind of traffic instead of the client's default.
        pub fn traffic(mut self, traffic: crate::Traffic) -> Self {
            self.order.traffic = Some(traffic);
            self
        }

        ::payments_core::extra_setter!(order);
    };
}

pub(crate) use order_setters;
