use payments_core::id::check_url;
use payments_core::json::{DecodeError, Facts, JsonNumber, ProviderMessage, Read, UnreadableMembers};
use payments_core::provider::Operation;
use payments_core::request::{Path, RequestBuilder};
use payments_core::stored::{Stored, StoredAs};
use payments_core::{
    Argument, Call, Currency, Error, Extra, Money, Poller, ValidationError, check_length, extra_setter,
};
use serde::{Deserialize, Serialize};

use crate::amount::wire_amount;
use crate::client::Client;
use crate::error::parse_refusal;
use crate::fields::Member;
use crate::id::{CheckoutId, CustomerId, MerchantOrderId, UNLIMITED};
use crate::installment::{InterestPaidBy, check_at_least_one};
use crate::payment::Payment;
use crate::requested::Requested;

/// A checkout to create: a payment that the customer makes on the provider's page.
///
/// ```
/// use card3ds::{Currency, Money, NewCheckout};
///
/// let amount = Money::parse("100.50", Currency::TRY)?;
/// let callback = "https://example.com/payment-callback";
/// let checkout = NewCheckout::new("ORD-12345", amount, "Product purchase", callback).max_installments(6);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "a checkout is created only when it is sent"]
pub struct NewCheckout {
    order_id: Argument<MerchantOrderId>,
    amount: Money,
    description: String,
    callback: String,
    customer: Option<Argument<CustomerId>>,
    max_installments: Option<u32>,
    interest_paid_by: Option<InterestPaidBy>,
    extra: Extra,
}

impl NewCheckout {
    /// Creates a checkout. `callback` is the URL that receives the checkout's id after the payment.
    ///
    /// Parse the callback's body with [`CheckoutCallback::parse`](crate::CheckoutCallback::parse).
    pub fn new(
        order_id: impl Into<Argument<MerchantOrderId>>,
        amount: Money,
        description: impl Into<String>,
        callback: impl Into<String>,
    ) -> Self {
        Self {
            order_id: order_id.into(),
            amount,
            description: description.into(),
            callback: callback.into(),
            customer: None,
            max_installments: None,
            interest_paid_by: None,
            extra: Extra::default(),
        }
    }

    /// Sets the merchant's own id of the customer.
    pub fn customer(mut self, customer: impl Into<Argument<CustomerId>>) -> Self {
        self.customer = Some(customer.into());
        self
    }

    /// Sets the largest number of installments that the page may offer. The default is 1 (documented).
    ///
    /// The card and the merchant's configuration decide what the page offers (documented).
    pub fn max_installments(mut self, max: u32) -> Self {
        self.max_installments = Some(max);
        self
    }

    /// Sets who pays the interest on installments. By default, the customer does not (documented).
    pub fn interest_paid_by(mut self, payer: InterestPaidBy) -> Self {
        self.interest_paid_by = Some(payer);
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

    fn request(self) -> Result<RequestBuilder, Error> {
        let amount = wire_amount(self.amount)?;
        check_length("description", &self.description, UNLIMITED)?;
        check_url("callback", &self.callback, UNLIMITED)?;
        check_at_least_one("max_installments", self.max_installments)?;
        let body = WireNewCheckout {
            order_id: self.order_id.get()?,
            amount,
            currency: self.amount.currency(),
            description: &self.description,
            callback: &self.callback,
            customer_id: Argument::get_optional(self.customer.as_ref())?,
            max_installment_count: self.max_installments,
            interest_paid_by_customer: self.interest_paid_by.map(InterestPaidBy::is_customer),
        };
        let request = RequestBuilder::post(Path::new("api/checkout")).json_with(&body, TYPED, &self.extra)?;
        Ok(request.log_as(self))
    }
}

/// The names of all members that a new checkout can have.
const TYPED: &[&str] = &[
    "orderId",
    "amount",
    "currency",
    "description",
    "callback",
    "customerId",
    "maxInstallmentCount",
    "interestPaidByCustomer",
];

/// A created checkout: its id and the page to send the customer to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Checkout {
    stored: StoredAs<Self>,
    /// The provider's id. Store it with the order: you need it to look up the checkout.
    pub checkout_id: CheckoutId,
    /// The page to send the customer to.
    pub redirect_url: String,
    unreadable: UnreadableMembers,
}

impl Stored for Checkout {
    const TAG: &'static str = "card3ds.checkout/1";
}

impl Checkout {
    /// The members of the response that could not be read as documented. Usually there are none.
    #[must_use]
    pub fn unreadable_members(&self) -> &UnreadableMembers {
        &self.unreadable
    }
}

impl Client {
    /// Creates a checkout. This moves no money: the customer pays on the provider's page.
    ///
    /// The client never retries a request that may have been executed. After an unknown outcome, create another checkout:
    /// nobody has the URL of the first one, so nobody can pay it (inferred). Except after an error of the kind
    /// [`Conflict`](payments_core::ErrorKind::Conflict) or
    /// [`MalformedResponse`](payments_core::ErrorKind::MalformedResponse): its response may describe a paid order. And except
    /// after a crash, if the customer may have the URL already.
    pub fn create_checkout(&self, checkout: NewCheckout) -> Call<Checkout> {
        let requested = Requested::for_order(&checkout.order_id);
        self.connection
            .call(CREATE_CHECKOUT, checkout.request(), WireCheckout::checkout)
            .with_error_parser(move |operation, response| parse_refusal(operation, response, &requested))
    }

    /// Looks up the payment of a checkout. Read-only.
    ///
    /// Compare the payment with the order: [`Payment::check`]. A `FAILED` payment without an id is an error: declined.
    ///
    /// Not documented:
    ///
    /// - The response before the customer has paid.
    /// - Whether the customer can try again on the same page after `FAILED`. The status may then become `SUCCESS` later.
    ///   So keep the id of a failed checkout, and look it up again before you create another checkout for the order.
    pub fn checkout_status(&self, checkout: &CheckoutId) -> Call<Payment> {
        let request = RequestBuilder::get(Path::new("api/checkout").segment(checkout));
        self.payment_call(CHECKOUT_STATUS, Ok(request), Requested::default())
    }

    /// Looks up a checkout repeatedly until its payment is `SUCCESS` or `FAILED`.
    ///
    /// Returns the last status when the timeout ends. A `FAILED` checkout may still be paid later: see
    /// [`Client::checkout_status`].
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
pub(crate) struct WireCheckout {
    #[serde(default)]
    checkout_id: Member<CheckoutId>,
    #[serde(default)]
    redirect_url: Member<RedirectUrl>,
}

impl ProviderMessage for WireCheckout {
    const DECIDING: &'static [&'static str] = &["checkoutId", "redirectUrl"];
}

impl WireCheckout {
    pub(crate) fn checkout(read: Read<'_, Self>) -> Result<Checkout, DecodeError> {
        let Self { checkout_id, redirect_url } = read.value;
        let object_id = checkout_id.known().map(|id| id.as_str().to_owned());
        let page = match redirect_url {
            Member::Unreadable => {
                Err(DecodeError::new("redirectUrl", "is not a URL that starts with https:// or http://"))
            }
            url => url.required("redirectUrl"),
        };
        let checkout = checkout_id.required("checkoutId").and_then(|checkout_id| {
            let stored = StoredAs::new();
            Ok(Checkout { stored, checkout_id, redirect_url: page?.0, unreadable: read.unreadable })
        });
        checkout.map_err(|error| error.with_facts(Facts { object_id, ..Facts::default() }))
    }
}

/// The URL of a page.
struct RedirectUrl(String);

impl TryFrom<&str> for RedirectUrl {
    type Error = ValidationError;
    fn try_from(text: &str) -> Result<Self, ValidationError> {
        check_url("redirectUrl", text, UNLIMITED)?;
        Ok(Self(text.to_owned()))
    }
}

const CREATE_CHECKOUT: Operation = Operation::write("create_checkout");
const CHECKOUT_STATUS: Operation = Operation::read("checkout_status");
