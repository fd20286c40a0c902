//! The verdict: the stage's books, and a count of its own from nothing but the ledger and the shop's pages.

use std::collections::BTreeMap;

use payments_sandbox::{Entry, EntryKind};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions as _, Connection as _};

use super::{Walk, lock};
use crate::Failed;
use crate::books::{Row, Verdict};

/// What moved under one reference, by the ledger alone.
#[derive(Debug, Default)]
struct Moved {
    /// How often money arrived.
    received: u32,
    /// How often money was paid.
    paid: u32,
    /// How often money that had arrived was returned, or came back.
    returned: u32,
    sum: i64,
}

/// What the shop's own tables say.
struct Shop {
    booked: BTreeMap<String, i64>,
    shipped: BTreeMap<String, bool>,
    states: BTreeMap<String, String>,
    /// The payments whose customers were told that they have cancelled them.
    cancelled: Vec<String>,
}

impl Walk {
    /// Returns everything that is wrong. Nothing may be in review, and nothing may move any more.
    pub(super) async fn judge(&self) -> Result<Vec<String>, Failed> {
        let shop = self.read_shop().await?;
        let moved = self.moved();
        let mut wrong = Vec::new();
        let twice = self.orders(&shop, &moved, &mut wrong).await;

        for (reference, moved) in &moved {
            let booked = shop.booked.get(reference).copied().unwrap_or_default();
            if booked != moved.sum {
                wrong.push(format!("{reference}: {} moved, and {booked} is booked", moved.sum));
            }
            if reference.starts_with("PO-") {
                self.count(|tally| tally.payouts += 1);
                if !self.office.has_sent(reference) {
                    wrong.push(format!("{reference}: paid out, and no form has this reference"));
                }
                if moved.paid > 1 {
                    wrong.push(format!("{reference}: paid out {} times", moved.paid));
                }
            }
        }
        for (reference, booked) in &shop.booked {
            if *booked != 0 && !moved.contains_key(reference) {
                wrong.push(format!("{reference}: {booked} is booked, and nothing moved"));
            }
        }

        let late = lock(&self.paid_after_failure).clone();
        for reference in shop.cancelled.iter().filter(|reference| !late.contains(reference)) {
            if moved.get(reference).is_some_and(|moved| moved.received > 0) {
                wrong.push(format!("{reference}: charged after its customer had cancelled it"));
            }
        }

        let books = self.stage.books().await?;
        let excused = |row: &&Row| !row.order.as_ref().is_some_and(|order| twice.contains(order));
        for row in books.rows().iter().filter(excused) {
            let is_right = match row.verdict {
                Verdict::Equal => true,
                // A customer may still pay it.
                Verdict::Open => row.ledger == row.booked,
                Verdict::OnTheWay | Verdict::InReview(_) | Verdict::Wrong(_) => false,
            };
            if !is_right {
                wrong.push(format!("books: {row}"));
            }
        }
        for double in self.stage.sandbox().ledger().doubles().into_iter().filter(|double| double.is_payment) {
            wrong.push(format!("ledger: {double}"));
        }
        Ok(wrong)
    }

    /// Checks each order, and returns those that were paid twice after a documented change of a failed payment.
    async fn orders(&self, shop: &Shop, moved: &BTreeMap<String, Moved>, wrong: &mut Vec<String>) -> Vec<String> {
        let mut known_twice = Vec::new();
        for customer in &self.customers {
            for order in customer.orders() {
                let payments: Vec<(&String, &Moved)> =
                    moved.iter().filter(|(reference, _)| is_payment_of(reference, &order)).collect();
                let refunds: Vec<&Moved> = moved
                    .iter()
                    .filter(|(reference, _)| is_refund_of(reference, &order))
                    .map(|(_, moved)| moved)
                    .collect();
                let received: u32 = payments.iter().map(|(_, moved)| moved.received).sum();
                let returned: u32 = payments.iter().map(|(_, moved)| moved.returned).sum();
                let refunded: u32 = refunds.iter().map(|moved| moved.paid).sum();
                let is_shipped = shop.shipped.get(&order).copied();
                let state = customer.state_of(self, &order).await;
                let state = state.as_str();
                self.count(|tally| {
                    tally.paid += u64::from(received > 0);
                    tally.refunded += u64::from(refunded > 0);
                    tally.charged_back += u64::from(returned > 0);
                });

                let late = lock(&self.paid_after_failure).clone();
                let in_time =
                    payments.iter().filter(|(reference, moved)| moved.received > 0 && !late.contains(reference));
                if received > 1 {
                    if in_time.count() <= 1 && payments.iter().all(|(_, moved)| moved.received <= 1) {
                        known_twice.push(order.clone());
                        let kept = payments.iter().filter(|(_, moved)| moved.received > moved.returned).count();
                        let kept = kept - refunds.len().min(kept);
                        self.count(|tally| tally.paid_twice_known += u64::from(kept > 1));
                        if kept > 1 && state != "paid twice" {
                            wrong.push(format!("{order}: paid twice, and its page says `{state}`"));
                        }
                    } else {
                        wrong.push(format!("{order}: paid {received} times"));
                    }
                    continue;
                }
                if refunds.len() > 1 || refunded > 1 {
                    wrong.push(format!("{order}: refunded {refunded} times"));
                }
                match (received, is_shipped) {
                    (0, Some(true)) => wrong.push(format!("{order}: shipped, and not paid")),
                    // What was charged back before the shop saw the payment is not shipped.
                    (1, Some(false) | None) if returned == 0 => wrong.push(format!("{order}: paid, and not shipped")),
                    _ => {}
                }
                // An order whose form was not received does not exist.
                if is_shipped.is_none() {
                    continue;
                }
                let expected: &[&str] = match (received, returned, refunded) {
                    (0, ..) => &["open", "paying"],
                    (_, 0, 0) => &["paid"],
                    (_, _, 0) => &["reversed"],
                    (_, 0, _) => &["refunded"],
                    _ => &["reversed", "refunded"],
                };
                if !expected.contains(&state) {
                    let states = shop.states.iter().filter(|(reference, _)| is_payment_of(reference, &order));
                    let states: Vec<String> = states.map(|(reference, state)| format!("{reference} {state}")).collect();
                    let (expected, states) = (expected.join("` or `"), states.join(", "));
                    wrong.push(format!("{order}: its page says `{state}` and not `{expected}` ({states})"));
                }
            }
        }
        known_twice
    }

    /// Adds up the ledger, without the tables of the books.
    fn moved(&self) -> BTreeMap<String, Moved> {
        let mut all: BTreeMap<String, Moved> = BTreeMap::new();
        for entry in self.stage.sandbox().ledger().entries().iter().filter(|entry| entry.moves_money) {
            if !entry.reference.starts_with("ORD-") && !entry.reference.starts_with("PO-") {
                continue;
            }
            let moved = all.entry(entry.reference.clone()).or_default();
            moved.add(entry);
        }
        all
    }

    async fn read_shop(&self) -> Result<Shop, Failed> {
        let file = self.stage.folder().join("shop.db");
        let mut connection = SqliteConnectOptions::new().filename(file).read_only(true).connect().await?;
        let booked: Vec<(String, i64)> =
            sqlx::query_as("SELECT reference, sum(amount) FROM bookings GROUP BY reference")
                .fetch_all(&mut connection)
                .await?;
        let shipped: Vec<(String, bool)> =
            sqlx::query_as("SELECT id, shipped_at IS NOT NULL FROM orders").fetch_all(&mut connection).await?;
        let states: Vec<(String, String)> =
            sqlx::query_as("SELECT reference, state FROM payments").fetch_all(&mut connection).await?;
        let cancelled: Vec<(String,)> =
            sqlx::query_as("SELECT reference FROM payments WHERE problem = 'You cancelled it.'")
                .fetch_all(&mut connection)
                .await?;
        connection.close().await?;
        Ok(Shop {
            cancelled: cancelled.into_iter().map(|(reference,)| reference).collect(),
            booked: booked.into_iter().collect(),
            shipped: shipped.into_iter().collect(),
            states: states.into_iter().collect(),
        })
    }
}

impl Moved {
    fn add(&mut self, entry: &Entry) {
        let is_payout = entry.reference.starts_with("PO-");
        let is_refund = is_refund(&entry.reference);
        let received = match entry.kind {
            EntryKind::Executed | EntryKind::Credited | EntryKind::Charged => !is_payout && !is_refund,
            EntryKind::Returned => is_payout,
            _ => false,
        };
        self.sum += if received { entry.amount } else { -entry.amount };
        match entry.kind {
            EntryKind::Returned | EntryKind::ChargedBack => self.returned += 1,
            _ if received => self.received += 1,
            _ => self.paid += 1,
        }
    }
}

fn is_payment_of(reference: &str, order: &str) -> bool {
    let number = reference.strip_prefix(order).and_then(|rest| rest.strip_prefix('-'));
    number.is_some_and(|number| number.bytes().all(|byte| byte.is_ascii_digit()))
}

fn is_refund_of(reference: &str, order: &str) -> bool {
    is_refund(reference) && reference.starts_with(order)
}

/// A refund's reference is that of its payment and a number: `ORD-0123456789abcdef-1-r1`.
fn is_refund(reference: &str) -> bool {
    reference.rsplit_once("-r").is_some_and(|(_, number)| number.parse::<u32>().is_ok())
}
