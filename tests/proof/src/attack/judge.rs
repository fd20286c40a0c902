//! Compares what a receiver does with what it may do.

use super::{Attempt, Expected, Judgement, Receiver};
use crate::signed::SIGNED;
use crate::{Delivery, Kind, Outcome, Provider, Verdict};

pub(super) fn judge(attempt: &Attempt, receiver: Receiver) -> Judgement {
    let genuine = receiver(&attempt.genuine);
    let accepted = genuine.as_ref().is_some_and(|verdict| match &attempt.expected {
        Expected::Signature => attempt.genuine.is_genuine() && verdict.outcome == Outcome::Accepted,
        Expected::Hint { id } | Expected::NoHint { id } => {
            matches!(judge_hint(&attempt.genuine, verdict, id), Judgement::SameHint)
        }
    });
    if !accepted {
        return Judgement::Wrong(format!("a genuine delivery: {genuine:?}"));
    }
    let Some(verdict) = receiver(&attempt.changed) else {
        return Judgement::Wrong("the header map and the bare value get different verdicts".to_owned());
    };
    match &attempt.expected {
        Expected::Signature => judge_signed(attempt, &verdict),
        _ if attempt.changed == attempt.genuine => Judgement::Genuine,
        Expected::NoHint { .. } if verdict.outcome == Outcome::Hint => {
            Judgement::Wrong(format!("a hint from an ambiguous or undecipherable delivery: {verdict:?}"))
        }
        Expected::Hint { id } | Expected::NoHint { id } => judge_hint(&attempt.changed, &verdict, id),
    }
}

fn judge_signed(attempt: &Attempt, verdict: &Verdict) -> Judgement {
    match (verdict.outcome, attempt.changed.is_genuine()) {
        (Outcome::InvalidSecret, _) => Judgement::InvalidSecret,
        (Outcome::Rejected, false) => Judgement::Rejected,
        (Outcome::Accepted | Outcome::Unreadable, true) if attempt.kind == SIGNED => Judgement::Signed,
        (Outcome::Accepted, true) => Judgement::Genuine,
        (outcome, true) => Judgement::Wrong(format!("{outcome:?}, but it is genuine")),
        (outcome, false) => Judgement::Wrong(format!("{outcome:?}, but it is forged")),
    }
}

/// A hint holds a valid id and shows nothing else. All rejections look alike.
fn judge_hint(delivery: &Delivery, verdict: &Verdict, genuine: &str) -> Judgement {
    match verdict.outcome {
        Outcome::Hint => {
            let id = verdict.reads.values().next().map_or("", String::as_str);
            if !is_id(delivery.provider, id) {
                Judgement::Wrong(format!("{id:?} is not an id"))
            } else if verdict.reads.len() != 1 || verdict.shown != shown(delivery, id) {
                Judgement::Wrong(format!("a hint that holds more than an id: {verdict:?}"))
            } else if id == genuine {
                Judgement::SameHint
            } else {
                Judgement::OtherHint
            }
        }
        Outcome::InvalidSecret => Judgement::InvalidSecret,
        Outcome::Rejected if verdict.shown == REJECTION => Judgement::Rejected,
        _ => Judgement::Wrong(format!("a failure that differs from the others: {verdict:?}")),
    }
}

fn is_id(provider: Provider, text: &str) -> bool {
    let all = |is: fn(u8) -> bool| text.bytes().all(is);
    if provider == Provider::Card3ds {
        let plain = all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte));
        return plain && (1..=255).contains(&text.len()) && text != "." && text != "..";
    }
    (1..=100).contains(&text.len()) && all(|byte| byte.is_ascii_graphic())
}

/// The `Debug` text of a hint: the id and nothing that the delivery claims about it.
fn shown(delivery: &Delivery, id: &str) -> String {
    match delivery.kind {
        Kind::ThreeDs => {
            format!("Unverified(ThreeDsCallback {{ payment_id: PaymentId({id:?}), security_key: [redacted] }})")
        }
        Kind::ThreeDsFailure => format!("Unverified(ThreeDsFailure {{ payment_id: PaymentId({id:?}) }})"),
        Kind::Checkout => format!("Unverified(CheckoutCallback {{ checkout_id: CheckoutId({id:?}) }})"),
        Kind::Callback | Kind::Webhook => format!("Unverified(MerchantOrderId({id:?}))"),
    }
}

/// The text of every rejection.
const REJECTION: &str = "the delivery could not be verified; Rejected";
