//! Complete TurboPay flows, from the first call to the last webhook.

use std::time::Duration;

use payments_sandbox::turbopay::Settings;
use payments_sandbox::{DeliveryState, EntryKind, Sandbox};
use payments_tests::{Delivery, Merchant, turbopay_at, turbopay_builder};
use turbopay::payments_core::webhook::{Verified, VerifyError};
use turbopay::{
    Currency, Direction, ErrorKind, Event, Expected, Method, Mismatch, NewDeposit, OrderStatus, Outcome, Problem,
    Transition, WebhookKey, WebhookVerifier, transition,
};

use crate::support::{deposit, reference, rupees, withdrawal};

#[tokio::test]
async fn a_hosted_deposit_is_paid_on_its_page_and_confirmed_by_its_webhooks() {
    let (sandbox, merchant) = (Sandbox::builder().seed(3).start().await, Merchant::start().await.unwrap());
    let client = turbopay_at(&sandbox).unwrap();
    let order = client.create_deposit(deposit("order-1").status_url(merchant.url("/status"))).send().await.unwrap();

    submit_page(&order.form_url, "pay").await;
    sandbox.clock().advance(Duration::from_secs(2));
    sandbox.settle().await;

    let events = verify_all(&sandbox, &merchant.deliveries());
    let statuses: Vec<_> = events.iter().map(|event| event.status.clone()).collect();
    assert_eq!(statuses, [OrderStatus::Pending, OrderStatus::Success]);
    let mut before = OrderStatus::New;
    for event in &events {
        assert_eq!(event.order_id, order.order_id);
        assert_eq!(event.check(&Expected::new("order-1", rupees(2000))), Ok(()));
        assert_eq!(transition(Direction::Deposit, &before, &event.status), Transition::Expected);
        before = event.status.clone();
    }
    let credited: Vec<_> = sandbox.ledger().entries().iter().map(|entry| (entry.kind, entry.amount)).collect();
    assert_eq!(credited, [(EntryKind::Executed, 200_000), (EntryKind::Credited, 200_000)]);
    sandbox.finish();
}

#[tokio::test]
async fn a_cancelled_or_expired_deposit_is_not_final_and_may_still_be_paid() {
    let (sandbox, merchant) = (Sandbox::builder().start().await, Merchant::start().await.unwrap());
    let client = turbopay_at(&sandbox).unwrap();
    let cancelled = client.create_deposit(deposit("order-1")).send().await.unwrap();
    client.create_deposit(deposit("order-2").status_url(merchant.url("/status"))).send().await.unwrap();

    submit_page(&cancelled.form_url, "cancel").await;
    sandbox.clock().advance(Duration::from_secs(600));
    let statuses = [client.lookup(&reference("order-1")), client.lookup(&reference("order-2"))];
    for (call, expected) in statuses.into_iter().zip([OrderStatus::Cancelled, OrderStatus::Expired]) {
        let order = call.send().await.unwrap();
        assert_eq!((&order.status, order.status.is_final()), (&expected, false));
    }
    sandbox.turbopay().order("order-2").succeed();
    sandbox.settle().await;

    let last = verify_all(&sandbox, &merchant.deliveries()).pop().unwrap();
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
async fn a_failed_withdrawal_has_an_error_code_and_the_money_returns() {
    let (sandbox, merchant) = (
        Sandbox::builder().turbopay(Settings::default().opening_balance(1000)).start().await,
        Merchant::start().await.unwrap(),
    );
    let client = turbopay_builder(&sandbox).unwrap().status_url(merchant.url("/status")).build().unwrap();
    client.create_withdrawal(withdrawal("payout-1")).send().await.unwrap();
    let after_payout = client.balance(Currency::INR).send().await.unwrap();
    sandbox.turbopay().order("payout-1").fail("bank says no");
    let after_failure = client.default_balance().send().await.unwrap();
    sandbox.settle().await;

    assert_eq!((after_payout.available_money(), after_failure.available_money()), (Ok(rupees(500)), Ok(rupees(1000))));
    assert_eq!(after_failure.available().unwrap().to_string(), "1000.0000");
    let event = verify_all(&sandbox, &merchant.deliveries()).pop().unwrap();
    assert_eq!((&event.status, event.error_code.as_deref()), (&OrderStatus::Failed, Some("ERR_001")));
    sandbox.finish();
}

#[tokio::test]
async fn a_deposit_may_be_credited_with_another_amount_and_charged_back_later() {
    let (sandbox, merchant) = (Sandbox::builder().start().await, Merchant::start().await.unwrap());
    let client = turbopay_at(&sandbox).unwrap();
    client.create_deposit(deposit("order-1").status_url(merchant.url("/status"))).send().await.unwrap();
    sandbox.turbopay().order("order-1").succeed_with("1999.50");
    sandbox.turbopay().order("order-1").charge_back("complaint");
    sandbox.settle().await;

    let events = verify_all(&sandbox, &merchant.deliveries());
    let actual = turbopay::Money::parse("1999.50", Currency::INR).unwrap();
    let differs = Mismatch::AmountDiffers { expected: rupees(2000), actual };
    assert_eq!(events[0].check(&Expected::new("order-1", rupees(2000))), Err(differs));
    assert_eq!((&events[1].status, events[1].claim_id.as_deref()), (&OrderStatus::Chargeback, Some("claim-order-1")));
    assert_eq!(transition(Direction::Deposit, &events[0].status, &events[1].status), Transition::Rare);
    let lookup = client.lookup(&reference("order-1")).send().await.unwrap();
    assert_eq!((lookup.status, lookup.utr), (OrderStatus::Chargeback, None));
    sandbox.finish();
}

#[tokio::test]
async fn repeated_webhooks_are_recognised_and_tampered_ones_are_rejected() {
    let (sandbox, merchant) = (Sandbox::builder().start().await, Merchant::start().await.unwrap());
    sandbox.fault("turbopay.withdraw#1 @webhook duplicate");
    sandbox.fault("turbopay.withdraw#2 @webhook tamper");
    let client = turbopay_builder(&sandbox).unwrap().status_url(merchant.url("/status")).build().unwrap();
    client.create_withdrawal(withdrawal("payout-1")).send().await.unwrap();
    sandbox.clock().advance(Duration::from_secs(2));
    sandbox.settle().await;

    let deliveries = merchant.deliveries();
    assert_eq!(deliveries.len(), 3);
    let (first, repeated) = (verify(&sandbox, &deliveries[0]).unwrap(), verify(&sandbox, &deliveries[1]).unwrap());
    assert_eq!(first.digest(), repeated.digest());
    assert_eq!(verify(&sandbox, &deliveries[2]).unwrap_err(), VerifyError::Rejected);
    sandbox.finish();
}

#[tokio::test]
async fn a_webhook_to_an_unreachable_merchant_is_sent_three_more_times() {
    let sandbox = Sandbox::builder().start().await;
    let client = turbopay_at(&sandbox).unwrap(); // no server listens at this client's status URL
    client.create_withdrawal(withdrawal("payout-1")).send().await.unwrap();
    for minutes in [0, 1, 10, 60, 600] {
        sandbox.clock().advance(Duration::from_secs(minutes * 60));
        sandbox.settle().await;
    }
    let delivery = &sandbox.deliveries()[0];
    assert_eq!((delivery.attempts, delivery.state), (4, DeliveryState::Failed));
    // The test can verify a webhook that never arrived.
    let endpoint = WebhookVerifier::new(WebhookKey::new(sandbox.turbopay().webhook_key()).unwrap());
    let (_, signature) = delivery.headers.iter().find(|(name, _)| name == WebhookVerifier::SIGNATURE_HEADER).unwrap();
    let event = endpoint.verify_signature(&delivery.body, signature.as_bytes()).unwrap();
    assert_eq!(event.status, OrderStatus::Pending);
    sandbox.finish();
}

#[tokio::test]
async fn each_refusal_of_turbopay_has_its_kind_and_problem() {
    let sandbox = Sandbox::builder().turbopay(Settings::default().block_customer("customer-bad")).start().await;
    let client = turbopay_at(&sandbox).unwrap();
    let blocked = NewDeposit::upi(rupees(100), reference("order-1"), "customer-bad");
    let err = client.create_deposit(blocked).send().await.unwrap_err();
    assert_eq!((err.kind(), err.outcome()), (ErrorKind::Declined, Outcome::Refused));

    let unknown_method = NewDeposit::new(Method::from("carrier_pigeon"), rupees(100), reference("order-2"), "c");
    let err = client.create_deposit(unknown_method).send().await.unwrap_err();
    assert_eq!((err.param(), Problem::of(&err)), (Some("method"), Some(Problem::MethodNotValid)));

    let too_large = NewDeposit::upi(rupees(10_000_001), reference("order-3"), "c");
    let err = client.create_deposit(too_large).send().await.unwrap_err();
    assert_eq!((err.param(), Problem::of(&err)), (Some("amount"), Some(Problem::AmountTooLarge)));

    let err = client.order_status(&"no-uuid".parse().unwrap()).send().await.unwrap_err();
    assert_eq!((err.kind(), Problem::of(&err)), (ErrorKind::NotFound, Some(Problem::RouteNotFound)));
    assert_eq!(sandbox.ledger().entries(), []);
    sandbox.finish();

    let not_whitelisted = Sandbox::builder().turbopay(Settings::default().not_whitelisted()).start().await;
    let err = turbopay_at(&not_whitelisted).unwrap().create_withdrawal(withdrawal("p")).send().await.unwrap_err();
    assert_eq!((err.kind(), Problem::of(&err)), (ErrorKind::Permission, Some(Problem::AddressNotWhitelisted)));
    not_whitelisted.finish();
}

#[tokio::test]
async fn lookups_never_exceed_the_rate_limit() {
    let sandbox = Sandbox::builder().start().await;
    let client = turbopay_at(&sandbox).unwrap();
    client.create_withdrawal(withdrawal("payout-1")).send().await.unwrap();

    for _ in 0..300 {
        client.lookup(&reference("payout-1")).timeout(Duration::from_secs(600)).send().await.unwrap();
    }

    // A throttled lookup would have been sent again, so 300 lookups must be 300 requests.
    let requests =
        sandbox.timeline().into_iter().filter(|entry| entry.text.starts_with("turbopay.merchant-order-status#"));
    assert_eq!(requests.count(), 300);
    assert!(sandbox.clock().elapsed() >= Duration::from_secs(240));
    sandbox.finish();
}

#[tokio::test]
async fn any_text_can_be_a_reference() {
    let sandbox = Sandbox::builder().start().await;
    let client = turbopay_at(&sandbox).unwrap();
    for text in ["a/b", "../balance", "%2e%2e", "a?b=c#d", "ümlaut & <b>", "quote\"'", "a\\b", "a\tb", "🐦"] {
        client.create_withdrawal(withdrawal(text)).send().await.unwrap();
        let order = client.lookup(&reference(text)).send().await.unwrap();
        assert_eq!(order.merchant_order_id.as_str(), text);
        sandbox.ledger().order(text).executed_once();
    }
    sandbox.finish();
}

/// Submits the form of the hosted page as a customer does.
async fn submit_page(page: &str, action: &str) {
    let browser = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let html = browser.get(page).send().await.unwrap().text().await.unwrap();
    assert!(html.contains(&format!("value=\"{action}\"")), "{html}");
    let form = browser.post(page).header("content-type", "application/x-www-form-urlencoded");
    let response = form.body(format!("action={action}")).send().await.unwrap();
    assert_eq!(response.status(), 303);
    assert_eq!(response.headers()["location"], "http://127.0.0.1:9/return");
}

fn verify(sandbox: &Sandbox, delivery: &Delivery) -> Result<Verified<Event>, VerifyError> {
    let endpoint = WebhookVerifier::new(WebhookKey::new(sandbox.turbopay().webhook_key()).unwrap());
    endpoint.verify(&delivery.body, &delivery.headers)
}

fn verify_all(sandbox: &Sandbox, deliveries: &[Delivery]) -> Vec<Verified<Event>> {
    deliveries.iter().map(|delivery| verify(sandbox, delivery).unwrap()).collect()
}
