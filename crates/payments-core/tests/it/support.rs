//! A fictitious provider for these tests, with and without idempotency keys.

pub(crate) mod server;

use std::sync::Arc;
use std::time::Duration;

use payments_core::clock::Clock;
use payments_core::connection::{Connection, Credentials};
use payments_core::json::{self, DecodeError, JsonNumber, ProviderMessage, Read};
use payments_core::provider::{IdempotencyPolicy, Operation, ProviderSpec};
use payments_core::request::{Path, RequestBuilder};
use payments_core::rust_decimal::Decimal;
use payments_core::test_util::{ManualClock, Reply, Script};
use payments_core::time::OffsetDateTime;
use payments_core::transport::Response;
use payments_core::{
    Call, Currency, Error, ErrorKind, IdempotencyKey, Keyed, Money, Outcome, ProviderError, RateLimiter, Settings,
};
use serde::{Deserialize, Serialize};

/// A provider without idempotency keys, which does not document that a 429 was not executed.
pub(crate) static UNKEYED: ProviderSpec = ProviderSpec::new("acme", "acme/0.1.0", parse_error);

/// A provider with keys that live for 24 hours, which documents that a 429 was not executed.
pub(crate) static KEYED: ProviderSpec = keyed_for(DAY);

/// A provider with keys that live for this time.
pub(crate) const fn keyed_for(lifetime: Duration) -> ProviderSpec {
    ProviderSpec::new("acme", "acme/0.1.0", parse_error)
        .with_idempotency(IdempotencyPolicy::new("idempotency-key", lifetime))
}

pub(crate) const DAY: Duration = Duration::from_secs(24 * 60 * 60);
pub(crate) const API_KEY: &str = "key-canary-5f1d";
pub(crate) const PAYMENT_JSON: &str = r#"{"id":"pay_1","amount":100.50}"#;

payments_core::string_newtype! {
    /// The merchant's own reference.
    pub(crate) struct Reference("reference"): |text| payments_core::id::check_reference("reference", text, 100);
}

payments_core::string_newtype! {
    /// The provider's id of a payment.
    pub(crate) struct PaymentId("payment_id", private): |text| payments_core::id::check_id("payment_id", text);
}

impl ProviderMessage for Payment {
    const DECIDING: &'static [&'static str] = &["id", "amount"];
}

/// Returns the decoded message.
pub(crate) fn value<T>(read: Read<'_, T>) -> Result<T, DecodeError> {
    Ok(read.value)
}

/// A payment in a response of the provider.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct Payment {
    pub(crate) id: String,
    #[serde(with = "json::decimal")]
    pub(crate) amount: Decimal,
}

/// A successful response.
pub(crate) fn payment_response() -> Reply {
    Reply::json(200, PAYMENT_JSON)
}

/// An error response in the provider's documented form.
pub(crate) fn error_response(status: u16) -> Reply {
    Reply::json(status, r#"{"error":{"code":"no","message":"not today"}}"#)
}

#[derive(Deserialize)]
struct ErrorBody {
    error: ErrorDetails,
}

#[derive(Deserialize)]
struct ErrorDetails {
    code: Option<String>,
    message: Option<String>,
    decline_code: Option<String>,
    param: Option<String>,
    object: Option<String>,
    #[serde(default)]
    settles: bool,
}

fn parse_error(_: &Operation, response: &Response) -> Option<ProviderError> {
    let details = json::decode::<ErrorBody>(response.body()).ok()?.error;
    let (kind, outcome) = match details.code.as_deref() {
        Some("card_declined") => (Some(ErrorKind::Declined), None),
        Some("already_taken") => (Some(ErrorKind::Conflict), Some(Outcome::Unknown)),
        _ => (None, None),
    };
    Some(ProviderError {
        kind,
        outcome,
        code: details.code,
        decline_code: details.decline_code,
        message: details.message,
        param: details.param,
        object_id: details.object,
        settles_key: details.settles,
        ..ProviderError::default()
    })
}

/// The provider's client.
#[derive(Debug, Clone)]
pub(crate) struct Client {
    pub(crate) connection: Connection,
    clock: Arc<dyn Clock>,
}

impl Client {
    pub(crate) fn new(settings: Settings, spec: &'static ProviderSpec, limiter: Option<RateLimiter>) -> Self {
        Self::try_new(settings, spec, limiter).unwrap()
    }

    pub(crate) fn try_new(
        settings: Settings,
        spec: &'static ProviderSpec,
        limiter: Option<RateLimiter>,
    ) -> Result<Self, Error> {
        Self::try_with_credentials(settings, spec, limiter, &[("x-api-key", API_KEY)])
    }

    pub(crate) fn try_with_credentials<'a>(
        settings: Settings,
        spec: &'static ProviderSpec,
        limiter: Option<RateLimiter>,
        credentials: impl Into<Credentials<'a>>,
    ) -> Result<Self, Error> {
        let clock = Arc::clone(&settings.clock);
        Ok(Self { clock, connection: settings.connect(spec, Some("https://api.acme.test/v1"), credentials, limiter)? })
    }

    /// A read-only call.
    pub(crate) fn retrieve(&self) -> Call<Payment> {
        self.connection.call(Operation::read("retrieve"), Ok(RequestBuilder::get(Path::new("payments"))), value)
    }

    /// A read-only call that counts against the rate limit.
    pub(crate) fn retrieve_limited(&self) -> Call<Payment> {
        self.connection.call(
            Operation::read("retrieve_limited").limited(),
            Ok(RequestBuilder::get(Path::new("payments"))),
            value,
        )
    }

    /// A read-only call with the merchant's reference in its path and a note in its query.
    pub(crate) fn lookup_payment(&self, reference: &Reference, note: &str) -> Call<Payment> {
        let path = Path::new("payments").segment(reference).query("note", note);
        self.connection.call(Operation::read("lookup_payment"), Ok(RequestBuilder::get(path)), value)
    }

    /// A read-only call with the provider's id in its path.
    pub(crate) fn retrieve_by_id(&self, id: &PaymentId) -> Call<Payment> {
        let path = Path::new("payments").segment(id);
        self.connection.call(Operation::read("retrieve_by_id"), Ok(RequestBuilder::get(path)), value)
    }

    /// A write that moves no money.
    pub(crate) fn update(&self) -> Call<Payment> {
        self.connection.call(Operation::write("update"), request("update"), value)
    }

    /// A call that moves money.
    pub(crate) fn pay(&self) -> Call<Payment> {
        self.connection.call(Operation::move_money("pay"), request("pay"), value)
    }

    /// A call that moves money and checks the id in the response.
    pub(crate) fn pay_expecting_id(&self, id: &'static str) -> Call<Payment> {
        self.connection.call(
            Operation::move_money("pay_expecting_id"),
            request("pay"),
            move |read: Read<'_, Payment>| {
                let payment = read.value;
                if payment.id == id { Ok(payment) } else { Err(DecodeError::new("id", "is another payment's")) }
            },
        )
    }

    /// A call that moves money under an unused idempotency key.
    pub(crate) fn pay_keyed(&self, key: &str) -> Call<Payment, Keyed> {
        let key = IdempotencyKey::new(key, self.clock.now()).unwrap().assume_unused();
        self.connection.keyed_call(Operation::move_money("pay_keyed"), request("pay"), key, value)
    }
}

fn request(what: &'static str) -> Result<RequestBuilder, Error> {
    #[derive(Debug, Serialize)]
    struct Body {
        what: &'static str,
        amount: JsonNumber,
    }
    let amount = JsonNumber::decimal(Money::parse("100.50", Currency::INR)?)?;
    RequestBuilder::post(Path::new("payments")).json(&Body { what, amount })
}

/// The four types of calls that the retry rules distinguish.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CallType {
    Read,
    Write,
    MoveMoney,
    /// Moves money under an idempotency key.
    Keyed,
}

impl CallType {
    pub(crate) const ALL: [Self; 4] = [Self::Read, Self::Write, Self::MoveMoney, Self::Keyed];
}

/// A client with a scripted transport and a clock that the test controls.
#[derive(Debug, Clone)]
pub(crate) struct Harness {
    pub(crate) client: Client,
    pub(crate) script: Script,
    pub(crate) clock: ManualClock,
}

impl Harness {
    pub(crate) fn new(replies: impl IntoIterator<Item = Reply>) -> Self {
        Self::with(&KEYED, None, replies, |_| {})
    }

    pub(crate) fn with(
        spec: &'static ProviderSpec,
        limiter: Option<RateLimiter>,
        replies: impl IntoIterator<Item = Reply>,
        change: impl FnOnce(&mut Settings),
    ) -> Self {
        let script = Script::new(replies);
        let clock = ManualClock::at(OffsetDateTime::UNIX_EPOCH + DAY * 20_000);
        let mut settings = scripted_settings(&script, &clock);
        change(&mut settings);
        Self { client: Client::new(settings, spec, limiter), script, clock }
    }

    pub(crate) async fn send(&self, call_type: CallType) -> Result<Payment, Error> {
        match call_type {
            CallType::Read => self.client.retrieve().send().await,
            CallType::Write => self.client.update().send().await,
            CallType::MoveMoney => self.client.pay().send().await,
            CallType::Keyed => self.client.pay_keyed("key-1").send().await,
        }
    }

    /// The number of requests that were sent, including retries.
    pub(crate) fn request_count(&self) -> usize {
        self.script.requests().len()
    }
}

pub(crate) fn scripted_settings(script: &Script, clock: &ManualClock) -> Settings {
    Settings::builder().transport(script.clone()).clock(clock.clone()).timer(clock.clone()).build()
}

/// A client that connects to this address over real sockets.
pub(crate) fn client_at(address: std::net::SocketAddr) -> Client {
    Client::new(settings_at(&format!("http://{address}")), &KEYED, None)
}

pub(crate) fn settings_at(base_url: &str) -> Settings {
    Settings::builder().base_url(base_url).build()
}

/// All text that an error can print: `Display` and `Debug` of the error, its sources and its earlier attempts.
pub(crate) fn all_error_text(error: &Error) -> String {
    let mut text = format!("{error}\n{error:?}\n{error:#?}\n");
    let mut source = std::error::Error::source(error);
    while let Some(err) = source {
        text += &format!("{err}\n{err:?}\n{err:#?}\n");
        source = err.source();
    }
    if let Some(earlier) = error.earlier() {
        text += &all_error_text(earlier);
    }
    text
}

/// Polls a future once, as a runtime does before something interrupts the future.
pub(crate) fn poll_once<F: Future>(future: std::pin::Pin<&mut F>) -> std::task::Poll<F::Output> {
    future.poll(&mut std::task::Context::from_waker(std::task::Waker::noop()))
}

/// Runs one test of this binary in a child process with these environment variables, and returns its standard output.
pub(crate) async fn run_in_child_process(test: &'static str, variables: Vec<(&'static str, String)>) -> String {
    let run = move || {
        let mut child = std::process::Command::new(std::env::current_exe().unwrap());
        child.args(["--exact", test, "--nocapture"]).env(IN_CHILD, "1").envs(variables);
        child.env_remove("NO_PROXY").env_remove("no_proxy").env_remove("REQUEST_METHOD").output().unwrap()
    };
    let output = tokio::task::spawn_blocking(run).await.unwrap();
    let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{stdout}\n{}", String::from_utf8_lossy(&output.stderr));
    assert!(stdout.contains("1 passed"), "{stdout}");
    stdout
}

/// Reads a variable that the parent test set for this child process; `None` outside a child process.
#[expect(clippy::disallowed_methods, reason = "the environment is how a test passes arguments to its child process")]
pub(crate) fn child_variable(variable: &str) -> Option<String> {
    std::env::var(IN_CHILD).ok().and_then(|_| std::env::var(variable).ok())
}

const IN_CHILD: &str = "PAYMENTS_CORE_TEST_CHILD";
