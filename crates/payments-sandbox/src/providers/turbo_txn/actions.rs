//! What banks and customers can do with an order, and how tests write it.

use super::engine::TurboTxnEngine;
use super::transaction::Action;
use crate::engine::{ControlAction, PossibleAction};
use crate::http::Form;
use crate::rust_code::call;

impl TurboTxnEngine {
    pub(super) fn possible(&self, id: &str) -> Vec<PossibleAction> {
        let Some(index) = self.by_order.get(id) else { return Vec::new() };
        let is_possible = |action: Action| self.transactions[*index].clone().apply(action).is_ok();
        let actions = [
            ("pay", Action::Pending),
            ("pending", Action::Pending),
            ("approve", Action::Approve),
            ("reject", Action::Reject),
        ];
        let possible = actions.into_iter().filter(|(_, action)| is_possible(*action));
        possible.map(|(action, _)| PossibleAction { endpoint: 0, action, members: &[] }).collect()
    }
}

pub(super) fn of_page(id: &str, form: &Form) -> Option<ControlAction> {
    let action = form.get("action").filter(|action| ["pay", "reject"].contains(action))?;
    Some(ControlAction::new(&["orders", id, action]))
}

pub(super) fn handle_call(action: &ControlAction) -> Option<String> {
    match action.path_with(&[])?.as_slice() {
        ["orders", id, name @ ("pay" | "pending" | "approve" | "reject")] => {
            Some(call("turbo_txn", "order", id, &format!("{name}()")))
        }
        _ => None,
    }
}
