//! The effects of an operation: ids, ledger entries, and events to the merchant.

use serde_json::{Map, Value, json};
use time::OffsetDateTime;

use super::routes::Operation;
use crate::engine::{Effect, Message, Resend, SignedHeader};
use crate::hex::hmac_sha256;
use crate::ledger::EntryKind;
use crate::random::Random;

/// The execution of one operation.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Call<'a> {
    pub(crate) operation: Operation,
    /// The id in the path; empty if there is none.
    pub(crate) id: &'a str,
    /// The idempotency key.
    pub(crate) key: Option<&'a str>,
    /// The request's number; `None` if a bank, a customer or the clock caused the execution.
    pub(crate) request: Option<u64>,
    pub(crate) now: OffsetDateTime,
}

impl Call<'_> {
    /// Returns a new object's reference: `metadata.order_id`, else the idempotency key, else the object's id.
    pub(crate) fn reference(&self, metadata: &Map<String, Value>, id: &str) -> String {
        order_id_in(metadata).or(self.key).unwrap_or(id).to_owned()
    }
}

/// Returns `order_id` in metadata, if it is a non-empty string.
pub(crate) fn order_id_in(metadata: &Map<String, Value>) -> Option<&str> {
    metadata.get("order_id").and_then(Value::as_str).filter(|order| !order.is_empty())
}

/// Collects the engine's effects.
#[derive(Debug, Clone)]
pub(crate) struct Effects {
    pub(crate) random: Random,
    pub(crate) pending: Vec<Effect>,
    endpoints: Vec<Endpoint>,
    secret: String,
}

/// A webhook endpoint.
#[derive(Debug, Clone)]
struct Endpoint {
    url: String,
    /// The subscribed event types; `*` means all.
    events: Vec<String>,
}

impl Effects {
    pub(crate) fn new(random: Random, secret: &str) -> Self {
        Self { random, pending: Vec::new(), endpoints: Vec::new(), secret: secret.to_owned() }
    }

    /// Creates an object's id, as long as the document's.
    pub(crate) fn id(&mut self, prefix: &str) -> String {
        format!("{prefix}_{}", self.random.alphanumeric(16))
    }

    /// Records a ledger entry. `amount` is in the currency's smallest unit.
    pub(crate) fn record(&mut self, call: &Call<'_>, reference: &str, kind: EntryKind, amount: i64, currency: &str) {
        self.pending.push(Effect::Record {
            operation: call.operation.ledger_name(),
            reference: reference.to_owned(),
            kind,
            amount,
            currency: currency.to_ascii_uppercase(),
            request: call.request,
        });
    }

    /// Reports an object's status.
    pub(crate) fn changed(
        &mut self,
        operation: Operation,
        (reference, id): (&str, &str),
        from: Option<&'static str>,
        to: &'static str,
    ) {
        let (operation, reference, id) = (operation.name(), reference.to_owned(), Some(id.to_owned()));
        self.pending.push(Effect::Status { operation, reference, id, from, to });
    }

    /// Records a ledger entry of an operation that moves no money.
    pub(crate) fn record_done(&mut self, call: &Call<'_>, reference: &str) {
        self.record(call, reference, EntryKind::Done, 0, "");
    }

    pub(crate) fn add_endpoint(&mut self, url: String, events: Vec<String>) {
        self.endpoints.push(Endpoint { url, events });
    }

    /// Sends an event to every endpoint that subscribes to it.
    pub(crate) fn send_event(&mut self, call: &Call<'_>, reference: &str, event: &'static str, object: &Value) {
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
        let subscribes = |endpoint: &&Endpoint| endpoint.events.iter().any(|name| name == "*" || name == event);
        for endpoint in self.endpoints.iter().filter(subscribes) {
            let signed_header = SignedHeader { key: self.secret.clone(), body: body.clone(), header: signature };
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
            self.pending.push(Effect::DeliverSigned(message, signed_header));
        }
    }
}

/// Returns `turratech-signature: t=<seconds>,v1=<HMAC-SHA256 of "<seconds>.<body>" in hexadecimal>`.
fn signature(secret: &str, body: &[u8], now: OffsetDateTime) -> (&'static str, String) {
    let seconds = now.unix_timestamp();
    let mac = hmac_sha256(secret, &[format!("{seconds}.").as_bytes(), body]);
    ("turratech-signature", format!("t={seconds},v1={mac}"))
}

/// A merchant acknowledges an event with 200 within 30 seconds (documented). Otherwise, the event is sent again after
/// these waits, for three days (inferred).
const RESEND: Resend = Resend {
    waits: &[minutes(1), minutes(5), minutes(30), hours(2), hours(6), hours(12), hours(24), hours(24)],
    timeout: std::time::Duration::from_secs(30),
    accepted: |status, _| status == 200,
};

const fn minutes(minutes: u64) -> std::time::Duration {
    std::time::Duration::from_secs(minutes * 60)
}

const fn hours(hours: u64) -> std::time::Duration {
    minutes(hours * 60)
}
