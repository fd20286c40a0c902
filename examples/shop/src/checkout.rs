//! Starts a payment: the form of a method, and what happens when it is sent.

use std::net::SocketAddr;
use std::time::Duration;

use askama::Template;
use axum::Router;
use axum::extract::{ConnectInfo, Path, State};
use axum::response::{Html, Redirect};
use axum::routing::{get, post};
use payments::gateway::PaymentRequest;
use payments::journal::{Intent, Response, State as Known};
use payments::{Card, Expiry, Money};
use serde::Deserialize;

use crate::database;
use crate::error::{Error, Result};
use crate::method::Method;
use crate::next_step::NextStep;
use crate::orders::{Order, add_to_history};
use crate::page::render;
use crate::payments_table::Payment;
use crate::saved_cards::SavedCard;
use crate::session::{Empty, OwnForm, Session};
use crate::shop::Shop;
use crate::three_ds;

pub(crate) fn routes() -> Router<Shop> {
    Router::new()
        .route("/orders/{order}/pay/{method}", get(show).post(pay))
        .route("/orders/{order}/challenge", get(three_ds::challenge))
        .route("/orders/{order}/restart", post(give_up))
}

/// What the form of a method sends. Each method uses a part of it.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Details {
    holder: String,
    number: String,
    month: String,
    year: String,
    cvv: String,
    saved_card: String,
}

async fn show(
    State(shop): State<Shop>,
    session: Session,
    Path((order, method)): Path<(String, String)>,
) -> Result<Html<String>> {
    let method = Method::find(&method).ok_or(Error::NotFound)?;
    let pool = shop.journal.store().pool();
    let order = Order::of_customer(pool, &order, &session).await?;
    let saved_cards = SavedCard::of_customer(pool, &session).await?;
    render(&Page {
        csrf: session.csrf(),
        price: order.price(method)?,
        name: order.product()?.name,
        order,
        method,
        saved_cards,
    })
}

async fn pay(
    State(shop): State<Shop>,
    session: Session,
    ConnectInfo(address): ConnectInfo<SocketAddr>,
    Path((order, method)): Path<(String, String)>,
    OwnForm(details): OwnForm<Details>,
) -> Result<Redirect> {
    let method = Method::find(&method).ok_or(Error::NotFound)?;
    let pool = shop.journal.store().pool();
    let order = Order::of_customer(pool, &order, &session).await?;
    let reference = format!("{}-{}", order.id, Payment::of_order(pool, &order.id).await?.len() + 1);
    let request = request(&shop, &session, &order, &reference, method, address, &details).await?;

    let page = format!("/orders/{}", order.id);
    // In a task of its own: axum drops a handler when the browser disconnects, but the page to show must be stored.
    let url = tokio::spawn(async move { start(&shop, &order, method, request).await }).await??;
    Ok(Redirect::to(&url.unwrap_or(page)))
}

/// Builds the request. What the provider would reject for a wrong form is an error here, before anything is recorded.
async fn request(
    shop: &Shop,
    session: &Session,
    order: &Order,
    reference: &str,
    method: Method,
    address: SocketAddr,
    details: &Details,
) -> Result<PaymentRequest> {
    let request = PaymentRequest::new(reference, order.price(method)?)
        .description(order.product()?.name)
        .customer(&order.customer);
    let back = shop.url(&format!("/return/{}", order.id));
    Ok(match method {
        Method::Card => request
            .card(card(details)?)
            .customer_address(address) // behind a proxy: the address that the proxy reports
            .return_url(shop.url(&format!("/return/3ds/{reference}/success")))
            .failure_url(shop.url(&format!("/return/3ds/{reference}/failure"))),
        Method::BankPage => request.return_url(shop.url(&format!("/return/checkout/{}", order.id))),
        Method::SavedCard => {
            let card = SavedCard::find(shop.journal.store().pool(), &details.saved_card, session).await?;
            request.payment_method(card.id)
        }
        Method::Upi => request.own_page().return_url(back),
        Method::UpiPage | Method::UpiApp => request.return_url(back),
    })
}

fn card(details: &Details) -> Result<Card> {
    let month = details.month.parse().map_err(|_| Error::invalid(&"`month` must be a number from 1 to 12"))?;
    let year = details.year.parse().map_err(|_| Error::invalid(&"`year` must have four digits, such as 2030"))?;
    Ok(Card::new(&details.holder, details.number.parse()?, Expiry::new(month, year)?, details.cvv.parse()?))
}

/// Records the payment and sends it. Returns the address of the provider's page, if the customer must go there now.
async fn start(shop: &Shop, order: &Order, method: Method, request: PaymentRequest) -> Result<Option<String>> {
    let (reference, amount, now) = (request.reference.clone(), request.amount, shop.clock.millis());
    let intent = Intent::new(method.account(), request).expires_after(EXPIRY);

    // The row and the intent are committed together, or neither is.
    let mut transaction = database::begin(shop.journal.store()).await?;
    if !Payment::insert(&mut transaction, (&order.id, &reference), method, amount, now).await? {
        return Ok(None); // a second click, or another tab: the order's page shows the payment that is alive
    }
    add_to_history(&mut transaction, &order.id, now, &format!("{}: {amount}", method.title())).await?;
    let recorded = shop.journal.record(&mut transaction, &intent).await?;
    transaction.commit().await?;

    let executed = shop.journal.execute(recorded.ticket()).await?;
    let pool = shop.journal.store().pool();
    if let Some(error) = executed.error.filter(|_| matches!(executed.state, Known::Refused | Known::Abandoned)) {
        Payment::store_problem(pool, &reference, &error.to_string()).await?;
    }
    let Some(Response::Started(started)) = executed.response else { return Ok(None) };
    let id = started.id.clone();
    let next = NextStep::of(started, shop.clock.millis());
    let is_alive = Payment::store_next(pool, &reference, id.as_deref(), next.as_ref()).await?;
    Ok(match next {
        Some(NextStep::Redirect { url }) if is_alive => Some(url),
        Some(NextStep::Challenge { .. }) if is_alive => Some(format!("/orders/{}/challenge", order.id)),
        _ => None,
    })
}

async fn give_up(
    State(shop): State<Shop>,
    session: Session,
    Path(order): Path<String>,
    OwnForm(Empty {}): OwnForm<Empty>,
) -> Result<Redirect> {
    let (pool, now) = (shop.journal.store().pool(), shop.clock.millis());
    let order = Order::of_customer(pool, &order, &session).await?;
    for payment in Payment::of_order(pool, &order.id).await? {
        if payment.can_be_given_up(now)? && Payment::give_up(pool, &payment.reference, Known::Abandoned, now).await? {
            let mut connection = pool.acquire().await?;
            add_to_history(&mut connection, &order.id, now, "given up before it was paid").await?;
        }
    }
    Ok(Redirect::to(&format!("/orders/{}", order.id)))
}

/// A payment that was not sent by then is not sent any more: the customer has left.
const EXPIRY: Duration = Duration::from_secs(300);

#[derive(Template)]
#[template(path = "pay.html")]
struct Page {
    csrf: String,
    order: Order,
    name: &'static str,
    method: Method,
    price: Money,
    saved_cards: Vec<SavedCard>,
}
