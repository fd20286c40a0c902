//! One place in the matrix, and its one line of text.

use std::fmt;
use std::str::FromStr;

use super::fault::{Fault, Phase};
use super::operation::Operation;
use super::providers;

/// An operation, what goes wrong, how often, and over which connection.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cell {
    pub(super) operation: &'static Operation,
    pub(super) fault: Fault,
    pub(super) times: Times,
    pub(super) reused: bool,
    pub(super) tls: bool,
}

/// How often a fault happens to one call, each time that it is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Times {
    Once,
    Twice,
    Always,
}

impl Cell {
    /// All of them, without the combinations that mean nothing; each fault happens once.
    pub(super) fn all() -> impl Iterator<Item = Self> {
        providers::operations().flat_map(|operation| {
            let faults = Fault::all().filter(|fault| fault.happens_to(operation.reads()));
            faults.flat_map(move |fault| {
                let connections = [(false, false), (false, true), (true, false), (true, true)].into_iter();
                connections
                    .filter(move |(reused, tls)| fault.happens_on(*reused, *tls))
                    .map(move |(reused, tls)| Self { operation, fault, times: Times::Once, reused, tls })
            })
        })
    }

    /// Whether every byte is known that came over a connection which was closed as it was accepted.
    ///
    /// Through TLS the handshake comes, and proves nothing of the request.
    pub(super) fn is_heard_out(&self) -> bool {
        !self.tls && self.fault == Fault::There(Phase::Accept, "fin")
    }

    /// The fault as the sandbox takes it, if it is the sandbox's doing.
    pub(super) fn fault_line(&self) -> Option<String> {
        let Fault::There(..) = self.fault else { return None };
        let provider = self.operation.provider.name();
        let whom = if self.fault.hits_connection() { provider.to_owned() } else { self.operation.name_there() };
        Some(format!("{whom} {} {}", self.fault, self.times))
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

/// `turbopay.withdraw @after-commit fin x1, reused, tls`.
impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { operation, fault, times, reused, tls } = self;
        let connection = if *reused { "reused" } else { "fresh" };
        let line = if *tls { "tls" } else { "plain" };
        write!(f, "{operation} {fault} {times}, {connection}, {line}")
    }
}

impl FromStr for Cell {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let shape = || format!("`{text}` is no cell; one looks like `{EXAMPLE}`");
        let [call, connection, line] = text.split(", ").collect::<Vec<_>>()[..] else { return Err(shape()) };
        let (operation, rest) = call.split_once(' ').ok_or_else(shape)?;
        let (fault, times) = rest.rsplit_once(' ').ok_or_else(shape)?;
        let operation = providers::operations().find(|known| known.to_string() == operation);
        let cell = Self {
            operation: operation.ok_or_else(|| format!("{text}: there is no such operation"))?,
            fault: fault.parse()?,
            times: match times {
                "x1" => Times::Once,
                "x2" => Times::Twice,
                "x*" => Times::Always,
                _ => return Err(shape()),
            },
            reused: match connection {
                "reused" => true,
                "fresh" => false,
                _ => return Err(shape()),
            },
            tls: match line {
                "tls" => true,
                "plain" => false,
                _ => return Err(shape()),
            },
        };
        let exists = cell.fault.happens_to(cell.operation.reads()) && cell.fault.happens_on(cell.reused, cell.tls);
        if exists { Ok(cell) } else { Err(format!("`{text}` cannot happen")) }
    }
}

const EXAMPLE: &str = "turbopay.withdraw @after-commit fin x1, reused, tls";
