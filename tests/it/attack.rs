//! The attack on webhooks with few deliveries. `cargo xtask attack` runs it in full.

use std::collections::BTreeMap;

use payments_proof::attack::{Options, Receiver, run, run_against};
use payments_proof::{Delivery, Outcome, Provider, Verdict, receive};

const OPTIONS: Options = Options { seed: 11, deliveries: 6000, only: None };

#[test]
fn every_forged_delivery_is_rejected_and_every_genuine_one_is_accepted() {
    let report = run(OPTIONS);
    assert_eq!(report.failures(), [], "{report}");
    let total = report.total();
    assert_eq!(total.forged() + total.genuine + total.signed, OPTIONS.deliveries);
    assert!(total.forged() > 5000, "{report}");
    let verified = [total.genuine, total.signed];
    let unverified = [total.rejected, total.invalid_secret, total.same_hint, total.other_hint];
    for count in verified.into_iter().chain(unverified) {
        assert!(count > 50, "{report}");
    }
}

#[test]
fn every_provider_is_attacked_with_every_kind_of_change() {
    let report = run(OPTIONS);
    let mut kinds = BTreeMap::<_, usize>::new();
    for (provider, kind, row) in report.rows() {
        assert!(row.forged() + row.signed > 20, "{provider} {kind}: {row:?}");
        assert!(row.signed == 0 || kind == "unusual signed body", "{provider} {kind}");
        let is_signed = ["turratech", "turbopay"].contains(&provider);
        assert!(!is_signed || (row.same_hint, row.other_hint) == (0, 0), "a forged webhook gives no hint: {kind}");
        *kinds.entry(provider).or_default() += 1;
    }
    assert_eq!(kinds, BTreeMap::from([("card3ds", 7), ("turbo-txn", 11), ("turbopay", 12), ("turratech", 12)]));
}

#[test]
fn a_delivery_can_be_repeated_by_its_number() {
    let mut options = Options { deliveries: 300, ..OPTIONS };
    assert_eq!(run(options), run(options));
    let all = run(options).total();
    let (mut rejected, mut forged) = (0, 0);
    for number in 0..options.deliveries {
        options.only = Some(number);
        let one = run(options);
        rejected += one.total().rejected;
        forged += one.total().forged();
    }
    assert_eq!((rejected, forged), (all.rejected, all.forged()));
    let other = Options { seed: OPTIONS.seed + 1, only: None, ..options };
    assert_ne!(run(other).total(), all, "another seed makes other deliveries");
}

#[test]
fn a_receiver_that_accepts_everything_fails_the_attack() {
    let accept_all: Receiver = |delivery| match delivery.provider {
        Provider::Turratech | Provider::Turbopay => Some(Verdict::of(Outcome::Accepted)),
        _ => receive(delivery),
    };
    let (real, control) = (run(OPTIONS), run_against(OPTIONS, accept_all));
    for ((provider, kind, real), (_, _, control)) in real.rows().zip(control.rows()) {
        let is_signed = ["turratech", "turbopay"].contains(&provider);
        let least = if is_signed { real.rejected } else { 0 };
        assert!(control.wrong >= least && (is_signed || control.wrong == 0), "{provider} {kind}: {control:?}");
    }
    assert!(control.total().wrong > 3000, "{control}");
}

#[test]
fn a_receiver_that_rejects_everything_fails_the_attack() {
    let report = run_against(OPTIONS, |_| Some(Verdict::of(Outcome::Rejected)));
    assert_eq!(report.total().wrong, OPTIONS.deliveries, "no genuine delivery was accepted");
}

#[test]
fn a_receiver_that_ignores_the_time_fails_the_attack() {
    let report = run_against(OPTIONS, |delivery| {
        let header = delivery.headers.first().map(|(_, value)| String::from_utf8_lossy(value));
        let time = header.and_then(|value| value.split(',').find_map(|entry| entry.strip_prefix("t=")?.parse().ok()));
        receive(&Delivery { clock: time.unwrap_or(delivery.clock), ..delivery.clone() })
    });
    assert!(report.failures().iter().any(|failure| failure.delivery == "turratech time"), "{report}");
    assert!(report.failures().iter().all(|failure| failure.delivery.starts_with("turratech ")), "{report}");
}

#[test]
fn a_receiver_that_panics_fails_the_attack() {
    let report = run_against(Options { deliveries: 20, ..OPTIONS }, |_| panic!("on purpose"));
    assert!(report.failures().iter().all(|failure| failure.problem == "a panic"), "{report}");
    assert_eq!(report.total().wrong, 20);
}
