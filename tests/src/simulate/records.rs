//! The merchant's own records: orders, the attempts to pay each order, and the recorded state of each attempt.

use std::collections::HashMap;

use turbopay::{Currency, Money, OrderStatus};
use turratech::payments_core::time::OffsetDateTime;

/// The provider's operation that pays an order, or pays it out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Flow {
    /// A TurraTech payment, captured at once or manually.
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

/// The state of an attempt, as the merchant has recorded it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum AttemptState {
    /// Stored, not sent.
    Planned,
    /// May have been executed.
    Unknown,
    /// Not executed, and no request is in flight.
    NotExecuted,
    /// Accepted by the provider, not final.
    Open,
    /// This amount was charged, authorized or paid out.
    Paid(Money),
    /// Final, without a payment.
    Failed,
}

/// An idempotency key, stored before the first request under it.
#[derive(Debug, Clone)]
pub(super) struct StoredKey {
    pub(super) value: String,
    /// By the merchant's own clock.
    pub(super) created_at: OffsetDateTime,
}

/// One attempt to pay an order.
#[derive(Debug)]
pub(super) struct Attempt {
    pub(super) order: usize,
    pub(super) reference: String,
    pub(super) flow: Flow,
    /// The requested amount.
    pub(super) amount: Money,
    /// The amount to pay, if the provider's response named one.
    pub(super) provider_amount: Option<Money>,
    pub(super) state: AttemptState,
    /// Stored before sending, so that it survives a crash.
    pub(super) sent: bool,
    pub(super) key: Option<StoredKey>,
    /// The provider's id.
    pub(super) id: Option<String>,
    /// True if the customer has a page to pay on.
    pub(super) has_page: bool,
    /// True if the amount is authorized and not yet captured.
    pub(super) is_authorized: bool,
    /// True if a message must be confirmed by a lookup.
    pub(super) needs_lookup: bool,
    /// TurboPay's status.
    pub(super) order_status: Option<OrderStatus>,
    /// The form that the customer's browser posted after 3-D Secure.
    pub(super) returned_form: Option<Vec<u8>>,
    pub(super) follow_up: Option<FollowUp>,
}

/// An operation on an existing payment.
#[derive(Debug, Clone)]
pub(super) struct FollowUp {
    pub(super) kind: FollowUpKind,
    pub(super) reference: String,
    pub(super) amount: Money,
    pub(super) key: StoredKey,
    pub(super) sent: bool,
    pub(super) state: AttemptState,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FollowUpKind {
    Capture,
    Cancel,
    Refund,
    Complete,
    Confirm,
}

/// All attempts, indexed by reference.
#[derive(Debug, Default)]
pub(super) struct Records {
    pub(super) attempts: Vec<Attempt>,
    /// The number of attempts per order.
    orders: Vec<usize>,
    by_reference: HashMap<String, usize>,
}

impl Records {
    /// Adds an order with its first attempt, and returns the attempt's index.
    pub(super) fn new_order(&mut self, flow: Flow, minor: i64, key_created_at: OffsetDateTime) -> usize {
        self.orders.push(0);
        self.new_attempt(self.orders.len() - 1, flow, Money::from_minor(minor, currency(flow)), key_created_at)
    }

    /// Adds an attempt with its own reference and key to an order.
    pub(super) fn new_attempt(
        &mut self,
        order: usize,
        flow: Flow,
        amount: Money,
        key_created_at: OffsetDateTime,
    ) -> usize {
        self.orders[order] += 1;
        let reference = format!("o{order}-{}", self.orders[order]);
        self.insert(order, reference, flow, amount, key_created_at)
    }

    /// Adds a link created in the dashboard. Its reference is tur.bo's id.
    pub(super) fn new_link(&mut self, id: String, cents: i64, now: OffsetDateTime) -> usize {
        self.orders.push(1);
        let amount = Money::from_minor(cents, Currency::USD);
        let link = self.insert(self.orders.len() - 1, id, Flow::Link, amount, now);
        self.attempts[link].state = AttemptState::Open;
        self.attempts[link].has_page = true;
        link
    }

    fn insert(
        &mut self,
        order: usize,
        reference: String,
        flow: Flow,
        amount: Money,
        created_at: OffsetDateTime,
    ) -> usize {
        let index = self.attempts.len();
        self.by_reference.insert(reference.clone(), index);
        let key =
            matches!(flow, Flow::Charge { .. }).then(|| StoredKey { value: format!("key-{reference}"), created_at });
        self.attempts.push(Attempt {
            order,
            reference,
            flow,
            amount,
            provider_amount: None,
            state: AttemptState::Planned,
            sent: false,
            key,
            id: None,
            has_page: false,
            is_authorized: false,
            needs_lookup: false,
            order_status: None,
            returned_form: None,
            follow_up: None,
        });
        index
    }

    pub(super) fn orders(&self) -> usize {
        self.orders.len()
    }

    pub(super) fn find(&self, reference: &str) -> Option<usize> {
        self.by_reference.get(reference).copied()
    }

    /// The number of attempts of an order.
    pub(super) fn attempts_of(&self, order: usize) -> usize {
        self.orders[order]
    }
}

fn currency(flow: Flow) -> Currency {
    match flow {
        Flow::Charge { .. } | Flow::Card => Currency::EUR,
        Flow::Hold | Flow::ThreeDs | Flow::Checkout => Currency::TRY,
        Flow::Upi | Flow::Deposit | Flow::HostToHost | Flow::Withdrawal => Currency::INR,
        Flow::Link => Currency::USD,
    }
}
