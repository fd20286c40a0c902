//! TurboPay from the first call to the last webhook.

use std::time::Duration;

use payments_sandbox::turbopay::Settings;
use payments_sandbox::{DeliveryState, Sandbox, What};
use payments_tests::{Delivery, Merchant, turbopay_at, turbopay_builder};
use turbopay::payments_core::webhook::{Verified, VerifyError};
use turbopay::{
    Currency, Direction, ErrorKind, Event, Expected, Method, Mismatch, NewDeposit, OrderStatus, Outcome, Problem,
    Transition, WebhookKey, WebhookVerifier, transition,
};

use crate::support::{deposit, reference, rupees, withdrawal};

#[tokio::test]
async fn a_hosted_deposit_is_paid_on_its_page_and_proved_by_its_webhooks() {
    let (sandbox, merchant) = (Sandbox::builder().seed(3).start().await, Merchant::start().await.unwrap());
    let client = turbopay_at(&sandbox).unwrap();
    let order = client.create_deposit(deposit("order-1").status_url(merchant.url("/status"))).send().await.unwrap();

    press(&order.form_url, "pay").await;
    sandbox.clock().advance(Duration::from_secs(2));
    sandbox.settle().await;

    let events = proved(&sandbox, &merchant.deliveries());
    let statuses: Vec<_> = events.iter().map(|event| event.status.clone()).collect();
    assert_eq!(statuses, [OrderStatus::Pending, OrderStatus::Success]);
    let mut before = OrderStatus::New;
    for event in &events {
        assert_eq!(event.order_id, order.order_id);
        assert_eq!(event.check(&Expected::new("order-1", rupees(2000))), Ok(()));
        assert_eq!(transition(Direction::Deposit, &before, &event.status), Transition::Expected);
        before = event.status.clone();
    }
    let credited: Vec<_> = sandbox.ledger().entries().iter().map(|entry| (entry.what, entry.amount)).collect();
    assert_eq!(credited, [(What::Executed, 200_000), (What::Credited, 200_000)]);
    sandbox.finish();
}

#[tokio::test]
async fn a_cancelled_or_expired_deposit_is_not_final_and_may_still_be_paid() {
    let (sandbox, merchant) = (Sandbox::builder().start().await, Merchant::start().await.unwrap());
    let client = turbopay_at(&sandbox).unwrap();
    let cancelled = client.create_deposit(deposit("order-1")).send().await.unwrap();
    client.create_deposit(deposit("order-2").status_url(merchant.url("/status"))).send().await.unwrap();

    press(&cancelled.form_url, "cancel").await;
    sandbox.clock().advance(Duration::from_secs(600));
    let statuses = [client.lookup(&reference("order-1")), client.lookup(&reference("order-2"))];
    for (call, expected) in statuses.into_iter().zip([OrderStatus::Cancelled, OrderStatus::Expired]) {
        let order = call.send().await.unwrap();
        assert_eq!((&order.status, order.status.is_final()), (&expected, false));
    }
    sandbox.turbopay().order("order-2").succeed();
    sandbox.settle().await;

    let last = proved(&sandbox, &merchant.deliveries()).pop().unwrap();
    assert_eq!(last.status, OrderStatus::Success);
    sandbox.finish();
}

#[tokio::test]
async fn a_host_to_host_deposit_is_confirmed_by_its_utr_once() {
    let sandbox = Sandbox::builder().start().await;
    let client = turbopay_at(&sandbox).unwrap();
    let order = client.create_host_to_host_deposit(deposit("order-1")).send().await.unwrap();
    assert!(order.qr.as_ref().unwrap().png().unwrap().starts_with(b"\x89PNG"));
    assert_eq!(
        order.upi_link().unwrap().split_once("&tn=").unwrap().0,
        "upi://pay?pa=test%40test&pn=%5BTEST%5D%20-%20SANDBOX"
    );

    let utr = "409876543210".parse().unwrap();
    let confirmed = client.confirm_utr(&order.order_id, &utr).send().await.unwrap();
    assert_eq!(confirmed.status, OrderStatus::Pending);

    let other = client.create_host_to_host_deposit(deposit("order-2")).send().await.unwrap();
    let err = client.confirm_utr(&other.order_id, &utr).send().await.unwrap_err();
    assert_eq!((err.kind(), Problem::of(&err)), (ErrorKind::Conflict, Some(Problem::UtrTaken)));
    assert_eq!(client.wait_until_final(&reference("order-1")).send().await.unwrap().status, OrderStatus::Success);
    sandbox.finish();
}

#[tokio::test]
async fn a_withdrawal_that_failed_says_why_and_the_money_is_back() {
    let (sandbox, merchant) = (
        Sandbox::builder().turbopay(Settings::default().opening_balance(1000)).start().await,
        Merchant::start().await.unwrap(),
    );
    let client = turbopay_builder(&sandbox).unwrap().status_url(merchant.url("/status")).build().unwrap();
    client.create_withdrawal(withdrawal("payout-1")).send().await.unwrap();
    let paid_out = client.balance(Currency::INR).send().await.unwrap();
    sandbox.turbopay().order("payout-1").fail("bank says no");
    let back = client.default_balance().send().await.unwrap();
    sandbox.settle().await;

    assert_eq!((paid_out.available_money(), back.available_money()), (Ok(rupees(500)), Ok(rupees(1000))));
    assert_eq!(back.available.to_string(), "1000.0000");
    let event = proved(&sandbox, &merchant.deliveries()).pop().unwrap();
    assert_eq!((&event.status, event.error_code.as_deref()), (&OrderStatus::Failed, Some("ERR_001")));
    sandbox.finish();
}

#[tokio::test]
async fn a_deposit_may_come_in_with_another_amount_and_be_charged_back_later() {
    let (sandbox, merchant) = (Sandbox::builder().start().await, Merchant::start().await.unwrap());
    let client = turbopay_at(&sandbox).unwrap();
    client.create_deposit(deposit("order-1").status_url(merchant.url("/status"))).send().await.unwrap();
    sandbox.turbopay().order("order-1").succeed_with("1999.50");
    sandbox.turbopay().order("order-1").charge_back("complaint");
    sandbox.settle().await;

    let events = proved(&sandbox, &merchant.deliveries());
    let actual = turbopay::Money::parse("1999.50", Currency::INR).unwrap();
    let differs = Mismatch::AmountDiffers { expected: rupees(2000), actual };
    assert_eq!(events[0].check(&Expected::new("order-1", rupees(2000))), Err(differs));
    assert_eq!((&events[1].status, events[1].claim_id.as_deref()), (&OrderStatus::Chargeback, Some("claim-order-1")));
    assert_eq!(transition(Direction::Deposit, &events[0].status, &events[1].status), Transition::Rare);
    let looked_up = client.lookup(&reference("order-1")).send().await.unwrap();
    assert_eq!((looked_up.status, looked_up.utr), (OrderStatus::Chargeback, None));
    sandbox.finish();
}

#[tokio::test]
async fn webhooks_that_are_repeated_are_recognised_and_those_tampered_with_refused() {
    let (sandbox, merchant) = (Sandbox::builder().start().await, Merchant::start().await.unwrap());
    sandbox.fault("turbopay.withdraw#1 @webhook duplicate");
    sandbox.fault("turbopay.withdraw#2 @webhook tamper");
    let client = turbopay_builder(&sandbox).unwrap().status_url(merchant.url("/status")).build().unwrap();
    client.create_withdrawal(withdrawal("payout-1")).send().await.unwrap();
    sandbox.clock().advance(Duration::from_secs(2));
    sandbox.settle().await;

    let deliveries = merchant.deliveries();
    assert_eq!(deliveries.len(), 3);
    let (first, again) = (verified(&sandbox, &deliveries[0]).unwrap(), verified(&sandbox, &deliveries[1]).unwrap());
    assert_eq!(first.digest(), again.digest());
    assert_eq!(verified(&sandbox, &deliveries[2]).unwrap_err(), VerifyError::Rejected);
    sandbox.finish();
}

#[tokio::test]
async fn a_merchant_that_was_away_is_told_three_times_more() {
    let sandbox = Sandbox::builder().start().await;
    let client = turbopay_at(&sandbox).unwrap(); // its status URL is a port that nobody listens on
    client.create_withdrawal(withdrawal("payout-1")).send().await.unwrap();
    for minutes in [0, 1, 10, 60, 600] {
        sandbox.clock().advance(Duration::from_secs(minutes * 60));
        sandbox.settle().await;
    }
    let first = &sandbox.deliveries()[0];
    assert_eq!((first.attempts, first.state), (4, DeliveryState::Failed));
    // What never arrived can be handed to a handler all the same.
    let endpoint = WebhookVerifier::new(WebhookKey::new(sandbox.turbopay().webhook_key()).unwrap());
    let (_, signature) = first.headers.iter().find(|(name, _)| name == WebhookVerifier::SIGNATURE_HEADER).unwrap();
    let event = endpoint.verify_signature(&first.body, signature.as_bytes()).unwrap();
    assert_eq!(event.status, OrderStatus::Pending);
    sandbox.finish();
}

#[tokio::test]
async fn what_turbopay_refuses_is_refused_and_says_why() {
    let sandbox = Sandbox::builder().turbopay(Settings::default().block_customer("customer-bad")).start().await;
    let client = turbopay_at(&sandbox).unwrap();
    let declined = NewDeposit::upi(rupees(100), reference("order-1"), "customer-bad".parse().unwrap());
    let err = client.create_deposit(declined).send().await.unwrap_err();
    assert_eq!((err.kind(), err.outcome()), (ErrorKind::Declined, Outcome::Refused));

    let odd = NewDeposit::by(Method::from("carrier_pigeon"), rupees(100), reference("order-2"), "c".parse().unwrap());
    let err = client.create_deposit(odd).send().await.unwrap_err();
    assert_eq!((err.param(), Problem::of(&err)), (Some("method"), Some(Problem::MethodNotValid)));

    let much = NewDeposit::upi(rupees(10_000_001), reference("order-3"), "c".parse().unwrap());
    let err = client.create_deposit(much).send().await.unwrap_err();
    assert_eq!((err.param(), Problem::of(&err)), (Some("amount"), Some(Problem::AmountTooLarge)));

    let err = client.order_status(&"no-uuid".parse().unwrap()).send().await.unwrap_err();
    assert_eq!((err.kind(), Problem::of(&err)), (ErrorKind::NotFound, Some(Problem::RouteNotFound)));
    assert_eq!(sandbox.ledger().entries(), []);
    sandbox.finish();

    let elsewhere = Sandbox::builder().turbopay(Settings::default().not_whitelisted()).start().await;
    let err = turbopay_at(&elsewhere).unwrap().create_withdrawal(withdrawal("p")).send().await.unwrap_err();
    assert_eq!((err.kind(), Problem::of(&err)), (ErrorKind::Permission, Some(Problem::AddressNotWhitelisted)));
    elsewhere.finish();
}

#[tokio::test]
async fn look_ups_never_exceed_the_providers_limit() {
    let sandbox = Sandbox::builder().start().await;
    let client = turbopay_at(&sandbox).unwrap();
    client.create_withdrawal(withdrawal("payout-1")).send().await.unwrap();

    for _ in 0..300 {
        client.lookup(&reference("payout-1")).timeout(Duration::from_secs(600)).send().await.unwrap();
    }

    // Had one been throttled, it would have been sent again: 300 look-ups are 300 requests.
    let requests =
        sandbox.timeline().into_iter().filter(|entry| entry.what.starts_with("turbopay.merchant-order-status#"));
    assert_eq!(requests.count(), 300);
    assert!(sandbox.clock().elapsed() >= Duration::from_secs(240));
    sandbox.finish();
}

#[tokio::test]
async fn any_text_is_a_reference() {
    let sandbox = Sandbox::builder().start().await;
    let client = turbopay_at(&sandbox).unwrap();
    for text in ["a/b", "../balance", "%2e%2e", "a?b=c#d", "ümlaut & <b>", "quote\"'", "a\\b", "a\tb", "🐦"] {
        client.create_withdrawal(withdrawal(text)).send().await.unwrap();
        let found = client.lookup(&reference(text)).send().await.unwrap();
        assert_eq!(found.merchant_order_id.as_str(), text);
        sandbox.ledger().order(text).executed_once();
    }
    sandbox.finish();
}

/// A customer presses a button on the hosted page.
async fn press(page: &str, button: &str) {
    let browser = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let shown = browser.get(page).send().await.unwrap().text().await.unwrap();
    assert!(shown.contains(&format!("value=\"{button}\"")), "{shown}");
    let form = browser.post(page).header("content-type", "application/x-www-form-urlencoded");
    let response = form.body(format!("action={button}")).send().await.unwrap();
    assert_eq!(response.status(), 303);
    assert_eq!(response.headers()["location"], "http://127.0.0.1:9/return");
}

fn verified(sandbox: &Sandbox, delivery: &Delivery) -> Result<Verified<Event>, VerifyError> {
    let endpoint = WebhookVerifier::new(WebhookKey::new(sandbox.turbopay().webhook_key()).unwrap());
    endpoint.verify(&delivery.body, &delivery.headers)
}

fn proved(sandbox: &Sandbox, deliveries: &[Delivery]) -> Vec<Verified<Event>> {
    deliveries.iter().map(|delivery| verified(sandbox, delivery).unwrap()).collect()
}
