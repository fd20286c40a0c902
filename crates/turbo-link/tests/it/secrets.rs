//! The key is only in the form of a request.

use std::fmt::Write as _;
use std::sync::{Arc, Mutex};

use payments_core::test_util::{Reply, Script};
use payments_core::{Exchange, Observer};
use turbo_link::{ApiKey, Client, ErrorKind, Interval, LinkId, ListLinks};

use crate::support::{KEY, SAMPLE, block_on, builder};

#[derive(Debug, Clone, Default)]
struct RecordingObserver(Arc<Mutex<String>>);

impl Observer for RecordingObserver {
    fn exchange(&self, exchange: &Exchange<'_>) {
        writeln!(self.0.lock().unwrap(), "{exchange:?} {exchange:#?}").unwrap();
    }
}

#[test]
fn the_key_appears_in_no_url_header_debug_output_error_or_observed_exchange() {
    // Some providers quote the rejected key in the error message.
    let unauthorized = || Reply::json(401, &format!(r#"{{"error":true,"msg":"Invalid API key {KEY}"}}"#));
    let script =
        Script::new([Reply::json(200, SAMPLE), unauthorized(), Reply::json(200, "{}"), Reply::json(200, SAMPLE)]);
    let observer = RecordingObserver::default();
    let client = builder(&script).observer(observer.clone()).build().unwrap();
    let rotated = client.with_credentials(ApiKey::new("tl-canary-next-key").unwrap()).unwrap();
    let id: LinkId = "abc123".parse().unwrap();

    let call = client.list_links(ListLinks::new().interval(Interval::Today).extra("page", "2"));
    let mut printed = format!("{call:?} {:?} {:?}", builder(&script), ApiKey::new(KEY).unwrap());
    let sent = block_on(call.send_with_response()).unwrap();
    let err = block_on(client.list_links(ListLinks::new().only(id.clone())).send()).unwrap_err();
    let malformed = block_on(client.list_links(ListLinks::new()).send()).unwrap_err();
    block_on(rotated.list_links(ListLinks::new().only(id)).send()).unwrap();
    let key_as_field = ListLinks::new().extra("api_key", KEY);
    let invalid = block_on(client.list_links(key_as_field.clone()).send()).unwrap_err();
    let newline = ApiKey::new(format!("{KEY}\n")).unwrap_err();
    let unsafe_url = builder(&script).base_url("http://api.tur.bo").build().unwrap_err();
    write!(
        printed,
        "{sent:?} {sent:#?} {err} {err:?} {err:#?} {malformed} {malformed:?} {invalid} {invalid:?} {newline:?} \
         {unsafe_url:?} {client:?} {rotated:#?} {:?} {}",
        script.requests(),
        observer.0.lock().unwrap()
    )
    .unwrap();

    assert!(printed.contains("ClientBuilder { .. }"), "{printed}");
    assert!(printed.contains("Today") && printed.contains("page"), "the observer must see the parameters");
    let requests = script.requests();
    for request in &requests {
        write!(printed, "{} {:?}", request.url(), request.headers().values().collect::<Vec<_>>()).unwrap();
        assert!(std::str::from_utf8(request.body().as_ref()).unwrap().starts_with("api_key=tl-canary-"));
    }
    assert_eq!(requests.len(), 4);
    assert!(
        requests[3].body().as_ref().starts_with(b"api_key=tl-canary-next-key"),
        "the rotated client must send its own key"
    );
    for canary in [KEY, "tl-canary-next-key"] {
        assert!(!printed.contains(canary), "{canary} appears in {printed}");
    }
}

#[test]
fn a_key_must_be_visible_ascii_and_is_sent_encoded() {
    for text in ["", "key\n", "k ey", "kéy"] {
        assert_eq!(ApiKey::new(text).unwrap_err().field(), "api_key");
    }
    let (key, script) = ("a&b=c+d%20e#f", Script::new([Reply::json(200, SAMPLE)]));
    let client: Client = builder(&script).build().unwrap().with_credentials(ApiKey::new(key).unwrap()).unwrap();
    block_on(client.list_links(ListLinks::new()).send()).unwrap();
    assert_eq!(script.requests()[0].body().as_ref(), b"api_key=a%26b%3Dc%2Bd%2520e%23f");
}

#[test]
fn http_is_rejected_except_on_loopback() {
    let script = Script::new([]);
    assert!(builder(&script).base_url("http://127.0.0.1:8080").build().is_ok());
    let err = builder(&script).base_url("http://api.tur.bo").build().unwrap_err();
    assert_eq!((err.kind(), err.param()), (ErrorKind::InvalidRequest, Some("base_url")));
}
