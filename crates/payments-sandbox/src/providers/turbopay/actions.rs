//! What banks, customers and the back office can do with an order, and how tests write it.

use super::engine::TurboPayEngine;
use super::order::{Action, Kind};
use crate::engine::{ControlAction, PossibleAction};
use crate::http::Form;
use crate::rust_code::{call, literal};

impl Action {
    /// Returns the action of this name in the control API.
    pub(super) fn by_name(name: &str, amount: Option<i64>, reason: String) -> Option<Self> {
        Some(match name {
            "pending" => Self::Pending,
            "pay" => Self::Pay,
            "success" => Self::Succeed(amount),
            "fail" => Self::Fail(reason),
            "cancel" => Self::Cancel,
            "expire" => Self::Expire,
            "refund" => Self::Refund,
            "chargeback" => Self::ChargeBack(reason),
            "resend" => Self::Resend,
            _ => return None,
        })
    }
}

impl TurboPayEngine {
    pub(super) fn possible(&self, id: &str) -> Vec<PossibleAction> {
        let Some(order) = self.by_reference.get(id).map(|index| &self.orders[*index]) else { return Vec::new() };
        let is_possible = |action: &Action| match action {
            Action::Pay if order.kind == Kind::Withdrawal => false,
            Action::Pay => order.clone().apply(&Action::Pending).is_ok(),
            action => order.clone().apply(action).is_ok(),
        };
        let named = ACTIONS
            .iter()
            .filter(|(name, _)| Action::by_name(name, None, String::new()).is_some_and(|action| is_possible(&action)));
        let mut possible: Vec<PossibleAction> =
            named.map(|(action, members)| PossibleAction { endpoint: 1, action, members }).collect();
        if is_possible(&Action::Amount(order.amount)) {
            possible.push(PossibleAction { endpoint: 0, action: "", members: &["amount"] });
        }
        possible
    }
}

/// The actions, and the members of their bodies that make sense.
const ACTIONS: &[(&str, &[&str])] = &[
    ("pay", &[]),
    ("pending", &[]),
    ("success", &["amount", "utr"]),
    ("fail", &["reason"]),
    ("cancel", &[]),
    ("expire", &[]),
    ("refund", &[]),
    ("chargeback", &["reason"]),
    ("resend", &[]),
];

pub(super) fn of_page(id: &str, form: &Form) -> Option<ControlAction> {
    let action = form.get("action").filter(|action| ["pay", "cancel", "expire"].contains(action))?;
    Some(ControlAction::new(&["orders", id, action]))
}

pub(super) fn handle_call(action: &ControlAction) -> Option<String> {
    let path = action.path_with(&["amount", "reason"])?;
    let ["orders", id, name] = path.as_slice() else { return None };
    let (amount, reason) = (action.text("amount"), literal(action.text("reason").unwrap_or_default()));
    let method = match (*name, amount) {
        ("success", Some(amount)) => format!("succeed_with({})", literal(amount)),
        ("amount", Some(amount)) => format!("change_amount({})", literal(amount)),
        (_, Some(_)) => return None,
        ("success", None) => "succeed()".to_owned(),
        ("fail", None) => format!("fail({reason})"),
        ("chargeback", None) => format!("charge_back({reason})"),
        ("pending" | "pay" | "cancel" | "expire" | "refund" | "resend", None) => format!("{name}()"),
        _ => return None,
    };
    Some(call("turbopay", "order", id, &method))
}
