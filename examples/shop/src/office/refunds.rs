//! Refunds a payment, where the provider offers it.

use axum::extract::{Path, State};
use axum::response::Redirect;
use payments::CAPABILITIES;
use payments::gateway::{Feature, RefundRequest, Support};
use payments::journal::{Intent, IntentKey, State as Known};

use crate::database::{execute, rows};
use crate::payment::Payment;
use crate::shop::Shop;
use crate::web::{Error, OwnForm, Result};

/// True if the payment can be refunded now: it is paid, the provider's API has refunds, and none has begun.
pub(crate) fn is_offered(payment: &Payment) -> bool {
    // A state that this version does not know is none of these.
    let none_has_begun = matches!(payment.refund.as_deref(), None | Some("refused" | "failed" | "abandoned"));
    let mut providers = CAPABILITIES.iter().filter(|provider| provider.provider == payment.method.account);
    payment.state == Known::Succeeded
        && none_has_begun
        && providers.any(|provider| provider.of(Feature::Refund) == Support::Supported)
}

/// Refunds the whole payment, once. Another refund needs an earlier one that was certainly not executed.
pub(crate) async fn refund(State(shop): State<Shop>, Path(payment): Path<String>, _: OwnForm<()>) -> Result<Redirect> {
    let payment = Payment::find(shop.pool(), &payment).await?;
    let (reference, account) = (&payment.reference, payment.method.account);
    // The journal knows the provider's id also after a crash, when the shop did not get the response.
    let key = IntentKey::new(account, "start_payment", reference);
    let intent = shop.journal.find(&key).await?.ok_or(Error::NotFound)?;
    let id = shop.journal.report(intent).await?.provider_id;
    let id = id.ok_or(Error::Invalid("its id is unknown: refund it in the provider's own back office".into()))?;

    let mut transaction = shop.begin().await?;
    let payments = Payment::lock(&mut transaction, &payment.order_id).await?;
    let refundable = payments.iter().find(|payment| payment.reference == *reference && is_offered(payment));
    let problem = "this payment cannot be refunded here, or its refund has begun";
    let amount = refundable.map(Payment::paid).ok_or(Error::Invalid(problem.into()))?;
    let count = rows!("SELECT COUNT(*) FROM refunds WHERE payment = $1"; reference);
    let (count,): (i64,) = count.fetch_one(&mut *transaction).await?;
    let refund = format!("{reference}-r{}", count + 1);
    execute!(
        &mut *transaction,
        "INSERT INTO refunds (reference, payment, currency, amount, state, created_at) VALUES ($1, $2, $3, $4, $5, $6)";
        &refund, reference, amount.currency().to_string(), amount.minor(), Known::Intended.as_str(), shop.now()
    )?;
    shop.execute(transaction, Intent::new(account, RefundRequest::new(refund, id, amount))).await?;
    Ok(Redirect::to("/office"))
}
