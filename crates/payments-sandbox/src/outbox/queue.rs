//! Messages to the merchant: in order, again when they fail, and otherwise as a fault has it.

mod send;

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use serde::Serialize;
use time::OffsetDateTime;

use crate::engine::{Message, Stamp};
use crate::fault::FaultEffect;
use send::is_loopback;

pub(crate) use send::{Answer, send};

/// One message to the merchant.
///
/// `Debug` shows of its headers the names, and of its body the length: logs are no place for keys and signatures.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Delivery {
    /// The position, from 1.
    pub number: usize,
    /// The operation whose order it is about.
    pub operation: String,
    /// The merchant's reference.
    pub reference: String,
    /// What it says: `success`.
    pub about: String,
    /// Where it goes, without the query.
    pub url: String,
    /// How often it was tried.
    pub attempts: u32,
    /// What came of each: `answered 200`.
    pub results: Vec<String>,
    /// What became of it.
    pub state: DeliveryState,
    /// Its headers, the signature among them. Not on the control API.
    #[serde(skip)]
    pub headers: Vec<(String, String)>,
    /// Its body, byte for byte. Not on the control API: it holds private ids.
    #[serde(skip)]
    pub body: Vec<u8>,
}

impl fmt::Debug for Delivery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.headers.iter().map(|(name, _)| name.as_str()).collect();
        f.debug_struct("Delivery")
            .field("number", &self.number)
            .field("operation", &self.operation)
            .field("reference", &self.reference)
            .field("about", &self.about)
            .field("url", &self.url)
            .field("attempts", &self.attempts)
            .field("results", &self.results)
            .field("state", &self.state)
            .field("headers", &names)
            .field("body", &format_args!("[{} bytes]", self.body.len()))
            .finish()
    }
}

/// What became of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum DeliveryState {
    /// It will be sent, or sent again, when it is due.
    Waiting,
    /// The merchant took it.
    Delivered,
    /// The merchant did not take it, and it was sent as often as it is.
    Failed,
    /// A fault holds it until it is released.
    Held,
    /// A fault holds it until the next message has gone.
    Overtaken,
    /// A fault dropped it.
    Dropped,
    /// Its address is not this machine's.
    NotSent,
}

#[derive(Debug, Default)]
pub(crate) struct Outbox {
    /// In the order in which they came; a message keeps its place.
    entries: Vec<Outgoing>,
    /// Those that wait, in the order in which they will go: by when, and who queued first.
    queue: BTreeMap<(Duration, u64), usize>,
    queued: u64,
    /// The one that waits to be overtaken.
    overtaken: Option<usize>,
}

#[derive(Debug)]
struct Outgoing {
    delivery: Delivery,
    message: Message,
    stamp: Option<Stamp>,
    /// Its place in the queue: by when, on the clock since its beginning, and who queued first.
    place: (Duration, u64),
}

impl Outbox {
    /// Puts a message in, as a fault has it; says so for the timeline.
    pub(crate) fn put(
        &mut self,
        mut message: Message,
        stamp: Option<Stamp>,
        fault: Option<&FaultEffect>,
        now: Duration,
    ) -> String {
        let told = format!("webhook {} {}", message.reference, message.about);
        let state = match fault {
            _ if !is_loopback(&message.url) => DeliveryState::NotSent,
            Some(FaultEffect::Drop) => DeliveryState::Dropped,
            Some(FaultEffect::Hold) => DeliveryState::Held,
            Some(FaultEffect::Reorder) => DeliveryState::Overtaken,
            _ => DeliveryState::Waiting,
        };
        let due = match fault {
            Some(FaultEffect::Delay(after)) => now + *after,
            _ => now,
        };
        if fault == Some(&FaultEffect::Tamper) {
            message.body = tampered(&message.body);
        }
        if fault == Some(&FaultEffect::Duplicate) {
            self.push(message.clone(), stamp.clone(), state, due);
        }
        let id = self.push(message, stamp, state, due);
        let overtaken = match state {
            DeliveryState::Overtaken => self.overtaken.replace(id),
            DeliveryState::Waiting => self.overtaken.take(),
            _ => None,
        };
        // What waited to be overtaken goes now, behind this one.
        if let Some(overtaken) = overtaken {
            self.queue(overtaken, due);
        }
        match state {
            DeliveryState::NotSent => format!("{told}: not sent, its address is not a loopback address"),
            _ => format!("{told}: due{}", fault.map(|effect| format!(", fault {effect}")).unwrap_or_default()),
        }
    }

    fn push(&mut self, message: Message, stamp: Option<Stamp>, state: DeliveryState, due: Duration) -> usize {
        let id = self.entries.len();
        let delivery = Delivery {
            number: id + 1,
            operation: message.operation.to_owned(),
            reference: message.reference.clone(),
            about: message.about.clone(),
            url: without_query(&message.url),
            attempts: 0,
            results: Vec::new(),
            state,
            headers: shown(&message),
            body: message.body.clone(),
        };
        self.entries.push(Outgoing { delivery, message, stamp, place: (due, 0) });
        if state == DeliveryState::Waiting {
            self.queue(id, due);
        }
        id
    }

    fn queue(&mut self, id: usize, due: Duration) {
        self.queued += 1;
        let entry = &mut self.entries[id];
        entry.place = (due, self.queued);
        self.queue.insert(entry.place, id);
        entry.delivery.state = DeliveryState::Waiting;
    }

    /// The first message that is due. It stays in the queue until it was sent.
    pub(crate) fn next(&mut self, elapsed: Duration, now: OffsetDateTime) -> Option<(usize, Message)> {
        let (_, id) = self.queue.first_key_value().filter(|((due, _), _)| *due <= elapsed)?;
        let Outgoing { delivery, message, stamp, .. } = &mut self.entries[*id];
        if let Some(stamp) = stamp {
            let (name, value) = stamp.at(now);
            message.headers.retain(|(header, _)| *header != name);
            message.headers.push((name, value));
            delivery.headers = shown(message);
        }
        Some((*id, message.clone()))
    }

    pub(crate) fn next_due(&self) -> Option<Duration> {
        self.queue.first_key_value().map(|((due, _), _)| *due)
    }

    /// A message was sent: done with it, or once more later.
    ///
    /// Later counts from when it was due, so that a clock that jumps does not change when it is sent again.
    pub(crate) fn sent(&mut self, id: usize, result: &Result<Answer, String>) -> String {
        let Outgoing { delivery, place, message, .. } = &mut self.entries[id];
        self.queue.remove(place);
        let due = place.0;
        delivery.attempts += 1;
        let said = result.as_ref().map_or_else(Clone::clone, |answer| format!("answered {}", answer.status));
        let told = format!("webhook {} {}: attempt {}, {said}", delivery.reference, delivery.about, delivery.attempts);
        delivery.results.push(said);
        if result.as_ref().is_ok_and(|answer| answer.taken) {
            delivery.state = DeliveryState::Delivered;
            return format!("{told}: taken");
        }
        let waits = message.resend.waits;
        let wait = usize::try_from(delivery.attempts - 1).ok().and_then(|attempt| waits.get(attempt));
        let Some(wait) = wait else {
            delivery.state = DeliveryState::Failed;
            return format!("{told}: not taken, and not sent again");
        };
        self.queue(id, due + *wait);
        format!("{told}: not taken, again after {} s", wait.as_secs())
    }

    /// Lets go of what faults hold.
    pub(crate) fn release(&mut self, now: Duration) {
        self.overtaken = None;
        let held = |entry: &Outgoing| matches!(entry.delivery.state, DeliveryState::Held | DeliveryState::Overtaken);
        let held: Vec<usize> = (0..self.entries.len()).filter(|id| held(&self.entries[*id])).collect();
        held.into_iter().for_each(|id| self.queue(id, now));
    }

    pub(crate) fn list(&self) -> Vec<Delivery> {
        self.entries.iter().map(|entry| entry.delivery.clone()).collect()
    }
}

fn shown(message: &Message) -> Vec<(String, String)> {
    message.headers.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect()
}

fn without_query(url: &str) -> String {
    url.split(['?', '#']).next().unwrap_or_default().to_owned()
}

/// Another amount under the old signature; or where none is in sight, another byte.
fn tampered(body: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(body);
    if text.contains(AMOUNT) {
        return text.replacen(AMOUNT, &format!("{AMOUNT}9"), 1).into_bytes();
    }
    let mut body = body.to_vec();
    let middle = body.len() / 2;
    match body.get_mut(middle) {
        Some(byte) => *byte ^= 1,
        None => body.push(b'0'),
    }
    body
}

impl fmt::Display for DeliveryState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Waiting => "waiting",
            Self::Delivered => "delivered",
            Self::Failed => "failed",
            Self::Held => "held",
            Self::Overtaken => "overtaken",
            Self::Dropped => "dropped",
            Self::NotSent => "not sent",
        })
    }
}

const AMOUNT: &str = "\"amount\":\"";

#[cfg(test)]
mod tests {
    use super::tampered;

    #[test]
    fn a_tampered_body_is_another_whatever_it_is() {
        for body in
            ["{\"encryptedData\":\"AAAA\"}", "{\"amount\":2000,\"currency\":\"gbp\"}", "x", "a=b&c=d", "", "\u{20ac}"]
        {
            let tampered = tampered(body.as_bytes());
            assert_ne!(tampered, body.as_bytes());
            assert!(body.is_empty() || tampered.len() == body.len(), "{body}");
        }
        assert_eq!(tampered(br#"{"amount":"5.00"}"#), br#"{"amount":"95.00"}"#);
    }
}
