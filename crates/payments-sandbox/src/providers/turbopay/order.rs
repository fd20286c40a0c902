use serde_json::{Map, Value, json};

use crate::engine::Effect;
use crate::ledger::EntryKind;
use crate::money;
use crate::problem::Problem;

/// The kind of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Hosted,
    HostToHost,
    Withdrawal,
}

impl Kind {
    /// The operation that creates the order, as faults name it.
    pub(crate) fn operation(self) -> &'static str {
        match self {
            Self::Hosted => "deposit",
            Self::HostToHost => "host-to-host-deposit",
            Self::Withdrawal => "withdraw",
        }
    }

    /// The operation as the ledger names it.
    fn ledger_name(self) -> &'static str {
        match self {
            Self::Hosted => "turbopay.deposit",
            Self::HostToHost => "turbopay.host-to-host-deposit",
            Self::Withdrawal => "turbopay.withdraw",
        }
    }
}

/// The status of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Status {
    New,
    Pending,
    Success,
    Failed,
    Cancelled,
    Expired,
    Refunded,
    Chargeback,
}

impl Status {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Pending => "pending",
            Self::Success => "success",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
            Self::Expired => "expired",
            Self::Refunded => "refunded",
            Self::Chargeback => "chargeback",
        }
    }
}

/// An action of the bank, the customer or the back office on an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Action {
    Pending,
    /// With the amount in hundredths if it differs from the requested amount.
    Succeed(Option<i64>),
    Fail(String),
    Cancel,
    Expire,
    Refund,
    ChargeBack(String),
    /// "Resend callback" in the back office.
    Resend,
    /// The customer pays: the order becomes pending, and then the bank decides.
    Pay,
    /// The amount changes, in hundredths. The status stays the same.
    Amount(i64),
}

/// An order.
#[derive(Debug, Clone)]
pub(crate) struct Order {
    pub(crate) kind: Kind,
    pub(crate) id: String,
    /// The token in the hosted page's URL.
    pub(crate) page: String,
    pub(crate) note: String,
    pub(crate) reference: String,
    pub(crate) customer: String,
    /// The current amount, in hundredths.
    pub(crate) amount: i64,
    pub(crate) currency: String,
    pub(crate) status: Status,
    pub(crate) reason: String,
    pub(crate) utr: Option<String>,
    pub(crate) error: Option<(String, String)>,
    pub(crate) claim: Option<String>,
    pub(crate) status_url: String,
    pub(crate) redirect_url: Option<String>,
}

impl Order {
    /// Changes the order. Returns the kind of ledger entry if money moved.
    pub(crate) fn apply(&mut self, action: &Action) -> Result<Option<EntryKind>, Problem> {
        use Status::{Cancelled, Chargeback, Expired, Failed, New, Pending, Refunded, Success};
        let withdrawal = self.kind == Kind::Withdrawal;
        // The documented transitions.
        let (next, from): (Status, &[Status]) = match (action, withdrawal) {
            (Action::Resend | Action::Pay, _) => return Ok(None),
            (Action::Amount(amount), _) if self.may_change_amount() => {
                self.amount = *amount;
                return Ok(None);
            }
            (Action::Amount(_), _) => {
                let status = self.status.as_str();
                return Err(Problem::Conflict(format!("the amount cannot change once an order is {status}")));
            }
            (Action::Pending, _) => (Pending, &[New]),
            (Action::Succeed(_), true) => (Success, &[New, Pending]),
            (Action::Succeed(_), false) => (Success, &[New, Pending, Expired, Cancelled, Failed]),
            (Action::Fail(_), true) => (Failed, &[New, Pending, Success]),
            (Action::Fail(_), false) => (Failed, &[New, Pending, Expired, Cancelled]),
            (Action::Cancel, false) => (Cancelled, &[New]),
            (Action::Expire, false) => (Expired, &[New]),
            (Action::Refund, true) => (Refunded, &[Success]),
            (Action::ChargeBack(_), false) => (Chargeback, &[Success]),
            (Action::Cancel | Action::Expire | Action::ChargeBack(_), true) | (Action::Refund, false) => {
                let kind = self.kind.operation();
                return Err(Problem::Conflict(format!("the documentation has no such change of a {kind}")));
            }
        };
        if !from.contains(&self.status) {
            let (from, to) = (self.status.as_str(), next.as_str());
            return Err(Problem::Conflict(format!("the documentation has no change from {from} to {to}")));
        }
        let step = format!("{} -> {}", self.status.as_str(), next.as_str());
        self.reason = match action {
            Action::Expire => format!("{step}: Form expired"),
            Action::Cancel => format!("{step}: By user"),
            Action::Pending => format!("{step}: Order is pending"),
            Action::Fail(reason) | Action::ChargeBack(reason) if !reason.is_empty() => reason.clone(),
            _ => step,
        };
        match action {
            Action::Succeed(Some(amount)) => self.amount = *amount,
            Action::Fail(_) if withdrawal => {
                self.error =
                    Some(("ERR_001".to_owned(), "Payout service under maintenance. Try again later.".to_owned()));
            }
            Action::ChargeBack(_) => self.claim = Some(format!("claim-{}", self.reference)),
            _ => {}
        }
        self.status = next;
        Ok(match (next, withdrawal) {
            (Success, false) => Some(EntryKind::Credited),
            (Failed | Refunded, true) => Some(EntryKind::Returned),
            (Chargeback, false) => Some(EntryKind::ChargedBack),
            _ => None,
        })
    }

    /// True if the amount may still change. The amount of a failed withdrawal was already returned.
    fn may_change_amount(&self) -> bool {
        use Status::{Cancelled, Expired, Failed, New, Pending};
        match self.kind {
            Kind::Withdrawal => matches!(self.status, New | Pending),
            Kind::Hosted | Kind::HostToHost => matches!(self.status, New | Pending | Expired | Cancelled | Failed),
        }
    }

    /// Returns the webhook's body: the documented members, with the amount formatted as in the document's samples.
    pub(crate) fn webhook(&self) -> Value {
        let mut body = Map::new();
        let mut put = |name: &str, value: Value| {
            body.insert(name.to_owned(), value);
        };
        put("order_id", json!(self.id));
        put("merchant_order_id", json!(self.reference));
        put("status", json!(self.status.as_str()));
        put("reason", json!(self.reason));
        let withdrawal = self.kind == Kind::Withdrawal;
        let amount = if withdrawal { money::plain(self.amount) } else { money::with_two_decimals(self.amount) };
        put("amount", json!(amount));
        put("utr", json!(self.utr));
        if !withdrawal {
            put("target_upi_id", json!(super::engine::WALLET));
            put("merchant_customer_id", json!(self.customer));
        }
        if let Some((code, message)) = self.error.as_ref().filter(|_| self.status == Status::Failed) {
            put("error_code", json!(code));
            put("error_message", json!(message));
        }
        if let Some(claim) = self.claim.as_ref().filter(|_| self.status == Status::Chargeback) {
            put("claim_id", json!(claim));
        }
        Value::Object(body)
    }

    /// Reports the status.
    pub(crate) fn changed(&self, from: Option<Status>) -> Effect {
        Effect::Status {
            operation: self.kind.operation(),
            reference: self.reference.clone(),
            id: None,
            from: from.map(Status::as_str),
            to: self.status.as_str(),
        }
    }

    pub(crate) fn record(&self, kind: EntryKind, request: Option<u64>) -> Effect {
        self.record_as(self.kind.ledger_name(), kind, request)
    }

    pub(crate) fn record_as(&self, operation: &'static str, kind: EntryKind, request: Option<u64>) -> Effect {
        Effect::Record {
            operation,
            reference: self.reference.clone(),
            kind,
            amount: self.amount,
            currency: self.currency.clone(),
            request,
        }
    }
}
