//! What banks and providers decide on their own.

use payments_proof::Random;

use super::{Walk, lock};

/// Lets a bank decide about something that exists.
pub(super) async fn act(walk: &Walk, random: &mut Random) {
    let sandbox = walk.stage.sandbox();
    let ledger = sandbox.ledger();
    let mut entries: Vec<(&str, &str)> =
        ledger.entries().iter().map(|entry| (entry.operation.as_str(), entry.reference.as_str())).collect();
    entries.sort_unstable();
    entries.dedup();
    if entries.is_empty() {
        return;
    }
    let (operation, reference) = random.pick(&entries);
    let (provider, object, action) = match operation {
        "turbopay.deposit" | "turbopay.host-to-host-deposit" => {
            let action = match sandbox.turbopay().order(reference).status() {
                Some("new") => random.pick(&["fail", "expire", "expire", "resend"]),
                Some("pending") => random.pick(&["fail", "success", "success", "resend"]),
                Some("expired" | "cancelled") => random.pick(&["fail", "success"]),
                Some("success") => random.pick(&["chargeback", "resend", "resend"]),
                // Documented as rare. The order may have been paid again by then, and the shop must know it.
                Some("failed") if walk.allows_rare => {
                    walk.count(|tally| tally.rare += 1);
                    lock(&walk.paid_after_failure).push(reference.to_owned());
                    "success"
                }
                _ => return,
            };
            ("turbopay", "orders", action)
        }
        "turbopay.withdraw" => {
            let action = match sandbox.turbopay().order(reference).status() {
                Some("new" | "pending") => random.pick(&["fail", "success", "resend"]),
                Some("success") => random.pick(&["refund", "fail", "resend"]),
                _ => return,
            };
            ("turbopay", "orders", action)
        }
        "turbo-txn.initiate" if sandbox.turbo_txn().order(reference).status().as_deref() == Some("Pending") => {
            ("turbo-txn", "orders", random.pick(&["approve", "reject"]))
        }
        "turratech.create-payment" => match sandbox.turratech().payment(reference).status() {
            Some("succeeded") if random.percent(30) => ("turratech", "payments", "dispute"),
            Some("succeeded") => return,
            _ => ("turratech", "payments", random.pick(&["succeed", "fail"])),
        },
        _ => return,
    };
    let url = format!("{}/{provider}/{object}/{reference}/{action}", sandbox.control_url());
    let page = walk.outside.control(&walk.tally, url).await;
    walk.note("bank", &format!("{action} of {reference}"), &page.in_words());
}
