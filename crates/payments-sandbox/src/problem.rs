use std::fmt;

/// Why an action of the control API or of a handle is impossible.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Problem {
    /// There is no such order, link or action.
    NotFound(String),
    /// The state does not allow the action.
    Conflict(String),
    /// The input breaks a rule, whatever the state is.
    Invalid(String),
}

impl Problem {
    pub(crate) fn not_found(text: impl Into<String>) -> Self {
        Self::NotFound(text.into())
    }

    pub(crate) fn conflict(text: impl Into<String>) -> Self {
        Self::Conflict(text.into())
    }

    pub(crate) fn invalid(text: impl Into<String>) -> Self {
        Self::Invalid(text.into())
    }

    /// The HTTP status of the control API's response.
    pub(crate) fn status(&self) -> u16 {
        match self {
            Self::NotFound(_) => 404,
            Self::Conflict(_) => 409,
            Self::Invalid(_) => 422,
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Self::NotFound(text) | Self::Conflict(text) | Self::Invalid(text)) = self;
        f.write_str(text)
    }
}
