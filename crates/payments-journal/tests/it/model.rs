//! Every interleaving of one intent, two workers, a provider and a network, within bounds.
//!
//! The journal's own functions decide; the model only moves things. It is exhaustive: each reachable world is visited
//! once, and each must satisfy the invariants.

mod explore;
mod world;

use std::time::Duration;

use payments_core::PaymentStatus::{ChargedBack, Failed, Processing, Succeeded};
use payments_core::gateway::Recovery;
use payments_journal::{CallResult, Decision, Evidence, Fact, Rules};

use self::explore::{Report, explore};
use self::world::{Bounds, Journal, Provider, World};

const TRANSITIONS: &[(payments_core::PaymentStatus, payments_core::PaymentStatus)] =
    &[(Processing, Succeeded), (Processing, Failed), (Succeeded, ChargedBack)];

const SAME_KEY: Recovery = Recovery::SameKey { lifetime: Duration::from_secs(24 * 60 * 60) };

/// The kinds of provider that exist.
const PROVIDERS: &[(&str, Provider)] = &[
    ("same key", provider(&[SAME_KEY])),
    ("lookup and taken once", provider(&[Recovery::LookupByReference, Recovery::TakenOnce])),
    ("lookup", provider(&[Recovery::LookupByReference])),
    ("nothing", provider(&[Recovery::Nothing])),
];

const fn provider(strategies: &'static [Recovery]) -> Provider {
    Provider { rules: Rules { strategies, transitions: TRANSITIONS, is_payout: false } }
}

const FAITHFUL: Journal = Journal { reads: |evidence| evidence, checks_the_epoch: true };

#[test]
fn no_interleaving_executes_twice_or_loses_a_success() {
    for (name, provider) in PROVIDERS {
        let report = explore(World::new(*provider, FAITHFUL, Bounds::default()));
        println!("{name}: {} states", report.states);
        assert_eq!(report.violation, None, "{name}");
        assert!(report.states > 10_000, "{name}: only {} states", report.states);
        for state in ["succeeded", "failed", "refused", "unknown", "needs_review", "abandoned", "pending", "sending"] {
            assert!(report.seen.contains(state), "{name}: never {state}");
        }
    }
}

fn first_violation(journal: Journal) -> Report {
    let reports = PROVIDERS.iter().map(|(_, provider)| explore(World::new(*provider, journal, Bounds::default())));
    reports.into_iter().find(|report| report.violation.is_some()).expect("the mistake must be found")
}

#[test]
fn the_model_finds_an_expired_lease_that_returns_to_intended() {
    let forgetful = |evidence: Vec<Evidence>| {
        let forget = |Evidence { sequence, fact }| match fact {
            Fact::LeaseExpired { attempt } => {
                Evidence { sequence, fact: Fact::Ended { attempt, result: CallResult::NotSent } }
            }
            fact => Evidence { sequence, fact },
        };
        evidence.into_iter().map(forget).collect()
    };
    let report = first_violation(Journal { reads: forgetful, ..FAITHFUL });
    println!("{:?}", report.violation);
}

#[test]
fn the_model_finds_a_late_success_that_is_dropped() {
    let deaf = |evidence: Vec<Evidence>| {
        let closing = |fact: &Fact| {
            matches!(fact, Fact::GaveUp(_) | Fact::Decided(Decision::NotDone) | Fact::LeaseExpired { .. })
        };
        let end = evidence.iter().position(|evidence| closing(&evidence.fact)).unwrap_or(evidence.len());
        let late = |(index, evidence): &(usize, Evidence)| {
            *index <= end || !matches!(evidence.fact, Fact::Ended { .. } | Fact::Found { .. } | Fact::Event(_))
        };
        evidence.into_iter().enumerate().filter(late).map(|(_, evidence)| evidence).collect()
    };
    let report = first_violation(Journal { reads: deaf, ..FAITHFUL });
    println!("{:?}", report.violation);
}

#[test]
fn the_model_finds_not_found_that_is_taken_for_a_refusal() {
    let hasty = |evidence: Vec<Evidence>| {
        let claimed = evidence.iter().find_map(|evidence| match &evidence.fact {
            Fact::Claimed { attempt, .. } => Some(*attempt),
            _ => None,
        });
        let hasten = |Evidence { sequence, fact }| match (fact, claimed) {
            (Fact::NotFound, Some(attempt)) => {
                Evidence { sequence, fact: Fact::Ended { attempt, result: CallResult::Refused } }
            }
            (fact, _) => Evidence { sequence, fact },
        };
        evidence.into_iter().map(hasten).collect()
    };
    let report = first_violation(Journal { reads: hasty, ..FAITHFUL });
    println!("{:?}", report.violation);
}

#[test]
fn the_model_finds_a_claim_that_does_not_check_the_epoch() {
    let report = first_violation(Journal { checks_the_epoch: false, ..FAITHFUL });
    println!("{:?}", report.violation);
}
