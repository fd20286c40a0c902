//! Acme Pay: a provider that exists in this file alone, and that `payments-core` has never heard of.

use payments_core::api::{Api, Dialect, Draft, KeyRules, Operation, Path};
use payments_core::gateway::{self, Capabilities, Capability, Feature, Found, NextAction, Order, Started};
use payments_core::transport::{Answer, async_trait};
use payments_core::webhook::{self, HexCase, SigningSecrets, Verified, VerifyError, signature_from_hex};
use payments_core::{Call, Claim, Currency, Error, Expected, Keyed, Mismatch, Money, Page, Pager, Refusal};
use payments_core::{PaymentStatus as Common, Settings, client_settings, http, id, json, open_enum, secret, text};
use serde::{Deserialize, Serialize};

static DIALECT: Dialect = Dialect {
    provider: "acme-pay",
    agent: concat!("acme-pay/", env!("CARGO_PKG_VERSION")),
    refusal,
    errors_under_success: false,
    throttled_is_refused: false,
    keys: Some(KeyRules { header: "idempotency-key", lifetime: std::time::Duration::from_secs(24 * 60 * 60) }),
};

/// Acme Pay's own words. A declined card is what the keyed request itself came to, so that answer settles its key.
fn refusal(_: &Operation, answer: &Answer) -> Option<Refusal> {
    let WireError { error: Words { code, message } } = json::decode(answer.body()).ok()?;
    let settles_key = answer.status() == 402;
    Some(Refusal { code: Some(code), message: Some(message), settles_key, ..Refusal::default() })
}

#[derive(Deserialize)]
struct WireError {
    error: Words,
}

#[derive(Deserialize)]
struct Words {
    code: String,
    message: String,
}

secret! { pub struct ApiKey("api_key", "ACME_PAY_API_KEY"); }
secret! { pub struct WebhookSecret("webhook_secret", "ACME_PAY_WEBHOOK_SECRET"); }
text! { pub struct PaymentId("id"): |text| id::check_id("id", text); }
text! { pub struct Reference("reference"): |text| id::check_reference("reference", text, 64); }
open_enum! { pub enum PaymentStatus { Pending = "pending", Paid = "paid", Failed = "failed", } }

/// Acme Pay's API for one merchant. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Client(Api);

#[derive(Debug)]
pub struct ClientBuilder {
    key: ApiKey,
    settings: Settings,
}

impl ClientBuilder {
    client_settings!();

    pub fn build(self) -> Result<Client, Error> {
        let bearer = format!("Bearer {}", self.key.expose());
        let base_url = Some("https://acme-pay.example");
        self.settings.connect(&DIALECT, base_url, &[("authorization", &bearer)], None).map(Client)
    }
}

/// A payment to be created: of this amount, above zero, under a reference of the merchant's.
#[derive(Debug, Clone, Serialize)]
#[must_use = "a payment is not created until it is sent"]
pub struct NewPayment {
    amount: i64,
    currency: Currency,
    reference: Reference,
}

impl NewPayment {
    pub fn new(amount: Money, reference: Reference) -> Self {
        Self { amount: amount.minor(), currency: amount.currency(), reference }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Payment {
    pub id: PaymentId,
    pub reference: Reference,
    #[serde(deserialize_with = "json::integer")]
    amount: i64,
    currency: Currency,
    pub status: PaymentStatus,
}

impl Payment {
    pub fn amount(&self) -> Money {
        Money::from_minor(self.amount, self.currency)
    }

    /// Holds reference, currency and amount against the merchant's books; the status is not looked at.
    pub fn check(&self, expected: &Expected) -> Result<(), Mismatch> {
        let amount = self.amount().to_decimal().map_err(Mismatch::Amount)?;
        expected.check(&Claim { reference: self.reference.as_str(), amount, currency: Some(self.currency), live: None })
    }

    fn common(&self) -> Common {
        match &self.status {
            PaymentStatus::Pending => Common::Processing,
            PaymentStatus::Paid => Common::Succeeded,
            PaymentStatus::Failed => Common::Failed,
            PaymentStatus::Unknown(word) => Common::Unknown(word.as_str().to_owned()),
        }
    }
}

impl Client {
    pub fn builder(key: ApiKey) -> ClientBuilder {
        ClientBuilder { key, settings: Settings::default() }
    }

    /// Creates a payment, under a key. **This moves money.**
    pub fn create_payment(&self, new: NewPayment) -> Call<Payment, Keyed> {
        let positive = Money::from_minor(new.amount, new.currency).check_positive("amount").map_err(Error::from);
        let draft = positive.and_then(|()| Ok(Draft::post(Path::new("v1/payments")).json(&new)?.shown_as(new.clone())));
        self.0.auto_keyed_call(Operation::move_money("create_payment"), draft, move |payment: Payment| {
            json::same("reference", &payment.reference, &new.reference)?;
            json::same("currency", &payment.currency, &new.currency)?;
            json::same("amount", &payment.amount, &new.amount).map(|()| payment)
        })
    }

    pub fn retrieve_payment(&self, id: &PaymentId) -> Call<Payment> {
        let (draft, asked) = (Draft::get(Path::new("v1/payments").segment(id)).shown_as(id.clone()), id.clone());
        self.0.call(Operation::read("retrieve_payment"), Ok(draft), move |payment: Payment| {
            json::same("id", &payment.id, &asked).map(|()| payment)
        })
    }

    pub fn list_payments(&self) -> Pager<Payment> {
        let api = self.0.clone();
        Pager::new(move |cursor| {
            let path = cursor.iter().fold(Path::new("v1/payments"), |path, cursor| path.query("cursor", cursor));
            let read = |list: WireList| Ok(Page { items: list.data, next: list.next_cursor });
            api.call(Operation::read("list_payments"), Ok(Draft::get(path)), read)
        })
    }

    pub const fn capabilities() -> Capabilities {
        const TABLE: &[Capability] = &[
            Capability::yes(Feature::StartPayment, ""),
            Capability::yes(Feature::Retrieve, ""),
            Capability::yes(Feature::DuplicateProtection, "idempotency keys, for 24 hours"),
            Capability::yes(Feature::ProvenWebhooks, "HMAC of the body"),
            Capability::yes(Feature::Lists, ""),
        ];
        Capabilities { provider: "acme-pay", table: TABLE }
    }
}

#[derive(Deserialize)]
struct WireList {
    data: Vec<Payment>,
    next_cursor: Option<String>,
}

#[derive(Debug, Clone)]
pub struct WebhookEndpoint(SigningSecrets);

impl WebhookEndpoint {
    pub fn new(secret: &WebhookSecret) -> Self {
        Self(SigningSecrets::new(&secret.0))
    }

    pub fn verify(&self, body: &[u8], headers: &http::HeaderMap) -> Result<Verified<Event>, VerifyError> {
        let signature = signature_from_hex(webhook::one_header(headers, "x-acme-signature")?, HexCase::Lower);
        let signature = signature.ok_or_else(|| webhook::unproven("the signature is not in hexadecimal digits"))?;
        self.0.prove(body, &[body], &[signature])?.decode(json::decode)
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Event {
    pub id: String,
    pub payment: Payment,
}

#[async_trait]
impl gateway::StartPayment for Client {
    async fn start_payment(&self, order: &Order) -> Result<Started, Error> {
        let call = self.create_payment(NewPayment::new(order.amount, order.reference.parse()?));
        let call = if let Some(at) = order.made { call.derived_key(&order.reference, at) } else { call };
        let payment = call.send().await?;
        Ok(Started::new(Some(payment.id.to_string()), payment.common(), payment.amount(), NextAction::None))
    }
}

#[async_trait]
impl gateway::Retrieve for Client {
    async fn retrieve(&self, id: &str, ordered: &Expected) -> Result<Found, Error> {
        let payment = self.retrieve_payment(&id.parse()?).send().await?;
        let is_final = matches!(payment.status, PaymentStatus::Paid | PaymentStatus::Failed);
        let found = Found::new(Some(payment.id.to_string()), payment.common(), is_final, Some(payment.amount()));
        Ok(found.checked(payment.check(ordered)))
    }
}
