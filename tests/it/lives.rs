//! The simulation of journaled intents: it is repeatable, and it detects each flaw of a journal.

use payments_tests::simulate::Violation;
use payments_tests::simulate::lives::{Flaw, life, timeline};

fn first_violation(flaw: Flaw, seeds: u64) -> Option<Violation> {
    (1..=seeds).find_map(|seed| life(seed, flaw).err()).map(|violation| *violation)
}

#[track_caller]
fn check_is_detected(flaw: Flaw, messages: &[&str]) {
    let violation = first_violation(flaw, 1000).unwrap();
    assert!(messages.iter().any(|message| violation.what.contains(message)), "{flaw:?}: {violation}");
    let printed = violation.to_string();
    let replay = format!("replay: cargo xtask simulate --journal --seed {}", violation.seed);
    assert!(printed.ends_with(&replay), "{printed}");
    assert_eq!(life(violation.seed, Flaw::None), life(violation.seed, Flaw::None), "it is the flaw, not chance");
    assert!(life(violation.seed, Flaw::None).is_ok(), "{flaw:?}");
}

#[test]
fn two_hundred_lives_have_no_violation() {
    assert_eq!(first_violation(Flaw::None, 200).map(|violation| violation.to_string()), None);
}

#[test]
fn the_same_seed_gives_the_same_life() {
    for seed in 1..=20 {
        let first = timeline(seed, Flaw::None);
        assert!(first.lines().count() > 5, "{first}");
        assert_eq!(first, timeline(seed, Flaw::None));
        assert_ne!(first, timeline(seed + 1, Flaw::None));
    }
}

#[test]
fn a_lease_that_expires_and_counts_as_not_sent_is_detected() {
    check_is_detected(Flaw::ExpiredLeaseMeansNotSent, &["is intended, but", "was executed 2 times"]);
}

#[test]
fn a_claim_on_what_was_read_before_the_transaction_is_detected() {
    let messages = ["one source counts twice", "the epoch went back", "was executed 2 times", "the evidence proves"];
    check_is_detected(Flaw::ClaimsOnStaleRead, &messages);
}

#[test]
fn a_claim_whose_commit_failed_and_that_is_used_is_detected() {
    check_is_detected(
        Flaw::SendsWithoutStoredClaim,
        &["without a stored claim", "is intended, but", "executed 2 times"],
    );
}

#[test]
fn a_merchant_that_records_again_after_a_lost_commit_response_is_detected() {
    check_is_detected(Flaw::RecordsAgainAfterLostCommit, &["was executed 2 times", "the ledger has", "it ends as"]);
}

#[test]
fn a_late_success_that_is_dropped_is_detected() {
    check_is_detected(Flaw::DropsLateSuccess, &["received the response to"]);
}

#[test]
fn an_order_that_is_not_found_and_counts_as_refused_is_detected() {
    check_is_detected(Flaw::NotFoundMeansRefused, &["is refused, but"]);
}

#[test]
fn a_hook_whose_effect_is_outside_the_transaction_is_detected() {
    check_is_detected(Flaw::HookOutsideTransaction, &["the changes are no chain"]);
}

#[test]
fn an_event_that_is_acknowledged_and_not_stored_is_detected() {
    check_is_detected(Flaw::AcknowledgesUnstoredEvents, &["acknowledged, and is not stored"]);
}
