//! TurraTech: operations with idempotency keys, which are valid for 24 hours, and operations without.

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
use crate::matrix::operation::{
    CallFuture, LookupFuture, Operation, PrepareFuture, PreparedCall, Protection, discard_value,
};
use crate::matrix::setup::{Route, Setup};

pub(super) const OPERATIONS: &[Operation] = &[
    keyed("create-payment", |setup| Box::pin(create_payment(setup))),
    Operation {
        variant: Some("own-key"),
        ..keyed("create-payment", |setup| Box::pin(create_payment_under_own_key(setup)))
    },
    Operation {
        variant: Some("order-key"),
        protection: Protection::PossiblyUsedKey,
        ..keyed("create-payment", |setup| Box::pin(create_payment_under_order_key(setup)))
    },
    keyed("capture-payment", |setup| Box::pin(capture_payment(setup))),
    keyed("cancel-payment", |setup| Box::pin(cancel_payment(setup))),
    keyed("create-refund", |setup| Box::pin(create_refund(setup))),
    Operation {
        variant: Some("own-key"),
        ..keyed("create-refund", |setup| Box::pin(create_refund_under_own_key(setup)))
    },
    keyed("create-customer", |setup| Box::pin(create_customer(setup))),
    keyed("update-customer", |setup| Box::pin(update_customer(setup))),
    unkeyed("delete-customer", |setup| Box::pin(delete_customer(setup))),
    keyed("create-payment-method", |setup| Box::pin(create_payment_method(setup))),
    keyed("attach-payment-method", |setup| Box::pin(attach_payment_method(setup))),
    keyed("detach-payment-method", |setup| Box::pin(detach_payment_method(setup))),
    keyed("create-subscription", |setup| Box::pin(create_subscription(setup))),
    keyed("update-subscription", |setup| Box::pin(update_subscription(setup))),
    unkeyed("cancel-subscription", |setup| Box::pin(cancel_subscription(setup))),
    keyed("create-webhook-endpoint", |setup| Box::pin(create_webhook_endpoint(setup))),
    read("retrieve-payment", |setup| Box::pin(retrieve_payment(setup))),
    read("list-payments", |setup| Box::pin(list_payments(setup))),
    read("retrieve-customer", |setup| Box::pin(retrieve_customer(setup))),
    read("list-customers", |setup| Box::pin(list_customers(setup))),
    read("retrieve-refund", |setup| Box::pin(retrieve_refund(setup))),
    read("list-refunds", |setup| Box::pin(list_refunds(setup))),
];

const fn keyed(name: &'static str, prepare: fn(Setup) -> PrepareFuture) -> Operation {
    Operation { provider: Provider::TurraTech, name, variant: None, protection: Protection::UnusedKey, prepare }
}

const fn unkeyed(name: &'static str, prepare: fn(Setup) -> PrepareFuture) -> Operation {
    Operation { protection: Protection::NotResent, ..keyed(name, prepare) }
}

const fn read(name: &'static str, prepare: fn(Setup) -> PrepareFuture) -> Operation {
    Operation { protection: Protection::ReadOnly, ..keyed(name, prepare) }
}

pub(super) fn warm_up(setup: &Setup) -> Result<CallFuture, Failed> {
    let client = client(setup, &setup.tested)?;
    Ok(Box::pin(async move { client.list_refunds(ListParams::new()).try_next().await.map(drop) }))
}

async fn create_payment(setup: Setup) -> Result<PreparedCall, Failed> {
    let new = new_payment()?;
    keyed_call(&setup, None, move |client| client.create_payment(new.clone()))
}

async fn create_payment_under_own_key(setup: Setup) -> Result<PreparedCall, Failed> {
    let new = new_payment()?;
    let key = own_key(&setup)?;
    keyed_call(&setup, Some(key), move |client| client.create_payment(new.clone()))
}

async fn create_payment_under_order_key(setup: Setup) -> Result<PreparedCall, Failed> {
    let (new, created_at) = (new_payment()?, setup.sandbox.clock().now());
    let reference = "order-1".parse()?;
    keyed_call(&setup, None, move |client| {
        client.create_payment(new.clone()).idempotency_reference(&reference, created_at)
    })
}

async fn capture_payment(setup: Setup) -> Result<PreparedCall, Failed> {
    let authorized = authorized_payment(&setup).await?;
    keyed_call(&setup, None, move |client| client.capture_payment(&authorized.id))
}

async fn cancel_payment(setup: Setup) -> Result<PreparedCall, Failed> {
    let authorized = authorized_payment(&setup).await?;
    keyed_call(&setup, None, move |client| client.cancel_payment(&authorized.id))
}

async fn create_refund(setup: Setup) -> Result<PreparedCall, Failed> {
    let new = new_refund(&setup).await?;
    keyed_call(&setup, None, move |client| client.create_refund(new.clone()))
}

async fn create_refund_under_own_key(setup: Setup) -> Result<PreparedCall, Failed> {
    let (new, key) = (new_refund(&setup).await?, own_key(&setup)?);
    keyed_call(&setup, Some(key), move |client| client.create_refund(new.clone()))
}

async fn create_customer(setup: Setup) -> Result<PreparedCall, Failed> {
    keyed_call(&setup, None, |client| client.create_customer(CustomerDetails::new().email("hello@shop.example")))
}

async fn update_customer(setup: Setup) -> Result<PreparedCall, Failed> {
    let id = customer(&setup).await?;
    keyed_call(&setup, None, move |client| client.update_customer(&id, CustomerDetails::new().name("Jane")))
}

/// Deletes a customer. The lookup returns 404 for a deleted one.
async fn delete_customer(setup: Setup) -> Result<PreparedCall, Failed> {
    let (id, healthy, tested) =
        (customer(&setup).await?, client(&setup, &setup.healthy)?, client(&setup, &setup.tested)?);
    let customer_id = id.clone();
    Ok(PreparedCall::new(move || discard_value(tested.delete_customer(&id).send())).resolved_by_lookup(
        move || -> LookupFuture {
            let call = healthy.retrieve_customer(&customer_id).send();
            Box::pin(async move {
                match call.await {
                    Ok(_) => Ok(false),
                    Err(err) if err.outcome() == Outcome::Refused => Ok(true),
                    Err(err) => Err(err),
                }
            })
        },
    ))
}

async fn create_payment_method(setup: Setup) -> Result<PreparedCall, Failed> {
    let card = Card::new("4242424242424242".parse()?, Expiry::new(4, 2028)?, "916".parse()?);
    keyed_call(&setup, None, move |client| client.create_payment_method(NewPaymentMethod::card(card.clone())))
}

async fn attach_payment_method(setup: Setup) -> Result<PreparedCall, Failed> {
    let (method, customer) = (payment_method(&setup).await?, customer(&setup).await?);
    keyed_call(&setup, None, move |client| client.attach_payment_method(&method, &customer))
}

async fn detach_payment_method(setup: Setup) -> Result<PreparedCall, Failed> {
    let (method, customer) = (payment_method(&setup).await?, customer(&setup).await?);
    client(&setup, &setup.healthy)?.attach_payment_method(&method, &customer).send().await?;
    keyed_call(&setup, None, move |client| client.detach_payment_method(&method))
}

async fn create_subscription(setup: Setup) -> Result<PreparedCall, Failed> {
    let new = new_subscription(&setup).await?;
    keyed_call(&setup, None, move |client| client.create_subscription(new.clone()))
}

async fn update_subscription(setup: Setup) -> Result<PreparedCall, Failed> {
    let id = subscription(&setup).await?;
    keyed_call(&setup, None, move |client| {
        client.update_subscription(&id, SubscriptionUpdate::new().cancel_at_period_end(true))
    })
}

async fn cancel_subscription(setup: Setup) -> Result<PreparedCall, Failed> {
    let (id, tested) = (subscription(&setup).await?, client(&setup, &setup.tested)?);
    Ok(PreparedCall::new(move || discard_value(tested.cancel_subscription(&id).send())))
}

async fn create_webhook_endpoint(setup: Setup) -> Result<PreparedCall, Failed> {
    keyed_call(&setup, None, |client| {
        let new = NewWebhookEndpoint::new("https://shop.example/events", [EventType::PaymentSucceeded]);
        client.create_webhook_endpoint(new)
    })
}

async fn retrieve_payment(setup: Setup) -> Result<PreparedCall, Failed> {
    let (authorized, tested) = (authorized_payment(&setup).await?, client(&setup, &setup.tested)?);
    Ok(PreparedCall::new(move || discard_value(tested.retrieve_payment(&authorized.id).send())))
}

async fn list_payments(setup: Setup) -> Result<PreparedCall, Failed> {
    let (authorized, tested) = (authorized_payment(&setup).await?, client(&setup, &setup.tested)?);
    let list = ListParams::new().starting_after(authorized.id);
    Ok(PreparedCall::new(move || Box::pin(async move { tested.list_payments(list).try_next().await.map(drop) })))
}

async fn retrieve_customer(setup: Setup) -> Result<PreparedCall, Failed> {
    let (id, tested) = (customer(&setup).await?, client(&setup, &setup.tested)?);
    Ok(PreparedCall::new(move || discard_value(tested.retrieve_customer(&id).send())))
}

async fn list_customers(setup: Setup) -> Result<PreparedCall, Failed> {
    customer(&setup).await?;
    let tested = client(&setup, &setup.tested)?;
    Ok(PreparedCall::new(move || {
        Box::pin(async move { tested.list_customers(ListParams::new()).try_next().await.map(drop) })
    }))
}

async fn retrieve_refund(setup: Setup) -> Result<PreparedCall, Failed> {
    let refund = client(&setup, &setup.healthy)?.create_refund(new_refund(&setup).await?).send().await?;
    let tested = client(&setup, &setup.tested)?;
    Ok(PreparedCall::new(move || discard_value(tested.retrieve_refund(&refund.id).send())))
}

async fn list_refunds(setup: Setup) -> Result<PreparedCall, Failed> {
    let tested = client(&setup, &setup.tested)?;
    Ok(PreparedCall::new(move || {
        Box::pin(async move { tested.list_refunds(ListParams::new()).try_next().await.map(drop) })
    }))
}

/// Prepares a call under an idempotency key. The same call under the same key resolves an unknown outcome.
fn keyed_call<T: std::fmt::Debug + Send + 'static>(
    setup: &Setup,
    key: Option<IdempotencyKey>,
    call: impl Fn(&Client) -> Call<T, Keyed> + Send + Sync + 'static,
) -> Result<PreparedCall, Failed> {
    let (healthy, tested) = (client(setup, &setup.healthy)?, client(setup, &setup.tested)?);
    let first = match key {
        Some(key) => call(&tested).idempotency_key(key),
        None => call(&tested),
    };
    Ok(PreparedCall::new(move || discard_value(first.send()))
        .resolved_by_same_key(move |key| discard_value(call(&healthy).idempotency_key(key).send())))
}

fn client(setup: &Setup, route: &Route) -> Result<Client, Failed> {
    let builder = turratech_builder(&setup.sandbox)?.base_url(route.base_url(setup.sandbox.turratech().base_url()));
    Ok(builder.transport(Arc::clone(&route.transport)).retry(route.retry).build()?)
}

fn new_payment() -> Result<NewPayment, Failed> {
    let payment = NewPayment::new(Money::from_minor(2000, Currency::GBP)).payment_method("pm_card_visa");
    Ok(payment.confirm(true).metadata("order_id", "order-1"))
}

/// Creates an authorized payment that is not captured.
async fn authorized_payment(setup: &Setup) -> Result<Payment, Failed> {
    let new = new_payment()?.capture_method(CaptureMethod::Manual);
    Ok(client(setup, &setup.healthy)?.create_payment(new).send().await?)
}

/// Creates a payment and returns a partial refund of it, so that a second refund would also be possible.
async fn new_refund(setup: &Setup) -> Result<NewRefund, Failed> {
    let paid = client(setup, &setup.healthy)?.create_payment(new_payment()?).send().await?;
    Ok(NewRefund::new(paid.id).amount(Money::from_minor(500, Currency::GBP)))
}

async fn customer(setup: &Setup) -> Result<CustomerId, Failed> {
    let details = CustomerDetails::new().payment_method("pm_card_visa");
    Ok(client(setup, &setup.healthy)?.create_customer(details).send().await?.id)
}

async fn payment_method(setup: &Setup) -> Result<turratech::PaymentMethodId, Failed> {
    let card = Card::new("4242424242424242".parse()?, Expiry::new(4, 2028)?, "916".parse()?);
    Ok(client(setup, &setup.healthy)?.create_payment_method(NewPaymentMethod::card(card)).send().await?.id)
}

async fn new_subscription(setup: &Setup) -> Result<NewSubscription, Failed> {
    let item = SubscriptionItem::new("price_pro_monthly");
    Ok(NewSubscription::new(customer(setup).await?, item))
}

async fn subscription(setup: &Setup) -> Result<SubscriptionId, Failed> {
    Ok(client(setup, &setup.healthy)?.create_subscription(new_subscription(setup).await?).send().await?.id)
}

/// Returns a key chosen by the merchant, who guarantees that it is unused.
fn own_key(setup: &Setup) -> Result<IdempotencyKey, Failed> {
    Ok(IdempotencyKey::new("merchant-key-1", setup.sandbox.clock().now())?.assume_unused())
}
