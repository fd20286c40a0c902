//! What every provider's engine is: a pure, synchronous, seeded function of requests and time.

use std::time::Duration;

use serde_json::Value;
use time::OffsetDateTime;

use crate::http::{Request, Response};
use crate::ledger::What;

/// A provider. It does no I/O and reads no clock, so that a socket server and a simulation can both drive it.
pub(crate) trait Engine: Send {
    /// The provider, as its crate is called.
    fn name(&self) -> &'static str;

    /// Its operations, as faults name them.
    fn operations(&self) -> &'static [&'static str];

    /// Those that only ask.
    fn reads(&self) -> &'static [&'static str];

    /// Those whose orders the merchant is told of.
    fn told_of(&self) -> &'static [&'static str];

    /// Which operation a request asks for, if it is one, and for which of the merchant's references.
    fn operation(&self, request: &Request) -> Option<(&'static str, Option<String>)>;

    /// A request has arrived that will be answered later: its sender may be gone by then, or ask again meanwhile.
    fn begin(&mut self, _request: &Request, _now: OffsetDateTime) {}

    /// Answers a request. What it did is in the effects, whatever becomes of the answer.
    fn respond(&mut self, request: &Request, now: OffsetDateTime) -> (Response, Vec<Effect>);

    /// What [`respond`](Engine::respond) would answer, with nothing done.
    ///
    /// For faults that lose an answer: on the wire, a request that was not done must look like one that was.
    fn rehearse(&self, request: &Request, now: OffsetDateTime) -> Response;

    /// Does what is due by now: expiry, settlement.
    fn tick(&mut self, now: OffsetDateTime) -> Vec<Effect>;

    /// When something is due next.
    fn next_due(&self) -> Option<OffsetDateTime>;

    /// Where an order stands, as the provider says it, by the merchant's reference.
    fn status(&self, reference: &str) -> Option<String>;

    /// What it does, and where that comes from.
    fn behaviours(&self) -> &'static [Behaviour];

    /// The addresses that [`control`](Engine::control) knows, and what each is for.
    fn control_addresses(&self) -> &'static [(&'static str, &'static str)];

    /// Does what a `POST` to the control API asks of it; `path` comes decoded and without the provider's name.
    ///
    /// Nothing where there is no such address.
    fn control(&mut self, path: &[&str], body: &[u8], now: OffsetDateTime) -> Option<Controlled>;
}

/// What somebody outside did to a provider and the answer to that, or why it could not be done.
pub(crate) type Controlled = Result<(Vec<Effect>, Value), String>;

/// What an engine did, besides answering.
#[derive(Debug, Clone)]
pub(crate) enum Effect {
    /// An entry for the ledger.
    Record {
        operation: &'static str,
        reference: String,
        what: What,
        amount: i64,
        currency: String,
        request: Option<u64>,
    },
    /// A message to the merchant, ready to go out.
    Deliver(Message),
    /// The same with a header that depends on when it goes out.
    DeliverStamped(Message, Stamp),
    /// Time passes: somebody pressed the sandbox's own button for it.
    Advance(Duration),
}

/// A webhook or a callback.
#[derive(Debug, Clone)]
pub(crate) struct Message {
    /// The operation whose order it is about, as faults name it.
    pub(crate) operation: &'static str,
    pub(crate) reference: String,
    /// What it says, for the timeline: `success`.
    pub(crate) about: String,
    pub(crate) url: String,
    pub(crate) content_type: &'static str,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Vec<u8>,
    pub(crate) resend: Resend,
}

/// A header that says when a message goes out, and so is made anew for each attempt.
#[derive(Debug, Clone)]
pub(crate) struct Stamp {
    pub(crate) key: String,
    /// What it vouches for, whatever a fault makes of the message.
    pub(crate) body: Vec<u8>,
    pub(crate) header: fn(key: &str, body: &[u8], now: OffsetDateTime) -> (&'static str, String),
}

impl Stamp {
    /// The header for a moment.
    pub(crate) fn at(&self, now: OffsetDateTime) -> (&'static str, String) {
        (self.header)(&self.key, &self.body, now)
    }
}

/// When a message goes out again.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Resend {
    /// How long after each attempt that failed; after the last of them, never again.
    pub(crate) waits: &'static [Duration],
    /// How long the merchant may take to answer, and again for the rest of its answer, in real time.
    pub(crate) patience: Duration,
    /// Which answer the provider takes for a yes.
    ///
    /// It is asked about the status alone first, with no body; if that is not enough and the status is a 2xx, about the
    /// first 1024 bytes of the body as well.
    pub(crate) taken: fn(status: u16, body: &[u8]) -> bool,
}

/// How long the sandbox waits for a merchant's response where no document says how long the provider does.
pub(crate) const USUAL_PATIENCE: Duration = Duration::from_secs(5);

/// Something that the sandbox models, and where it comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Behaviour {
    /// What it does.
    pub what: &'static str,
    /// Where that comes from.
    pub provenance: Provenance,
}

/// Where a modelled behaviour comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Provenance {
    /// The provider's document says it.
    Documented,
    /// A recorded exchange shows it.
    Recorded,
    /// Both are silent; it is our reading.
    Inferred,
}

impl Provenance {
    /// The word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Documented => "documented",
            Self::Recorded => "recorded",
            Self::Inferred => "inferred",
        }
    }
}
