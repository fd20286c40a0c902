//! All ids, references and codes have the same traits.

use std::fmt::Debug;
use std::hash::Hash;
use std::str::FromStr;

use payments::payments_core::ValidationError;
use payments::payments_core::serde::Serialize;
use payments::payments_core::serde::de::DeserializeOwned;
use payments::{card3ds, turbo_link, turbo_txn, turbopay, turratech};

/// Compiles only if `T` has every trait of an id, and checks that the conversions agree.
fn check<T>(text: &str)
where
    T: AsRef<str> + Clone + Debug + Eq + Hash + Ord + Send + Sync + 'static,
    T: FromStr<Err = ValidationError>,
    T: for<'a> TryFrom<&'a str, Error = ValidationError> + TryFrom<String, Error = ValidationError>,
{
    let parsed: T = text.parse().unwrap();
    assert_eq!(parsed.as_ref(), text);
    assert_eq!(T::try_from(text).unwrap(), parsed);
    assert_eq!(T::try_from(text.to_owned()).unwrap(), parsed);
    assert!("".parse::<T>().is_err());
}

/// An id that can be stored too.
fn check_stored<T>(text: &str)
where
    T: AsRef<str> + Clone + Debug + Eq + Hash + Ord + Send + Sync + 'static,
    T: FromStr<Err = ValidationError>,
    T: for<'a> TryFrom<&'a str, Error = ValidationError> + TryFrom<String, Error = ValidationError>,
    T: Serialize + DeserializeOwned,
{
    check::<T>(text);
}

#[test]
fn all_ids_references_and_codes_have_the_same_traits() {
    check_stored::<turratech::PaymentId>("a-1");
    check_stored::<turratech::CustomerId>("a-1");
    check_stored::<turratech::PaymentMethodId>("a-1");
    check_stored::<turratech::RefundId>("a-1");
    check_stored::<turratech::SubscriptionId>("a-1");
    check_stored::<turratech::PriceId>("a-1");
    check_stored::<turratech::WebhookEndpointId>("a-1");
    check_stored::<turratech::EventId>("a-1");
    check_stored::<turratech::IdempotencyReference>("a-1");
    check_stored::<turbo_txn::MerchantOrderId>("a-1");
    check_stored::<turbo_txn::TxnId>("a-1");
    check_stored::<turbo_txn::Utr>("a-1");
    check_stored::<turbo_link::LinkId>("a-1");
    check_stored::<card3ds::MerchantOrderId>("a-1");
    check_stored::<card3ds::CustomerId>("a-1");
    check_stored::<card3ds::PaymentId>("a-1");
    check_stored::<card3ds::CheckoutId>("a-1");
    check_stored::<turbopay::OrderId>("a-1");
    check_stored::<turbopay::MerchantOrderId>("a-1");
    check_stored::<turbopay::MerchantCustomerId>("a-1");
    check_stored::<turbopay::Utr>("a-1");
    check_stored::<turbopay::BankCode>("HDFC0000053");
    // An account number is not serialized, so that it is not stored by accident.
    check::<turbopay::BankAccount>("065432123456789");
}

#[test]
fn one_value_of_settings_serves_the_clients_of_all_providers() {
    use payments::payments_core::{RetryPolicy, Settings, Timeouts};
    let timeouts = Timeouts::default().total(std::time::Duration::from_secs(7));
    let settings = Settings::builder().timeouts(timeouts).retry(RetryPolicy::none()).application("shop/2.1").build();
    let url = "https://pay.example";
    let printed = [
        format!(
            "{:?}",
            turratech::Client::builder(turratech::ApiKey::new("sk_test_1").unwrap())
                .settings(settings.clone())
                .build()
                .unwrap()
        ),
        format!(
            "{:?}",
            turbo_link::Client::builder(turbo_link::ApiKey::new("k").unwrap())
                .settings(settings.clone())
                .build()
                .unwrap()
        ),
        format!(
            "{:?}",
            turbopay::Client::builder(turbopay::ApiKey::new("k").unwrap()).settings(settings.clone()).build().unwrap()
        ),
        format!(
            "{:?}",
            turbo_txn::Client::builder(turbo_txn::ClientId::new("k").unwrap(), turbo_txn::SecretKey::new("k").unwrap())
                .settings(settings.clone())
                .base_url(url)
                .build()
                .unwrap()
        ),
        format!(
            "{:?}",
            card3ds::Client::builder(card3ds::ApiKey::new("k").unwrap(), card3ds::ApiSecret::new("k").unwrap())
                .settings(settings)
                .base_url(url)
                .build()
                .unwrap()
        ),
    ];
    for client in printed {
        assert!(client.contains("total: 7s") && client.contains("max_retries: 0"), "{client}");
    }
}
