//! Messages to the merchant: in order, again when they fail, and otherwise as a fault has it.

use std::collections::BTreeMap;
use std::fmt;
use std::net::Ipv4Addr;
use std::time::Duration;

use serde::Serialize;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::engine::Message;
use crate::fault::FaultEffect;

/// One message to the merchant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
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
    /// Its place in the queue: by when, on the clock since its beginning, and who queued first.
    place: (Duration, u64),
}

impl Outbox {
    /// Puts a message in, as a fault has it; says so for the timeline.
    pub(crate) fn put(&mut self, mut message: Message, fault: Option<&FaultEffect>, now: Duration) -> String {
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
            self.push(message.clone(), state, due);
        }
        let id = self.push(message, state, due);
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

    fn push(&mut self, message: Message, state: DeliveryState, due: Duration) -> usize {
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
            headers: message.headers.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect(),
            body: message.body.clone(),
        };
        self.entries.push(Outgoing { delivery, message, place: (due, 0) });
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
    pub(crate) fn next(&self, now: Duration) -> Option<(usize, Message)> {
        let (_, id) = self.queue.first_key_value().filter(|((due, _), _)| *due <= now)?;
        Some((*id, self.entries[*id].message.clone()))
    }

    pub(crate) fn next_due(&self) -> Option<Duration> {
        self.queue.first_key_value().map(|((due, _), _)| *due)
    }

    /// A message was sent: done with it, or once more later.
    ///
    /// Later counts from when it was due, so that a clock that jumps does not change when it is sent again.
    pub(crate) fn sent(&mut self, id: usize, result: &Result<u16, String>) -> String {
        let Outgoing { delivery, place, .. } = &mut self.entries[id];
        self.queue.remove(place);
        let due = place.0;
        delivery.attempts += 1;
        let said = result.as_ref().map_or_else(Clone::clone, |status| format!("answered {status}"));
        let told = format!("webhook {} {}: attempt {}, {said}", delivery.reference, delivery.about, delivery.attempts);
        delivery.results.push(said);
        if *result == Ok(200) {
            delivery.state = DeliveryState::Delivered;
            return format!("{told}: taken");
        }
        let wait = usize::try_from(delivery.attempts - 1).ok().and_then(|attempt| AGAIN_AFTER.get(attempt));
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

/// Sends a message once: the status that it was answered, or what went wrong.
pub(crate) async fn send(message: &Message) -> Result<u16, String> {
    tokio::time::timeout(PATIENCE, exchange(message)).await.unwrap_or_else(|_| Err("no answer in time".to_owned()))
}

async fn exchange(message: &Message) -> Result<u16, String> {
    let (authority, path) = parts(&message.url).ok_or("only plain http is spoken here")?;
    let (_, port) = host_and_port(authority);
    let address = if port.is_some() { authority.to_owned() } else { format!("{authority}:80") };
    let broken = |err: std::io::Error| err.kind().to_string();
    let mut stream = TcpStream::connect(&address).await.map_err(broken)?;
    let mut head = format!(
        "POST {path} HTTP/1.1\r\nHost: {authority}\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n",
        message.body.len()
    );
    for (name, value) in &message.headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str("\r\n");
    stream.write_all(&[head.as_bytes(), &message.body].concat()).await.map_err(broken)?;
    let mut answer = Vec::new();
    // The head is enough: a merchant may leave the connection open behind it, or answer without end.
    while !answer.windows(4).any(|window| window == b"\r\n\r\n") {
        if answer.len() > LONGEST_HEAD || stream.read_buf(&mut answer).await.map_err(broken)? == 0 {
            return Err("no HTTP answer".to_owned());
        }
    }
    let line = String::from_utf8_lossy(&answer);
    let status = line.strip_prefix("HTTP/1.").and_then(|rest| rest.get(2..5)).and_then(|digits| digits.parse().ok());
    status.ok_or_else(|| "no HTTP answer".to_owned())
}

/// The authority and the target of an address.
fn parts(url: &str) -> Option<(&str, String)> {
    let rest = url.strip_prefix("http://")?.split('#').next()?;
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let (authority, target) = rest.split_at(end);
    Some((authority, if target.starts_with('/') { target.to_owned() } else { format!("/{target}") }))
}

/// A port stands behind the last colon that is not one of an IPv6 address.
fn host_and_port(authority: &str) -> (&str, Option<&str>) {
    match authority.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
        _ => (authority, None),
    }
}

fn without_query(url: &str) -> String {
    url.split(['?', '#']).next().unwrap_or_default().to_owned()
}

/// Whether an address is this machine's: nothing else is ever sent to.
fn is_loopback(url: &str) -> bool {
    let Some((authority, _)) = parts(url) else { return false };
    if authority.contains('@') {
        return false;
    }
    let (host, _) = host_and_port(authority);
    host == "localhost" || host == "[::1]" || host.parse::<Ipv4Addr>().is_ok_and(|ip| ip.is_loopback())
}

/// Another amount under the old signature.
fn tampered(body: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(body);
    text.replacen("\"amount\":\"", "\"amount\":\"9", 1).into_bytes()
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

/// Three times more (documented), after these waits (inferred).
const AGAIN_AFTER: &[Duration] = &[Duration::from_secs(60), Duration::from_secs(600), Duration::from_secs(3600)];

/// Beyond it an answer is none.
const LONGEST_HEAD: usize = 64 * 1024;

/// How long a merchant may take to answer, in real time.
const PATIENCE: Duration = Duration::from_secs(5);
