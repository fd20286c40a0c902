//! TurboPay: each reference is accepted once, and can be looked up.

use std::sync::Arc;

use turbopay::{Client, Currency, Money, NewDeposit, NewWithdrawal, Outcome};

use super::Provider;
use crate::clients::turbopay_builder;
use crate::matrix::Failed;
use crate::matrix::operation::{CallFuture, LookupFuture, Operation, PreparedCall, Protection, discard_value};
use crate::matrix::setup::{Route, Setup};

pub(super) const OPERATIONS: &[Operation] = &[
    write("deposit", |setup| Box::pin(deposit(setup))),
    write("host-to-host-deposit", |setup| Box::pin(host_to_host_deposit(setup))),
    write("confirm", |setup| Box::pin(confirm(setup))),
    write("withdraw", |setup| Box::pin(withdraw(setup))),
    read("balance", |setup| Box::pin(balance(setup))),
    read("order-status", |setup| Box::pin(order_status(setup))),
    read("merchant-order-status", |setup| Box::pin(merchant_order_status(setup))),
];

const fn write(name: &'static str, prepare: fn(Setup) -> crate::matrix::operation::PrepareFuture) -> Operation {
    Operation { provider: Provider::TurboPay, name, variant: None, protection: Protection::NotResent, prepare }
}

const fn read(name: &'static str, prepare: fn(Setup) -> crate::matrix::operation::PrepareFuture) -> Operation {
    Operation { protection: Protection::ReadOnly, ..write(name, prepare) }
}

pub(super) fn warm_up(setup: &Setup) -> Result<CallFuture, Failed> {
    Ok(discard_value(client(setup, &setup.tested)?.default_balance().send()))
}

async fn deposit(setup: Setup) -> Result<PreparedCall, Failed> {
    let (client, new) = (client(&setup, &setup.tested)?, new_deposit()?);
    Ok(PreparedCall::new(move || discard_value(client.create_deposit(new).send()))
        .resolved_by_lookup(lookup_by_reference(&setup)?))
}

async fn host_to_host_deposit(setup: Setup) -> Result<PreparedCall, Failed> {
    let (client, new) = (client(&setup, &setup.tested)?, new_deposit()?);
    Ok(PreparedCall::new(move || discard_value(client.create_host_to_host_deposit(new).send()))
        .resolved_by_lookup(lookup_by_reference(&setup)?))
}

async fn confirm(setup: Setup) -> Result<PreparedCall, Failed> {
    let (healthy, tested) = (client(&setup, &setup.healthy)?, client(&setup, &setup.tested)?);
    let id = healthy.create_host_to_host_deposit(new_deposit()?).send().await?.order_id;
    let utr: turbopay::Utr = "110000000000".parse()?;
    let (order_id, confirmed_utr) = (id.clone(), utr.clone());
    Ok(PreparedCall::new(move || discard_value(tested.confirm_utr(&id, &utr).send())).resolved_by_lookup(move || {
        let (call, confirmed_utr) = (healthy.order_status(&order_id).send(), confirmed_utr.clone());
        Box::pin(async move { Ok(call.await?.utr == Some(confirmed_utr)) })
    }))
}

async fn withdraw(setup: Setup) -> Result<PreparedCall, Failed> {
    let (client, new) = (client(&setup, &setup.tested)?, new_withdrawal()?);
    Ok(PreparedCall::new(move || discard_value(client.create_withdrawal(new).send()))
        .resolved_by_lookup(lookup_by_reference(&setup)?))
}

async fn balance(setup: Setup) -> Result<PreparedCall, Failed> {
    let client = client(&setup, &setup.tested)?;
    Ok(PreparedCall::new(move || discard_value(client.balance(Currency::INR).send())))
}

async fn order_status(setup: Setup) -> Result<PreparedCall, Failed> {
    let (healthy, tested) = (client(&setup, &setup.healthy)?, client(&setup, &setup.tested)?);
    let id = healthy.create_withdrawal(new_withdrawal()?).send().await?.order_id;
    Ok(PreparedCall::new(move || discard_value(tested.order_status(&id).send())))
}

async fn merchant_order_status(setup: Setup) -> Result<PreparedCall, Failed> {
    let (healthy, tested) = (client(&setup, &setup.healthy)?, client(&setup, &setup.tested)?);
    healthy.create_withdrawal(new_withdrawal()?).send().await?;
    let reference = REFERENCE.parse()?;
    Ok(PreparedCall::new(move || discard_value(tested.lookup(&reference).send())))
}

/// Returns a lookup by the merchant's reference.
fn lookup_by_reference(setup: &Setup) -> Result<impl Fn() -> LookupFuture + Send + Sync + use<>, Failed> {
    let (client, reference) = (client(setup, &setup.healthy)?, REFERENCE.parse()?);
    Ok(move || -> LookupFuture {
        let call = client.lookup(&reference).send();
        Box::pin(async move {
            match call.await {
                Ok(_) => Ok(true),
                Err(err) if err.outcome() == Outcome::Refused => Ok(false),
                Err(err) => Err(err),
            }
        })
    })
}

fn client(setup: &Setup, route: &Route) -> Result<Client, Failed> {
    let builder = turbopay_builder(&setup.sandbox)?.base_url(route.base_url(setup.sandbox.turbopay().base_url()));
    Ok(builder.status_url(STATUS_URL).transport(Arc::clone(&route.transport)).retry(route.retry).build()?)
}

fn new_deposit() -> Result<NewDeposit, Failed> {
    Ok(NewDeposit::upi(Money::parse("2000", Currency::INR)?, REFERENCE, "customer-9"))
}

fn new_withdrawal() -> Result<NewWithdrawal, Failed> {
    let amount = Money::parse("500", Currency::INR)?;
    let (account, bank) = ("065432123456789".parse()?, "HDFC0000053".parse()?);
    Ok(NewWithdrawal::bank_transfer(amount, REFERENCE, "customer-9", account, bank))
}

const REFERENCE: &str = "order-1";

/// The sandbox sends messages to loopback only, so none is sent to this URL.
const STATUS_URL: &str = "https://merchant.example/status";
