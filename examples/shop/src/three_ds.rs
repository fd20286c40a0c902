//! 3-D Secure: shows the challenge, and charges the card when the bank's form arrives.

use askama::Template;
use axum::Router;
use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use payments::Unverified;
use payments::card3ds::{ChallengePage, PaymentId, ThreeDsCallback};
use payments::journal::State as Known;
use payments::journaled::ThreeDsCompletions;
use payments_axum::{
    HostedCheckoutCallback, JournaledWebhook, ThreeDsFailureCallback, ThreeDsSuccessCallback, Webhook,
};

use crate::database;
use crate::error::{Error, Result};
use crate::orders::{Order, add_to_history};
use crate::page::render;
use crate::payments_table::Payment;
use crate::session::Session;
use crate::shop::Shop;

pub(crate) fn routes() -> Router<Shop> {
    Router::new()
        .route("/return/3ds/{reference}/success", post(on_success))
        .route("/return/3ds/{reference}/failure", post(on_failure))
        .route("/return/checkout/{order}", post(on_checkout))
        .route("/return/{order}", get(on_return))
}

/// The page with the challenge. It has the customer's session, unlike the routes above.
pub(crate) async fn challenge(
    State(shop): State<Shop>,
    session: Session,
    Path(order): Path<String>,
) -> Result<Response> {
    let pool = shop.journal.store().pool();
    let order = Order::of_customer(pool, &order, &session).await?;
    let payments = Payment::of_order(pool, &order.id).await?;
    let live = payments.iter().find(|payment| payment.is_live()).map(Payment::next).transpose()?.flatten();
    let Some(page) = live.and_then(|next| next.challenge()) else {
        return Ok(Redirect::to(&format!("/orders/{}", order.id)).into_response());
    };
    let page = Page { frame: page.frame("three-ds"), script: ChallengePage::frame_script("three-ds"), order };
    // The frame inherits this policy, and needs scripts, forms and pages of the bank.
    let policy = "default-src 'self' https: 'unsafe-inline' data:; form-action *; frame-src *; frame-ancestors 'none'; base-uri 'none'";
    Ok(([(header::CONTENT_SECURITY_POLICY, policy), (header::CACHE_CONTROL, "no-store")], render(&page)?)
        .into_response())
}

async fn on_success(
    State(shop): State<Shop>,
    Path(reference): Path<String>,
    Webhook(callback): Webhook<ThreeDsSuccessCallback>,
) -> Result<Response> {
    // In a task of its own: axum drops a handler when the browser disconnects.
    tokio::spawn(async move { complete(&shop, &reference, callback).await }).await??;
    Ok(returned())
}

/// Charges the card, once. A reload posts the form again, and anyone can post one.
async fn complete(shop: &Shop, reference: &str, callback: Unverified<ThreeDsCallback>) -> Result<()> {
    let payment = Payment::find(shop.journal.store().pool(), reference).await?;
    let stored: PaymentId = payment.provider_id.as_deref().ok_or(Error::NotFound)?.parse()?;
    let intent = ThreeDsCompletions::intent("card3ds", reference, payment.amount()?, &stored, callback)?;

    let mut transaction = database::begin(shop.journal.store()).await?;
    if !Payment::begin_completion(&mut transaction, reference).await? {
        return Ok(());
    }
    add_to_history(&mut transaction, &payment.order_id, shop.clock.millis(), "3-D Secure passed").await?;
    let recorded = shop.journal.record(&mut transaction, &intent).await?;
    transaction.commit().await?;

    let executed = shop.journal.execute(recorded.ticket()).await?;
    if let Some(error) = executed.error {
        Payment::store_problem(shop.journal.store().pool(), reference, &error.to_string()).await?;
    }
    Ok(())
}

/// The card is not charged without a completion, so the customer may try again.
async fn on_failure(
    State(shop): State<Shop>,
    Path(reference): Path<String>,
    Webhook(failure): Webhook<ThreeDsFailureCallback>,
) -> Result<Response> {
    let pool = shop.journal.store().pool();
    let payment = Payment::find(pool, &reference).await?;
    let stored: PaymentId = payment.provider_id.as_deref().ok_or(Error::NotFound)?.parse()?;
    let now = shop.clock.millis();
    if failure.claimed().payment_id().is_same_as(&stored)
        && Payment::give_up(pool, &reference, Known::Failed, now).await?
    {
        Payment::store_problem(pool, &reference, "The bank did not confirm the payment.").await?;
        let mut connection = pool.acquire().await?;
        add_to_history(&mut connection, &payment.order_id, now, "3-D Secure failed").await?;
    }
    Ok(returned())
}

/// What the frame shows. It tells the page around it to load the order.
fn returned() -> Response {
    (ChallengePage::RETURN_HEADERS, ChallengePage::RETURN_PAGE).into_response()
}

/// The bank's page posts the customer here, without the session's cookie. The journal has stored the form as a hint, and looks the checkout up.
/// The redirect turns the form into a link, which has the cookie.
async fn on_checkout(
    Path(order): Path<String>,
    JournaledWebhook(_, _): JournaledWebhook<HostedCheckoutCallback>,
) -> Redirect {
    Redirect::to(&format!("/orders/{order}"))
}

/// Where other pages send the customer back to.
async fn on_return(Path(order): Path<String>) -> Redirect {
    Redirect::to(&format!("/orders/{order}"))
}

#[derive(Template)]
#[template(path = "challenge.html")]
struct Page {
    frame: String,
    script: String,
    order: Order,
}
