use std::collections::BTreeMap;

use payments_core::test_util::{ManualClock, Reply, Script};
use serde_json::Value;
use turratech::{ApiKey, Card, Client, ClientBuilder, Currency, Expiry, Money, NewPayment};

/// An API key that appears nowhere else, so that a leak is recognised.
pub(crate) const KEY: &str = "sk_test_canary7f3a";
pub(crate) const PUBLISHABLE: &str = "pk_test_canary51ab";
pub(crate) const PAN: &str = "4242424242424242";
pub(crate) const CVC: &str = "8309";

/// A client with scripted responses and a clock that stands still.
pub(crate) fn scripted(replies: impl IntoIterator<Item = Reply>) -> (Client, Script) {
    let (client, script, _) = scripted_with_clock(replies);
    (client, script)
}

pub(crate) fn scripted_with_clock(replies: impl IntoIterator<Item = Reply>) -> (Client, Script, ManualClock) {
    let (script, clock) = (Script::new(replies), clock());
    (builder(KEY, &script, &clock).build().unwrap(), script, clock)
}

pub(crate) fn builder(key: &str, script: &Script, clock: &ManualClock) -> ClientBuilder {
    Client::builder(ApiKey::new(key).unwrap()).transport(script.clone()).clock(clock.clone()).timer(clock.clone())
}

pub(crate) fn clock() -> ManualClock {
    ManualClock::at(time::macros::datetime!(2026-01-02 03:04:05 UTC))
}

pub(crate) fn pounds(minor: i64) -> Money {
    Money::from_minor(minor, Currency::GBP)
}

pub(crate) fn payment() -> NewPayment {
    NewPayment::new(pounds(2000))
}

pub(crate) fn card() -> Card {
    Card::new(PAN.parse().unwrap(), Expiry::new(12, 2030).unwrap(), CVC.parse().unwrap())
}

/// A payment of 20.00 GBP in the documented form, with this id and status.
pub(crate) fn paid(id: &str, status: &str) -> String {
    format!(
        r#"{{"id":"{id}","object":"payment","amount":2000,"amount_capturable":0,"amount_received":2000,
            "currency":"gbp","customer":"cus_ABC123","description":"Order #12345","payment_method":"pm_card_visa",
            "status":"{status}","created":1704067200,"livemode":false,"metadata":{{"order_id":"12345"}}}}"#
    )
}

pub(crate) fn created() -> Reply {
    Reply::json(201, &paid("pay_1", "succeeded"))
}

/// An error response in the documented form.
pub(crate) fn error_response(status: u16, error_type: &str) -> Reply {
    Reply::json(status, &format!(r#"{{"error":{{"type":"{error_type}","message":"no"}}}}"#))
}

pub(crate) fn block_on<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(work)
}

pub(crate) fn body_of(script: &Script) -> String {
    let requests = script.requests();
    String::from_utf8(requests.last().unwrap().body().as_ref().to_vec()).unwrap()
}

/// The members of the last request's body.
pub(crate) fn members(script: &Script) -> BTreeMap<String, Value> {
    serde_json::from_str(&body_of(script)).unwrap()
}

#[track_caller]
pub(crate) fn check_members(script: &Script, document: &str) {
    let expected: BTreeMap<String, Value> = serde_json::from_str(document).unwrap();
    assert_eq!(members(script), expected);
}

/// Runs one test of this binary in its own process and returns what the test printed.
pub(crate) fn run_in_child(test: &str, variable: (&str, &str)) -> String {
    let mut child = std::process::Command::new(std::env::current_exe().unwrap());
    child.args(["--exact", test, "--nocapture"]).env(CHILD, "1").env(variable.0, variable.1);
    let output = child.output().unwrap();
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{printed}\n{}", String::from_utf8_lossy(&output.stderr));
    assert!(printed.contains("1 passed"), "{printed}");
    printed
}

/// Returns a variable that the parent test set, and `None` in the parent process.
#[expect(clippy::disallowed_methods, reason = "a child process receives its arguments as variables")]
pub(crate) fn child_variable(variable: &str) -> Option<String> {
    std::env::var(CHILD).ok().and_then(|_| std::env::var(variable).ok())
}

const CHILD: &str = "TURRATECH_TEST_CHILD";
