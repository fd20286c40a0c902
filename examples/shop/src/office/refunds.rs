//! Refunds a payment, where the provider offers it.

use axum::Router;
use axum::extract::{Path, State};
use axum::response::Redirect;
use axum::routing::post;
use payments::CAPABILITIES;
use payments::gateway::{Feature, RefundRequest, Support};
use payments::journal::{Intent, State as Known};

use crate::database;
use crate::error::{Error, Result};
use crate::method::Method;
use crate::payments_table::Payment;
use crate::session::{Empty, OwnForm};
use crate::shop::Shop;

pub(crate) fn routes() -> Router<Shop> {
    Router::new().route("/office/payments/{reference}/refund", post(refund))
}

/// True if the provider's API has refunds. Otherwise, refund in the provider's own back office.
pub(crate) fn is_offered(method: Method) -> bool {
    let mut providers = CAPABILITIES.iter().filter(|provider| provider.provider == method.account());
    providers.any(|provider| provider.of(Feature::Refund) == Support::Supported)
}

/// Refunds the whole payment, once: the reference follows from the payment's.
async fn refund(
    State(shop): State<Shop>,
    Path(payment): Path<String>,
    OwnForm(Empty {}): OwnForm<Empty>,
) -> Result<Redirect> {
    let payment = Payment::find(shop.journal.store().pool(), &payment).await?;
    let method = payment.method()?;
    if !is_offered(method) {
        let text = format!("{} has no refunds in its API: refund in its own back office", method.account());
        return Err(Error::Invalid(text));
    }
    if payment.state()? != Known::Succeeded {
        return Err(Error::invalid(&"only a paid payment can be refunded"));
    }
    let id = payment.provider_id.clone().ok_or_else(|| Error::invalid(&"the payment's id is not known yet"))?;
    let (reference, amount) = (format!("{}-r", payment.reference), payment.amount()?);
    let intent = Intent::new(method.account(), RefundRequest::new(&reference, id, amount));

    let mut transaction = database::begin(shop.journal.store()).await?;
    let query = sqlx::query(
        "INSERT INTO refunds (reference, payment, currency, amount, state, created_at) VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT DO NOTHING",
    );
    let query = query.bind(reference).bind(payment.reference).bind(amount.currency().as_str().to_owned());
    let query = query.bind(amount.minor()).bind(Known::Intended.as_str()).bind(shop.clock.millis());
    query.execute(&mut *transaction).await?;
    let recorded = shop.journal.record(&mut transaction, &intent).await?;
    transaction.commit().await?;
    shop.journal.execute(recorded.ticket()).await?;
    Ok(Redirect::to("/office"))
}
