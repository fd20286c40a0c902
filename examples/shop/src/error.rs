//! What can go wrong in a handler, and the page that says so.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use crate::page::Message;

pub(crate) type Result<T> = std::result::Result<T, Error>;

#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("There is no such page.")]
    NotFound,
    /// The form is not from a page of this session, for example because the session's cookie was deleted.
    #[error("This form is out of date. Go back, reload the page, and send it again.")]
    ForeignForm,
    /// What the person can correct. The text names the field and the rule.
    #[error("{0}")]
    Invalid(String),
    /// The person can do nothing about it. The trace has the details.
    #[error("Something went wrong. Nothing was lost: reload the page to see the current state.")]
    Internal(Box<dyn std::error::Error + Send + Sync>),
}

impl Error {
    pub(crate) fn invalid(error: &impl ToString) -> Self {
        Self::Invalid(error.to_string())
    }
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let status = match &self {
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::ForeignForm => StatusCode::FORBIDDEN,
            Self::Invalid(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Internal(error) => {
                tracing::error!(%error, "a handler failed");
                StatusCode::INTERNAL_SERVER_ERROR
            }
        };
        (status, Message { title: "Sorry", text: &self.to_string() }.page()).into_response()
    }
}

/// Everything that the person cannot correct.
macro_rules! internal {
    ($($error:ty),* $(,)?) => {
        $(impl From<$error> for Error {
            fn from(error: $error) -> Self {
                Self::Internal(error.into())
            }
        })*
    };
}

internal!(
    sqlx::Error,
    askama::Error,
    serde_json::Error,
    getrandom::Error,
    tokio::task::JoinError,
    payments::MoneyError,
    Box<dyn std::error::Error + Send + Sync>,
);

impl From<payments::journal::JournalError> for Error {
    fn from(error: payments::journal::JournalError) -> Self {
        match error {
            payments::journal::JournalError::Invalid(problem) => Self::invalid(&problem),
            error => Self::Internal(error.into()),
        }
    }
}

impl From<payments::payments_core::ValidationError> for Error {
    fn from(problem: payments::payments_core::ValidationError) -> Self {
        Self::invalid(&problem)
    }
}
