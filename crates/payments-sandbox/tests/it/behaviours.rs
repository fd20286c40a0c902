//! Nobody mistakes an inference for a provider's promise.

use payments_sandbox::Provenance::{self, Documented, Inferred};
use payments_sandbox::{Behaviour, card3ds, turbo_link, turratech};

#[track_caller]
fn check(behaviours: &[Behaviour], what: &str, provenance: Provenance) {
    let found: Vec<_> = behaviours.iter().filter(|behaviour| behaviour.what.contains(what)).collect();
    let [found] = found[..] else { panic!("one behaviour says {what:?}: {found:?}") };
    assert_eq!(found.provenance, provenance, "{}", found.what);
}

#[test]
fn what_no_document_says_is_marked_as_inferred() {
    check(turratech::BEHAVIOURS, "answered as the first was", Inferred);
    check(turratech::BEHAVIOURS, "sent it again otherwise", Inferred);
    check(turratech::BEHAVIOURS, "newest first", Inferred);
    check(turratech::BEHAVIOURS, "number, exp_month, exp_year, cvc", Inferred);
    check(turratech::BEHAVIOURS, "attaching takes customer", Inferred);
    check(turratech::BEHAVIOURS, "a missing confirm", Inferred);
    check(turbo_link::BEHAVIOURS, "POST /payments is there", Inferred);
    check(turbo_link::BEHAVIOURS, "start, end and interval are sent", Inferred);
    check(card3ds::BEHAVIOURS, "2 % and 3.5 %", Inferred);
    check(card3ds::BEHAVIOURS, "acknowledges it", Inferred);
}

#[test]
fn what_a_document_says_is_marked_as_documented() {
    check(turratech::BEHAVIOURS, "within 24 hours is not executed twice", Documented);
    check(turratech::BEHAVIOURS, "200 within 30 seconds", Documented);
    check(turbo_link::BEHAVIOURS, "the dollars charged, also for a percentage", Documented);
}
