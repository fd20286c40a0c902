//! What must never be printed.

use std::fmt::Write as _;
use std::sync::{Arc, Mutex};

use payments_core::test_util::{ManualClock, Reply, Script};
use payments_core::{Exchange, Observer};
use turbo_txn::{CallbackDecryptor, CallbackKey, Client, ClientId, SecretKey, VerifyError, test_util::callback};

use crate::support::{
    CALLBACK_KEY, CALLBACK_KEY_BYTES, CLIENT_ID, SECRET_KEY, builder, callback_key, found, initiated, order,
    transaction,
};

#[derive(Debug, Clone, Default)]
struct Shown(Arc<Mutex<String>>);

impl Observer for Shown {
    fn exchange(&self, exchange: &Exchange<'_>) {
        writeln!(self.0.lock().unwrap(), "{exchange:?} {exchange:#?}").unwrap();
    }
}

#[tokio::test]
async fn no_key_appears_in_anything_that_is_printed() {
    let refused = Reply::json(401, r#"{"statusCode":401,"success":false,"message":"Invalid keys"}"#);
    let script = Script::new([initiated("order-7421"), refused, found("order-7421", "Approved"), Reply::lost()]);
    let clock = ManualClock::at(time::macros::datetime!(2026-01-02 03:04:05 UTC));
    let shown = Shown::default();
    let client = builder(&script, &clock).observer(shown.clone()).build().unwrap();
    let rotated = client
        .with_credentials(ClientId::new("other-id").unwrap(), SecretKey::new("other-key-canary").unwrap())
        .unwrap();

    let call = client.initiate(transaction());
    let mut printed = format!("{call:?} {:?} {:?}", transaction(), builder(&script, &clock));
    let full = call.send_with_response().await.unwrap();
    let err = rotated.initiate(transaction()).send().await.unwrap_err();
    let details = client.lookup(&order("order-7421")).send().await.unwrap();
    let lost = client.initiate(transaction()).send().await.unwrap_err();
    let unsafe_url = builder(&script, &clock).base_url("http://turbo.example").build().unwrap_err();
    let callbacks = CallbackDecryptor::new(callback_key()).also_accept(callback_key());
    let refused: VerifyError = callbacks.decrypt(b"{}").unwrap_err();
    let forged = callback(&callback_key(), [1; 16], br#"{"orderId":"o-1","utr":"utr-canary","amount":987654}"#);
    let hint = callbacks.decrypt(forged.as_bytes()).unwrap();
    write!(
        printed,
        "{full:?} {full:#?} {err} {err:?} {err:#?} {details:?} {lost} {lost:?} {client:?} {rotated:#?} {unsafe_url:?} \
         {callbacks:?} {:?} {refused} {refused:?} {hint:?} {:?} {}",
        callback_key(),
        script.requests(),
        shown.0.lock().unwrap()
    )
    .unwrap();

    assert!(printed.contains("ClientBuilder { .. }"), "{printed}");
    assert!(printed.contains("CallbackKey([redacted])"), "{printed}");
    assert!(shown.0.lock().unwrap().contains("lookup"), "the observer was shown something");
    let raw_key = std::str::from_utf8(CALLBACK_KEY_BYTES).unwrap();
    let bytes = format!("{:?}", &CALLBACK_KEY_BYTES[..8]).replace(['[', ']'], "");
    for canary in
        [CLIENT_ID, SECRET_KEY, "other-id", "other-key-canary", CALLBACK_KEY, raw_key, &bytes, "utr-canary", "987654"]
    {
        assert!(!printed.contains(canary), "{canary} in {printed}");
    }
}

#[test]
fn a_key_that_is_refused_is_not_quoted() {
    for text in ["canary-raw-key", "canary-raw-key-0123456789abcdefg", "Y2FuYXJ5", "canary key", "canary\n"] {
        let err = CallbackKey::new(text).unwrap_err();
        assert!(!format!("{err} {err:?}").contains(text.trim()), "{err:?}");
    }
}

#[tokio::test]
async fn with_other_credentials_only_the_two_headers_differ() {
    let script = Script::new([found("o-1", "Pending"), found("o-1", "Pending")]);
    let clock = ManualClock::at(time::macros::datetime!(2026-01-02 03:04:05 UTC));
    let client: Client = builder(&script, &clock).build().unwrap();
    let other = client.with_credentials(ClientId::new("id-2").unwrap(), SecretKey::new("key-2").unwrap()).unwrap();

    client.lookup(&order("o-1")).send().await.unwrap();
    other.lookup(&order("o-1")).send().await.unwrap();

    let requests = script.requests();
    let [first, second] = &requests[..] else { panic!("two requests") };
    assert_eq!(
        (&first.headers()["client-id"], &first.headers()["secret-key"]),
        (&CLIENT_ID.parse().unwrap(), &SECRET_KEY.parse().unwrap())
    );
    assert_eq!(
        (&second.headers()["client-id"], &second.headers()["secret-key"]),
        (&"id-2".parse().unwrap(), &"key-2".parse().unwrap())
    );
    assert_eq!(first.url(), second.url());
    for name in ["accept", "accept-encoding", "user-agent", "order-id"] {
        assert_eq!(first.headers()[name], second.headers()[name]);
    }
    assert!(first.headers()["user-agent"].to_str().unwrap().starts_with("turbo-txn/"));
}

#[test]
fn keys_are_compared_and_cloned_as_values() {
    assert_eq!(callback_key(), callback_key().clone());
    assert_ne!(callback_key(), CallbackKey::new("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=").unwrap());
}
