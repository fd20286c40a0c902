//! card3ds: no idempotency keys, no unique references, and no lookup for card payments.

use card3ds::{
    CheckoutCallback, Enrolment, Lookup as _, NewCheckout, NewThreeDsPayment, Outcome, PaymentStatus, ReturnUrls,
    ThreeDsCallback,
};
use payments_sandbox::Sandbox;
use payments_tests::{Merchant, card3ds_at};

use super::{EFFECTS, request_count};
use crate::support::{card_payment, lira};

#[tokio::test]
async fn a_thousand_payments_with_lost_responses_are_unknown_and_not_sent_again() {
    let sandbox = Sandbox::builder().seed(7).start().await;
    sandbox.fault("card3ds.payment#* @after-commit fin");
    let client = card3ds_at(&sandbox).unwrap();

    let mut unknown = 0;
    for number in 0..1000 {
        let err = client.create_payment(card_payment(&format!("order-{number}"))).send().await.unwrap_err();
        assert_eq!((err.outcome(), err.attempts()), (Outcome::Unknown, 1), "{err}");
        assert!(err.may_have_moved_money());
        unknown += 1;
    }

    let ledger = sandbox.ledger();
    assert_eq!((unknown, ledger.executions("card3ds.payment"), request_count(&sandbox)), (1000, 1000, 1000));
    assert_eq!(ledger.double_executions(), []);
}

#[tokio::test]
async fn every_lost_response_leaves_every_write_unknown_before_and_after_the_commit() {
    for effect in EFFECTS {
        for phase in ["before-commit", "after-commit"] {
            let sandbox = Sandbox::builder().start().await;
            let client = card3ds_at(&sandbox).unwrap();
            let authorized = client.pre_authorize(card_payment("order-1")).send().await.unwrap();
            sandbox.fault(&format!("card3ds.payment#1 @{phase} {effect}"));
            sandbox.fault(&format!("card3ds.pre-authorization#2 @{phase} {effect}"));
            sandbox.fault(&format!("card3ds.capture#1 @{phase} {effect}"));

            let errors = [
                client.create_payment(card_payment("order-2")).send().await.unwrap_err(),
                client.pre_authorize(card_payment("order-3")).send().await.unwrap_err(),
                client.capture_payment(&authorized.payment_id, lira("90")).send().await.unwrap_err(),
            ];

            for err in errors {
                assert_eq!((err.outcome(), err.attempts()), (Outcome::Unknown, 1), "{phase} {effect}: {err}");
            }
            assert_eq!(sandbox.ledger().double_executions(), []);
            sandbox.finish();
        }
    }
}

#[tokio::test]
async fn a_completion_with_a_lost_response_is_unknown_and_charged_once() {
    let (sandbox, merchant) = (Sandbox::builder().start().await, Merchant::start().await.unwrap());
    let client = card3ds_at(&sandbox).unwrap();
    let urls = ReturnUrls { success: merchant.url("/success"), failure: merchant.url("/failure") };
    let params = NewThreeDsPayment::new(card_payment("order-1"), urls);
    let Enrolment::Enrolled(challenge) = client.start_3ds(params).send().await.unwrap() else { panic!("not enrolled") };
    sandbox.card3ds().challenge(challenge.payment_id.as_str()).approve();
    sandbox.settle().await;
    let delivery = merchant.deliveries().pop().unwrap();
    let callback = ThreeDsCallback::parse(&delivery.body).unwrap();
    sandbox.fault("card3ds.complete-3ds#1 @after-commit fin");

    let err = client.complete_3ds(&challenge.payment_id, &callback).send().await.unwrap_err();

    assert_eq!((err.outcome(), err.attempts()), (Outcome::Unknown, 1));
    sandbox.ledger().order("order-1").executed_once();
    sandbox.finish();
}

#[tokio::test]
async fn the_status_of_a_checkout_can_be_looked_up_from_its_callback() {
    let (sandbox, merchant) = (Sandbox::builder().start().await, Merchant::start().await.unwrap());
    let client = card3ds_at(&sandbox).unwrap();
    let params = NewCheckout::new("order-1", lira("100.50"), "A book", merchant.url("/checkout"));
    let checkout = client.create_checkout(params).send().await.unwrap();
    let before = client.checkout_status(&checkout.checkout_id).send().await.unwrap();
    assert!(!before.status.is_final(), "{before:?}");

    sandbox.card3ds().checkout(checkout.checkout_id.as_str()).pay("5421190122090656");
    sandbox.settle().await;
    sandbox.fault("card3ds.checkout-status @query fin");
    let delivery = merchant.deliveries().pop().unwrap();
    let payment = CheckoutCallback::parse(&delivery.body).unwrap().lookup(&client).send().await.unwrap();

    assert_eq!((payment.amount(), payment.status), (Ok(lira("100.50")), PaymentStatus::Success));
    sandbox.ledger().order("order-1").executed_once();
    sandbox.finish();
}

#[tokio::test]
async fn a_declined_card_is_a_response_and_not_an_error() {
    let sandbox = Sandbox::builder().start().await;
    let client = card3ds_at(&sandbox).unwrap();

    let payment = client.create_payment(crate::support::card_payment_by("order-1", "4000000000000002")).send().await;

    let declined = payment.unwrap().into_success().unwrap_err();
    assert_eq!(declined.outcome(), Outcome::Refused);
    assert!(declined.code().is_some() && declined.object_id().is_some());
    sandbox.ledger().order("order-1").never_executed();
    sandbox.finish();
}
