use payments_core::{Error, ErrorKind, Outcome, ProviderError};

use crate::error::{ASK_THE_PROVIDER, SPEC};
use crate::payment::{Payment, PaymentStatus};

impl Payment {
    /// Returns the payment if its status is `SUCCESS` and its amount can be read, and an error otherwise.
    ///
    /// # Errors
    ///
    /// | status | kind | outcome |
    /// |---|---|---|
    /// | `SUCCESS`, but the amount or the currency is missing or unreadable | [`ErrorKind::MalformedResponse`] | `Unknown` |
    /// | `FAILED` | [`ErrorKind::Declined`] | `Refused` |
    /// | `FAILED`, but [the order may have been executed before](Payment::may_be_duplicate) | [`ErrorKind::Conflict`] | `Unknown` |
    /// | `ENROLLED`, or one that this version does not know | [`ErrorKind::NotFinal`] | `Unknown` |
    ///
    /// The error has the payment's id ([`Error::object_id`]), result code ([`Error::code`]) and result message
    /// ([`Error::message`]).
    ///
    /// The outcome is about this payment only. A `FAILED` checkout may be the customer's first try on a page that allows
    /// another, which is not documented: keep its id, and look it up again before you create another checkout for the
    /// order. And if an earlier request for the same order ended with an unknown outcome, `FAILED` proves nothing about it.
    pub fn into_success(self) -> Result<Self, Error> {
        let status = format!("the payment's status is {}", self.status);
        let (kind, outcome, problem) = match self.status {
            PaymentStatus::Success => match self.amount() {
                Ok(_) => return Ok(self),
                Err(unreadable) => {
                    (ErrorKind::MalformedResponse, Outcome::Unknown, format!("{status}, but {unreadable}"))
                }
            },
            PaymentStatus::Failed if self.may_be_duplicate => (ErrorKind::Conflict, Outcome::Unknown, status),
            PaymentStatus::Failed => (ErrorKind::Declined, Outcome::Refused, status),
            PaymentStatus::Enrolled | PaymentStatus::Unknown(_) => (ErrorKind::NotFinal, Outcome::Unknown, status),
        };
        let error = ProviderError {
            code: self.result_code,
            message: self.result_message,
            object_id: Some(self.payment_id.as_str().to_owned()),
            advice: (kind == ErrorKind::Conflict).then_some(ASK_THE_PROVIDER),
            ..ProviderError::default()
        };
        Err(Error::from_provider(SPEC.provider, kind, outcome, &problem, error))
    }
}
