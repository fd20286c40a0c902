use payments_core::id::check_web_address;
use payments_core::json::{DecodeError, JsonNumber};
use payments_core::provider::Operation;
use payments_core::request::{Path, RequestBuilder};
use payments_core::{Call, Currency, Error, Money, Poller, ValidationError};
use serde::{Deserialize, Serialize};

use crate::amount::wire_amount;
use crate::client::Client;
use crate::id::{CheckoutId, CustomerId, MerchantOrderId, check_filled};
use crate::installment::InterestPaidBy;
use crate::payment::{Asked, Payment};

/// A payment that the customer makes on the provider's own page.
///
/// ```
/// use card3ds::{Currency, Money, NewCheckout};
///
/// let amount = Money::parse("100.50", Currency::TRY)?;
/// let callback = "https://example.com/payment-callback";
/// let checkout = NewCheckout::new("ORD-12345".parse()?, amount, "Product purchase", callback).max_installments(6);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "a checkout is not created until it is sent"]
pub struct NewCheckout {
    order: MerchantOrderId,
    amount: Money,
    description: String,
    callback: String,
    customer: Option<CustomerId>,
    max_installments: Option<u32>,
    interest_paid_by: Option<InterestPaidBy>,
}

impl NewCheckout {
    /// What the provider requires: the order, the amount, what is bought, and the web address to call afterwards.
    ///
    /// What is posted there is for [`CheckoutCallback::parse`](crate::CheckoutCallback::parse).
    pub fn new(
        order: MerchantOrderId,
        amount: Money,
        description: impl Into<String>,
        callback: impl Into<String>,
    ) -> Self {
        Self {
            order,
            amount,
            description: description.into(),
            callback: callback.into(),
            customer: None,
            max_installments: None,
            interest_paid_by: None,
        }
    }

    /// The merchant's own id of the customer.
    pub fn customer(mut self, customer: CustomerId) -> Self {
        self.customer = Some(customer);
        self
    }

    /// The most installments that the page may offer: 1 if it is not said (documented).
    ///
    /// Which it offers depends on the card and on the merchant's set-up (documented).
    pub fn max_installments(mut self, max: u32) -> Self {
        self.max_installments = Some(max);
        self
    }

    /// Who pays the interest on installments: not the customer, if it is not said (documented).
    pub fn interest_paid_by(mut self, who: InterestPaidBy) -> Self {
        self.interest_paid_by = Some(who);
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

    fn request(self) -> Result<RequestBuilder, Error> {
        let amount = wire_amount(self.amount)?;
        check_filled("description", &self.description)?;
        // The document gives no length.
        check_web_address("callback", &self.callback, usize::MAX)?;
        if self.max_installments == Some(0) {
            return Err(ValidationError::new("max_installments", "must be 1 or more").into());
        }
        let body = WireNewCheckout {
            order_id: &self.order,
            amount,
            currency: self.amount.currency(),
            description: &self.description,
            callback: &self.callback,
            customer_id: self.customer.as_ref(),
            max_installment_count: self.max_installments,
            interest_paid_by_customer: self.interest_paid_by.map(InterestPaidBy::is_customer),
        };
        let request = RequestBuilder::post(Path::new("api/checkout")).json(&body)?;
        Ok(request.log_as(self))
    }
}

/// A checkout that was created: where to send the customer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Checkout {
    /// The provider's id. Store it with the order: it is what to ask by.
    pub checkout_id: CheckoutId,
    /// The page to send the customer to.
    pub redirect_url: String,
}

impl Client {
    /// Creates a checkout. It moves no money: the customer does, on the page.
    ///
    /// Like every write it is not sent a second time by itself. After an unknown outcome create another: nobody knows the
    /// address of the one that may have been created, so nobody can pay on it (inferred).
    pub fn create_checkout(&self, checkout: NewCheckout) -> Call<Checkout> {
        self.connection.call(CREATE_CHECKOUT, checkout.request(), |wire: WireCheckout| {
            if check_web_address("redirectUrl", &wire.redirect_url, usize::MAX).is_err() {
                return Err(DecodeError::new("redirectUrl", "is not a web address"));
            }
            Ok(Checkout { checkout_id: wire.checkout_id, redirect_url: wire.redirect_url })
        })
    }

    /// What became of a checkout.
    ///
    /// What the provider answers before anything was paid is not documented, nor whether a customer can try again on
    /// the same page after `FAILED`: where they can, it becomes `SUCCESS` later. So keep the id of a checkout that
    /// failed, and ask once more before opening another for the order. Hold the payment against the order with
    /// [`Payment::check`].
    pub fn checkout_status(&self, checkout: &CheckoutId) -> Call<Payment> {
        let request = RequestBuilder::get(Path::new("api/checkout").segment(checkout));
        self.connection.call(CHECKOUT_STATUS, Ok(request), |wire| Asked::default().read(wire))
    }

    /// Asks until a checkout's payment is `SUCCESS` or `FAILED`, and gives the last status when time is up.
    ///
    /// Whether a customer can try again after `FAILED` is not documented: as with [`Client::checkout_status`], ask once
    /// more before opening another checkout for the order.
    pub fn wait_until_final(&self, checkout: &CheckoutId) -> Poller<Payment> {
        let (client, checkout) = (self.clone(), checkout.clone());
        Poller::new(&self.connection, move || client.checkout_status(&checkout), |payment| payment.status.is_final())
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct WireNewCheckout<'a> {
    order_id: &'a MerchantOrderId,
    amount: JsonNumber,
    currency: Currency,
    description: &'a str,
    callback: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    customer_id: Option<&'a CustomerId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_installment_count: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    interest_paid_by_customer: Option<bool>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireCheckout {
    checkout_id: CheckoutId,
    redirect_url: String,
}

const CREATE_CHECKOUT: Operation = Operation::write("create_checkout");
const CHECKOUT_STATUS: Operation = Operation::read("checkout_status");
