//! What is written about an intent, to the last detail: positions, epochs, leases, due times.

use std::time::Duration;

use async_trait::async_trait;
use payments_core::gateway::{PayoutRequest, WriteOperation};
use payments_core::time::OffsetDateTime;
use payments_core::{Currency, Error, Money, PaymentStatus};

use super::*;
use crate::evidence::Decision;
use crate::executor::{Accepted, Instruction};
use crate::intent::{Intent, IntentId};
use crate::keys::{JournalKey, JournalKeys};
use crate::store::Entry;

const SECOND: Duration = Duration::from_secs(1);
const LEASE: Duration = Duration::from_secs(90);
const DAY: Duration = Duration::from_secs(24 * 3600);
const SAME_KEY: &[Recovery] = &[Recovery::SameKey { lifetime: DAY }];
const LOOKUP: &[Recovery] = &[Recovery::LookupByReference];
const TAKEN_ONCE: &[Recovery] = &[Recovery::TakenOnce];

/// Says what is possible, and is never called.
struct Client {
    rules: Rules,
}

#[async_trait]
impl Executor for Client {
    fn rules(&self) -> Rules {
        self.rules
    }

    fn understands(&self, _: u32) -> bool {
        true
    }

    async fn execute(&self, _: &Instruction) -> Result<Accepted, Error> {
        unreachable!("a plan sends nothing")
    }

    fn can_look_up(&self, known: &Known) -> bool {
        known.has_provider_id || self.rules.strategies == LOOKUP
    }
}

/// One intent, its clock, and what this process has.
struct Scene {
    client: Client,
    settings: Settings,
    loaded: Loaded,
    can_send: bool,
    unreadable: Option<String>,
    attempts: u128,
}

impl Scene {
    fn new(strategies: &'static [Recovery]) -> Self {
        let transitions = &[(PaymentStatus::Processing, PaymentStatus::Succeeded)];
        let rules = Rules { strategies, transitions, operation: WriteOperation::PayOut };
        let now = OffsetDateTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000);
        let keys = JournalKeys::new("1", JournalKey::new("0".repeat(32)).unwrap()).unwrap();
        let request = PayoutRequest::new("W-1", Money::from_minor(100, Currency::INR), "C-1", "1", "HDFC0000001");
        let row = Intent::new("acme", request).row(&keys, now).unwrap();
        let head = Head { due_at: row.due_at, ..Head::default() };
        let loaded =
            Loaded { id: IntentId::new(1), row, head, evidence: Vec::new(), pause: None, other_history: None, now };
        let settings = Settings { resend_taken_once: true, ..Settings::default() };
        Self { client: Client { rules }, settings, loaded, can_send: true, unreadable: None, attempts: 0 }
    }

    /// An intent whose card this process has in memory.
    fn with_card(strategies: &'static [Recovery], expires_in: Duration) -> Self {
        let mut scene = Self::new(strategies);
        scene.loaded.row.by_ticket = true;
        scene.loaded.row.expires_at = Some(scene.loaded.now + expires_in);
        scene
    }

    /// Plans, and returns what it wants to write, unwritten.
    fn ask<T>(&self, planner: impl Fn(&View<'_>, &Loaded) -> (Option<Amendment>, T)) -> (Option<Amendment>, T) {
        let Self { client, settings, loaded, can_send, unreadable, .. } = self;
        let (rules, unreadable) = (client.rules, unreadable.clone());
        planner(
            &View { rules, settings, owner: 7, executor: client, payment_id: None, can_send: *can_send, unreadable },
            loaded,
        )
    }

    /// Plans, and writes it as a store does.
    fn plan<T>(&mut self, planner: impl Fn(&View<'_>, &Loaded) -> (Option<Amendment>, T)) -> T {
        let (amendment, result) = self.ask(planner);
        if let Some(Amendment { facts, head, pause }) = amendment {
            for (fact, source) in facts {
                let sequence = self.loaded.last_sequence() + 1;
                let evidence = Evidence { sequence, fact };
                self.loaded.evidence.push(Entry { evidence, source, at: self.loaded.now });
            }
            self.loaded.head = head;
            self.loaded.pause = pause.or(self.loaded.pause.take());
        }
        result
    }

    fn step(&mut self) -> Step {
        self.attempts += 1;
        let attempt = AttemptId::new(self.attempts);
        self.plan(|view, loaded| step(view, loaded, attempt))
    }

    #[track_caller]
    fn claim(&mut self) -> Claim {
        match self.step() {
            Step::Send(claim) => claim,
            step => panic!("{step:?}"),
        }
    }

    #[track_caller]
    fn look(&mut self) -> Look {
        match self.step() {
            Step::LookUp(look) => look,
            step => panic!("{step:?}"),
        }
    }

    fn settle(&mut self, claim: &Claim, ended: &Ended) -> State {
        self.plan(|view, loaded| settle(view, loaded, claim, ended))
    }

    fn ends(&mut self, claim: &Claim, result: CallResult) -> State {
        self.settle(claim, &ended(result))
    }

    fn looked_up(&mut self, look: Look, looked: &Looked) -> State {
        self.plan(|view, loaded| looked_up(view, loaded, look, looked))
    }

    fn learns(&mut self, fact: &Fact, source: &str) -> State {
        self.plan(|view, loaded| learned(view, loaded, fact.clone(), source, None))
    }

    fn pass(&mut self, time: Duration) {
        self.loaded.now += time;
    }

    /// The time until a worker looks at it again.
    fn due_in(&self) -> Option<Duration> {
        self.loaded.head.due_at.map(|due| Duration::try_from(due - self.loaded.now).unwrap())
    }

    fn claims(&self) -> usize {
        self.loaded.evidence.iter().filter(|entry| matches!(entry.evidence.fact, Fact::Claimed { .. })).count()
    }
}

fn ended(result: CallResult) -> Ended {
    Ended { result, provider_id: None, problem: None, not_before: None, is_invalid: false }
}

fn seen(status: PaymentStatus, is_final: bool) -> Observation {
    Observation::Status { status, is_final }
}

fn accepted(status: PaymentStatus, is_final: bool) -> CallResult {
    CallResult::Accepted(seen(status, is_final))
}

fn found(status: PaymentStatus) -> Looked {
    Looked::Found { seen: seen(status, false), provider_id: None }
}

fn event(status: PaymentStatus, is_final: bool) -> Fact {
    Fact::Event(seen(status, is_final))
}

#[test]
fn each_claim_and_each_lookup_takes_the_next_epoch() {
    let mut scene = Scene::new(LOOKUP);
    let claim = scene.claim();
    scene.ends(&claim, CallResult::NotSent);
    let second = scene.claim();
    scene.ends(&second, CallResult::Unknown);
    let look = scene.look();
    assert_eq!((claim.epoch, second.epoch, look.epoch, scene.loaded.head.epoch), (1, 2, 3, 3));
}

#[test]
fn a_lease_lasts_longer_than_the_call() {
    let mut scene = Scene::new(LOOKUP);
    let claim = scene.claim();
    let until = scene.loaded.now + LEASE;
    assert_eq!(claim.lease, Lease { owner: 7, until });
    assert_eq!((scene.loaded.head.lease, scene.loaded.head.due_at), (Some(claim.lease), Some(until)));
    // Nobody does anything before its end.
    scene.pass(LEASE - SECOND);
    assert!(scene.ask(|view, loaded| step(view, loaded, AttemptId::new(9))).0.is_none());
    scene.pass(SECOND);
    let look = scene.look();
    assert_eq!((scene.loaded.head.state, look.began), (State::Unknown, scene.loaded.last_sequence()));
}

#[test]
fn the_end_of_a_call_counts_once() {
    let mut scene = Scene::new(LOOKUP);
    let claim = scene.claim();
    assert_eq!(scene.ends(&claim, CallResult::Unknown), State::Unknown);
    // It was stored, and the response of the commit was lost.
    let (again, state) = scene.ask(|view, loaded| settle(view, loaded, &claim, &ended(CallResult::Unknown)));
    assert!(again.is_none() && state == State::Unknown, "{again:?}");
}

#[test]
fn news_have_a_later_position_than_a_decision() {
    let mut scene = Scene::new(&[Recovery::Nothing]);
    let claim = scene.claim();
    scene.ends(&claim, CallResult::Unknown);
    assert_eq!(scene.learns(&Fact::Decided(Decision::NotDone), "person:asha"), State::Refused);
    assert_eq!(scene.learns(&event(PaymentStatus::Succeeded, true), "event:1"), State::NeedsReview);
}

#[test]
fn a_key_is_not_used_in_the_last_eleven_minutes_of_its_life() {
    let last = DAY - Duration::from_secs(11 * 60);
    let mut scene = Scene::new(SAME_KEY);
    let claim = scene.claim();
    scene.ends(&claim, CallResult::Unknown);
    scene.pass(last - SECOND);
    assert_eq!(scene.claim().key_since, Some(claim.claimed_at));

    let mut scene = Scene::new(SAME_KEY);
    let claim = scene.claim();
    scene.ends(&claim, CallResult::Unknown);
    scene.pass(last);
    assert!(matches!(scene.step(), Step::Rest));
    assert_eq!(scene.loaded.head.review, Some(Review::KeyExpired));
}

#[test]
fn a_card_is_sent_only_by_the_process_that_has_it() {
    let mut scene = Scene::with_card(LOOKUP, DAY);
    scene.can_send = false;
    assert!(matches!(scene.step(), Step::Rest));
    assert_eq!((scene.claims(), scene.loaded.head.state), (0, State::Intended));
    assert_eq!(scene.due_in(), Some(DAY), "no worker can do anything before it expires");
    scene.can_send = true;
    let claim = scene.claim();
    scene.ends(&claim, CallResult::NotSent);
    assert_eq!(scene.due_in(), Some(DAY));
}

#[test]
fn a_card_that_may_have_been_sent_and_is_lost_needs_a_review() {
    let mut scene = Scene::with_card(SAME_KEY, DAY);
    let claim = scene.claim();
    scene.ends(&claim, CallResult::Unknown);
    scene.can_send = false;
    assert!(matches!(scene.step(), Step::Rest));
    assert_eq!((scene.claims(), scene.loaded.head.review), (1, Some(Review::NothingToAsk)));
}

#[test]
fn an_intent_is_sent_until_it_expires_and_not_from_then_on() {
    let mut scene = Scene::new(LOOKUP);
    scene.loaded.row.expires_at = Some(scene.loaded.now + DAY);
    scene.pass(DAY - SECOND);
    let claim = scene.claim();
    scene.ends(&claim, CallResult::NotSent);
    assert_eq!(scene.due_in(), Some(SECOND));
    scene.pass(SECOND);
    assert!(matches!(scene.step(), Step::Rest));
    assert_eq!((scene.claims(), scene.loaded.head.state), (1, State::Abandoned));
}

#[test]
fn an_intent_that_may_have_been_sent_does_not_expire() {
    let mut scene = Scene::new(LOOKUP);
    scene.loaded.row.expires_at = Some(scene.loaded.now + SECOND);
    let claim = scene.claim();
    scene.ends(&claim, CallResult::Unknown);
    scene.pass(DAY);
    scene.look();
    assert_eq!(scene.loaded.head.state, State::Unknown);
}

#[test]
fn a_pause_is_over_when_its_time_has_come() {
    let mut scene = Scene::new(LOOKUP);
    let claim = scene.claim();
    assert_eq!(scene.ends(&claim, CallResult::AccountRefused), State::Intended);
    // The others of the account go first.
    assert_eq!(scene.due_in(), Some(scene.settings.pause + SECOND));
    scene.pass(scene.settings.pause - SECOND);
    assert!(matches!(scene.step(), Step::Rest));
    assert_eq!(scene.due_in(), Some(SECOND));
    scene.pass(SECOND);
    scene.claim();
}

#[test]
fn parameters_that_cannot_be_read_are_not_claimed_and_are_tried_later() {
    let mut scene = Scene::new(LOOKUP);
    scene.unreadable = Some("the key `1` is missing".to_owned());
    for tries in 1..=3 {
        assert!(matches!(scene.step(), Step::Unreadable));
        assert_eq!((scene.claims(), scene.loaded.head.epoch, scene.loaded.head.tries), (0, 0, tries));
        assert_eq!(scene.due_in(), Some(SECOND * 2_u32.pow(tries - 1)));
        assert!(scene.loaded.head.problem.is_some());
    }
}

#[test]
fn nothing_is_sent_before_the_provider_accepts_the_next_request() {
    let mut scene = Scene::new(LOOKUP);
    let claim = scene.claim();
    scene.settle(&claim, &Ended { not_before: Some(SECOND * 40), ..ended(CallResult::Unknown) });
    assert_eq!(scene.due_in(), Some(SECOND * 40));
    let look = scene.look();
    let failed = Looked::Failed { problem: "rate_limited".to_owned(), not_before: Some(SECOND * 50) };
    scene.looked_up(look, &failed);
    assert_eq!(scene.due_in(), Some(SECOND * 50));
    assert_eq!(scene.loaded.head.problem.as_deref(), Some("rate_limited"));
}

#[test]
fn a_pending_order_is_looked_up_after_waits_that_double() {
    let mut scene = Scene::new(LOOKUP);
    let claim = scene.claim();
    scene.ends(&claim, accepted(PaymentStatus::Processing, false));
    for wait in [30, 60, 120, 240] {
        assert_eq!(scene.due_in(), Some(Duration::from_secs(wait)));
        scene.pass(Duration::from_secs(wait));
        let look = scene.look();
        scene.looked_up(look, &found(PaymentStatus::Processing));
    }
}

#[test]
fn an_unknown_intent_without_anything_to_do_yet_waits_at_least_one_backoff() {
    let mut scene = Scene::new(TAKEN_ONCE);
    scene.claim();
    scene.pass(LEASE);
    assert!(matches!(scene.step(), Step::Rest));
    assert_eq!((scene.loaded.head.state, scene.due_in()), (State::Unknown, Some(SECOND)));
}

#[test]
fn what_is_learned_during_a_call_does_not_hide_the_end_of_its_lease() {
    let mut scene = Scene::new(LOOKUP);
    let claim = scene.claim();
    scene.pass(SECOND);
    scene.learns(&event(PaymentStatus::Processing, false), "event:1");
    assert_eq!(scene.loaded.head.due_at, Some(claim.lease.until));
    scene.ends(&claim, accepted(PaymentStatus::Processing, false));
    scene.learns(&event(PaymentStatus::Succeeded, true), "event:2");
    assert_eq!(scene.loaded.head.due_at, None, "nobody works on it, and nothing is left to do");
}

#[test]
fn a_hint_makes_a_lookup_due_unless_somebody_works_on_it_or_nothing_is_to_be_asked() {
    let mut scene = Scene::new(LOOKUP);
    let claim = scene.claim();
    scene.ends(&claim, accepted(PaymentStatus::Processing, false));
    scene.pass(SECOND);
    scene.plan(hinted);
    assert_eq!(scene.due_in(), Some(SECOND), "not at once: a hint is free to send");
    scene.plan(hinted);
    assert_eq!(scene.due_in(), Some(SECOND));
    let look = scene.look();
    assert!(scene.ask(hinted).0.is_none(), "somebody is looking");
    scene.looked_up(look, &found(PaymentStatus::Succeeded));
    scene.learns(&event(PaymentStatus::Succeeded, true), "event:1");
    assert_eq!(scene.loaded.head.state, State::Succeeded);
    assert!(scene.ask(hinted).0.is_none(), "it is final");
}

#[test]
fn only_what_was_not_sent_and_is_in_nobodys_hands_is_cancelled() {
    let mut scene = Scene::new(LOOKUP);
    let claim = scene.claim();
    scene.pass(LEASE);
    let look = scene.look();
    // It turns out that nothing was sent, while the lookup is in progress.
    scene.ends(&claim, CallResult::NotSent);
    let (amendment, state) = scene.ask(cancel);
    assert!(amendment.is_none() && state == State::Intended, "{amendment:?}");
    scene.looked_up(look, &Looked::NotFound);
    assert_eq!(scene.plan(cancel), State::Abandoned);

    let mut scene = Scene::new(LOOKUP);
    let claim = scene.claim();
    scene.ends(&claim, CallResult::Unknown);
    let (amendment, state) = scene.ask(cancel);
    assert!(amendment.is_none() && state == State::Unknown, "{amendment:?}");
}

#[test]
fn the_providers_first_id_is_kept() {
    let mut scene = Scene::new(&[Recovery::LookupById]);
    let claim = scene.claim();
    let with_id = |id: &str| Some(id.to_owned());
    scene.settle(&claim, &Ended { provider_id: with_id("po_1"), ..ended(CallResult::Unknown) });
    assert_eq!(scene.loaded.head.provider_id, with_id("po_1"));
    let look = scene.look();
    let seen = seen(PaymentStatus::Processing, false);
    scene.looked_up(look, &Looked::Found { seen, provider_id: with_id("po_2") });
    assert_eq!(scene.loaded.head.provider_id, with_id("po_1"));
}

#[test]
fn a_repeated_status_is_no_evidence_unless_it_has_become_final() {
    let mut scene = Scene::new(LOOKUP);
    let claim = scene.claim();
    scene.ends(&claim, accepted(PaymentStatus::Cancelled, false));
    assert_eq!(scene.learns(&event(PaymentStatus::Cancelled, false), "event:1"), State::Pending);
    assert_eq!(scene.loaded.evidence.len(), 2);
    assert_eq!(scene.learns(&event(PaymentStatus::Cancelled, true), "event:2"), State::Failed);
    assert_eq!(scene.learns(&event(PaymentStatus::Cancelled, true), "event:3"), State::Failed);
    assert_eq!(scene.loaded.evidence.len(), 3);
}

#[test]
fn the_lookups_of_a_request_count_from_the_moment_at_which_it_is_old() {
    let mut scene = Scene::new(LOOKUP);
    scene.settings.lookups = 2;
    let claim = scene.claim();
    scene.pass(SECOND);
    scene.ends(&claim, CallResult::Unknown);
    scene.pass(scene.settings.in_flight - SECOND * 2);
    let look = scene.look();
    scene.pass(SECOND);
    scene.looked_up(look, &Looked::NotFound);
    assert_eq!(scene.loaded.evidence.len(), 2, "it may have looked before the request was old");
    for _ in 0..2 {
        let look = scene.look();
        assert_eq!(scene.looked_up(look, &Looked::NotFound), State::Unknown);
    }
    assert!(matches!(scene.step(), Step::Rest));
    assert_eq!((scene.loaded.head.review, scene.loaded.head.due_at), (Some(Review::NotFound), None));
    assert!(matches!(scene.step(), Step::Rest));
}

#[test]
fn a_request_that_was_sent_during_the_review_is_young_again() {
    let mut scene = Scene::new(LOOKUP);
    scene.settings.lookups = 1;
    let claim = scene.claim();
    scene.pass(LEASE + scene.settings.in_flight);
    let look = scene.look();
    scene.looked_up(look, &Looked::NotFound);
    assert!(matches!(scene.step(), Step::Rest));
    assert_eq!(scene.ends(&claim, CallResult::Unknown), State::NeedsReview);
    let too_early = scene.look();
    scene.looked_up(too_early, &Looked::NotFound);
    scene.pass(scene.settings.in_flight);
    let look = scene.look();
    scene.looked_up(look, &Looked::NotFound);
    assert!(matches!(scene.step(), Step::Rest));
    assert_eq!((scene.loaded.head.review, scene.loaded.head.due_at), (Some(Review::NotFound), None));
}

#[test]
fn another_amount_is_news_once_the_order_is_paid() {
    let other = |status, is_final| {
        Fact::Event(Observation::OtherAmount { status, is_final, amount: Money::from_minor(200, Currency::INR) })
    };
    let mut scene = Scene::new(LOOKUP);
    let claim = scene.claim();
    scene.ends(&claim, accepted(PaymentStatus::Processing, false));
    assert_eq!(scene.learns(&other(PaymentStatus::Processing, false), "event:1"), State::Pending);
    assert_eq!(scene.loaded.evidence.len(), 2);
    assert_eq!(scene.learns(&event(PaymentStatus::Succeeded, true), "event:2"), State::Succeeded);
    let paid = other(PaymentStatus::Succeeded, true);
    assert_eq!(scene.learns(&paid, "event:3"), State::NeedsReview);
    assert_eq!(scene.learns(&paid, "event:4"), State::NeedsReview);
    assert_eq!(scene.loaded.evidence.len(), 4, "repeated");
}

#[test]
fn what_nothing_can_resolve_is_given_up_with_the_reason() {
    let mut scene = Scene::new(&[Recovery::Nothing]);
    let claim = scene.claim();
    scene.ends(&claim, CallResult::Unknown);
    assert_eq!(scene.due_in(), Some(Duration::ZERO));
    assert!(matches!(scene.step(), Step::Rest));
    let head = &scene.loaded.head;
    assert_eq!((head.state, head.review, head.due_at), (State::NeedsReview, Some(Review::NothingToAsk), None));
}

#[test]
fn a_late_end_of_an_earlier_call_leaves_the_lease_of_the_next_step_alone() {
    let mut scene = Scene::new(LOOKUP);
    let claim = scene.claim();
    scene.pass(LEASE);
    scene.look();
    let lease = scene.loaded.head.lease;
    scene.pass(SECOND);
    scene.ends(&claim, accepted(PaymentStatus::Processing, false));
    assert_eq!((scene.loaded.head.lease, scene.loaded.head.due_at), (lease, lease.map(|lease| lease.until)));

    // The next step died: its lease is over, and nobody else makes the intent due.
    let mut scene = Scene::new(LOOKUP);
    let claim = scene.claim();
    scene.pass(LEASE);
    scene.look();
    scene.pass(LEASE);
    scene.ends(&claim, accepted(PaymentStatus::Processing, false));
    assert_eq!(scene.due_in(), Some(Duration::from_secs(30)));
}
