//! The shared traits over several providers, against the sandbox.

use payments::gateway::{
    Capture, CaptureRequest, Confirm, ConfirmRequest, Feature, Lookup, NextAction, PayOut, PaymentRequest,
    PayoutRequest, Refund, RefundRequest, Retrieve, StartPayment, Support,
};
use payments::{CAPABILITIES, Currency, Error, ErrorKind, Expected, Mismatch, Money, Outcome, PaymentStatus, card3ds};
use payments_sandbox::{EntryKind, Sandbox};

use crate::support::{card, card3ds_client, lira, rupees, turbo_txn_client, turbopay_client, turratech_client};

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
    let (order, address) = ("order-1", "198.51.100.7:1".parse().unwrap());
    let new = card3ds::NewPayment::new(order, lira("100"), card(), address);
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

#[tokio::test]
async fn the_merchants_own_page_gets_the_data_for_a_upi_payment_and_confirms_it_by_utr() {
    let sandbox = Sandbox::builder().start().await;
    let client = turbopay_client(&sandbox);
    let started = client.start_payment(&request("order-1", rupees()).own_page()).await.unwrap();
    let NextAction::Upi(upi) = &started.next else { panic!("{:?}", started.next) };
    assert_eq!((&started.status, started.amount), (&PaymentStatus::AwaitingCustomer, rupees()));
    assert_eq!((upi.address.as_str(), upi.payee.as_deref()), ("test@test", Some("[TEST] - SANDBOX")));
    assert!(upi.note.as_ref().is_some_and(|note| !note.is_empty()));
    let intent = upi.intent.as_deref().unwrap();
    assert!(intent.starts_with("upi://pay?pa=test%40test&") && intent.ends_with("&am=300.00&cu=INR"), "{intent}");
    assert!(upi.qr_png.as_ref().unwrap().starts_with(b"\x89PNG"));
    assert!(upi.deep_links.contains_key("phonepe") && upi.deep_links.contains_key("paytm"), "{upi:?}");
    assert_eq!(upi.expires_after, Some(std::time::Duration::from_secs(600)));

    let printed = format!("{started:?}");
    let id = started.id.unwrap();
    let confirmation = ConfirmRequest::new("order-1/confirm", &id, "409876543210");
    assert!(!format!("{confirmation:?} {printed}").contains(&id), "the id must be kept private");
    let confirmed = client.confirm(&confirmation).await.unwrap();
    assert_eq!((confirmed.status, confirmed.is_final), (PaymentStatus::Processing, false));
    sandbox.turbopay().order("order-1").succeed_with("299.00");
    let state = client.retrieve(&id, &Expected::new("order-1", rupees())).await.unwrap();
    assert!(state.status.is_paid() && !state.is_paid_as_expected(), "another amount was paid");
    assert!(!format!("{state:?}").contains(&id));

    let hosted = client.start_payment(&request("order-2", rupees())).await.unwrap();
    assert!(matches!(hosted.next, NextAction::Redirect { .. }));
    sandbox.finish();
}

#[tokio::test]
async fn a_card_is_charged_after_3_d_secure_with_the_providers_own_completion() {
    let sandbox = Sandbox::builder().start().await;
    let client = card3ds_client(&sandbox);
    let started = client.start_payment(&card_request("order-1")).await.unwrap();
    assert_eq!((started.status, started.amount), (PaymentStatus::AwaitingCustomer, lira("100.50")));
    let NextAction::Html(page) = started.next else { panic!("{:?}", started.next) };
    let page = card3ds::ChallengePage::from(page);
    assert!(page.frame("challenge").contains("sandbox="));
    assert_eq!(sandbox.ledger().order("order-1").executions(), 0);

    let id = started.id.unwrap();
    sandbox.card3ds().challenge(&id).approve();
    let form = sandbox.deliveries().pop().unwrap();
    assert_eq!(form.url, "http://127.0.0.1:9/return");
    let callback = card3ds::ThreeDsCallback::parse(&form.body).unwrap();
    let paid = client.complete_3ds(&id.parse().unwrap(), &callback).send().await.unwrap().into_success().unwrap();
    assert_eq!(paid.check(&Expected::new("order-1", lira("100.50"))), Ok(()));
    sandbox.ledger().order("order-1").executed_once();

    let rejected = client.start_payment(&card_request("order-2")).await.unwrap();
    sandbox.card3ds().challenge(&rejected.id.unwrap()).reject();
    assert_eq!(sandbox.deliveries().pop().unwrap().url, "http://127.0.0.1:9/failed");
    sandbox.finish();
}

#[tokio::test]
async fn a_card_that_is_not_enrolled_is_refused_so_that_another_way_can_be_tried() {
    let settings = payments_sandbox::card3ds::Settings::default().not_enrolled("5421190122090656");
    let sandbox = Sandbox::builder().card3ds(settings).start().await;
    let err = card3ds_client(&sandbox).start_payment(&card_request("order-1")).await.unwrap_err();
    assert_eq!((err.kind(), err.outcome()), (ErrorKind::Declined, Outcome::Refused), "{err}");
    assert!(err.provider() == "card3ds" && err.code().is_some() && err.object_id().is_some(), "{err:?}");
    assert_eq!(sandbox.ledger().entries().len(), 0);
    sandbox.finish();
}

#[tokio::test]
async fn a_field_that_a_card_needs_is_named_before_anything_is_sent() {
    let sandbox = Sandbox::builder().start().await;
    let client = card3ds_client(&sandbox);
    let bare = || PaymentRequest::new("order-1", lira("100.50")).card(card());
    let address = "198.51.100.7:52144".parse().unwrap();
    let returning = || bare().customer_address(address).return_url("http://127.0.0.1:9/return");
    for (field, request) in [
        ("customer_address", bare()),
        ("customer_address", returning().customer_address("198.51.100.7:0".parse().unwrap())),
        ("return_url", bare().customer_address(address)),
        ("return_url", returning().return_url("shop.example")),
        ("failure_url", returning()),
        ("failure_url", returning().failure_url("shop.example")),
        ("customer", card_request("order-1").customer("")),
        ("reference", card_request("")),
    ] {
        let err = client.start_payment(&request).await.unwrap_err();
        assert_eq!((err.outcome(), err.param()), (Outcome::NotSent, Some(field)), "{err}");
    }
    assert_eq!(sandbox.ledger().entries().len(), 0);
    sandbox.finish();
}

#[tokio::test]
async fn a_way_of_paying_that_the_table_does_not_list_is_refused_by_name_and_a_listed_one_works() {
    let sandbox = Sandbox::builder().start().await;
    let (turratech, turbo_txn) = (turratech_client(&sandbox), turbo_txn_client(&sandbox));
    let (card3ds, turbopay) = (card3ds_client(&sandbox), turbopay_client(&sandbox));
    let mut supported = Vec::new();
    for table in CAPABILITIES.iter().filter(|table| table.of(Feature::StartPayment) == Support::Supported) {
        let (client, amount): (&dyn StartPayment, _) = match table.provider {
            "turratech" => (&turratech, Money::from_minor(2000, Currency::GBP)),
            "turbo-txn" => (&turbo_txn, rupees()),
            "card3ds" => (&card3ds, lira("100.50")),
            "turbopay" => (&turbopay, rupees()),
            other => panic!("{other}"),
        };
        let complete = request(&format!("{}-1", table.provider), amount).payment_method("pm_card_visa");
        let complete = complete.customer_address("198.51.100.7:1".parse().unwrap()).failure_url("http://127.0.0.1:9/f");
        for (feature, field, request) in [
            (Feature::OwnPage, "own_page", complete.clone().own_page()),
            (Feature::Card, "card", complete.card(card())),
        ] {
            let result = client.start_payment(&request).await;
            if table.of(feature) == Support::Supported {
                let next = result.unwrap().next;
                assert!(matches!((feature, &next), (Feature::OwnPage, NextAction::Upi(_)) | (_, NextAction::Html(_))));
                supported.push((table.provider, field));
            } else {
                let err = result.unwrap_err();
                assert_eq!((err.kind(), err.outcome()), (ErrorKind::Unsupported, Outcome::NotSent), "{err}");
                assert_eq!((err.provider(), err.param()), (table.provider, Some(field)), "{err}");
                assert!(
                    err.to_string().contains(&format!("`{field}` is not supported by {}", table.provider)),
                    "{err}"
                );
            }
        }
    }
    assert_eq!(supported, [("card3ds", "card"), ("turbopay", "own_page")]);
    let begun = |entry: &&payments_sandbox::Entry| matches!(entry.kind, EntryKind::Begun | EntryKind::Executed);
    assert_eq!(sandbox.ledger().entries().iter().filter(begun).count(), 2, "nothing else was sent");
    sandbox.finish();
}

#[tokio::test]
async fn a_request_with_a_card_prints_no_card() {
    let request = card_request("order-1");
    let printed = format!("{request:?} {request:#?}");
    for secret in ["5421190122090656", "916", "2028"] {
        assert!(!printed.contains(secret), "{secret} in {printed}");
    }
    assert!(printed.contains("542119******0656"), "{printed}");
}

fn card_request(reference: &str) -> PaymentRequest {
    PaymentRequest::new(reference, lira("100.50"))
        .card(card())
        .customer_address("198.51.100.7:52144".parse().unwrap())
        .return_url("http://127.0.0.1:9/return")
        .failure_url("http://127.0.0.1:9/failed")
}
