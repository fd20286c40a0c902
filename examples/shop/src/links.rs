//! Payment links of tur.bo, which are made elsewhere: their QR codes and their statuses.

use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::response::Html;
use axum::routing::get;
use payments::turbo_link::{ListLinks, WebAddress};

use crate::error::{Error, Result};
use crate::page::render;
use crate::shop::Shop;

pub(crate) fn routes() -> Router<Shop> {
    Router::new().route("/links", get(list))
}

/// Asks tur.bo, which sends no webhooks, so the statuses are as new as the page.
async fn list(State(shop): State<Shop>) -> Result<Html<String>> {
    let list = shop.providers.turbo_link.list_links(ListLinks::new()).send().await;
    let list = list.map_err(|error| Error::Internal(error.into()))?;
    let mut page = Page { links: Vec::new(), not_shown: list.not_shown(), unreadable: 0 };
    for item in list.line_items {
        let Ok(link) = item else {
            page.unreadable += 1;
            continue;
        };
        page.links.push(Link {
            amount: link.amount().map_or_else(|error| error.to_string(), |amount| amount.to_string()),
            status: link.status.to_string(),
            // Only http and https addresses: the texts are the provider's.
            url: link.url.as_ref().and_then(WebAddress::href).map(str::to_owned),
            qr: link.qr.as_ref().and_then(WebAddress::href).map(str::to_owned),
            id: link.id.to_string(),
        });
    }
    render(&page)
}

struct Link {
    id: String,
    amount: String,
    status: String,
    url: Option<String>,
    qr: Option<String>,
}

#[derive(Template)]
#[template(path = "links.html")]
struct Page {
    links: Vec<Link>,
    /// Links that tur.bo counts and does not list.
    not_shown: u64,
    unreadable: usize,
}
