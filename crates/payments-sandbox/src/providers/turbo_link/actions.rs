//! What customers and the merchant can do with a link, and how tests write it.

use super::engine::TurboLinkEngine;
use super::link::Action;
use crate::engine::{ControlAction, PossibleAction};
use crate::http::Form;
use crate::rust_code::{call, literal};

impl TurboLinkEngine {
    pub(super) fn possible(&self, id: &str) -> Vec<PossibleAction> {
        let Ok(link) = self.link(id) else { return Vec::new() };
        let actions = [("complete", Action::Complete), ("refund", Action::Refund)];
        let possible = actions.into_iter().filter(|(_, action)| link.clone().apply(*action).is_ok());
        possible.map(|(action, _)| PossibleAction { endpoint: 2, action, members: &[] }).collect()
    }
}

pub(super) fn of_page(id: &str, form: &Form) -> Option<ControlAction> {
    (form.get("action") == Some("pay")).then(|| ControlAction::new(&["links", id, "complete"]))
}

pub(super) fn handle_call(action: &ControlAction) -> Option<String> {
    match action.path_with(&["amount"])?.as_slice() {
        ["links"] => Some(format!("let _ = sandbox.turbo_link().create({})", literal(action.text("amount")?))),
        ["links", id, name @ ("complete" | "refund")] => Some(call("turbo_link", "link", id, &format!("{name}()"))),
        _ => None,
    }
}
