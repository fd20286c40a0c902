//! The ledger's totals, and the ledger as CSV.

use serde_json::json;

use super::super::route::SharedRoute;
use super::routes::json;
use crate::endpoint::Content::{Csv, Json};
use crate::endpoint::Endpoint;
use crate::endpoint::Method::Get;
use crate::endpoint::schema::{count, list, object, text};
use crate::http::Response;
use crate::ledger::csv;

pub(super) const ROUTES: &[SharedRoute] = &[
    SharedRoute {
        endpoint: Endpoint::new(
            "ledgerTotals",
            Get,
            "/ledger/totals",
            "the sum of the ledger's amounts by provider, currency and kind; integers as texts, because a sum can exceed 64 bits",
            Json(|| {
                let amount = json!({"type": "string", "pattern": "^-?[0-9]+$"});
                let members = [
                    ("provider", text()),
                    ("currency", text()),
                    ("unit", text()),
                    ("kind", text()),
                    ("entries", count()),
                    ("amount", amount),
                ];
                list(&object(&members, &[]))
            }),
        ),
        handler: |state, _| {
            let totals = state.totals().into_iter().map(|total| {
                json!({
                    "provider": total.provider,
                    "currency": total.currency,
                    "unit": total.unit.as_str(),
                    "kind": total.kind,
                    "entries": total.entries,
                    "amount": total.amount.to_string(),
                })
            });
            json(&totals.collect())
        },
    },
    SharedRoute {
        endpoint: Endpoint::new(
            "ledgerCsv",
            Get,
            "/ledger.csv",
            "the ledger as CSV; a text that a spreadsheet would take for a formula begins with an apostrophe",
            Csv,
        ),
        handler: |state, _| {
            let text = csv::of_entries(state.ledger().entries());
            let response = Response::new(200, "text/csv; charset=utf-8; header=present", text);
            Ok(response.header("Content-Disposition", "attachment; filename=\"ledger.csv\""))
        },
    },
];
