//! The provenance of the listed behaviours: an inference is never presented as documented.

use payments_sandbox::Provenance::{self, Documented, Inferred};
use payments_sandbox::{Behaviour, card3ds, turbo_link, turratech};

#[track_caller]
fn check(behaviours: &[Behaviour], what: &str, provenance: Provenance) {
    let matching: Vec<_> = behaviours.iter().filter(|behaviour| behaviour.text.contains(what)).collect();
    let [behaviour] = matching[..] else { panic!("not exactly one behaviour contains {what:?}: {matching:?}") };
    assert_eq!(behaviour.provenance, provenance, "{}", behaviour.text);
}

#[test]
fn undocumented_behaviour_is_marked_as_inferred() {
    check(turratech::BEHAVIOURS, "returns the first response, byte for byte", Inferred);
    check(turratech::BEHAVIOURS, "otherwise it is sent again", Inferred);
    check(turratech::BEHAVIOURS, "newest first", Inferred);
    check(turratech::BEHAVIOURS, "number, exp_month, exp_year, cvc", Inferred);
    check(turratech::BEHAVIOURS, "attaching needs the parameter customer", Inferred);
    check(turratech::BEHAVIOURS, "a missing confirm", Inferred);
    check(turbo_link::BEHAVIOURS, "POST /payments exists", Inferred);
    check(turbo_link::BEHAVIOURS, "start, end and interval are parameters", Inferred);
    check(card3ds::BEHAVIOURS, "2 % and 3.5 %", Inferred);
    check(card3ds::BEHAVIOURS, "acknowledges it", Inferred);
}

#[test]
fn documented_behaviour_is_marked_as_documented() {
    check(turratech::BEHAVIOURS, "within 24 hours is not executed twice", Documented);
    check(turratech::BEHAVIOURS, "200 within 30 seconds", Documented);
    check(turbo_link::BEHAVIOURS, "the dollars charged, also for a percentage", Documented);
}
