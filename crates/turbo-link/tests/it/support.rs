use payments_core::test_util::{ManualClock, Reply, Script};
use turbo_link::{ApiKey, Client, ClientBuilder, Error, ListLinks, PaymentList};

/// Returns a client that receives these replies, one per request. Its clock advances only when the client waits.
pub(crate) fn scripted(replies: impl IntoIterator<Item = Reply>) -> (Client, Script) {
    let script = Script::new(replies);
    (builder(&script).build().unwrap(), script)
}

pub(crate) fn builder(script: &Script) -> ClientBuilder {
    let clock = ManualClock::at(time::macros::datetime!(2026-01-02 03:04:05 UTC));
    Client::builder(ApiKey::new(KEY).unwrap()).transport(script.clone()).clock(clock.clone()).timer(clock)
}

/// Returns the result of a list whose response has this body.
pub(crate) fn list_from(body: &str) -> Result<PaymentList, Error> {
    let (client, _) = scripted([Reply::json(200, body)]);
    block_on(client.list_links(ListLinks::new()).send())
}

pub(crate) fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

/// Returns the documented sample with one part replaced.
#[track_caller]
pub(crate) fn sample_with(part: &str, replacement: &str) -> String {
    assert!(SAMPLE.contains(part), "{part} is not in the sample");
    SAMPLE.replacen(part, replacement, 1)
}

pub(crate) fn last_body(script: &Script) -> String {
    String::from_utf8(script.requests().last().unwrap().body().as_ref().to_vec()).unwrap()
}

/// A key that occurs nowhere else, so that a leak is found by searching for it.
pub(crate) const KEY: &str = "tl-canary-api-key-7f3a";

/// The documented response.
pub(crate) const SAMPLE: &str = r#"{ "error":false, "msg":"OK", "period": [], "api_path":"/payments", "total_results":1, "limit":25, "line_items":[{ "id":"abc123", "amount":"$1.00", "status":"pending", "qr":"https://api.tur.bo/images/abc123.png", "created":"2023-11-01 11:19:49", "convenience_fee":{"setting":null,"status":"disabled","value":null} }] }"#;
