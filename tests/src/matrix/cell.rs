//! A cell of the matrix, and its text form.

use std::fmt;
use std::str::FromStr;

use super::fault::{Fault, Phase};
use super::operation::Operation;
use super::providers;

/// A cell: an operation, a fault, how often the fault happens, and the kind of connection.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cell {
    pub(super) operation: &'static Operation,
    pub(super) fault: Fault,
    pub(super) times: Times,
    pub(super) reused: bool,
    pub(super) tls: bool,
}

/// The number of attempts of a call that the fault hits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Times {
    Once,
    Twice,
    Always,
}

impl Cell {
    /// Returns every possible cell, with each fault once.
    pub(super) fn all() -> impl Iterator<Item = Self> {
        providers::operations().flat_map(|operation| {
            let faults = Fault::all().filter(|fault| fault.applies_to(operation.is_read_only()));
            faults.flat_map(move |fault| {
                let connections = [(false, false), (false, true), (true, false), (true, true)].into_iter();
                connections
                    .filter(move |(reused, tls)| fault.applies_to_connection(*reused, *tls))
                    .map(move |(reused, tls)| Self { operation, fault, times: Times::Once, reused, tls })
            })
        })
    }

    /// Returns true if the sandbox counts the bytes received over a connection that it closed after accepting it.
    ///
    /// Over TLS, the received bytes are the handshake's and say nothing about the request.
    pub(super) fn shows_received_bytes(&self) -> bool {
        !self.tls && self.fault == Fault::Sandbox(Phase::Accept, "fin")
    }

    /// Returns the fault in the sandbox's syntax. Returns `None` if the fault is not the sandbox's.
    pub(super) fn fault_line(&self) -> Option<String> {
        let Fault::Sandbox(..) = self.fault else { return None };
        let provider = self.operation.provider.name();
        let target = if self.fault.affects_connection() { provider.to_owned() } else { self.operation.sandbox_name() };
        Some(format!("{target} {} {}", self.fault, self.times))
    }
}

impl fmt::Display for Times {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Once => "x1",
            Self::Twice => "x2",
            Self::Always => "x*",
        })
    }
}

/// Formats a cell like `turbopay.withdraw @after-commit fin x1, reused, tls`.
impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { operation, fault, times, reused, tls } = self;
        let connection = if *reused { "reused" } else { "fresh" };
        let encryption = if *tls { "tls" } else { "plain" };
        write!(f, "{operation} {fault} {times}, {connection}, {encryption}")
    }
}

impl FromStr for Cell {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let invalid = || format!("invalid cell `{text}`; example: `{EXAMPLE}`");
        let [call, connection, encryption] = text.split(", ").collect::<Vec<_>>()[..] else { return Err(invalid()) };
        let (operation, rest) = call.split_once(' ').ok_or_else(invalid)?;
        let (fault, times) = rest.rsplit_once(' ').ok_or_else(invalid)?;
        let operation = providers::operations().find(|known| known.to_string() == operation);
        let cell = Self {
            operation: operation.ok_or_else(|| format!("unknown operation in `{text}`"))?,
            fault: fault.parse()?,
            times: match times {
                "x1" => Times::Once,
                "x2" => Times::Twice,
                "x*" => Times::Always,
                _ => return Err(invalid()),
            },
            reused: match connection {
                "reused" => true,
                "fresh" => false,
                _ => return Err(invalid()),
            },
            tls: match encryption {
                "tls" => true,
                "plain" => false,
                _ => return Err(invalid()),
            },
        };
        let is_possible = cell.fault.applies_to(cell.operation.is_read_only())
            && cell.fault.applies_to_connection(cell.reused, cell.tls);
        if is_possible { Ok(cell) } else { Err(format!("the fault of `{text}` cannot happen there")) }
    }
}

const EXAMPLE: &str = "turbopay.withdraw @after-commit fin x1, reused, tls";
