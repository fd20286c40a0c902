//! Orders, and their pages.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{Html, Redirect};
use payments::Money;
use payments::journal::State as Known;
use serde::Deserialize;
use sqlx::FromRow;

use crate::catalogue::Product;
use crate::database::{Connection, Pool, execute, rows};
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
    #[sqlx(try_from = "String")]
    pub(crate) product: &'static Product,
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
    const REVIEW: Self = Self("review", "We are checking whether you were charged. Please do not pay again.");

    pub(crate) fn of(payments: &[Payment]) -> Self {
        let has = |state| payments.iter().any(|payment| payment.state == state);
        let paid = payments.iter().filter(|payment| payment.state == Known::Succeeded);
        let (refunded, kept): (Vec<_>, Vec<_>) =
            paid.partition(|payment| matches!(payment.refund.as_deref(), Some("pending" | "succeeded")));
        match (kept.len(), refunded.len()) {
            (0, 0) if has(Known::NeedsReview) => Self::REVIEW,
            (0, 0) if has(Known::Unknown) => Self("paying", "The result is not known yet. Please do not pay again."),
            (0, 0) if has(Known::Reversed) => Self("reversed", "The payment was reversed: the money went back to you."),
            (0, 0) if payments.iter().any(Payment::is_live) => Self::PAYING,
            (0, 0) => Self::OPEN,
            (0, _) => Self("refunded", "A refund was requested. Your bank shows when it arrives."),
            (1, _) if kept[0].is_underpaid() => Self("underpaid", "You paid less than the price. We will contact you."),
            (1, _) => Self("paid", "Paid. Thank you!"),
            // A payment that had failed succeeded after all, and so did a later one.
            _ => Self("paid twice", "You were charged twice. We will refund one of the payments."),
        }
    }
}

impl Order {
    /// Loads an order of this customer, and its payments, the oldest first.
    pub(crate) async fn of_customer(pool: &Pool, id: &str, session: &Session) -> Result<(Self, Vec<Payment>)> {
        let payments = Payment::of_order(pool, id).await?; // first, so that a payment which is paid was shipped
        let order = rows!("SELECT * FROM orders WHERE id = $1 AND customer = $2"; id, session.customer());
        Ok((order.fetch_optional(pool).await?.ok_or(Error::NotFound)?, payments))
    }

    /// The newest orders of one customer, or of all that began to pay.
    pub(crate) async fn newest(pool: &Pool, customer: Option<String>) -> Result<Vec<(Self, Vec<Payment>)>> {
        let orders = rows!(
            "SELECT * FROM orders WHERE customer = $1 OR ($1 IS NULL AND id IN (SELECT order_id FROM payments))
             ORDER BY created_at DESC, id LIMIT 100"; customer
        );
        let (orders, mut with_payments): (Vec<Self>, _) = (orders.fetch_all(pool).await?, Vec::new());
        for order in orders {
            let payments = Payment::of_order(pool, &order.id).await?;
            with_payments.push((order, payments));
        }
        Ok(with_payments)
    }
}

/// Adds a line to the history that the order's page shows.
pub(crate) async fn add_to_history(connection: &mut Connection, order: &str, at: i64, text: &str) -> sqlx::Result<()> {
    execute!(connection, "INSERT INTO history (order_id, at, text) VALUES ($1, $2, $3)"; order, at, text)?;
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
    random::check("order", &new.order, "ORD")?;
    let product = Product::find(&new.product).ok_or(Error::NotFound)?;
    execute!(
        shop.pool(),
        "INSERT INTO orders (id, customer, product, created_at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING";
        &new.order, session.customer(), product.id, shop.now()
    )?;
    Ok(Redirect::to(&format!("/orders/{}", new.order)))
}

pub(crate) async fn list(State(shop): State<Shop>, session: Session) -> Result<Html<String>> {
    render(&List { orders: Order::newest(shop.pool(), Some(session.customer())).await? })
}

pub(crate) async fn show(State(shop): State<Shop>, session: Session, Path(id): Path<String>) -> Result<Html<String>> {
    let (pool, now) = (shop.pool(), shop.now());
    let (order, payments) = Order::of_customer(pool, &id, &session).await?;
    let state = OrderState::of(&payments);
    let history = rows!("SELECT at, text FROM history WHERE order_id = $1 ORDER BY at, text"; &id);
    let history = history.fetch_all(pool).await?;
    let live = payments.iter().find(|payment| payment.is_live() && state == OrderState::PAYING);
    render(&Show {
        csrf: session.csrf(),
        methods: METHODS.iter().map(|method| Ok((method, order.product.price(method)?))).collect::<Result<_>>()?,
        problem: payments.last().and_then(|payment| payment.problem.clone()),
        next: live.map(Payment::next).transpose()?.flatten(),
        is_charging: live.is_some_and(|payment| payment.completing == 1),
        can_cancel: live.is_some_and(|payment| payment.can_be_cancelled(now)),
        order,
        state,
        history,
        now,
    })
}

#[derive(Template)]
#[template(path = "orders.html")]
struct List {
    orders: Vec<(Order, Vec<Payment>)>,
}

#[derive(Template)]
#[template(path = "order.html")]
struct Show {
    csrf: String,
    order: Order,
    state: OrderState,
    methods: Vec<(&'static Method, Money)>,
    problem: Option<String>,
    next: Option<NextStep>,
    is_charging: bool,
    can_cancel: bool,
    history: Vec<(i64, String)>,
    now: i64,
}
