use payments_core::test_util::{ManualClock, Reply, Script};
use turbo_link::{ApiKey, Client, ClientBuilder, Error, ListLinks, PaymentList};

/// A client that is answered from a script, on a clock that stands still.
pub(crate) fn scripted(replies: impl IntoIterator<Item = Reply>) -> (Client, Script) {
    let script = Script::new(replies);
    (builder(&script).build().unwrap(), script)
}

pub(crate) fn builder(script: &Script) -> ClientBuilder {
    let clock = ManualClock::at(time::macros::datetime!(2026-01-02 03:04:05 UTC));
    Client::builder(ApiKey::new(KEY).unwrap()).transport(script.clone()).clock(clock.clone()).timer(clock)
}

/// What comes of a list that is answered so.
pub(crate) fn answered(body: &str) -> Result<PaymentList, Error> {
    let (client, _) = scripted([Reply::json(200, body)]);
    now(client.list_links(ListLinks::new()).send())
}

pub(crate) fn now<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(work)
}

/// The sample with another text in place of one that it has.
#[track_caller]
pub(crate) fn with(member: &str, value: &str) -> String {
    assert!(SAMPLE.contains(member), "{member} is not in the sample");
    SAMPLE.replacen(member, value, 1)
}

pub(crate) fn body_of(script: &Script) -> String {
    String::from_utf8(script.requests().last().unwrap().body().as_ref().to_vec()).unwrap()
}

/// A key that appears nowhere else.
pub(crate) const KEY: &str = "tl-canary-api-key-7f3a";

/// The document's own answer.
pub(crate) const SAMPLE: &str = r#"{ "error":false, "msg":"OK", "period": [], "api_path":"/payments", "total_results":1, "limit":25, "line_items":[{ "id":"abc123", "amount":"$1.00", "status":"pending", "qr":"https://api.tur.bo/images/abc123.png", "created":"2023-11-01 11:19:49", "convenience_fee":{"setting":null,"status":"disabled","value":null} }] }"#;
