//! What the panel can break, and what is armed.

use payments_sandbox::Sandbox;
use serde::Deserialize;

use crate::stage::stall;

/// A way to break an operation.
pub(super) struct Break {
    /// The last part of the form's path.
    pub(super) name: &'static str,
    pub(super) button: &'static str,
    /// What will happen, and what to look at.
    pub(super) about: &'static str,
    /// The operations to choose from.
    pub(super) operations: &'static [(&'static str, &'static str)],
    /// The fault of an operation.
    pub(super) fault: fn(&str) -> String,
    /// True if the shop's process is killed when the operation is executed.
    pub(super) kills: bool,
}

pub(super) const BREAKS: &[Break] = &[
    Break {
        name: "lose-response",
        button: "Lose the next response",
        about: "The provider executes the request, and the connection closes without a response. The shop finds out what \
            happened, or shows it under Needs review.",
        operations: CALLS,
        fault: |operation| format!("{operation} @after-commit fin"),
        kills: false,
    },
    Break {
        name: "webhook-twice",
        button: "Deliver the next webhook twice",
        about: "The provider sends the same message twice: the shop must book it once.",
        operations: MESSAGES,
        fault: |operation| format!("{operation} @webhook duplicate"),
        kills: false,
    },
    Break {
        name: "webhook-late",
        button: "Deliver the next webhook 20 seconds late",
        about: "The row below stays open until the message arrives, or until the shop looks the order up. A saved card \
            is final with the response: the late message must change nothing.",
        operations: MESSAGES,
        fault: |operation| format!("{operation} @webhook delay=20s"),
        kills: false,
    },
    Break {
        name: "webhook-first",
        button: "Deliver the webhook before the response",
        about: "The response takes 5 seconds, and the webhook overtakes it: the shop must accept both, and book once.",
        operations: CALLS_WITH_EARLY_MESSAGES,
        fault: |operation| format!("{operation} @after-commit delay=5s"),
        kills: false,
    },
    Break {
        name: "kill-when-executed",
        button: "Kill the shop in the middle of an operation",
        about: "The response never arrives, and the shop is killed as soon as the ledger has the entry: start the shop again, \
            and nothing is paid twice.",
        operations: CALLS_TO_KILL,
        fault: stall,
        kills: true,
    },
];

const PAYOUT: (&str, &str) = ("turbopay.withdraw", "a payout (TurboPay)");
const UPI: (&str, &str) = ("turbopay.host-to-host-deposit", "UPI on the shop's page (TurboPay)");
const UPI_PAGE: (&str, &str) = ("turbopay.deposit", "UPI on TurboPay's page");
const UTR: (&str, &str) = ("turbopay.confirm", "the confirmation by UTR (TurboPay)");
const UPI_APP: (&str, &str) = ("turbo-txn.initiate", "UPI on the page of Turbo Transactions");
const SAVED_CARD: (&str, &str) = ("turratech.create-payment", "a saved card (TurraTech)");
const REFUND: (&str, &str) = ("turratech.create-refund", "a refund (TurraTech)");
const CARD: (&str, &str) = ("card3ds.start-3ds", "the start of a card payment (card3ds)");
const COMPLETION: (&str, &str) = ("card3ds.complete-3ds", "the completion of a card payment (card3ds)");
const CHECKOUT: (&str, &str) = ("card3ds.checkout", "a card on the bank's page (card3ds)");

const CALLS: &[(&str, &str)] = &[PAYOUT, SAVED_CARD, REFUND, CARD, COMPLETION, CHECKOUT, UPI, UTR, UPI_PAGE, UPI_APP];
const MESSAGES: &[(&str, &str)] = &[UPI, UPI_PAGE, UPI_APP, PAYOUT, SAVED_CARD, REFUND];
/// Only where the provider sends a message without a further act of the customer.
const CALLS_WITH_EARLY_MESSAGES: &[(&str, &str)] = &[SAVED_CARD, REFUND, PAYOUT, UTR];
const CALLS_TO_KILL: &[(&str, &str)] = &[PAYOUT, REFUND, SAVED_CARD, COMPLETION];

/// A fault of the sandbox.
#[derive(Debug, Deserialize)]
pub(super) struct Armed {
    pub(super) number: u64,
    pub(super) spec: String,
    /// How often it occurred.
    pub(super) fired: u32,
    /// How often it occurs at most.
    limit: Option<u32>,
}

impl Armed {
    /// True if it does not occur any more.
    pub(super) fn is_over(&self) -> bool {
        self.limit.is_some_and(|limit| self.fired >= limit)
    }
}

/// Returns all faults of the sandbox, also those that were armed in its inspector.
pub(super) fn armed(sandbox: &Sandbox) -> Vec<Armed> {
    serde_json::from_str(&sandbox.control("GET", "/faults", "")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use payments_sandbox::Sandbox;

    use super::BREAKS;

    #[test]
    fn the_sandbox_accepts_every_fault() {
        let sandbox = Sandbox::builder().offline();
        let mut count = 0;
        for offered in BREAKS {
            for (operation, _) in offered.operations {
                sandbox.fault(&(offered.fault)(operation));
                count += 1;
            }
        }
        sandbox.clear_faults();
        assert!(count > BREAKS.len());
        sandbox.finish();
    }
}
