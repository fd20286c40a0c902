//! What banks and customers can do with a payment, and how tests write it.

use super::engine::TurraTechEngine;
use super::payment::Status;
use crate::engine::{ControlAction, PossibleAction};
use crate::http::Form;
use crate::rust_code::{call, literal};

impl TurraTechEngine {
    pub(super) fn possible(&self, id: &str) -> Vec<PossibleAction> {
        let Some(payment) = self.payments.get(id) else { return Vec::new() };
        let actions: &[&str] = match payment.status {
            Status::Succeeded if !payment.disputed => &["dispute"],
            Status::Processing
            | Status::RequiresPaymentMethod
            | Status::RequiresConfirmation
            | Status::RequiresAction => &["succeed", "fail"],
            Status::RequiresCapture | Status::Succeeded | Status::Canceled | Status::Failed => &[],
        };
        actions.iter().map(|action| PossibleAction { endpoint: 0, action, members: &[] }).collect()
    }
}

/// TurraTech has no pages.
pub(super) fn of_page(_: &str, _: &Form) -> Option<ControlAction> {
    None
}

pub(super) fn handle_call(action: &ControlAction) -> Option<String> {
    let path = action.path_with(&["url", "payments"])?;
    match path.as_slice() {
        ["payments", name, action @ ("succeed" | "fail" | "dispute")] => {
            Some(call("turratech", "payment", name, &format!("{action}()")))
        }
        ["endpoints"] => Some(format!("sandbox.turratech().send_events_to({})", literal(action.text("url")?))),
        ["seed"] => Some(format!("sandbox.turratech().seed_payments({})", action.body.get("payments")?.as_u64()?)),
        _ => None,
    }
}
