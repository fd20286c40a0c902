//! What the shop believes, read from its database. The shop need not run.

use std::path::PathBuf;
use std::time::Duration;

use sqlx::postgres::PgConnectOptions;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions as _, Connection as _};

use crate::Failed;

/// Everything that the shop has stored about orders and money.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "tests build it")]
pub struct Belief {
    /// The customers' orders.
    pub orders: Vec<Order>,
    /// The orders' payments.
    pub payments: Vec<Payment>,
    /// The references of the payouts.
    pub payouts: Vec<String>,
    /// The references of the refunds, each with the reference of its payment.
    pub refunds: Vec<(String, String)>,
    /// The bookings, in order.
    pub bookings: Vec<Booking>,
    /// The journal's intents, in order.
    pub intents: Vec<Intent>,
}

/// A customer's order.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "tests build it")]
pub struct Order {
    /// The order's id.
    pub id: String,
    /// True once the order was shipped.
    pub is_shipped: bool,
}

/// One attempt to pay an order.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "tests build it")]
pub struct Payment {
    /// The reference at the provider.
    pub reference: String,
    /// The order's id.
    pub order: String,
    /// The amount in the currency's smallest unit.
    pub amount: i64,
    /// The currency's code.
    pub currency: String,
}

/// A booking.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "tests build it")]
pub struct Booking {
    /// The reference at the provider.
    pub reference: String,
    /// `payment`, `payout` or `refund`.
    pub kind: String,
    /// The amount in the currency's smallest unit: positive if the merchant receives it.
    pub amount: i64,
    /// The currency's code.
    pub currency: String,
}

/// An intent of the journal.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "tests build it")]
pub struct Intent {
    /// The reference at the provider.
    pub reference: String,
    /// The operation's stored name: `pay_out`.
    pub operation: String,
    /// The state's stored name: `unknown`.
    pub state: String,
    /// Why a person must look at it.
    pub review: Option<String>,
    /// The order's amount at the provider, if it differs from the intended one.
    pub order_amount: Option<i64>,
    /// The currency's code, if the operation has an amount.
    pub currency: Option<String>,
    /// True while the shop's hook has not run for the last change, or a verified event is stored and not applied.
    pub is_being_told: bool,
    /// The last failure of the shop's hook, while it has not run.
    pub hook_problem: Option<String>,
}

/// The shop's database.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Database {
    /// A SQLite file. Without the file, the shop believes nothing yet.
    Sqlite(PathBuf),
    /// A database of a `PostgreSQL` server.
    Postgres(Box<PgConnectOptions>),
}

impl Database {
    /// Reads everything in one transaction.
    ///
    /// # Errors
    ///
    /// Returns an error if a table is not as expected.
    pub async fn read(&self) -> Result<Belief, Failed> {
        match self {
            Self::Sqlite(file) if !file.exists() => Ok(Belief::default()),
            Self::Sqlite(file) => {
                let options = SqliteConnectOptions::new().filename(file).read_only(true).busy_timeout(PATIENCE);
                let mut connection = options.connect().await?;
                let mut transaction = connection.begin().await?;
                let belief = sqlite::read(&mut transaction).await;
                drop(transaction);
                connection.close().await?;
                belief
            }
            Self::Postgres(options) => {
                let mut connection = options.connect().await?;
                let mut transaction = connection.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY").await?;
                let belief = postgres::read(&mut transaction).await;
                drop(transaction);
                connection.close().await?;
                belief
            }
        }
    }
}

/// The same statements for both databases, whose types differ.
macro_rules! reader {
    ($name:ident, $connection:ty, $tables:literal) => {
        mod $name {
            use super::{Belief, Booking, Failed, INTENTS, Intent, IntentRow, Order, Payment, payment_of};

            pub(super) async fn read(connection: &mut $connection) -> Result<Belief, Failed> {
                let tables: i64 = sqlx::query_scalar($tables).fetch_one(&mut *connection).await?;
                if tables < 2 {
                    return Ok(Belief::default());
                }
                let orders: Vec<(String, bool)> =
                    sqlx::query_as("SELECT id, shipped_at IS NOT NULL FROM orders ORDER BY created_at, id")
                        .fetch_all(&mut *connection)
                        .await?;
                let payments: Vec<(String, String, i64, String)> = sqlx::query_as(
                    "SELECT reference, order_id, amount, currency FROM payments ORDER BY created_at, reference",
                )
                .fetch_all(&mut *connection)
                .await?;
                let payouts = sqlx::query_scalar("SELECT reference FROM payouts ORDER BY created_at, reference")
                    .fetch_all(&mut *connection)
                    .await?;
                let refunds = sqlx::query_as("SELECT reference, payment FROM refunds ORDER BY created_at, reference")
                    .fetch_all(&mut *connection)
                    .await?;
                let bookings: Vec<(String, String, i64, String)> =
                    sqlx::query_as("SELECT reference, kind, amount, currency FROM bookings ORDER BY at, reference")
                        .fetch_all(&mut *connection)
                        .await?;
                let intents: Vec<IntentRow> = sqlx::query_as(INTENTS).fetch_all(&mut *connection).await?;
                Ok(Belief {
                    orders: orders.into_iter().map(|(id, is_shipped)| Order { id, is_shipped }).collect(),
                    payments: payments
                        .into_iter()
                        .map(|(reference, order, amount, currency)| Payment { reference, order, amount, currency })
                        .collect(),
                    payouts,
                    refunds,
                    bookings: bookings
                        .into_iter()
                        .map(|(reference, kind, amount, currency)| Booking { reference, kind, amount, currency })
                        .collect(),
                    intents: intents
                        .into_iter()
                        .map(
                            |(
                                reference,
                                operation,
                                state,
                                review,
                                order_amount,
                                currency,
                                is_being_told,
                                hook_problem,
                            )| Intent {
                                reference: payment_of(reference, &operation),
                                operation,
                                state,
                                review,
                                order_amount,
                                currency,
                                is_being_told,
                                hook_problem,
                            },
                        )
                        .collect(),
                })
            }
        }
    };
}

reader!(
    sqlite,
    sqlx::sqlite::SqliteConnection,
    "SELECT count(*) FROM sqlite_schema WHERE name IN ('bookings', 'payments_intents')"
);
reader!(
    postgres,
    sqlx::postgres::PgConnection,
    "SELECT count(*) FROM pg_tables WHERE tablename IN ('bookings', 'payments_intents')"
);

/// Returns the reference of the payment that a confirmation by UTR belongs to. A confirmation moves no money of its own.
fn payment_of(reference: String, operation: &str) -> String {
    match reference.rsplit_once("-utr-") {
        Some((payment, _)) if operation == "confirm" => payment.to_owned(),
        _ => reference,
    }
}

type IntentRow = (String, String, String, Option<String>, Option<i64>, Option<String>, bool, Option<String>);

const INTENTS: &str = "SELECT reference, operation, state, review, order_amount, currency,
    EXISTS (SELECT 1 FROM payments_changes c WHERE c.intent = i.id AND c.delivered_at IS NULL)
        OR EXISTS (SELECT 1 FROM payments_inbox m WHERE m.matched = 1 AND m.applied_at IS NULL
            AND (m.reference = i.reference OR m.object_id = i.provider_id)),
    (SELECT c.problem FROM payments_changes c WHERE c.intent = i.id AND c.delivered_at IS NULL ORDER BY c.id LIMIT 1)
    FROM payments_intents i ORDER BY id";

/// Longer than the shop ever locks its database.
const PATIENCE: Duration = Duration::from_secs(30);
