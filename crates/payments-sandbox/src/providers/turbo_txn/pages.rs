//! The payment page at `sdkUrl`.

use super::routes::PAGE;
use super::transaction::{Status, Transaction};
use crate::{html, money};

/// Builds the page that the customer sees.
pub(crate) fn payment(transaction: &Transaction) -> String {
    let rest = match transaction.status {
        Status::Initiated => [
            button(transaction, "pay", "I have paid", "main"),
            button(transaction, "reject", "Decline", ""),
            "<p class=\"aside\">Only in the sandbox:</p>".to_owned(),
            button(transaction, "leave", "Leave without a decision", ""),
        ]
        .concat(),
        Status::Pending | Status::Approved | Status::Rejected => {
            let back = html::back_to_the_shop(&transaction.return_url);
            format!("<p>This payment is <strong>{}</strong>.</p>{back}", transaction.status.as_str())
        }
    };
    let amount = money::with_two_decimals(transaction.amount);
    let order = html::escape(&transaction.order_id);
    html::document("Payment", &format!("<p class=\"amount\">{amount} INR</p><p>Your order: {order}</p>{rest}"))
}

/// Builds the page for a customer who left.
pub(crate) fn left(transaction: &Transaction) -> String {
    let status = transaction.status.as_str();
    let page = html::escape(&transaction.page);
    let body = format!(
        "<p>You left without a decision: this payment is <strong>{status}</strong>.</p>\
         <p><a href=\"{PAGE}?data={page}\">Back to the payment</a></p>"
    );
    html::document("Left", &body)
}

fn button(transaction: &Transaction, action: &str, label: &str, class: &str) -> String {
    let page = html::escape(&transaction.page);
    format!(
        "<form method=\"post\" action=\"{PAGE}?data={page}\"><input type=\"hidden\" name=\"action\" value=\"{action}\">\
         <button class=\"{class}\">{label}</button></form>"
    )
}
