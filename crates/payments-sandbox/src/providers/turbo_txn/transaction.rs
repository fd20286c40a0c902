use crate::engine::Effect;
use crate::ledger::EntryKind;
use crate::problem::Problem;

/// The status of a transaction, as documented.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Status {
    Initiated,
    Pending,
    Approved,
    Rejected,
}

impl Status {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Initiated => "Initiated",
            Self::Pending => "Pending",
            Self::Approved => "Approved",
            Self::Rejected => "Rejected",
        }
    }

    /// True if the status is final. The merchant then gets a callback.
    pub(crate) fn is_decided(self) -> bool {
        match self {
            Self::Initiated | Self::Pending => false,
            Self::Approved | Self::Rejected => true,
        }
    }
}

/// An action of the bank or the customer on a transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
    /// The customer pays: the transaction becomes pending, and then the bank decides.
    Pay,
    Pending,
    Approve,
    Reject,
}

/// A transaction. An order can have several, because nothing documented prevents reuse of its id.
#[derive(Debug, Clone)]
pub(crate) struct Transaction {
    pub(crate) id: String,
    /// The token in the payment page's URL.
    pub(crate) page: String,
    pub(crate) order_id: String,
    /// In paise, including the added ones.
    pub(crate) amount: i64,
    pub(crate) return_url: String,
    pub(crate) status: Status,
    /// Empty until the transaction is approved.
    pub(crate) utr: String,
}

impl Transaction {
    pub(crate) fn apply(&mut self, action: Action) -> Result<(), Problem> {
        let (next, from): (Status, &[Status]) = match action {
            Action::Pay | Action::Pending => (Status::Pending, &[Status::Initiated]),
            Action::Approve => (Status::Approved, &[Status::Initiated, Status::Pending]),
            Action::Reject => (Status::Rejected, &[Status::Initiated, Status::Pending]),
        };
        if !from.contains(&self.status) {
            let (from, to) = (self.status.as_str(), next.as_str());
            return Err(Problem::Conflict(format!("a transaction cannot change from {from} to {to}")));
        }
        self.status = next;
        Ok(())
    }

    /// Reports the status.
    pub(crate) fn changed(&self, from: Option<Status>) -> Effect {
        Effect::Status {
            operation: "initiate",
            reference: self.order_id.clone(),
            id: None,
            from: from.map(Status::as_str),
            to: self.status.as_str(),
        }
    }

    pub(crate) fn executed(&self, request: u64) -> Effect {
        self.record(EntryKind::Executed, Some(request))
    }

    pub(crate) fn credited(&self) -> Effect {
        self.record(EntryKind::Credited, None)
    }

    fn record(&self, kind: EntryKind, request: Option<u64>) -> Effect {
        Effect::Record {
            operation: "turbo-txn.initiate",
            reference: self.order_id.clone(),
            kind,
            amount: self.amount,
            currency: "INR".to_owned(),
            request,
        }
    }
}
