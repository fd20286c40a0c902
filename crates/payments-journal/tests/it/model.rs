//! Every interleaving of one intent, two workers, a provider and a network, within bounds.
//!
//! The journal's own functions decide; the model only moves things. It is exhaustive: each reachable world is visited
//! once, and each must satisfy the invariants.

mod explore;
mod world;

use std::collections::BTreeSet;
use std::time::Duration;

use payments_core::PaymentStatus::{self, ChargedBack, Failed, Processing, Succeeded};
use payments_core::gateway::{Recovery, WriteOperation};
use payments_journal::{CallResult, Decision, Evidence, Fact, Rules, State};

use self::explore::explore;
use self::world::{Bounds, Journal, Provider, World};

type Transitions = &'static [(PaymentStatus, PaymentStatus)];

const TRANSITIONS: Transitions = &[(Processing, Succeeded), (Processing, Failed), (Succeeded, ChargedBack)];

/// A payment that succeeds after it failed.
const LATE_SUCCESS: Transitions = &[(Processing, Succeeded), (Processing, Failed), (Failed, Succeeded)];

/// A payout that was returned.
const RETURNED: Transitions = &[(Processing, Succeeded), (Processing, Failed), (Succeeded, Failed)];

const SAME_KEY: Recovery = Recovery::SameKey { lifetime: Duration::from_secs(24 * 60 * 60) };

/// The kinds of provider that exist.
const PROVIDERS: &[(&str, Provider)] = &[
    ("same key", provider(&[SAME_KEY])),
    ("lookup and taken once", provider(&[Recovery::LookupByReference, Recovery::TakenOnce])),
    ("lookup", provider(&[Recovery::LookupByReference])),
    ("nothing", provider(&[Recovery::Nothing])),
    ("late success", documents(LATE_SUCCESS, WriteOperation::StartPayment)),
    ("returned payout", documents(RETURNED, WriteOperation::PayOut)),
];

const fn documents(transitions: Transitions, operation: WriteOperation) -> Provider {
    Provider { rules: Rules { strategies: &[Recovery::LookupByReference], transitions, operation } }
}

const fn provider(strategies: &'static [Recovery]) -> Provider {
    Provider { rules: Rules { strategies, transitions: TRANSITIONS, operation: WriteOperation::StartPayment } }
}

const FAITHFUL: Journal = Journal { reads: |evidence| evidence, checks_the_epoch: true, checks_the_history: true };

#[test]
fn no_interleaving_executes_twice_or_loses_a_success() {
    let (mut states, mut changes, mut seen) = (0, BTreeSet::new(), BTreeSet::new());
    for (name, provider) in PROVIDERS {
        let report = explore(World::new(*provider, FAITHFUL, Bounds::default()));
        println!("{name}: {} states", report.states);
        assert_eq!(report.violation, None, "{name}");
        states += report.states;
        changes.extend(report.changes);
        seen.extend(report.seen);
    }
    assert!(states > 1_000_000, "only {states} states");
    assert_eq!(seen, State::ALL.iter().copied().collect(), "every state occurs");
    assert!(!changes.contains(&(State::NeedsReview, State::Intended)), "a review never ends in another request");
    assert_eq!(documented_changes(), table(&changes), "the table in the README");
}

#[test]
fn no_restore_that_loses_a_claim_executes_twice_or_denies_an_execution() {
    let mut states = 0;
    for (name, provider) in PROVIDERS {
        let report = explore(World::new(*provider, FAITHFUL, Bounds::with_a_restore()));
        println!("{name}: {} states", report.states);
        assert_eq!(report.violation, None, "{name}");
        states += report.states;
    }
    assert!(states > 1_000_000, "only {states} states");
}

/// The table of the README: which state can follow which.
fn table(changes: &BTreeSet<(State, State)>) -> String {
    let mut table = String::new();
    for from in State::ALL {
        let next: Vec<String> =
            changes.iter().filter(|(before, _)| before == from).map(|(_, after)| format!("`{after}`")).collect();
        table.push_str(&format!("| `{from}` | {} |\n", next.join(", ")));
    }
    table
}

fn documented_changes() -> String {
    let readme = include_str!("../../README.md");
    let rows = readme.lines().skip_while(|line| *line != "| state | can become |").skip(2);
    rows.take_while(|line| line.starts_with('|')).map(|line| format!("{line}\n")).collect()
}

/// Explores a provider that can only be looked up, with a mistake, and expects that an invariant breaks.
#[track_caller]
fn expect_violation(journal: Journal, broken: &str) {
    expect_violation_within(Bounds::default(), journal, broken);
}

#[track_caller]
fn expect_violation_within(bounds: Bounds, journal: Journal, broken: &str) {
    let report = explore(World::new(provider(&[Recovery::LookupByReference]), journal, bounds));
    let (found, steps) = report.violation.expect("the mistake must be found");
    assert!(found.contains(broken), "{found}: {steps:?}");
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
    expect_violation(Journal { reads: forgetful, ..FAITHFUL }, "on the wire");
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
    expect_violation(Journal { reads: deaf, ..FAITHFUL }, "although a success was proved");
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
    expect_violation(Journal { reads: hasty, ..FAITHFUL }, "refused, but");
}

#[test]
fn the_model_finds_a_claim_that_does_not_check_the_epoch() {
    expect_violation(Journal { checks_the_epoch: false, ..FAITHFUL }, "executed 2 times");
}

#[test]
fn the_model_finds_a_claim_in_a_history_that_is_not_acknowledged() {
    let journal = Journal { checks_the_history: false, ..FAITHFUL };
    expect_violation_within(Bounds::with_a_restore(), journal, "executed 2 times");
}

#[test]
fn the_model_finds_an_acknowledgement_that_does_not_count_as_an_attempt() {
    let forgetful = |evidence: Vec<Evidence>| {
        let is_kept = |evidence: &Evidence| !matches!(evidence.fact, Fact::Restored { .. });
        evidence.into_iter().filter(is_kept).collect()
    };
    let journal = Journal { reads: forgetful, ..FAITHFUL };
    expect_violation_within(Bounds::with_a_restore(), journal, "but a request is on the wire");
}
