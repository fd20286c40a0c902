//! After a restore: what was stored in the lost time is missing, and may be a claim.

use payments_core::time::OffsetDateTime;

use super::{Draft, View};
use crate::evidence::{Evidence, Fact};
use crate::next::may_be_lost;
use crate::state::{State, assess};
use crate::store::{Amendment, Loaded};

/// Stores that a request may have been sent since this time, unless the evidence proves how the intent ended.
///
/// Without a view, no client is registered for the intent. Then its state is computed once a process with a client looks at it.
pub(crate) fn restored(
    view: Option<&View<'_>>,
    loaded: &Loaded,
    lost_since: OffsetDateTime,
    source: &str,
) -> Option<Amendment> {
    if loaded.evidence.iter().any(|entry| entry.source == source) {
        return None;
    }
    let fact = Fact::Restored { lost_since };
    let Some(view) = view else { return without_rules(loaded, lost_since, fact, source) };
    let before: Vec<Evidence> =
        loaded.evidence.iter().take_while(|entry| entry.at < lost_since).map(|entry| entry.evidence.clone()).collect();
    let mut draft = Draft::new(view, loaded);
    if !may_be_lost(&assess(&view.rules, &before), &draft.assessment) {
        return None;
    }
    draft.add(fact, source.to_owned());
    draft.head.epoch = next_era(loaded.head.epoch);
    draft.head.tries = 0;
    if !loaded.is_leased() {
        draft.head.due_at = draft.schedule(None);
    }
    draft.amendment()
}

/// Whoever has a client decides what the evidence proves. Until then, the intent is unknown where the rules could matter.
fn without_rules(loaded: &Loaded, lost_since: OffsetDateTime, fact: Fact, source: &str) -> Option<Amendment> {
    let is_open = match loaded.head.state {
        State::Intended | State::Sending | State::Unknown => true,
        State::Refused | State::Abandoned | State::NeedsReview => {
            loaded.evidence.iter().any(|entry| entry.at >= lost_since)
        }
        State::Pending | State::Succeeded | State::Failed | State::Reversed => false,
    };
    if !is_open {
        return None;
    }
    let mut head = loaded.head.clone();
    let is_decided = loaded.evidence.iter().any(|entry| matches!(entry.evidence.fact, Fact::Decided(_)));
    if matches!(head.state, State::Intended | State::Refused | State::Abandoned) && !is_decided {
        (head.state, head.reported) = (State::Unknown, State::Unknown);
    }
    head.epoch = next_era(head.epoch);
    head.tries = 0;
    head.due_at = Some(head.lease.filter(|_| loaded.is_leased()).map_or(loaded.now, |lease| lease.until));
    Some(Amendment { facts: vec![(fact, source.to_owned())], head, pause: None })
}

/// The epochs of each history, far more than an intent has.
const ERA: u64 = 1 << 32;

/// The first epoch that no process of the lost time can have.
fn next_era(epoch: u64) -> u64 {
    (epoch / ERA + 1) * ERA
}

/// True if the step of this epoch began in an earlier history: positions of evidence meant something else then.
pub(super) fn is_before(epoch: u64, now: u64) -> bool {
    epoch / ERA < now / ERA
}
