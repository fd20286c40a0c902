//! The attack on webhooks at the size that a test has time for; `cargo xtask attack` is the same at full size.

use std::collections::BTreeMap;

use payments_tests::attack::{Options, run};

const OPTIONS: Options = Options { seed: 11, deliveries: 6000, only: None };

#[test]
fn no_mutated_delivery_is_believed_and_every_genuine_one_is() {
    let report = run(OPTIONS);
    assert_eq!(report.failures(), [], "{report}");
    let total = report.total();
    assert_eq!(total.attacks() + total.equal + total.signed, OPTIONS.deliveries);
    assert!(total.attacks() > 5000, "{report}");
    // What a change leaves as it was is told from what it breaks, so each of these occurs.
    for count in [total.refused, total.refused_when_built, total.same_hint, total.other_hint, total.equal, total.signed]
    {
        assert!(count > 50, "{report}");
    }
}

#[test]
fn every_provider_is_attacked_in_every_way_that_it_has() {
    let report = run(OPTIONS);
    let mut kinds = BTreeMap::<_, usize>::new();
    for (provider, kind, row) in report.rows() {
        assert!(row.attacks() + row.signed > 20, "{provider} {kind}: {row:?}");
        assert!(row.signed == 0 || kind == "signed and odd", "{provider} {kind}");
        let proves = ["turratech", "turbopay"].contains(&provider);
        assert!(!proves || (row.same_hint, row.other_hint) == (0, 0), "what is forged does not even hint: {kind}");
        *kinds.entry(provider).or_default() += 1;
    }
    assert_eq!(kinds, BTreeMap::from([("card3ds", 6), ("turbo-txn", 10), ("turbopay", 11), ("turratech", 11)]));
}

#[test]
fn a_delivery_can_be_made_again_by_its_number() {
    let mut options = Options { deliveries: 300, ..OPTIONS };
    assert_eq!(run(options), run(options));
    let all = run(options).total();
    let (mut refused, mut attacks) = (0, 0);
    for number in 0..options.deliveries {
        options.only = Some(number);
        let one = run(options);
        refused += one.total().refused;
        attacks += one.total().attacks();
    }
    assert_eq!((refused, attacks), (all.refused, all.attacks()));
    let other = Options { seed: OPTIONS.seed + 1, only: None, ..options };
    assert_ne!(run(other).total(), all, "another seed makes other deliveries");
}
