//! 3-D Secure: shows the challenge, and charges the card when the bank's form arrives.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{IntoResponse, Redirect, Response};
use payments::Unverified;
use payments::card3ds::{ChallengePage, PaymentId, ThreeDsCallback};
use payments::gateway::HtmlPage;
use payments::journal::State as Known;
use payments::journaled::ThreeDsCompletions;
use payments_axum::{
    HostedCheckoutCallback, JournaledWebhook, ThreeDsFailureCallback, ThreeDsSuccessCallback, Webhook,
};

use crate::checkout::close;
use crate::method::Kind;
use crate::next_step::NextStep;
use crate::order::{Order, OrderState, add_to_history};
use crate::payment::Payment;
use crate::random;
use crate::shop::Shop;
use crate::web::{Error, Result, Session, render};

pub(crate) async fn challenge(
    State(shop): State<Shop>, session: Session, Path(order): Path<String>,
) -> Result<Response> {
    let (order, payments) = Order::of_customer(shop.pool(), &order, &session).await?;
    let next = payments.iter().find(|payment| payment.is_live()).map(Payment::next).transpose()?.flatten();
    let Some(NextStep::Challenge(html)) = next else {
        return Ok(Redirect::to(&format!("/orders/{}", order.id)).into_response());
    };
    let page = ChallengePage::from(HtmlPage::new(html));
    let page = Page { frame: page.frame("three-ds"), script: ChallengePage::frame_script("three-ds"), order };
    Ok(([(header::CONTENT_SECURITY_POLICY, POLICY)], render(&page)?).into_response())
}

/// The frame inherits this policy, and needs the bank's scripts, forms and pages.
const POLICY: &str = "default-src 'self' https: 'unsafe-inline' data:; frame-src *; form-action *; frame-ancestors 'none'; base-uri 'none'";

pub(crate) async fn on_success(
    State(shop): State<Shop>, Path(reference): Path<String>, Webhook(callback): Webhook<ThreeDsSuccessCallback>,
) -> Result<Response> {
    // In a task of its own: axum drops a handler when the browser disconnects.
    tokio::spawn(async move { complete(&shop, &reference, callback).await }).await??;
    Ok(returned())
}

/// Loads a payment by card, and its id at the provider. The forms of other payments are not the bank's.
async fn find(shop: &Shop, reference: &str) -> Result<(PaymentId, Payment)> {
    let payment = Payment::find(shop.pool(), reference).await?;
    let stored = payment.provider_id.as_deref().filter(|_| payment.method.kind == Kind::Card).ok_or(Error::NotFound)?;
    Ok((stored.parse()?, payment))
}

/// Charges the card, once. A reload posts the form again, and anyone can post one.
async fn complete(shop: &Shop, reference: &str, callback: Unverified<ThreeDsCallback>) -> Result<()> {
    let (stored, payment) = find(shop, reference).await?;
    let intent = ThreeDsCompletions::intent("card3ds", reference, payment.amount(), &stored, callback)?;

    let mut transaction = shop.begin().await?;
    let payments = Payment::lock(&mut transaction, &payment.order_id).await?;
    let is_paying = OrderState::of(&payments) == OrderState::PAYING;
    let live = payments.iter().find(|payment| is_paying && payment.is_live() && payment.reference == reference);
    let Some(payment) = live else { return Ok(()) }; // it was cancelled, or is decided, or another payment has succeeded
    if payment.completing == 0 {
        payment.begin_completion(&mut transaction).await?;
        add_to_history(&mut transaction, &payment.order_id, shop.now(), "3-D Secure passed").await?;
    }
    match shop.execute(transaction, intent).await {
        // After an unknown outcome, nobody may tell the customer that it failed.
        Err(Error::NotExecuted(error)) => Payment::store_problem(shop.pool(), reference, &error).await,
        result => result.map(drop),
    }
}

/// The card is not charged without a completion, so the customer may try again.
pub(crate) async fn on_failure(
    State(shop): State<Shop>, Path(reference): Path<String>, Webhook(failure): Webhook<ThreeDsFailureCallback>,
) -> Result<Response> {
    let (stored, payment) = find(&shop, &reference).await?;
    if failure.claimed().payment_id().is_same_as(&stored) {
        close(&shop, &payment, Known::Failed, "The bank did not confirm the payment.", "3-D Secure failed").await?;
    }
    Ok(returned())
}

/// What the frame shows. It tells the page around it to load the order.
fn returned() -> Response {
    (ChallengePage::RETURN_HEADERS, ChallengePage::RETURN_PAGE).into_response()
}

/// The bank's own page posts the customer here. The journal has stored the form as a hint, and looks the checkout up.
pub(crate) async fn on_checkout(
    Path(order): Path<String>, _: JournaledWebhook<HostedCheckoutCallback>,
) -> Result<Redirect> {
    on_return(Path(order)).await
}

/// Where a provider's page sends the customer back to, by a link or by a form. A form has no cookie of the session; the redirect makes a link
/// of it, and a link has the cookie.
pub(crate) async fn on_return(Path(order): Path<String>) -> Result<Redirect> {
    random::check("order", &order, "ORD")?;
    Ok(Redirect::to(&format!("/orders/{order}")))
}

#[derive(Template)]
#[template(path = "challenge.html")]
struct Page {
    frame: String,
    script: String,
    order: Order,
}
