//! Unrecognised statuses are preserved, and never count as final or paid.

use payments_core::PaymentStatus;
use proptest::prelude::*;
use turbopay::{Direction, OrderStatus, Transition, transition};

/// Asserts what every provider's status type guarantees.
macro_rules! check {
    ($text:expr, $status:ty, $is_final:expr) => {{
        let status = <$status>::from($text);
        prop_assert_eq!(status.as_str(), $text);
        let json = serde_json::to_string(&status).unwrap();
        prop_assert_eq!(&json, &serde_json::to_string($text).unwrap());
        prop_assert_eq!(&serde_json::from_str::<$status>(&json).unwrap(), &status);
        let is_known = <$status>::KNOWN.iter().any(|known| known.as_str() == $text);
        prop_assert_eq!(<$status>::KNOWN.contains(&status), is_known);
        if !is_known {
            let is_final: fn(&$status) -> bool = $is_final;
            prop_assert!(!is_final(&status), "{} is final", $text);
            prop_assert_eq!(status.common(), PaymentStatus::Unknown($text.to_owned()));
            prop_assert!(!status.common().is_paid());
        }
    }};
}

fn any_status() -> impl Strategy<Value = String> {
    prop_oneof![
        ".*",
        "[ \\t]?(success|SUCCESS|succeeded|Approved|completed|paid|failed)[ \\n\\x00]?",
        "(s|S)ucc?e(ss|eded)",
        proptest::sample::select(OrderStatus::KNOWN).prop_map(|status| status.as_str().to_owned()),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn an_unrecognised_status_is_preserved_and_is_neither_final_nor_paid(text in any_status()) {
        let text = text.as_str();
        check!(text, turratech::PaymentStatus, turratech::PaymentStatus::is_final);
        check!(text, turbopay::OrderStatus, turbopay::OrderStatus::is_final);
        check!(text, turbo_txn::TxnStatus, turbo_txn::TxnStatus::is_final);
        check!(text, card3ds::PaymentStatus, card3ds::PaymentStatus::is_final);
        check!(text, turbo_link::LinkStatus, |_| false);
    }

    #[test]
    fn a_final_status_is_never_replaced_by_one_that_is_not_final_in_any_delivery_order(
        received in proptest::collection::vec(any_status(), 0..30),
        direction in proptest::sample::select(vec![Direction::Deposit, Direction::Withdrawal]),
    ) {
        let mut status = OrderStatus::New;
        for next in received {
            let next = OrderStatus::from(next.as_str());
            match transition(direction, &status, &next) {
                Transition::Expected | Transition::Rare => {
                    prop_assert!(!status.is_final() || next.is_final(), "{} became {}", status, next);
                    prop_assert!(!matches!(next, OrderStatus::Unknown(_)), "{} became {}", status, next);
                    status = next;
                }
                Transition::Repeated => prop_assert_eq!(&next, &status),
                _ => {}
            }
        }
    }
}
