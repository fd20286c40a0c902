//! Cards that TurraTech has stored. The shop keeps their ids and masked numbers.

use askama::Template;
use axum::extract::State;
use axum::response::{Html, Redirect};
use payments::CardNumber;
use payments::turratech::{Card, NewPaymentMethod};
use sqlx::FromRow;

use crate::checkout::Details;
use crate::database::{execute, rows};
use crate::payment::for_customer;
use crate::shop::Shop;
use crate::web::{Error, OwnForm, Result, Session, render};

#[derive(FromRow)]
pub(crate) struct SavedCard {
    /// TurraTech's id of the payment method.
    pub(crate) id: String,
    pub(crate) label: String,
}

impl SavedCard {
    pub(crate) async fn of_customer(shop: &Shop, session: &Session) -> Result<Vec<Self>> {
        let cards = rows!("SELECT id, label FROM saved_cards WHERE customer = $1 ORDER BY id"; session.customer());
        Ok(cards.fetch_all(shop.pool()).await?)
    }

    pub(crate) async fn find(shop: &Shop, id: &str, session: &Session) -> Result<Self> {
        let card = Self::of_customer(shop, session).await?.into_iter().find(|card| card.id == id);
        card.ok_or(Error::Invalid("`saved_card` must be one of your saved cards".into()))
    }
}

pub(crate) async fn list(State(shop): State<Shop>, session: Session) -> Result<Html<String>> {
    render(&Page { csrf: session.csrf(), cards: SavedCard::of_customer(&shop, &session).await? })
}

/// Stores a card at TurraTech. This moves no money, so a lost response loses nothing but the card's id.
pub(crate) async fn save(
    State(shop): State<Shop>, session: Session, OwnForm(new): OwnForm<Details>,
) -> Result<Redirect> {
    let number: CardNumber = new.number.parse()?;
    let label = number.masked();
    let card = NewPaymentMethod::card(Card::new(number, new.expiry.parse()?, new.cvv.parse()?));
    let saved = shop.providers.turratech.create_payment_method(card).send().await;
    let saved = saved.map_err(|error| Error::Invalid(for_customer(&error)))?;
    execute!(
        shop.pool(), "INSERT INTO saved_cards (id, customer, label) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
        saved.id.as_str(), session.customer(), label
    )?;
    Ok(Redirect::to("/cards"))
}

#[derive(Template)]
#[template(path = "cards.html")]
struct Page {
    csrf: String,
    cards: Vec<SavedCard>,
}
