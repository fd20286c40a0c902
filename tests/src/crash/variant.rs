//! A variant of a run: what the merchant wants done, how, and with which hook.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::hook::HookKind;
use super::scenario::{self, Scenario};

/// How the merchant uses the journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) enum Mode {
    /// Records the intent and executes it. After a crash, a worker goes on.
    Execute,
    /// Records the intent and leaves it to the worker.
    Leave,
    /// Records and executes the same intent in every process, as after a customer's second click.
    Repeat,
}

impl Mode {
    pub(super) const ALL: &[Self] = &[Self::Execute, Self::Leave, Self::Repeat];

    fn as_str(self) -> &'static str {
        match self {
            Self::Execute => "execute",
            Self::Leave => "leave",
            Self::Repeat => "repeat",
        }
    }
}

/// What is the same in all runs with the same points.
#[derive(Debug, Clone, Copy)]
pub(super) struct Variant {
    pub(super) scenario: &'static Scenario,
    pub(super) mode: Mode,
    pub(super) hook: HookKind,
}

impl Variant {
    /// Returns every variant: each mode, and each hook in the first mode.
    pub(super) fn all() -> impl Iterator<Item = Self> {
        scenario::all().flat_map(|scenario| {
            let modes = Mode::ALL.iter().map(|mode| (*mode, HookKind::Works));
            let hooks = HookKind::ALL.iter().skip(1).map(|hook| (Mode::Execute, *hook));
            modes.chain(hooks).map(move |(mode, hook)| Self { scenario, mode, hook })
        })
    }
}

/// Formats a variant like `turbopay.pay-out/resend execute works`.
impl fmt::Display for Variant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.scenario.name, self.mode.as_str(), self.hook)
    }
}

impl FromStr for Variant {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let [scenario, mode, hook] = text.split(' ').collect::<Vec<_>>()[..] else {
            return Err(format!("invalid run `{text}`; example: `turbopay.pay-out execute works`"));
        };
        let mode = Mode::ALL.iter().copied().find(|known| known.as_str() == mode);
        Ok(Self {
            scenario: scenario::named(scenario)?,
            mode: mode.ok_or_else(|| format!("unknown mode in `{text}`: execute, leave or repeat"))?,
            hook: hook.parse()?,
        })
    }
}
