//! The orders of all providers, and the actions on one message.

use serde_json::{Value, json};

use super::order_detail;
use super::routes::{delivery, json};
use crate::endpoint::Content::Json;
use crate::endpoint::Method::{Get, Post};
use crate::endpoint::schema::{list, object, text};
use crate::endpoint::{Endpoint, Query};
use crate::outbox::DeliveryAction;
use crate::problem::Problem;
use crate::shell::route::SharedRoute;

pub(super) const ROUTES: &[SharedRoute] = &[
    SharedRoute {
        endpoint: Endpoint::new(
            "orders",
            Get,
            "/orders",
            "the latest orders of each provider, the newest last; `id` identifies the order in actions",
            Json(|| list(&order())),
        )
        .query(&[
            Query { name: "provider", summary: "only orders of this provider", schema: text },
            Query { name: "reference", summary: "only orders with this reference", schema: text },
            Query {
                name: "limit",
                summary: "the most orders of each provider; default: 1000",
                schema: || json!({"type": "integer", "minimum": 1, "maximum": MAX_LIMIT}),
            },
        ]),
        handler: |state, call| {
            let limit = call.limit(MAX_LIMIT, MAX_LIMIT)?;
            let (provider, reference) = (call.query("provider"), call.query("reference"));
            state.tick();
            let state = state.lock();
            let mut orders: Vec<Value> = Vec::new();
            for engine in state.engines() {
                let name = engine.spec().name;
                if provider.as_ref().is_some_and(|provider| provider != name) {
                    continue;
                }
                let mut matching = engine.orders();
                matching.retain(|order| reference.as_ref().is_none_or(|reference| order.reference == reference));
                let skipped = matching.len().saturating_sub(limit);
                orders.extend(matching[skipped..].iter().map(|order| {
                    json!({
                        "provider": name,
                        "reference": order.reference,
                        "id": order.id,
                        "status": order.status,
                        "amount": order.amount,
                        "currency": order.currency,
                    })
                }));
            }
            json(&Value::Array(orders))
        },
    },
    SharedRoute {
        endpoint: Endpoint::new(
            "order",
            Get,
            "/orders/{provider}/{id}",
            "one order: its statuses, its ledger entries, what the client was told, and what can be done with it",
            Json(order_detail::schema),
        )
        .problems(&[404]),
        handler: |state, call| {
            let (provider, id) = (call.parameter("provider"), call.parameter("id"));
            let order = state.order(provider, id);
            let unknown = || Problem::NotFound(format!("no such order of {provider:?}: {id:?}"));
            json(&order_detail::value(&order.ok_or_else(unknown)?))
        },
    },
    SharedRoute {
        endpoint: Endpoint::new(
            "transitions",
            Get,
            "/transitions",
            "the changes of an order's status that the providers' documents state, by the operations that create the order",
            Json(|| list(&order_detail::transition_schema())),
        ),
        handler: |state, _| {
            let state = state.lock();
            let transitions = state.engines().iter().flat_map(|engine| {
                let spec = engine.spec();
                spec.transitions.iter().map(|transition| order_detail::transition(spec.name, transition))
            });
            json(&transitions.collect())
        },
    },
    SharedRoute {
        endpoint: Endpoint::new(
            "deliveryAction",
            Post,
            "/deliveries/{number}/{action}",
            "sends one message now, or a copy; holds or releases it; sends it after the next one; changes its body",
            Json(delivery),
        )
        .actions(&["resend", "duplicate", "hold", "release", "reorder", "tamper"])
        .problems(&[404, 409]),
        handler: |state, call| {
            let action = DeliveryAction::by_name(call.action()).ok_or_else(|| call.unknown_action())?;
            let number = call.parameter("number");
            let unknown = || Problem::NotFound(format!("no such delivery: {number:?}"));
            let number = number.parse().map_err(|_| unknown())?;
            json(&json!(state.act_on_delivery(number, action, call)?))
        },
    },
];

fn order() -> Value {
    object(
        &[
            ("provider", text()),
            ("reference", text()),
            ("id", text()),
            ("status", text()),
            ("amount", json!({"type": "integer"})),
            ("currency", text()),
        ],
        &[],
    )
}

const MAX_LIMIT: u64 = 1000;
