//! The client against the sandbox. Both were written independently from the document, so a misreading in one shows here.

use std::time::Duration;

use payments_core::clock::Clock;
use payments_sandbox::Sandbox;
use turratech::payments_core::http::{HeaderMap, HeaderName, HeaderValue};
use turratech::payments_core::time::OffsetDateTime;
use turratech::{
    Address, ApiKey, CancelledSubscription, CaptureMethod, Client, ClientBuilder, Currency, CustomerDetails, ErrorKind,
    ErrorType, EventObject, EventType, Expected, IdempotencyExt, IdempotencyReference, ListParams, Money, NewPayment,
    NewPaymentMethod, NewRefund, NewSubscription, NewWebhookEndpoint, Outcome, RefundReason, RetryPolicy,
    SubscriptionItem, SubscriptionUpdate, Verified, VersionExt, WebhookSecret, WebhookVerifier,
};

use crate::support::{card, pounds};

fn builder(sandbox: &Sandbox, key: &str) -> ClientBuilder {
    Client::builder(ApiKey::new(key).unwrap())
        .base_url(sandbox.turratech().base_url())
        .clock(sandbox.clock())
        .timer(sandbox.clock())
}

fn client(sandbox: &Sandbox) -> Client {
    builder(sandbox, sandbox.turratech().api_key()).build().unwrap()
}

fn order(reference: &str) -> NewPayment {
    NewPayment::new(pounds(2000)).payment_method("pm_card_visa").confirm(true).metadata("order_id", reference)
}

#[tokio::test]
async fn payments_are_created_retrieved_captured_cancelled_and_refunded() {
    let sandbox = Sandbox::builder().seed(1).start().await;
    let client = client(&sandbox);

    let paid = client.create_payment(order("order-1").description("Order #1")).send().await.unwrap();
    assert!(paid.is_paid());
    assert_eq!(paid.check_metadata("order_id", &Expected::new("order-1", pounds(2000)).live(false)), Ok(()));
    assert_eq!(client.retrieve_payment(&paid.id).send().await.unwrap().id, paid.id);

    let authorized = order("order-2").capture_method(CaptureMethod::Manual);
    let authorized = client.create_payment(authorized).send().await.unwrap();
    assert!(!authorized.is_paid());
    assert!(client.capture_payment(&authorized.id).send().await.unwrap().is_paid());

    let cancelled = order("order-3").capture_method(CaptureMethod::Manual);
    let cancelled = client.create_payment(cancelled).send().await.unwrap();
    assert!(!client.cancel_payment(&cancelled.id).send().await.unwrap().is_paid());

    let part = NewRefund::new(paid.id.clone()).amount(pounds(500)).reason(RefundReason::RequestedByCustomer);
    let refund = client.create_refund(part).send().await.unwrap();
    assert_eq!(refund.amount_in(Currency::GBP).unwrap(), pounds(500));
    assert_eq!(client.retrieve_refund(&refund.id).send().await.unwrap(), refund);
    let err = client.create_refund(NewRefund::new(paid.id).amount(pounds(1501))).send().await.unwrap_err();
    assert_eq!(err.outcome(), Outcome::Refused, "{err}");
    assert!(client.list_refunds(ListParams::new()).try_next().await.unwrap().is_some());
    sandbox.finish();
}

#[tokio::test]
async fn customers_payment_methods_subscriptions_and_endpoints_are_created_and_removed() {
    let sandbox = Sandbox::builder().seed(2).start().await;
    let client = client(&sandbox);
    let details = CustomerDetails::new().email("hello@turratech.com").name("Jane Doe");
    let details = details.address(Address::new().line1("123 Main Street").city("London").country("GB"));
    let customer = client.create_customer(details).send().await.unwrap();
    let renamed = client.update_customer(&customer.id, CustomerDetails::new().name("Jane Roe")).send().await.unwrap();
    assert_eq!((renamed.name.as_deref(), renamed.email.as_deref()), (Some("Jane Roe"), Some("hello@turratech.com")));
    assert_eq!(client.retrieve_customer(&customer.id).send().await.unwrap().id, customer.id);
    assert!(client.list_customers(ListParams::new()).try_next().await.unwrap().is_some());

    let method = client.create_payment_method(NewPaymentMethod::card(card())).send().await.unwrap();
    client.attach_payment_method(&method.id, &customer.id).send().await.unwrap();

    let item = SubscriptionItem::new("price_pro_monthly").quantity(1);
    let new = NewSubscription::new(customer.id.clone(), item).trial_period_days(14);
    let new = new.default_payment_method(method.id.clone());
    let subscription = client.create_subscription(new).send().await.unwrap();
    let update = SubscriptionUpdate::new().cancel_at_period_end(true);
    client.update_subscription(&subscription.id, update).send().await.unwrap();
    let cancelled = client.cancel_subscription(&subscription.id).send().await.unwrap();
    assert_eq!(cancelled.id(), &subscription.id);
    assert!(matches!(cancelled, CancelledSubscription::Subscription(_) | CancelledSubscription::Deleted(_)));

    client.detach_payment_method(&method.id).send().await.unwrap();
    client.delete_customer(&customer.id).send().await.unwrap();
    let not_found = client.retrieve_customer(&customer.id).send().await.unwrap_err();
    assert_eq!((not_found.kind(), ErrorType::of(&not_found)), (ErrorKind::NotFound, Some(ErrorType::InvalidRequest)));

    let endpoint = NewWebhookEndpoint::new("http://127.0.0.1:9/hook", [EventType::PaymentSucceeded]);
    client.create_webhook_endpoint(endpoint).send().await.unwrap();
    sandbox.finish();
}

#[tokio::test]
async fn a_payment_whose_response_is_lost_is_executed_once() {
    for effect in ["fin", "rst", "html=502", "truncate", "garbage", "json=429", "redirect=302", "encoding=gzip"] {
        let sandbox = Sandbox::builder().seed(3).start().await;
        sandbox.fault(&format!("turratech.create-payment#1 @after-commit {effect}"));
        let result = client(&sandbox).create_payment(order("order-1")).send().await;
        // A redirect is a configuration error and is not retried. After every other fault, the retry succeeds.
        assert_eq!(result.is_ok(), effect != "redirect=302", "{effect}");
        sandbox.ledger().order("order-1").executed_once();

        sandbox.fault(&format!("turratech.create-payment#* @after-commit {effect}"));
        let err = client(&sandbox).create_payment(order("order-2")).send().await.unwrap_err();
        assert_eq!(err.outcome(), Outcome::Unknown, "{effect}: {err}");
        sandbox.ledger().order("order-2").executed_once();
        sandbox.finish();
    }
}

#[tokio::test]
async fn a_payment_that_stays_unknown_is_executed_once_by_the_next_process() {
    let sandbox = Sandbox::builder().seed(4).start().await;
    sandbox.fault("turratech.create-payment#1-3 @after-commit fin");
    // The creation time of the order, which is not when the order is paid.
    let (reference, created_at): (IdempotencyReference, _) = ("order-1".parse().unwrap(), Clock::now(&sandbox.clock()));
    sandbox.clock().advance(Duration::from_secs(60 * 60));
    let pay = || client(&sandbox).create_payment(order("order-1")).idempotency_reference(&reference, created_at);
    assert!(pay().send().await.unwrap_err().may_have_moved_money());
    assert!(pay().send().await.unwrap().is_paid());
    sandbox.clock().advance(Duration::from_secs(23 * 60 * 60));
    assert_eq!(pay().send().await.unwrap_err().outcome(), Outcome::Unknown, "nothing is sent one day later");
    sandbox.ledger().order("order-1").executed_once();
    sandbox.finish();
}

#[tokio::test]
async fn an_error_about_the_version_settles_no_earlier_request() {
    let sandbox = Sandbox::builder().seed(4).start().await;
    let (reference, created_at) = pay_and_lose_the_response(&sandbox).await;
    // A later release names an API version that TurraTech does not know: a 400 before the key is looked up.
    let repeated = client(&sandbox)
        .create_payment(order("order-1"))
        .idempotency_reference(&reference, created_at)
        .version("2024-06-01");
    let err = repeated.send().await.unwrap_err();
    assert_eq!((err.kind(), err.outcome()), (ErrorKind::InvalidRequest, Outcome::Unknown), "{err}");
    assert!(err.may_have_moved_money());
    sandbox.ledger().order("order-1").executed_once();
    sandbox.finish();
}

#[tokio::test]
async fn an_unknown_path_settles_no_earlier_request() {
    let sandbox = Sandbox::builder().seed(4).start().await;
    let (reference, created_at) = pay_and_lose_the_response(&sandbox).await;
    let base_url = sandbox.turratech().base_url().to_string().replace("/v1", "/v2");
    let client = builder(&sandbox, sandbox.turratech().api_key()).base_url(base_url).build().unwrap();
    let err =
        client.create_payment(order("order-1")).idempotency_reference(&reference, created_at).send().await.unwrap_err();
    assert_eq!((err.kind(), err.outcome()), (ErrorKind::NotFound, Outcome::Unknown), "{err}");
    assert!(err.may_have_moved_money());
    sandbox.ledger().order("order-1").executed_once();
    sandbox.abandon();
}

/// Pays order 1, but loses the response. Returns the reference and the creation time of the order.
async fn pay_and_lose_the_response(sandbox: &Sandbox) -> (IdempotencyReference, OffsetDateTime) {
    sandbox.fault("turratech.create-payment#1 @after-commit fin");
    let (reference, created_at): (IdempotencyReference, _) = ("order-1".parse().unwrap(), Clock::now(&sandbox.clock()));
    sandbox.clock().advance(Duration::from_secs(60));
    let call = client(sandbox).create_payment(order("order-1")).idempotency_reference(&reference, created_at);
    let err = call.retry(RetryPolicy::none()).send().await.unwrap_err();
    assert_eq!(err.outcome(), Outcome::Unknown);
    (reference, created_at)
}

#[tokio::test]
async fn a_wrong_api_key_is_rejected_and_a_publishable_key_creates_payment_methods() {
    let sandbox = Sandbox::builder().seed(5).start().await;
    let unknown_key = builder(&sandbox, "sk_test_nobody").build().unwrap();
    let err = unknown_key.create_payment(order("order-1")).send().await.unwrap_err();
    assert_eq!((err.kind(), err.outcome()), (ErrorKind::Authentication, Outcome::Refused));
    assert_eq!(ErrorType::of(&err), Some(ErrorType::Authentication));
    let publishable = builder(&sandbox, sandbox.turratech().publishable_key()).build().unwrap();
    publishable.create_payment_method(NewPaymentMethod::card(card())).send().await.unwrap();
    let err = publishable.create_payment(order("order-1")).send().await.unwrap_err();
    assert_eq!(err.kind(), ErrorKind::Unsupported);
    sandbox.ledger().order("order-1").never_executed();
    sandbox.finish();
}

#[tokio::test]
async fn a_list_contains_the_same_payments_in_both_directions() {
    let sandbox = Sandbox::builder().seed(6).start().await;
    let client = client(&sandbox);
    let seeded = sandbox.turratech().seed_payments(250);
    let mut older = Vec::new();
    let mut payments = client.list_payments(ListParams::new().limit(100));
    while let Some(payment) = payments.try_next().await.unwrap() {
        older.push(payment.unwrap().id);
    }
    assert_eq!(older.len(), seeded.len());
    let oldest = older.last().unwrap().clone();
    let mut newer = vec![oldest.clone()];
    let mut payments = client.list_payments(ListParams::new().limit(70).ending_before(oldest));
    while let Some(payment) = payments.try_next().await.unwrap() {
        newer.push(payment.unwrap().id);
    }
    newer.reverse();
    assert_eq!(newer, older);
    sandbox.finish();
}

#[tokio::test]
async fn the_sandboxs_events_are_verified_and_decoded() {
    let sandbox = Sandbox::builder().seed(7).start().await;
    let client = client(&sandbox);
    sandbox.turratech().send_events_to("http://127.0.0.1:9/hook");
    let paid = client.create_payment(order("order-1")).send().await.unwrap();
    client.create_refund(NewRefund::new(paid.id.clone())).send().await.unwrap();
    let customer = client.create_customer(CustomerDetails::new().name("Jane")).send().await.unwrap();

    let secret = WebhookSecret::new(sandbox.turratech().webhook_secret()).unwrap();
    let verifier = WebhookVerifier::new(secret).clock(sandbox.clock());
    let events: Vec<Verified<turratech::Event>> = sandbox
        .deliveries()
        .iter()
        .map(|delivery| {
            let mut headers = HeaderMap::new();
            for (name, value) in &delivery.headers {
                let name: HeaderName = name.parse().unwrap();
                headers.append(name, HeaderValue::from_str(value).unwrap());
            }
            verifier.verify(&delivery.body, &headers).unwrap()
        })
        .collect();
    let types: Vec<_> = events.iter().map(|event| event.event_type.clone()).collect();
    assert!(types.contains(&EventType::PaymentSucceeded), "{types:?}");
    assert!(types.contains(&EventType::RefundCreated), "{types:?}");
    assert!(types.contains(&EventType::CustomerCreated), "{types:?}");
    for event in &events {
        match event.object().unwrap() {
            EventObject::Payment(payment) => {
                assert_eq!(payment.check(&Expected::new(&paid.id, Money::from_minor(2000, Currency::GBP))), Ok(()));
            }
            EventObject::Refund(refund) => assert_eq!(refund.payment, Some(paid.id.clone())),
            EventObject::Customer(created) => assert_eq!(created.id, customer.id),
            other => panic!("{other:?}"),
        }
    }
    sandbox.abandon();
}
