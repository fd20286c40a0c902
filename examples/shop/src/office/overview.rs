//! What is open, and what needs a person.

use std::time::Duration;

use askama::Template;
use axum::extract::State;
use axum::response::Html;
use payments::Currency;
use payments::journal::{State as Known, store::Pause};

use super::refunds;
use crate::order::{Order, OrderState};
use crate::payment::Payment;
use crate::shop::Shop;
use crate::web::{Result, Session, render};

pub(crate) async fn show(State(shop): State<Shop>, session: Session) -> Result<Html<String>> {
    let orders = Order::newest(shop.pool(), None).await?;
    // A provider that does not respond must not hide the orders.
    let balance = shop.providers.turbopay.balance(Currency::INR).timeout(Duration::from_secs(2)).send().await;
    let balance = match balance {
        Ok(balance) => balance.available_money().map_or_else(|error| error.to_string(), |money| money.to_string()),
        Err(error) => format!("unknown: {error}"),
    };
    let in_review = shop.journal.reviews(None, 100).await?.len();
    let (pauses, stuck) = (shop.journal.pauses().await?, shop.journal.stuck_changes(100).await?.len());
    render(&Page { csrf: session.csrf(), orders, balance, in_review, pauses, stuck })
}

#[derive(Template)]
#[template(path = "office/overview.html")]
struct Page {
    csrf: String,
    orders: Vec<(Order, Vec<Payment>)>,
    balance: String,
    in_review: usize,
    pauses: Vec<Pause>,
    stuck: usize,
}
