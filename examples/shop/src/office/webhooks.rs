//! The webhooks and callbacks that the journal has received.

use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::response::Html;
use axum::routing::get;
use sqlx::FromRow;

use crate::error::Result;
use crate::page::render;
use crate::shop::Shop;

pub(crate) fn routes() -> Router<Shop> {
    Router::new().route("/office/webhooks", get(list))
}

/// A row of the journal's table. Reading it is safe; only the journal writes to it.
#[derive(FromRow)]
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

async fn list(State(shop): State<Shop>) -> Result<Html<String>> {
    let query = sqlx::query_as(
        "SELECT provider, source, reference, received_at, applied_at FROM payments_inbox
         ORDER BY received_at DESC, id DESC LIMIT 100",
    );
    render(&Page { received: query.fetch_all(shop.journal.store().pool()).await? })
}

#[derive(Template)]
#[template(path = "office/webhooks.html")]
struct Page {
    received: Vec<Received>,
}
