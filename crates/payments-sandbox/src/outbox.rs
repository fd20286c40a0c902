//! Messages to the merchant: what goes out, when, and what became of it.

mod queue;
mod send;

use std::fmt;

use serde::Serialize;

pub(crate) use queue::Outbox;
pub(crate) use send::{MerchantResponse, send};

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
