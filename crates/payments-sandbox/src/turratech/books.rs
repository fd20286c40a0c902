//! What comes of what is done: ids, entries for the ledger, and events to the merchant.

use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Map, Value, json};
use sha2::Sha256;
use time::OffsetDateTime;

use super::route::Operation;
use crate::engine::{Effect, Message, Resend, Stamp};
use crate::hex::hex;
use crate::ledger::What;
use crate::random::Random;

/// One thing that is being done.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Call<'a> {
    pub(crate) operation: Operation,
    /// The object in the address; empty where there is none.
    pub(crate) id: &'a str,
    /// The idempotency key.
    pub(crate) key: Option<&'a str>,
    /// The request's number; nothing where no request asked for it.
    pub(crate) request: Option<u64>,
    pub(crate) now: OffsetDateTime,
}

impl Call<'_> {
    /// What the ledger knows a new object by: the merchant's order, else the request's key, else the object's own id.
    pub(crate) fn reference(&self, metadata: &Map<String, Value>, id: &str) -> String {
        order_in(metadata).or(self.key).unwrap_or(id).to_owned()
    }
}

/// The merchant's order, where metadata names one.
pub(crate) fn order_in(metadata: &Map<String, Value>) -> Option<&str> {
    metadata.get("order_id").and_then(Value::as_str).filter(|order| !order.is_empty())
}

/// The outside of the engine.
#[derive(Debug, Clone)]
pub(crate) struct Books {
    pub(crate) random: Random,
    pub(crate) effects: Vec<Effect>,
    endpoints: Vec<Endpoint>,
    secret: String,
}

/// Where events go.
#[derive(Debug, Clone)]
struct Endpoint {
    url: String,
    /// The types that it wants; `*` is all.
    events: Vec<String>,
}

impl Books {
    pub(crate) fn new(random: Random, secret: &str) -> Self {
        Self { random, effects: Vec::new(), endpoints: Vec::new(), secret: secret.to_owned() }
    }

    /// A new object's id, as long as the document's are.
    pub(crate) fn id(&mut self, prefix: &str) -> String {
        format!("{prefix}_{}", self.random.word(16))
    }

    /// `amount` is in the currency's smallest unit, whatever that is.
    pub(crate) fn record(&mut self, call: &Call<'_>, reference: &str, what: What, amount: i64, currency: &str) {
        self.effects.push(Effect::Record {
            operation: call.operation.ledger_name(),
            reference: reference.to_owned(),
            what,
            amount,
            currency: currency.to_ascii_uppercase(),
            request: call.request,
        });
    }

    /// Something was done that moves no money.
    pub(crate) fn done(&mut self, call: &Call<'_>, reference: &str) {
        self.record(call, reference, What::Done, 0, "");
    }

    pub(crate) fn add_endpoint(&mut self, url: String, events: Vec<String>) {
        self.endpoints.push(Endpoint { url, events });
    }

    /// Sends an event to every endpoint that wants it.
    pub(crate) fn tell(&mut self, call: &Call<'_>, reference: &str, event: &'static str, object: &Value) {
        let id = self.id("evt");
        let created = call.now.unix_timestamp();
        let body = json!({
            "id": id,
            "object": "event",
            "type": event,
            "created": created,
            "livemode": false,
            "data": {"object": object},
        });
        let body = body.to_string().into_bytes();
        let wants = |endpoint: &&Endpoint| endpoint.events.iter().any(|wanted| wanted == "*" || wanted == event);
        for endpoint in self.endpoints.iter().filter(wants) {
            let stamp = Stamp { key: self.secret.clone(), body: body.clone(), header: signature };
            let message = Message {
                operation: call.operation.name(),
                reference: reference.to_owned(),
                about: event.to_owned(),
                url: endpoint.url.clone(),
                content_type: "application/json",
                headers: Vec::new(),
                body: body.clone(),
                resend: RESEND,
            };
            self.effects.push(Effect::DeliverStamped(message, stamp));
        }
    }
}

/// `turratech-signature: t=<seconds>,v1=<HMAC-SHA256 of "<seconds>.<body>" in hexadecimal>`.
fn signature(secret: &str, body: &[u8], now: OffsetDateTime) -> (&'static str, String) {
    let seconds = now.unix_timestamp();
    // A key of any length is one.
    let mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).map(|mut mac| {
        mac.update(format!("{seconds}.").as_bytes());
        mac.update(body);
        hex(&mac.finalize().into_bytes())
    });
    ("turratech-signature", format!("t={seconds},v1={}", mac.unwrap_or_default()))
}

/// A merchant answers 200 within 30 seconds (documented). Without that response the event is sent again, for three days at
/// these distances (inferred).
const RESEND: Resend = Resend {
    waits: &[minutes(1), minutes(5), minutes(30), hours(2), hours(6), hours(12), hours(24), hours(24)],
    patience: std::time::Duration::from_secs(30),
    taken: |status, _| status == 200,
};

const fn minutes(minutes: u64) -> std::time::Duration {
    std::time::Duration::from_secs(minutes * 60)
}

const fn hours(hours: u64) -> std::time::Duration {
    minutes(hours * 60)
}
