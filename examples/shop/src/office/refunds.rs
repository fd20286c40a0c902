//! Refunds a payment, where the provider offers it.

use axum::extract::{Path, State};
use axum::response::Redirect;
use payments::CAPABILITIES;
use payments::gateway::{Feature, RefundRequest, Support};
use payments::journal::{Account, Intent, IntentKey, State as Known};

use crate::database::query;
use crate::payment::Payment;
use crate::shop::Shop;
use crate::web::{Empty, Error, OwnForm, Result};

/// True if the provider's API has refunds. Otherwise, refund in the provider's own back office.
pub(crate) fn is_offered(payment: &Payment) -> bool {
    let account = payment.method().map(|method| method.account).unwrap_or_default();
    let mut providers = CAPABILITIES.iter().filter(|provider| provider.provider == account);
    providers.any(|provider| provider.of(Feature::Refund) == Support::Supported)
}

/// Refunds the whole payment, once: the reference follows from the payment's.
pub(crate) async fn refund(
    State(shop): State<Shop>, Path(payment): Path<String>, OwnForm(Empty {}): OwnForm<Empty>,
) -> Result<Redirect> {
    let payment = Payment::find(shop.pool(), &payment).await?;
    if !is_offered(&payment) {
        return Err(Error::invalid("the provider has no refunds in its API: refund in its own back office"));
    }
    if payment.state()? != Known::Succeeded {
        return Err(Error::invalid("only a paid payment can be refunded"));
    }
    // The journal knows the provider's id also after a crash, when the shop did not get the response.
    let (account, operation) = (Account::at(payment.method()?.account), "start_payment".to_owned());
    let key = IntentKey { account, operation, reference: payment.reference.clone() };
    let intent = shop.journal.find(&key).await?.ok_or(Error::NotFound)?;
    let id = shop.journal.report(intent).await?.provider_id.ok_or(Error::NotFound)?;
    let (reference, amount) = (format!("{}-r", payment.reference), payment.amount()?);
    let request = RefundRequest::new(&reference, id, amount);

    let mut transaction = shop.begin().await?;
    let insert = query!(
        "INSERT INTO refunds (reference, payment, currency, amount, state, created_at) VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT DO NOTHING";
        reference, &payment.reference, amount.currency().to_string(), amount.minor(), Known::Intended.as_str(),
        shop.clock.millis()
    );
    insert.execute(&mut *transaction).await?;
    shop.execute(transaction, Intent::new(key.account, request)).await?;
    Ok(Redirect::to("/office"))
}
