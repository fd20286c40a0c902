//! What each kind of evidence proves, rule by rule.

use std::time::Duration;

use payments_core::PaymentStatus::{
    self, AwaitingCustomer, Cancelled, ChargedBack, Expired, Failed, Processing, Refunded, Succeeded,
};
use payments_core::gateway::Recovery::{self, LookupByReference, TakenOnce};
use payments_core::gateway::{Capabilities, RecoveryPlan, StatusChanges, WriteOperation};
use payments_core::{Currency, Money};
use payments_journal::{
    Assessment, AttemptId, CallResult, Decision, Evidence, Fact, Limits, Next, Observation, Protection, Review, Rules,
    Sequence, State, assess, may_claim, next,
};

const TRANSITIONS: &[(PaymentStatus, PaymentStatus)] = &[
    (Processing, Succeeded),
    (Processing, Failed),
    (Processing, Cancelled),
    (Cancelled, Succeeded),
    (Succeeded, ChargedBack),
    (Succeeded, Refunded),
];

const SAME_KEY: Recovery = Recovery::SameKey { lifetime: Duration::from_secs(24 * 60 * 60) };

const ANY: &[Recovery] = &[LookupByReference];

fn rules(strategies: &'static [Recovery]) -> Rules {
    Rules { strategies, transitions: TRANSITIONS, operation: WriteOperation::StartPayment }
}

fn id(number: u128) -> AttemptId {
    AttemptId::new(number)
}

fn claimed(number: u128) -> Fact {
    Fact::Claimed { attempt: id(number), protection: Protection::None }
}

fn under_key(number: u128) -> Fact {
    Fact::Claimed { attempt: id(number), protection: Protection::Key }
}

fn ended(number: u128, result: CallResult) -> Fact {
    Fact::Ended { attempt: id(number), result }
}

fn expired(number: u128) -> Fact {
    Fact::LeaseExpired { attempt: id(number) }
}

fn seen(status: PaymentStatus) -> Observation {
    let is_final = !matches!(status, AwaitingCustomer | Processing | Cancelled);
    Observation::Status { status, is_final }
}

fn accepted(number: u128, status: PaymentStatus) -> Fact {
    ended(number, CallResult::Accepted(seen(status)))
}

fn found(began: Sequence, status: PaymentStatus) -> Fact {
    Fact::Found { began, seen: seen(status) }
}

fn assessed(facts: &[Fact]) -> Assessment {
    assess(&rules(ANY), &numbered(facts))
}

fn numbered(facts: &[Fact]) -> Vec<Evidence> {
    (1..).zip(facts).map(|(sequence, fact)| Evidence { sequence, fact: fact.clone() }).collect()
}

#[track_caller]
fn expect(facts: &[Fact], state: State) {
    assert_eq!(assessed(facts).state, state, "{facts:?}");
}

#[track_caller]
fn expect_of(operation: WriteOperation, facts: &[Fact], state: State) {
    let rules = Rules { operation, ..rules(ANY) };
    assert_eq!(assess(&rules, &numbered(facts)).state, state, "{operation}: {facts:?}");
}

#[track_caller]
fn expect_review(facts: &[Fact], review: Review) {
    let assessment = assessed(facts);
    assert_eq!((assessment.state, assessment.review), (State::NeedsReview, Some(review)), "{facts:?}");
}

#[test]
fn a_recorded_intent_is_intended_until_it_is_claimed() {
    expect(&[], State::Intended);
    expect(&[claimed(1)], State::Sending);
    assert_eq!(assessed(&[claimed(1)]).open, [id(1)]);
}

#[test]
fn an_attempt_that_was_not_sent_is_intended_again_whenever_that_is_known() {
    expect(&[claimed(1), ended(1, CallResult::NotSent)], State::Intended);
    expect(&[claimed(1), expired(1), ended(1, CallResult::NotSent)], State::Intended);
    expect(&[claimed(1), ended(1, CallResult::AccountRefused)], State::Intended);
}

#[test]
fn an_intent_is_never_sent_after_a_review() {
    let late = [claimed(1), expired(1), Fact::GaveUp(Review::NotFound), ended(1, CallResult::NotSent)];
    expect(&late, State::Abandoned);
}

#[test]
fn a_request_that_was_sent_after_the_review_began_is_looked_up_and_never_sent_again() {
    for (strategies, gave_up) in [
        (&[LookupByReference][..], Review::NotFound),
        (&[LookupByReference, TakenOnce], Review::NotFound),
        (&[SAME_KEY, LookupByReference], Review::KeyExpired),
    ] {
        let reviewed = [claimed(1), expired(1), Fact::NotFound, Fact::NotFound, Fact::GaveUp(gave_up)];
        let late = [&reviewed[..], &[ended(1, CallResult::Unknown)]].concat();
        let old = Limits { request_is_old: true, ..LIMITS };
        expect_next(strategies, &reviewed, old, Next::Wait);
        expect_review(&late, gave_up);
        expect_next(strategies, &late, old, Next::LookUp);
        expect_next(strategies, &late, Limits { can_look_up: false, ..old }, Next::Wait);
        let not_found = [&late[..], &[Fact::NotFound, Fact::NotFound]].concat();
        expect_next(strategies, &not_found, LIMITS, Next::LookUp);
        expect_next(strategies, &not_found, old, Next::Wait);
        for protection in [Protection::None, Protection::Key, Protection::Reference] {
            assert!(!may_claim(&assessed(&late), protection), "nothing is sent after a review");
        }
        expect(&[&late[..], &[found(6, Processing)]].concat(), State::Pending);
        let decided = [&late[..], &[Fact::Decided(Decision::NotDone)]].concat();
        expect_next(strategies, &decided, old, Next::Wait);
    }
    // A hint asks for a lookup, of an order that lookups could find.
    let reviewed = |review| [claimed(1), expired(1), Fact::NotFound, Fact::NotFound, Fact::GaveUp(review)];
    let hinted = Limits { request_is_old: true, is_hinted: true, ..LIMITS };
    expect_next(ANY, &reviewed(Review::NotFound), hinted, Next::LookUp);
    expect_next(ANY, &reviewed(Review::NotFound), Limits { can_look_up: false, ..hinted }, Next::Wait);
    expect_next(&[TakenOnce], &reviewed(Review::NotFound), hinted, Next::Wait);
    expect_next(ANY, &reviewed(Review::NoId), hinted, Next::Wait);
    // What only a person can explain is not looked up.
    let contradicted = [claimed(1), expired(1), Fact::GaveUp(Review::NotFound), Fact::Event(Observation::Contradicts)];
    let late = [&contradicted[..], &[ended(1, CallResult::Unknown)]].concat();
    expect_next(ANY, &late, LIMITS, Next::Wait);
}

#[test]
fn not_sent_says_nothing_about_another_attempt() {
    expect(&[under_key(1), expired(1), under_key(2), ended(2, CallResult::NotSent)], State::Unknown);
    expect(&[under_key(1), expired(1), under_key(2), ended(2, CallResult::AccountRefused)], State::Unknown);
    expect(&[claimed(1), expired(1), claimed(2), ended(2, CallResult::Refused)], State::Unknown);
}

#[test]
fn a_lease_that_expires_leaves_the_intent_unknown_and_changes_nothing_that_is_known() {
    expect(&[claimed(1), expired(1)], State::Unknown);
    expect(&[claimed(1), ended(1, CallResult::Refused), expired(1)], State::Refused);
    expect(&[claimed(1), accepted(1, Processing), expired(1)], State::Pending);
}

#[test]
fn unknown_does_not_become_a_failure_by_lookups_that_find_nothing() {
    let mut facts = vec![claimed(1), ended(1, CallResult::Unknown)];
    for count in 1..=50 {
        facts.push(Fact::NotFound);
        expect(&facts, State::Unknown);
        assert_eq!(assessed(&facts).not_found, count);
    }
    facts.push(claimed(2));
    assert_eq!(assessed(&facts).not_found, 0);
    assert_eq!(assessed(&facts).attempts, 2);
}

#[test]
fn a_refusal_under_a_key_settles_the_earlier_attempts_under_it() {
    expect(&[under_key(1), expired(1), under_key(2), ended(2, CallResult::Refused)], State::Refused);
    expect(&[claimed(1), expired(1), under_key(2), ended(2, CallResult::Refused)], State::Unknown);
    let settled = [under_key(1), expired(1), under_key(2), ended(2, CallResult::Refused)];
    expect(&[&settled[..], &[ended(1, CallResult::Unknown)]].concat(), State::Refused);
    expect(&[&settled[..], &[accepted(1, Succeeded)]].concat(), State::Succeeded);
    expect(&[under_key(1), under_key(2), ended(2, CallResult::Refused)], State::Sending);
}

#[test]
fn the_status_of_the_order_is_the_state() {
    for (status, state) in [
        (Processing, State::Pending),
        (Cancelled, State::Pending),
        (Expired, State::Failed),
        (Failed, State::Failed),
        (Succeeded, State::Succeeded),
        (ChargedBack, State::Reversed),
        (Refunded, State::Reversed),
        (PaymentStatus::Unknown("odd".to_owned()), State::Pending),
    ] {
        expect(&[claimed(1), accepted(1, status.clone())], state);
        expect(&[claimed(1), expired(1), found(2, status.clone())], state);
        expect(&[claimed(1), Fact::Event(seen(status.clone()))], state);
        assert_eq!(assessed(&[claimed(1), accepted(1, status.clone())]).status, Some(status));
    }
    let final_cancellation = Observation::Status { status: Cancelled, is_final: true };
    expect(&[claimed(1), Fact::Event(final_cancellation)], State::Failed);
}

fn other(status: PaymentStatus, minor: i64) -> Observation {
    let is_final = status == Succeeded;
    Observation::OtherAmount { status, is_final, amount: Money::from_minor(minor, Currency::INR) }
}

#[test]
fn an_amount_that_is_not_paid_is_compared_with_nothing() {
    for (status, state) in [(Processing, State::Pending), (Failed, State::Failed)] {
        let is_final = status == Failed;
        let amount = Money::from_minor(30_001, Currency::INR);
        let event = Fact::Event(Observation::OtherAmount { status, is_final, amount });
        expect(&[claimed(1), accepted(1, Processing), event], state);
    }
}

#[test]
fn a_paid_amount_is_compared_with_the_one_that_the_response_named_in_any_order() {
    let to_pay = ended(1, CallResult::Accepted(other(AwaitingCustomer, 30_001)));
    let paid = |minor| Fact::Found { began: 2, seen: other(Succeeded, minor) };
    expect(&[claimed(1), to_pay.clone(), paid(30_001)], State::Succeeded);
    expect_review(&[claimed(1), to_pay.clone(), paid(30_002)], Review::Contradiction);
    expect_review(&[claimed(1), to_pay.clone(), found(2, Succeeded)], Review::Contradiction);
    expect_review(&[claimed(1), to_pay.clone(), paid(30_001), paid(30_002)], Review::Contradiction);
    expect_review(&[claimed(1), expired(1), paid(30_001)], Review::Contradiction);
    expect_review(&[claimed(1), accepted(1, AwaitingCustomer), paid(30_001)], Review::Contradiction);
    // A response that reports another amount as paid explains nothing.
    expect_review(&[claimed(1), ended(1, CallResult::Accepted(other(Succeeded, 30_001)))], Review::Contradiction);
    // The response arrives after the webhook.
    let late = [claimed(1), expired(1), Fact::Event(other(Succeeded, 30_001)), to_pay];
    let assessment = assess(&payment(), &numbered(&late));
    let amount = Some(Money::from_minor(30_001, Currency::INR));
    assert_eq!((assessment.state, assessment.order_amount), (State::Succeeded, amount));
}

/// The rules of a payment that the customer pays at once.
fn payment() -> Rules {
    Rules { transitions: &[(AwaitingCustomer, Succeeded)], ..rules(ANY) }
}

#[test]
fn a_person_accepts_an_amount_once_and_a_denied_one_returns_to_review() {
    let paid = |minor| Fact::Event(other(Succeeded, minor));
    let contradicted = [claimed(1), expired(1), paid(30_001)];
    let done = [&contradicted[..], &[Fact::Decided(Decision::Done)]].concat();
    expect(&done, State::Succeeded);
    expect(&[&done[..], &[paid(30_001)]].concat(), State::Succeeded);
    expect_review(&[&done[..], &[paid(30_002)]].concat(), Review::Contradiction);
    let not_done = [&contradicted[..], &[Fact::Decided(Decision::NotDone)]].concat();
    expect(&not_done, State::Refused);
    expect_review(&[&not_done[..], &[paid(30_001)]].concat(), Review::Contradiction);
}

#[test]
fn an_amount_is_stored_in_words_that_an_older_version_does_not_know() {
    let text = serde_json::to_string(&Fact::Event(other(Succeeded, 30_001))).expect("text");
    let amount = r#""amount":{"minor":30001,"currency":"INR"}"#;
    assert_eq!(text, format!(r#"{{"event":{{"other_amount":{{"status":"succeeded","is_final":true,{amount}}}}}}}"#));
    assert_eq!(serde_json::from_str::<Fact>(&text).expect("a fact"), Fact::Event(other(Succeeded, 30_001)));
    // What older versions have stored is read as before.
    let older = r#"{"event":{"status":{"status":"succeeded","is_final":true}}}"#;
    assert_eq!(serde_json::from_str::<Fact>(older).expect("a fact"), Fact::Event(seen(Succeeded)));
}

#[test]
fn a_refund_has_succeeded_when_the_money_is_back() {
    expect_of(WriteOperation::Refund, &[claimed(1), accepted(1, Refunded)], State::Succeeded);
    expect_of(WriteOperation::Refund, &[claimed(1), accepted(1, ChargedBack)], State::Reversed);
}

#[test]
fn a_payout_that_was_returned_has_failed() {
    let facts = [claimed(1), accepted(1, Succeeded), Fact::Event(seen(Refunded))];
    expect_of(WriteOperation::PayOut, &facts, State::Failed);
    expect(&facts, State::Reversed);
}

#[test]
fn a_payout_that_was_returned_has_failed_and_was_not_refused_although_a_person_decided_that_it_was_not_done() {
    let decided = [claimed(1), expired(1), Fact::GaveUp(Review::NotFound), Fact::Decided(Decision::NotDone)];
    let returned = [Fact::Event(seen(Succeeded)), Fact::Event(seen(Refunded))];
    expect_of(WriteOperation::PayOut, &[&decided[..], &returned[1..]].concat(), State::Refused);
    expect_of(WriteOperation::PayOut, &[&decided[..], &returned].concat(), State::Failed);
}

#[test]
fn nobody_waits_for_the_customer_of_a_payout() {
    let facts = [claimed(1), accepted(1, Succeeded), found(2, AwaitingCustomer)];
    expect_of(WriteOperation::PayOut, &facts, State::Succeeded);
    let facts = [claimed(1), expired(1), found(2, AwaitingCustomer)];
    expect_of(WriteOperation::PayOut, &facts, State::Pending);
    let payout = Rules { operation: WriteOperation::PayOut, ..rules(ANY) };
    assert_eq!(assess(&payout, &numbered(&facts)).status, Some(Processing));
    assert_eq!(assessed(&facts).status, Some(AwaitingCustomer));
}

#[test]
fn a_cancellation_succeeds_if_the_payment_is_cancelled_and_fails_if_it_was_captured() {
    let final_cancellation = Fact::Event(Observation::Status { status: Cancelled, is_final: true });
    expect_of(WriteOperation::Cancel, &[claimed(1), final_cancellation.clone()], State::Succeeded);
    for captured in [Succeeded, Refunded, ChargedBack] {
        let facts = [claimed(1), expired(1), found(2, captured.clone())];
        expect_of(WriteOperation::Cancel, &facts, State::Failed);
    }
    let captured_after_all = [claimed(1), expired(1), Fact::Event(seen(Succeeded)), Fact::Event(seen(Refunded))];
    expect_of(WriteOperation::Cancel, &captured_after_all, State::Failed);
    expect_of(WriteOperation::Cancel, &[claimed(1), accepted(1, Processing)], State::Pending);
    for operation in WriteOperation::ALL.iter().filter(|operation| **operation != WriteOperation::Cancel) {
        expect_of(*operation, &[claimed(1), final_cancellation.clone()], State::Failed);
        expect_of(*operation, &[claimed(1), accepted(1, Succeeded)], State::Succeeded);
    }
}

#[test]
fn the_status_that_a_payment_has_from_another_cause_is_never_unexplained() {
    let refused = [claimed(1), ended(1, CallResult::Refused)];
    for operation in [WriteOperation::Confirm, WriteOperation::Capture, WriteOperation::Cancel] {
        let is_cancel = operation == WriteOperation::Cancel;
        for sent_before in [&[][..], &refused] {
            let after = |status| [sent_before, &[Fact::Event(seen(status))]].concat();
            // What is final leaves nothing to do.
            let captured = if is_cancel { State::Failed } else { State::Succeeded };
            expect_of(operation, &after(Succeeded), captured);
            expect_of(operation, &after(Failed), State::Failed);
            // What is not final says nothing about an operation that was not sent.
            let unsent = if sent_before.is_empty() { State::Intended } else { State::Refused };
            for status in [Processing, Cancelled] {
                expect_of(operation, &after(status), unsent);
            }
            // Only a lookup shows which of these is newer. Nothing is sent.
            let unordered = [&after(Failed)[..], &[Fact::Event(seen(Succeeded))]].concat();
            expect_of(operation, &unordered, State::Unknown);
            assert!(!may_claim(&assess(&Rules { operation, ..rules(ANY) }, &numbered(&unordered)), Protection::Key));
        }
    }
    // An order of its own is created by a request only.
    for operation in [WriteOperation::StartPayment, WriteOperation::Refund, WriteOperation::PayOut] {
        let rules = Rules { operation, ..rules(ANY) };
        let assessment = assess(&rules, &numbered(&[Fact::Event(seen(Succeeded))]));
        assert_eq!(assessment.review, Some(Review::Unexplained), "{operation}");
    }
}

#[test]
fn the_rules_of_an_operation_come_from_the_providers_capabilities() {
    const CAPABILITIES: Capabilities = Capabilities {
        provider: "acme-pay",
        table: &[],
        recovery: &[
            RecoveryPlan::new(WriteOperation::PayOut, ANY, ""),
            RecoveryPlan::new(WriteOperation::Cancel, ANY, ""),
        ],
        status_changes: &[StatusChanges::new(&[WriteOperation::PayOut], TRANSITIONS, "")],
    };
    let payout = Rules::of(&CAPABILITIES, WriteOperation::PayOut).expect("it is offered");
    let of_payout = (payout.strategies, payout.transitions, payout.operation);
    assert_eq!(of_payout, (ANY, TRANSITIONS, WriteOperation::PayOut));
    let cancel = Rules::of(&CAPABILITIES, WriteOperation::Cancel).expect("it is offered");
    assert!(cancel.transitions.is_empty(), "no change is documented");
    assert!(Rules::of(&CAPABILITIES, WriteOperation::Refund).is_none());
}

#[test]
fn an_older_status_never_overwrites_a_newer_one() {
    // The webhook says success after 10 s, the response says "processing" after 40 s.
    expect(&[claimed(1), Fact::Event(seen(Succeeded)), accepted(1, Processing)], State::Succeeded);
    // Two documented steps apart.
    expect(&[claimed(1), Fact::Event(seen(ChargedBack)), accepted(1, Processing)], State::Reversed);
    // Even a lookup that began later: providers read from replicas.
    expect(&[claimed(1), Fact::Event(seen(Succeeded)), found(2, Processing)], State::Succeeded);
}

#[test]
fn documented_changes_of_a_final_status_count() {
    expect(&[claimed(1), accepted(1, Succeeded), Fact::Event(seen(ChargedBack))], State::Reversed);
    expect(&[claimed(1), accepted(1, Cancelled), Fact::Event(seen(Succeeded))], State::Succeeded);
}

#[test]
fn statuses_without_a_documented_order_are_unknown_until_a_later_lookup() {
    let facts = [claimed(1), accepted(1, Failed), Fact::Event(seen(Succeeded))];
    expect(&facts, State::Unknown);
    assert!(assessed(&facts).ask_again);
    // A lookup that began before the known status was stored shows nothing.
    expect(&[&facts[..], &[found(1, Succeeded)]].concat(), State::Unknown);
    expect(&[&facts[..], &[found(3, Succeeded)]].concat(), State::Succeeded);
    expect(&[&facts[..], &[found(3, Failed)]].concat(), State::Failed);
    expect_review(&[&facts[..], &[Fact::GaveUp(Review::StatusOrder)]].concat(), Review::StatusOrder);
}

#[test]
fn a_lookup_that_confirms_the_known_status_settles_the_order_if_it_began_later() {
    let facts = [claimed(1), accepted(1, Failed), Fact::Event(seen(Succeeded))];
    expect(&[&facts[..], &[found(1, Failed)]].concat(), State::Unknown);
    expect(&[&facts[..], &[found(2, Failed)]].concat(), State::Failed);
    expect(&[&facts[..], &[Fact::Event(seen(Failed))]].concat(), State::Unknown);
}

#[test]
fn a_documented_change_settles_the_order_only_if_a_later_lookup_saw_it() {
    let facts = [claimed(1), accepted(1, Cancelled), Fact::Event(seen(Failed))];
    expect(&[&facts[..], &[found(3, Succeeded)]].concat(), State::Succeeded);
    expect(&[&facts[..], &[Fact::Event(seen(Succeeded))]].concat(), State::Unknown);
}

#[test]
fn a_status_that_was_final_once_stays_final() {
    let cancelled = |is_final| Fact::Event(Observation::Status { status: Cancelled, is_final });
    expect(&[claimed(1), cancelled(false), cancelled(false)], State::Pending);
    expect(&[claimed(1), cancelled(false), cancelled(true)], State::Failed);
    expect(&[claimed(1), cancelled(true), cancelled(false)], State::Failed);
}

#[test]
fn a_success_counts_whoever_brings_it_and_whenever() {
    expect(&[claimed(1), expired(1), Fact::GaveUp(Review::NotFound), accepted(1, Succeeded)], State::Succeeded);
    expect(&[claimed(1), expired(1), Fact::GaveUp(Review::NotFound), Fact::Event(seen(Succeeded))], State::Succeeded);
}

#[test]
fn a_success_that_contradicts_returns_to_review() {
    let success = Fact::Event(seen(Succeeded));
    expect_review(std::slice::from_ref(&success), Review::Unexplained);
    expect_review(&[Fact::Abandoned, success.clone()], Review::Unexplained);
    expect_review(&[claimed(1), ended(1, CallResult::Refused), success.clone()], Review::Unexplained);
    expect_review(&[claimed(1), ended(1, CallResult::NotSent), Fact::Event(seen(Processing))], Review::Unexplained);
    expect(&[claimed(1), ended(1, CallResult::Refused), Fact::Event(seen(Failed))], State::Failed);
    let decided = [claimed(1), expired(1), Fact::GaveUp(Review::NotFound), Fact::Decided(Decision::NotDone)];
    expect(&decided, State::Refused);
    expect_review(&[&decided[..], &[success]].concat(), Review::AgainstDecision);
    expect_review(&[&decided[..], &[found(4, Processing)]].concat(), Review::AgainstDecision);
    expect(&[&decided[..], &[found(4, Failed)]].concat(), State::Refused);
}

#[test]
fn a_decision_settles_what_was_known_before_it() {
    let contradicted = [claimed(1), ended(1, CallResult::Accepted(Observation::Contradicts))];
    expect_review(&contradicted, Review::Contradiction);
    expect(&[&contradicted[..], &[Fact::Decided(Decision::Done)]].concat(), State::Succeeded);
    expect(&[&contradicted[..], &[Fact::Decided(Decision::NotDone)]].concat(), State::Refused);
    let again = [Fact::Decided(Decision::Done), Fact::Event(Observation::Contradicts)];
    expect_review(&[&contradicted[..], &again].concat(), Review::Contradiction);
    let unordered = [claimed(1), accepted(1, Failed), Fact::Event(seen(Succeeded)), Fact::Decided(Decision::Done)];
    expect(&unordered, State::Succeeded);
    assert!(!assessed(&unordered).ask_again);
}

#[test]
fn later_evidence_is_compared_with_the_decision() {
    let done = [claimed(1), expired(1), Fact::GaveUp(Review::NoId), Fact::Decided(Decision::Done)];
    expect(&done, State::Succeeded);
    expect(&[&done[..], &[found(4, Processing)]].concat(), State::Succeeded);
    expect(&[&done[..], &[found(4, Succeeded)]].concat(), State::Succeeded);
    expect(&[&done[..], &[found(4, ChargedBack)]].concat(), State::Reversed);
    expect_review(&[&done[..], &[found(4, Failed)]].concat(), Review::AgainstDecision);
}

#[test]
fn an_abandoned_intent_was_never_sent() {
    expect(&[Fact::Abandoned], State::Abandoned);
    expect(&[claimed(1), ended(1, CallResult::NotSent), Fact::Abandoned], State::Abandoned);
}

#[test]
fn only_a_protected_attempt_may_follow_one_that_may_have_been_sent() {
    let may = |facts: &[Fact], protection| may_claim(&assessed(facts), protection);
    let unknown = [claimed(1), expired(1)];
    assert!(may(&[], Protection::None));
    assert!(!may(&unknown, Protection::None));
    assert!(may(&unknown, Protection::Key) && may(&unknown, Protection::Reference));
    assert!(!may(&[claimed(1)], Protection::Key), "one attempt at a time");
    let unordered = [claimed(1), accepted(1, Failed), Fact::Event(seen(Succeeded))];
    assert!(!may(&unordered, Protection::Key), "the order exists");
    for facts in [&[claimed(1), accepted(1, Processing)][..], &[Fact::Abandoned], &[claimed(1), accepted(1, Succeeded)]]
    {
        assert!(!may(facts, Protection::Key), "{facts:?}");
    }
}

const LIMITS: Limits = Limits {
    key_is_valid: true,
    can_look_up: true,
    request_is_old: false,
    lookups: 2,
    attempts: 2,
    may_resend_taken_once: true,
    is_hinted: false,
};

#[track_caller]
fn expect_next(strategies: &'static [Recovery], facts: &[Fact], limits: Limits, expected: Next) {
    let rules = rules(strategies);
    assert_eq!(next(&rules, &assess(&rules, &numbered(facts)), &limits), expected, "{strategies:?}, {facts:?}");
}

#[test]
fn an_intent_is_sent_under_the_protection_that_the_provider_documents() {
    expect_next(&[], &[], LIMITS, Next::Send(Protection::None));
    expect_next(&[LookupByReference], &[], LIMITS, Next::Send(Protection::None));
    expect_next(&[LookupByReference, TakenOnce], &[], LIMITS, Next::Send(Protection::Reference));
    expect_next(&[SAME_KEY], &[], LIMITS, Next::Send(Protection::Key));
}

#[test]
fn an_unknown_intent_follows_the_strategies_in_their_order() {
    let unknown = [claimed(1), expired(1)];
    let not_found = [&unknown[..], &[Fact::NotFound, Fact::NotFound]].concat();
    let old = Limits { request_is_old: true, ..LIMITS };
    let expired_key = Limits { key_is_valid: false, ..LIMITS };
    let no_id = Limits { can_look_up: false, ..LIMITS };
    expect_next(&[], &unknown, LIMITS, Next::Review(Review::NothingToAsk));
    expect_next(&[SAME_KEY], &unknown, LIMITS, Next::Send(Protection::Key));
    expect_next(&[SAME_KEY], &unknown, expired_key, Next::Review(Review::KeyExpired));
    expect_next(&[SAME_KEY, LookupByReference], &unknown, expired_key, Next::LookUp);
    expect_next(&[LookupByReference], &unknown, LIMITS, Next::LookUp);
    expect_next(&[LookupByReference], &unknown, no_id, Next::Review(Review::NoId));
    expect_next(&[LookupByReference], &not_found, LIMITS, Next::LookUp);
    expect_next(&[LookupByReference], &unknown, old, Next::LookUp);
    expect_next(&[LookupByReference], &not_found, old, Next::Review(Review::NotFound));
    expect_next(&[LookupByReference, TakenOnce], &not_found, old, Next::Send(Protection::Reference));
    let cannot = Limits { can_look_up: false, ..old };
    expect_next(&[LookupByReference, TakenOnce], &not_found, cannot, Next::Review(Review::NoId));
    let twice = [&unknown[..], &[claimed(2), expired(2), Fact::NotFound, Fact::NotFound]].concat();
    expect_next(&[LookupByReference, TakenOnce], &twice, old, Next::Review(Review::NotFound));
    expect_next(&[TakenOnce], &unknown, LIMITS, Next::Wait);
}

#[test]
fn an_attempt_that_was_not_sent_is_none_of_the_requests_under_a_reference() {
    let not_sent: Vec<Fact> =
        (1..=5).flat_map(|number| [claimed(number), ended(number, CallResult::NotSent)]).collect();
    let unknown = [&not_sent[..], &[claimed(6), expired(6), Fact::NotFound, Fact::NotFound]].concat();
    let old = Limits { request_is_old: true, ..LIMITS };
    assert_eq!(assessed(&unknown).attempts, 1);
    expect_next(&[LookupByReference, TakenOnce], &unknown, old, Next::Send(Protection::Reference));
}

#[test]
fn a_payment_is_never_started_again_because_the_customer_may_have_its_page() {
    let unknown = [claimed(1), expired(1)];
    let old = Limits { request_is_old: true, ..LIMITS };
    expect_next(&[Recovery::StartAgain], &[], LIMITS, Next::Send(Protection::None));
    for strategies in [&[Recovery::StartAgain], &[Recovery::Nothing]] {
        expect_next(strategies, &unknown, LIMITS, Next::Review(Review::NothingToAsk));
        expect_next(strategies, &unknown, old, Next::Review(Review::NothingToAsk));
    }
}

#[test]
fn other_states_are_looked_up_or_waited_for() {
    let pending = [claimed(1), accepted(1, Processing)];
    let cannot = Limits { can_look_up: false, ..LIMITS };
    expect_next(&[LookupByReference], &pending, LIMITS, Next::LookUp);
    // An accepted order has an id, so it can be looked up where an unknown one cannot.
    expect_next(&[SAME_KEY], &pending, LIMITS, Next::LookUp);
    expect_next(&[], &pending, cannot, Next::Wait);
    let unordered = [claimed(1), accepted(1, Failed), Fact::Event(seen(Succeeded))];
    expect_next(&[LookupByReference], &unordered, LIMITS, Next::LookUp);
    expect_next(&[SAME_KEY], &unordered, LIMITS, Next::LookUp);
    expect_next(&[], &unordered, cannot, Next::Review(Review::StatusOrder));
    expect_next(&[SAME_KEY], &unordered, cannot, Next::Review(Review::StatusOrder));
    for facts in [&[claimed(1)][..], &[Fact::Abandoned], &[claimed(1), accepted(1, Succeeded)]] {
        expect_next(&[LookupByReference], facts, LIMITS, Next::Wait);
    }
}

#[test]
fn states_and_reviews_have_distinct_names() {
    let mut names: Vec<_> = State::ALL.iter().map(|state| state.as_str()).collect();
    names.extend(Review::ALL.iter().map(|review| review.code()));
    let count = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), count);
    assert_eq!((State::NeedsReview.to_string(), id(10).to_string()), ("needs_review".into(), format!("{:0>32}", "a")));
    assert_eq!(format!("{:?}", id(10)), format!("AttemptId({})", id(10)));
    for state in State::ALL {
        assert_eq!(State::from_name(state.as_str()), Some(*state));
        assert_eq!((state.as_str().parse(), State::try_from(state.to_string())), (Ok(*state), Ok(*state)));
    }
    assert_eq!("odd".parse::<State>().unwrap_err().to_string(), "`state` must be the stored name of a state");
    assert_eq!((State::from_name("odd"), Review::from_code("odd")), (None, None));
    for review in Review::ALL {
        assert!(!review.ask().is_empty() && !review.to_string().is_empty());
        assert_eq!(Review::from_code(review.code()), Some(*review));
    }
}

#[test]
fn the_lost_time_is_stored_in_milliseconds() {
    let lost_since = payments_core::time::OffsetDateTime::from_unix_timestamp(1_767_322_245).expect("a time");
    let fact = Fact::Restored { lost_since };
    let text = serde_json::to_string(&fact).expect("text");
    assert_eq!(text, r#"{"restored":{"lost_since":1767322245000}}"#);
    assert_eq!(serde_json::from_str::<Fact>(&text).expect("a fact"), fact);
}

#[test]
fn the_end_of_an_attempt_whose_claim_is_lost_counts_and_so_do_other_lost_attempts() {
    for result in [CallResult::NotSent, CallResult::AccountRefused, CallResult::Refused, CallResult::Unknown] {
        expect(&[ended(1, result.clone())], State::Unknown);
        // Also if the claims before it are known.
        expect(&[claimed(1), ended(1, CallResult::NotSent), ended(2, result)], State::Unknown);
    }
    expect(&[ended(1, CallResult::Accepted(seen(Succeeded)))], State::Succeeded);
    let assessment = assessed(&[ended(1, CallResult::NotSent)]);
    assert!(assessment.may_have_been_sent && assessment.first_sent.is_none() && assessment.lost_since.is_none());
}

#[test]
fn a_restore_counts_as_an_attempt_whatever_was_known_before() {
    let time = |seconds| payments_core::time::OffsetDateTime::from_unix_timestamp(seconds).expect("a time");
    let restored = |seconds| Fact::Restored { lost_since: time(seconds) };
    expect(&[restored(1)], State::Unknown);
    expect(&[claimed(1), ended(1, CallResult::NotSent), restored(1)], State::Unknown);
    expect(&[claimed(1), ended(1, CallResult::Refused), restored(1)], State::Unknown);
    expect(&[Fact::Abandoned, restored(1)], State::Unknown);
    expect(&[claimed(1), restored(1), ended(1, CallResult::NotSent)], State::Unknown);
    expect(&[restored(1), Fact::Abandoned], State::Unknown);
    let twice = assessed(&[restored(2), restored(1), restored(3)]);
    assert_eq!((twice.lost_since, twice.attempts, twice.not_found), (Some(time(1)), 1, 0));
    assert_eq!(assessed(&[claimed(1), Fact::NotFound, restored(1)]).not_found, 0);
}
