//! What all pages share: their headers, their style and script, and how times look.

use askama::Template;
use axum::extract::Request;
use axum::http::{HeaderValue, header};
use axum::middleware::Next;
use axum::response::{Html, Response};
use payments::payments_core::time::OffsetDateTime;

use crate::web::Result;

pub(crate) fn render(page: &impl Template) -> Result<Html<String>> {
    Ok(Html(page.render()?))
}

/// Formats a time of the database.
pub(crate) fn time(millis: &i64) -> String {
    let time = OffsetDateTime::from_unix_timestamp(millis / 1000).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    format!("{} {:02}:{:02}:{:02} UTC", time.date(), time.hour(), time.minute(), time.second())
}

/// Adds the headers of every page of a session, as a layer. A page that has a policy of its own keeps it.
pub(crate) async fn add_headers(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(HeaderValue::from_static(POLICY));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    response
}

/// Own scripts and styles only. The QR codes of payment links are images of tur.bo. There is no `form-action`, because
/// it would also stop the redirect to a provider's page.
const POLICY: &str = "default-src 'self'; img-src 'self' data: https: http:; frame-ancestors 'none'; base-uri 'none'";
