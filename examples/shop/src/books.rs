//! The hook of the journal's worker: the one place that books, ships, and changes what the shop believes.
//!
//! It gets each change of state exactly once, in a transaction that its own writes are part of.

use payments::journal::{Change, HookError, State, Worker};
use payments::journaled::ThreeDsCompletions;
use payments::{Currency, Money};

use crate::database::{Connection, Store};
use crate::orders::add_to_history;
use crate::shop::Shop;

pub(crate) fn worker(shop: &Shop) -> Worker<Store> {
    shop.journal
        .worker()
        .on_change(|connection: &mut Connection, change| Box::pin(apply(connection, change)))
        .on_pause(|pause| tracing::error!(?pause, "a provider refuses the credentials"))
        .on_problem(|intent, error| tracing::error!(%intent, %error, "an intent cannot be handled"))
        .on_failure(|error| tracing::error!(%error, "the worker cannot ask the database"))
}

async fn apply(connection: &mut Connection, change: &Change) -> Result<(), HookError> {
    let reference = change.key.reference.as_str();
    match change.key.operation.as_str() {
        START_PAYMENT | COMPLETE_3DS => payment(connection, change, reference).await,
        REFUND => refund(connection, change, reference).await,
        PAY_OUT => payout(connection, change, reference).await,
        // A confirmation moves no money by itself: the payment's own state shows the result.
        _ => Ok(()),
    }
}

const START_PAYMENT: &str = "start_payment";
const REFUND: &str = "refund";
const PAY_OUT: &str = "pay_out";
const COMPLETE_3DS: &str = ThreeDsCompletions::OPERATION;

async fn payment(connection: &mut Connection, change: &Change, reference: &str) -> Result<(), HookError> {
    let query = sqlx::query_as("SELECT order_id, method, completing, closed_at FROM payments WHERE reference = $1");
    let (order, method, completing, closed_at): (String, String, i64, Option<i64>) =
        query.bind(reference.to_owned()).fetch_one(&mut *connection).await?;
    // The start of a 3-D Secure payment says nothing any more once its completion is recorded, or once it was given up.
    let is_start = change.key.operation == START_PAYMENT;
    if is_start && method == "card" && (completing == 1 || closed_at.is_some()) {
        return Ok(());
    }
    let is_closed = matches!(change.to, State::Failed | State::Refused | State::Abandoned);
    let query = sqlx::query(
        "UPDATE payments SET state = $2, closed_at = CASE WHEN $3 = 1 THEN COALESCE(closed_at, $4) ELSE closed_at END
         WHERE reference = $1",
    );
    let query =
        query.bind(reference.to_owned()).bind(change.to.as_str()).bind(i64::from(is_closed)).bind(millis(change));
    query.execute(&mut *connection).await?;
    add_to_history(connection, &order, millis(change), &in_words(change)).await?;

    let about = Entry { about: reference, reference, kind: "payment", currency: currency(change)? };
    match change.to {
        // The provider documents that the amount of its response counts.
        State::Succeeded => about.book(connection, change, change.order_amount.or(change.amount)).await?,
        State::NeedsReview => {}
        _ => about.book(connection, change, None).await?,
    }
    if change.to == State::Succeeded {
        // Hand the order to shipping here, on this connection. It happens once, however often the payment is reported.
        let query = "UPDATE orders SET shipped_at = $2 WHERE id = $1 AND shipped_at IS NULL";
        sqlx::query(query).bind(order).bind(millis(change)).execute(connection).await?;
    }
    Ok(())
}

async fn refund(connection: &mut Connection, change: &Change, reference: &str) -> Result<(), HookError> {
    let query = sqlx::query("UPDATE refunds SET state = $2 WHERE reference = $1");
    query.bind(reference.to_owned()).bind(change.to.as_str()).execute(&mut *connection).await?;
    let query = sqlx::query_as(
        "SELECT p.reference, p.order_id FROM refunds r JOIN payments p ON p.reference = r.payment WHERE r.reference = $1",
    );
    let (about, order): (String, String) = query.bind(reference.to_owned()).fetch_one(&mut *connection).await?;
    add_to_history(connection, &order, millis(change), &format!("refund: {}", in_words(change))).await?;
    let entry = Entry { about: &about, reference, kind: "refund", currency: currency(change)? };
    entry.book_outgoing(connection, change).await
}

async fn payout(connection: &mut Connection, change: &Change, reference: &str) -> Result<(), HookError> {
    let query = sqlx::query("UPDATE payouts SET state = $2 WHERE reference = $1");
    query.bind(reference.to_owned()).bind(change.to.as_str()).execute(&mut *connection).await?;
    let entry = Entry { about: reference, reference, kind: "payout", currency: currency(change)? };
    entry.book_outgoing(connection, change).await
}

/// What is booked.
struct Entry<'a> {
    /// The payment or the payout that it belongs to.
    about: &'a str,
    reference: &'a str,
    kind: &'static str,
    currency: Currency,
}

impl Entry<'_> {
    /// Books money that leaves: once the provider has accepted it, and back if it failed.
    async fn book_outgoing(&self, connection: &mut Connection, change: &Change) -> Result<(), HookError> {
        match change.to {
            State::Pending | State::Succeeded => {
                let amount = change.amount.map(Money::checked_neg).transpose()?;
                self.book(connection, change, amount).await
            }
            State::Unknown | State::NeedsReview => Ok(()),
            _ => self.book(connection, change, None).await,
        }
    }

    /// Books what is missing to this amount, so that a repeated or reversed change leaves the right sum.
    async fn book(&self, connection: &mut Connection, change: &Change, amount: Option<Money>) -> Result<(), HookError> {
        let query =
            sqlx::query_scalar("SELECT CAST(COALESCE(SUM(amount), 0) AS BIGINT) FROM bookings WHERE reference = $1");
        let booked: i64 = query.bind(self.reference.to_owned()).fetch_one(&mut *connection).await?;
        let missing = amount.map_or(0, Money::minor).checked_sub(booked).ok_or("an amount is too large")?;
        if missing == 0 {
            return Ok(());
        }
        let query = sqlx::query(
            "INSERT INTO bookings (about, reference, kind, amount, currency, at) VALUES ($1, $2, $3, $4, $5, $6)",
        );
        let query = query.bind(self.about.to_owned()).bind(self.reference.to_owned()).bind(self.kind).bind(missing);
        query.bind(self.currency.as_str().to_owned()).bind(millis(change)).execute(connection).await?;
        Ok(())
    }
}

fn currency(change: &Change) -> Result<Currency, HookError> {
    Ok(change.amount.ok_or("the intent has no amount")?.currency())
}

fn millis(change: &Change) -> i64 {
    i64::try_from(change.at.unix_timestamp_nanos() / 1_000_000).unwrap_or(i64::MAX)
}

fn in_words(change: &Change) -> String {
    match (change.review, &change.order_amount) {
        (Some(review), _) => format!("{}: {review}", change.to),
        (None, Some(amount)) => format!("{}: {amount}", change.to),
        (None, None) => change.to.to_string(),
    }
}
