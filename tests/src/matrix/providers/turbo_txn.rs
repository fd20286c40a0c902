//! Turbo Transactions: no idempotency keys, no documented uniqueness of order ids, but a lookup.

use std::sync::Arc;

use turbo_txn::{Client, Currency, Money, NewTransaction, Outcome};

use super::Provider;
use crate::clients::turbo_txn_builder;
use crate::matrix::Failed;
use crate::matrix::operation::{CallFuture, LookupFuture, Operation, PreparedCall, Protection, discard_value};
use crate::matrix::setup::{Route, Setup};

pub(super) const OPERATIONS: &[Operation] = &[
    Operation {
        provider: Provider::TurboTxn,
        name: "initiate",
        variant: None,
        protection: Protection::NotResent,
        prepare: |setup| Box::pin(initiate(setup)),
    },
    Operation {
        provider: Provider::TurboTxn,
        name: "status-check",
        variant: None,
        protection: Protection::ReadOnly,
        prepare: |setup| Box::pin(status_check(setup)),
    },
];

/// Looks up an order that does not exist. The error response counts as success.
pub(super) fn warm_up(setup: &Setup) -> Result<CallFuture, Failed> {
    let (client, order) = (client(setup, &setup.tested)?, "unknown-order".parse()?);
    Ok(Box::pin(async move {
        match client.lookup(&order).send().await {
            Err(err) if err.outcome() != Outcome::Refused => Err(err),
            _ => Ok(()),
        }
    }))
}

async fn initiate(setup: Setup) -> Result<PreparedCall, Failed> {
    let (healthy, tested) = (client(&setup, &setup.healthy)?, client(&setup, &setup.tested)?);
    let (new, order) = (new_transaction()?, REFERENCE.parse()?);
    Ok(PreparedCall::new(move || discard_value(tested.initiate(new).send())).resolved_by_lookup(
        move || -> LookupFuture {
            let call = healthy.lookup(&order).send();
            Box::pin(async move {
                match call.await {
                    Ok(_) => Ok(true),
                    Err(err) if err.outcome() == Outcome::Refused => Ok(false),
                    Err(err) => Err(err),
                }
            })
        },
    ))
}

async fn status_check(setup: Setup) -> Result<PreparedCall, Failed> {
    let (healthy, tested) = (client(&setup, &setup.healthy)?, client(&setup, &setup.tested)?);
    healthy.initiate(new_transaction()?).send().await?;
    let order = REFERENCE.parse()?;
    Ok(PreparedCall::new(move || discard_value(tested.lookup(&order).send())))
}

fn client(setup: &Setup, route: &Route) -> Result<Client, Failed> {
    let builder = turbo_txn_builder(&setup.sandbox)?.base_url(route.base_url(setup.sandbox.turbo_txn().base_url()));
    Ok(builder.transport(Arc::clone(&route.transport)).retry(route.retry).build()?)
}

fn new_transaction() -> Result<NewTransaction, Failed> {
    let amount = Money::parse("300", Currency::INR)?;
    Ok(NewTransaction::new(REFERENCE, amount, "https://shop.example/thanks"))
}

const REFERENCE: &str = "order-1";
