//! Messages to the merchant: in order, again when they fail, and otherwise as a fault has it.

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
    /// Where it goes.
    pub url: String,
    /// How often it was tried.
    pub attempts: u32,
    /// What became of it.
    pub state: DeliveryState,
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
    entries: Vec<Outgoing>,
}

#[derive(Debug)]
struct Outgoing {
    delivery: Delivery,
    message: Message,
    /// On the clock, since its beginning.
    due: Duration,
}

impl Outbox {
    /// Puts a message in, as a fault has it; says so for the timeline.
    pub(crate) fn put(&mut self, mut message: Message, fault: Option<&FaultEffect>, now: Duration) -> String {
        let overtaken = self.entries.iter().position(|entry| entry.delivery.state == DeliveryState::Overtaken);
        let state = match fault {
            _ if !is_loopback(&message.url) => DeliveryState::NotSent,
            Some(FaultEffect::Drop) => DeliveryState::Dropped,
            Some(FaultEffect::Hold) => DeliveryState::Held,
            Some(FaultEffect::Reorder) => DeliveryState::Overtaken,
            _ => DeliveryState::Waiting,
        };
        if fault == Some(&FaultEffect::Tamper) {
            message.body = tampered(&message.body);
        }
        let twice = fault == Some(&FaultEffect::Duplicate);
        let fault = fault.map(|effect| format!(", fault {effect}")).unwrap_or_default();
        let line = match state {
            DeliveryState::NotSent => {
                format!("webhook {} {}: not sent, its address is not this machine's", message.reference, message.about)
            }
            _ => format!("webhook {} {}: due{fault}", message.reference, message.about),
        };
        self.push(message.clone(), state, now);
        if twice {
            self.push(message, state, now);
        }
        // What waited to be overtaken goes now, behind this one.
        if let Some(index) = overtaken {
            let mut held = self.entries.remove(index);
            held.delivery.state = DeliveryState::Waiting;
            self.entries.push(held);
        }
        line
    }

    fn push(&mut self, message: Message, state: DeliveryState, due: Duration) {
        let delivery = Delivery {
            number: self.entries.len() + 1,
            operation: message.operation.to_owned(),
            reference: message.reference.clone(),
            about: message.about.clone(),
            url: message.url.clone(),
            attempts: 0,
            state,
        };
        self.entries.push(Outgoing { delivery, message, due });
    }

    /// The first message that is due, and its number.
    pub(crate) fn next(&self, now: Duration) -> Option<(usize, Message)> {
        let due = |entry: &&Outgoing| entry.delivery.state == DeliveryState::Waiting && entry.due <= now;
        let entry = self.entries.iter().find(due)?;
        Some((entry.delivery.number, entry.message.clone()))
    }

    pub(crate) fn next_due(&self) -> Option<Duration> {
        let waiting = self.entries.iter().filter(|entry| entry.delivery.state == DeliveryState::Waiting);
        waiting.map(|entry| entry.due).min()
    }

    /// A message was sent: done with it, or once more later. While it was, others may have moved in front of it.
    pub(crate) fn sent(&mut self, number: usize, result: &Result<u16, String>, now: Duration) -> Option<String> {
        let entry = self.entries.iter_mut().find(|entry| entry.delivery.number == number)?;
        let Outgoing { delivery, due, .. } = entry;
        delivery.attempts += 1;
        let taken = *result == Ok(200);
        let wait = usize::try_from(delivery.attempts - 1).ok().and_then(|attempt| AGAIN_AFTER.get(attempt));
        let then = match (taken, wait) {
            (true, _) => {
                delivery.state = DeliveryState::Delivered;
                "taken".to_owned()
            }
            (false, Some(wait)) => {
                *due = now + *wait;
                format!("not taken, again in {} s", wait.as_secs())
            }
            (false, None) => {
                delivery.state = DeliveryState::Failed;
                "not taken, and not sent again".to_owned()
            }
        };
        let said = result.as_ref().map_or_else(Clone::clone, |status| format!("answered {status}"));
        let Delivery { reference, about, attempts, .. } = delivery;
        Some(format!("webhook {reference} {about}: attempt {attempts}, {said}: {then}"))
    }

    /// Lets go of what faults hold.
    pub(crate) fn release(&mut self) {
        for entry in &mut self.entries {
            if matches!(entry.delivery.state, DeliveryState::Held | DeliveryState::Overtaken) {
                entry.delivery.state = DeliveryState::Waiting;
            }
        }
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
