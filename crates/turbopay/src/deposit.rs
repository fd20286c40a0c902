use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use payments_core::html::{escape, script_string};
use payments_core::json::{self, DecodeError, Facts, ProviderMessage, Read, UnreadableMembers};
use payments_core::provider::Operation;
use payments_core::request::{Path, RequestBuilder, percent_encoded};
use payments_core::stored::{Stored, StoredAs};
use payments_core::{Argument, Call, Currency, Error, Extra, Money, ValidationError, extra_setter};
use serde::{Deserialize, Serialize};

use crate::client::{Client, Defaults};
use crate::customer::check_url;
use crate::id::{MerchantCustomerId, MerchantOrderId, OrderId, Utr};
use crate::method::Method;
use crate::new_order::{NewOrder, WireOrder, order_setters, required, typed};
use crate::order::OrderStatus;

/// A deposit to create: a payment by a customer.
///
/// The constructors take the required parameters. The URLs and the kind of traffic are required too, but can be set
/// once on the client.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "a deposit is not created until it is sent"]
pub struct NewDeposit {
    order: NewOrder,
    redirect_url: Option<String>,
}

impl NewDeposit {
    /// Creates the parameters of a deposit by UPI. INR amounts must be whole rupees.
    pub fn upi(
        amount: Money,
        order: impl Into<Argument<MerchantOrderId>>,
        customer: impl Into<Argument<MerchantCustomerId>>,
    ) -> Self {
        Self::new(Method::Upi, amount, order, customer)
    }

    /// Creates the parameters of a deposit by bank transfer. INR amounts must be whole rupees.
    pub fn bank_transfer(
        amount: Money,
        order: impl Into<Argument<MerchantOrderId>>,
        customer: impl Into<Argument<MerchantCustomerId>>,
    ) -> Self {
        Self::new(Method::BankTransfer, amount, order, customer)
    }

    /// Creates the parameters of a deposit by any method from the merchant's setup sheet.
    pub fn new(
        method: Method,
        amount: Money,
        order: impl Into<Argument<MerchantOrderId>>,
        customer: impl Into<Argument<MerchantCustomerId>>,
    ) -> Self {
        Self { order: NewOrder::new(method, amount, order, customer), redirect_url: None }
    }

    order_setters!();

    /// Sets the URL that the customer returns to instead of the client's default: at most 255 characters.
    pub fn redirect_url(mut self, url: impl Into<String>) -> Self {
        self.redirect_url = Some(url.into());
        self
    }

    fn wire<'a>(&'a self, defaults: &'a Defaults) -> Result<WireOrder<'a>, ValidationError> {
        let redirect_url = required("redirect_url", self.redirect_url.as_deref(), defaults.redirect_url.as_deref())?;
        check_url("redirect_url", redirect_url)?;
        let mut wire = self.order.wire(defaults)?;
        wire.redirect_url = Some(redirect_url);
        Ok(wire)
    }

    fn request(self, path: &'static str, defaults: &Defaults) -> Result<RequestBuilder, Error> {
        let request =
            RequestBuilder::post(Path::new(path)).json_with(&self.wire(defaults)?, TYPED, &self.order.extra)?;
        Ok(request.log_as(self))
    }
}

/// A deposit that the customer pays on TurboPay's payment page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct HostedDeposit {
    stored: StoredAs<Self>,
    /// TurboPay's id. Keep it private, and store it with the amount and the status.
    pub order_id: OrderId,
    /// The deposit's status: normally `new`.
    pub status: OrderStatus,
    /// The URL of the payment page. Redirect the customer to it, or show it in an [`iframe`](Self::iframe).
    pub form_url: String,
    unreadable: UnreadableMembers,
}

impl Stored for HostedDeposit {
    const TAG: &'static str = "turbopay.hosted_deposit/1";
}

impl HostedDeposit {
    /// Returns the members of the response that could not be read as documented. Usually there are none.
    #[must_use]
    pub fn unreadable_members(&self) -> &UnreadableMembers {
        &self.unreadable
    }

    pub(crate) fn of(read: Read<'_, WireHosted>) -> Result<Self, DecodeError> {
        let Read { value: WireHosted { order_id, status, form_url }, unreadable, .. } = read;
        let form_url = form_url.filter(|url| url.starts_with("https://") || url.starts_with("http://"));
        match form_url.filter(|url| is_intact(url)) {
            Some(form_url) => Ok(Self { stored: StoredAs::new(), order_id, status, form_url, unreadable }),
            None => Err(DecodeError::new("form_url", "is not a URL that starts with https:// or http://")
                .with_facts(facts(&order_id, &status))),
        }
    }

    /// Returns an HTML `<iframe>` element that shows the payment page. Its attributes are documented.
    ///
    /// `id` is the element's id. Add the [`iframe_script`](Self::iframe_script) to the same page:
    ///
    /// ```
    /// use turbopay::HostedDeposit;
    ///
    /// /// A payment page of the shop. It shows the order when the customer closes the frame.
    /// fn payment_page(deposit: &HostedDeposit) -> String {
    ///     let (iframe, script) = (deposit.iframe("turbopay"), HostedDeposit::iframe_script("turbopay"));
    ///     format!(
    ///         r#"<!doctype html><title>Pay</title>{iframe}{script}
    /// <script>
    ///   document.getElementById("turbopay").addEventListener("turbopay-close", () => location.assign("/orders/7421"));
    /// </script>"#
    ///     )
    /// }
    /// ```
    #[must_use]
    pub fn iframe(&self, id: &str) -> String {
        format!(
            r#"<iframe id="{}" src="{}" allow="clipboard-write" height="800" width="100%" frameborder="0"></iframe>"#,
            escape(id),
            escape(&self.form_url)
        )
    }

    /// Returns an HTML `<script>` element for the page with the [`iframe`](Self::iframe); `id` is the iframe's id.
    ///
    /// When the customer presses the close or return button on the payment page, the page sends a `close` message
    /// (documented). The script then dispatches a `turbopay-close` event on the iframe. It ignores messages from other
    /// windows. The event does not prove a payment: wait for the webhook, or look up the order.
    ///
    /// A content security policy of your page must allow this inline script.
    #[must_use]
    pub fn iframe_script(id: &str) -> String {
        format!(
            r#"<script>
addEventListener("message", (event) => {{
  const frame = document.getElementById({});
  if (frame && event.source === frame.contentWindow && event.data === "close") {{
    frame.dispatchEvent(new Event("turbopay-close"));
  }}
}});
</script>"#,
            script_string(id)
        )
    }
}

/// A deposit that the customer pays from the merchant's own payment page.
///
/// Store it, but do not send the whole value to the browser: it contains the order id, which must be kept private
/// (documented).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct HostToHostDeposit {
    stored: StoredAs<Self>,
    /// TurboPay's id. Keep it private, and store it with the amount and the status.
    pub order_id: OrderId,
    /// The deposit's status: normally `new`.
    pub status: OrderStatus,
    /// The requested amount.
    pub amount: Money,
    /// The virtual payment address (UPI ID) that the customer pays to.
    pub wallet_address: String,
    /// The name of the address's owner; `None` if it is missing or unreadable.
    pub wallet_name: Option<String>,
    /// The note that the customer adds to the payment; `None` if it is missing or unreadable.
    pub transaction_note: Option<String>,
    /// How long the customer can pay and the UTR can be confirmed: normally ten minutes. `None` if it is missing or
    /// unreadable.
    pub expires_after: Option<Duration>,
    /// A QR code for the payment, if TurboPay returned one (recorded, not documented).
    pub qr: Option<QrCode>,
    /// Links that open a UPI app with the payment details (recorded, not documented).
    pub deep_links: DeepLinks,
    unreadable: UnreadableMembers,
}

impl Stored for HostToHostDeposit {
    const TAG: &'static str = "turbopay.host_to_host_deposit/1";
}

impl HostToHostDeposit {
    /// Returns the members of the response that could not be read as documented. Usually there are none.
    #[must_use]
    pub fn unreadable_members(&self) -> &UnreadableMembers {
        &self.unreadable
    }

    /// Returns a `upi://pay` link that any UPI app opens, with the address, the name, the note and the amount.
    ///
    /// A name or a note that is missing is not part of the link.
    ///
    /// Returns `None` if the address is not a UPI ID or the amount is not in INR. TurboPay does not return such a link.
    /// It is built by UPI's own linking rules (inferred).
    #[must_use]
    pub fn upi_link(&self) -> Option<String> {
        if self.amount.currency() != Currency::INR || !self.wallet_address.contains('@') {
            return None;
        }
        let amount = self.amount.decimal_text().ok()?;
        let mut link = format!("upi://pay?pa={}", percent_encoded(&self.wallet_address));
        for (name, value) in [("pn", &self.wallet_name), ("tn", &self.transaction_note)] {
            if let Some(value) = value {
                link.push_str(&format!("&{name}={}", percent_encoded(value)));
            }
        }
        Some(format!("{link}&am={amount}&cu={}", self.amount.currency()))
    }

    pub(crate) fn of(read: Read<'_, WireHostToHost>, amount: Money) -> Result<Self, DecodeError> {
        let Read { value: wire, unreadable, .. } = read;
        let Some(wallet_address) = wire.wallet_address.filter(|address| is_intact(address)) else {
            let facts = facts(&wire.order_id, &wire.status);
            return Err(DecodeError::new("wallet_address", "is missing or unreadable").with_facts(facts));
        };
        Ok(Self {
            stored: StoredAs::new(),
            order_id: wire.order_id,
            status: wire.status,
            amount,
            wallet_address,
            wallet_name: wire.wallet_name,
            transaction_note: wire.transaction_note,
            expires_after: wire.order_expiration_seconds.map(Duration::from_secs),
            qr: wire.qr.map(QrCode),
            deep_links: DeepLinks(wire.deep_links),
            unreadable,
        })
    }
}

/// A QR code: a PNG in base64, as TurboPay sends it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct QrCode(String);

impl QrCode {
    /// Returns the image as a `data:` URI, for the `src` of an `<img>` element.
    ///
    /// ```
    /// # fn page(qr: &turbopay::QrCode) -> Result<String, Box<dyn std::error::Error>> {
    /// let image = format!(r#"<img alt="Pay by UPI" src="{}">"#, qr.data_uri()?);
    /// # Ok(image)
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Returns the errors of [`QrCode::png`]. So the URI contains nothing but a PNG.
    pub fn data_uri(&self) -> Result<String, DecodeError> {
        // Encoded again: the text that TurboPay sent could contain anything around the image.
        Ok(format!("{DATA_URI}{}", STANDARD.encode(self.png()?)))
    }

    /// Decodes the PNG.
    ///
    /// # Errors
    ///
    /// Returns an error if the text is not base64 or not a PNG. The customer can still pay with the address or the
    /// links.
    pub fn png(&self) -> Result<Vec<u8>, DecodeError> {
        let text = self.0.strip_prefix(DATA_URI).unwrap_or(&self.0);
        let bytes = STANDARD.decode(text).map_err(|_| DecodeError::new("qr", "is not base64"))?;
        if bytes.starts_with(PNG) { Ok(bytes) } else { Err(DecodeError::new("qr", "is not a PNG")) }
    }
}

impl fmt::Debug for QrCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "QrCode([{} characters])", self.0.len())
    }
}

/// Links that open a UPI app with the payment details, by the app's name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DeepLinks(BTreeMap<String, String>);

impl DeepLinks {
    /// Returns the link for PhonePe.
    #[must_use]
    pub fn phonepe(&self) -> Option<&str> {
        self.get("phonepe")
    }

    /// Returns the link for Paytm.
    #[must_use]
    pub fn paytm(&self) -> Option<&str> {
        self.get("paytm")
    }

    /// Returns all links, sorted by TurboPay's names for the apps.
    ///
    /// ```
    /// fn buttons(links: &turbopay::DeepLinks) -> String {
    ///     use turbopay::payments_core::html::escape;
    ///     links.iter().map(|(app, link)| format!(r#"<a href="{}">{}</a>"#, escape(link), escape(app))).collect()
    /// }
    /// ```
    ///
    /// A link has any scheme, such as `phonepe:` or `upi:`. In a web page, escape it, and show none that starts with
    /// `javascript:`.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &str)> {
        self.into_iter()
    }

    /// Returns true if TurboPay returned no links.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the link for an app, by TurboPay's name for the app.
    #[must_use]
    pub fn get(&self, app: &str) -> Option<&str> {
        self.0.get(app).map(String::as_str)
    }
}

/// A confirmation of a host-to-host deposit: the UTR of the customer's transfer.
///
/// A UTR converts to a confirmation: `client.confirm_utr(&order_id, &utr)`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "a UTR is not confirmed until it is sent"]
pub struct NewConfirmation {
    utr: Argument<Utr>,
    extra: Extra,
}

impl NewConfirmation {
    /// Creates a confirmation with the UTR that the customer entered.
    pub fn new(utr: impl Into<Argument<Utr>>) -> Self {
        Self { utr: utr.into(), extra: Extra::default() }
    }

    extra_setter!();

    fn request(self, order: &OrderId) -> Result<RequestBuilder, Error> {
        let body = WireConfirm { order_id: order, customer_transaction_id: self.utr.get()? };
        let request = RequestBuilder::post(Path::new("s2s/deposit/confirm"));
        let request = request.json_with(&body, &["order_id", "customer_transaction_id"], &self.extra)?;
        Ok(request.log_as((order.clone(), self)))
    }
}

impl From<Utr> for NewConfirmation {
    fn from(utr: Utr) -> Self {
        Self::new(utr)
    }
}

impl From<&Utr> for NewConfirmation {
    fn from(utr: &Utr) -> Self {
        Self::new(utr.clone())
    }
}

impl<'a> IntoIterator for &'a DeepLinks {
    type Item = (&'a str, &'a str);
    type IntoIter = std::iter::Map<
        std::collections::btree_map::Iter<'a, String, String>,
        fn((&'a String, &'a String)) -> (&'a str, &'a str),
    >;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter().map(|(app, link)| (app.as_str(), link.as_str()))
    }
}

/// The result of a confirmed UTR.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Confirmation {
    stored: StoredAs<Self>,
    /// The order's status: `success` or `pending` (documented).
    pub status: OrderStatus,
    unreadable: UnreadableMembers,
}

impl Stored for Confirmation {
    const TAG: &'static str = "turbopay.confirmation/1";
}

impl Confirmation {
    /// Returns the members of the response that could not be read as documented. Usually there are none.
    #[must_use]
    pub fn unreadable_members(&self) -> &UnreadableMembers {
        &self.unreadable
    }

    pub(crate) fn of(read: Read<'_, WireConfirmation>) -> Self {
        Self { stored: StoredAs::new(), status: read.value.status, unreadable: read.unreadable }
    }
}

impl Client {
    /// Creates a deposit that the customer pays on TurboPay's payment page. It moves no money.
    ///
    /// "The merchant order id has already been taken" is an unknown outcome: an order with this reference exists, and the
    /// customer may pay it. Look it up before you create another deposit, at TurboPay or elsewhere.
    pub fn create_deposit(&self, deposit: NewDeposit) -> Call<HostedDeposit> {
        let request = deposit.request("deposit/new", &self.defaults);
        self.connection.call(CREATE_DEPOSIT, request, HostedDeposit::of)
    }

    /// Creates a deposit that the customer pays from the merchant's own payment page. It moves no money.
    ///
    /// A reference that has already been taken is an unknown outcome, as in [`Client::create_deposit`].
    ///
    /// TurboPay calls this "host-to-host", and `s2s` in the URL. Confirm the payment with [`Client::confirm_utr`].
    pub fn create_host_to_host_deposit(&self, deposit: NewDeposit) -> Call<HostToHostDeposit> {
        let amount = deposit.order.amount;
        let request = deposit.request("s2s/deposit/new", &self.defaults);
        self.connection.call(CREATE_HOST_TO_HOST_DEPOSIT, request, move |read| HostToHostDeposit::of(read, amount))
    }

    /// Confirms a host-to-host deposit with the UTR of the customer's transfer. **This moves money:** it credits the
    /// merchant.
    ///
    /// TurboPay accepts a UTR once. After an unknown outcome, look up the order; the outcome stays unknown as long as
    /// the status is `new`. "The selected order id is invalid" is an unknown outcome too, because TurboPay may return
    /// it for an order that is already confirmed (inferred).
    pub fn confirm_utr(&self, order: &OrderId, confirmation: impl Into<NewConfirmation>) -> Call<Confirmation> {
        let request = confirmation.into().request(order);
        self.connection.call(CONFIRM_UTR, request, |read| Ok(Confirmation::of(read)))
    }
}

/// True if the text is present and was received without a replacement character.
fn is_intact(text: &str) -> bool {
    !text.is_empty() && !text.contains(char::REPLACEMENT_CHARACTER)
}

/// What was read of a deposit that cannot be paid.
fn facts(order_id: &OrderId, status: &OrderStatus) -> Facts {
    Facts { object_id: Some(order_id.as_str().to_owned()), status: Some(status.as_str().to_owned()), amount: None }
}

#[derive(Deserialize)]
pub(crate) struct WireHosted {
    order_id: OrderId,
    status: OrderStatus,
    /// What the call was made for. It is checked after the ids were read, so that an error carries them.
    #[serde(default)]
    form_url: Option<String>,
}

impl ProviderMessage for WireHosted {
    const DECIDING: &'static [&'static str] = &["order_id", "status"];

    fn facts(member: &dyn Fn(&str) -> Option<String>) -> Facts {
        Facts { object_id: member("order_id"), status: member("status"), amount: None }
    }
}

#[derive(Deserialize)]
pub(crate) struct WireHostToHost {
    order_id: OrderId,
    status: OrderStatus,
    /// What the call was made for. It is checked after the ids were read, so that an error carries them.
    #[serde(default)]
    wallet_address: Option<String>,
    #[serde(default, deserialize_with = "json::none_if_empty")]
    wallet_name: Option<String>,
    #[serde(default, deserialize_with = "json::none_if_empty")]
    transaction_note: Option<String>,
    #[serde(default, deserialize_with = "json::none_if_empty")]
    order_expiration_seconds: Option<u64>,
    #[serde(default, deserialize_with = "json::none_if_empty")]
    qr: Option<String>,
    #[serde(default, deserialize_with = "json::text_map")]
    deep_links: BTreeMap<String, String>,
}

impl ProviderMessage for WireHostToHost {
    const DECIDING: &'static [&'static str] = &["order_id", "status"];

    fn facts(member: &dyn Fn(&str) -> Option<String>) -> Facts {
        Facts { object_id: member("order_id"), status: member("status"), amount: None }
    }
}

#[derive(Deserialize)]
pub(crate) struct WireConfirmation {
    status: OrderStatus,
}

impl ProviderMessage for WireConfirmation {
    const DECIDING: &'static [&'static str] = &["status"];
}

#[derive(Serialize)]
struct WireConfirm<'a> {
    order_id: &'a OrderId,
    customer_transaction_id: &'a Utr,
}

/// The names of all members that a deposit can have.
const TYPED: &[&str] = typed!("redirect_url");

const CREATE_DEPOSIT: Operation = Operation::write("create_deposit");
const CREATE_HOST_TO_HOST_DEPOSIT: Operation = Operation::write("create_host_to_host_deposit");
/// Moves money, because it credits the merchant.
const CONFIRM_UTR: Operation = Operation::move_money("confirm_utr");

const DATA_URI: &str = "data:image/png;base64,";

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";
