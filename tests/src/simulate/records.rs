//! The merchant's own books: what was ordered, what was tried for it, and what is believed of each try.

use std::collections::HashMap;

use turbopay::{Currency, Money, OrderStatus};
use turratech::payments_core::time::OffsetDateTime;

/// How an order is paid, or paid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// At TurraTech, at once or by a capture.
    Charge {
        manual: bool,
    },
    Upi,
    Link,
    Card,
    Hold,
    ThreeDs,
    Checkout,
    Deposit,
    HostToHost,
    Withdrawal,
}

/// What is believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// Stored, and not sent.
    Planned,
    /// It may have been done.
    Unknown,
    /// It was not done, and nothing of it is on its way.
    NotDone,
    /// The provider has it, and nothing is decided.
    Open,
    /// So much was taken, held or paid out.
    Paid(Money),
    /// It is over, and no money stays moved.
    Failed,
}

/// A key, as it is stored before anything is sent under it.
#[derive(Debug, Clone)]
pub(super) struct StoredKey {
    pub(super) value: String,
    /// By the merchant's own clock.
    pub(super) made: OffsetDateTime,
}

/// One try to have an order paid.
#[derive(Debug)]
pub(super) struct Try {
    pub(super) order: usize,
    pub(super) reference: String,
    pub(super) way: Way,
    pub(super) asked: Money,
    /// What the provider said that it would be, where it did.
    pub(super) announced: Option<Money>,
    pub(super) standing: Standing,
    /// Put down before it is sent: a process that dies meanwhile must know.
    pub(super) sent: bool,
    pub(super) key: Option<StoredKey>,
    /// The provider's own id of it.
    pub(super) id: Option<String>,
    /// The customer has a page to pay on.
    pub(super) page: bool,
    /// What was taken is only held yet.
    pub(super) held: bool,
    /// Something was said of it that is to be looked up.
    pub(super) doubt: bool,
    pub(super) status: Option<OrderStatus>,
    /// What a customer's browser came back with.
    pub(super) back: Option<Vec<u8>>,
    pub(super) errand: Option<Errand>,
}

/// What is done to a payment afterwards.
#[derive(Debug, Clone)]
pub(super) struct Errand {
    pub(super) what: What,
    pub(super) reference: String,
    pub(super) amount: Money,
    pub(super) key: StoredKey,
    pub(super) sent: bool,
    pub(super) standing: Standing,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum What {
    Capture,
    Cancel,
    Refund,
    Complete,
    Confirm,
}

/// Every try, and where it is found.
#[derive(Debug, Default)]
pub(super) struct Books {
    pub(super) tries: Vec<Try>,
    /// How many tries each order has had.
    orders: Vec<usize>,
    by_reference: HashMap<String, usize>,
}

impl Books {
    /// The tries of a new order begin with this one.
    pub(super) fn order(&mut self, way: Way, minor: i64, key_made: OffsetDateTime) -> usize {
        self.orders.push(0);
        self.again(self.orders.len() - 1, way, Money::from_minor(minor, currency(way)), key_made)
    }

    /// One more try for an order, with a reference and a key of its own.
    pub(super) fn again(&mut self, order: usize, way: Way, asked: Money, key_made: OffsetDateTime) -> usize {
        self.orders[order] += 1;
        let reference = format!("o{order}-{}", self.orders[order]);
        self.enter(order, reference, way, asked, key_made)
    }

    /// A link that was made in the dashboard, under tur.bo's own name for it.
    pub(super) fn link(&mut self, id: String, cents: i64, now: OffsetDateTime) -> usize {
        self.orders.push(1);
        let asked = Money::from_minor(cents, Currency::USD);
        let link = self.enter(self.orders.len() - 1, id, Way::Link, asked, now);
        self.tries[link].standing = Standing::Open;
        self.tries[link].page = true;
        link
    }

    fn enter(&mut self, order: usize, reference: String, way: Way, asked: Money, made: OffsetDateTime) -> usize {
        let index = self.tries.len();
        self.by_reference.insert(reference.clone(), index);
        let key = matches!(way, Way::Charge { .. }).then(|| StoredKey { value: format!("key-{reference}"), made });
        self.tries.push(Try {
            order,
            reference,
            way,
            asked,
            announced: None,
            standing: Standing::Planned,
            sent: false,
            key,
            id: None,
            page: false,
            held: false,
            doubt: false,
            status: None,
            back: None,
            errand: None,
        });
        index
    }

    pub(super) fn orders(&self) -> usize {
        self.orders.len()
    }

    pub(super) fn find(&self, reference: &str) -> Option<usize> {
        self.by_reference.get(reference).copied()
    }

    /// How many tries an order has had.
    pub(super) fn tries_of(&self, order: usize) -> usize {
        self.orders[order]
    }
}

fn currency(way: Way) -> Currency {
    match way {
        Way::Charge { .. } | Way::Card => Currency::EUR,
        Way::Hold | Way::ThreeDs | Way::Checkout => Currency::TRY,
        Way::Upi | Way::Deposit | Way::HostToHost | Way::Withdrawal => Currency::INR,
        Way::Link => Currency::USD,
    }
}
