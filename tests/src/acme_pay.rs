//! Acme Pay: a fictional provider, written on `payments-core` alone.

use payments_core::gateway::{self, Capabilities, Capability, Feature, NextAction, PaymentState, StartedPayment};
use payments_core::gateway::{Recovery, RecoveryPlan, StatusChanges, WriteOperation::StartPayment};
use payments_core::provider::{IdempotencyPolicy, Operation, ProviderSpec};
use payments_core::request::{Path, RequestBuilder};
use payments_core::transport::{Response, async_trait};
use payments_core::webhook::{self, HexCase, SigningSecrets, Verified, VerifyError, signature_from_hex};
use payments_core::{Call, Currency, Error, Expected, Keyed, Mismatch, Money, Page, Pager, ProviderError, Reported};
use payments_core::{PaymentStatus as Common, Settings, client_settings, connection::Connection, http, id, json, time};
use payments_core::{deciding_members, json::Read, open_enum, secret_newtype, string_newtype};
use serde::{Deserialize, Serialize};

static SPEC: ProviderSpec =
    ProviderSpec::new("acme-pay", concat!("acme-pay/", env!("CARGO_PKG_VERSION")), parse_error).with_idempotency(KEYS);
const KEYS: IdempotencyPolicy = IdempotencyPolicy::new("idempotency-key", time::Duration::DAY.unsigned_abs());

/// Parses the documented error. A declined card is the result of the keyed request itself, so it settles the key.
fn parse_error(_: &Operation, response: &Response) -> Option<ProviderError> {
    let WireError { error: ErrorDetails { code, message } } = json::decode(response.body()).ok()?;
    let settles_key = response.status() == 402;
    Some(ProviderError { code: Some(code), message: Some(message), settles_key, ..ProviderError::default() })
}

#[derive(Deserialize)]
struct WireError {
    error: ErrorDetails,
}
#[derive(Deserialize)]
struct ErrorDetails {
    code: String,
    message: String,
}

secret_newtype! { pub struct ApiKey("api_key", "ACME_PAY_API_KEY"); }
secret_newtype! { pub struct WebhookSecret("webhook_secret", "ACME_PAY_WEBHOOK_SECRET"); }
string_newtype! { pub struct PaymentId("id"): |text| id::check_id("id", text); }
string_newtype! { pub struct Reference("reference"): |text| id::check_reference("reference", text, 64); }
open_enum! { pub enum PaymentStatus { Pending = "pending", Paid = "paid", Failed = "failed", } }

#[derive(Debug, Clone)]
pub struct Client(Connection);

#[derive(Debug)]
pub struct ClientBuilder {
    key: ApiKey,
    settings: Settings,
}
impl ClientBuilder {
    client_settings!();
    pub fn build(self) -> Result<Client, Error> {
        let bearer = format!("Bearer {}", self.key.expose());
        self.settings.connect(&SPEC, Some("https://acme-pay.example"), &[("authorization", &*bearer)], None).map(Client)
    }
}

#[derive(Debug, Clone, Serialize)]
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

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Payment {
    pub id: PaymentId,
    pub reference: Reference,
    #[serde(deserialize_with = "json::integer")]
    amount: i64,
    currency: Currency,
    pub status: PaymentStatus,
}
deciding_members!(Payment: "id", "reference", "amount", "currency", "status");
impl Payment {
    pub fn amount(&self) -> Money {
        Money::from_minor(self.amount, self.currency)
    }

    /// Compares reference, currency and amount with the merchant's order, but not the status.
    pub fn check(&self, order: &Expected) -> Result<(), Mismatch> {
        order.check(&Reported::money(self.reference.as_str(), self.amount())?)
    }

    fn common(&self) -> Common {
        match &self.status {
            PaymentStatus::Pending => Common::Processing,
            PaymentStatus::Paid => Common::Succeeded,
            PaymentStatus::Failed => Common::Failed,
            PaymentStatus::Unknown(value) => Common::Unknown(value.as_str().to_owned()),
        }
    }
}

impl Client {
    pub fn builder(key: ApiKey) -> ClientBuilder {
        ClientBuilder { key, settings: Settings::default() }
    }

    /// Creates a payment under an idempotency key. **This moves money.**
    pub fn create_payment(&self, new: NewPayment) -> Call<Payment, Keyed> {
        let amount = Money::from_minor(new.amount, new.currency);
        let valid = amount.check_positive("amount").map_err(Error::from);
        let request = valid.and(RequestBuilder::post(Path::new("v1/payments")).log_as(new.clone()).json(&new));
        self.0.auto_keyed_call(Operation::move_money("create_payment"), request, move |read: Read<'_, Payment>| {
            json::expect_equal("reference", &read.value.reference, &new.reference)?;
            json::expect_equal("amount", &read.value.amount(), &amount).map(|()| read.value)
        })
    }

    pub fn retrieve_payment(&self, id: &PaymentId) -> Call<Payment> {
        let requested = id.clone();
        let request = RequestBuilder::get(Path::new("v1/payments").segment(id)).log_as(id.clone());
        self.0.call(Operation::read("retrieve_payment"), Ok(request), move |read: Read<'_, Payment>| {
            json::expect_equal("id", &read.value.id, &requested).map(|()| read.value)
        })
    }

    pub fn list_payments(&self) -> Pager<Payment> {
        let connection = self.0.clone();
        Pager::new(move |cursor| {
            let path = cursor.iter().fold(Path::new("v1/payments"), |path, cursor| path.query("cursor", cursor));
            let read = |list: Read<'_, WireList>| Ok(Page { items: list.value.data, next: list.value.next_cursor });
            connection.call(Operation::read("list_payments"), Ok(RequestBuilder::get(path)), read)
        })
    }

    pub const fn capabilities() -> Capabilities {
        const TABLE: &[Capability] = &[
            Capability::supported(Feature::StartPayment, ""),
            Capability::supported(Feature::Retrieve, ""),
            Capability::supported(Feature::DuplicateProtection, "idempotency keys, for 24 hours"),
            Capability::supported(Feature::SignedWebhooks, "HMAC of the body"),
            Capability::supported(Feature::Lists, ""),
        ];
        const KEY: &[Recovery] = &[Recovery::SameKey { lifetime: time::Duration::DAY.unsigned_abs() }];
        const RECOVERY: &[RecoveryPlan] = &[RecoveryPlan::new(StartPayment, KEY, "")];
        const ENDS: &[(Common, Common)] =
            &[(Common::Processing, Common::Succeeded), (Common::Processing, Common::Failed)];
        const CHANGES: &[StatusChanges] = &[StatusChanges::new(&[StartPayment], ENDS, "")];
        Capabilities { provider: "acme-pay", table: TABLE, recovery: RECOVERY, status_changes: CHANGES }
    }
}

#[derive(Deserialize)]
struct WireList {
    data: Vec<Payment>,
    next_cursor: Option<String>,
}
deciding_members!(WireList: "data", "next_cursor");

#[derive(Debug, Clone)]
pub struct WebhookVerifier(SigningSecrets);

impl WebhookVerifier {
    pub fn new(secret: &WebhookSecret) -> Self {
        Self(SigningSecrets::new(&secret.0))
    }

    pub fn verify(&self, body: &[u8], headers: &http::HeaderMap) -> Result<Verified<Event>, VerifyError> {
        let hex = webhook::one_header(headers, "x-acme-signature")?;
        let signature = signature_from_hex(hex, HexCase::Lower).ok_or_else(|| webhook::rejected("not hexadecimal"))?;
        self.0.verify(body, &[body], &[signature])?.decode(json::decode)
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Event {
    pub id: String,
    pub payment: Payment,
}

#[async_trait]
impl gateway::StartPayment for Client {
    async fn start_payment(&self, order: &gateway::PaymentRequest) -> Result<StartedPayment, Error> {
        Self::capabilities().check_payment(order)?;
        let call = self.create_payment(NewPayment::new(order.amount, order.reference.parse()?));
        let payment = call.with_options(&order.reference, &order.options).send().await?;
        Ok(StartedPayment::new(Some(payment.id.to_string()), payment.common(), payment.amount(), NextAction::None))
    }
}

#[async_trait]
impl gateway::Retrieve for Client {
    async fn retrieve(&self, id: &str, expected: &Expected) -> Result<PaymentState, Error> {
        let payment = self.retrieve_payment(&id.parse()?).send().await?;
        let is_final = matches!(payment.status, PaymentStatus::Paid | PaymentStatus::Failed);
        let state = PaymentState::new(Some(payment.id.to_string()), payment.common(), is_final, Some(payment.amount()));
        Ok(state.checked(payment.check(expected)))
    }
}
