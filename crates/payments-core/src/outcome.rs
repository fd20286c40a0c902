/// What a failed call proves about whether it was done.
///
/// It belongs to the call, not to its last attempt: once one attempt may have been done, a later failure does not
/// take that back.
///
/// ```
/// use payments_core::{Error, Outcome};
///
/// fn after(err: &Error) -> &'static str {
///     match err.outcome() {
///         Outcome::NotSent | Outcome::Refused => "release the funds",
///         Outcome::Unknown => "keep them reserved, and look the order up",
///     }
/// }
/// ```
#[expect(clippy::exhaustive_enums, reason = "closed on purpose: whoever handles money must handle exactly these three")]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// It never left this process, provably. Sending it again is safe.
    NotSent,
    /// The provider answered, in its own words, and did not do it.
    Refused,
    /// It may have been done. Ask before sending anything again.
    Unknown,
}

/// What doing an operation twice would do.
#[expect(
    clippy::exhaustive_enums,
    reason = "closed on purpose: the rules for sending again are written over these three"
)]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Effect {
    /// Nothing: it asks. It may be sent again.
    Read,
    /// It changes something, but moves no money.
    Write,
    /// It moves money.
    MoveMoney,
}
