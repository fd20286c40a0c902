//! card3ds: no idempotency keys, no unique order ids, and no lookup for a card payment.

use std::sync::Arc;

use card3ds::{
    Card, Client, Currency, Enrolment, Expiry, InstallmentQuery, Money, NewCheckout, NewPayment, NewThreeDsPayment,
    ReturnUrls, ThreeDsCallback,
};

use super::Provider;
use crate::clients::card3ds_builder;
use crate::matrix::Failed;
use crate::matrix::operation::{CallFuture, Operation, PrepareFuture, PreparedCall, Protection, discard_value};
use crate::matrix::setup::{Route, Setup};

pub(super) const OPERATIONS: &[Operation] = &[
    write("payment", |setup| Box::pin(payment(setup))),
    write("pre-authorization", |setup| Box::pin(pre_authorization(setup))),
    write("capture", |setup| Box::pin(capture(setup))),
    write("start-3ds", |setup| Box::pin(start_3ds(setup))),
    write("complete-3ds", |setup| Box::pin(complete_3ds(setup))),
    write("checkout", |setup| Box::pin(checkout(setup))),
    read("installment-options", |setup| Box::pin(installment_options(setup))),
    read("checkout-status", |setup| Box::pin(checkout_status(setup))),
];

const fn write(name: &'static str, prepare: fn(Setup) -> PrepareFuture) -> Operation {
    Operation { provider: Provider::Card3ds, name, variant: None, protection: Protection::NotResent, prepare }
}

const fn read(name: &'static str, prepare: fn(Setup) -> PrepareFuture) -> Operation {
    Operation { protection: Protection::ReadOnly, ..write(name, prepare) }
}

pub(super) fn warm_up(setup: &Setup) -> Result<CallFuture, Failed> {
    Ok(discard_value(client(setup, &setup.tested)?.installment_options(query()?).send()))
}

async fn payment(setup: Setup) -> Result<PreparedCall, Failed> {
    let (client, new) = (client(&setup, &setup.tested)?, new_payment()?);
    Ok(PreparedCall::new(move || discard_value(client.create_payment(new).send())))
}

async fn pre_authorization(setup: Setup) -> Result<PreparedCall, Failed> {
    let (client, new) = (client(&setup, &setup.tested)?, new_payment()?);
    Ok(PreparedCall::new(move || discard_value(client.pre_authorize(new).send())))
}

async fn capture(setup: Setup) -> Result<PreparedCall, Failed> {
    let (healthy, tested) = (client(&setup, &setup.healthy)?, client(&setup, &setup.tested)?);
    let authorized = healthy.pre_authorize(new_payment()?).send().await?;
    // A partial amount, so that a second capture would also be possible.
    let part = Money::parse("30.00", Currency::TRY)?;
    Ok(PreparedCall::new(move || discard_value(tested.capture_payment(&authorized.payment_id, part).send())))
}

async fn start_3ds(setup: Setup) -> Result<PreparedCall, Failed> {
    let (client, new) = (client(&setup, &setup.tested)?, new_three_ds()?);
    Ok(PreparedCall::new(move || discard_value(client.start_3ds(new).send())))
}

async fn complete_3ds(setup: Setup) -> Result<PreparedCall, Failed> {
    let (healthy, tested) = (client(&setup, &setup.healthy)?, client(&setup, &setup.tested)?);
    let Enrolment::Enrolled(challenge) = healthy.start_3ds(new_three_ds()?).send().await? else {
        return Err("the card is not enrolled".into());
    };
    setup.sandbox.card3ds().challenge(challenge.payment_id.as_str()).approve();
    let posted = setup.sandbox.deliveries().pop().ok_or("no form was posted to the merchant")?;
    let callback = ThreeDsCallback::parse(&posted.body)?;
    Ok(PreparedCall::new(move || discard_value(tested.complete_3ds(&challenge.payment_id, &callback).send())))
}

async fn checkout(setup: Setup) -> Result<PreparedCall, Failed> {
    let (client, new) = (client(&setup, &setup.tested)?, new_checkout()?);
    Ok(PreparedCall::new(move || discard_value(client.create_checkout(new).send())))
}

async fn installment_options(setup: Setup) -> Result<PreparedCall, Failed> {
    let (client, query) = (client(&setup, &setup.tested)?, query()?);
    Ok(PreparedCall::new(move || discard_value(client.installment_options(query).send())))
}

async fn checkout_status(setup: Setup) -> Result<PreparedCall, Failed> {
    let (healthy, tested) = (client(&setup, &setup.healthy)?, client(&setup, &setup.tested)?);
    let checkout = healthy.create_checkout(new_checkout()?).send().await?;
    Ok(PreparedCall::new(move || discard_value(tested.checkout_status(&checkout.checkout_id).send())))
}

fn client(setup: &Setup, route: &Route) -> Result<Client, Failed> {
    let builder = card3ds_builder(&setup.sandbox)?.base_url(route.base_url(setup.sandbox.card3ds().base_url()));
    Ok(builder.transport(Arc::clone(&route.transport)).retry(route.retry).build()?)
}

fn new_payment() -> Result<NewPayment, Failed> {
    let card = Card::new("John Doe", CARD.parse()?, Expiry::new(4, 2028)?, "916".parse()?);
    Ok(NewPayment::new("order-1", lira()?, card, "198.51.100.7:52144".parse()?))
}

fn new_three_ds() -> Result<NewThreeDsPayment, Failed> {
    let urls = ReturnUrls { success: format!("{SHOP}/success"), failure: format!("{SHOP}/failure") };
    Ok(NewThreeDsPayment::new(new_payment()?, urls))
}

fn new_checkout() -> Result<NewCheckout, Failed> {
    Ok(NewCheckout::new("order-1", lira()?, "A book", format!("{SHOP}/checkout")))
}

fn query() -> Result<InstallmentQuery, Failed> {
    Ok(InstallmentQuery::new(lira()?, CARD.parse()?))
}

fn lira() -> Result<Money, Failed> {
    Ok(Money::parse("100.50", Currency::TRY)?)
}

const CARD: &str = "5421190122090656";

/// The sandbox sends messages to loopback only, so none is sent to this URL.
const SHOP: &str = "https://shop.example";
