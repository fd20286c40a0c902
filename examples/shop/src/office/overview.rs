//! What is open, and what needs a person.

use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::response::Html;
use axum::routing::get;
use payments::Currency;
use payments::journal::State as Known;

use crate::error::Result;
use crate::orders::{Order, OrderState};
use crate::page::render;
use crate::session::Session;
use crate::shop::Shop;

pub(crate) fn routes() -> Router<Shop> {
    Router::new().route("/office", get(show))
}

async fn show(State(shop): State<Shop>, session: Session) -> Result<Html<String>> {
    let pool = shop.journal.store().pool();
    let mut orders = Vec::new();
    for (order, payments) in Order::newest(pool, None).await? {
        let paid = payments.iter().filter(|payment| payment.state().ok() == Some(Known::Succeeded));
        let mut lines = Vec::new();
        for payment in paid {
            let is_refundable = super::refunds::is_offered(payment.method()?);
            lines.push(Paid {
                reference: payment.reference.clone(),
                amount: payment.amount()?.to_string(),
                is_refundable,
            });
        }
        let state = OrderState::of(&payments)?;
        orders.push(Line { name: order.product()?.name, order, state, paid: lines });
    }
    // A provider that does not respond must not hide the orders.
    let balance = match shop.providers.turbopay.balance(Currency::INR).send().await {
        Ok(balance) => balance.available_money().map_or_else(|error| error.to_string(), |money| money.to_string()),
        Err(error) => format!("unknown: {error}"),
    };
    render(&Page {
        csrf: session.csrf(),
        orders,
        balance,
        in_review: shop.journal.reviews(None, 100).await?.len(),
        paused: shop.journal.pauses().await?.iter().map(|pause| pause.account.to_string()).collect(),
        stuck: shop.journal.stuck_changes(100).await?.len(),
    })
}

struct Line {
    order: Order,
    name: &'static str,
    state: OrderState,
    paid: Vec<Paid>,
}

struct Paid {
    reference: String,
    amount: String,
    is_refundable: bool,
}

#[derive(Template)]
#[template(path = "office/overview.html")]
struct Page {
    csrf: String,
    orders: Vec<Line>,
    balance: String,
    in_review: usize,
    paused: Vec<String>,
    stuck: usize,
}
