//! What can go wrong in a handler, and the page that says so.

use askama::Template;
use axum::BoxError;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use payments::journal::{JournalError, StoreError};
use payments::payments_core::ValidationError;

pub(crate) type Result<T, E = Error> = std::result::Result<T, E>;

/// Any error of a library becomes one of these: it has no `std::error::Error` of its own.
pub(crate) enum Error {
    NotFound,
    /// The form is not from a page of this session, for example because the session's cookie was deleted.
    ForeignForm,
    /// What the person can correct. The text names the field and the rule.
    Invalid(String),
    /// The provider has certainly not executed the request. The text is for the shop's people.
    NotExecuted(payments::Error),
    /// The person can do nothing about it. The trace has the details.
    Internal(BoxError),
}

impl<E: std::error::Error + Send + Sync + 'static> From<E> for Error {
    fn from(error: E) -> Self {
        let error: BoxError = Box::new(error);
        match error.downcast_ref() {
            _ if error.is::<ValidationError>() => Self::Invalid(error.to_string()),
            Some(JournalError::Invalid(_) | JournalError::Different { .. }) => Self::Invalid(error.to_string()),
            Some(JournalError::Store(StoreError::NoSuchIntent(_))) => Self::NotFound,
            _ => Self::Internal(error),
        }
    }
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let (status, text) = match self {
            Self::NotFound => (StatusCode::NOT_FOUND, "There is no such page.".into()),
            Self::ForeignForm => {
                (StatusCode::FORBIDDEN, "This form is out of date. Go back, reload the page, and send it again.".into())
            }
            Self::Invalid(text) => (StatusCode::UNPROCESSABLE_ENTITY, text),
            Self::NotExecuted(error) => (StatusCode::UNPROCESSABLE_ENTITY, error.to_string()),
            Self::Internal(error) => {
                tracing::error!(%error, "a handler failed");
                (StatusCode::INTERNAL_SERVER_ERROR, INTERNAL.into())
            }
        };
        let page = Page { text: &text }.render();
        (status, Html(page.unwrap_or(text))).into_response()
    }
}

const INTERNAL: &str = "Something went wrong, but it may have been done. Look at the order before you try again.";

#[derive(Template)]
#[template(path = "error.html")]
struct Page<'a> {
    text: &'a str,
}
