use payments_core::test_util::{ManualClock, Reply, Script};
use payments_core::{Currency, Money};
use turbo_txn::{
    CallbackDecryptor, CallbackKey, Client, ClientBuilder, ClientId, MerchantOrderId, NewTransaction, SecretKey,
};

/// Returns a client that receives these replies, one per request. Its clock advances only when the client waits.
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

pub(crate) fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

pub(crate) fn rupees(text: &str) -> Money {
    Money::parse(text, Currency::INR).unwrap()
}

pub(crate) fn order_id(text: &str) -> MerchantOrderId {
    text.parse().unwrap()
}

pub(crate) fn new_transaction() -> NewTransaction {
    NewTransaction::new(order_id("order-7421"), rupees("300"), "https://shop.example/thanks")
}

/// The response to an initiation of this order.
pub(crate) fn transaction_reply(order_id: &str) -> Reply {
    Reply::json(
        200,
        &format!(
            r#"{{"statusCode":200,"message":"Order Created Successfully","status":"OK","success":true,
                "timestamp":"2025-08-26T07:52:23.243989861Z","data":{{"txnId":"5NNGB2SVNBY0NOZ3G809SEM",
                "orderId":"{order_id}","amount":300.01,"sdkUrl":"https://pay.example/utr/payment?data=x"}}}}"#
        ),
    )
}

/// The response to a lookup of this order.
pub(crate) fn details_reply(order_id: &str, status: &str) -> Reply {
    Reply::json(
        200,
        &format!(
            r#"{{"statusCode":200,"message":"Txn details fetched successfully","status":"OK","success":true,
                "timestamp":"2025-03-21T15:35:43.797919902Z",
                "data":{{"utr":"","orderId":"{order_id}","txnStatus":"{status}","amount":300.01}}}}"#
        ),
    )
}

pub(crate) fn decryptor() -> CallbackDecryptor {
    CallbackDecryptor::new(callback_key())
}

pub(crate) fn callback_key() -> CallbackKey {
    CallbackKey::new(CALLBACK_KEY).unwrap()
}

pub(crate) const BASE_URL: &str = "https://turbo.example";

/// Secrets that occur nowhere else, so that a leak is found by searching for them.
pub(crate) const CLIENT_ID: &str = "tt-canary-client-id-91d0";
pub(crate) const SECRET_KEY: &str = "tt-canary-secret-key-7f3a";
pub(crate) const CALLBACK_KEY: &str = "Y2FuYXJ5LWNhbGxiYWNrLWtleS0wMTIzNDU2Nzg5YWI=";
/// `CALLBACK_KEY`, decoded.
pub(crate) const CALLBACK_KEY_BYTES: &[u8; 32] = b"canary-callback-key-0123456789ab";

/// Returns the body of the last request.
pub(crate) fn body_of(script: &Script) -> String {
    let requests = script.requests();
    String::from_utf8(requests.last().unwrap().body().as_ref().to_vec()).unwrap()
}
