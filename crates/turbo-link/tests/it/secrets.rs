//! The key stands in the form, and nowhere else.

use std::fmt::Write as _;
use std::sync::{Arc, Mutex};

use payments_core::test_util::{Reply, Script};
use payments_core::{Exchange, Observer};
use turbo_link::{ApiKey, Client, ErrorKind, Interval, LinkId, ListLinks};

use crate::support::{KEY, SAMPLE, builder, now};

#[derive(Debug, Clone, Default)]
struct Shown(Arc<Mutex<String>>);

impl Observer for Shown {
    fn exchange(&self, exchange: &Exchange<'_>) {
        writeln!(self.0.lock().unwrap(), "{exchange:?} {exchange:#?}").unwrap();
    }
}

#[test]
fn the_key_appears_in_no_address_no_header_and_nothing_that_is_printed() {
    // Some providers quote the key that they refuse.
    let refused = || Reply::json(401, &format!(r#"{{"error":true,"msg":"Invalid API key {KEY}"}}"#));
    let script = Script::new([Reply::json(200, SAMPLE), refused(), Reply::json(200, "{}"), Reply::json(200, SAMPLE)]);
    let shown = Shown::default();
    let client = builder(&script).observer(shown.clone()).build().unwrap();
    let rotated = client.with_credentials(ApiKey::new("tl-canary-next-key").unwrap());
    let id: LinkId = "abc123".parse().unwrap();

    let call = client.list_links(ListLinks::new().interval(Interval::Today).field("page", "2"));
    let mut printed = format!("{call:?} {:?} {:?}", builder(&script), ApiKey::new(KEY).unwrap());
    let full = now(call.send_with_response()).unwrap();
    let err = now(client.list_links(ListLinks::new().only(id.clone())).send()).unwrap_err();
    let malformed = now(client.list_links(ListLinks::new()).send()).unwrap_err();
    now(rotated.list_links(ListLinks::new().only(id)).send()).unwrap();
    let mixed_up = ListLinks::new().field("api_key", KEY);
    let invalid = now(client.list_links(mixed_up.clone()).send()).unwrap_err();
    let newline = ApiKey::new(format!("{KEY}\n")).unwrap_err();
    let unsafe_url = builder(&script).base_url("http://api.tur.bo").build().unwrap_err();
    write!(
        printed,
        "{full:?} {full:#?} {err} {err:?} {err:#?} {malformed} {malformed:?} {invalid} {invalid:?} {newline:?} \
         {unsafe_url:?} {client:?} {rotated:#?} {:?} {}",
        script.requests(),
        shown.0.lock().unwrap()
    )
    .unwrap();

    assert!(printed.contains("ClientBuilder { .. }"), "{printed}");
    assert!(printed.contains("Today") && printed.contains("page"), "the observer is shown what was asked for");
    let requests = script.requests();
    for request in &requests {
        write!(printed, "{} {:?}", request.url(), request.headers().values().collect::<Vec<_>>()).unwrap();
        assert!(std::str::from_utf8(request.body().as_ref()).unwrap().starts_with("api_key=tl-canary-"));
    }
    assert_eq!(requests.len(), 4);
    assert!(requests[3].body().as_ref().starts_with(b"api_key=tl-canary-next-key"), "the rotated client has the other");
    for canary in [KEY, "tl-canary-next-key"] {
        assert!(!printed.contains(canary), "{canary} in {printed}");
    }
}

#[test]
fn a_key_that_is_no_text_of_visible_characters_is_refused() {
    for text in ["", "key\n", "k ey", "kéy"] {
        assert_eq!(ApiKey::new(text).unwrap_err().field(), "api_key");
    }
    let (key, script) = ("a&b=c+d%20e#f", Script::new([Reply::json(200, SAMPLE)]));
    let client: Client = builder(&script).build().unwrap().with_credentials(ApiKey::new(key).unwrap());
    now(client.list_links(ListLinks::new()).send()).unwrap();
    assert_eq!(script.requests()[0].body().as_ref(), b"api_key=a%26b%3Dc%2Bd%2520e%23f");
}

#[test]
fn only_https_is_spoken_except_to_this_machine() {
    let script = Script::new([]);
    assert!(builder(&script).base_url("http://127.0.0.1:8080").build().is_ok());
    let err = builder(&script).base_url("http://api.tur.bo").build().unwrap_err();
    assert_eq!((err.kind(), err.param()), (ErrorKind::InvalidRequest, Some("base_url")));
}
