//! Starts a payment: the form of a method, and what happens when it is sent.

use std::net::SocketAddr;
use std::time::Duration;

use askama::Template;
use axum::extract::{ConnectInfo, Path, State};
use axum::response::{Html, Redirect};
use payments::gateway::PaymentRequest;
use payments::journal::{Intent, Response, State as Known};
use payments::{Card, Money};
use serde::Deserialize;

use crate::method::{Kind, Method};
use crate::next_step::NextStep;
use crate::order::{Order, OrderState, add_to_history};
use crate::payment::Payment;
use crate::saved_cards::SavedCard;
use crate::shop::Shop;
use crate::web::{Error, OwnForm, Result, Session, render};

pub(crate) async fn show(
    State(shop): State<Shop>, session: Session, Path((order, method)): Path<(String, String)>,
) -> Result<Html<String>> {
    let method = Method::find(&method).ok_or(Error::NotFound)?;
    let (order, _) = Order::of_customer(shop.pool(), &order, &session).await?;
    let saved_cards = SavedCard::of_customer(&shop, &session).await?;
    render(&Page { csrf: session.csrf(), price: order.product.price(method)?, order, method, saved_cards })
}

/// What the form of a method sends. Each method uses a part of it.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct Details {
    holder: String,
    pub(crate) number: String,
    pub(crate) expiry: String,
    pub(crate) cvv: String,
    saved_card: String,
}

pub(crate) async fn pay(
    State(shop): State<Shop>, session: Session, ConnectInfo(address): ConnectInfo<SocketAddr>,
    Path((order, method)): Path<(String, String)>, OwnForm(details): OwnForm<Details>,
) -> Result<Redirect> {
    let method = Method::find(&method).ok_or(Error::NotFound)?;
    let (order, payments) = Order::of_customer(shop.pool(), &order, &session).await?;
    let reference = format!("{}-{}", order.id, payments.len() + 1);
    let url = &shop.settings.url;
    let request = PaymentRequest::new(&reference, order.product.price(method)?)
        .description(order.product.name)
        .customer(&order.customer)
        .return_url(format!("{url}/return/{}", order.id));
    let request = match method.kind {
        Kind::Card => request
            .card(Card::new(&details.holder, details.number.parse()?, details.expiry.parse()?, details.cvv.parse()?))
            .customer_address(address) // behind a proxy: the address that the proxy reports
            .return_url(format!("{url}/return/3ds/{reference}/success"))
            .failure_url(format!("{url}/return/3ds/{reference}/failure")),
        Kind::SavedCard => request.payment_method(SavedCard::find(&shop, &details.saved_card, &session).await?.id),
        Kind::OwnPage => request.own_page(),
        // The bank posts a form, so the address is not that of a page.
        Kind::Page if method.account == "card3ds" => request.return_url(format!("{url}/return/checkout/{}", order.id)),
        Kind::Page => request,
    };
    // In a task of its own: axum drops a handler when the browser disconnects, but the page to show must be stored.
    tokio::spawn(async move { start(&shop, &order.id, method, request).await }).await?
}

/// Records the payment and sends it. Returns where the customer goes next.
async fn start(shop: &Shop, order: &str, method: &Method, request: PaymentRequest) -> Result<Redirect> {
    let (reference, amount, now) = (request.reference.clone(), request.amount, shop.now());
    let page = format!("/orders/{order}");

    // The row and the intent are committed together, or neither is.
    let mut transaction = shop.begin().await?;
    let is_open = OrderState::of(&Payment::lock(&mut transaction, order).await?) == OrderState::OPEN;
    if !is_open || !Payment::insert(&mut transaction, (order, &reference), method, amount, now).await? {
        return Ok(Redirect::to(&page)); // a second click, or another tab: the page shows the payment that is there
    }
    add_to_history(&mut transaction, order, now, &format!("{}: {amount}", method.title)).await?;
    // Only this call gets the response, which may have a page for the customer: no worker may be faster.
    let intent = Intent::new(method.account, request).expires_after(EXPIRY).head_start(HEAD_START);
    let ticket = shop.commit(transaction, intent).await?;
    let intent = ticket.intent();
    let mut executed = shop.journal.execute(ticket).await?;

    if method.kind == Kind::Card && executed.state == Known::Intended {
        // It was not sent, and nobody else has the card: the customer need not wait until it expires.
        shop.journal.cancel(intent).await?;
        executed.state = Known::Abandoned;
    }
    if let (Known::Refused | Known::Abandoned, Some(error)) = (executed.state, executed.error) {
        Payment::store_problem(shop.pool(), &reference, &error).await?;
    }
    let Some(Response::Started(started)) = executed.response else { return Ok(Redirect::to(&page)) };
    let id = started.id.clone();
    let next = NextStep::of(started, shop.now());
    let is_alive = Payment::store_next(shop.pool(), &reference, id, &next).await?;
    Ok(Redirect::to(&match next {
        Some(NextStep::Redirect(url)) if is_alive => url,
        Some(NextStep::Challenge(_)) if is_alive => format!("{page}/challenge"),
        _ => page,
    }))
}

/// A payment that was not sent by then is not sent any more: the customer has left.
const EXPIRY: Duration = Duration::from_secs(300);
/// After a crash, a worker sends it then.
const HEAD_START: Duration = Duration::from_secs(10);

pub(crate) async fn cancel(
    State(shop): State<Shop>, session: Session, Path(order): Path<String>, _: OwnForm<()>,
) -> Result<Redirect> {
    let (order, payments) = Order::of_customer(shop.pool(), &order, &session).await?;
    for payment in payments.iter().filter(|payment| payment.can_be_cancelled(shop.now())) {
        close(&shop, payment, Known::Abandoned, "You cancelled it.", "cancelled before it was paid").await?;
    }
    Ok(Redirect::to(&format!("/orders/{}", order.id)))
}

/// Closes a payment that nobody can complete without this shop, unless it is too late.
pub(crate) async fn close(shop: &Shop, payment: &Payment, state: Known, problem: &str, history: &str) -> Result<()> {
    let (mut transaction, now) = (shop.begin().await?, shop.now());
    Payment::lock(&mut transaction, &payment.order_id).await?;
    if payment.cancel(&mut transaction, state, problem, now).await? {
        add_to_history(&mut transaction, &payment.order_id, now, history).await?;
    }
    Ok(transaction.commit().await?)
}

#[derive(Template)]
#[template(path = "pay.html")]
struct Page {
    csrf: String,
    order: Order,
    method: &'static Method,
    price: Money,
    saved_cards: Vec<SavedCard>,
}
