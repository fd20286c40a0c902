//! Orders, and their pages.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{Html, Redirect};
use payments::Money;
use payments::journal::State as Known;
use serde::Deserialize;
use sqlx::FromRow;

use crate::catalogue::Product;
use crate::database::{Connection, Pool, rows, sql};
use crate::method::{METHODS, Method};
use crate::next_step::NextStep;
use crate::payment::Payment;
use crate::random;
use crate::shop::Shop;
use crate::web::{Error, OwnForm, Result, Session, render};

/// An order. Its state is that of its payments.
#[derive(FromRow)]
pub(crate) struct Order {
    pub(crate) id: String,
    pub(crate) customer: String,
    product: String,
    pub(crate) created_at: i64,
    pub(crate) shipped_at: Option<i64>,
}

/// What the payments mean for the order: a name, and a sentence for the customer.
#[derive(Clone, Copy, PartialEq)]
pub(crate) struct OrderState(pub(crate) &'static str, pub(crate) &'static str);

impl OrderState {
    pub(crate) const OPEN: Self = Self("open", "Choose how to pay.");
    pub(crate) const PAYING: Self =
        Self("paying", "Your payment is in progress. This page shows its result once it is known.");
    const REVIEW: Self = Self("review", "We are asking the bank whether you were charged. Please do not pay again.");

    pub(crate) fn of(payments: &[Payment]) -> Result<Self> {
        let states = payments.iter().map(Payment::state).collect::<Result<Vec<_>>>()?;
        let paid = payments.iter().zip(&states).filter(|(_, state)| **state == Known::Succeeded);
        let (refunded, kept): (Vec<_>, Vec<_>) = paid
            .map(|(payment, _)| payment)
            .partition(|payment| matches!(payment.refund_state(), Some(Known::Pending | Known::Succeeded)));
        Ok(match (kept.len(), refunded.len()) {
            (0, 0) if states.contains(&Known::NeedsReview) => Self::REVIEW,
            (0, 0) if states.contains(&Known::Reversed) => Self("reversed", "The payment was returned."),
            (0, 0) if payments.iter().any(Payment::is_live) => Self::PAYING,
            (0, 0) => Self::OPEN,
            (0, _) => Self("refunded", "Refunded."),
            (1, _) if kept[0].is_underpaid() => Self("underpaid", "You paid less than the price. We will contact you."),
            (1, _) => Self("paid", "Paid. Thank you!"),
            // A payment that had failed succeeded after all, and so did a later one.
            _ => Self("paid twice", "You were charged twice. We will refund one of the payments."),
        })
    }
}

impl Order {
    /// Loads an order of this customer, and its payments, the oldest first.
    pub(crate) async fn of_customer(pool: &Pool, id: &str, session: &Session) -> Result<(Self, Vec<Payment>)> {
        let order = rows!("SELECT * FROM orders WHERE id = $1 AND customer = $2"; id, session.customer());
        let order = order.fetch_optional(pool).await?.ok_or(Error::NotFound)?;
        Ok((order, Payment::of_order(pool, id).await?))
    }

    /// The newest orders, of one customer or of all.
    pub(crate) async fn newest(pool: &Pool, customer: Option<String>) -> Result<Vec<(Self, Vec<Payment>)>> {
        let orders = rows!(
            "SELECT * FROM orders WHERE customer = $1 OR $1 IS NULL ORDER BY created_at DESC, id LIMIT 100"; customer
        );
        let (orders, mut with_payments): (Vec<Self>, _) = (orders.fetch_all(pool).await?, Vec::new());
        for order in orders {
            let payments = Payment::of_order(pool, &order.id).await?;
            with_payments.push((order, payments));
        }
        Ok(with_payments)
    }

    pub(crate) fn product(&self) -> Result<&'static Product> {
        Product::find(&self.product).ok_or(Error::Internal("an order has an unknown product".into()))
    }

    pub(crate) fn price(&self, method: &Method) -> Result<Money> {
        self.product()?.price(method.currency).ok_or_else(|| Error::invalid("this cannot be paid in that currency"))
    }
}

/// Adds a line to the history that the order's page shows.
pub(crate) async fn add_to_history(connection: &mut Connection, order: &str, at: i64, text: &str) -> sqlx::Result<()> {
    sql!("INSERT INTO history (order_id, at, text) VALUES ($1, $2, $3)"; order, at, text).execute(connection).await?;
    Ok(())
}

#[derive(Deserialize)]
pub(crate) struct NewOrder {
    order: String,
    product: String,
}

pub(crate) async fn create(
    State(shop): State<Shop>, session: Session, OwnForm(new): OwnForm<NewOrder>,
) -> Result<Redirect> {
    if !random::is_id(&new.order, "ORD") {
        return Err(Error::invalid("`order` must be the id that the catalogue's form has"));
    }
    let product = Product::find(&new.product).ok_or(Error::NotFound)?;
    let insert = sql!(
        "INSERT INTO orders (id, customer, product, created_at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING";
        &new.order, session.customer(), product.id, shop.clock.millis()
    );
    insert.execute(shop.pool()).await?;
    Ok(Redirect::to(&format!("/orders/{}", new.order)))
}

pub(crate) async fn list(State(shop): State<Shop>, session: Session) -> Result<Html<String>> {
    let mut orders = Vec::new();
    for (order, payments) in Order::newest(shop.pool(), Some(session.customer())).await? {
        orders.push((order.product()?.name, OrderState::of(&payments)?, order));
    }
    render(&List { orders })
}

pub(crate) async fn show(State(shop): State<Shop>, session: Session, Path(id): Path<String>) -> Result<Html<String>> {
    let (pool, now) = (shop.pool(), shop.clock.millis());
    let (order, payments) = Order::of_customer(pool, &id, &session).await?;
    let state = OrderState::of(&payments)?;
    let history =
        rows!("SELECT at, text FROM history WHERE order_id = $1 ORDER BY at, text"; &id).fetch_all(pool).await?;
    let live = payments.iter().find(|payment| payment.is_live() && state == OrderState::PAYING);
    render(&Show {
        csrf: session.csrf(),
        name: order.product()?.name,
        methods: METHODS.iter().map(|method| Ok((method, order.price(method)?))).collect::<Result<_>>()?,
        problem: payments.last().and_then(|payment| payment.problem.clone()),
        next: live.map(Payment::next).transpose()?.flatten(),
        is_charging: live.is_some_and(|payment| payment.completing == 1),
        can_restart: live.map(|payment| payment.can_be_given_up(now)).transpose()?.unwrap_or(false),
        order,
        state,
        history,
        now,
    })
}

#[derive(Template)]
#[template(path = "orders.html")]
struct List {
    orders: Vec<(&'static str, OrderState, Order)>,
}

#[derive(Template)]
#[template(path = "order.html")]
struct Show {
    csrf: String,
    order: Order,
    name: &'static str,
    state: OrderState,
    methods: Vec<(&'static Method, Money)>,
    problem: Option<String>,
    next: Option<NextStep>,
    is_charging: bool,
    can_restart: bool,
    history: Vec<(i64, String)>,
    now: i64,
}
