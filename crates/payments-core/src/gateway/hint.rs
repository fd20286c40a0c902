use std::fmt;

use super::result::Redacted;
use crate::webhook::Unverified;

/// What to look up after an unverified callback. It is never evidence: anyone can send one.
///
/// [`Unverified::hint`] returns it, for each provider that does not sign its callbacks.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Hint {
    /// The claimed reference of the merchant, for [`Lookup`](super::Lookup).
    pub reference: Option<String>,
    /// The claimed id of the provider, for [`Retrieve`](super::Retrieve).
    pub object_id: Option<String>,
}

impl Hint {
    /// Creates a hint to look up this reference, for provider crates.
    pub fn by_reference(reference: impl Into<String>) -> Self {
        Self { reference: Some(reference.into()), object_id: None }
    }

    /// Creates a hint to retrieve the object with this id, for provider crates.
    pub fn by_object_id(object_id: impl Into<String>) -> Self {
        Self { reference: None, object_id: Some(object_id.into()) }
    }
}

impl fmt::Debug for Hint {
    /// Omits the provider's id, which some providers ask to keep private.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hint")
            .field("reference", &self.reference)
            .field("object_id", &Redacted(self.object_id.as_deref()))
            .finish()
    }
}

/// Converts what an unverified callback names into a [`Hint`].
///
/// Implemented where a lookup accepts what the callback names. Call [`Unverified::hint`].
pub trait ToHint {
    /// Returns the hint.
    fn to_hint(&self) -> Hint;
}

impl<T: ToHint> Unverified<T> {
    /// Returns what to look up at the provider. Trust only the response.
    #[must_use]
    pub fn hint(&self) -> Hint {
        self.claimed().to_hint()
    }
}
