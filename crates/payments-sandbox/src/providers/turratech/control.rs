//! TurraTech's part of the control API.

use serde::Deserialize;
use serde_json::{Value, json};
use time::OffsetDateTime;

use super::engine::TurraTechEngine;
use super::payment::Action;
use crate::http::read_json;

/// The endpoints, for the control page.
pub(crate) const ENDPOINTS: &[(&str, &str)] = &[
    (
        "POST /turratech/payments/{order or id}/{action}",
        "succeed, fail, dispute: the action of the bank or the customer",
    ),
    ("POST /turratech/endpoints", "adds an endpoint for all events: {\"url\": \"http://127.0.0.1:PORT/...\"}"),
    ("POST /turratech/seed", "creates payments for lists, without ledger entries or events: {\"payments\": 250}"),
];

impl TurraTechEngine {
    pub(super) fn handle_control(
        &mut self,
        path: &[&str],
        body: &[u8],
        now: OffsetDateTime,
    ) -> Option<Result<Value, String>> {
        match path {
            ["payments", name, action] => Some(self.act_by_name(name, action, now)),
            ["endpoints"] => Some(read_json(body).and_then(|NewEndpoint { url }| {
                self.send_events_to(&url)?;
                Ok(json!({"url": url}))
            })),
            ["seed"] => Some(read_json(body).and_then(|Seed { payments }| {
                if payments > MAX_SEEDED_PAYMENTS {
                    return Err(format!("`payments` must be at most {MAX_SEEDED_PAYMENTS}"));
                }
                Ok(json!({"payments": self.seed_payments(payments, now)}))
            })),
            _ => None,
        }
    }

    fn act_by_name(&mut self, name: &str, action: &str, now: OffsetDateTime) -> Result<Value, String> {
        let action = match action {
            "succeed" => Action::Succeed,
            "fail" => Action::Fail,
            "dispute" => Action::Dispute,
            _ => return Err(format!("{action:?} is not an action; expected one of succeed, fail, dispute")),
        };
        self.act(name, action, now)?;
        let payment = self.find_payment(name);
        Ok(json!({"id": payment.map(|payment| &payment.id), "status": payment.map(|payment| payment.status.as_str())}))
    }
}

#[derive(Deserialize)]
struct NewEndpoint {
    url: String,
}

#[derive(Deserialize)]
struct Seed {
    payments: usize,
}

/// Enough for any list, and not enough to exhaust the memory.
const MAX_SEEDED_PAYMENTS: usize = 1_000_000;
