//! What the customer must do next. The journal stores no responses, so the shop stores this part of them.

use payments::card3ds::ChallengePage;
use payments::gateway::{HtmlPage, NextAction, StartedPayment};
use serde::{Deserialize, Serialize};

/// The customer's next step, as JSON in `payments.next`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum NextStep {
    Redirect { url: String },
    Challenge { page: String },
    Upi(Box<UpiStep>),
}

/// What the shop's own page shows.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct UpiStep {
    pub(crate) address: String,
    pub(crate) payee: Option<String>,
    pub(crate) intent: Option<String>,
    pub(crate) qr: Option<String>,
    /// When the time to pay is over, in Unix milliseconds.
    pub(crate) expires_at: Option<i64>,
    /// What to pay, as text: the provider may have changed the amount.
    pub(crate) amount: String,
}

impl NextStep {
    /// Returns `None` if the customer has nothing to do.
    pub(crate) fn of(started: StartedPayment, now: i64) -> Option<Self> {
        let amount = started.amount.to_string();
        match started.next {
            NextAction::Redirect { url } => Some(Self::Redirect { url }),
            NextAction::Html(page) => Some(Self::Challenge { page: page.into_html() }),
            NextAction::Upi(upi) => {
                let expires_at =
                    upi.expires_after.map(|wait| now + i64::try_from(wait.as_millis()).unwrap_or(i64::MAX));
                let qr = upi.qr_data_uri();
                Some(Self::Upi(Box::new(UpiStep {
                    address: upi.address,
                    payee: upi.payee,
                    intent: upi.intent,
                    qr,
                    expires_at,
                    amount,
                })))
            }
            _ => None,
        }
    }

    /// The provider's page for 3-D Secure, in the type that shows it safely.
    pub(crate) fn challenge(&self) -> Option<ChallengePage> {
        match self {
            Self::Challenge { page } => Some(HtmlPage::new(page).into()),
            _ => None,
        }
    }
}
