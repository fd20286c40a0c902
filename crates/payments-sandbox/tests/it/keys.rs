//! The sandbox's keys and secrets: derived from the seed, and never a merchant's real ones.

use std::collections::BTreeSet;

use payments_sandbox::{Builder, Sandbox, StartError, card3ds, turbo_link, turbo_txn, turbopay, turratech};

use crate::support::{get, keys};

#[tokio::test]
async fn keys_come_from_the_seed_and_are_all_different() {
    let (first, same_seed) = (Sandbox::builder().seed(7).start().await, Sandbox::builder().seed(7).start().await);
    let other_seed = Sandbox::builder().seed(8).start().await;

    assert_eq!(keys(&first), keys(&same_seed));
    let all: BTreeSet<&str> = keys(&first).into_iter().chain(keys(&other_seed)).collect();
    assert_eq!(all.len(), 2 * keys(&first).len());

    let turratech = first.turratech();
    assert!(turratech.api_key().starts_with("sk_test_") && turratech.publishable_key().starts_with("pk_test_"));
    assert!(turratech.restricted_key().starts_with("rk_test_"));
    assert_eq!(first.turbo_txn().callback_key().len(), 44, "32 bytes in base64");
    for sandbox in [first, same_seed, other_seed] {
        sandbox.finish();
    }
}

/// Asserts that the sandbox does not start with a key that could be a live key.
async fn check_rejected(builder: Builder) {
    let result = builder.try_start().await;
    assert!(matches!(result, Err(StartError::LiveKey)), "{result:?}");
}

#[tokio::test]
async fn a_key_that_could_be_a_live_key_is_rejected() {
    let turratech =
        |api_key, secret| Sandbox::builder().turratech(turratech::Settings::default().keys(api_key, secret));
    check_rejected(turratech("sk_live_1", "sandbox_1")).await;
    check_rejected(turratech("pk_test_1", "sandbox_1")).await;
    check_rejected(turratech("sk_test_1", "whsec_1")).await;

    let turbo_txn =
        |id, key, callback| Sandbox::builder().turbo_txn(turbo_txn::Settings::default().keys(id, key, callback));
    check_rejected(turbo_txn("merchant", "sandbox_1", "")).await;
    check_rejected(turbo_txn("sandbox_1", "secret", "")).await;
    check_rejected(turbo_txn("sandbox_1", "test_1", "sandbox_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")).await;
    check_rejected(turbo_txn("sandbox_1", "test_1", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")).await;

    check_rejected(Sandbox::builder().turbo_link(turbo_link::Settings::default().key("TURBO_API_KEY"))).await;

    let card3ds = |key, secret| Sandbox::builder().card3ds(card3ds::Settings::default().keys(key, secret));
    check_rejected(card3ds("live", "sandbox_1")).await;
    check_rejected(card3ds("sandbox_1", "live")).await;

    let turbopay = |key, webhook| Sandbox::builder().turbopay(turbopay::Settings::default().keys(key, webhook));
    check_rejected(turbopay("sk_live_1", "sandbox_whk")).await;
    check_rejected(turbopay("sandbox_1", "whk")).await;
}

#[tokio::test]
async fn a_key_marked_as_a_test_key_is_accepted() {
    let callback_key = "c2FuZGJveF8wMTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM=";
    let sandbox = Sandbox::builder()
        .turratech(turratech::Settings::default().keys("sk_test_mine", "test_secret"))
        .turbo_txn(turbo_txn::Settings::default().keys("sandbox_id", "test_key", callback_key))
        .turbo_link(turbo_link::Settings::default().key("sandbox_link"))
        .card3ds(card3ds::Settings::default().keys("test_card", "sandbox_card"))
        .turbopay(turbopay::Settings::default().keys("sandbox_mine", "test_whk"))
        .start()
        .await;

    assert_eq!(sandbox.turratech().api_key(), "sk_test_mine");
    assert_eq!(sandbox.turratech().webhook_secret(), "test_secret");
    assert_eq!((sandbox.turbo_txn().client_id(), sandbox.turbo_txn().secret_key()), ("sandbox_id", "test_key"));
    assert_eq!(sandbox.turbo_txn().callback_key(), callback_key);
    assert_eq!(sandbox.turbo_link().api_key(), "sandbox_link");
    assert_eq!((sandbox.card3ds().api_key(), sandbox.card3ds().api_secret()), ("test_card", "sandbox_card"));
    assert_eq!((sandbox.turbopay().api_key(), sandbox.turbopay().webhook_key()), ("sandbox_mine", "test_whk"));
    get(&sandbox, "balance").await.expect_status(200);
    sandbox.finish();
}

#[test]
fn the_debug_output_of_the_settings_shows_no_key() {
    let secret = "sandbox_not_to_be_seen";
    let debug = format!(
        "{:?}",
        Sandbox::builder()
            .turratech(turratech::Settings::default().keys(secret, secret))
            .turbo_txn(turbo_txn::Settings::default().keys(secret, secret, secret))
            .turbo_link(turbo_link::Settings::default().key(secret))
            .card3ds(card3ds::Settings::default().keys(secret, secret))
            .turbopay(turbopay::Settings::default().keys(secret, secret))
    );
    assert!(!debug.contains("not_to_be_seen"), "{debug}");
}
