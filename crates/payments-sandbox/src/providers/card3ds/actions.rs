//! What customers can do with a payment, and how tests write it.

use serde_json::json;

use super::card::TestCard;
use super::engine::Card3dsEngine;
use super::payment::{Kind, Status};
use crate::engine::{ControlAction, PossibleAction};
use crate::http::Form;
use crate::rust_code::{call, literal};

impl Card3dsEngine {
    pub(super) fn possible(&self, id: &str) -> Vec<PossibleAction> {
        let index = self.by_checkout.get(id).or_else(|| self.by_id.get(id));
        let Some(payment) = index.map(|index| &self.payments[*index]) else { return Vec::new() };
        match &payment.kind {
            Kind::ThreeDs(Some(challenge)) if challenge.result().is_none() => ["approve", "reject", "abandon"]
                .map(|action| PossibleAction { endpoint: 0, action, members: &[] })
                .to_vec(),
            Kind::Checkout(_) if payment.status == Status::Enrolled => vec![
                PossibleAction { endpoint: 1, action: "", members: &["card", "installmentCount"] },
                PossibleAction { endpoint: 2, action: "cancel", members: &[] },
            ],
            Kind::Direct | Kind::PreAuthorization { .. } | Kind::ThreeDs(_) | Kind::Checkout(_) => Vec::new(),
        }
    }
}

pub(super) fn of_page(id: &str, form: &Form) -> Option<ControlAction> {
    match form.get("action")? {
        action @ ("approve" | "reject" | "abandon") => Some(ControlAction::new(&["challenges", id, action])),
        "cancel" => Some(ControlAction::new(&["checkouts", id, "cancel"])),
        "pay" => {
            let mut pay = ControlAction::new(&["checkouts", id, "pay"]);
            pay.body.insert("card".to_owned(), json!(form.get("card")?));
            if let Some(count) = form.get("installments").and_then(|count| count.parse::<u32>().ok()) {
                pay.body.insert("installmentCount".to_owned(), json!(count));
            }
            Some(pay)
        }
        _ => None,
    }
}

pub(super) fn handle_call(action: &ControlAction) -> Option<String> {
    let path = action.path_with(&["card", "installmentCount"])?;
    match path.as_slice() {
        ["challenges", id, name @ ("approve" | "reject" | "abandon")] => {
            Some(call("card3ds", "challenge", id, &format!("{name}()")))
        }
        // It changes nothing.
        ["orders", _, "status"] => Some(String::new()),
        ["checkouts", id, "cancel"] => Some(call("card3ds", "checkout", id, "cancel()")),
        ["checkouts", id, "pay"] => {
            let card = literal(TestCard::by_name(action.text("card")?)?.number);
            let method = match action.body.get("installmentCount").filter(|count| !count.is_null()) {
                None => format!("pay({card})"),
                Some(count) => match count.as_u64()? {
                    1 => format!("pay({card})"),
                    count => format!("pay_in_installments({count}, {card})"),
                },
            };
            Some(call("card3ds", "checkout", id, &method))
        }
        _ => None,
    }
}
