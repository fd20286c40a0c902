//! Messages to the merchant, with their attempts, and what can be done with each.

use std::fmt::Write as _;
use std::sync::Arc;

use super::layout::{Page, Pane};
use crate::endpoint::ControlCall;
use crate::html::escape;
use crate::http::{Response, percent_encode};
use crate::outbox::{Delivery, DeliveryState};
use crate::state::SharedState;

pub(super) fn page(state: &Arc<SharedState>, call: &ControlCall<'_>) -> Response {
    let last = state.last_record();
    state.tick();
    let order = call.query("order").filter(|order| !order.is_empty());
    let body = format!(
        "<p>Webhooks and callbacks, the newest first. A provider sends a message again until your application acknowledges it. \
         TurraTech and Turbo Transactions need a URL first: <code>POST /turratech/endpoints</code>, <code>POST /turbo-txn/callbacks</code>.</p>\
         <div class=\"row\"><form class=\"row\" method=\"get\"><label>Order <input name=\"order\" value=\"{}\"></label>\
         <button>Filter</button></form>\
         <button data-post=\"/webhooks/release\">Release all held messages</button></div>\
         <section id=\"deliveries\" data-live aria-label=\"Messages\">{}</section>",
        escape(order.as_deref().unwrap_or_default()),
        list(state, order.as_deref()),
    );
    Page { pane: Pane::Deliveries, title: "Deliveries", scripts: &[], body: &body, last }.respond(state)
}

fn list(state: &SharedState, order: Option<&str>) -> String {
    let state = state.lock();
    let mut matching =
        state.outbox.latest().filter(|(_, _, delivery)| order.is_none_or(|order| delivery.reference == order));
    let cards: String =
        matching.by_ref().take(MOST).map(|(provider, record, delivery)| card(provider, record, delivery)).collect();
    match (cards.as_str(), matching.count()) {
        ("", _) => "<p class=\"empty\">No webhook or callback yet.</p>".to_owned(),
        (cards, 0) => cards.to_owned(),
        (cards, more) => format!(
            "{cards}<p class=\"quiet\">{more} earlier messages are in <a href=\"/deliveries\">/deliveries</a>.</p>"
        ),
    }
}

fn card(provider: &str, record: Option<u64>, delivery: &Delivery) -> String {
    let Delivery { number, reference, about, url, results, state, .. } = delivery;
    let mood = match state {
        DeliveryState::Delivered => "good",
        DeliveryState::Failed | DeliveryState::Dropped | DeliveryState::NotSent => "bad",
        DeliveryState::Waiting | DeliveryState::Held | DeliveryState::Overtaken => "warn",
    };
    let label = match state {
        DeliveryState::Overtaken => "sent after the next one".to_owned(),
        DeliveryState::Waiting if !results.is_empty() => "waiting for the next attempt".to_owned(),
        state => state.to_string(),
    };
    let (reference, order) = (escape(reference), percent_encode(reference));
    let mut html = format!(
        "<article class=\"card\" aria-labelledby=\"delivery-{number}\"><h2 id=\"delivery-{number}\">#{number} {} \
         <a href=\"/inspector/timeline?order={order}\">{reference}</a> <span class=\"badge {mood}\">{label}</span></h2>\
         <p class=\"quiet\">{provider}, POST {}",
        escape(about),
        escape(url),
    );
    if let Some(record) = record {
        let _ = write!(html, " · <a href=\"/inspector/records/{record}\">headers and body</a>");
    }
    html.push_str("</p>");
    if !results.is_empty() {
        let results: String = results.iter().map(|result| format!("<li>{}</li>", escape(result))).collect();
        let _ = write!(html, "<ol aria-label=\"Attempts\">{results}</ol>");
    }
    html.push_str("<div class=\"actions\">");
    for (action, label) in actions(*state) {
        let _ = write!(
            html,
            "<button id=\"{action}-{number}\" data-post=\"/deliveries/{number}/{action}\" \
             aria-label=\"{label}: message {number}\">{label}</button>"
        );
    }
    html.push_str("</div></article>");
    html
}

/// The actions that the control API allows in this state.
fn actions(state: DeliveryState) -> &'static [(&'static str, &'static str)] {
    match state {
        DeliveryState::NotSent => &[],
        DeliveryState::Waiting => &[
            ("resend", "Send now"),
            ("duplicate", "Send a copy"),
            ("hold", "Hold"),
            ("reorder", "Send after the next one"),
            ("tamper", "Change the body"),
        ],
        DeliveryState::Held | DeliveryState::Overtaken => {
            &[("release", "Release"), ("duplicate", "Send a copy"), ("tamper", "Change the body")]
        }
        DeliveryState::Delivered | DeliveryState::Failed | DeliveryState::Dropped => {
            &[("resend", "Send again"), ("duplicate", "Send a copy"), ("tamper", "Change the body")]
        }
    }
}

/// The most messages on the page.
const MOST: usize = 100;
