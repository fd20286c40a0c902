use payments_core::id::check_url;
use payments_core::json::JsonNumber;
use payments_core::request::{Path, RequestBuilder};
use payments_core::{Argument, Error, Extra, Money, ValidationError, extra_setter};
use serde::Serialize;

use crate::amount::whole_rupees;
use crate::id::MerchantOrderId;

/// The parameters of a transaction to initiate.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "a transaction is not initiated until it is sent"]
pub struct NewTransaction {
    pub(crate) order_id: Argument<MerchantOrderId>,
    pub(crate) amount: Money,
    return_url: String,
    extra: Extra,
}

impl NewTransaction {
    /// Creates a transaction for this order.
    ///
    /// - `amount` is in whole rupees: decimals are not allowed (*documented*). An amount with paise is rejected before
    ///   anything is sent.
    /// - `return_url` is where the customer returns to after the payment: `http` or `https`, at most 2,048 characters.
    pub fn new(order_id: impl Into<Argument<MerchantOrderId>>, amount: Money, return_url: impl Into<String>) -> Self {
        Self { order_id: order_id.into(), amount, return_url: return_url.into(), extra: Extra::default() }
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

    /// The URL that the customer returns to.
    #[must_use]
    pub fn return_url(&self) -> &str {
        &self.return_url
    }

    pub(crate) fn into_request(self) -> Result<RequestBuilder, Error> {
        check_url("return_url", &self.return_url, LONGEST_RETURN_URL)?;
        let amount = whole_rupees(self.amount)?;
        let body = WireNewTransaction { order_id: self.order_id.get()?, amount, return_url: &self.return_url };
        let path = Path::new("turbo-svc/api/v1/transaction/ext/v2/amt/initiate-s2s");
        let request = RequestBuilder::post(path).json_with(&body, &["orderId", "amount", "returnUrl"], &self.extra)?;
        Ok(request.log_as(self))
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct WireNewTransaction<'a> {
    order_id: &'a MerchantOrderId,
    amount: JsonNumber,
    return_url: &'a str,
}

/// The longest return URL in characters (*inferred*). No limit is documented, and not all browsers support longer URLs.
const LONGEST_RETURN_URL: usize = 2048;
