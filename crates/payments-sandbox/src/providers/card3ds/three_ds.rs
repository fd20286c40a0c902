//! The cardholder's bank asks the customer; what it says of that.

use serde::Serialize;

use super::browser_return::BrowserReturn;
use super::payment::{Payment, SUCCESSFUL, Status};
use crate::random::Random;

/// What a customer is asked.
#[derive(Debug, Clone)]
pub(crate) struct Challenge {
    /// What its page is known by; the payment's id alone does not open it.
    pub(crate) token: String,
    pub(crate) success_url: String,
    pub(crate) failure_url: String,
    decision: Option<Decision>,
    /// What proves that the customer was asked; nobody has it before.
    key: Option<String>,
    completed: bool,
}

/// What a customer does with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Decision {
    Approve,
    Reject,
    /// Goes away, for ever.
    Abandon,
}

impl Decision {
    pub(crate) fn named(name: &str) -> Option<Self> {
        match name {
            "approve" => Some(Self::Approve),
            "reject" => Some(Self::Reject),
            "abandon" => Some(Self::Abandon),
            _ => None,
        }
    }

    /// What has become of the challenge.
    fn done(self) -> &'static str {
        match self {
            Self::Approve => "approved",
            Self::Reject => "rejected",
            Self::Abandon => "abandoned",
        }
    }
}

/// Why a payment is not completed.
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

    /// What has become of it, once something has.
    pub(crate) fn done(&self) -> Option<&'static str> {
        self.decision.map(Decision::done)
    }

    /// The customer decides, once; where that leads the browser, if anywhere.
    pub(crate) fn decide(
        &mut self,
        decision: Decision,
        payment: (&str, &str),
        random: &mut Random,
    ) -> Result<Option<BrowserReturn>, String> {
        if let Some(done) = self.done() {
            return Err(format!("this challenge is {done}"));
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
            about: decision.done(),
            url: url.clone(),
            form: vec![("paymentId", id.to_owned()), ("securityKey", key)],
        }))
    }

    /// The merchant completes it, once: whether the customer approved.
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

/// The answer to the start of one.
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
    /// With what is to be shown, unless the card is not enrolled.
    pub(crate) fn new(payment: &'a Payment, html_content: Option<String>) -> Self {
        let success = payment.status == Status::Enrolled;
        let (result_code, result_message) = if success { SUCCESSFUL } else { payment.result };
        Self { payment_id: &payment.id, success, result_code, result_message, html_content }
    }
}

pub(crate) const NOT_ENROLLED: (&str, &str) = ("NOT_ENROLLED", "The card is not enrolled in 3-D Secure");
pub(crate) const REJECTED: (&str, &str) = ("3DS_REJECTED", "The customer was not authenticated");
