//! Messages to the merchant: what is sent, when, and with which result.

mod queue;
mod send;

use std::fmt;

use serde::Serialize;

pub(crate) use queue::Outbox;
pub(crate) use send::{MerchantResponse, send};

/// A webhook or callback to the merchant, with its attempts so far.
///
/// `Debug` shows only the headers' names and the body's length, because logs must not contain signatures or private
/// ids.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Delivery {
    /// The position, from 1.
    pub number: usize,
    /// The operation that created the order, as faults name it.
    pub operation: String,
    /// The merchant's reference.
    pub reference: String,
    /// The status or event that the message reports: `success`.
    pub about: String,
    /// The URL that it is sent to, without the query.
    pub url: String,
    /// The number of attempts.
    pub attempts: u32,
    /// The result of each attempt: `status 200`, or an error.
    pub results: Vec<String>,
    /// The current state.
    pub state: DeliveryState,
    /// The headers, including the signature. Not available from the control API.
    #[serde(skip)]
    pub headers: Vec<(String, String)>,
    /// The body, byte for byte. Not available from the control API, because it contains private ids.
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

/// The state of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum DeliveryState {
    /// The message will be sent, or sent again, when it is due.
    Waiting,
    /// The merchant acknowledged the message.
    Delivered,
    /// The merchant did not acknowledge any attempt, and there are no more attempts.
    Failed,
    /// A fault holds the message until it is released.
    Held,
    /// A fault holds the message until the next message has been sent.
    Overtaken,
    /// A fault dropped the message.
    Dropped,
    /// The message was not sent, because its URL is not a loopback `http` URL.
    NotSent,
}

/// An action on one message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DeliveryAction {
    /// Sends the message now, again if it was sent before.
    Resend,
    /// Sends a copy now.
    Duplicate,
    Hold,
    Release,
    /// Sends the message after the next one.
    Reorder,
    /// Changes the body of later attempts. The signature stays that of the first body.
    Tamper,
}

impl DeliveryAction {
    pub(crate) fn by_name(name: &str) -> Option<Self> {
        Some(match name {
            "resend" => Self::Resend,
            "duplicate" => Self::Duplicate,
            "hold" => Self::Hold,
            "release" => Self::Release,
            "reorder" => Self::Reorder,
            "tamper" => Self::Tamper,
            _ => return None,
        })
    }
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
