//! What is sold: three things, with a price in each currency.

use askama::Template;
use axum::Router;
use axum::response::Html;
use axum::routing::get;
use payments::{Currency, Money};

use crate::error::Result;
use crate::page::render;
use crate::random;
use crate::session::Session;
use crate::shop::Shop;

pub(crate) struct Product {
    pub(crate) id: &'static str,
    pub(crate) name: &'static str,
    pub(crate) about: &'static str,
    /// In whole rupees, because two of the providers accept only these.
    rupees: i64,
    kurus: i64,
    cents: i64,
}

pub(crate) const PRODUCTS: [Product; 3] = [
    Product { id: "tea", name: "Assam tea", about: "250 g, second flush", rupees: 500, kurus: 20_050, cents: 1_299 },
    Product { id: "teapot", name: "Teapot", about: "Stoneware, 0.8 l", rupees: 1_500, kurus: 69_990, cents: 4_499 },
    Product { id: "samovar", name: "Samovar", about: "Copper, 4 l", rupees: 9_000, kurus: 419_900, cents: 24_999 },
];

impl Product {
    pub(crate) fn find(id: &str) -> Option<&'static Self> {
        PRODUCTS.iter().find(|product| product.id == id)
    }

    /// The price in this currency, or `None` if it is not sold for it.
    pub(crate) fn price(&self, currency: Currency) -> Option<Money> {
        let minor = match currency {
            Currency::INR => self.rupees.checked_mul(100)?,
            Currency::TRY => self.kurus,
            Currency::USD => self.cents,
            _ => return None,
        };
        Some(Money::from_minor(minor, currency))
    }

    fn prices(&self) -> Vec<Money> {
        [Currency::INR, Currency::TRY, Currency::USD].into_iter().filter_map(|currency| self.price(currency)).collect()
    }
}

pub(crate) fn routes() -> Router<Shop> {
    Router::new().route("/", get(show))
}

async fn show(session: Session) -> Result<Html<String>> {
    // Each form has the id of the order that it creates, so that a second click creates no second order.
    let mut offers = Vec::new();
    for product in &PRODUCTS {
        offers.push((product, random::id("ORD")?));
    }
    render(&Page { csrf: session.csrf(), offers })
}

#[derive(Template)]
#[template(path = "catalogue.html")]
struct Page {
    csrf: String,
    offers: Vec<(&'static Product, String)>,
}
