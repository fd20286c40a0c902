use payments_core::Currency;
use payments_core::time::ext::NumericalDuration as _;
use proptest::prelude::*;

use super::*;
use crate::settlement::line::Movement;

const OPERATIONS: [WriteOperation; 3] = [WriteOperation::StartPayment, WriteOperation::Refund, WriteOperation::PayOut];

fn statuses() -> Vec<PaymentStatus> {
    vec![
        PaymentStatus::AwaitingCustomer,
        PaymentStatus::Processing,
        PaymentStatus::Authorized,
        PaymentStatus::Succeeded,
        PaymentStatus::Failed,
        PaymentStatus::Cancelled,
        PaymentStatus::Expired,
        PaymentStatus::Refunded,
        PaymentStatus::ChargedBack,
        PaymentStatus::Unknown("SETTLED".to_owned()),
    ]
}

fn money() -> impl Strategy<Value = Money> {
    (1_i64..3, prop::sample::select(vec![Currency::INR, Currency::EUR]))
        .prop_map(|(minor, currency)| Money::from_minor(minor, currency))
}

fn pair() -> impl Strategy<Value = (Line, Compared)> {
    let line = (prop::sample::select(statuses()), any::<bool>(), prop::option::of(money()));
    let intent = (prop::sample::select(State::ALL), prop::option::of(money()), any::<bool>());
    (prop::sample::select(OPERATIONS.to_vec()), line, intent).prop_map(
        |(operation, (status, is_final, reported), (state, amount, is_due))| {
            let line = Line { amount: reported, ..Line::new(Movement::of(operation), status) };
            let line = Line { is_final: line.is_final && is_final, ..line };
            (line, Compared { operation, amount, state, is_due })
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn money_that_the_journal_denies_is_never_accepted((line, intent) in pair()) {
        let denies = matches!(intent.state, State::Failed | State::Refused | State::Abandoned | State::Intended);
        let line = Line { is_final: true, ..line };
        if denies && line.status == PaymentStatus::Succeeded {
            let is_found = matches!(compare(&line, intent), Verdict::Differs { status: true, .. });
            prop_assert!(is_found, "{line:?} {intent:?}");
        }
    }

    #[test]
    fn an_executed_intent_agrees_with_its_own_line_and_with_no_other_amount((line, intent) in pair()) {
        let line = Line { status: PaymentStatus::Succeeded, is_final: true, ..line };
        let verdict = compare(&line, Compared { state: State::Succeeded, ..intent });
        let differs = line.amount.zip(intent.amount).is_some_and(|(reported, expected)| reported != expected);
        let expected = if differs { Verdict::Differs { amount: true, status: false } } else { Verdict::Agrees };
        prop_assert_eq!(verdict, expected);
    }

    #[test]
    fn an_amount_is_compared_only_if_money_moved((line, intent) in pair()) {
        if let Verdict::Differs { amount: true, .. } = compare(&line, intent) {
            prop_assert!(line.moves_money());
            prop_assert!(line.amount.is_some() && line.amount != intent.amount);
        }
    }

    #[test]
    fn what_the_worker_looks_up_is_left_to_it((line, intent) in pair()) {
        let intent = Compared { state: State::Pending, is_due: true, ..intent };
        let is_found = matches!(compare(&line, intent), Verdict::Differs { .. });
        prop_assert!(!is_found);
    }

    #[test]
    fn an_intent_that_changed_later_is_no_finding((line, intent) in pair(), seconds in 1_i64..100_000) {
        let settled_at = OffsetDateTime::UNIX_EPOCH;
        let verdict = judge(compare(&line, intent), intent.state, settled_at + seconds.seconds(), settled_at);
        let is_found = matches!(verdict, Verdict::Differs { .. });
        prop_assert!(!is_found);
    }
}

#[test]
fn a_cancelled_payment_agrees_with_its_cancellation_and_not_with_its_capture() {
    let line = Line::payment(PaymentStatus::Cancelled);
    let intent = |operation| Compared { operation, amount: None, state: State::Succeeded, is_due: false };
    assert_eq!(compare(&line, intent(WriteOperation::Cancel)), Verdict::Agrees);
    let differs = Verdict::Differs { amount: false, status: true };
    assert_eq!(compare(&line, intent(WriteOperation::Capture)), differs);
    // The customer may have cancelled it.
    let refused = Compared { state: State::Refused, ..intent(WriteOperation::Cancel) };
    assert_eq!(compare(&line, refused), Verdict::Agrees);
}
