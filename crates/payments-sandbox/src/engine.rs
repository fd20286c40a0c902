//! What every provider's engine is: a pure, synchronous, seeded function of requests and time.

use std::any::Any;
use std::time::Duration;

use serde_json::Value;
use time::OffsetDateTime;

use crate::http::{Request, Response};
use crate::ledger::EntryKind;
use crate::random::Random;

/// A provider. It does no I/O and reads no clock, so that a socket server and a simulation can both drive it.
///
/// It is `Any`, so that a provider's handle gets its own engine back from the list of all.
pub(crate) trait Engine: RespondWithoutCommit + Any + Send {
    /// What does not change about it.
    fn spec(&self) -> &'static ProviderSpec;

    /// Which operation a request asks for, if it is one, and for which of the merchant's references.
    fn operation(&self, request: &Request) -> Option<(&'static str, Option<String>)>;

    /// A request has arrived that will be answered later: its sender may be gone by then, or ask again meanwhile.
    fn begin(&mut self, _request: &Request, _now: OffsetDateTime) {}

    /// Answers a request. What it did is in the effects, whatever becomes of the answer.
    fn respond(&mut self, request: &Request, now: OffsetDateTime) -> (Response, Vec<Effect>);

    /// The random numbers that its ids come from.
    fn random(&mut self) -> &mut Random;

    /// Does what is due by now: expiry, settlement.
    fn tick(&mut self, _now: OffsetDateTime) -> Vec<Effect> {
        Vec::new()
    }

    /// When something is due next.
    fn next_due(&self) -> Option<OffsetDateTime> {
        None
    }

    /// Where an order stands, as the provider says it, by the merchant's reference.
    fn status(&self, reference: &str) -> Option<String>;

    /// Does what a `POST` to the control API asks of it; `path` comes decoded and without the provider's name.
    ///
    /// Nothing where there is no such address.
    fn control(&mut self, path: &[&str], body: &[u8], now: OffsetDateTime) -> Option<ControlResult>;
}

/// What is fixed of a provider.
pub(crate) struct ProviderSpec {
    /// As its crate is called.
    pub(crate) name: &'static str,
    /// Its operations, as faults name them.
    pub(crate) operations: &'static [&'static str],
    /// Those that only ask.
    pub(crate) read_only_operations: &'static [&'static str],
    /// Those whose orders the merchant gets messages about.
    pub(crate) operations_with_messages: &'static [&'static str],
    /// What it does, and where that comes from.
    pub(crate) behaviours: &'static [Behaviour],
    /// The addresses that [`control`](Engine::control) knows, and what each is for.
    pub(crate) control_addresses: &'static [(&'static str, &'static str)],
}

/// Responding to a request without doing it; every engine that can be cloned does.
pub(crate) trait RespondWithoutCommit {
    /// What [`respond`](Engine::respond) would answer, with nothing done.
    ///
    /// For faults that lose a response: on the wire, a request that was not done must look like one that was.
    fn respond_without_commit(&self, request: &Request, now: OffsetDateTime) -> Response;
}

impl<E: Engine + Clone> RespondWithoutCommit for E {
    fn respond_without_commit(&self, request: &Request, now: OffsetDateTime) -> Response {
        let mut copy = self.clone();
        // Ids that nothing will have.
        let random = copy.random();
        *random = Random::new(!random.next());
        copy.respond(request, now).0
    }
}

/// What somebody outside did to a provider and the answer to that, or why it could not be done.
pub(crate) type ControlResult = Result<(Vec<Effect>, Value), String>;

/// What an engine did, besides answering.
#[derive(Debug, Clone)]
pub(crate) enum Effect {
    /// An entry for the ledger.
    Record {
        operation: &'static str,
        reference: String,
        kind: EntryKind,
        amount: i64,
        currency: String,
        request: Option<u64>,
    },
    /// A message to the merchant, ready to go out.
    Deliver(Message),
    /// The same with a header that depends on when it goes out.
    DeliverSigned(Message, SignedHeader),
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
pub(crate) struct SignedHeader {
    pub(crate) key: String,
    /// What it vouches for, whatever a fault makes of the message.
    pub(crate) body: Vec<u8>,
    pub(crate) header: fn(key: &str, body: &[u8], now: OffsetDateTime) -> (&'static str, String),
}

impl SignedHeader {
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
    /// How long the merchant may take to respond, and again for the rest of its response, in real time.
    pub(crate) timeout: Duration,
    /// Which response the provider takes as an acknowledgement.
    ///
    /// It is asked about the status alone first, with no body; if that is not enough and the status is a 2xx, about the
    /// first 1024 bytes of the body as well.
    pub(crate) accepted: fn(status: u16, body: &[u8]) -> bool,
}

/// How long the sandbox waits for a merchant's response where no document says how long the provider does.
pub(crate) const DEFAULT_RESPONSE_TIMEOUT: Duration = Duration::from_secs(5);

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
