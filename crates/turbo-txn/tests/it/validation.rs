//! Whatever is wrong locally is one clear error, before any I/O.

use payments_core::test_util::{ManualClock, Script};
use payments_core::{Currency, ErrorKind, Money, Outcome};
use turbo_txn::{Client, ClientId, MerchantOrderId, NewTransaction, SecretKey};

use crate::support::{builder, order, rupees, scripted};

/// The transaction is refused for this field by this rule, and nothing is sent.
#[track_caller]
fn check(transaction: NewTransaction, field: &str, rule: &str) {
    let (client, script) = scripted([]);
    let err = now(client.initiate(transaction).send()).unwrap_err();
    assert_eq!((err.kind(), err.outcome(), err.attempts()), (ErrorKind::InvalidRequest, Outcome::NotSent, 0), "{err}");
    assert_eq!(err.param(), Some(field), "{err}");
    assert!(err.to_string().contains(rule), "{err}");
    assert!(!err.may_have_moved_money());
    assert_eq!(script.requests().len(), 0, "something was sent");
}

fn now<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(work)
}

fn of(amount: Money) -> NewTransaction {
    NewTransaction::new(order("o-1"), amount, "https://shop.example/thanks")
}

#[test]
fn only_whole_rupees_above_zero_are_sent() {
    check(of(rupees("300.01")), "amount", "must be whole rupees");
    check(of(rupees("0.99")), "amount", "must be whole rupees");
    check(of(rupees("0")), "amount", "must be greater than zero");
    check(of(rupees("-300")), "amount", "must be greater than zero");
    check(of(Money::from_minor(i64::MIN, Currency::INR)), "amount", "must be greater than zero");
    check(of(Money::from_minor(i64::MAX, Currency::INR)), "amount", "must be whole rupees");
    check(of(Money::from_minor(30_000, Currency::USD)), "amount", "must be in INR");
    check(of(Money::from_minor(30_000, "ABC".parse().unwrap())), "amount", "must be in INR");
}

#[test]
fn whole_rupees_go_out_as_an_integer() {
    for (amount, text) in [
        (rupees("1"), r#""amount":1,"#),
        (rupees("300.00"), r#""amount":300,"#),
        (Money::from_minor(9_223_372_036_854_775_800, Currency::INR), r#""amount":92233720368547758,"#),
    ] {
        let (client, script) = scripted([]);
        let _ = now(client.initiate(of(amount)).send());
        let body = script.requests()[0].body().as_ref().to_vec();
        assert!(String::from_utf8(body).unwrap().contains(text), "{amount}");
    }
}

#[test]
fn a_return_url_must_be_a_web_address() {
    for url in ["shop.example", "ftp://shop.example", "https://", "https:///x", "https://a b", "javascript:alert(1)"] {
        check(NewTransaction::new(order("o-1"), rupees("1"), url), "return_url", "web address");
    }
    check(NewTransaction::new(order("o-1"), rupees("1"), ""), "return_url", "empty");
    let long = format!("https://shop.example/{}", "x".repeat(2028));
    assert_eq!(long.len(), 2049);
    check(NewTransaction::new(order("o-1"), rupees("1"), long), "return_url", "longer than 2048");
}

#[test]
fn an_order_id_that_could_become_another_header_is_none() {
    for id in ["", " ", "a b", "a\r\nsecret-key: x", "a\n", "a\0", "a\t", "\u{7f}", "ä", "оrder", "a\u{200b}"] {
        assert!(id.parse::<MerchantOrderId>().is_err(), "{id:?}");
    }
    assert!("x".repeat(100).parse::<MerchantOrderId>().is_ok());
    assert_eq!("x".repeat(101).parse::<MerchantOrderId>().unwrap_err().field(), "order_id");
}

#[test]
fn whatever_an_order_id_holds_the_request_is_the_same_but_for_its_header() {
    let mut sent = 0;
    let hostile =
        ["..", "../balance", "%2e%2e", "a/b", "a?x=1", "a#b", "\"}", "{{x}}", "'--", "<script>", "$(id)", "a;b"];
    let every = (0x21..=0x7e_u8).map(|byte| char::from(byte).to_string());
    for id in hostile.map(str::to_owned).into_iter().chain(every) {
        let (client, script) = scripted([]);
        let _ = now(client.lookup(&order(&id)).send());
        let request = &script.requests()[0];
        assert_eq!(request.url(), "https://turbo.example/turbo-svc/api/v1/transaction/ext/status-check", "{id}");
        assert_eq!(request.headers().get_all("order-id").iter().collect::<Vec<_>>(), [id.as_str()]);
        assert_eq!(request.headers().len(), 6, "{id}: {:?}", request.headers().keys());

        let (client, script) = scripted([]);
        let _ = now(client.initiate(NewTransaction::new(order(&id), rupees("1"), "https://a.example")).send());
        let body: std::collections::BTreeMap<String, serde_json::Value> =
            serde_json::from_slice(script.requests()[0].body().as_ref()).unwrap();
        assert_eq!((body.len(), &body["orderId"]), (3, &serde_json::Value::from(id.as_str())));
        sent += 1;
    }
    assert_eq!(sent, 12 + 94);
}

#[test]
fn the_base_url_must_be_given_because_the_document_names_none() {
    let keys = || (ClientId::new("id").unwrap(), SecretKey::new("key").unwrap());
    let (script, clock) = (Script::new([]), ManualClock::at(time::macros::datetime!(2026-01-02 03:04:05 UTC)));
    let (id, key) = keys();
    let err = Client::builder(id, key).transport(script.clone()).timer(clock.clone()).build().unwrap_err();
    assert_eq!(err.kind(), ErrorKind::Configuration);
    assert!(err.to_string().contains("`base_url` is required"), "{err}");
    for url in
        ["http://turbo.example", "https://u:p@turbo.example", "https://turbo.example?x", "https://turbo.example#x"]
    {
        let err = builder(&script, &clock).base_url(url).build().unwrap_err();
        assert_eq!(err.param(), Some("base_url"), "{url}");
    }
    assert!(builder(&script, &clock).base_url("http://127.0.0.1:8080/").build().is_ok());
}

#[test]
fn credentials_that_do_not_fit_in_a_header_are_refused() {
    for text in ["", "key\n", "k ey", "kéy"] {
        assert_eq!(ClientId::new(text).unwrap_err().field(), "client_id");
        assert_eq!(SecretKey::new(text).unwrap_err().field(), "secret_key");
    }
}
