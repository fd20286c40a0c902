//! One attempt to pay an order. Each has a reference of its own at its provider.

use payments::journal::State;
use payments::payments_core::redacted_line;
use payments::{Currency, ErrorKind, Money};
use sqlx::{Executor, FromRow};

use crate::database::{Connection, Database, Pool, Transaction, execute, rows};
use crate::method::{Kind, Method};
use crate::next_step::NextStep;
use crate::web::{Error, Result};

#[derive(FromRow)]
pub(crate) struct Payment {
    pub(crate) reference: String,
    pub(crate) order_id: String,
    #[sqlx(try_from = "String")]
    pub(crate) method: &'static Method,
    #[sqlx(try_from = "String")]
    currency: Currency,
    amount: i64,
    #[sqlx(try_from = "String")]
    pub(crate) state: State,
    /// Why it was refused, for the customer.
    pub(crate) problem: Option<String>,
    /// The provider's id. Some providers ask to keep it private.
    pub(crate) provider_id: Option<String>,
    next: Option<String>,
    pub(crate) completing: i64,
    paid: Option<i64>,
    closed_at: Option<i64>,
    created_at: i64,
    /// The state of its last refund, by its name. One that was or may be executed comes first.
    pub(crate) refund: Option<String>,
}

impl Payment {
    /// The payments of an order, the oldest first.
    pub(crate) async fn of_order(database: impl Executor<'_, Database = Database>, order: &str) -> Result<Vec<Self>> {
        let payments = rows!(
            "SELECT *, (SELECT state FROM refunds WHERE payment = payments.reference
                        ORDER BY state IN ('refused', 'failed', 'abandoned'), created_at DESC, reference DESC LIMIT 1) AS refund
             FROM payments WHERE order_id = $1 ORDER BY created_at, reference";
            order
        );
        Ok(payments.fetch_all(database).await?)
    }

    pub(crate) async fn find(pool: &Pool, reference: &str) -> Result<Self> {
        let order = rows!("SELECT order_id FROM payments WHERE reference = $1"; reference).fetch_optional(pool).await?;
        let (order,): (String,) = order.ok_or(Error::NotFound)?;
        let payments = Self::of_order(pool, &order).await?;
        payments.into_iter().find(|payment| payment.reference == reference).ok_or(Error::NotFound)
    }

    /// Locks an order until the end of the transaction, and loads its payments. Meanwhile, nothing else starts, charges, cancels,
    /// refunds or books a payment of the order.
    pub(crate) async fn lock(transaction: &mut Transaction<'_>, order: &str) -> Result<Vec<Self>> {
        execute!(&mut **transaction, "UPDATE orders SET id = id WHERE id = $1"; order)?;
        Self::of_order(&mut **transaction, order).await
    }

    /// Inserts a payment, unless the order has another one that is alive. Returns false if it has.
    pub(crate) async fn insert(
        connection: &mut Connection, (order, reference): (&str, &str), method: &Method, amount: Money, now: i64,
    ) -> Result<bool> {
        let (currency, state) = (amount.currency().to_string(), State::Intended.as_str());
        let insert = execute!(
            connection,
            "INSERT INTO payments (reference, order_id, method, currency, amount, state, created_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING";
            reference, order, method.name, currency, amount.minor(), state, now
        );
        Ok(insert?.rows_affected() == 1)
    }

    /// Stores what the customer must do. Returns false if the payment was cancelled meanwhile, or another one has succeeded.
    pub(crate) async fn store_next(
        pool: &Pool, reference: &str, id: Option<String>, next: &Option<NextStep>,
    ) -> Result<bool> {
        let next = next.as_ref().map(serde_json::to_string).transpose()?;
        let update = execute!(
            pool,
            "UPDATE payments SET provider_id = $2, next = $3 WHERE reference = $1 AND closed_at IS NULL AND completing = 0
             AND NOT EXISTS (SELECT 1 FROM payments p WHERE p.order_id = payments.order_id AND p.state = 'succeeded')";
            reference, id, next
        );
        Ok(update?.rows_affected() == 1)
    }

    /// Records that the card may be charged from now on. Then the payment cannot be cancelled any more.
    pub(crate) async fn begin_completion(&self, connection: &mut Connection) -> Result<()> {
        execute!(connection, "UPDATE payments SET completing = 1, next = NULL WHERE reference = $1"; &self.reference)?;
        Ok(())
    }

    /// Cancels a payment that nobody can complete without this shop. Returns false if it is too late.
    pub(crate) async fn cancel(
        &self, connection: &mut Connection, state: State, problem: &str, now: i64,
    ) -> Result<bool> {
        let update = execute!(
            connection,
            "UPDATE payments SET state = $2, problem = $3, closed_at = $4, next = NULL
             WHERE reference = $1 AND completing = 0 AND closed_at IS NULL
               AND ($5 OR $6 AND next IS NULL AND state = 'pending')";
            &self.reference, state.as_str(), problem, now,
            self.method.kind == Kind::Card, self.method.kind != Kind::SavedCard
        );
        Ok(update?.rows_affected() == 1)
    }

    pub(crate) async fn store_problem(pool: &Pool, reference: &str, error: &payments::Error) -> Result<()> {
        execute!(pool, "UPDATE payments SET problem = $2 WHERE reference = $1"; reference, for_customer(error))?;
        Ok(())
    }

    pub(crate) fn amount(&self) -> Money {
        Money::from_minor(self.amount, self.currency)
    }

    /// What the customer has paid. The provider may have changed the amount.
    pub(crate) fn paid(&self) -> Money {
        Money::from_minor(self.paid.unwrap_or_default(), self.currency)
    }

    pub(crate) fn is_underpaid(&self) -> bool {
        self.paid.is_some_and(|paid| paid < self.amount)
    }

    pub(crate) fn next(&self) -> Result<Option<NextStep>> {
        Ok(self.next.as_deref().map(serde_json::from_str).transpose()?)
    }

    /// True if the customer may be paying it, or may have paid it.
    pub(crate) fn is_live(&self) -> bool {
        self.closed_at.is_none()
    }

    /// True if nobody can pay it without this shop: the card is charged by a call of this shop, or nobody has the address of the page.
    pub(crate) fn can_be_cancelled(&self, now: i64) -> bool {
        let is_pending = self.is_live() && self.completing == 0 && self.state == State::Pending;
        // Before that, the response with the page may be about to be stored.
        let is_lost = self.next.is_none() && self.created_at + PAGE_IS_LOST_AFTER < now;
        is_pending && (self.method.kind == Kind::Card || is_lost && self.method.kind != Kind::SavedCard)
    }
}

/// What a customer can do something about. The rest is for the trace, which has it.
pub(crate) fn for_customer(error: &payments::Error) -> String {
    match error.kind() {
        // A provider's words may contain a card number.
        ErrorKind::Declined => error.message().map_or_else(|| "It was declined.".to_owned(), redacted_line),
        _ => "The payment provider did not confirm it. You were not charged.".to_owned(),
    }
}

/// More than a call may take, in milliseconds.
const PAGE_IS_LOST_AFTER: i64 = 60_000;
