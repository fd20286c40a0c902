//! The hosted deposit page. It shows no private id, and has no script except the close button's.

use crate::html::{document, escape};

/// Builds the page that the customer sees.
pub(crate) fn deposit(hash: &str, amount: &str, reference: &str, status: &str, open: bool) -> String {
    let hash = escape(hash);
    let button = |action: &str, label: &str, class: &str| {
        format!(
            "<form method=\"post\" action=\"/deposit?hash={hash}\"><input type=\"hidden\" name=\"action\" value=\"{action}\">\
             <button class=\"{class}\">{label}</button></form>"
        )
    };
    let rest = if open {
        format!(
            "{}{}{CLOSE}<p class=\"aside\">Only in the sandbox:</p>{}",
            button("pay", "I have paid", "main"),
            button("cancel", "Cancel", ""),
            button("expire", "Let ten minutes pass", "")
        )
    } else {
        format!("<p>This payment is <strong>{}</strong>.</p>{CLOSE}", escape(status))
    };
    let (amount, reference) = (escape(amount), escape(reference));
    document("Deposit", &format!("<p class=\"amount\">{amount}</p><p>Your order: {reference}</p>{rest}"))
}

/// Tells a page that frames this one that the customer closes it (documented).
const CLOSE: &str = "<button type=\"button\" onclick=\"parent.postMessage('close','*')\">Close</button>";
