//! TurraTech: a payment, an authorization, a subscription, and a create whose answer is lost.

use std::time::Duration;

use payments_sandbox::Sandbox;
use turratech::{
    CaptureMethod, Client, Currency, CustomerDetails, EventType, Expected, Money, NewPayment, NewRefund,
    NewSubscription, PaymentStatus, SubscriptionItem, WebhookSecret, WebhookVerifier,
};

use super::{Failed, Flow, Tour};
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
        lost_answer(&sandbox, &client).await?,
    ];
    sandbox.finish();
    Ok(Tour { provider: "TurraTech", about: "cards, subscriptions, idempotency keys, signed events", flows })
}

async fn payment(sandbox: &Sandbox, merchant: &Merchant, client: &Client) -> Result<Flow, Failed> {
    let endpoint = WebhookVerifier::new(WebhookSecret::new(sandbox.turratech().webhook_secret())?);
    let endpoint = endpoint.clock(sandbox.clock());
    let payment = client.create_payment(new_payment(2000, "order-1")?).send().await?;
    let mut steps = vec![format!("create_payment      {}, status {}", payment.amount, payment.status)];
    sandbox.settle().await;
    let delivery = merchant.deliveries().pop().ok_or("no event came")?;
    let event = endpoint.verify(&delivery.body, &delivery.headers)?;
    steps.push(format!("webhook, verified   {}", event.event_type));
    let refund = client.create_refund(NewRefund::new(payment.id.clone()).amount(pounds(500))).send().await?;
    steps.push(format!("create_refund       {}", refund.amount_in(Currency::GBP)?.unwrap_or(pounds(0))));
    let checked = payment.check_metadata("order_id", &Expected::new("order-1", pounds(2000)).live(false));
    let works = payment.is_paid() && checked.is_ok() && event.event_type == EventType::PaymentSucceeded;
    Ok(Flow { title: "A payment by card, and a part of it back", steps, works })
}

async fn capture(sandbox: &Sandbox, client: &Client) -> Result<Flow, Failed> {
    let held = new_payment(3000, "order-2")?.capture_method(CaptureMethod::Manual);
    let held = client.create_payment(held).send().await?;
    let captured = client.capture_payment(&held.id).send().await?;
    let steps = vec![
        format!("create_payment      {}, status {}", held.amount, held.status),
        format!("capture_payment     {}, status {}", captured.amount, captured.status),
    ];
    let works = held.status == PaymentStatus::RequiresCapture && captured.is_paid();
    let executed = sandbox.ledger().executions("turratech.create-payment") == 2;
    Ok(Flow { title: "An authorization, captured", steps, works: works && executed })
}

async fn subscription(sandbox: &Sandbox, merchant: &Merchant, client: &Client) -> Result<Flow, Failed> {
    let customer = CustomerDetails::new().email("hello@shop.example").payment_method("pm_card_visa".parse()?);
    let customer = client.create_customer(customer).send().await?;
    let new = NewSubscription::new(customer.id.clone(), SubscriptionItem::new("price_pro_monthly".parse()?));
    let created = client.create_subscription(new.trial_period_days(14)).send().await?;
    let mut steps = vec![format!("create_subscription status {}", shown(created.status.as_ref()))];
    sandbox.settle().await;
    let before = merchant.deliveries().len();
    sandbox.clock().advance(Duration::from_secs(14 * 24 * 60 * 60));
    sandbox.settle().await;
    steps.push("the clock           14 days later".to_owned());
    let endpoint = WebhookVerifier::new(WebhookSecret::new(sandbox.turratech().webhook_secret())?);
    let endpoint = endpoint.clock(sandbox.clock());
    let mut paid = false;
    for delivery in merchant.deliveries().iter().skip(before) {
        let event = endpoint.verify(&delivery.body, &delivery.headers)?;
        paid |= event.event_type == EventType::InvoicePaid;
        steps.push(format!("webhook, verified   {}", event.event_type));
    }
    Ok(Flow { title: "A subscription, after its trial", steps, works: paid })
}

/// The provider's own protection, used: the same key until there is an answer.
async fn lost_answer(sandbox: &Sandbox, client: &Client) -> Result<Flow, Failed> {
    sandbox.fault("turratech.create-payment @after-commit fin");
    let before = sandbox.ledger().executions("turratech.create-payment");
    let call = client.create_payment(new_payment(4000, "order-3")?);
    let mut steps = vec![format!("create_payment      {}, and the answer is lost", pounds(4000))];
    let payment = call.send().await?;
    steps.push(format!("                    sent again under the same key: {}", payment.status));
    let executions = sandbox.ledger().executions("turratech.create-payment") - before;
    steps.push(format!("the ledger          {executions} execution"));
    Ok(Flow { title: "The answer that is lost", steps, works: executions == 1 && payment.is_paid() })
}

fn new_payment(pence: i64, order: &str) -> Result<NewPayment, Failed> {
    let method = "pm_card_visa".parse()?;
    Ok(NewPayment::new(pounds(pence)).payment_method(method).confirm(true).metadata("order_id", order))
}

fn pounds(pence: i64) -> Money {
    Money::from_minor(pence, Currency::GBP)
}

fn shown(status: Option<&impl std::fmt::Display>) -> String {
    status.map_or_else(|| "not said".to_owned(), ToString::to_string)
}
