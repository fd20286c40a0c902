//! The simulation itself: that it comes out the same each time, and would notice.

use payments_tests::simulate::{Rig, Violation, day, timeline};

/// The first of these days on which something went wrong.
fn first_violation(rig: Rig, seeds: u64) -> Option<Violation> {
    (1..=seeds).find_map(|seed| day(seed, rig).err()).map(|violation| *violation)
}

#[track_caller]
fn check_is_caught(rig: Rig, by: &[&str]) {
    let violation = first_violation(rig, 400).unwrap();
    assert!(by.iter().any(|words| violation.what.contains(words)), "{rig:?}: {violation}");
    let told = violation.to_string();
    assert!(told.contains("LEDGER") || told.contains("look-ups"), "{told}");
    assert!(told.ends_with(&format!("replay: cargo xtask simulate --seed {}", violation.seed)), "{told}");
}

#[test]
fn hundreds_of_days_pass_without_a_violation() {
    assert_eq!(first_violation(Rig::Sound, 300).map(|violation| violation.to_string()), None);
}

#[test]
fn a_seed_is_the_same_day_each_time_to_the_letter() {
    for seed in 1..=20 {
        let told = timeline(seed, Rig::Sound);
        assert!(told.lines().count() > 20, "{told}");
        assert_eq!(told, timeline(seed, Rig::Sound));
        assert_ne!(told, timeline(seed + 1, Rig::Sound));
    }
}

#[test]
fn a_client_that_sends_again_what_has_no_key_is_caught() {
    check_is_caught(Rig::SendsUnkeyedAgain, &["a second time"]);
}

#[test]
fn a_merchant_who_sends_again_under_a_new_key_is_caught() {
    check_is_caught(Rig::TakesFreshKeys, &["a second time"]);
}

#[test]
fn a_merchant_who_takes_unknown_for_a_failure_is_caught() {
    check_is_caught(
        Rig::TriesElsewhere,
        &["which the ledger denies", "stands paid 2 times", "the client said that it was not", "ends as NotDone"],
    );
}

#[test]
fn a_merchant_who_believes_what_nothing_proves_is_caught() {
    check_is_caught(Rig::BelievesCallbacks, &["which the ledger denies"]);
}

#[test]
fn a_limiter_that_is_off_is_caught() {
    check_is_caught(Rig::ForgetsTheLimit, &["times in one minute", "for their number"]);
}

#[test]
fn a_merchant_who_looks_at_no_amount_is_caught() {
    check_is_caught(Rig::LooksAtNoAmount, &["which the ledger denies"]);
}
