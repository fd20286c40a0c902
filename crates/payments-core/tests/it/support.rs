//! A provider made up for these tests: one dialect with idempotency keys and one without.

pub(crate) mod server;

use std::sync::Arc;
use std::time::Duration;

use payments_core::clock::Clock;
use payments_core::connection::Connection;
use payments_core::json::{self, DecodeError, JsonNumber};
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

/// No keys, and 429 is not documented as refused.
pub(crate) static UNKEYED: ProviderSpec = ProviderSpec {
    provider: "acme",
    agent: "acme/0.1.0",
    parse_error,
    errors_in_2xx: false,
    throttled_is_refused: false,
    idempotency: None,
};

/// Keys that live for 24 hours, and 429 is documented as refused.
pub(crate) static KEYED: ProviderSpec = ProviderSpec {
    provider: "acme",
    agent: "acme/0.1.0",
    parse_error,
    errors_in_2xx: false,
    throttled_is_refused: true,
    idempotency: Some(IdempotencyPolicy { header: "idempotency-key", lifetime: DAY }),
};

pub(crate) const DAY: Duration = Duration::from_secs(24 * 60 * 60);
pub(crate) const API_KEY: &str = "key-canary-5f1d";

payments_core::string_newtype! {
    /// The merchant's own reference.
    pub(crate) struct Reference("reference"): |text| payments_core::id::check_reference("reference", text, 100);
}

payments_core::string_newtype! {
    /// The provider's id of a payment.
    pub(crate) struct PaymentId("payment_id", private): |text| payments_core::id::check_id("payment_id", text);
}

/// A payment as the provider answers it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct Payment {
    pub(crate) id: String,
    #[serde(with = "json::decimal")]
    pub(crate) amount: Decimal,
}

/// What the provider answers when it has paid.
pub(crate) fn paid() -> Reply {
    Reply::json(200, PAID)
}

/// The provider's own words of refusal.
pub(crate) fn refused(status: u16) -> Reply {
    Reply::json(status, r#"{"error":{"code":"no","message":"not today"}}"#)
}

pub(crate) const PAID: &str = r#"{"id":"pay_1","amount":100.50}"#;

#[derive(Deserialize)]
struct Envelope {
    error: Words,
}

#[derive(Deserialize)]
struct Words {
    code: Option<String>,
    message: Option<String>,
    decline_code: Option<String>,
    param: Option<String>,
    object: Option<String>,
    #[serde(default)]
    settles: bool,
}

fn parse_error(_: &Operation, response: &Response) -> Option<ProviderError> {
    let words = json::decode::<Envelope>(response.body()).ok()?.error;
    let (kind, outcome) = match words.code.as_deref() {
        Some("card_declined") => (Some(ErrorKind::Declined), None),
        Some("already_taken") => (Some(ErrorKind::Conflict), Some(Outcome::Unknown)),
        _ => (None, None),
    };
    Some(ProviderError {
        kind,
        outcome,
        code: words.code,
        decline_code: words.decline_code,
        message: words.message,
        param: words.param,
        object_id: words.object,
        settles_key: words.settles,
        ..ProviderError::default()
    })
}

/// The provider's client.
#[derive(Debug, Clone)]
pub(crate) struct Shop {
    pub(crate) connection: Connection,
    clock: Arc<dyn Clock>,
}

impl Shop {
    pub(crate) fn new(settings: Settings, dialect: &'static ProviderSpec, limiter: Option<RateLimiter>) -> Self {
        Self::try_new(settings, dialect, limiter).unwrap()
    }

    pub(crate) fn try_new(
        settings: Settings,
        dialect: &'static ProviderSpec,
        limiter: Option<RateLimiter>,
    ) -> Result<Self, Error> {
        let (credentials, clock) = ([("x-api-key", API_KEY)], Arc::clone(&settings.clock));
        Ok(Self {
            clock,
            connection: settings.connect(dialect, Some("https://api.acme.test/v1"), &credentials, limiter)?,
        })
    }

    /// Asks.
    pub(crate) fn ask(&self) -> Call<Payment> {
        self.connection.call(Operation::read("ask"), Ok(RequestBuilder::get(Path::new("payments"))), Ok)
    }

    /// Asks, and counts against the limit.
    pub(crate) fn ask_limited(&self) -> Call<Payment> {
        self.connection.call(
            Operation::read("ask_limited").limited(),
            Ok(RequestBuilder::get(Path::new("payments"))),
            Ok,
        )
    }

    /// Asks by the merchant's reference and by a query.
    pub(crate) fn lookup_payment(&self, reference: &Reference, note: &str) -> Call<Payment> {
        let path = Path::new("payments").segment(reference).query("note", note);
        self.connection.call(Operation::read("lookup_payment"), Ok(RequestBuilder::get(path)), Ok)
    }

    /// Asks by the provider's id.
    pub(crate) fn payment(&self, id: &PaymentId) -> Call<Payment> {
        self.connection.call(Operation::read("payment"), Ok(RequestBuilder::get(Path::new("payments").segment(id))), Ok)
    }

    /// Changes something.
    pub(crate) fn rename(&self) -> Call<Payment> {
        self.connection.call(Operation::write("rename"), body("rename"), Ok)
    }

    /// Moves money.
    pub(crate) fn pay(&self) -> Call<Payment> {
        self.connection.call(Operation::move_money("pay"), body("pay"), Ok)
    }

    /// Moves money, and holds the answer's id against the one expected.
    pub(crate) fn pay_as(&self, id: &'static str) -> Call<Payment> {
        self.connection.call(Operation::move_money("pay_as"), body("pay"), move |payment: Payment| {
            if payment.id == id { Ok(payment) } else { Err(DecodeError::new("id", "is another payment's")) }
        })
    }

    /// Moves money under a key.
    pub(crate) fn pay_keyed(&self, key: &str) -> Call<Payment, Keyed> {
        let key = IdempotencyKey::new(key, self.clock.now()).unwrap().assume_unused();
        self.connection.keyed_call(Operation::move_money("pay_keyed"), body("pay"), key, Ok)
    }
}

fn body(what: &'static str) -> Result<RequestBuilder, Error> {
    #[derive(Debug, Serialize)]
    struct Body {
        what: &'static str,
        amount: JsonNumber,
    }
    let amount = JsonNumber::decimal(Money::parse("100.50", Currency::INR)?)?;
    RequestBuilder::post(Path::new("payments")).json(&Body { what, amount })
}

/// The four ways in which a call can stand to being sent again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum How {
    Read,
    Write,
    Money,
    Keyed,
}

impl How {
    pub(crate) const ALL: [Self; 4] = [Self::Read, Self::Write, Self::Money, Self::Keyed];
}

/// A shop with a script for its wire and a clock that the test moves.
#[derive(Debug, Clone)]
pub(crate) struct Bench {
    pub(crate) shop: Shop,
    pub(crate) script: Script,
    pub(crate) clock: ManualClock,
}

impl Bench {
    pub(crate) fn new(replies: impl IntoIterator<Item = Reply>) -> Self {
        Self::with(&KEYED, None, replies, |_| {})
    }

    pub(crate) fn with(
        dialect: &'static ProviderSpec,
        limiter: Option<RateLimiter>,
        replies: impl IntoIterator<Item = Reply>,
        change: impl FnOnce(&mut Settings),
    ) -> Self {
        let script = Script::new(replies);
        let clock = ManualClock::at(OffsetDateTime::UNIX_EPOCH + DAY * 20_000);
        let mut settings = scripted(&script, &clock);
        change(&mut settings);
        Self { shop: Shop::new(settings, dialect, limiter), script, clock }
    }

    pub(crate) async fn send(&self, how: How) -> Result<Payment, Error> {
        match how {
            How::Read => self.shop.ask().send().await,
            How::Write => self.shop.rename().send().await,
            How::Money => self.shop.pay().send().await,
            How::Keyed => self.shop.pay_keyed("key-1").send().await,
        }
    }

    pub(crate) fn sent(&self) -> usize {
        self.script.requests().len()
    }
}

pub(crate) fn scripted(script: &Script, clock: &ManualClock) -> Settings {
    Settings {
        transport: Some(Arc::new(script.clone())),
        clock: Arc::new(clock.clone()),
        timer: Some(Arc::new(clock.clone())),
        ..Settings::default()
    }
}

/// A shop whose calls leave over real sockets, to this address.
pub(crate) fn over_sockets(address: std::net::SocketAddr) -> Shop {
    Shop::new(settings_at(&format!("http://{address}")), &KEYED, None)
}

pub(crate) fn settings_at(base_url: &str) -> Settings {
    Settings { base_url: Some(base_url.to_owned()), ..Settings::default() }
}

/// Every text by which an error can come out: what it prints, its sources, and its fields as far as they go.
pub(crate) fn everything_it_says(error: &Error) -> String {
    let mut said = format!("{error}\n{error:?}\n{error:#?}\n");
    let mut source = std::error::Error::source(error);
    while let Some(err) = source {
        said += &format!("{err}\n{err:?}\n{err:#?}\n");
        source = err.source();
    }
    if let Some(earlier) = error.earlier() {
        said += &everything_it_says(earlier);
    }
    said
}

/// Polls a future once, as a runtime would before something interrupts it.
pub(crate) fn poll_once<F: Future>(future: std::pin::Pin<&mut F>) -> std::task::Poll<F::Output> {
    future.poll(&mut std::task::Context::from_waker(std::task::Waker::noop()))
}

/// Runs one test of this binary in a process of its own, with these variables in its environment, and gives what it
/// printed.
pub(crate) async fn in_a_child(test: &'static str, variables: Vec<(&'static str, String)>) -> String {
    let run = move || {
        let mut child = std::process::Command::new(std::env::current_exe().unwrap());
        child.args(["--exact", test, "--nocapture"]).env(CHILD, "1").envs(variables);
        child.env_remove("NO_PROXY").env_remove("no_proxy").env_remove("REQUEST_METHOD").output().unwrap()
    };
    let output = tokio::task::spawn_blocking(run).await.unwrap();
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{printed}\n{}", String::from_utf8_lossy(&output.stderr));
    assert!(printed.contains("1 passed"), "{printed}");
    printed
}

/// What an outer test told the process it started, and nothing in the outer process itself.
#[expect(clippy::disallowed_methods, reason = "the one way to tell a child anything")]
pub(crate) fn told(variable: &str) -> Option<String> {
    std::env::var(CHILD).ok().and_then(|_| std::env::var(variable).ok())
}

const CHILD: &str = "PAYMENTS_CORE_TEST_CHILD";
