//! One vocabulary over several providers, against the sandbox.

use payments::gateway::{
    Capture, CaptureRequest, Lookup, NextAction, PayOut, PaymentRequest, PayoutRequest, Refund, RefundRequest,
    Retrieve, StartPayment,
};
use payments::{
    Currency, Error, Expected, Mismatch, Money, Outcome, PaymentStatus, card3ds, turbo_txn, turbopay, turratech,
};
use payments_sandbox::Sandbox;

fn turbopay_at(sandbox: &Sandbox) -> turbopay::Client {
    let there = sandbox.turbopay();
    turbopay::Client::builder(turbopay::ApiKey::new(there.api_key()).unwrap())
        .base_url(there.base_url())
        .clock(sandbox.clock())
        .timer(sandbox.clock())
        .status_url("http://127.0.0.1:9/status")
        .redirect_url("http://127.0.0.1:9/return")
        .traffic(turbopay::Traffic::Standard)
        .build()
        .unwrap()
}

fn turbo_txn_at(sandbox: &Sandbox) -> turbo_txn::Client {
    let there = sandbox.turbo_txn();
    let id = turbo_txn::ClientId::new(there.client_id()).unwrap();
    let builder = turbo_txn::Client::builder(id, turbo_txn::SecretKey::new(there.secret_key()).unwrap());
    builder.base_url(there.base_url()).clock(sandbox.clock()).timer(sandbox.clock()).build().unwrap()
}

fn turratech_at(sandbox: &Sandbox) -> turratech::Client {
    let there = sandbox.turratech();
    let builder = turratech::Client::builder(turratech::ApiKey::new(there.api_key()).unwrap());
    builder.base_url(there.base_url()).clock(sandbox.clock()).timer(sandbox.clock()).build().unwrap()
}

fn card3ds_at(sandbox: &Sandbox) -> card3ds::Client {
    let there = sandbox.card3ds();
    let key = card3ds::ApiKey::new(there.api_key()).unwrap();
    let builder = card3ds::Client::builder(key, card3ds::ApiSecret::new(there.api_secret()).unwrap());
    builder.base_url(there.base_url()).clock(sandbox.clock()).timer(sandbox.clock()).build().unwrap()
}

fn rupees() -> Money {
    Money::from_minor(30_000, Currency::INR)
}

fn order(reference: &str, amount: Money) -> PaymentRequest {
    PaymentRequest::new(reference, amount)
        .customer("customer-9")
        .description("A book")
        .return_url("http://127.0.0.1:9/return")
}

async fn start(providers: &[&dyn StartPayment], order: &PaymentRequest) -> Result<usize, Error> {
    let mut last = Error::configuration("there is no provider");
    for (number, provider) in providers.iter().enumerate() {
        match provider.start_payment(order).await {
            Ok(_) => return Ok(number),
            Err(err) if err.outcome() == Outcome::Unknown => return Err(err),
            Err(err) => last = err,
        }
    }
    Err(last)
}

#[tokio::test]
async fn another_provider_is_asked_after_a_refusal_and_never_after_an_unknown_outcome() {
    let sandbox = Sandbox::builder().start().await;
    let (first, second) = (turbopay_at(&sandbox), turbo_txn_at(&sandbox));
    let providers: [&dyn StartPayment; 2] = [&first, &second];
    sandbox.fault("turbopay.deposit#1 @before-commit json=422");
    sandbox.fault("turbopay.deposit#2 @after-commit fin");

    assert_eq!(start(&providers, &order("order-1", rupees())).await.unwrap(), 1);
    let err = start(&providers, &order("order-2", rupees())).await.unwrap_err();

    assert_eq!((err.outcome(), err.provider()), (Outcome::Unknown, "turbopay"));
    let ledger = sandbox.ledger();
    assert_eq!((ledger.executions("turbopay.deposit"), ledger.executions("turbo-txn.initiate")), (1, 1));
    sandbox.finish();
}

#[tokio::test]
async fn what_was_started_is_found_and_held_against_what_was_ordered() {
    let sandbox = Sandbox::builder().start().await;
    let (first, second) = (turbopay_at(&sandbox), turbo_txn_at(&sandbox));
    let started = first.start_payment(&order("order-1", rupees())).await.unwrap();
    assert!(matches!(started.next, NextAction::Redirect { .. }));
    let adjusted = second.start_payment(&order("order-2", rupees())).await.unwrap();
    assert_eq!(adjusted.amount, Money::from_minor(30_001, Currency::INR));

    let found = first.lookup_payment(&Expected::new("order-1", rupees())).await.unwrap();
    assert_eq!((found.status, found.is_final, found.mismatch), (PaymentStatus::AwaitingCustomer, false, None));
    let by_id = first.retrieve(started.id.as_deref().unwrap(), &Expected::new("order-1", rupees())).await.unwrap();
    assert_eq!(by_id.amount, Some(rupees()));
    sandbox.turbo_txn().order("order-2").approve();
    let paid = second.lookup_payment(&Expected::new("order-2", rupees())).await.unwrap();
    assert!(paid.status.is_paid() && !paid.is_paid_as_expected());
    assert!(matches!(paid.mismatch, Some(Mismatch::AmountDiffers { .. })));
    assert!(second.lookup_payment(&Expected::new("order-2", adjusted.amount)).await.unwrap().is_paid_as_expected());
    sandbox.finish();
}

#[tokio::test]
async fn what_a_provider_requires_is_named_before_anything_is_sent() {
    let sandbox = Sandbox::builder().start().await;
    let bare = PaymentRequest::new("order-1", rupees());
    let missing: [(&dyn StartPayment, &str); 4] = [
        (&turbopay_at(&sandbox), "customer"),
        (&turbo_txn_at(&sandbox), "return_url"),
        (&turratech_at(&sandbox), "payment_method"),
        (&card3ds_at(&sandbox), "description"),
    ];
    for (provider, field) in missing {
        let err = provider.start_payment(&bare).await.unwrap_err();
        assert_eq!((err.outcome(), err.param()), (Outcome::NotSent, Some(field)), "{err}");
    }
    assert_eq!(sandbox.ledger().entries().len(), 0);
    sandbox.finish();
}

#[tokio::test]
async fn a_payment_is_made_once_for_an_order_and_given_back() {
    let sandbox = Sandbox::builder().start().await;
    let client = turratech_at(&sandbox);
    let price = Money::from_minor(2000, Currency::GBP);
    let made = payments::payments_core::clock::Clock::now(&sandbox.clock());
    let order = PaymentRequest::new("order-1", price).payment_method("pm_card_visa").created_at(made);

    let first = client.start_payment(&order).await.unwrap();
    let again = client.start_payment(&order).await.unwrap();
    assert_eq!((&first.id, first.status), (&again.id, PaymentStatus::Succeeded));
    sandbox.ledger().order("order-1").executed_once();
    let found = client.retrieve(first.id.as_deref().unwrap(), &Expected::new("order-1", price)).await.unwrap();
    assert!(found.is_paid_as_expected());

    let part = Money::from_minor(500, Currency::GBP);
    let refund = RefundRequest::new("refund-1", first.id.unwrap(), part).created_at(made);
    assert_eq!(client.refund_payment(&refund).await.unwrap().amount, Some(part));
    sandbox.finish();
}

#[tokio::test]
async fn holds_are_captured_and_money_is_paid_out() {
    let sandbox = Sandbox::builder()
        .turbopay(payments_sandbox::turbopay::Settings::default().opening_balance(1000))
        .start()
        .await;
    let cards = card3ds_at(&sandbox);
    let card = card3ds::Card::new(
        "John Doe",
        "5421190122090656".parse().unwrap(),
        card3ds::Expiry::new(4, 2028).unwrap(),
        "916".parse().unwrap(),
    );
    let lira = |text| Money::parse(text, Currency::TRY).unwrap();
    let new =
        card3ds::NewPayment::new("order-1".parse().unwrap(), lira("100"), card, "198.51.100.7:1".parse().unwrap());
    let held = cards.pre_authorize(new).send().await.unwrap();
    let captured = cards.capture_payment(&CaptureRequest::new(held.payment_id.as_str(), lira("90"))).await.unwrap();
    assert_eq!((captured.status, captured.amount), (PaymentStatus::Succeeded, Some(lira("90"))));

    let payout = PayoutRequest::new(
        "payout-1",
        Money::from_minor(50_000, Currency::INR),
        "customer-9",
        "065432123456789",
        "HDFC0000053",
    );
    let bank = turbopay_at(&sandbox);
    bank.pay_out(&payout).await.unwrap();
    sandbox.ledger().order("payout-1").executed_once();
    sandbox.finish();
}
