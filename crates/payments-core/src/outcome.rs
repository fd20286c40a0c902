use serde::{Deserialize, Serialize};

/// The outcome of a failed call: whether the operation may have been executed.
///
/// The outcome covers all attempts of the call. Once one attempt may have been executed, a later failure does not
/// change that.
///
/// ```
/// use payments_core::{Error, Outcome};
///
/// fn next_step(err: &Error) -> &'static str {
///     match err.outcome() {
///         Outcome::NotSent | Outcome::Refused => "release the funds",
///         Outcome::Unknown => "keep the funds reserved, and look the order up",
///     }
/// }
/// ```
///
/// It is stored as `not_sent`, `refused` or `unknown`. Any other text is an error.
#[expect(clippy::exhaustive_enums, reason = "closed on purpose: payment code must handle exactly these three cases")]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The request provably never left this process. It is safe to send again.
    NotSent,
    /// The provider responded in its documented form and did not execute the operation.
    Refused,
    /// The operation may have been executed. Look it up before you send anything again.
    Unknown,
}

/// The effect of executing an operation.
#[expect(
    clippy::exhaustive_enums,
    reason = "closed on purpose: the retry rules are defined for exactly these three cases"
)]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Effect {
    /// No effect: the operation is read-only and may be sent again.
    Read,
    /// A change at the provider that moves no money.
    Write,
    /// A movement of money.
    MoveMoney,
}
