//! The webhooks and callbacks that the journal has received.

use askama::Template;
use axum::extract::State;
use axum::response::Html;

use crate::database::rows;
use crate::shop::Shop;
use crate::web::{Result, render};

/// A row of the journal's table. Reading it is safe; only the journal writes to it.
#[derive(sqlx::FromRow)]
struct Received {
    provider: String,
    source: String,
    reference: Option<String>,
    received_at: i64,
    applied_at: Option<i64>,
}

impl Received {
    /// An unsigned callback proves nothing, so the journal only looks the order up.
    fn is_hint(&self) -> bool {
        self.source.starts_with("hint:")
    }
}

pub(crate) async fn list(State(shop): State<Shop>) -> Result<Html<String>> {
    let received = rows!(
        "SELECT provider, source, reference, received_at, applied_at FROM payments_inbox
         ORDER BY received_at DESC, id DESC LIMIT 100"
    );
    render(&Page { received: received.fetch_all(shop.pool()).await? })
}

#[derive(Template)]
#[template(path = "office/webhooks.html")]
struct Page {
    received: Vec<Received>,
}
