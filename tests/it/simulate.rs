//! The simulation itself: it is repeatable, and it detects each flaw of a merchant.

use payments_tests::simulate::{Flaw, Violation, day, timeline};

/// Returns the first violation within this many days.
fn first_violation(flaw: Flaw, seeds: u64) -> Option<Violation> {
    (1..=seeds).find_map(|seed| day(seed, flaw).err()).map(|violation| *violation)
}

#[track_caller]
fn check_is_detected(flaw: Flaw, messages: &[&str]) {
    let violation = first_violation(flaw, 400).unwrap();
    assert!(messages.iter().any(|message| violation.what.contains(message)), "{flaw:?}: {violation}");
    let printed = violation.to_string();
    assert!(printed.contains("LEDGER") || printed.contains("lookups"), "{printed}");
    assert!(printed.ends_with(&format!("replay: cargo xtask simulate --seed {}", violation.seed)), "{printed}");
}

#[test]
fn three_hundred_days_have_no_violation() {
    assert_eq!(first_violation(Flaw::None, 300).map(|violation| violation.to_string()), None);
}

#[test]
fn the_same_seed_gives_the_same_timeline() {
    for seed in 1..=20 {
        let first = timeline(seed, Flaw::None);
        assert!(first.lines().count() > 20, "{first}");
        assert_eq!(first, timeline(seed, Flaw::None));
        assert_ne!(first, timeline(seed + 1, Flaw::None));
    }
}

#[test]
fn a_transport_that_resends_unkeyed_requests_is_detected() {
    check_is_detected(Flaw::ResendsUnkeyedRequests, &["a second time"]);
}

#[test]
fn a_merchant_that_retries_under_a_new_key_is_detected() {
    check_is_detected(Flaw::RetriesUnderNewKey, &["a second time"]);
}

#[test]
fn a_merchant_that_treats_unknown_as_failed_is_detected() {
    check_is_detected(
        Flaw::TreatsUnknownAsFailed,
        &[
            "which the ledger contradicts",
            "is paid 2 times",
            "the client reported that it was not",
            "ends as NotExecuted",
        ],
    );
}

#[test]
fn a_merchant_that_trusts_unverified_callbacks_is_detected() {
    check_is_detected(Flaw::TrustsCallbacks, &["which the ledger contradicts"]);
}

#[test]
fn a_merchant_that_bypasses_the_rate_limit_is_detected() {
    check_is_detected(Flaw::BypassesRateLimit, &["lookups in one minute", "over its rate limit"]);
}

#[test]
fn a_merchant_that_ignores_amounts_is_detected() {
    check_is_detected(Flaw::IgnoresAmounts, &["which the ledger contradicts"]);
}
