//! Callbacks that prove nothing: they give an id to ask about, which is always one, or the one error.

mod card3ds;
mod turbo_txn;

use std::fmt::Debug;

use payments_core::webhook::VerifyError;

use super::Outcome;

pub(super) use card3ds::attack as card3ds;
pub(super) use turbo_txn::attack as turbo_txn;

/// Holds a hint, or the lack of one, against what may be given.
///
/// `shown` is all that `Debug` may show of a hint: the id, and where there is one a redacted key. A hint that could
/// tell more would show it.
fn judge<T: Debug>(
    result: Result<T, VerifyError>,
    genuine: &str,
    id: fn(&T) -> &str,
    is_id: fn(&str) -> bool,
    shown: fn(&str) -> String,
) -> Outcome {
    match result {
        Ok(hint) => {
            let id = id(&hint);
            if !is_id(id) {
                Outcome::Wrong(format!("{id:?} is no id"))
            } else if format!("{hint:?}") != shown(id) {
                Outcome::Wrong(format!("more than a hint: {hint:?}"))
            } else if id == genuine {
                Outcome::SameHint
            } else {
                Outcome::OtherHint
            }
        }
        Err(error) if format!("{error}; {error:?}") == FAILURE => Outcome::Refused,
        Err(error) => Outcome::Wrong(format!("a failure unlike the others: {error:?}")),
    }
}

/// How every failure looks.
const FAILURE: &str = "the delivery could not be verified; Rejected";
