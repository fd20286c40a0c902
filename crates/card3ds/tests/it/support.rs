use std::sync::{Arc, Mutex};

use card3ds::{
    ApiKey, ApiSecret, Card, Client, ClientBuilder, Currency, Error, Expiry, Money, NewPayment, NewThreeDsPayment,
    PaymentId, ReturnUrls,
};
use payments_core::test_util::{ManualClock, Reply, Script};
use payments_core::{Exchange, Observer};

/// A client that is answered from a script, on a clock that stands still.
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

/// Credentials that appear nowhere else.
pub(crate) const KEY: &str = "canary-api-key-7f3a";
pub(crate) const SECRET: &str = "canary-api-secret-91bc";

/// The document's card, and what of it may never be printed.
pub(crate) const PAN: &str = "5421190122090656";
pub(crate) const CVV: &str = "916";

/// The document's payment.
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
    NewPayment::new("ORD-12345".parse().unwrap(), amount, card(), "192.168.1.1:8080".parse().unwrap())
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

/// An answer with what every payment's has, and these members more (or instead: the last one of a name counts).
pub(crate) fn response(members: &[(&str, &str)]) -> Reply {
    Reply::json(200, &answer_text(members))
}

pub(crate) fn answer_text(members: &[(&str, &str)]) -> String {
    let mut all = vec![
        ("paymentId", format!("\"{PAYMENT}\"")),
        ("orderId", "\"ORD-12345\"".to_owned()),
        ("amount", "100.50".to_owned()),
        ("currency", "\"TRY\"".to_owned()),
        ("status", "\"SUCCESS\"".to_owned()),
    ];
    for (name, value) in members {
        all.retain(|(known, _)| known != name);
        all.push((*name, (*value).to_owned()));
    }
    let members: Vec<_> = all.iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
    format!("{{{}}}", members.join(","))
}

/// The same without one of them.
pub(crate) fn answer_without(name: &str) -> Reply {
    response(&[(name, "null")])
}

pub(crate) fn body_of(script: &Script) -> String {
    let requests = script.requests();
    String::from_utf8(requests.last().unwrap().body().as_ref().to_vec()).unwrap()
}

/// The last request, as method and address.
pub(crate) fn sent_to(script: &Script) -> String {
    let requests = script.requests();
    let last = requests.last().unwrap();
    format!("{} {}", last.method(), last.url())
}

/// Every way in which an error can be printed.
pub(crate) fn everything_it_says(err: &Error) -> String {
    let mut said = format!("{err} {err:?} {err:#?}");
    let mut source = std::error::Error::source(err);
    while let Some(inner) = source {
        said.push_str(&format!(" {inner} {inner:?}"));
        source = inner.source();
    }
    said
}

/// Keeps all that an observer is shown.
#[derive(Debug, Clone, Default)]
pub(crate) struct Watching(Arc<Mutex<Vec<String>>>);

impl Observer for Watching {
    fn exchange(&self, exchange: &Exchange<'_>) {
        self.0.lock().unwrap().push(format!("{exchange:?} {exchange:#?}"));
    }
}

impl Watching {
    pub(crate) fn text(&self) -> String {
        self.0.lock().unwrap().join("\n")
    }
}

pub(crate) fn now<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(work)
}
