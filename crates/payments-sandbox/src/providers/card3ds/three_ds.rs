//! 3-D Secure challenges: the customer's decision and the completion of the payment.

use serde::Serialize;

use super::browser_return::BrowserReturn;
use super::payment::{Payment, SUCCESSFUL, Status};
use crate::problem::Problem;
use crate::random::Random;

/// A challenge by the cardholder's bank.
#[derive(Debug, Clone)]
pub(crate) struct Challenge {
    /// The token in the page's URL. The payment's id does not open the page.
    pub(crate) token: String,
    pub(crate) success_url: String,
    pub(crate) failure_url: String,
    decision: Option<Decision>,
    /// The security key, which proves that the customer has decided. It does not exist before.
    key: Option<String>,
    completed: bool,
}

/// A customer's decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Decision {
    Approve,
    Reject,
    /// Leaves without a decision.
    Abandon,
}

impl Decision {
    pub(crate) fn by_name(name: &str) -> Option<Self> {
        match name {
            "approve" => Some(Self::Approve),
            "reject" => Some(Self::Reject),
            "abandon" => Some(Self::Abandon),
            _ => None,
        }
    }

    /// The challenge's result.
    fn result(self) -> &'static str {
        match self {
            Self::Approve => "approved",
            Self::Reject => "rejected",
            Self::Abandon => "abandoned",
        }
    }
}

/// Why a payment cannot be completed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CompletionError {
    WrongSecurityKey,
    AlreadyCompleted,
}

impl Challenge {
    pub(crate) fn new(random: &mut Random, success_url: String, failure_url: String) -> Self {
        let token = random.alphanumeric(32);
        Self { token, success_url, failure_url, decision: None, key: None, completed: false }
    }

    /// The result; `None` before the customer has decided.
    pub(crate) fn result(&self) -> Option<&'static str> {
        self.decision.map(Decision::result)
    }

    /// Records the customer's decision. Returns the form that the browser then posts, if any.
    ///
    /// Fails if the customer has already decided.
    pub(crate) fn decide(
        &mut self,
        decision: Decision,
        payment: (&str, &str),
        random: &mut Random,
    ) -> Result<Option<BrowserReturn>, Problem> {
        if let Some(result) = self.result() {
            return Err(Problem::Conflict(format!("this challenge was already {result}")));
        }
        self.decision = Some(decision);
        let url = match decision {
            Decision::Approve => &self.success_url,
            Decision::Reject => &self.failure_url,
            Decision::Abandon => return Ok(None),
        };
        let (id, order) = payment;
        let key = format!("3DS_AUTH_KEY_{}", random.alphanumeric(24));
        self.key = Some(key.clone());
        Ok(Some(BrowserReturn {
            operation: "start-3ds",
            reference: order.to_owned(),
            about: decision.result(),
            url: url.clone(),
            form: vec![("paymentId", id.to_owned()), ("securityKey", key)],
        }))
    }

    /// Completes the payment, once. Returns true if the customer approved.
    pub(crate) fn complete(&mut self, key: &str) -> Result<bool, CompletionError> {
        if self.key.as_deref() != Some(key) {
            return Err(CompletionError::WrongSecurityKey);
        }
        if std::mem::replace(&mut self.completed, true) {
            return Err(CompletionError::AlreadyCompleted);
        }
        Ok(self.decision == Some(Decision::Approve))
    }
}

/// The response body of starting a 3-D Secure payment.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct StartResponse<'a> {
    payment_id: &'a str,
    success: bool,
    result_code: &'static str,
    result_message: &'static str,
    html_content: Option<String>,
}

impl<'a> StartResponse<'a> {
    /// Creates the body. `html_content` is `None` if the card is not enrolled.
    pub(crate) fn new(payment: &'a Payment, html_content: Option<String>) -> Self {
        let success = payment.status == Status::Enrolled;
        let (result_code, result_message) = if success { SUCCESSFUL } else { payment.result };
        Self { payment_id: &payment.id, success, result_code, result_message, html_content }
    }
}

pub(crate) const NOT_ENROLLED: (&str, &str) = ("NOT_ENROLLED", "The card is not enrolled in 3-D Secure");
pub(crate) const REJECTED: (&str, &str) = ("3DS_REJECTED", "The customer was not authenticated");
