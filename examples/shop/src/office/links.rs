//! Payment links of tur.bo, which are made elsewhere: their QR codes and their statuses.

use askama::Template;
use axum::extract::State;
use axum::response::Html;
use payments::turbo_link::{ListLinks, PaymentList};

use crate::shop::Shop;
use crate::web::{Error, Result, render};

/// Asks tur.bo, which sends no webhooks, so the statuses are as new as the page.
pub(crate) async fn list(State(shop): State<Shop>) -> Result<Html<String>> {
    let list = shop.providers.turbo_link.list_links(ListLinks::new()).send().await.map_err(Error::NotExecuted)?;
    render(&Page { list })
}

#[derive(Template)]
#[template(path = "office/links.html")]
struct Page {
    list: PaymentList,
}
