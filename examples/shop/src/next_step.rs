//! What the customer must do next. The journal stores no responses, so the shop stores this part of them.

use payments::gateway::{NextAction, StartedPayment};
use serde::{Deserialize, Serialize};

/// The customer's next step, as JSON in `payments.next`.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum NextStep {
    Redirect(String),
    /// The provider's HTML for 3-D Secure.
    Challenge(String),
    Upi {
        address: String,
        payee: Option<String>,
        intent: Option<String>,
        qr: Option<String>,
        /// When the time to pay is over, in Unix milliseconds.
        expires_at: Option<i64>,
        /// What to pay, as text: the provider may have changed the amount.
        amount: String,
    },
}

impl NextStep {
    /// Returns `None` if the customer has nothing to do.
    pub(crate) fn of(started: StartedPayment, now: i64) -> Option<Self> {
        match started.next {
            NextAction::Redirect { url } => Some(Self::Redirect(url)),
            NextAction::Html(page) => Some(Self::Challenge(page.into_html())),
            NextAction::Upi(upi) => Some(Self::Upi {
                qr: upi.qr_data_uri(),
                address: upi.address,
                payee: upi.payee,
                intent: upi.intent,
                expires_at: upi.expires_after.and_then(|wait| now.checked_add(wait.as_millis().try_into().ok()?)),
                amount: started.amount.to_string(),
            }),
            _ => None,
        }
    }
}
