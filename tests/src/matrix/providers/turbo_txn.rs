//! Turbo Transactions: no keys, no promise that an order id is taken once, and a status check.

use std::sync::Arc;

use turbo_txn::{Client, Currency, Money, NewTransaction, Outcome};

use super::Provider;
use crate::clients::turbo_txn_builder;
use crate::matrix::Failed;
use crate::matrix::bench::{Bench, Line};
use crate::matrix::operation::{Guard, Looking, Operation, Ready, Sending, sent};

pub(super) const OPERATIONS: &[Operation] = &[
    Operation {
        provider: Provider::TurboTxn,
        name: "initiate",
        way: None,
        guard: Guard::Client,
        prepare: |bench| Box::pin(initiate(bench)),
    },
    Operation {
        provider: Provider::TurboTxn,
        name: "status-check",
        way: None,
        guard: Guard::Reads,
        prepare: |bench| Box::pin(status_check(bench)),
    },
];

/// That the order is unknown is an answer too.
pub(super) fn warm(bench: &Bench) -> Result<Sending, Failed> {
    let (client, order) = (client(bench, &bench.tested)?, "nobodys".parse()?);
    Ok(Box::pin(async move {
        match client.lookup(&order).send().await {
            Err(err) if err.outcome() != Outcome::Refused => Err(err),
            _ => Ok(()),
        }
    }))
}

async fn initiate(bench: Bench) -> Result<Ready, Failed> {
    let (healthy, tested) = (client(&bench, &bench.healthy)?, client(&bench, &bench.tested)?);
    let (new, order) = (new_transaction()?, REFERENCE.parse()?);
    Ok(Ready::new(move || sent(tested.initiate(new).send())).looked_up(move || -> Looking {
        let asking = healthy.lookup(&order).send();
        Box::pin(async move {
            match asking.await {
                Ok(_) => Ok(true),
                Err(err) if err.outcome() == Outcome::Refused => Ok(false),
                Err(err) => Err(err),
            }
        })
    }))
}

async fn status_check(bench: Bench) -> Result<Ready, Failed> {
    let (healthy, tested) = (client(&bench, &bench.healthy)?, client(&bench, &bench.tested)?);
    healthy.initiate(new_transaction()?).send().await?;
    let order = REFERENCE.parse()?;
    Ok(Ready::new(move || sent(tested.lookup(&order).send())))
}

fn client(bench: &Bench, line: &Line) -> Result<Client, Failed> {
    let builder = turbo_txn_builder(&bench.sandbox)?.base_url(line.address(bench.sandbox.turbo_txn().base_url()));
    Ok(builder.transport(Arc::clone(&line.transport)).retry(line.retry).build()?)
}

fn new_transaction() -> Result<NewTransaction, Failed> {
    let amount = Money::parse("300", Currency::INR)?;
    Ok(NewTransaction::new(REFERENCE.parse()?, amount, "https://shop.example/thanks"))
}

const REFERENCE: &str = "order-1";
