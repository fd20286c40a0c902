//! The table of capabilities matches the implemented traits.

use payments::gateway::{
    AvailableBalance, Cancel, Capabilities, Capture, Confirm, Feature, Lookup, PayOut, Recovery, Refund, Retrieve,
    StartPayment, StatusChanges, Support, WriteOperation,
};
use payments::{CAPABILITIES, card3ds, turbo_link, turbo_txn, turbopay, turratech};

/// Evaluates to true if a type implements a trait. An inherent constant takes precedence over a trait's constant.
macro_rules! implements {
    ($type:ty: $trait:path) => {{
        #[allow(dead_code, reason = "each expansion uses only one of the two constants")]
        trait NotImplemented {
            const IMPLEMENTED: bool = false;
        }
        impl<T: ?Sized> NotImplemented for T {}
        struct Probe<T: ?Sized>(std::marker::PhantomData<T>);
        #[allow(dead_code, reason = "each expansion uses only one of the two constants")]
        impl<T: ?Sized + $trait> Probe<T> {
            const IMPLEMENTED: bool = true;
        }
        <Probe<$type>>::IMPLEMENTED
    }};
}

macro_rules! check {
    ($client:ty) => {{
        let table: Capabilities = <$client>::capabilities();
        for (feature, implemented) in [
            (Feature::StartPayment, implements!($client: StartPayment)),
            (Feature::Confirm, implements!($client: Confirm)),
            (Feature::Lookup, implements!($client: Lookup)),
            (Feature::Retrieve, implements!($client: Retrieve)),
            (Feature::Capture, implements!($client: Capture)),
            (Feature::Cancel, implements!($client: Cancel)),
            (Feature::Refund, implements!($client: Refund)),
            (Feature::PayOut, implements!($client: PayOut)),
            (Feature::Balance, implements!($client: AvailableBalance)),
        ] {
            assert_eq!(table.of(feature) == Support::Supported, implemented, "{} {feature}", table.provider);
        }
    }};
}

#[test]
fn a_trait_is_implemented_exactly_if_the_table_says_supported() {
    check!(turratech::Client);
    check!(turbo_txn::Client);
    check!(turbo_link::Client);
    check!(card3ds::Client);
    check!(turbopay::Client);
}

#[test]
fn every_provider_lists_every_feature_once_and_in_order() {
    let names: Vec<&str> = CAPABILITIES.iter().map(|capabilities| capabilities.provider).collect();
    assert_eq!(names, ["turratech", "turbo-txn", "turbo-link", "card3ds", "turbopay"]);
    for capabilities in CAPABILITIES {
        let features: Vec<Feature> = capabilities.table.iter().map(|row| row.feature).collect();
        assert_eq!(features, Feature::ALL, "{}", capabilities.provider);
    }
}

#[test]
fn every_supported_write_has_a_plan_for_unknown_outcomes_that_uses_only_supported_features() {
    for table in CAPABILITIES {
        for operation in WriteOperation::ALL {
            let strategies = table.recovery(*operation);
            let supported = table.of(operation.feature()) == Support::Supported;
            assert_eq!(!strategies.is_empty(), supported, "{} {operation}", table.provider);
            for strategy in strategies {
                let needed = match strategy {
                    Recovery::SameKey { .. } | Recovery::TakenOnce => Feature::DuplicateProtection,
                    Recovery::LookupByReference => Feature::Lookup,
                    Recovery::LookupById => Feature::Retrieve,
                    Recovery::StartAgain => Feature::StartPayment,
                    other => {
                        assert_eq!((other, strategies.len()), (&Recovery::Nothing, 1), "{}", table.provider);
                        continue;
                    }
                };
                assert_eq!(table.of(needed), Support::Supported, "{} {operation} {strategy}", table.provider);
            }
        }
    }
}

#[test]
fn every_supported_write_has_one_row_of_documented_changes_of_status_with_a_note() {
    for table in CAPABILITIES {
        let rows = table.status_changes;
        for operation in WriteOperation::ALL {
            let of_operation: Vec<&StatusChanges> =
                rows.iter().filter(|row| row.operations.contains(operation)).collect();
            let supported = table.of(operation.feature()) == Support::Supported;
            assert_eq!(of_operation.len(), usize::from(supported), "{} {operation}", table.provider);
            assert_eq!(table.status_changes(*operation), of_operation.first().map_or(&[][..], |row| row.changes));
        }
        for row in rows {
            assert!(!row.note.is_empty(), "{} {:?}", table.provider, row.operations);
            for (index, (from, to)) in row.changes.iter().enumerate() {
                assert_ne!(from, to, "{}", table.provider);
                let repeated = row.changes[..index].contains(&(from.clone(), to.clone()));
                assert!(!repeated, "{}: {from} to {to} occurs twice", table.provider);
            }
        }
    }
}
