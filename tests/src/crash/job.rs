//! What the parent and a child tell each other: one JSON message per line.

use std::collections::BTreeMap;

use payments_journal::{Fact, State};
use serde::{Deserialize, Serialize};

use super::database::Place;
use super::hook::HookKind;
use super::variant::Mode;

/// What a child does. The first line that it reads.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Job {
    /// The scenario's name.
    pub(super) scenario: String,
    pub(super) mode: Mode,
    pub(super) hook: HookKind,
    pub(super) control: bool,
    pub(super) database: Place,
    pub(super) prepared: Prepared,
    /// True in the first process of a run.
    pub(super) is_first: bool,
    /// The point at which the child reports and waits, by its number.
    pub(super) stop_at: Option<usize>,
}

/// What a child needs of the sandbox.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Prepared {
    pub(super) base_url: String,
    /// The provider's test credentials, by name.
    pub(super) keys: BTreeMap<String, String>,
    /// The payment that the operation is about.
    pub(super) payment_id: Option<String>,
    /// The form that the customer's browser posted to the merchant.
    pub(super) form: Option<Vec<u8>>,
}

impl Prepared {
    pub(super) fn at(base_url: &str, keys: &[(&str, &str)]) -> Self {
        let keys = keys.iter().map(|(name, key)| ((*name).to_owned(), (*key).to_owned())).collect();
        Self { base_url: base_url.to_owned(), keys, ..Self::default() }
    }

    pub(super) fn payment(self, id: impl Into<String>) -> Self {
        Self { payment_id: Some(id.into()), ..self }
    }

    pub(super) fn key(&self, name: &str) -> Result<&str, String> {
        self.keys.get(name).map(String::as_str).ok_or_else(|| format!("the credential `{name}` is missing"))
    }

    pub(super) fn payment_id(&self) -> Result<&str, String> {
        self.payment_id.as_deref().ok_or_else(|| "the payment's id is missing".to_owned())
    }
}

/// A line from the parent, after the job.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) enum ToChild {
    /// A webhook, with the sandbox's number.
    Webhook { number: usize, headers: Vec<(String, String)>, body: Vec<u8> },
    /// Go on after the point at which the child waits.
    GoOn,
}

/// A line from a child.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) enum FromChild {
    /// The child waits at its point.
    Reached { number: usize, name: String },
    /// The webhook with this number was received, and may be acknowledged.
    Received(usize),
    /// The intent rests.
    Done(Box<Outcome>),
    /// The child cannot work.
    Failed(String),
}

/// What a child leaves behind: what the journal knows, and the merchant's own rows.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Outcome {
    /// The points that the child passed, in order.
    pub(super) points: Vec<String>,
    /// False if the intent still changes after the longest time.
    pub(super) rests: bool,
    #[serde(with = "name")]
    pub(super) state: State,
    pub(super) review: Option<payments_journal::Review>,
    pub(super) problem: Option<String>,
    pub(super) evidence: Vec<Fact>,
    /// The merchant's orders.
    pub(super) orders: u32,
    /// The merchant's effects, in order.
    pub(super) effects: Vec<Effect>,
}

/// A row of the merchant's own: a change of state that its hook was told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Effect {
    #[serde(with = "name")]
    pub(super) before: State,
    #[serde(with = "name")]
    pub(super) after: State,
}

/// A state in JSON: its stored name.
mod name {
    use payments_journal::State;
    use serde::{Deserialize, Deserializer, Serializer, de};

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
    pub(super) fn serialize<S: Serializer>(state: &State, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(state.as_str())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<State, D::Error> {
        let name = String::deserialize(deserializer)?;
        State::from_name(&name).ok_or_else(|| de::Error::custom(format!("unknown state `{name}`")))
    }
}
