//! Cards that TurraTech has stored. The shop keeps their ids and their last digits.

use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::response::{Html, Redirect};
use axum::routing::get;
use payments::turratech::{Card, NewPaymentMethod};
use payments::{CardNumber, Expiry};
use serde::Deserialize;
use sqlx::FromRow;

use crate::database::Pool;
use crate::error::{Error, Result};
use crate::page::render;
use crate::session::{OwnForm, Session};
use crate::shop::Shop;

#[derive(Debug, Clone, FromRow)]
pub(crate) struct SavedCard {
    /// TurraTech's id of the payment method.
    pub(crate) id: String,
    pub(crate) label: String,
}

impl SavedCard {
    pub(crate) async fn of_customer(pool: &Pool, session: &Session) -> Result<Vec<Self>> {
        let query = sqlx::query_as("SELECT id, label FROM saved_cards WHERE customer = $1 ORDER BY id");
        Ok(query.bind(session.customer()).fetch_all(pool).await?)
    }

    pub(crate) async fn find(pool: &Pool, id: &str, session: &Session) -> Result<Self> {
        let card = Self::of_customer(pool, session).await?.into_iter().find(|card| card.id == id);
        card.ok_or_else(|| Error::invalid(&"`saved_card` must be one of your saved cards"))
    }
}

pub(crate) fn routes() -> Router<Shop> {
    Router::new().route("/cards", get(list).post(save))
}

#[derive(Deserialize)]
struct NewCard {
    number: String,
    month: String,
    year: String,
    cvv: String,
}

async fn list(State(shop): State<Shop>, session: Session) -> Result<Html<String>> {
    let cards = SavedCard::of_customer(shop.journal.store().pool(), &session).await?;
    render(&Page { csrf: session.csrf(), cards })
}

/// Stores a card at TurraTech. This moves no money, so a lost response loses nothing but the card's id.
async fn save(State(shop): State<Shop>, session: Session, OwnForm(new): OwnForm<NewCard>) -> Result<Redirect> {
    let number: CardNumber = new.number.parse()?;
    let month = new.month.parse().map_err(|_| Error::invalid(&"`month` must be a number from 1 to 12"))?;
    let year = new.year.parse().map_err(|_| Error::invalid(&"`year` must have four digits, such as 2030"))?;
    let label = number.masked();
    let card = NewPaymentMethod::card(Card::new(number, Expiry::new(month, year)?, new.cvv.parse()?));
    let method =
        shop.providers.turratech.create_payment_method(card).send().await.map_err(|error| Error::invalid(&error))?;

    let query = sqlx::query("INSERT INTO saved_cards (id, customer, label) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING");
    let query = query.bind(method.id.to_string()).bind(session.customer()).bind(label);
    query.execute(shop.journal.store().pool()).await?;
    Ok(Redirect::to("/cards"))
}

#[derive(Template)]
#[template(path = "cards.html")]
struct Page {
    csrf: String,
    cards: Vec<SavedCard>,
}
