use payments_core::{Error, ErrorKind, Outcome, ProviderError};

use crate::error::SPEC;
use crate::payment::{Payment, PaymentStatus};

impl Payment {
    /// Returns the payment if its status is `SUCCESS`, and an error for any other status.
    ///
    /// # Errors
    ///
    /// | status | kind | outcome |
    /// |---|---|---|
    /// | `FAILED` | [`ErrorKind::Declined`] | `Refused` |
    /// | `ENROLLED`, or one that this version does not know | [`ErrorKind::NotFinal`] | `Unknown` |
    ///
    /// The error has the payment's id ([`Error::object_id`]), result code ([`Error::code`]) and result message
    /// ([`Error::message`]).
    ///
    /// The outcome is about this payment only. A `FAILED` checkout may be the customer's first try on a page that allows
    /// another, which is not documented: keep its id, and look it up again before you create another checkout for the
    /// order. And if an earlier request for the same order ended with an unknown outcome, `FAILED` proves nothing about it.
    pub fn into_success(self) -> Result<Self, Error> {
        let (kind, outcome) = match self.status {
            PaymentStatus::Success => return Ok(self),
            PaymentStatus::Failed => (ErrorKind::Declined, Outcome::Refused),
            PaymentStatus::Enrolled | PaymentStatus::Unknown(_) => (ErrorKind::NotFinal, Outcome::Unknown),
        };
        let problem = format!("the payment's status is {}", self.status);
        let error = ProviderError {
            code: self.result_code,
            message: self.result_message,
            object_id: Some(self.payment_id.as_str().to_owned()),
            ..ProviderError::default()
        };
        Err(Error::from_provider(SPEC.provider, kind, outcome, &problem, error))
    }
}
