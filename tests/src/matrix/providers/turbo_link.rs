//! tur.bo: questions alone, by POST.

use std::sync::Arc;

use turbo_link::{Client, ListLinks};

use super::Provider;
use crate::clients::turbo_link_builder;
use crate::matrix::Failed;
use crate::matrix::bench::{Bench, Line};
use crate::matrix::operation::{Guard, Operation, Ready, Sending, sent};

pub(super) const OPERATIONS: &[Operation] = &[
    Operation {
        provider: Provider::TurboLink,
        name: "list",
        way: None,
        guard: Guard::Reads,
        prepare: |bench| Box::pin(list(bench)),
    },
    Operation {
        provider: Provider::TurboLink,
        name: "detail",
        way: None,
        guard: Guard::Reads,
        prepare: |bench| Box::pin(detail(bench)),
    },
];

pub(super) fn warm(bench: &Bench) -> Result<Sending, Failed> {
    Ok(sent(client(bench, &bench.tested)?.list_links(ListLinks::new()).send()))
}

async fn list(bench: Bench) -> Result<Ready, Failed> {
    let client = client(&bench, &bench.tested)?;
    Ok(Ready::new(move || sent(client.list_links(ListLinks::new()).send())))
}

async fn detail(bench: Bench) -> Result<Ready, Failed> {
    let (client, id) = (client(&bench, &bench.tested)?, bench.sandbox.turbo_link().create("12.50").parse()?);
    Ok(Ready::new(move || sent(client.list_links(ListLinks::new().only(id)).send())))
}

fn client(bench: &Bench, line: &Line) -> Result<Client, Failed> {
    let builder = turbo_link_builder(&bench.sandbox)?.base_url(line.address(bench.sandbox.turbo_link().base_url()));
    Ok(builder.transport(Arc::clone(&line.transport)).retry(line.retry).build()?)
}
