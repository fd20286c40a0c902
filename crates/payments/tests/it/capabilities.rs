//! The table is held against what is really implemented.

use payments::gateway::{
    AvailableBalance, Cancel, Capabilities, Capture, Feature, Lookup, PayOut, Refund, Retrieve, StartPayment, Support,
};
use payments::{CAPABILITIES, card3ds, turbo_link, turbo_txn, turbopay, turratech};

/// Whether a type implements a trait: an inherent constant goes before a trait's.
macro_rules! implements {
    ($type:ty: $trait:path) => {{
        #[allow(dead_code, reason = "only one of the two constants is ever asked for")]
        trait Otherwise {
            const YES: bool = false;
        }
        impl<T: ?Sized> Otherwise for T {}
        struct Holds<T: ?Sized>(std::marker::PhantomData<T>);
        #[allow(dead_code, reason = "only one of the two constants is ever asked for")]
        impl<T: ?Sized + $trait> Holds<T> {
            const YES: bool = true;
        }
        <Holds<$type>>::YES
    }};
}

macro_rules! check {
    ($client:ty) => {{
        let table: Capabilities = <$client>::capabilities();
        for (feature, implemented) in [
            (Feature::StartPayment, implements!($client: StartPayment)),
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
fn a_trait_is_implemented_where_the_table_says_yes_and_nowhere_else() {
    check!(turratech::Client);
    check!(turbo_txn::Client);
    check!(turbo_link::Client);
    check!(card3ds::Client);
    check!(turbopay::Client);
}

#[test]
fn every_provider_answers_every_question_once_and_in_order() {
    let names: Vec<&str> = CAPABILITIES.iter().map(|one| one.provider).collect();
    assert_eq!(names, ["turratech", "turbo-txn", "turbo-link", "card3ds", "turbopay"]);
    for one in CAPABILITIES {
        let asked: Vec<Feature> = one.table.iter().map(|row| row.feature).collect();
        assert_eq!(asked, Feature::ALL, "{}", one.provider);
    }
}
