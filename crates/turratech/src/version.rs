//! The version of the API that a request names.

use std::fmt;

use payments_core::id::check_id;
use payments_core::{Call, Pager, ValidationError};

/// Sets the API version of a single call, or of a list.
///
/// For all calls of a client, see [`Client::with_version`](crate::Client::with_version).
///
/// ```no_run
/// use turratech::{Client, PaymentId, VersionExt};
///
/// # async fn example(client: Client, id: PaymentId) -> Result<(), turratech::Error> {
/// let payment = client.retrieve_payment(&id).version("2024-06-01").send().await?;
/// # Ok(())
/// # }
/// ```
pub trait VersionExt {
    /// Sends the call with this `TurraTech-Version` instead of the client's.
    ///
    /// An invalid version makes the call fail before it is sent.
    fn version(self, version: &str) -> Self;
}

impl<T, K> VersionExt for Call<T, K> {
    fn version(self, version: &str) -> Self {
        self.with_header(VERSION_HEADER, valid_or_refused(version))
    }
}

impl<T: fmt::Debug + Send> VersionExt for Pager<T> {
    fn version(self, version: &str) -> Self {
        self.with_header(VERSION_HEADER, valid_or_refused(version))
    }
}

/// An invalid header value makes the call fail before it is sent, so it stands in for any invalid version.
fn valid_or_refused(version: &str) -> &str {
    check_version(version).map_or(INVALID_HEADER_VALUE, |()| version)
}

/// Checks a version: any text in the form of an id.
///
/// The document shows a date. A suffix after the date is accepted too.
pub(crate) fn check_version(version: &str) -> Result<(), ValidationError> {
    check_id(VERSION_HEADER, version)
}

pub(crate) const VERSION_HEADER: &str = "turratech-version";

/// The version that the document names as the current one.
pub(crate) const CURRENT_VERSION: &str = "2024-01-01";

const INVALID_HEADER_VALUE: &str = "\0";
