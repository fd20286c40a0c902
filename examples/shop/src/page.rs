//! The frame of every page, and its style and script.

use askama::Template;
use axum::Router;
use axum::http::header;
use axum::response::{Html, IntoResponse};
use axum::routing::get;
use payments::payments_core::time::OffsetDateTime;

use crate::error::Result;
use crate::shop::Shop;

pub(crate) fn render(page: &impl Template) -> Result<Html<String>> {
    Ok(Html(page.render()?))
}

/// A page with one sentence.
#[derive(Template)]
#[template(path = "message.html")]
pub(crate) struct Message<'a> {
    pub(crate) title: &'a str,
    pub(crate) text: &'a str,
}

impl Message<'_> {
    pub(crate) fn page(&self) -> Html<String> {
        Html(self.render().unwrap_or_else(|_| self.title.to_owned()))
    }
}

/// Formats a time of the database.
pub(crate) fn time(millis: &i64) -> String {
    let time = OffsetDateTime::from_unix_timestamp(millis / 1000).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    let (date, hour, minute, second) = (time.date(), time.hour(), time.minute(), time.second());
    format!("{date} {hour:02}:{minute:02}:{second:02} UTC")
}

pub(crate) fn routes() -> Router<Shop> {
    Router::new()
        .route("/health", get(|| async { "ok" }))
        .route("/style.css", get(|| asset("text/css; charset=utf-8", include_str!("../assets/style.css"))))
        .route("/shop.js", get(|| asset("text/javascript; charset=utf-8", include_str!("../assets/shop.js"))))
        .fallback(|| async { crate::error::Error::NotFound })
}

async fn asset(kind: &'static str, text: &'static str) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, "no-cache")], text)
}
