//! What banks and providers decide on their own.

use std::collections::BTreeSet;

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

/// Lets all payments fail that nobody has paid yet, so that the customers pay in another way.
pub(super) fn fail_unpaid(walk: &Walk) {
    for reference in deposits(walk, "new") {
        walk.stage.sandbox().turbopay().order(&reference).fail("");
        walk.note("bank", &format!("fail of {reference}"), "");
    }
}

/// Lets failed payments succeed, which TurboPay documents as rare: also those whose orders were paid in another way since.
pub(super) fn let_failed_succeed(walk: &Walk) {
    for reference in deposits(walk, "failed") {
        walk.stage.sandbox().turbopay().order(&reference).succeed();
        walk.note("bank", &format!("success of {reference}, which had failed"), "");
        walk.count(|tally| tally.rare += 1);
        lock(&walk.paid_after_failure).push(reference);
    }
}

/// The deposits with this status.
fn deposits(walk: &Walk, status: &str) -> BTreeSet<String> {
    let sandbox = walk.stage.sandbox();
    let entries = sandbox.ledger().entries().to_vec();
    let deposits = entries.into_iter().filter(|entry| is_deposit(&entry.operation)).map(|entry| entry.reference);
    deposits.filter(|reference| sandbox.turbopay().order(reference).status() == Some(status)).collect()
}

fn is_deposit(operation: &str) -> bool {
    matches!(operation, "turbopay.deposit" | "turbopay.host-to-host-deposit")
}

/// What a bank can decide about an order, by its status.
fn decision(
    walk: &Walk,
    operation: &str,
    reference: &str,
    random: &mut Random,
) -> Option<(&'static str, &'static str)> {
    let sandbox = walk.stage.sandbox();
    Some(match operation {
        _ if is_deposit(operation) => {
            let action = match sandbox.turbopay().order(reference).status()? {
                "new" => random.pick(&["fail", "expire", "resend"]),
                "pending" => random.pick(&["fail", "success", "success", "resend"]),
                // Nobody can have paid what nobody has seen.
                "expired" | "cancelled" if walk.customers.iter().any(|customer| customer.has_seen(reference)) => {
                    random.pick(&["fail", "success"])
                }
                "expired" | "cancelled" => "fail",
                "success" => random.pick(&["chargeback", "resend", "resend"]),
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
