//! The webhooks and callbacks that the journal has received.

use askama::Template;
use axum::extract::State;
use axum::response::Html;

use crate::database::rows;
use crate::shop::Shop;
use crate::web::{Result, render};

/// Lists the journal's table. Reading it is safe; only the journal writes to it.
pub(crate) async fn list(State(shop): State<Shop>) -> Result<Html<String>> {
    // A report is empty if the message is unsigned: it proves nothing, so the journal only looks the order up.
    let received = rows!(
        "SELECT provider, report <> '', reference, received_at, applied_at FROM payments_inbox
         ORDER BY received_at DESC, id DESC LIMIT 100"
    );
    render(&Page { received: received.fetch_all(shop.pool()).await? })
}

/// The provider, whether it is verified, the reference, and when it was received and applied.
type Received = (String, bool, Option<String>, i64, Option<i64>);

#[derive(Template)]
#[template(path = "office/webhooks.html")]
struct Page {
    received: Vec<Received>,
}
