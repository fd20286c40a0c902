//! Orders, and their pages.

use askama::Template;
use axum::Router;
use axum::extract::{Path, State};
use axum::response::{Html, Redirect};
use axum::routing::get;
use payments::Money;
use payments::journal::State as Known;
use serde::Deserialize;
use sqlx::FromRow;

use crate::catalogue::Product;
use crate::database::{Connection, Pool};
use crate::error::{Error, Result};
use crate::method::Method;
use crate::next_step::{NextStep, UpiStep};
use crate::page::render;
use crate::payments_table::Payment;
use crate::random;
use crate::session::{OwnForm, Session};
use crate::shop::Shop;

/// An order. Its state is that of its payments.
#[derive(Debug, Clone, FromRow)]
pub(crate) struct Order {
    pub(crate) id: String,
    pub(crate) customer: String,
    product: String,
    pub(crate) created_at: i64,
    pub(crate) shipped_at: Option<i64>,
}

/// What an order's payments mean for the order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OrderState {
    /// Not paid, and no payment may arrive: the customer can pay.
    Open,
    /// A payment was started, and may have been executed.
    Paying,
    Paid,
    /// Only a person can find out.
    Review,
    /// The payment was refunded by the provider or charged back.
    Reversed,
    /// A payment that had failed succeeded after all, and so did another one: one of them must be refunded.
    PaidTwice,
}

impl OrderState {
    pub(crate) fn of(payments: &[Payment]) -> Result<Self> {
        let states = payments.iter().map(Payment::state).collect::<Result<Vec<_>>>()?;
        let has = |wanted| states.contains(&wanted);
        Ok(match states.iter().filter(|state| **state == Known::Succeeded).count() {
            0 if has(Known::NeedsReview) => Self::Review,
            0 if has(Known::Reversed) => Self::Reversed,
            0 if payments.iter().any(Payment::is_live) => Self::Paying,
            0 => Self::Open,
            1 => Self::Paid,
            _ => Self::PaidTwice,
        })
    }

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Paying => "paying",
            Self::Paid => "paid",
            Self::Review => "review",
            Self::Reversed => "reversed",
            Self::PaidTwice => "paid twice",
        }
    }

    /// What the customer reads.
    pub(crate) fn sentence(self) -> &'static str {
        match self {
            Self::Open => "Choose how to pay.",
            Self::Paying => "Your payment is in progress. This page shows its result as soon as it is known.",
            Self::Paid => "Paid. Thank you!",
            Self::Review => {
                "We do not know yet whether you were charged. Please do not pay again: we are asking the bank."
            }
            Self::Reversed => "The payment was returned.",
            Self::PaidTwice => "You were charged twice. We will refund one of the payments.",
        }
    }
}

impl Order {
    /// Loads an order of this customer.
    pub(crate) async fn of_customer(pool: &Pool, id: &str, session: &Session) -> Result<Self> {
        let order = Self::find(pool, id).await?;
        if order.customer == session.customer() { Ok(order) } else { Err(Error::NotFound) }
    }

    pub(crate) async fn find(pool: &Pool, id: &str) -> Result<Self> {
        let query = sqlx::query_as("SELECT * FROM orders WHERE id = $1").bind(id);
        query.fetch_optional(pool).await?.ok_or(Error::NotFound)
    }

    /// The newest orders, of one customer or of all.
    pub(crate) async fn newest(pool: &Pool, customer: Option<String>) -> Result<Vec<(Self, Vec<Payment>)>> {
        let query = sqlx::query_as(
            "SELECT * FROM orders WHERE customer = $1 OR $1 IS NULL ORDER BY created_at DESC, id LIMIT 100",
        );
        let orders: Vec<Self> = query.bind(customer).fetch_all(pool).await?;
        let mut with_payments = Vec::new();
        for order in orders {
            let payments = Payment::of_order(pool, &order.id).await?;
            with_payments.push((order, payments));
        }
        Ok(with_payments)
    }

    pub(crate) fn product(&self) -> Result<&'static Product> {
        Product::find(&self.product)
            .ok_or_else(|| Error::Internal(format!("{} sells no `{}`", self.id, self.product).into()))
    }

    pub(crate) fn price(&self, method: Method) -> Result<Money> {
        let price = self.product()?.price(method.currency());
        price.ok_or_else(|| Error::invalid(&format!("this cannot be paid in {}", method.currency())))
    }
}

/// Adds a line to the history that the order's page shows.
pub(crate) async fn add_to_history(connection: &mut Connection, order: &str, at: i64, text: &str) -> sqlx::Result<()> {
    let query = sqlx::query("INSERT INTO history (order_id, at, text) VALUES ($1, $2, $3)");
    query.bind(order.to_owned()).bind(at).bind(text.to_owned()).execute(connection).await?;
    Ok(())
}

pub(crate) fn routes() -> Router<Shop> {
    Router::new().route("/orders", get(list).post(create)).route("/orders/{order}", get(show))
}

#[derive(Deserialize)]
struct NewOrder {
    order: String,
    product: String,
}

async fn create(State(shop): State<Shop>, session: Session, OwnForm(new): OwnForm<NewOrder>) -> Result<Redirect> {
    if !random::is_id(&new.order, "ORD") {
        return Err(Error::invalid(&"`order` must be the id that the catalogue's form has"));
    }
    let product = Product::find(&new.product).ok_or(Error::NotFound)?;
    let query = sqlx::query(
        "INSERT INTO orders (id, customer, product, created_at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
    );
    let query = query.bind(new.order.clone()).bind(session.customer()).bind(product.id).bind(shop.clock.millis());
    query.execute(shop.journal.store().pool()).await?;
    Ok(Redirect::to(&format!("/orders/{}", new.order)))
}

async fn list(State(shop): State<Shop>, session: Session) -> Result<Html<String>> {
    let mut orders = Vec::new();
    for (order, payments) in Order::newest(shop.journal.store().pool(), Some(session.customer())).await? {
        let (name, state) = (order.product()?.name, OrderState::of(&payments)?);
        orders.push((order, name, state));
    }
    render(&List { orders })
}

async fn show(State(shop): State<Shop>, session: Session, Path(id): Path<String>) -> Result<Html<String>> {
    let pool = shop.journal.store().pool();
    let order = Order::of_customer(pool, &id, &session).await?;
    let payments = Payment::of_order(pool, &id).await?;
    let now = shop.clock.millis();

    let mut page = Show {
        csrf: session.csrf(),
        name: order.product()?.name,
        state: OrderState::of(&payments)?,
        methods: Vec::new(),
        problem: None,
        redirect: None,
        upi: None,
        has_challenge: false,
        is_charging: false,
        can_restart: false,
        history: sqlx::query_as("SELECT at, text FROM history WHERE order_id = $1 ORDER BY at, text")
            .bind(&id)
            .fetch_all(pool)
            .await?,
        order,
        now,
    };
    if page.state == OrderState::Open {
        for method in Method::ALL {
            page.methods.push((method, page.order.price(method)?));
        }
        page.problem = payments.last().and_then(|payment| payment.problem.clone());
    }
    if let Some(payment) = payments.iter().find(|payment| payment.is_live() && page.state == OrderState::Paying) {
        page.can_restart = payment.can_be_given_up(now)?;
        page.is_charging = payment.is_completing();
        match payment.next()? {
            Some(NextStep::Redirect { url }) => page.redirect = Some(url),
            Some(NextStep::Challenge { .. }) => page.has_challenge = true,
            Some(NextStep::Upi(upi)) => page.upi = Some(*upi),
            None => {}
        }
    }
    render(&page)
}

#[derive(Template)]
#[template(path = "orders.html")]
struct List {
    orders: Vec<(Order, &'static str, OrderState)>,
}

#[derive(Template)]
#[template(path = "order.html")]
struct Show {
    csrf: String,
    order: Order,
    name: &'static str,
    state: OrderState,
    methods: Vec<(Method, Money)>,
    problem: Option<String>,
    redirect: Option<String>,
    upi: Option<UpiStep>,
    has_challenge: bool,
    is_charging: bool,
    can_restart: bool,
    history: Vec<(i64, String)>,
    now: i64,
}
