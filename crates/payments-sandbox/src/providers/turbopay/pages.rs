//! The hosted deposit page. It shows no private id, and has no script except the close button's.

use super::order::{Order, Status};
use crate::html::{self, LOAD_SCRIPT, document, escape};
use crate::money;

/// Builds the page that the customer sees.
pub(crate) fn deposit(order: &Order) -> String {
    let hash = escape(&order.page);
    let button = |action: &str, label: &str, class: &str| {
        format!(
            "<form method=\"post\" action=\"/deposit?hash={hash}\"><input type=\"hidden\" name=\"action\" value=\"{action}\">\
             <button class=\"{class}\">{label}</button></form>"
        )
    };
    let rest = if order.status == Status::New {
        format!(
            "{}{}{CLOSE}<p class=\"aside\">Only in the sandbox:</p>{}",
            button("pay", "I have paid", "main"),
            button("cancel", "Cancel", ""),
            button("expire", "Let the payment expire", "")
        )
    } else {
        let back = order.redirect_url.as_deref().map(html::back_to_the_shop).unwrap_or_default();
        format!("<p>This payment is <strong>{}</strong>.</p>{back}{CLOSE}", order.status.as_str())
    };
    let amount = format!("{} {}", money::with_two_decimals(order.amount), escape(&order.currency));
    let reference = escape(&order.reference);
    document("Deposit", &format!("<p class=\"amount\">{amount}</p><p>Your order: {reference}</p>{rest}{LOAD_SCRIPT}"))
}

/// Tells a page that frames this one that the customer closes it (documented).
const CLOSE: &str = "<button type=\"button\" data-close>Close</button>";
