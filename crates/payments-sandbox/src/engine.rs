//! The trait of all providers' engines: pure, synchronous, seeded functions of requests and time.

use std::any::Any;
use std::time::Duration;

use serde_json::Value;
use time::OffsetDateTime;

use crate::endpoint::{ControlCall, Endpoint, Route};
use crate::http::{Form, Request, Response};
use crate::ledger::EntryKind;
use crate::money::AmountUnit;
use crate::problem::Problem;
use crate::random::Random;

/// A simulated provider. It does no I/O and reads no clock, so that a socket server and a simulation can both drive it.
///
/// It is `Any`, so that a provider's handle can downcast its engine from the list of all engines.
pub(crate) trait Engine: RespondWithoutCommit + Any + Send {
    /// The provider's constant description.
    fn spec(&self) -> &'static ProviderSpec;

    /// Returns the operation and the merchant's reference of a request; `None` if the request is no API operation.
    fn operation(&self, request: &Request) -> Option<(&'static str, Option<String>)>;

    /// Returns the reference of the order that a request to a customer's page is about, and what actions name it by.
    fn page_order(&self, _request: &Request) -> Option<(String, String)> {
        None
    }

    /// Notes the arrival of a request that is executed later. Its client may retry or disconnect in the meantime.
    fn begin(&mut self, _request: &Request, _now: OffsetDateTime) {}

    /// Executes a request. Returns the response and the effects, which are final even if the response is lost.
    fn respond(&mut self, request: &Request, now: OffsetDateTime) -> (Response, Vec<Effect>);

    /// The random numbers for ids.
    fn random(&mut self) -> &mut Random;

    /// Executes what is due: expiry, settlement.
    fn tick(&mut self, _now: OffsetDateTime) -> Vec<Effect> {
        Vec::new()
    }

    /// When the next action is due.
    fn next_due(&self) -> Option<OffsetDateTime> {
        None
    }

    /// Returns an order's status in the provider's words, by the merchant's reference.
    fn status(&self, reference: &str) -> Option<String>;

    /// Returns what banks, customers and back offices can do with an order now.
    fn possible_actions(&self, _id: &str) -> Vec<PossibleAction> {
        Vec::new()
    }

    /// Returns all orders, in order of creation.
    fn orders(&self) -> Vec<OrderSummary<'_>>;

    /// Returns the provider's endpoints of the control API.
    fn endpoints(&self) -> Vec<&'static Endpoint>;

    /// Handles a request to the control API, to the endpoint with this index in [`endpoints`](Engine::endpoints).
    fn control(&mut self, endpoint: usize, call: &ControlCall<'_>, now: OffsetDateTime) -> ControlResult;
}

/// The constant description of a provider.
pub(crate) struct ProviderSpec {
    /// The name, which is the name of the provider's crate.
    pub(crate) name: &'static str,
    /// The headers that hold keys: the name, what precedes the key in the value, and the key's name among the credentials.
    pub(crate) key_headers: &'static [(&'static str, &'static str, &'static str)],
    /// The operations, as faults name them.
    pub(crate) operations: &'static [&'static str],
    /// The operations that change nothing.
    pub(crate) read_only_operations: &'static [&'static str],
    /// The operations whose orders cause messages to the merchant.
    pub(crate) operations_with_messages: &'static [&'static str],
    /// The operations whose orders a customer pays later: their execution moves no money, and a credit does.
    pub(crate) paid_later: &'static [&'static str],
    /// The unit of the ledger's amounts.
    pub(crate) unit: AmountUnit,
    /// The customer's action that a form of a page sends: the order's id, and the form.
    pub(crate) page_action: fn(id: &str, form: &Form) -> Option<ControlAction>,
    /// The call of the provider's handle that does the same as an action: `sandbox.turbopay().order("order-1").pay()`.
    ///
    /// It is empty if the action changes nothing, and `None` if no method does the same.
    pub(crate) handle_call: fn(&ControlAction) -> Option<String>,
    /// The changes of status that the provider's document states; empty if it states none.
    pub(crate) transitions: &'static [Transition],
    /// The simulated behaviours, each with its provenance.
    pub(crate) behaviours: &'static [Behaviour],
    /// What an imperfect body can contain.
    pub(crate) imperfections: Imperfections,
}

/// An action that an order's status allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PossibleAction {
    /// The index of the endpoint in [`Engine::endpoints`].
    pub(crate) endpoint: usize,
    /// The value of the path's parameter `action`; empty if it has no such parameter.
    pub(crate) action: &'static str,
    /// The members of the body that make sense.
    pub(crate) members: &'static [&'static str],
}

/// A request to one of a provider's endpoints of the control API, as it was recorded.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ControlAction {
    /// The decoded segments of the path, after the provider's name.
    pub(crate) path: Vec<String>,
    pub(crate) body: serde_json::Map<String, Value>,
}

impl ControlAction {
    pub(crate) fn new(path: &[&str]) -> Self {
        Self { path: path.iter().map(|segment| (*segment).to_owned()).collect(), body: serde_json::Map::new() }
    }

    /// Returns the segments, if the body has no other members than these.
    pub(crate) fn path_with(&self, members: &[&str]) -> Option<Vec<&str>> {
        let is_known = |(name, value): (&String, &Value)| members.contains(&name.as_str()) || value.is_null();
        self.body.iter().all(is_known).then(|| self.path.iter().map(String::as_str).collect())
    }

    /// Returns a member of the body that is a text.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.body.get(name).and_then(Value::as_str)
    }
}

/// A documented change of an order's status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Transition {
    /// The operations that create orders with this change.
    pub(crate) operations: &'static [&'static str],
    pub(crate) from: &'static str,
    pub(crate) to: &'static str,
    /// True if the document calls the change rare, or if it changes a status that is normally final.
    pub(crate) is_rare: bool,
}

/// What a provider's body can contain although it is plain about what happened.
pub(crate) struct Imperfections {
    /// The members that only describe, at any depth. They can have any shape.
    pub(crate) descriptive: &'static [&'static str],
    /// The members that only describe, but must be texts.
    pub(crate) prose: &'static [&'static str],
    /// A plain refusal of a request that was not executed: the status and the body.
    pub(crate) refusal: (u16, &'static str),
}

/// Responds to a request without executing it. Implemented for every engine that can be cloned.
pub(crate) trait RespondWithoutCommit {
    /// Returns the response that [`respond`](Engine::respond) would return, and executes nothing.
    ///
    /// Faults before the commit need it: on the wire, a request that was not executed must look like one that was.
    fn respond_without_commit(&self, request: &Request, now: OffsetDateTime) -> Response;
}

impl<E: Engine + Clone> RespondWithoutCommit for E {
    fn respond_without_commit(&self, request: &Request, now: OffsetDateTime) -> Response {
        let mut copy = self.clone();
        // The response must not contain ids that a later object will have.
        let random = copy.random();
        *random = Random::new(!random.next());
        copy.respond(request, now).0
    }
}

/// An order, a payment or a link, as lists show it.
#[derive(Debug)]
pub(crate) struct OrderSummary<'a> {
    /// The operation that created it, as faults name it.
    pub(crate) operation: &'static str,
    /// The merchant's reference.
    pub(crate) reference: &'a str,
    /// What the control API's actions name it by.
    pub(crate) id: &'a str,
    /// The status in the provider's words.
    pub(crate) status: &'static str,
    /// The amount, as in the ledger.
    pub(crate) amount: i64,
    /// The currency's ISO 4217 code.
    pub(crate) currency: &'a str,
}

/// The effects and the response of a control action, or why the action is impossible.
pub(crate) type ControlResult = Result<(Vec<Effect>, Value), Problem>;

/// An endpoint of the control API that a provider's engine handles.
pub(crate) type EngineRoute<E> = Route<fn(&mut E, &ControlCall<'_>, OffsetDateTime) -> ControlResult>;

/// An effect of an engine, besides its response.
#[derive(Debug, Clone)]
pub(crate) enum Effect {
    /// A ledger entry.
    Record {
        operation: &'static str,
        reference: String,
        kind: EntryKind,
        amount: i64,
        currency: String,
        request: Option<u64>,
    },
    /// An order has another status, or was created.
    Status {
        /// The operation that created the order, as faults name it.
        operation: &'static str,
        reference: String,
        /// What the control API's actions name the order by; `None` if it is the reference.
        id: Option<String>,
        /// `None` if the order was created.
        from: Option<&'static str>,
        to: &'static str,
    },
    /// A message to the merchant, ready to be sent.
    Deliver(Message),
    /// A message with a header that depends on the time of sending.
    DeliverSigned(Message, SignedHeader),
}

impl Effect {
    /// The merchant's reference.
    pub(crate) fn reference(&self) -> &str {
        match self {
            Self::Record { reference, .. } | Self::Status { reference, .. } => reference,
            Self::Deliver(message) | Self::DeliverSigned(message, _) => &message.reference,
        }
    }
}

/// A webhook or a callback to the merchant.
#[derive(Debug, Clone)]
pub(crate) struct Message {
    /// The operation that created the order, as faults name it.
    pub(crate) operation: &'static str,
    pub(crate) reference: String,
    /// The status or event that the message reports, for the timeline: `success`.
    pub(crate) about: String,
    pub(crate) url: String,
    pub(crate) content_type: &'static str,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Vec<u8>,
    pub(crate) resend: Resend,
}

/// A header that includes the time of sending, so that it is created again for each attempt.
#[derive(Debug, Clone)]
pub(crate) struct SignedHeader {
    pub(crate) key: String,
    /// The body that is signed, even if a fault changes the body that is sent.
    pub(crate) body: Vec<u8>,
    pub(crate) header: fn(key: &str, body: &[u8], now: OffsetDateTime) -> (&'static str, String),
}

impl SignedHeader {
    /// Creates the header for this time of sending.
    pub(crate) fn create(&self, now: OffsetDateTime) -> (&'static str, String) {
        (self.header)(&self.key, &self.body, now)
    }
}

/// The rules for sending a message again.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Resend {
    /// The wait after each failed attempt. After the last wait and its attempt, the message has failed.
    pub(crate) waits: &'static [Duration],
    /// How long the merchant may take for the response's head, and again for its body, in real time.
    pub(crate) timeout: Duration,
    /// Returns true if the provider treats this response as an acknowledgement.
    ///
    /// It is called with an empty body first. If it returns false and the status is 2xx, it is called again with the
    /// first 1024 bytes of the body.
    pub(crate) accepted: fn(status: u16, body: &[u8]) -> bool,
}

/// How long the sandbox waits for a merchant's response if the provider's limit is not documented.
pub(crate) const DEFAULT_RESPONSE_TIMEOUT: Duration = Duration::from_secs(5);

/// A behaviour that the sandbox simulates, and its provenance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Behaviour {
    /// The description.
    pub text: &'static str,
    /// The source of the behaviour.
    pub provenance: Provenance,
}

/// The source of a simulated behaviour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Provenance {
    /// The provider's documentation states the behaviour.
    Documented,
    /// A recorded exchange shows the behaviour.
    Recorded,
    /// Neither the documentation nor a recorded exchange covers the behaviour; it is an assumption.
    Inferred,
}

impl Provenance {
    /// Returns `documented`, `recorded` or `inferred`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Documented => "documented",
            Self::Recorded => "recorded",
            Self::Inferred => "inferred",
        }
    }
}
