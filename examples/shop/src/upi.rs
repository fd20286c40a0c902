//! Confirms a UPI payment on the shop's own page by the UTR that the customer enters.

use axum::extract::{Path, State};
use axum::response::Redirect;
use payments::gateway::ConfirmRequest;
use payments::journal::{Intent, State as Known};
use payments::turbopay::Utr;
use serde::Deserialize;

use crate::method::Kind;
use crate::order::{Order, OrderState, add_to_history};
use crate::shop::Shop;
use crate::web::{Error, OwnForm, Result, Session};

#[derive(Deserialize)]
pub(crate) struct Transfer {
    utr: String,
}

pub(crate) async fn confirm(
    State(shop): State<Shop>, session: Session, Path(order): Path<String>, OwnForm(Transfer { utr }): OwnForm<Transfer>,
) -> Result<Redirect> {
    let utr: Utr = utr.trim().parse()?;
    if utr.as_str().len() != 12 || !utr.as_str().bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Error::Invalid("`utr` must have 12 digits".into()));
    }
    let (order, payments) = Order::of_customer(shop.pool(), &order, &session).await?;
    let is_paying = OrderState::of(&payments) == OrderState::PAYING;
    let waiting = payments.iter().find(|last| is_paying && last.is_live() && last.method.kind == Kind::OwnPage);
    let waiting = waiting.and_then(|payment| Some((payment, payment.provider_id.as_ref()?)));
    let (payment, id) = waiting.ok_or(Error::Invalid("no payment of this order is waiting for a UTR".into()))?;

    // The UTR is part of the reference: the same one is confirmed once, and another one can be entered after a typing error.
    let request = ConfirmRequest::new(format!("{}-utr-{utr}", payment.reference), id, utr.as_str());
    let mut transaction = shop.begin().await?;
    add_to_history(&mut transaction, &order.id, shop.now(), &format!("UTR {utr} entered")).await?;
    match shop.execute(transaction, Intent::new("turbopay", request)).await {
        // Whether the customer has paid is another question.
        Err(Error::NotExecuted(_)) | Ok(Known::Refused | Known::Abandoned) => {
            Err(Error::Invalid("Not accepted. If the UTR is right, contact us.".into()))
        }
        executed => executed.map(|_| Redirect::to(&format!("/orders/{}", order.id))),
    }
}
