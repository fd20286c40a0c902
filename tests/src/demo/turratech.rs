//! TurraTech: a payment, an authorization, a subscription, and a lost response.

use std::time::Duration;

use payments_sandbox::Sandbox;
use turratech::{
    CaptureMethod, Client, Currency, CustomerDetails, EventType, Expected, Money, NewPayment, NewRefund,
    NewSubscription, PaymentStatus, SubscriptionItem, WebhookSecret, WebhookVerifier,
};

use super::{Failed, Flow, Tour, step};
use crate::clients::turratech_at;
use crate::merchant::Merchant;

pub(super) async fn tour(seed: u64) -> Result<Tour, Failed> {
    let sandbox = Sandbox::builder().seed(seed).try_start().await?;
    let merchant = Merchant::start().await?;
    sandbox.turratech().send_events_to(&merchant.url("/events"));
    let client = turratech_at(&sandbox)?;
    let flows = vec![
        payment(&sandbox, &merchant, &client).await?,
        capture(&sandbox, &client).await?,
        subscription(&sandbox, &merchant, &client).await?,
        lost_response(&sandbox, &client).await?,
    ];
    sandbox.finish();
    Ok(Tour { provider: "TurraTech", about: "cards, subscriptions, idempotency keys, signed webhooks", flows })
}

async fn payment(sandbox: &Sandbox, merchant: &Merchant, client: &Client) -> Result<Flow, Failed> {
    let verifier = WebhookVerifier::new(WebhookSecret::new(sandbox.turratech().webhook_secret())?);
    let verifier = verifier.clock(sandbox.clock());
    let payment = client.create_payment(new_payment(2000, "order-1")).send().await?;
    let mut steps = vec![step("create_payment", format_args!("{}, status {}", payment.amount()?, payment.status))];
    sandbox.settle().await;
    let delivery = merchant.deliveries().pop().ok_or("no webhook arrived")?;
    let event = verifier.verify(&delivery.body, &delivery.headers)?;
    steps.push(step("webhook (verified)", &event.event_type));
    let refund = client.create_refund(NewRefund::new(payment.id.clone()).amount(pounds(500))).send().await?;
    let refunded = refund.amount_in(Currency::GBP)?;
    steps.push(step("create_refund", format_args!("{refunded} refunded")));
    let checked = payment.check_metadata("order_id", &Expected::new("order-1", pounds(2000)).live(false));
    let as_expected = payment.is_paid() && checked.is_ok() && event.event_type == EventType::PaymentSucceeded;
    Ok(Flow { title: "A card payment and a partial refund", steps, as_expected })
}

async fn capture(sandbox: &Sandbox, client: &Client) -> Result<Flow, Failed> {
    let new = new_payment(3000, "order-2").capture_method(CaptureMethod::Manual);
    let authorized = client.create_payment(new).send().await?;
    let captured = client.capture_payment(&authorized.id).send().await?;
    let steps = vec![
        step("create_payment", format_args!("{}, status {}", authorized.amount()?, authorized.status)),
        step("capture_payment", format_args!("{}, status {}", captured.amount()?, captured.status)),
    ];
    let as_expected = authorized.status == PaymentStatus::RequiresCapture && captured.is_paid();
    let executed = sandbox.ledger().executions("turratech.create-payment") == 2;
    Ok(Flow { title: "An authorization and its capture", steps, as_expected: as_expected && executed })
}

async fn subscription(sandbox: &Sandbox, merchant: &Merchant, client: &Client) -> Result<Flow, Failed> {
    let customer = CustomerDetails::new().email("hello@shop.example").payment_method("pm_card_visa");
    let customer = client.create_customer(customer).send().await?;
    let new = NewSubscription::new(customer.id.clone(), SubscriptionItem::new("price_pro_monthly"));
    let created = client.create_subscription(new.trial_period_days(14)).send().await?;
    let mut steps =
        vec![step("create_subscription", format_args!("status {}", status_or_missing(created.status.as_ref())))];
    sandbox.settle().await;
    let before = merchant.deliveries().len();
    sandbox.clock().advance(Duration::from_secs(14 * 24 * 60 * 60));
    sandbox.settle().await;
    steps.push("(14 days pass)".to_owned());
    let verifier = WebhookVerifier::new(WebhookSecret::new(sandbox.turratech().webhook_secret())?);
    let verifier = verifier.clock(sandbox.clock());
    let mut paid = false;
    for delivery in merchant.deliveries().iter().skip(before) {
        let event = verifier.verify(&delivery.body, &delivery.headers)?;
        paid |= event.event_type == EventType::InvoicePaid;
        steps.push(step("webhook (verified)", &event.event_type));
    }
    Ok(Flow { title: "A subscription with a trial of 14 days", steps, as_expected: paid })
}

/// Loses the response to a payment. The SDK sends it again under the same idempotency key.
async fn lost_response(sandbox: &Sandbox, client: &Client) -> Result<Flow, Failed> {
    sandbox.fault("turratech.create-payment @after-commit fin");
    let before = sandbox.ledger().executions("turratech.create-payment");
    let call = client.create_payment(new_payment(4000, "order-3"));
    let mut steps = vec![step(
        "create_payment",
        format_args!("{}, executed, but the connection closes before the response", pounds(4000)),
    )];
    let payment = call.send().await?;
    steps.push(step("", format_args!("the SDK sends it again under the same idempotency key: {}", payment.status)));
    let executions = sandbox.ledger().executions("turratech.create-payment") - before;
    steps.push(step("provider's ledger", format_args!("{executions} execution")));
    Ok(Flow { title: "A lost response", steps, as_expected: executions == 1 && payment.is_paid() })
}

fn new_payment(pence: i64, order: &str) -> NewPayment {
    NewPayment::new(pounds(pence)).payment_method("pm_card_visa").confirm(true).metadata("order_id", order)
}

fn pounds(pence: i64) -> Money {
    Money::from_minor(pence, Currency::GBP)
}

fn status_or_missing(status: Option<&impl std::fmt::Display>) -> String {
    status.map_or_else(|| "missing".to_owned(), ToString::to_string)
}
