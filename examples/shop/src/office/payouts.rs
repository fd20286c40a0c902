//! Pays out to bank accounts, through TurboPay.

use askama::Template;
use axum::extract::State;
use axum::response::{Html, Redirect};
use payments::gateway::PayoutRequest;
use payments::journal::{Intent, State as Known};
use payments::{Currency, Money};
use serde::Deserialize;

use crate::database::{execute, rows};
use crate::random;
use crate::shop::Shop;
use crate::web::{Error, OwnForm, Result, Session, render};

#[derive(Deserialize)]
pub(crate) struct NewPayout {
    /// Made with the form, so that a second click pays once.
    reference: String,
    amount: String,
    customer: String,
    account: String,
    bank: String,
}

pub(crate) async fn pay_out(State(shop): State<Shop>, OwnForm(new): OwnForm<NewPayout>) -> Result<Redirect> {
    random::check("reference", &new.reference, "PO")?;
    let amount = Money::parse(&new.amount, Currency::INR);
    let amount = amount.map_err(|error| Error::Invalid(format!("`amount`: {error}")))?;
    amount.check_positive("amount")?;
    let request = PayoutRequest::new(&new.reference, amount, &new.customer, &new.account, &new.bank);

    let mut transaction = shop.begin().await?;
    execute!(
        &mut *transaction,
        "INSERT INTO payouts (reference, customer, account, bank, currency, amount, state, created_at)
         VALUES ($1, $2, $3, $4, 'INR', $5, $6, $7) ON CONFLICT DO NOTHING";
        new.reference, new.customer, new.account, new.bank, amount.minor(), Known::Intended.as_str(), shop.now()
    )?;
    shop.execute(transaction, Intent::new("turbopay", request)).await?;
    Ok(Redirect::to("/office/payouts"))
}

pub(crate) async fn list(State(shop): State<Shop>, session: Session) -> Result<Html<String>> {
    let payouts = rows!(
        "SELECT reference, amount, customer, account, bank, state, created_at FROM payouts
         ORDER BY created_at DESC LIMIT 100"
    );
    render(&Page { csrf: session.csrf(), reference: random::id("PO")?, payouts: payouts.fetch_all(shop.pool()).await? })
}

#[derive(Template)]
#[template(path = "office/payouts.html")]
struct Page {
    csrf: String,
    reference: String,
    /// Each: the reference, the amount in paise, the recipient with account and bank, the state, and the time.
    payouts: Vec<(String, i64, String, String, String, String, i64)>,
}
