//! The hook of the journal's worker: the one place that books and ships.
//!
//! It gets each change of state exactly once, in a transaction that its own writes are part of.

use payments::Money;
use payments::journal::{Change, HookError, Review, State, Worker};
use payments::journaled::ThreeDsCompletions;

use crate::clock::millis;
use crate::database::{Connection, Store, execute, rows};
use crate::method::{Kind, Method};
use crate::order::add_to_history;
use crate::shop::Shop;

pub(crate) fn worker(shop: &Shop) -> Worker<Store> {
    shop.journal
        .worker()
        .on_change(|connection: &mut Connection, change| Box::pin(apply(connection, change)))
        .on_pause(|pause| tracing::error!(?pause, "an account is paused: its key or a setting is wrong"))
        .on_problem(|intent, error| tracing::error!(%intent, %error, "an intent cannot be handled"))
        .on_failure(|error| tracing::error!(%error, "the worker cannot go on: the database failed, or was restored"))
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
    let (reference, at) = (&change.key.reference, millis(change.at));
    let lock = "UPDATE orders SET id = id WHERE id = (SELECT order_id FROM payments WHERE reference = $1)";
    execute!(&mut *connection, lock; reference)?;
    let payment = rows!(
        "SELECT order_id, method, amount, completing = 1 OR closed_at IS NOT NULL FROM payments WHERE reference = $1";
        reference
    );
    let (order, method, price, is_over): (String, String, i64, bool) = payment.fetch_one(&mut *connection).await?;
    // The start of a card payment moves no money, also if its response was lost. It means nothing once the completion is recorded, or the
    // payment was cancelled.
    let is_card = Method::find(&method).is_some_and(|method| method.kind == Kind::Card);
    let is_card_start = is_card && change.key.operation == "start_payment";
    if is_card_start && is_over {
        return Ok(());
    }
    let is_open = matches!(change.to, State::Succeeded | State::Unknown) || change.review == Some(Review::NothingToAsk);
    let state = if is_card_start && is_open { State::Pending } else { change.to };
    // The provider documents that the amount of its response counts.
    let paid = change.order_amount.or(change.amount).filter(|_| state == State::Succeeded);
    let closed_at = matches!(state, State::Failed | State::Refused | State::Abandoned).then_some(at);
    execute!(
        &mut *connection,
        "UPDATE payments SET state = $2, paid = $3, closed_at = COALESCE(closed_at, $4) WHERE reference = $1";
        reference, state.as_str(), paid.map(Money::minor), closed_at
    )?;
    add_to_history(connection, &order, at, &in_words(state, change.order_amount)).await?;
    book(connection, change, "payment", reference, paid).await?;
    if paid.is_some_and(|paid| paid.minor() >= price) {
        // Hand the order to shipping here, on this connection. It happens once, however often the payment is reported.
        execute!(connection, "UPDATE orders SET shipped_at = $2 WHERE id = $1 AND shipped_at IS NULL"; order, at)?;
    }
    Ok(())
}

async fn refund(connection: &mut Connection, change: &Change) -> Result<(), HookError> {
    let reference = &change.key.reference;
    execute!(&mut *connection, "UPDATE refunds SET state = $2 WHERE reference = $1"; reference, change.to.as_str())?;
    let payment = rows!(
        "SELECT p.reference, order_id FROM refunds r JOIN payments p ON p.reference = r.payment WHERE r.reference = $1";
        reference
    );
    let (payment, order): (String, String) = payment.fetch_one(&mut *connection).await?;
    let words = in_words(change.to, change.order_amount);
    add_to_history(connection, &order, millis(change.at), &format!("refund: {words}")).await?;
    book_outgoing(connection, change, "refund", &payment).await
}

async fn payout(connection: &mut Connection, change: &Change) -> Result<(), HookError> {
    let reference = &change.key.reference;
    execute!(&mut *connection, "UPDATE payouts SET state = $2 WHERE reference = $1"; reference, change.to.as_str())?;
    book_outgoing(connection, change, "payout", reference).await
}

/// Books money that leaves: once the provider has accepted it, and back if it failed.
async fn book_outgoing(connection: &mut Connection, change: &Change, kind: &str, about: &str) -> Result<(), HookError> {
    let is_out = matches!(change.to, State::Pending | State::Succeeded);
    let amount = change.amount.filter(|_| is_out).map(Money::checked_neg).transpose()?;
    book(connection, change, kind, about, amount).await
}

/// Books what is missing to this amount, so that a change that is taken back leaves the right sum. What is not known changes nothing.
async fn book(
    connection: &mut Connection, change: &Change, kind: &str, about: &str, amount: Option<Money>,
) -> Result<(), HookError> {
    if matches!(change.to, State::Unknown | State::NeedsReview) {
        return Ok(());
    }
    let reference = &change.key.reference;
    let booked = rows!("SELECT CAST(COALESCE(SUM(amount), 0) AS BIGINT) FROM bookings WHERE reference = $1"; reference);
    let (booked,): (i64,) = booked.fetch_one(&mut *connection).await?;
    let missing = amount.map_or(0, Money::minor).checked_sub(booked).ok_or("an amount is too large")?;
    if missing != 0 {
        let currency = change.amount.ok_or("the intent has no amount")?.currency().to_string();
        execute!(
            connection,
            "INSERT INTO bookings (about, reference, kind, amount, currency, at) VALUES ($1, $2, $3, $4, $5, $6)";
            about, reference, kind, missing, currency, millis(change.at)
        )?;
    }
    Ok(())
}

/// A change for the history, which the customer reads.
fn in_words(state: State, amount: Option<Money>) -> String {
    let words = match state {
        State::Pending => "in progress",
        State::Unknown => "the result is not known yet",
        State::NeedsReview => "being checked by our staff",
        State::Abandoned => "not sent",
        state => state.as_str(),
    };
    amount.map_or_else(|| words.to_owned(), |amount| format!("{words}: {amount}"))
}
