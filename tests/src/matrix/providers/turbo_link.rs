//! tur.bo: read-only operations, sent as POST requests.

use std::sync::Arc;

use turbo_link::{Client, ListLinks};

use super::Provider;
use crate::clients::turbo_link_builder;
use crate::matrix::Failed;
use crate::matrix::operation::{CallFuture, Operation, PreparedCall, Protection, discard_value};
use crate::matrix::setup::{Route, Setup};

pub(super) const OPERATIONS: &[Operation] = &[
    Operation {
        provider: Provider::TurboLink,
        name: "list",
        variant: None,
        protection: Protection::ReadOnly,
        prepare: |setup| Box::pin(list(setup)),
    },
    Operation {
        provider: Provider::TurboLink,
        name: "detail",
        variant: None,
        protection: Protection::ReadOnly,
        prepare: |setup| Box::pin(detail(setup)),
    },
];

pub(super) fn warm_up(setup: &Setup) -> Result<CallFuture, Failed> {
    Ok(discard_value(client(setup, &setup.tested)?.list_links(ListLinks::new()).send()))
}

async fn list(setup: Setup) -> Result<PreparedCall, Failed> {
    let client = client(&setup, &setup.tested)?;
    Ok(PreparedCall::new(move || discard_value(client.list_links(ListLinks::new()).send())))
}

async fn detail(setup: Setup) -> Result<PreparedCall, Failed> {
    let (client, id) = (client(&setup, &setup.tested)?, setup.sandbox.turbo_link().create("12.50"));
    Ok(PreparedCall::new(move || discard_value(client.list_links(ListLinks::new().only(id)).send())))
}

fn client(setup: &Setup, route: &Route) -> Result<Client, Failed> {
    let builder = turbo_link_builder(&setup.sandbox)?.base_url(route.base_url(setup.sandbox.turbo_link().base_url()));
    Ok(builder.transport(Arc::clone(&route.transport)).retry(route.retry).build()?)
}
