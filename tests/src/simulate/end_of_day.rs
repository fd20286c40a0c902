//! The end of a day: all faults are removed, all messages are delivered, and every attempt is compared with the ledger.

use std::time::Duration;

use super::day::Day;
use super::records::{AttemptState, Flow, FollowUpKind};
use super::steps::HOUR;
use super::turratech::is_finished;

impl Day {
    pub(super) fn end_of_day(&mut self) -> Result<(), String> {
        self.log(format_args!("end of the day: all faults are removed"));
        self.no_crashes = true;
        self.offline.clear_faults();
        self.offline.release();
        self.network.refuse_connections(0);
        self.wall.set_offset(0);
        // Once while the keys are still valid, and again when no request is in flight.
        self.reconcile()?;
        self.offline.clock().advance(Duration::from_secs(2 * HOUR + 60));
        self.deliver_all_messages()?;
        for _ in 0..3 {
            self.reconcile()?;
            self.deliver_all_messages()?;
        }
        self.check_final_states()
    }

    fn reconcile(&mut self) -> Result<(), String> {
        for index in 0..self.records.attempts.len() {
            let attempt = &self.records.attempts[index];
            let follow_up_is_open =
                attempt.follow_up.as_ref().is_some_and(|follow_up| follow_up.sent && !is_finished(follow_up));
            let is_open = attempt.needs_lookup || matches!(attempt.state, AttemptState::Unknown | AttemptState::Open);
            match (attempt.flow, is_open) {
                (Flow::Charge { .. }, true) if attempt.sent => self.continue_attempt(index),
                (Flow::Charge { .. }, false) if follow_up_is_open => self.continue_attempt(index),
                (Flow::Upi, true) => self.look_up_upi(index),
                (Flow::Link, _) => self.continue_attempt(index),
                (Flow::Checkout | Flow::ThreeDs, true) => self.continue_attempt(index),
                // A final status can still change (documented), and the message about it can be lost.
                (Flow::Deposit | Flow::HostToHost | Flow::Withdrawal, _)
                    if attempt.state != AttemptState::NotExecuted =>
                {
                    self.look_up_turbopay(index);
                }
                _ => {}
            }
            self.check()?;
        }
        Ok(())
    }

    /// Returns an error unless each recorded state agrees with the provider, wherever the merchant can look it up.
    fn check_final_states(&mut self) -> Result<(), String> {
        for index in 0..self.records.attempts.len() {
            let attempt = &self.records.attempts[index];
            let reference = attempt.reference.as_str();
            let mismatch = |actual: &str| {
                let (state, status) = (attempt.state, &attempt.order_status);
                Err(format!("{reference} ends as {state:?} with the status {status:?}, but the provider has: {actual}"))
            };
            if let Some(what) = self.audit.contradiction(attempt) {
                return Err(what);
            }
            let has_entries = self.audit.has_entries(reference);
            let is_open = matches!(attempt.state, AttemptState::Unknown | AttemptState::Open);
            match attempt.flow {
                _ if !attempt.sent && attempt.flow != Flow::Link => {
                    if has_entries {
                        return mismatch("entries, although no request was sent");
                    }
                }
                Flow::Deposit | Flow::HostToHost | Flow::Withdrawal => {
                    let actual = self.offline.turbopay().order(reference).status();
                    let recorded = attempt.order_status.as_ref().map(turbopay::OrderStatus::as_str);
                    if attempt.state != AttemptState::NotExecuted && recorded != actual {
                        return mismatch(actual.unwrap_or(NO_ENTRY));
                    }
                }
                Flow::Upi => {
                    let actual = self.offline.turbo_txn().order(reference).status();
                    let agrees = match actual.as_deref() {
                        Some("Approved") => matches!(attempt.state, AttemptState::Paid(_)),
                        Some("Rejected") => attempt.state == AttemptState::Failed,
                        Some(_) => attempt.state == AttemptState::Open,
                        None => matches!(attempt.state, AttemptState::Unknown | AttemptState::NotExecuted),
                    };
                    if !agrees {
                        return mismatch(actual.as_deref().unwrap_or(NO_ENTRY));
                    }
                }
                Flow::Link => {
                    let actual = self.offline.turbo_link().link(reference).status();
                    let agrees = match actual.as_deref() {
                        Some("completed") => matches!(attempt.state, AttemptState::Paid(_)),
                        Some("refunded") => attempt.state == AttemptState::Failed,
                        _ => attempt.state == AttemptState::Open,
                    };
                    if !agrees {
                        return mismatch(actual.as_deref().unwrap_or(NO_ENTRY));
                    }
                }
                Flow::Charge { .. } => {
                    let actual = self.offline.turratech().payment(reference).status();
                    let agrees = match actual {
                        Some("succeeded" | "requires_capture") => matches!(attempt.state, AttemptState::Paid(_)),
                        Some("failed") => matches!(attempt.state, AttemptState::Failed | AttemptState::NotExecuted),
                        Some("canceled") => attempt.state == AttemptState::Failed,
                        Some(_) => attempt.state == AttemptState::Open,
                        None => matches!(attempt.state, AttemptState::Unknown | AttemptState::NotExecuted),
                    };
                    if !agrees {
                        return mismatch(actual.unwrap_or(NO_ENTRY));
                    }
                }
                Flow::Checkout if is_open => {
                    let actual = self.offline.card3ds().order(reference).status();
                    if actual != Some("ENROLLED") {
                        return mismatch(actual.unwrap_or(NO_ENTRY));
                    }
                }
                // card3ds has no lookup for these, so an unknown state stays unknown.
                Flow::Card | Flow::Hold | Flow::ThreeDs | Flow::Checkout => {}
            }
            if let Some(follow_up) = &attempt.follow_up {
                if let Some(what) = self.audit.follow_up_contradiction(attempt, follow_up) {
                    return Err(what);
                }
                let can_be_resolved =
                    matches!(attempt.flow, Flow::Charge { .. }) && follow_up.kind != FollowUpKind::Confirm;
                if can_be_resolved && !is_finished(follow_up) && self.audit.follow_up_was_executed(attempt, follow_up) {
                    return mismatch("the executed follow-up, which is recorded as open");
                }
            }
        }
        Ok(())
    }
}

const NO_ENTRY: &str = "no entry";
