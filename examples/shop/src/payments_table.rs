//! The payments of the orders.

use payments::journal::State;
use payments::{Currency, Money};
use sqlx::FromRow;

use crate::database::{Connection, Pool};
use crate::error::{Error, Result};
use crate::method::Method;
use crate::next_step::NextStep;

/// One attempt to pay an order. Each has a reference of its own at its provider.
#[derive(Debug, Clone, FromRow)]
pub(crate) struct Payment {
    pub(crate) reference: String,
    pub(crate) order_id: String,
    method: String,
    currency: String,
    amount: i64,
    state: String,
    /// Why it was refused, for the customer.
    pub(crate) problem: Option<String>,
    /// The provider's id. Some providers ask to keep it private.
    pub(crate) provider_id: Option<String>,
    next: Option<String>,
    completing: i64,
    pub(crate) closed_at: Option<i64>,
    pub(crate) created_at: i64,
}

impl Payment {
    pub(crate) async fn of_order(pool: &Pool, order: &str) -> Result<Vec<Self>> {
        let query = sqlx::query_as("SELECT * FROM payments WHERE order_id = $1 ORDER BY created_at, reference");
        Ok(query.bind(order).fetch_all(pool).await?)
    }

    pub(crate) async fn find(pool: &Pool, reference: &str) -> Result<Self> {
        let query = sqlx::query_as("SELECT * FROM payments WHERE reference = $1").bind(reference);
        query.fetch_optional(pool).await?.ok_or(Error::NotFound)
    }

    /// Inserts a payment, unless the order has another one that is alive. Returns false if it has.
    pub(crate) async fn insert(
        connection: &mut Connection,
        (order, reference): (&str, &str),
        method: Method,
        amount: Money,
        now: i64,
    ) -> Result<bool> {
        let query = sqlx::query(
            "INSERT INTO payments (reference, order_id, method, currency, amount, state, created_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING",
        );
        let query = query.bind(reference).bind(order).bind(method.as_str()).bind(amount.currency().as_str().to_owned());
        let query = query.bind(amount.minor()).bind(State::Intended.as_str()).bind(now);
        Ok(query.execute(connection).await?.rows_affected() == 1)
    }

    /// Stores what the customer must do. Returns false if the payment was given up meanwhile.
    pub(crate) async fn store_next(
        pool: &Pool,
        reference: &str,
        provider_id: Option<&str>,
        next: Option<&NextStep>,
    ) -> Result<bool> {
        let next = next.map(serde_json::to_string).transpose()?;
        let query = sqlx::query(
            "UPDATE payments SET provider_id = $2, next = $3 WHERE reference = $1 AND closed_at IS NULL AND completing = 0",
        );
        let done = query.bind(reference).bind(provider_id.map(str::to_owned)).bind(next).execute(pool).await?;
        Ok(done.rows_affected() == 1)
    }

    /// Claims the right to charge the card. From then on, the payment cannot be given up. Returns false if it was given up before.
    pub(crate) async fn begin_completion(connection: &mut Connection, reference: &str) -> Result<bool> {
        let query = "UPDATE payments SET completing = 1, next = NULL WHERE reference = $1 AND closed_at IS NULL";
        Ok(sqlx::query(query).bind(reference.to_owned()).execute(connection).await?.rows_affected() == 1)
    }

    /// Gives up a payment that nobody can complete without this shop. Returns false if it is too late.
    pub(crate) async fn give_up(pool: &Pool, reference: &str, state: State, now: i64) -> Result<bool> {
        let query = "UPDATE payments SET state = $2, closed_at = $3, next = NULL
                     WHERE reference = $1 AND completing = 0 AND closed_at IS NULL";
        let query = sqlx::query(query).bind(reference.to_owned()).bind(state.as_str()).bind(now);
        Ok(query.execute(pool).await?.rows_affected() == 1)
    }

    pub(crate) async fn store_problem(pool: &Pool, reference: &str, problem: &str) -> Result<()> {
        let query = sqlx::query("UPDATE payments SET problem = $2 WHERE reference = $1");
        query.bind(reference.to_owned()).bind(problem.to_owned()).execute(pool).await?;
        Ok(())
    }

    pub(crate) fn method(&self) -> Result<Method> {
        Method::find(&self.method).ok_or_else(|| unreadable("method", &self.method))
    }

    pub(crate) fn amount(&self) -> Result<Money> {
        let currency: Currency = self.currency.parse().map_err(|_| unreadable("currency", &self.currency))?;
        Ok(Money::from_minor(self.amount, currency))
    }

    pub(crate) fn state(&self) -> Result<State> {
        State::from_name(&self.state).ok_or_else(|| unreadable("state", &self.state))
    }

    pub(crate) fn next(&self) -> Result<Option<NextStep>> {
        Ok(self.next.as_deref().map(serde_json::from_str).transpose()?)
    }

    /// True if the customer may be paying it, or may have.
    pub(crate) fn is_live(&self) -> bool {
        self.closed_at.is_none()
    }

    /// True if nobody can pay it without this shop: the card is charged by a call of this shop, or nobody has the address of the page.
    pub(crate) fn can_be_given_up(&self, now: i64) -> Result<bool> {
        let method = self.method()?;
        let is_pending = self.is_live() && self.completing == 0 && self.state()? == State::Pending;
        // The response with the page may be about to be stored.
        let is_lost = self.next.is_none() && !method.charges_at_once() && self.created_at + PAGE_IS_LOST_AFTER < now;
        Ok(is_pending && (method == Method::Card || is_lost))
    }

    pub(crate) fn is_completing(&self) -> bool {
        self.completing == 1
    }
}

/// More than a call may take, in milliseconds.
const PAGE_IS_LOST_AFTER: i64 = 60_000;

fn unreadable(column: &str, value: &str) -> Error {
    Error::Internal(format!("the column {column} has the unknown value `{value}`").into())
}
