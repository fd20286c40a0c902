//! The payment page that a link leads to.

use super::link::{IMAGES, Link, PAGES, Status};
use super::responses::in_dollars;
use crate::html;

/// What the customer meets.
pub(crate) fn payment(link: &Link) -> String {
    let id = html::escape(&link.id);
    let fee = match link.charge.on(link.amount) {
        Some(cents) => format!("<p>and a convenience fee of {}</p>", in_dollars(cents)),
        None => String::new(),
    };
    let rest = match link.status {
        Status::Pending => format!(
            "<p><img src=\"{IMAGES}{id}.png\" alt=\"This page's address as a QR code\"></p>\
             <form method=\"post\" action=\"{PAGES}{id}\"><input type=\"hidden\" name=\"action\" value=\"pay\">\
             <button class=\"main\">Pay</button></form>"
        ),
        Status::Completed | Status::Refunded => {
            format!("<p>This payment is <strong>{}</strong>.</p>", link.status.as_str())
        }
    };
    let amount = in_dollars(link.amount);
    html::document("Payment", &format!("<p class=\"amount\">{amount}</p>{fee}<p>Payment {id}</p>{rest}"))
}
