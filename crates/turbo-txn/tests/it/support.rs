use payments_core::test_util::{ManualClock, Reply, Script};
use payments_core::{Currency, Money};
use turbo_txn::{
    CallbackDecryptor, CallbackKey, Client, ClientBuilder, ClientId, MerchantOrderId, NewTransaction, SecretKey,
};

/// A client that is answered from a script, on a clock that stands still.
pub(crate) fn scripted(replies: impl IntoIterator<Item = Reply>) -> (Client, Script) {
    let (client, script, _) = scripted_with_clock(replies);
    (client, script)
}

pub(crate) fn scripted_with_clock(replies: impl IntoIterator<Item = Reply>) -> (Client, Script, ManualClock) {
    let script = Script::new(replies);
    let clock = ManualClock::at(time::macros::datetime!(2026-01-02 03:04:05 UTC));
    let client = builder(&script, &clock).build().unwrap();
    (client, script, clock)
}

pub(crate) fn builder(script: &Script, clock: &ManualClock) -> ClientBuilder {
    Client::builder(ClientId::new(CLIENT_ID).unwrap(), SecretKey::new(SECRET_KEY).unwrap())
        .base_url(BASE_URL)
        .transport(script.clone())
        .clock(clock.clone())
        .timer(clock.clone())
}

pub(crate) fn rupees(text: &str) -> Money {
    Money::parse(text, Currency::INR).unwrap()
}

pub(crate) fn order(text: &str) -> MerchantOrderId {
    text.parse().unwrap()
}

pub(crate) fn transaction() -> NewTransaction {
    NewTransaction::new(order("order-7421"), rupees("300"), "https://shop.example/thanks")
}

/// What an initiation of [`transaction`] is answered.
pub(crate) fn initiated(order: &str) -> Reply {
    Reply::json(
        200,
        &format!(
            r#"{{"statusCode":200,"message":"Order Created Successfully","status":"OK","success":true,
                "timestamp":"2025-08-26T07:52:23.243989861Z","data":{{"txnId":"5NNGB2SVNBY0NOZ3G809SEM",
                "orderId":"{order}","amount":300.01,"sdkUrl":"https://pay.example/utr/payment?data=x"}}}}"#
        ),
    )
}

/// What a look-up of this order is answered.
pub(crate) fn found(order: &str, status: &str) -> Reply {
    Reply::json(
        200,
        &format!(
            r#"{{"statusCode":200,"message":"Txn details fetched successfully","status":"OK","success":true,
                "timestamp":"2025-03-21T15:35:43.797919902Z",
                "data":{{"utr":"","orderId":"{order}","txnStatus":"{status}","amount":300.01}}}}"#
        ),
    )
}

pub(crate) fn callbacks() -> CallbackDecryptor {
    CallbackDecryptor::new(callback_key())
}

pub(crate) fn callback_key() -> CallbackKey {
    CallbackKey::new(CALLBACK_KEY).unwrap()
}

pub(crate) const BASE_URL: &str = "https://turbo.example";

/// Keys that appear nowhere else.
pub(crate) const CLIENT_ID: &str = "tt-canary-client-id-91d0";
pub(crate) const SECRET_KEY: &str = "tt-canary-secret-key-7f3a";
pub(crate) const CALLBACK_KEY: &str = "Y2FuYXJ5LWNhbGxiYWNrLWtleS0wMTIzNDU2Nzg5YWI=";
/// The same, decoded.
pub(crate) const CALLBACK_KEY_BYTES: &[u8; 32] = b"canary-callback-key-0123456789ab";
