//! What banks and providers decide on their own.

use payments_proof::Random;

use super::{Walk, lock};

/// Lets a bank decide about something that exists.
pub(super) async fn act(walk: &Walk, random: &mut Random) {
    // One decision at a time: between a status and a decision about it, no other bank decides.
    let _alone = walk.bank.lock().await;
    let sandbox = walk.stage.sandbox();
    let ledger = sandbox.ledger();
    let mut orders: Vec<(&str, &str)> =
        ledger.entries().iter().map(|entry| (entry.operation.as_str(), entry.reference.as_str())).collect();
    orders.sort_unstable();
    orders.dedup();
    random.shuffle(&mut orders);
    for (operation, reference) in orders {
        let Some((place, action)) = decision(walk, operation, reference, random) else { continue };
        let url = format!("{}/{place}/{reference}/{action}", sandbox.control_url());
        let page = walk.outside.control(&walk.tally, url).await;
        return walk.note("bank", &format!("{action} of {reference}"), &page.in_words());
    }
}

/// What a bank can decide about an order, by its status.
fn decision(
    walk: &Walk,
    operation: &str,
    reference: &str,
    random: &mut Random,
) -> Option<(&'static str, &'static str)> {
    let sandbox = walk.stage.sandbox();
    let is_deposit = matches!(operation, "turbopay.deposit" | "turbopay.host-to-host-deposit");
    Some(match operation {
        _ if is_deposit => {
            let action = match sandbox.turbopay().order(reference).status()? {
                "new" => random.pick(&["fail", "expire", "resend"]),
                "pending" => random.pick(&["fail", "success", "success", "resend"]),
                // Nobody can have paid what nobody has seen.
                "expired" | "cancelled" if walk.customers.iter().any(|customer| customer.has_seen(reference)) => {
                    random.pick(&["fail", "success"])
                }
                "expired" | "cancelled" => "fail",
                "success" => random.pick(&["chargeback", "resend", "resend"]),
                // Documented as rare. The order may have been paid again by then, and the shop must know it.
                "failed" if walk.allows_rare => {
                    walk.count(|tally| tally.rare += 1);
                    lock(&walk.paid_after_failure).push(reference.to_owned());
                    "success"
                }
                _ => return None,
            };
            ("turbopay/orders", action)
        }
        "turbopay.withdraw" => {
            let action = match sandbox.turbopay().order(reference).status()? {
                "new" | "pending" => random.pick(&["fail", "success", "resend"]),
                "success" => random.pick(&["refund", "fail", "resend", "resend"]),
                _ => return None,
            };
            ("turbopay/orders", action)
        }
        // Nobody can pay it before its page was shown.
        "turbo-txn.initiate" if sandbox.turbo_txn().order(reference).status()? == "Pending" => {
            ("turbo-txn/orders", random.pick(&["approve", "reject"]))
        }
        "turratech.create-payment" => match sandbox.turratech().payment(reference).status()? {
            // No dispute: TurraTech does not document the object of its event, so no shop learns which payment it is about.
            "succeeded" => return None,
            _ => ("turratech/payments", random.pick(&["succeed", "fail"])),
        },
        _ => return None,
    })
}
