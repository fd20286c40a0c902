//! Faults of the network and of the providers, drawn by a seed.

use payments_proof::Random;

/// Draws a fault, in the sandbox's text form.
pub(super) fn draw(random: &mut Random) -> String {
    match random.below(10) {
        0..=2 => format!("{} {}", random.pick(CALLS), random.pick(LOSSES)),
        3..=4 => format!("{} {}", random.pick(PROVIDERS), random.pick(LOSSES)),
        5..=7 => format!("{} @webhook {}", random.pick(SENDERS), random.pick(MESSAGES)),
        8 => format!("{} {}", random.pick(QUERIES), random.pick(LOST_QUERIES)),
        _ => format!("{} {}", random.pick(PROVIDERS), random.pick(CONNECTIONS)),
    }
}

/// The next call of each provider is executed, and gets no response.
pub(super) const STALLS: &[&str] = &[
    "turratech @after-commit stall",
    "turbo-txn @after-commit stall",
    "card3ds @after-commit stall",
    "turbopay @after-commit stall",
];

/// A saved card is charged, and the shop does not learn it for some time: no response arrives, nor to the repeats with the same
/// idempotency key, and the webhook is late.
pub(super) const LOST_CHARGE: &[&str] =
    &["turratech.create-payment @after-commit fin x4", "turratech @webhook delay=600s"];

const CALLS: &[&str] = &[
    "turratech.create-payment",
    "turratech.create-refund",
    "turbo-txn.initiate",
    "card3ds.start-3ds",
    "card3ds.complete-3ds",
    "card3ds.checkout",
    "turbopay.deposit",
    "turbopay.host-to-host-deposit",
    "turbopay.confirm",
    "turbopay.withdraw",
];

/// The request is executed, or it is not, and the shop cannot know it.
const LOSSES: &[&str] = &[
    "@before-commit fin",
    "@before-commit html=503",
    "@before-commit stall",
    "@before-commit late-commit=2s",
    "@before-commit late-commit=90s",
    "@after-commit fin",
    "@after-commit rst",
    "@after-commit html=502",
    "@after-commit json=500",
    "@after-commit garbage",
    "@after-commit stall",
    // The webhook arrives first.
    "@after-commit delay=1s",
    "@mid-body fin",
];

const SENDERS: &[&str] = &["turratech", "turbo-txn", "turbopay"];
const MESSAGES: &[&str] = &["duplicate", "drop", "hold", "reorder", "tamper", "delay=1s", "delay=600s"];

const QUERIES: &[&str] = &[
    "turratech.retrieve-payment",
    "turratech.list-payments",
    "turbo-txn.status-check",
    "card3ds.checkout-status",
    "turbopay.merchant-order-status",
    "turbopay.order-status",
    "turbopay.balance",
];
const LOST_QUERIES: &[&str] = &["@query fin", "@query html=502", "@query stall", "@query garbage"];

const PROVIDERS: &[&str] = &["turratech", "turbo-txn", "card3ds", "turbopay"];
const CONNECTIONS: &[&str] = &["@accept rst", "@accept fin", "@first-byte fin", "@head rst", "@body fin", "@idle fin"];

#[cfg(test)]
mod tests {
    use payments_sandbox::Sandbox;

    use super::*;

    #[test]
    fn the_sandbox_accepts_every_fault() {
        let sandbox = Sandbox::builder().offline();
        for fault in STALLS.iter().chain(LOST_CHARGE) {
            sandbox.fault(fault);
        }
        let mut random = Random::new(1);
        for _ in 0..5_000 {
            sandbox.fault(&draw(&mut random));
        }
        sandbox.abandon();
    }
}
