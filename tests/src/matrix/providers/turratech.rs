//! TurraTech: keys that live for a day; and what has no key.

use std::sync::Arc;

use payments_core::Keyed;
use turratech::{
    Call, CaptureMethod, Card, Client, Currency, CustomerDetails, CustomerId, EventType, Expiry, IdempotencyExt as _,
    IdempotencyKey, ListParams, Money, NewPayment, NewPaymentMethod, NewRefund, NewSubscription, NewWebhookEndpoint,
    Outcome, Payment, SubscriptionId, SubscriptionItem, SubscriptionUpdate,
};

use super::Provider;
use crate::clients::turratech_builder;
use crate::matrix::Failed;
use crate::matrix::bench::{Bench, Line};
use crate::matrix::operation::{Guard, Looking, Operation, Preparing, Ready, Sending, sent};

pub(super) const OPERATIONS: &[Operation] = &[
    keyed("create-payment", |bench| Box::pin(create_payment(bench))),
    Operation {
        way: Some("own-key"),
        ..keyed("create-payment", |bench| Box::pin(create_payment_under_own_key(bench)))
    },
    Operation {
        way: Some("order-key"),
        guard: Guard::PerhapsUsedKey,
        ..keyed("create-payment", |bench| Box::pin(create_payment_under_order_key(bench)))
    },
    keyed("capture-payment", |bench| Box::pin(capture_payment(bench))),
    keyed("cancel-payment", |bench| Box::pin(cancel_payment(bench))),
    keyed("create-refund", |bench| Box::pin(create_refund(bench))),
    Operation { way: Some("own-key"), ..keyed("create-refund", |bench| Box::pin(create_refund_under_own_key(bench))) },
    keyed("create-customer", |bench| Box::pin(create_customer(bench))),
    keyed("update-customer", |bench| Box::pin(update_customer(bench))),
    unkeyed("delete-customer", |bench| Box::pin(delete_customer(bench))),
    keyed("create-payment-method", |bench| Box::pin(create_payment_method(bench))),
    keyed("attach-payment-method", |bench| Box::pin(attach_payment_method(bench))),
    keyed("detach-payment-method", |bench| Box::pin(detach_payment_method(bench))),
    keyed("create-subscription", |bench| Box::pin(create_subscription(bench))),
    keyed("update-subscription", |bench| Box::pin(update_subscription(bench))),
    unkeyed("cancel-subscription", |bench| Box::pin(cancel_subscription(bench))),
    keyed("create-webhook-endpoint", |bench| Box::pin(create_webhook_endpoint(bench))),
    read("retrieve-payment", |bench| Box::pin(retrieve_payment(bench))),
    read("list-payments", |bench| Box::pin(list_payments(bench))),
    read("retrieve-customer", |bench| Box::pin(retrieve_customer(bench))),
    read("list-customers", |bench| Box::pin(list_customers(bench))),
    read("retrieve-refund", |bench| Box::pin(retrieve_refund(bench))),
    read("list-refunds", |bench| Box::pin(list_refunds(bench))),
];

const fn keyed(name: &'static str, prepare: fn(Bench) -> Preparing) -> Operation {
    Operation { provider: Provider::TurraTech, name, way: None, guard: Guard::Key, prepare }
}

const fn unkeyed(name: &'static str, prepare: fn(Bench) -> Preparing) -> Operation {
    Operation { guard: Guard::Client, ..keyed(name, prepare) }
}

const fn read(name: &'static str, prepare: fn(Bench) -> Preparing) -> Operation {
    Operation { guard: Guard::Reads, ..keyed(name, prepare) }
}

pub(super) fn warm(bench: &Bench) -> Result<Sending, Failed> {
    let client = client(bench, &bench.tested)?;
    Ok(Box::pin(async move { client.list_refunds(ListParams::new()).try_next().await.map(drop) }))
}

async fn create_payment(bench: Bench) -> Result<Ready, Failed> {
    let new = new_payment()?;
    once(&bench, None, move |client| client.create_payment(new.clone()))
}

async fn create_payment_under_own_key(bench: Bench) -> Result<Ready, Failed> {
    let new = new_payment()?;
    let key = own_key(&bench)?;
    once(&bench, Some(key), move |client| client.create_payment(new.clone()))
}

async fn create_payment_under_order_key(bench: Bench) -> Result<Ready, Failed> {
    let (new, since) = (new_payment()?, bench.sandbox.clock().now());
    let reference = "order-1".parse()?;
    once(&bench, None, move |client| client.create_payment(new.clone()).idempotency_reference(&reference, since))
}

async fn capture_payment(bench: Bench) -> Result<Ready, Failed> {
    let held = held(&bench).await?;
    once(&bench, None, move |client| client.capture_payment(&held.id))
}

async fn cancel_payment(bench: Bench) -> Result<Ready, Failed> {
    let held = held(&bench).await?;
    once(&bench, None, move |client| client.cancel_payment(&held.id))
}

async fn create_refund(bench: Bench) -> Result<Ready, Failed> {
    let new = new_refund(&bench).await?;
    once(&bench, None, move |client| client.create_refund(new.clone()))
}

async fn create_refund_under_own_key(bench: Bench) -> Result<Ready, Failed> {
    let (new, key) = (new_refund(&bench).await?, own_key(&bench)?);
    once(&bench, Some(key), move |client| client.create_refund(new.clone()))
}

async fn create_customer(bench: Bench) -> Result<Ready, Failed> {
    once(&bench, None, |client| client.create_customer(CustomerDetails::new().email("hello@shop.example")))
}

async fn update_customer(bench: Bench) -> Result<Ready, Failed> {
    let id = customer(&bench).await?;
    once(&bench, None, move |client| client.update_customer(&id, CustomerDetails::new().name("Jane")))
}

/// Deleted is not found, which is how it is told.
async fn delete_customer(bench: Bench) -> Result<Ready, Failed> {
    let (id, healthy, tested) =
        (customer(&bench).await?, client(&bench, &bench.healthy)?, client(&bench, &bench.tested)?);
    let known = id.clone();
    Ok(Ready::new(move || sent(tested.delete_customer(&id).send())).looked_up(move || -> Looking {
        let asking = healthy.retrieve_customer(&known).send();
        Box::pin(async move {
            match asking.await {
                Ok(_) => Ok(false),
                Err(err) if err.outcome() == Outcome::Refused => Ok(true),
                Err(err) => Err(err),
            }
        })
    }))
}

async fn create_payment_method(bench: Bench) -> Result<Ready, Failed> {
    let card = Card::new("4242424242424242".parse()?, Expiry::new(4, 2028)?, "916".parse()?);
    once(&bench, None, move |client| client.create_payment_method(NewPaymentMethod::card(card.clone())))
}

async fn attach_payment_method(bench: Bench) -> Result<Ready, Failed> {
    let (method, customer) = (method(&bench).await?, customer(&bench).await?);
    once(&bench, None, move |client| client.attach_payment_method(&method, &customer))
}

async fn detach_payment_method(bench: Bench) -> Result<Ready, Failed> {
    let (method, customer) = (method(&bench).await?, customer(&bench).await?);
    client(&bench, &bench.healthy)?.attach_payment_method(&method, &customer).send().await?;
    once(&bench, None, move |client| client.detach_payment_method(&method))
}

async fn create_subscription(bench: Bench) -> Result<Ready, Failed> {
    let new = new_subscription(&bench).await?;
    once(&bench, None, move |client| client.create_subscription(new.clone()))
}

async fn update_subscription(bench: Bench) -> Result<Ready, Failed> {
    let id = subscription(&bench).await?;
    once(&bench, None, move |client| {
        client.update_subscription(&id, SubscriptionUpdate::new().cancel_at_period_end(true))
    })
}

async fn cancel_subscription(bench: Bench) -> Result<Ready, Failed> {
    let (id, tested) = (subscription(&bench).await?, client(&bench, &bench.tested)?);
    Ok(Ready::new(move || sent(tested.cancel_subscription(&id).send())))
}

async fn create_webhook_endpoint(bench: Bench) -> Result<Ready, Failed> {
    once(&bench, None, |client| {
        let new = NewWebhookEndpoint::new("https://shop.example/events", [EventType::PaymentSucceeded]);
        client.create_webhook_endpoint(new)
    })
}

async fn retrieve_payment(bench: Bench) -> Result<Ready, Failed> {
    let (held, tested) = (held(&bench).await?, client(&bench, &bench.tested)?);
    Ok(Ready::new(move || sent(tested.retrieve_payment(&held.id).send())))
}

async fn list_payments(bench: Bench) -> Result<Ready, Failed> {
    let (held, tested) = (held(&bench).await?, client(&bench, &bench.tested)?);
    let list = ListParams::new().starting_after(held.id);
    Ok(Ready::new(move || Box::pin(async move { tested.list_payments(list).try_next().await.map(drop) })))
}

async fn retrieve_customer(bench: Bench) -> Result<Ready, Failed> {
    let (id, tested) = (customer(&bench).await?, client(&bench, &bench.tested)?);
    Ok(Ready::new(move || sent(tested.retrieve_customer(&id).send())))
}

async fn list_customers(bench: Bench) -> Result<Ready, Failed> {
    customer(&bench).await?;
    let tested = client(&bench, &bench.tested)?;
    Ok(Ready::new(move || Box::pin(async move { tested.list_customers(ListParams::new()).try_next().await.map(drop) })))
}

async fn retrieve_refund(bench: Bench) -> Result<Ready, Failed> {
    let refund = client(&bench, &bench.healthy)?.create_refund(new_refund(&bench).await?).send().await?;
    let tested = client(&bench, &bench.tested)?;
    Ok(Ready::new(move || sent(tested.retrieve_refund(&refund.id).send())))
}

async fn list_refunds(bench: Bench) -> Result<Ready, Failed> {
    let tested = client(&bench, &bench.tested)?;
    Ok(Ready::new(move || Box::pin(async move { tested.list_refunds(ListParams::new()).try_next().await.map(drop) })))
}

/// A call under a key: the same under the same key tells what became of it.
fn once<T: std::fmt::Debug + Send + 'static>(
    bench: &Bench,
    key: Option<IdempotencyKey>,
    call: impl Fn(&Client) -> Call<T, Keyed> + Send + Sync + 'static,
) -> Result<Ready, Failed> {
    let (healthy, tested) = (client(bench, &bench.healthy)?, client(bench, &bench.tested)?);
    let first = match key {
        Some(key) => call(&tested).idempotency_key(key),
        None => call(&tested),
    };
    Ok(Ready::new(move || sent(first.send())).sent_again(move |key| sent(call(&healthy).idempotency_key(key).send())))
}

fn client(bench: &Bench, line: &Line) -> Result<Client, Failed> {
    let builder = turratech_builder(&bench.sandbox)?.base_url(line.address(bench.sandbox.turratech().base_url()));
    Ok(builder.transport(Arc::clone(&line.transport)).retry(line.retry).build()?)
}

fn new_payment() -> Result<NewPayment, Failed> {
    let payment = NewPayment::new(Money::from_minor(2000, Currency::GBP)).payment_method("pm_card_visa".parse()?);
    Ok(payment.confirm(true).metadata("order_id", "order-1"))
}

/// A payment whose money is held.
async fn held(bench: &Bench) -> Result<Payment, Failed> {
    let new = new_payment()?.capture_method(CaptureMethod::Manual);
    Ok(client(bench, &bench.healthy)?.create_payment(new).send().await?)
}

/// Of a part, so that a second refund would find something left.
async fn new_refund(bench: &Bench) -> Result<NewRefund, Failed> {
    let paid = client(bench, &bench.healthy)?.create_payment(new_payment()?).send().await?;
    Ok(NewRefund::new(paid.id).amount(Money::from_minor(500, Currency::GBP)))
}

async fn customer(bench: &Bench) -> Result<CustomerId, Failed> {
    let details = CustomerDetails::new().payment_method("pm_card_visa".parse()?);
    Ok(client(bench, &bench.healthy)?.create_customer(details).send().await?.id)
}

async fn method(bench: &Bench) -> Result<turratech::PaymentMethodId, Failed> {
    let card = Card::new("4242424242424242".parse()?, Expiry::new(4, 2028)?, "916".parse()?);
    Ok(client(bench, &bench.healthy)?.create_payment_method(NewPaymentMethod::card(card)).send().await?.id)
}

async fn new_subscription(bench: &Bench) -> Result<NewSubscription, Failed> {
    let item = SubscriptionItem::new("price_pro_monthly".parse()?);
    Ok(NewSubscription::new(customer(bench).await?, item))
}

async fn subscription(bench: &Bench) -> Result<SubscriptionId, Failed> {
    Ok(client(bench, &bench.healthy)?.create_subscription(new_subscription(bench).await?).send().await?.id)
}

/// A key of the merchant's own, which vouches that nothing was sent under it.
fn own_key(bench: &Bench) -> Result<IdempotencyKey, Failed> {
    Ok(IdempotencyKey::new("merchants-own-1", bench.sandbox.clock().now())?.assume_unused())
}
