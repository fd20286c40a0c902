use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use payments_core::html::{escaped, script_string};
use payments_core::json::{self, DecodeError};
use payments_core::provider::Operation;
use payments_core::request::{Path, RequestBuilder, percent_encoded};
use payments_core::{Call, Currency, Error, Money, ValidationError, check_length, string_newtype};
use serde::{Deserialize, Deserializer, Serialize};

use crate::client::{Client, Defaults};
use crate::customer::{MerchantCustomerId, check_url};
use crate::method::Method;
use crate::new_order::{NewOrder, WireOrder, order_setters, required};
use crate::order::{MerchantOrderId, OrderId, OrderStatus};

/// A deposit to be created: what TurboPay requires in the constructor, the rest as setters.
///
/// Its web addresses and kind of traffic can be set once, on the client.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "a deposit is not created until it is sent"]
pub struct NewDeposit {
    order: NewOrder,
    redirect_url: Option<String>,
}

impl NewDeposit {
    /// By UPI. INR amounts are whole rupees.
    pub fn upi(amount: Money, order: MerchantOrderId, customer: MerchantCustomerId) -> Self {
        Self::by(Method::Upi, amount, order, customer)
    }

    /// By bank transfer. INR amounts are whole rupees.
    pub fn bank_transfer(amount: Money, order: MerchantOrderId, customer: MerchantCustomerId) -> Self {
        Self::by(Method::BankTransfer, amount, order, customer)
    }

    /// By another method that the merchant's set-up sheet names.
    pub fn by(method: Method, amount: Money, order: MerchantOrderId, customer: MerchantCustomerId) -> Self {
        Self { order: NewOrder::new(method, amount, order, customer), redirect_url: None }
    }

    order_setters!();

    /// Where the customer returns to, when not where the client says: at most 255 characters.
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
        let request = RequestBuilder::post(Path::new(path)).json(&self.wire(defaults)?)?;
        Ok(request.log_as(self))
    }
}

/// A deposit that the customer pays on TurboPay's own page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct HostedDeposit {
    /// TurboPay's id. Keep it private, and store it with the amount and the status.
    pub order_id: OrderId,
    /// Where it stands: `new`.
    pub status: OrderStatus,
    /// The page to send the customer to, or to show in a frame.
    pub form_url: String,
}

impl HostedDeposit {
    /// The tag that shows the page in a frame, as TurboPay documents it; `id` is the frame's, for the script.
    #[must_use]
    pub fn iframe(&self, id: &str) -> String {
        format!(
            r#"<iframe id="{}" src="{}" allow="clipboard-write" height="800" width="100%" frameborder="0"></iframe>"#,
            escaped(id),
            escaped(&self.form_url)
        )
    }

    /// A script for the page that holds the frame: the customer closes it with a button inside, which says so in a message
    /// (documented). From this frame and no other, it becomes a `turbopay-close` event on the frame.
    #[must_use]
    pub fn iframe_script(id: &str) -> String {
        let id = script_string(id);
        format!(
            r#"addEventListener("message", (event) => {{
  const frame = document.getElementById({id});
  if (frame && event.source === frame.contentWindow && event.data === "close") {{
    frame.dispatchEvent(new Event("turbopay-close"));
  }}
}});"#
        )
    }
}

/// A deposit that the customer pays on the merchant's own page: where to pay, and until when.
///
/// Store it, but do not hand it to that page as it is: it holds the order's id, which is to be kept private (documented).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct HostToHostDeposit {
    /// TurboPay's id. Keep it private, and store it with the amount and the status.
    pub order_id: OrderId,
    /// Where it stands: `new`.
    pub status: OrderStatus,
    /// The amount that was asked for.
    pub amount: Money,
    /// The virtual payment address (UPI ID) to pay to.
    pub wallet_address: String,
    /// Whose it is.
    pub wallet_name: String,
    /// The note to pay with.
    pub transaction_note: String,
    /// How long there is to pay and to confirm the UTR: ten minutes, normally.
    pub expires_after: Duration,
    /// A QR code to pay by (recorded, not documented).
    pub qr: Option<QrCode>,
    /// Links that open a UPI app with the payment filled in (recorded, not documented).
    pub deep_links: DeepLinks,
}

impl HostToHostDeposit {
    /// A link that any UPI app opens, made of the wallet, the note and the amount; none where the wallet is no UPI ID or
    /// the amount not in rupees.
    ///
    /// TurboPay does not give one; this is built by UPI's own linking rules (inferred).
    #[must_use]
    pub fn upi_link(&self) -> Option<String> {
        if self.amount.currency() != Currency::INR || !self.wallet_address.contains('@') {
            return None;
        }
        let amount = self.amount.decimal_text().ok()?;
        Some(format!(
            "upi://pay?pa={}&pn={}&tn={}&am={amount}&cu={}",
            percent_encoded(&self.wallet_address),
            percent_encoded(&self.wallet_name),
            percent_encoded(&self.transaction_note),
            self.amount.currency(),
        ))
    }
}

/// A QR code, as an image in text.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct QrCode(String);

impl QrCode {
    /// The PNG.
    ///
    /// # Errors
    ///
    /// When it came as something else. The deposit can be paid all the same: its wallet and its links say how.
    pub fn png(&self) -> Result<Vec<u8>, DecodeError> {
        let text = self.0.strip_prefix("data:image/png;base64,").unwrap_or(&self.0);
        let bytes = STANDARD.decode(text).map_err(|_| DecodeError::new("qr", "is not base64"))?;
        if bytes.starts_with(PNG) { Ok(bytes) } else { Err(DecodeError::new("qr", "is not a PNG")) }
    }
}

impl fmt::Debug for QrCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "QrCode([{} characters])", self.0.len())
    }
}

/// Links that open a UPI app with the payment filled in, by the app's name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct DeepLinks(BTreeMap<String, Option<String>>);

impl DeepLinks {
    /// For PhonePe.
    #[must_use]
    pub fn phonepe(&self) -> Option<&str> {
        self.get("phonepe")
    }

    /// For Paytm.
    #[must_use]
    pub fn paytm(&self) -> Option<&str> {
        self.get("paytm")
    }

    /// For an app, by TurboPay's name for it.
    #[must_use]
    pub fn get(&self, app: &str) -> Option<&str> {
        self.0.get(app)?.as_deref()
    }
}

string_newtype! {
    /// The bank's reference of a transfer (UTR), as the customer's app shows it.
    pub struct Utr("utr"): |text| check_utr(text);
}

impl Utr {
    /// For reading: whatever the bank calls it. Nothing, `null` and an empty text are all "none yet".
    pub(crate) fn as_it_came<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Self>, D::Error> {
        Ok(json::none_if_empty(deserializer)?.map(|text: String| Self(text.into())))
    }
}

fn check_utr(text: &str) -> Result<(), ValidationError> {
    check_length("utr", text, 100)?;
    if text.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return Err(ValidationError::new("utr", "must not hold white space"));
    }
    Ok(())
}

/// What TurboPay made of a confirmed UTR.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Confirmation {
    /// Where the order stands: `success` or `pending` (documented).
    pub status: OrderStatus,
}

impl Client {
    /// Creates a deposit that the customer pays on TurboPay's page. It moves no money.
    pub fn create_deposit(&self, deposit: NewDeposit) -> Call<HostedDeposit> {
        let request = deposit.request("deposit/new", &self.defaults);
        self.connection.call(CREATE_DEPOSIT, request, |wire: WireHosted| {
            if !wire.form_url.starts_with("https://") && !wire.form_url.starts_with("http://") {
                return Err(DecodeError::new("form_url", "is not a web address"));
            }
            Ok(HostedDeposit { order_id: wire.order_id, status: wire.status, form_url: wire.form_url })
        })
    }

    /// Creates a deposit that the customer pays on the merchant's own page ("S2S" on the wire). It moves no money.
    pub fn create_host_to_host_deposit(&self, deposit: NewDeposit) -> Call<HostToHostDeposit> {
        let amount = deposit.order.amount;
        let request = deposit.request("s2s/deposit/new", &self.defaults);
        self.connection.call(CREATE_HOST_TO_HOST_DEPOSIT, request, move |wire: WireHostToHost| wire.deposit(amount))
    }

    /// Confirms a host-to-host deposit by the reference of the customer's transfer.
    ///
    /// A UTR counts once, so after an unknown outcome look the order up: any status but `new` tells. So it does after "The
    /// selected order id is invalid", which an order that is confirmed already may be answered too (inferred).
    pub fn confirm_utr(&self, order: &OrderId, utr: &Utr) -> Call<Confirmation> {
        let body = WireConfirm { order_id: order, customer_transaction_id: utr };
        let request = RequestBuilder::post(Path::new("s2s/deposit/confirm")).json(&body);
        let request = request.map(|request| request.log_as((order.clone(), utr.clone())));
        self.connection.call(CONFIRM_UTR, request, |wire: WireConfirmation| Ok(Confirmation { status: wire.status }))
    }
}

#[derive(Deserialize)]
struct WireHosted {
    order_id: OrderId,
    status: OrderStatus,
    form_url: String,
}

#[derive(Deserialize)]
struct WireHostToHost {
    order_id: OrderId,
    status: OrderStatus,
    wallet_address: String,
    wallet_name: String,
    transaction_note: String,
    order_expiration_seconds: String,
    #[serde(default)]
    qr: Option<String>,
    #[serde(default)]
    deep_links: Option<BTreeMap<String, Option<String>>>,
}

impl WireHostToHost {
    fn deposit(self, amount: Money) -> Result<HostToHostDeposit, DecodeError> {
        let seconds = self.order_expiration_seconds.parse();
        let seconds =
            seconds.map_err(|_| DecodeError::new("order_expiration_seconds", "is not a number of seconds"))?;
        Ok(HostToHostDeposit {
            order_id: self.order_id,
            status: self.status,
            amount,
            wallet_address: self.wallet_address,
            wallet_name: self.wallet_name,
            transaction_note: self.transaction_note,
            expires_after: Duration::from_secs(seconds),
            qr: self.qr.filter(|qr| !qr.is_empty()).map(QrCode),
            deep_links: DeepLinks(self.deep_links.unwrap_or_default()),
        })
    }
}

#[derive(Deserialize)]
struct WireConfirmation {
    status: OrderStatus,
}

#[derive(Serialize)]
struct WireConfirm<'a> {
    order_id: &'a OrderId,
    customer_transaction_id: &'a Utr,
}

const CREATE_DEPOSIT: Operation = Operation::write("create_deposit");
const CREATE_HOST_TO_HOST_DEPOSIT: Operation = Operation::write("create_host_to_host_deposit");
/// It credits the merchant.
const CONFIRM_UTR: Operation = Operation::move_money("confirm_utr");

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";
