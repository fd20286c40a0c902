//! Pays out to bank accounts, through TurboPay.

use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::response::{Html, Redirect};
use axum::routing::get;
use payments::gateway::PayoutRequest;
use payments::journal::{Intent, State as Known};
use payments::{Currency, Money};
use serde::Deserialize;
use sqlx::FromRow;

use crate::database;
use crate::error::{Error, Result};
use crate::page::render;
use crate::random;
use crate::session::{OwnForm, Session};
use crate::shop::Shop;

pub(crate) fn routes() -> Router<Shop> {
    Router::new().route("/office/payouts", get(list).post(pay_out))
}

#[derive(Deserialize)]
struct NewPayout {
    /// Made with the form, so that a second click pays once.
    reference: String,
    amount: String,
    customer: String,
    account: String,
    bank: String,
}

async fn pay_out(State(shop): State<Shop>, OwnForm(new): OwnForm<NewPayout>) -> Result<Redirect> {
    if !random::is_id(&new.reference, "PO") {
        return Err(Error::invalid(&"`reference` must be the id that the form has"));
    }
    let amount =
        Money::parse(&new.amount, Currency::INR).map_err(|error| Error::Invalid(format!("`amount`: {error}")))?;
    amount.check_positive("amount")?;
    let request = PayoutRequest::new(&new.reference, amount, &new.customer, &new.account, &new.bank);

    let mut transaction = database::begin(shop.journal.store()).await?;
    let query = sqlx::query(
        "INSERT INTO payouts (reference, customer, account, bank, currency, amount, state, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING",
    );
    let query = query.bind(new.reference).bind(new.customer).bind(new.account).bind(new.bank).bind("INR");
    let query = query.bind(amount.minor()).bind(Known::Intended.as_str()).bind(shop.clock.millis());
    query.execute(&mut *transaction).await?;
    let recorded = shop.journal.record(&mut transaction, &Intent::new("turbopay", request)).await?;
    transaction.commit().await?;

    let executed = shop.journal.execute(recorded.ticket()).await?;
    match executed.error.filter(|_| matches!(executed.state, Known::Refused | Known::Abandoned)) {
        Some(error) => Err(Error::invalid(&error)),
        None => Ok(Redirect::to("/office/payouts")),
    }
}

#[derive(FromRow)]
struct Payout {
    reference: String,
    customer: String,
    account: String,
    bank: String,
    amount: i64,
    state: String,
    created_at: i64,
}

impl Payout {
    fn amount(&self) -> Money {
        Money::from_minor(self.amount, Currency::INR)
    }
}

async fn list(State(shop): State<Shop>, session: Session) -> Result<Html<String>> {
    let query = sqlx::query_as("SELECT * FROM payouts ORDER BY created_at DESC LIMIT 100");
    let payouts = query.fetch_all(shop.journal.store().pool()).await?;
    render(&Page { csrf: session.csrf(), reference: random::id("PO")?, payouts })
}

#[derive(Template)]
#[template(path = "office/payouts.html")]
struct Page {
    csrf: String,
    reference: String,
    payouts: Vec<Payout>,
}
