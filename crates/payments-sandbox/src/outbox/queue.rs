//! The queue of messages: in order, with further attempts, and with faults.

use std::collections::BTreeMap;
use std::time::Duration;

use time::OffsetDateTime;

use super::send::{MerchantResponse, is_loopback};
use super::{Delivery, DeliveryAction, DeliveryState};
use crate::engine::{Message, SignedHeader};
use crate::fault::FaultEffect;
use crate::problem::Problem;
use crate::record::{Record, RecordKind};

#[derive(Debug, Default)]
pub(crate) struct Outbox {
    /// All messages in order of creation. The index is the message's id.
    entries: Vec<Queued>,
    /// The waiting messages, by due time and then by queue order.
    queue: BTreeMap<(Duration, u64), usize>,
    queued: u64,
    /// The message that is held until the next one has been sent.
    overtaken: Option<usize>,
    /// The place of the message that is being sent.
    sending: Option<(Duration, u64)>,
}

#[derive(Debug)]
struct Queued {
    delivery: Delivery,
    message: Message,
    signed_header: Option<SignedHeader>,
    provider: &'static str,
    /// The number of the record of the message.
    record: Option<u64>,
    /// The key in the queue: the due time on the clock since its start, and the queue order.
    place: (Duration, u64),
}

impl Outbox {
    /// Adds a message and applies a fault to it. Returns a line for the timeline.
    pub(crate) fn enqueue(
        &mut self,
        provider: &'static str,
        mut message: Message,
        signed_header: Option<SignedHeader>,
        fault: Option<&FaultEffect>,
        now: Duration,
    ) -> String {
        let label = format!("webhook {} {}", message.reference, message.about);
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
            message.body = tamper(&message.body);
        }
        if fault == Some(&FaultEffect::Duplicate) {
            self.push(provider, message.clone(), signed_header.clone(), state, due);
        }
        let id = self.push(provider, message, signed_header, state, due);
        let overtaken = match state {
            DeliveryState::Overtaken => self.overtaken.replace(id),
            DeliveryState::Waiting => self.overtaken.take(),
            _ => None,
        };
        // The message that this one overtakes is sent after it.
        if let Some(overtaken) = overtaken {
            self.queue(overtaken, due);
        }
        match state {
            DeliveryState::NotSent => format!("{label}: not sent, its URL is not a loopback http URL"),
            _ => format!("{label}: due{}", fault.map(|effect| format!(", fault {effect}")).unwrap_or_default()),
        }
    }

    fn push(
        &mut self,
        provider: &'static str,
        message: Message,
        signed_header: Option<SignedHeader>,
        state: DeliveryState,
        due: Duration,
    ) -> usize {
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
            headers: owned_headers(&message),
            body: message.body.clone(),
        };
        self.entries.push(Queued { delivery, message, signed_header, provider, record: None, place: (due, 0) });
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

    /// Returns the first message that is due. It stays in the queue until its attempt is recorded.
    pub(crate) fn next(&mut self, elapsed: Duration, now: OffsetDateTime) -> Option<(usize, Message)> {
        let (place, id) = self.queue.first_key_value().filter(|((due, _), _)| *due <= elapsed)?;
        self.sending = Some(*place);
        let Queued { delivery, message, signed_header, .. } = &mut self.entries[*id];
        if let Some(signed_header) = signed_header {
            let (name, value) = signed_header.create(now);
            message.headers.retain(|(header, _)| *header != name);
            message.headers.push((name, value));
            delivery.headers = owned_headers(message);
        }
        Some((*id, message.clone()))
    }

    pub(crate) fn next_due(&self) -> Option<Duration> {
        self.queue.first_key_value().map(|((due, _), _)| *due)
    }

    /// Records an attempt, and queues the message again if it was not acknowledged. Returns a line for the timeline.
    ///
    /// The wait counts from when the message was due, so that a clock that jumps does not change the next attempt.
    pub(crate) fn record_attempt(&mut self, id: usize, result: &Result<MerchantResponse, String>) -> String {
        let sent = self.sending.take();
        let Queued { delivery, place, message, .. } = &mut self.entries[id];
        // An action during the attempt, such as another resend, has decided what comes next.
        let is_decided = sent != Some(*place) || delivery.state != DeliveryState::Waiting;
        let due = place.0;
        delivery.attempts += 1;
        let outcome = result.as_ref().map_or_else(Clone::clone, |response| format!("status {}", response.status));
        let label =
            format!("webhook {} {}: attempt {}, {outcome}", delivery.reference, delivery.about, delivery.attempts);
        delivery.results.push(outcome);
        let is_acknowledged = result.as_ref().is_ok_and(|response| response.accepted);
        if is_decided {
            let outcome = if is_acknowledged { "acknowledged" } else { "not acknowledged" };
            return format!("{label}: {outcome}, {} meanwhile", delivery.state);
        }
        self.queue.remove(place);
        if is_acknowledged {
            delivery.state = DeliveryState::Delivered;
            return format!("{label}: acknowledged");
        }
        let waits = message.resend.waits;
        let wait = usize::try_from(delivery.attempts - 1).ok().and_then(|attempt| waits.get(attempt));
        let Some(wait) = wait else {
            delivery.state = DeliveryState::Failed;
            return format!("{label}: not acknowledged, no more attempts");
        };
        self.queue(id, due + *wait);
        format!("{label}: not acknowledged, next attempt after {} s", wait.as_secs())
    }

    /// Queues every message that a fault holds.
    pub(crate) fn release(&mut self, now: Duration) {
        self.overtaken = None;
        let held = |entry: &Queued| matches!(entry.delivery.state, DeliveryState::Held | DeliveryState::Overtaken);
        let held: Vec<usize> = (0..self.entries.len()).filter(|id| held(&self.entries[*id])).collect();
        held.into_iter().for_each(|id| self.queue(id, now));
    }

    /// Performs an action on a message. Returns the number of the message that it changed or added.
    pub(crate) fn act(&mut self, number: usize, action: DeliveryAction, now: Duration) -> Result<usize, Problem> {
        use DeliveryState::{Held, NotSent, Overtaken, Waiting};
        let id = number.checked_sub(1).filter(|id| *id < self.entries.len());
        let id = id.ok_or_else(|| Problem::NotFound(format!("no such delivery: {number}")))?;
        let state = self.entries[id].delivery.state;
        let impossible = || Err(Problem::Conflict(format!("a delivery that is {state} does not allow this action")));
        match (action, state) {
            (_, NotSent) => return Err(Problem::conflict("the delivery's URL is not a loopback http URL")),
            (DeliveryAction::Resend, _) | (DeliveryAction::Release, Held | Overtaken) => {
                self.dequeue(id);
                self.queue(id, now);
            }
            (DeliveryAction::Duplicate, _) => {
                let Queued { message, signed_header, provider, record, .. } = &self.entries[id];
                let (message, signed_header, provider, record) =
                    (message.clone(), signed_header.clone(), *provider, *record);
                let copy = self.push(provider, message, signed_header, Waiting, now);
                self.entries[copy].record = record;
                return Ok(copy + 1);
            }
            (DeliveryAction::Hold, Waiting) => {
                self.dequeue(id);
                self.entries[id].delivery.state = Held;
            }
            (DeliveryAction::Reorder, Waiting) => {
                self.dequeue(id);
                self.entries[id].delivery.state = Overtaken;
                if let Some(earlier) = self.overtaken.replace(id) {
                    self.queue(earlier, now);
                }
            }
            (DeliveryAction::Tamper, _) => {
                let entry = &mut self.entries[id];
                entry.message.body = tamper(&entry.message.body);
                entry.delivery.body.clone_from(&entry.message.body);
            }
            (DeliveryAction::Hold | DeliveryAction::Release | DeliveryAction::Reorder, _) => return impossible(),
        }
        Ok(number)
    }

    /// Removes a message from the queue, if it is in the queue or waits to be overtaken.
    fn dequeue(&mut self, id: usize) {
        self.queue.remove(&self.entries[id].place);
        self.overtaken = self.overtaken.filter(|overtaken| *overtaken != id);
    }

    /// Sets the record of the messages that were added after the first `count` ones.
    pub(crate) fn set_record(&mut self, count: usize, record: Option<u64>) {
        self.entries[count..].iter_mut().for_each(|entry| entry.record = record);
    }

    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    /// Returns a record of an attempt.
    pub(crate) fn attempt(&self, id: usize, line: String) -> Record {
        let Queued { delivery, message, provider, record, .. } = &self.entries[id];
        Record::new(RecordKind::Attempt, line)
            .of(provider, Some(message.operation))
            .about(Some(&delivery.reference))
            .delivery(delivery.number)
            .caused_by(*record)
    }

    /// Returns the latest messages, the newest first, each with its provider and the number of its record.
    pub(crate) fn latest(&self) -> impl Iterator<Item = (&'static str, Option<u64>, &Delivery)> {
        self.entries.iter().rev().map(|entry| (entry.provider, entry.record, &entry.delivery))
    }

    /// Returns a message by its number.
    pub(crate) fn get(&self, number: usize) -> Option<&Delivery> {
        self.entries.get(number.checked_sub(1)?).map(|entry| &entry.delivery)
    }

    pub(crate) fn list(&self) -> Vec<Delivery> {
        self.entries.iter().map(|entry| entry.delivery.clone()).collect()
    }
}

fn owned_headers(message: &Message) -> Vec<(String, String)> {
    message.headers.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect()
}

fn without_query(url: &str) -> String {
    url.split(['?', '#']).next().unwrap_or_default().to_owned()
}

/// Changes the amount, or one byte if the body has no amount. The signature stays the same.
fn tamper(body: &[u8]) -> Vec<u8> {
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

const AMOUNT: &str = "\"amount\":\"";

#[cfg(test)]
mod tests {
    use super::tamper;

    #[test]
    fn a_tampered_body_always_differs() {
        for body in
            ["{\"encryptedData\":\"AAAA\"}", "{\"amount\":2000,\"currency\":\"gbp\"}", "x", "a=b&c=d", "", "\u{20ac}"]
        {
            let tampered = tamper(body.as_bytes());
            assert_ne!(tampered, body.as_bytes());
            assert!(body.is_empty() || tampered.len() == body.len(), "{body}");
        }
        assert_eq!(tamper(br#"{"amount":"5.00"}"#), br#"{"amount":"95.00"}"#);
    }
}
