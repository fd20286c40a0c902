//! The shared traits over several providers, against the sandbox.

use payments::gateway::{
    Capture, CaptureRequest, Lookup, NextAction, PayOut, PaymentRequest, PayoutRequest, Refund, RefundRequest,
    Retrieve, StartPayment,
};
use payments::{
    Currency, Error, Expected, Mismatch, Money, Outcome, PaymentStatus, card3ds, turbo_txn, turbopay, turratech,
};
use payments_sandbox::Sandbox;

fn turbopay_client(sandbox: &Sandbox) -> turbopay::Client {
    let simulated = sandbox.turbopay();
    turbopay::Client::builder(turbopay::ApiKey::new(simulated.api_key()).unwrap())
        .base_url(simulated.base_url())
        .clock(sandbox.clock())
        .timer(sandbox.clock())
        .status_url("http://127.0.0.1:9/status")
        .redirect_url("http://127.0.0.1:9/return")
        .traffic(turbopay::Traffic::Standard)
        .build()
        .unwrap()
}

fn turbo_txn_client(sandbox: &Sandbox) -> turbo_txn::Client {
    let simulated = sandbox.turbo_txn();
    let id = turbo_txn::ClientId::new(simulated.client_id()).unwrap();
    let builder = turbo_txn::Client::builder(id, turbo_txn::SecretKey::new(simulated.secret_key()).unwrap());
    builder.base_url(simulated.base_url()).clock(sandbox.clock()).timer(sandbox.clock()).build().unwrap()
}

fn turratech_client(sandbox: &Sandbox) -> turratech::Client {
    let simulated = sandbox.turratech();
    let builder = turratech::Client::builder(turratech::ApiKey::new(simulated.api_key()).unwrap());
    builder.base_url(simulated.base_url()).clock(sandbox.clock()).timer(sandbox.clock()).build().unwrap()
}

fn card3ds_client(sandbox: &Sandbox) -> card3ds::Client {
    let simulated = sandbox.card3ds();
    let key = card3ds::ApiKey::new(simulated.api_key()).unwrap();
    let builder = card3ds::Client::builder(key, card3ds::ApiSecret::new(simulated.api_secret()).unwrap());
    builder.base_url(simulated.base_url()).clock(sandbox.clock()).timer(sandbox.clock()).build().unwrap()
}

fn rupees() -> Money {
    Money::from_minor(30_000, Currency::INR)
}

fn request(reference: &str, amount: Money) -> PaymentRequest {
    PaymentRequest::new(reference, amount)
        .customer("customer-9")
        .description("A book")
        .return_url("http://127.0.0.1:9/return")
}

/// Tries the providers in order, and returns the index of the one that started the payment.
async fn start(providers: &[&dyn StartPayment], request: &PaymentRequest) -> Result<usize, Error> {
    let mut last = Error::configuration("there is no provider");
    for (index, provider) in providers.iter().enumerate() {
        match provider.start_payment(request).await {
            Ok(_) => return Ok(index),
            Err(err) if err.outcome() == Outcome::Unknown => return Err(err),
            Err(err) => last = err,
        }
    }
    Err(last)
}

#[tokio::test]
async fn another_provider_is_tried_after_a_refusal_but_never_after_an_unknown_outcome() {
    let sandbox = Sandbox::builder().start().await;
    let (first, second) = (turbopay_client(&sandbox), turbo_txn_client(&sandbox));
    let providers: [&dyn StartPayment; 2] = [&first, &second];
    sandbox.fault("turbopay.deposit#1 @before-commit json=422");
    sandbox.fault("turbopay.deposit#2 @after-commit fin");

    assert_eq!(start(&providers, &request("order-1", rupees())).await.unwrap(), 1);
    let err = start(&providers, &request("order-2", rupees())).await.unwrap_err();

    assert_eq!((err.outcome(), err.provider()), (Outcome::Unknown, "turbopay"));
    let ledger = sandbox.ledger();
    assert_eq!((ledger.executions("turbopay.deposit"), ledger.executions("turbo-txn.initiate")), (1, 1));
    sandbox.finish();
}

#[tokio::test]
async fn a_started_payment_is_looked_up_and_compared_with_the_order() {
    let sandbox = Sandbox::builder().start().await;
    let (first, second) = (turbopay_client(&sandbox), turbo_txn_client(&sandbox));
    let started = first.start_payment(&request("order-1", rupees())).await.unwrap();
    assert!(matches!(started.next, NextAction::Redirect { .. }));
    let adjusted = second.start_payment(&request("order-2", rupees())).await.unwrap();
    assert_eq!(adjusted.amount, Money::from_minor(30_001, Currency::INR));

    let state = first.lookup_payment(&Expected::new("order-1", rupees())).await.unwrap();
    assert_eq!((state.status, state.is_final, state.mismatch), (PaymentStatus::AwaitingCustomer, false, None));
    let by_id = first.retrieve(started.id.as_deref().unwrap(), &Expected::new("order-1", rupees())).await.unwrap();
    assert_eq!(by_id.amount, Some(rupees()));
    sandbox.turbo_txn().order("order-2").approve();
    let state = second.lookup_payment(&Expected::new("order-2", rupees())).await.unwrap();
    assert!(state.status.is_paid() && !state.is_paid_as_expected());
    assert!(matches!(state.mismatch, Some(Mismatch::AmountDiffers { .. })));
    assert!(second.lookup_payment(&Expected::new("order-2", adjusted.amount)).await.unwrap().is_paid_as_expected());
    sandbox.finish();
}

#[tokio::test]
async fn a_missing_required_field_is_named_before_anything_is_sent() {
    let sandbox = Sandbox::builder().start().await;
    let bare = PaymentRequest::new("order-1", rupees());
    let missing: [(&dyn StartPayment, &str); 4] = [
        (&turbopay_client(&sandbox), "customer"),
        (&turbo_txn_client(&sandbox), "return_url"),
        (&turratech_client(&sandbox), "payment_method"),
        (&card3ds_client(&sandbox), "description"),
    ];
    for (provider, field) in missing {
        let err = provider.start_payment(&bare).await.unwrap_err();
        assert_eq!((err.outcome(), err.param()), (Outcome::NotSent, Some(field)), "{err}");
    }
    assert_eq!(sandbox.ledger().entries().len(), 0);
    sandbox.finish();
}

#[tokio::test]
async fn an_invalid_field_is_named_as_the_request_names_it() {
    let sandbox = Sandbox::builder().start().await;
    let (turbopay, turbo_txn) = (turbopay_client(&sandbox), turbo_txn_client(&sandbox));
    let (turratech, card3ds) = (turratech_client(&sandbox), card3ds_client(&sandbox));
    let valid = request("order-1", rupees()).payment_method("pm_card_visa");
    let payout = |customer, account, bank| PayoutRequest::new("payout-1", rupees(), customer, account, bank);
    let (account, ifsc) = ("065432123456789", "HDFC0000053");
    let expected = |reference| Expected::new(reference, rupees());
    let errors = [
        ("reference", turbopay.start_payment(&request("..", rupees())).await.err()),
        ("customer", turbopay.start_payment(&valid.clone().customer("")).await.err()),
        ("return_url", turbopay.start_payment(&valid.clone().return_url("shop.example")).await.err()),
        ("reference", turbopay.lookup_payment(&expected("..")).await.err()),
        ("id", turbopay.retrieve("../x", &expected("order-1")).await.err()),
        ("reference", turbopay.pay_out(&PayoutRequest::new("", rupees(), "c", account, ifsc)).await.err()),
        ("customer", turbopay.pay_out(&payout("", account, ifsc)).await.err()),
        ("account", turbopay.pay_out(&payout("c", "1", ifsc)).await.err()),
        ("account", turbopay.pay_out(&payout("c", "ABCDEFGHI", ifsc)).await.err()),
        ("bank", turbopay.pay_out(&payout("c", account, "HDFC/000053")).await.err()),
        ("bank", turbopay.pay_out(&payout("c", account, "HDFC")).await.err()),
        ("reference", turbo_txn.start_payment(&request("order 1", rupees())).await.err()),
        ("return_url", turbo_txn.start_payment(&valid.clone().return_url("shop.example")).await.err()),
        ("reference", turbo_txn.lookup_payment(&expected("order 1")).await.err()),
        ("payment_method", turratech.start_payment(&valid.clone().payment_method("../x")).await.err()),
        ("return_url", turratech.start_payment(&valid.clone().return_url("shop.example")).await.err()),
        ("id", turratech.retrieve("../x", &expected("order-1")).await.err()),
        ("payment_id", turratech.capture(&CaptureRequest::new("capture-1", "../x", rupees())).await.err()),
        ("payment_id", turratech.refund(&RefundRequest::new("refund-1", "../x", rupees())).await.err()),
        ("reference", card3ds.start_payment(&request("", rupees())).await.err()),
        ("customer", card3ds.start_payment(&valid.clone().customer("")).await.err()),
        ("description", card3ds.start_payment(&valid.clone().description("")).await.err()),
        ("return_url", card3ds.start_payment(&valid.return_url("shop.example")).await.err()),
        ("id", card3ds.retrieve("../x", &expected("order-1")).await.err()),
        ("payment_id", card3ds.capture(&CaptureRequest::new("capture-1", "../x", rupees())).await.err()),
    ];
    for (index, (field, err)) in errors.into_iter().enumerate() {
        let err = err.unwrap_or_else(|| panic!("{index}: accepted"));
        assert_eq!((err.outcome(), err.param()), (Outcome::NotSent, Some(field)), "{index}: {err}");
        assert!(err.to_string().contains(&format!("`{field}`")), "{index}: {err}");
    }
    assert_eq!(sandbox.ledger().entries().len(), 0);
    sandbox.finish();
}

#[tokio::test]
async fn a_payment_is_executed_once_per_order_and_can_be_refunded() {
    let sandbox = Sandbox::builder().start().await;
    let client = turratech_client(&sandbox);
    let price = Money::from_minor(2000, Currency::GBP);
    let created_at = payments::payments_core::clock::Clock::now(&sandbox.clock());
    let request = PaymentRequest::new("order-1", price).payment_method("pm_card_visa").created_at(created_at);

    let first = client.start_payment(&request).await.unwrap();
    let second = client.start_payment(&request).await.unwrap();
    assert_eq!((&first.id, first.status), (&second.id, PaymentStatus::Succeeded));
    sandbox.ledger().order("order-1").executed_once();
    let state = client.retrieve(first.id.as_deref().unwrap(), &Expected::new("order-1", price)).await.unwrap();
    assert!(state.is_paid_as_expected());

    let part = Money::from_minor(500, Currency::GBP);
    let refund = RefundRequest::new("refund-1", first.id.unwrap(), part).created_at(created_at);
    assert_eq!(client.refund(&refund).await.unwrap().amount, Some(part));
    sandbox.finish();
}

#[tokio::test]
async fn an_authorized_amount_is_captured_and_money_is_paid_out() {
    let sandbox = Sandbox::builder()
        .turbopay(payments_sandbox::turbopay::Settings::default().opening_balance(1000))
        .start()
        .await;
    let cards = card3ds_client(&sandbox);
    let card = card3ds::Card::new(
        "John Doe",
        "5421190122090656".parse().unwrap(),
        card3ds::Expiry::new(4, 2028).unwrap(),
        "916".parse().unwrap(),
    );
    let lira = |text| Money::parse(text, Currency::TRY).unwrap();
    let new =
        card3ds::NewPayment::new("order-1".parse().unwrap(), lira("100"), card, "198.51.100.7:1".parse().unwrap());
    let authorized = cards.pre_authorize(new).send().await.unwrap();
    let captured =
        cards.capture(&CaptureRequest::new("capture-1", authorized.payment_id.as_str(), lira("90"))).await.unwrap();
    assert_eq!((captured.status, captured.amount), (PaymentStatus::Succeeded, Some(lira("90"))));

    let payout = PayoutRequest::new(
        "payout-1",
        Money::from_minor(50_000, Currency::INR),
        "customer-9",
        "065432123456789",
        "HDFC0000053",
    );
    let bank = turbopay_client(&sandbox);
    bank.pay_out(&payout).await.unwrap();
    sandbox.ledger().order("payout-1").executed_once();
    sandbox.finish();
}
