//! The hook of the journal's worker: the one place that books, ships, and changes what the shop believes.
//!
//! It gets each change of state exactly once, in a transaction that its own writes are part of.

use payments::Money;
use payments::journal::{Change, HookError, State, Worker};
use payments::journaled::ThreeDsCompletions;

use crate::clock::millis;
use crate::database::{Connection, Store, query, rows};
use crate::order::add_to_history;
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
    match change.key.operation.as_str() {
        "start_payment" | ThreeDsCompletions::OPERATION => payment(connection, change).await,
        "refund" => refund(connection, change).await,
        "pay_out" => payout(connection, change).await,
        // A confirmation moves no money by itself: the payment's own state shows the result.
        _ => Ok(()),
    }
}

async fn payment(connection: &mut Connection, change: &Change) -> Result<(), HookError> {
    let reference = &change.key.reference;
    let payment = rows!("SELECT order_id, method, completing, closed_at FROM payments WHERE reference = $1"; reference);
    let (order, method, completing, closed_at): (String, String, i64, Option<i64>) =
        payment.fetch_one(&mut *connection).await?;
    // The start of a card payment means nothing any more once its completion is recorded, or once it was given up.
    if method == "card" && change.key.operation == "start_payment" && (completing == 1 || closed_at.is_some()) {
        return Ok(());
    }
    let is_closed = matches!(change.to, State::Failed | State::Refused | State::Abandoned);
    let closed_at = closed_at.or(is_closed.then(|| millis(change.at)));
    let update = query!(
        "UPDATE payments SET state = $2, closed_at = $3 WHERE reference = $1";
        reference, change.to.as_str(), closed_at
    );
    update.execute(&mut *connection).await?;
    add_to_history(connection, &order, millis(change.at), &in_words(change)).await?;
    match change.to {
        State::NeedsReview => return Ok(()),
        // The provider documents that the amount of its response counts.
        State::Succeeded => {
            book(connection, change, "payment", reference, change.order_amount.or(change.amount)).await?
        }
        _ => return book(connection, change, "payment", reference, None).await,
    }
    // Hand the order to shipping here, on this connection. It happens once, however often the payment is reported.
    let update =
        query!("UPDATE orders SET shipped_at = $2 WHERE id = $1 AND shipped_at IS NULL"; order, millis(change.at));
    update.execute(connection).await?;
    Ok(())
}

async fn refund(connection: &mut Connection, change: &Change) -> Result<(), HookError> {
    let reference = &change.key.reference;
    let update = query!("UPDATE refunds SET state = $2 WHERE reference = $1"; reference, change.to.as_str());
    update.execute(&mut *connection).await?;
    let payment = rows!(
        "SELECT p.reference, order_id FROM refunds r JOIN payments p ON p.reference = r.payment WHERE r.reference = $1";
        reference
    );
    let (payment, order): (String, String) = payment.fetch_one(&mut *connection).await?;
    add_to_history(connection, &order, millis(change.at), &format!("refund: {}", in_words(change))).await?;
    book_outgoing(connection, change, "refund", &payment).await
}

async fn payout(connection: &mut Connection, change: &Change) -> Result<(), HookError> {
    let reference = &change.key.reference;
    let update = query!("UPDATE payouts SET state = $2 WHERE reference = $1"; reference, change.to.as_str());
    update.execute(&mut *connection).await?;
    book_outgoing(connection, change, "payout", reference).await
}

/// Books money that leaves: once the provider has accepted it, and back if it failed.
async fn book_outgoing(connection: &mut Connection, change: &Change, kind: &str, about: &str) -> Result<(), HookError> {
    match change.to {
        State::Unknown | State::NeedsReview => Ok(()),
        State::Pending | State::Succeeded => {
            let amount = change.amount.map(Money::checked_neg).transpose()?;
            book(connection, change, kind, about, amount).await
        }
        _ => book(connection, change, kind, about, None).await,
    }
}

/// Books what is missing to this amount, so that a change that is taken back leaves the right sum.
async fn book(
    connection: &mut Connection, change: &Change, kind: &str, about: &str, amount: Option<Money>,
) -> Result<(), HookError> {
    let reference = &change.key.reference;
    let booked = rows!("SELECT CAST(COALESCE(SUM(amount), 0) AS BIGINT) FROM bookings WHERE reference = $1"; reference);
    let (booked,): (i64,) = booked.fetch_one(&mut *connection).await?;
    let missing = amount.map_or(0, Money::minor).checked_sub(booked).ok_or("an amount is too large")?;
    if missing != 0 {
        let currency = change.amount.ok_or("the intent has no amount")?.currency().to_string();
        let insert = query!(
            "INSERT INTO bookings (about, reference, kind, amount, currency, at) VALUES ($1, $2, $3, $4, $5, $6)";
            about, reference, kind, missing, currency, millis(change.at)
        );
        insert.execute(connection).await?;
    }
    Ok(())
}

/// The change for the history, which the customer reads.
fn in_words(change: &Change) -> String {
    let words = match change.to {
        State::Pending => "accepted, and not final",
        State::Unknown => "no response arrived",
        State::NeedsReview => "we are asking the provider",
        State::Abandoned => "not sent",
        state => state.as_str(),
    };
    change.order_amount.map_or_else(|| words.to_owned(), |amount| format!("{words}: {amount}"))
}
