//! The inspector: pages that show what happened, live. Everything that they do goes through the control API.

mod deliveries;
mod faults;
mod layout;
mod overview;

use crate::endpoint::Content::Html;
use crate::endpoint::Method::Get;
use crate::endpoint::schema::text;
use crate::endpoint::{Endpoint, Query};

use super::route::SharedRoute;

pub(super) use layout::{Page, Pane};

pub(super) const ROUTES: &[SharedRoute] = &[
    SharedRoute {
        endpoint: Endpoint::new("overview", Get, "/", "the inspector, which shows all of this live", Html),
        handler: |state, _| Ok(overview::page(state)),
    },
    SharedRoute {
        endpoint: Endpoint::new(
            "inspectDeliveries",
            Get,
            "/inspector/deliveries",
            "the inspector's page of webhooks and callbacks",
            Html,
        )
        .query(&[Query { name: "order", summary: "only messages about this reference", schema: text }]),
        handler: |state, call| Ok(deliveries::page(state, call)),
    },
    SharedRoute {
        endpoint: Endpoint::new("inspectFaults", Get, "/inspector/faults", "the inspector's page of faults", Html),
        handler: |state, _| Ok(faults::page(state)),
    },
];
