use std::fmt;

use payments_core::{ErrorKind, Outcome, one_line};

use crate::payment::{Payment, PaymentStatus};

impl Payment {
    /// The payment, if it succeeded; anything but `SUCCESS` is an error.
    ///
    /// # Errors
    ///
    /// Holds the payment, whose status says why: declined for `FAILED`, and for nothing else.
    pub fn into_success(self) -> Result<Self, NotSuccessful> {
        match self.status {
            PaymentStatus::Success => Ok(self),
            PaymentStatus::Failed | PaymentStatus::Enrolled | PaymentStatus::Unknown(_) => {
                Err(NotSuccessful(Box::new(self)))
            }
        }
    }
}

/// The provider answered, but not with `SUCCESS`.
#[derive(Clone, PartialEq, Eq)]
pub struct NotSuccessful(Box<Payment>);

impl NotSuccessful {
    /// The payment, as it was answered.
    #[must_use]
    pub fn payment(&self) -> &Payment {
        &self.0
    }

    /// The same, without the error around it.
    #[must_use]
    pub fn into_payment(self) -> Payment {
        *self.0
    }

    /// Declined, for `FAILED`. Nothing for a payment under way and for an unknown status: nothing has gone wrong yet.
    #[must_use]
    pub fn kind(&self) -> Option<ErrorKind> {
        match self.0.status {
            PaymentStatus::Failed => Some(ErrorKind::Declined),
            PaymentStatus::Success | PaymentStatus::Enrolled | PaymentStatus::Unknown(_) => None,
        }
    }

    /// Refused, for `FAILED`: the provider says that it was not done. Unknown otherwise: it may be, now or later.
    ///
    /// It is about this payment alone. Of a checkout, `FAILED` may be the customer's first try on a page that lets them
    /// try again, which is not documented: keep its id, and ask once more before opening another for the order. And of
    /// an operation that was sent before, with an unknown outcome, it proves nothing.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        match self.0.status {
            PaymentStatus::Failed => Outcome::Refused,
            PaymentStatus::Success | PaymentStatus::Enrolled | PaymentStatus::Unknown(_) => Outcome::Unknown,
        }
    }
}

impl fmt::Display for NotSuccessful {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.status {
            PaymentStatus::Failed => f.write_str("card3ds: declined")?,
            PaymentStatus::Success | PaymentStatus::Enrolled | PaymentStatus::Unknown(_) => {
                write!(f, "card3ds: the payment is {}", one_line(self.0.status.as_str()))?;
            }
        }
        if let Some(code) = &self.0.result_code {
            write!(f, " ({})", one_line(code))?;
        }
        if let Some(message) = &self.0.result_message {
            write!(f, ": {}", one_line(message).trim_end_matches('.'))?;
        }
        match self.outcome() {
            Outcome::Unknown => f.write_str("; it may still be done"),
            Outcome::NotSent | Outcome::Refused => Ok(()),
        }
    }
}

impl fmt::Debug for NotSuccessful {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("NotSuccessful").field(&self.0).finish()
    }
}

impl std::error::Error for NotSuccessful {}
