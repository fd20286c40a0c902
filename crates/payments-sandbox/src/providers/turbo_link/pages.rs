//! The payment page of a link.

use super::link::{IMAGES, Link, PAGES, Status};
use super::responses::in_dollars;
use crate::html;

/// Builds the page that the customer sees.
pub(crate) fn payment(link: &Link) -> String {
    let id = html::escape(&link.id);
    let fee = match link.charge.on(link.amount) {
        Some(cents) => format!("<p>plus a convenience fee of {}</p>", in_dollars(cents)),
        None => String::new(),
    };
    let rest = match link.status {
        Status::Pending => format!(
            "<p><img src=\"{IMAGES}{id}.png\" alt=\"QR code of this page's URL\"></p>\
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
