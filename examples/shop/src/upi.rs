//! Confirms a UPI payment on the shop's own page by the UTR that the customer enters.

use axum::Router;
use axum::extract::{Path, State};
use axum::response::Redirect;
use axum::routing::post;
use payments::gateway::ConfirmRequest;
use payments::journal::Intent;
use payments::turbopay::Utr;
use serde::Deserialize;

use crate::database;
use crate::error::{Error, Result};
use crate::method::Method;
use crate::orders::{Order, add_to_history};
use crate::payments_table::Payment;
use crate::session::{OwnForm, Session};
use crate::shop::Shop;

pub(crate) fn routes() -> Router<Shop> {
    Router::new().route("/orders/{order}/utr", post(confirm))
}

#[derive(Deserialize)]
struct Transfer {
    utr: String,
}

async fn confirm(
    State(shop): State<Shop>,
    session: Session,
    Path(order): Path<String>,
    OwnForm(Transfer { utr }): OwnForm<Transfer>,
) -> Result<Redirect> {
    let utr: Utr = utr.trim().parse()?;
    let pool = shop.journal.store().pool();
    let order = Order::of_customer(pool, &order, &session).await?;
    let payments = Payment::of_order(pool, &order.id).await?;
    let live = payments.into_iter().find(Payment::is_live).filter(|payment| payment.method().ok() == Some(Method::Upi));
    let Some(payment) = live else { return Err(Error::invalid(&"this order waits for no UTR")) };
    let id = payment.provider_id.ok_or(Error::NotFound)?;

    // The UTR is part of the reference: the same one is confirmed once, and another one can be entered after a typing error.
    let request = ConfirmRequest::new(format!("{}-utr-{utr}", payment.reference), id, utr.to_string());
    let mut transaction = database::begin(shop.journal.store()).await?;
    let text = format!("UTR {utr} entered");
    add_to_history(&mut transaction, &order.id, shop.clock.millis(), &text).await?;
    let recorded = shop.journal.record(&mut transaction, &Intent::new(Method::Upi.account(), request)).await?;
    transaction.commit().await?;

    let executed = shop.journal.execute(recorded.ticket()).await?;
    match executed.error.filter(|_| executed.state == payments::journal::State::Refused) {
        Some(error) => Err(Error::invalid(&error)),
        None => Ok(Redirect::to(&format!("/orders/{}", order.id))),
    }
}
