//! The books as CSV: what the shop believes that the providers executed.

use axum::Router;
use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use axum::routing::get;

use crate::error::Result;
use crate::shop::Shop;

pub(crate) fn routes() -> Router<Shop> {
    Router::new().route("/office/books.csv", get(csv))
}

/// Lists all bookings, the oldest first. Amounts are integers in the currency's smallest unit. No value needs quotes.
async fn csv(State(shop): State<Shop>) -> Result<impl IntoResponse> {
    let query =
        sqlx::query_as("SELECT kind, about, reference, amount, currency, at FROM bookings ORDER BY at, reference");
    let rows: Vec<(String, String, String, i64, String, i64)> = query.fetch_all(shop.journal.store().pool()).await?;
    let mut text = "kind,about,reference,amount,currency,at\n".to_owned();
    for (kind, about, reference, amount, currency, at) in rows {
        text += &format!("{kind},{about},{reference},{amount},{currency},{at}\n");
    }
    Ok(([(header::CONTENT_TYPE, "text/csv; charset=utf-8")], text))
}
