use payments_core::test_util::{ManualClock, Reply, Script};
use turbopay::{ApiKey, Client, ClientBuilder, Currency, Money, NewDeposit, NewWithdrawal, Traffic};

/// Returns a client with scripted replies, a clock that stands still, and all defaults set.
pub(crate) fn scripted(replies: impl IntoIterator<Item = Reply>) -> (Client, Script) {
    let (client, script, _) = scripted_with_clock(replies);
    (client, script)
}

pub(crate) fn scripted_with_clock(replies: impl IntoIterator<Item = Reply>) -> (Client, Script, ManualClock) {
    let script = Script::new(replies);
    let clock = ManualClock::at(time::macros::datetime!(2026-01-02 03:04:05 UTC));
    let client = builder(&script, &clock)
        .status_url("https://merchant.example/status")
        .redirect_url("https://merchant.example/return")
        .traffic(Traffic::Standard)
        .build()
        .unwrap();
    (client, script, clock)
}

/// Starts building a scripted client without defaults for orders.
pub(crate) fn builder(script: &Script, clock: &ManualClock) -> ClientBuilder {
    Client::builder(ApiKey::new(KEY).unwrap()).transport(script.clone()).clock(clock.clone()).timer(clock.clone())
}

/// The reply to a lookup of an order of 500 rupees.
pub(crate) fn order(reference: &str, status: &str) -> Reply {
    Reply::json(
        200,
        &format!(
            r#"{{"order_id":"o-1","merchant_order_id":"{reference}","status":"{status}","reason":"","amount":"500.00","utr":null}}"#
        ),
    )
}

pub(crate) fn rupees(text: &str) -> Money {
    Money::parse(text, Currency::INR).unwrap()
}

pub(crate) fn deposit() -> NewDeposit {
    NewDeposit::upi(rupees("2000"), "order-7421", "customer-9")
}

pub(crate) fn withdrawal() -> NewWithdrawal {
    withdrawal_of(rupees("500"))
}

pub(crate) fn withdrawal_of(amount: Money) -> NewWithdrawal {
    NewWithdrawal::bank_transfer(
        amount,
        "payout-7421",
        "customer-9",
        "065432123456789".parse().unwrap(),
        "HDFC0000053".parse().unwrap(),
    )
}

/// An API key that occurs nowhere else, so that tests can search for it.
pub(crate) const KEY: &str = "tp-canary-api-key-7f3a";

pub(crate) fn body_of(script: &Script) -> String {
    let requests = script.requests();
    String::from_utf8(requests.last().unwrap().body().as_ref().to_vec()).unwrap()
}
