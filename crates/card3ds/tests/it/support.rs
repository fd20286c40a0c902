use std::sync::{Arc, Mutex};

use card3ds::{
    ApiKey, ApiSecret, Card, Client, ClientBuilder, Currency, Error, Expiry, Money, NewPayment, NewThreeDsPayment,
    PaymentId, ReturnUrls,
};
use payments_core::test_util::{ManualClock, Reply, Script};
use payments_core::{Exchange, Observer};

/// Creates a client with scripted responses and a clock that only the test moves.
pub(crate) fn scripted(replies: impl IntoIterator<Item = Reply>) -> (Client, Script) {
    let script = Script::new(replies);
    (builder(&script).build().unwrap(), script)
}

pub(crate) fn builder(script: &Script) -> ClientBuilder {
    let clock = ManualClock::at(time::macros::datetime!(2026-01-02 03:04:05 UTC));
    Client::builder(ApiKey::new(KEY).unwrap(), ApiSecret::new(SECRET).unwrap())
        .base_url("https://api.example.com")
        .transport(script.clone())
        .clock(clock.clone())
        .timer(clock)
}

/// Credentials that occur nowhere else, so that a leak can be found.
pub(crate) const KEY: &str = "canary-api-key-7f3a";
pub(crate) const SECRET: &str = "canary-api-secret-91bc";

/// The document's example card.
pub(crate) const PAN: &str = "5421190122090656";
pub(crate) const CVV: &str = "916";

/// The document's example payment id.
pub(crate) const PAYMENT: &str = "123e4567-e89b-12d3-a456-426614174000";

pub(crate) fn lira(text: &str) -> Money {
    Money::parse(text, Currency::TRY).unwrap()
}

pub(crate) fn card() -> Card {
    Card::new("John Doe", PAN.parse().unwrap(), Expiry::new(4, 2028).unwrap(), CVV.parse().unwrap())
}

pub(crate) fn payment() -> NewPayment {
    payment_of(lira("100.50"))
}

pub(crate) fn payment_of(amount: Money) -> NewPayment {
    NewPayment::new("ORD-12345", amount, card(), "192.168.1.1:8080".parse().unwrap())
}

pub(crate) fn three_ds() -> NewThreeDsPayment {
    NewThreeDsPayment::new(payment(), urls())
}

pub(crate) fn urls() -> ReturnUrls {
    ReturnUrls {
        success: "https://example.com/3ds/success".to_owned(),
        failure: "https://example.com/3ds/failure".to_owned(),
    }
}

pub(crate) fn payment_id() -> PaymentId {
    PAYMENT.parse().unwrap()
}

/// Returns a payment response with the required members and the order id. `members` adds or replaces members.
pub(crate) fn response(members: &[(&str, &str)]) -> Reply {
    Reply::json(200, &response_text(members))
}

pub(crate) fn response_text(members: &[(&str, &str)]) -> String {
    let mut response = vec![
        ("paymentId", format!("\"{PAYMENT}\"")),
        ("orderId", "\"ORD-12345\"".to_owned()),
        ("amount", "100.50".to_owned()),
        ("currency", "\"TRY\"".to_owned()),
        ("status", "\"SUCCESS\"".to_owned()),
    ];
    for (name, value) in members {
        response.retain(|(known, _)| known != name);
        response.push((*name, (*value).to_owned()));
    }
    let members: Vec<_> = response.iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
    format!("{{{}}}", members.join(","))
}

/// Returns a payment response in which this member is `null`.
pub(crate) fn response_without(name: &str) -> Reply {
    response(&[(name, "null")])
}

/// Returns the body of the last request.
pub(crate) fn body_of(script: &Script) -> String {
    let requests = script.requests();
    String::from_utf8(requests.last().unwrap().body().as_ref().to_vec()).unwrap()
}

/// Returns the method and URL of the last request.
pub(crate) fn sent_to(script: &Script) -> String {
    let requests = script.requests();
    let last = requests.last().unwrap();
    format!("{} {}", last.method(), last.url())
}

/// Returns everything that can be printed of an error and its sources.
pub(crate) fn all_output(err: &Error) -> String {
    let mut output = format!("{err} {err:?} {err:#?}");
    let mut source = std::error::Error::source(err);
    while let Some(inner) = source {
        output.push_str(&format!(" {inner} {inner:?}"));
        source = inner.source();
    }
    output
}

/// Records everything that an observer sees.
#[derive(Debug, Clone, Default)]
pub(crate) struct Recorder(Arc<Mutex<Vec<String>>>);

impl Observer for Recorder {
    fn exchange(&self, exchange: &Exchange<'_>) {
        self.0.lock().unwrap().push(format!("{exchange:?} {exchange:#?}"));
    }
}

impl Recorder {
    pub(crate) fn text(&self) -> String {
        self.0.lock().unwrap().join("\n")
    }
}

/// Runs a future to completion.
pub(crate) fn now<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(work)
}
