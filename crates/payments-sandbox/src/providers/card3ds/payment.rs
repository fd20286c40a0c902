use serde::Serialize;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::amount::{Currency, Number};
use super::card::StoredCard;
use super::settings::Settings;
use super::three_ds::Challenge;
use crate::engine::Effect;
use crate::random::Random;

/// The status of a payment: all documented values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Status {
    Success,
    Failed,
    Enrolled,
}

impl Status {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Success => "SUCCESS",
            Self::Failed => "FAILED",
            Self::Enrolled => "ENROLLED",
        }
    }
}

/// A payment of any kind.
#[derive(Debug, Clone)]
pub(crate) struct Payment {
    pub(crate) id: String,
    pub(crate) order: String,
    pub(crate) amount: i64,
    pub(crate) currency: Currency,
    pub(crate) installments: u32,
    /// The amount that the customer pays, including interest.
    pub(crate) total: i64,
    pub(crate) status: Status,
    pub(crate) customer: Option<String>,
    /// `None` before the customer has chosen a card.
    pub(crate) card: Option<StoredCard>,
    /// When the card was charged, or the payment failed.
    pub(crate) date: Option<OffsetDateTime>,
    pub(crate) result: (&'static str, &'static str),
    /// The acquirer's transaction id, and the bank's authorization code.
    pub(crate) acquirer_ids: Option<(String, String)>,
    pub(crate) kind: Kind,
}

/// The kind of a payment, with the data that only this kind has.
#[derive(Debug, Clone)]
pub(crate) enum Kind {
    Direct,
    PreAuthorization {
        captured: i64,
        captures: u32,
    },
    /// Without a challenge if the card is not enrolled.
    ThreeDs(Option<Challenge>),
    Checkout(Checkout),
}

/// A checkout, apart from its payment.
#[derive(Debug, Clone)]
pub(crate) struct Checkout {
    pub(crate) id: String,
    pub(crate) description: String,
    pub(crate) callback: String,
    pub(crate) max_installments: u32,
    pub(crate) interest_paid_by_customer: bool,
}

impl Payment {
    /// What the control API's actions name the payment by: the checkout's id, or else its own.
    pub(crate) fn action_id(&self) -> &str {
        match &self.kind {
            Kind::Checkout(checkout) => &checkout.id,
            Kind::Direct | Kind::PreAuthorization { .. } | Kind::ThreeDs(_) => &self.id,
        }
    }

    /// The operation that creates the payment, as faults name it.
    pub(crate) fn operation(&self) -> &'static str {
        match &self.kind {
            Kind::Direct => "payment",
            Kind::PreAuthorization { .. } => "pre-authorization",
            Kind::ThreeDs(_) => "start-3ds",
            Kind::Checkout(_) => "checkout",
        }
    }

    /// Reports the status.
    pub(crate) fn changed(&self, from: Option<Status>) -> Effect {
        Effect::Status {
            operation: self.operation(),
            reference: self.order.clone(),
            id: Some(self.action_id().to_owned()),
            from: from.map(Status::as_str),
            to: self.status.as_str(),
        }
    }

    /// Sets the number of installments and their total.
    pub(crate) fn set_installments(&mut self, installments: u32, total: i64, settings: &Settings) {
        self.installments = installments;
        self.total = total;
        if settings.amount_with_interest {
            self.amount = total;
        }
    }

    /// Charges the card. Returns true if its bank accepts.
    pub(crate) fn charge(&mut self, random: &mut Random, now: OffsetDateTime) -> bool {
        self.date = Some(now);
        let declines = self.card.as_ref().and_then(|card| card.declines);
        self.acquirer_ids = Some((transaction(random), format!("AUTH{}", random.digits(6))));
        match declines {
            Some(result) => {
                self.fail(result);
                // A declined payment has no authorization code.
                if let Some((_, auth)) = &mut self.acquirer_ids {
                    auth.clear();
                }
                false
            }
            None => {
                self.status = Status::Success;
                self.result = SUCCESSFUL;
                true
            }
        }
    }

    pub(crate) fn fail(&mut self, result: (&'static str, &'static str)) {
        self.status = Status::Failed;
        self.result = result;
    }

    /// Returns the payment as a response body.
    pub(crate) fn to_response(&self, settings: &Settings) -> PaymentResponse<'_> {
        let commission = match self.status {
            Status::Success if settings.exact_commission => self.currency.exact_share(self.amount, settings.commission),
            Status::Success => self.currency.number(self.currency.share(self.amount, settings.commission)),
            Status::Failed | Status::Enrolled => self.currency.number(0),
        };
        let date = self.date.and_then(|date| date.replace_nanosecond(0).ok());
        let card = self.card.as_ref();
        let auth_code = self.acquirer_ids.as_ref().map(|(_, auth)| auth.as_str()).filter(|auth| !auth.is_empty());
        PaymentResponse {
            payment_id: &self.id,
            order_id: &self.order,
            amount: self.currency.number(self.amount),
            installment_count: self.installments,
            currency: self.currency.code,
            merchant_commission: commission,
            status: self.status.as_str(),
            payment_date: date.and_then(|date| date.format(&Rfc3339).ok()),
            card_holder_name: card.map(|card| card.holder.as_str()),
            pan: card.map(|card| card.mask.as_str()),
            dom_int: card.map(|card| card.dom_int),
            card_scheme: card.map(|card| card.scheme),
            card_type: card.map(|card| card.card_type),
            loyalty_code: card.and_then(|card| card.loyalty_code),
            external_transaction_id: self.acquirer_ids.as_ref().map(|(id, _)| id.as_str()),
            auth_code,
            result_code: self.result.0,
            result_message: self.result.1,
            customer_id: self.customer.as_deref(),
        }
    }
}

/// A payment in the API: every documented member, with `null` for a missing value.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PaymentResponse<'a> {
    payment_id: &'a str,
    order_id: &'a str,
    amount: Number,
    installment_count: u32,
    currency: &'static str,
    merchant_commission: Number,
    status: &'static str,
    payment_date: Option<String>,
    card_holder_name: Option<&'a str>,
    pan: Option<&'a str>,
    dom_int: Option<&'static str>,
    card_scheme: Option<&'static str>,
    card_type: Option<&'static str>,
    loyalty_code: Option<&'static str>,
    external_transaction_id: Option<&'a str>,
    auth_code: Option<&'a str>,
    result_code: &'static str,
    result_message: &'static str,
    customer_id: Option<&'a str>,
}

/// Creates an acquirer's transaction id.
pub(crate) fn transaction(random: &mut Random) -> String {
    format!("EXT{}", random.digits(9))
}

pub(crate) const SUCCESSFUL: (&str, &str) = ("SUCCESS", "Successful");
