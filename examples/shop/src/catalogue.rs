//! What is sold: three things, with a price in each currency.

use askama::Template;
use axum::response::Html;
use payments::{Currency, Money};

use crate::method::Method;
use crate::random;
use crate::web::{Error, Result, Session, render};

pub(crate) struct Product {
    pub(crate) id: &'static str,
    pub(crate) name: &'static str,
    about: &'static str,
    /// In the smallest units. Two of the providers accept whole rupees only.
    prices: [Money; 3],
}

static PRODUCTS: [Product; 3] = [
    Product { id: "tea", name: "Assam tea", about: "250 g, second flush", prices: prices(50_000, 20_050, 1_299) },
    Product { id: "teapot", name: "Teapot", about: "Stoneware, 0.8 l", prices: prices(150_000, 69_990, 4_499) },
    Product { id: "samovar", name: "Samovar", about: "Copper, 4 l", prices: prices(900_000, 419_900, 24_999) },
];

const fn prices(paise: i64, kurus: i64, cents: i64) -> [Money; 3] {
    [
        Money::from_minor(paise, Currency::INR),
        Money::from_minor(kurus, Currency::TRY),
        Money::from_minor(cents, Currency::USD),
    ]
}

impl Product {
    pub(crate) fn find(id: &str) -> Option<&'static Self> {
        PRODUCTS.iter().find(|product| product.id == id)
    }

    pub(crate) fn price(&self, method: &Method) -> Result<Money> {
        let price = self.prices.into_iter().find(|price| price.currency() == method.currency);
        price.ok_or_else(|| Error::Invalid(format!("{} cannot be paid in {}", self.name, method.currency)))
    }
}

/// For a column.
impl TryFrom<String> for &'static Product {
    type Error = String;

    fn try_from(id: String) -> Result<Self, String> {
        Product::find(&id).ok_or(format!("`{id}` is not the id of a product"))
    }
}

pub(crate) async fn show(session: Session) -> Result<Html<String>> {
    // Each form has the id of the order that it creates, so that a second click creates no second order.
    let offers = PRODUCTS.iter().map(|product| Ok((product, random::id("ORD")?))).collect::<Result<_>>()?;
    render(&Page { csrf: session.csrf(), offers })
}

#[derive(Template)]
#[template(path = "catalogue.html")]
struct Page {
    csrf: String,
    offers: Vec<(&'static Product, String)>,
}
