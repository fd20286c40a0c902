//! TurboPay: references that are taken once, and a look-up.

use std::sync::Arc;

use turbopay::{Client, Currency, Money, NewDeposit, NewWithdrawal, Outcome};

use super::Provider;
use crate::clients::turbopay_builder;
use crate::matrix::Failed;
use crate::matrix::bench::{Bench, Line};
use crate::matrix::operation::{Guard, Looking, Operation, Ready, Sending, sent};

pub(super) const OPERATIONS: &[Operation] = &[
    write("deposit", |bench| Box::pin(deposit(bench))),
    write("host-to-host-deposit", |bench| Box::pin(host_to_host_deposit(bench))),
    write("confirm", |bench| Box::pin(confirm(bench))),
    write("withdraw", |bench| Box::pin(withdraw(bench))),
    read("balance", |bench| Box::pin(balance(bench))),
    read("order-status", |bench| Box::pin(order_status(bench))),
    read("merchant-order-status", |bench| Box::pin(merchant_order_status(bench))),
];

const fn write(name: &'static str, prepare: fn(Bench) -> crate::matrix::operation::Preparing) -> Operation {
    Operation { provider: Provider::TurboPay, name, way: None, guard: Guard::Client, prepare }
}

const fn read(name: &'static str, prepare: fn(Bench) -> crate::matrix::operation::Preparing) -> Operation {
    Operation { guard: Guard::Reads, ..write(name, prepare) }
}

pub(super) fn warm(bench: &Bench) -> Result<Sending, Failed> {
    Ok(sent(client(bench, &bench.tested)?.default_balance().send()))
}

async fn deposit(bench: Bench) -> Result<Ready, Failed> {
    let (client, new) = (client(&bench, &bench.tested)?, new_deposit()?);
    Ok(Ready::new(move || sent(client.create_deposit(new).send())).looked_up(found(&bench)?))
}

async fn host_to_host_deposit(bench: Bench) -> Result<Ready, Failed> {
    let (client, new) = (client(&bench, &bench.tested)?, new_deposit()?);
    Ok(Ready::new(move || sent(client.create_host_to_host_deposit(new).send())).looked_up(found(&bench)?))
}

async fn confirm(bench: Bench) -> Result<Ready, Failed> {
    let (healthy, tested) = (client(&bench, &bench.healthy)?, client(&bench, &bench.tested)?);
    let id = healthy.create_host_to_host_deposit(new_deposit()?).send().await?.order_id;
    let utr: turbopay::Utr = "110000000000".parse()?;
    let (known, confirmed) = (id.clone(), utr.clone());
    Ok(Ready::new(move || sent(tested.confirm_utr(&id, &utr).send())).looked_up(move || {
        let (asking, confirmed) = (healthy.order_status(&known).send(), confirmed.clone());
        Box::pin(async move { Ok(asking.await?.utr == Some(confirmed)) })
    }))
}

async fn withdraw(bench: Bench) -> Result<Ready, Failed> {
    let (client, new) = (client(&bench, &bench.tested)?, new_withdrawal()?);
    Ok(Ready::new(move || sent(client.create_withdrawal(new).send())).looked_up(found(&bench)?))
}

async fn balance(bench: Bench) -> Result<Ready, Failed> {
    let client = client(&bench, &bench.tested)?;
    Ok(Ready::new(move || sent(client.balance(Currency::INR).send())))
}

async fn order_status(bench: Bench) -> Result<Ready, Failed> {
    let (healthy, tested) = (client(&bench, &bench.healthy)?, client(&bench, &bench.tested)?);
    let id = healthy.create_withdrawal(new_withdrawal()?).send().await?.order_id;
    Ok(Ready::new(move || sent(tested.order_status(&id).send())))
}

async fn merchant_order_status(bench: Bench) -> Result<Ready, Failed> {
    let (healthy, tested) = (client(&bench, &bench.healthy)?, client(&bench, &bench.tested)?);
    healthy.create_withdrawal(new_withdrawal()?).send().await?;
    let reference = REFERENCE.parse()?;
    Ok(Ready::new(move || sent(tested.lookup(&reference).send())))
}

/// Whether the order is known by the merchant's reference.
fn found(bench: &Bench) -> Result<impl Fn() -> Looking + Send + Sync + use<>, Failed> {
    let (client, reference) = (client(bench, &bench.healthy)?, REFERENCE.parse()?);
    Ok(move || -> Looking {
        let asking = client.lookup(&reference).send();
        Box::pin(async move {
            match asking.await {
                Ok(_) => Ok(true),
                Err(err) if err.outcome() == Outcome::Refused => Ok(false),
                Err(err) => Err(err),
            }
        })
    })
}

fn client(bench: &Bench, line: &Line) -> Result<Client, Failed> {
    let builder = turbopay_builder(&bench.sandbox)?.base_url(line.address(bench.sandbox.turbopay().base_url()));
    Ok(builder.status_url(NOWHERE).transport(Arc::clone(&line.transport)).retry(line.retry).build()?)
}

fn new_deposit() -> Result<NewDeposit, Failed> {
    Ok(NewDeposit::upi(Money::parse("2000", Currency::INR)?, REFERENCE.parse()?, "customer-9".parse()?))
}

fn new_withdrawal() -> Result<NewWithdrawal, Failed> {
    let amount = Money::parse("500", Currency::INR)?;
    let (account, bank) = ("065432123456789".parse()?, "HDFC0000053".parse()?);
    Ok(NewWithdrawal::bank_transfer(amount, REFERENCE.parse()?, "customer-9".parse()?, account, bank))
}

const REFERENCE: &str = "order-1";

/// Messages go to loopback only, so none is sent there.
const NOWHERE: &str = "https://merchant.example/status";
