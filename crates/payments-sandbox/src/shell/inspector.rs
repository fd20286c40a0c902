//! The inspector: pages that show what happened, live. Everything that they do goes through the control API.

mod curl;
mod deliveries;
mod faults;
mod layout;
mod ledger;
mod orders;
mod overview;
mod pretty;
mod record;
mod timeline;

use crate::endpoint::Content::Html;
use crate::endpoint::Method::Get;
use crate::endpoint::schema::text;
use crate::endpoint::{Endpoint, Query};

use super::route::SharedRoute;

pub(super) use layout::{Page, Pane};

pub(super) const ROUTES: &[SharedRoute] = &[
    SharedRoute {
        endpoint: Endpoint::new("overview", Get, "/", "the inspector, in a browser", Html),
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
    SharedRoute {
        endpoint: Endpoint::new("inspectOrders", Get, "/inspector/orders", "the inspector's list of orders", Html)
            .query(orders::QUERY),
        handler: orders::page,
    },
    SharedRoute {
        endpoint: Endpoint::new(
            "inspectOrder",
            Get,
            "/inspector/orders/{provider}/{id}",
            "the inspector's page of one order, with what banks, customers and back offices can do",
            Html,
        )
        .problems(&[404]),
        handler: orders::order_page,
    },
    SharedRoute {
        endpoint: Endpoint::new("inspectLedger", Get, "/inspector/ledger", "the inspector's page of the ledger", Html)
            .query(ledger::QUERY),
        handler: ledger::page,
    },
    SharedRoute {
        endpoint: Endpoint::new(
            "inspectTimeline",
            Get,
            "/inspector/timeline",
            "the inspector's sequence diagram of the records",
            Html,
        )
        .query(timeline::PAGE_QUERY),
        handler: timeline::page,
    },
    SharedRoute {
        endpoint: Endpoint::new(
            "inspectTimelineRows",
            Get,
            "/inspector/timeline/rows",
            "some rows of the sequence diagram, for the page's script",
            Html,
        )
        .query(timeline::ROWS_QUERY),
        handler: timeline::rows,
    },
    SharedRoute {
        endpoint: Endpoint::new(
            "inspectRecord",
            Get,
            "/inspector/records/{number}",
            "the inspector's page of one record, and of what it caused",
            Html,
        )
        .problems(&[404]),
        handler: record::page,
    },
];
