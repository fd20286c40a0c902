use std::fmt;
use std::ops::Range;

use payments_core::time::{Duration, OffsetDateTime};
use payments_core::transport::async_trait;
use payments_core::{Money, Pager, PaymentStatus};
use turratech::{Client, ListParams, Payment, Refund, UnreadableItem, UnreadableMembers};

use crate::journal::settlement::{Coverage, Item, Line, Movement, Statement, StatementError, UnreadableLine};

/// TurraTech's lists of payments and refunds, as a statement for [`Journal::reconcile`](crate::journal::Journal::reconcile).
///
/// ```no_run
/// # #[cfg(feature = "turratech")]
/// # async fn example<S: payments::journal::settlement::SettlementStore>(
/// #     journal: payments::journal::Journal<S>,
/// #     client: turratech::Client,
/// #     (from, to): (payments::payments_core::time::OffsetDateTime, payments::payments_core::time::OffsetDateTime),
/// # ) -> Result<(), payments::journal::JournalError> {
/// use payments::journaled;
///
/// let mut run = journal.reconcile("turratech", journaled::turratech_lists(&client, from..to));
/// while let Some(finding) = run.try_next().await? {
///     println!("{finding}: {}", finding.advice());
/// }
/// println!("{}", run.progress());
/// # Ok(())
/// # }
/// ```
///
/// | of TurraTech | in the statement |
/// |---|---|
/// | metadata `order_id` | the reference |
/// | `amount_received` of a succeeded payment, else `amount` | the amount |
/// | a refund's status | unknown: the document names none. A refund counts as money that moved. |
/// | an object that cannot be read, also one of the other mode | a finding of the kind `unreadable` |
///
/// TurraTech lists newest objects first (inferred), and documents no filter by time. So each list is read from its beginning, up to a page
/// whose objects were all created more than an hour before the period. If the objects turn out to be in another order, or have no time, the
/// whole list is read.
pub fn turratech_lists(client: &Client, period: Range<OffsetDateTime>) -> TurraTechLists {
    let coverage = Coverage::new([Movement::Payment, Movement::Refund], period).current().lists_everything();
    TurraTechLists {
        payments: Some(List::new(client.list_payments(ListParams::new().limit(PAGE)))),
        refunds: Some(List::new(client.list_refunds(ListParams::new().limit(PAGE)))),
        coverage,
    }
}

/// The statement of [`turratech_lists`].
pub struct TurraTechLists {
    coverage: Coverage,
    /// `None` once it is read.
    payments: Option<List<Payment>>,
    refunds: Option<List<Refund>>,
}

impl TurraTechLists {
    /// Changes what the lists cover, such as the margins.
    #[must_use]
    pub fn coverage(self, change: impl FnOnce(Coverage) -> Coverage) -> Self {
        Self { coverage: change(self.coverage), ..self }
    }
}

impl fmt::Debug for TurraTechLists {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TurraTechLists").field("coverage", &self.coverage).finish_non_exhaustive()
    }
}

#[async_trait]
impl Statement for TurraTechLists {
    fn name(&self) -> &'static str {
        "turratech lists"
    }

    fn coverage(&self) -> &Coverage {
        &self.coverage
    }

    async fn next_page(&mut self) -> Result<Option<Vec<Item>>, StatementError> {
        let from = self.coverage.period().start;
        if let Some(list) = &mut self.payments {
            if let Some(page) = list.next_page(from, |payment| payment.created).await? {
                return Ok(Some(items(page, Movement::Payment, payment_item)));
            }
            self.payments = None;
        }
        if let Some(list) = &mut self.refunds {
            if let Some(page) = list.next_page(from, Refund::created).await? {
                return Ok(Some(items(page, Movement::Refund, refund_item)));
            }
            self.refunds = None;
        }
        Ok(None)
    }
}

/// A list that is read until its objects are too old.
struct List<T> {
    pager: Pager<Result<T, UnreadableItem>>,
    /// The time of the oldest object so far.
    oldest: Option<OffsetDateTime>,
    /// False once an object was found behind an older one.
    is_in_order: bool,
    is_old: bool,
}

impl<T: fmt::Debug + Send> List<T> {
    fn new(pager: Pager<Result<T, UnreadableItem>>) -> Self {
        Self { pager, oldest: None, is_in_order: true, is_old: false }
    }

    async fn next_page(
        &mut self,
        from: OffsetDateTime,
        created: impl Fn(&T) -> Option<OffsetDateTime>,
    ) -> Result<Option<Vec<Result<T, UnreadableItem>>>, StatementError> {
        if self.is_old && self.is_in_order {
            return Ok(None);
        }
        let Some(page) = self.pager.try_next_page().await? else { return Ok(None) };
        let times: Vec<Option<OffsetDateTime>> =
            page.iter().map(|item| item.as_ref().ok().and_then(&created)).collect();
        for time in times.iter().copied().flatten() {
            self.is_in_order &= self.oldest.is_none_or(|oldest| time <= oldest.saturating_add(SLACK));
            self.oldest = Some(self.oldest.map_or(time, |oldest| oldest.min(time)));
        }
        self.is_old = times.iter().all(|time| time.is_some_and(|time| time < from.saturating_sub(SLACK)));
        Ok(Some(page))
    }
}

/// How much the order of a list may differ from the order of its times.
const SLACK: Duration = Duration::hours(1);

/// The largest page (documented).
const PAGE: u32 = 100;

fn items<T>(page: Vec<Result<T, UnreadableItem>>, movement: Movement, item: fn(&T) -> Item) -> Vec<Item> {
    let items = page.into_iter().map(|object| match object {
        Ok(object) => item(&object),
        Err(unreadable) => unreadable_item(movement, unreadable.id, unreadable.error.to_string()),
    });
    items.collect()
}

fn unreadable_item(movement: Movement, id: Option<String>, problem: String) -> Item {
    UnreadableLine { movement, id, reference: None, problem }.into()
}

fn payment_item(payment: &Payment) -> Item {
    let id = payment.id.as_str();
    let amount = match payment.is_paid().then(|| payment.amount_received()) {
        Some(Ok(Some(received))) => Ok(received),
        Some(Err(unreadable)) => Err(unreadable),
        Some(Ok(None)) | None => payment.amount(),
    };
    let is_readable = can_read_reference(payment.unreadable_members());
    match amount {
        _ if !is_readable => unreadable_item(Movement::Payment, Some(id.to_owned()), NO_REFERENCE.to_owned()),
        Err(_) if payment.is_paid() => unreadable_item(Movement::Payment, Some(id.to_owned()), NO_AMOUNT.to_owned()),
        amount => Line {
            is_final: payment.status.is_final(),
            ..line(
                Line::payment(payment.status.common()),
                id,
                payment.metadata.get(ORDER_ID),
                payment.created,
                amount.ok(),
            )
        }
        .into(),
    }
}

fn refund_item(refund: &Refund) -> Item {
    let id = refund.id.as_str();
    let status = PaymentStatus::Unknown(refund.status.clone().unwrap_or_else(|| "not reported".to_owned()));
    let is_readable = can_read_reference(refund.unreadable_members());
    match refund.amount() {
        _ if !is_readable => unreadable_item(Movement::Refund, Some(id.to_owned()), NO_REFERENCE.to_owned()),
        Err(unreadable) if unreadable.raw().is_some() => {
            unreadable_item(Movement::Refund, Some(id.to_owned()), NO_AMOUNT.to_owned())
        }
        amount => line(Line::refund(status), id, refund.metadata.get(ORDER_ID), refund.created(), amount.ok()).into(),
    }
}

fn line(line: Line, id: &str, reference: Option<&String>, time: Option<OffsetDateTime>, amount: Option<Money>) -> Line {
    Line { reference: reference.cloned(), amount, time, ..line.id(id) }
}

fn can_read_reference(unreadable: &UnreadableMembers) -> bool {
    !unreadable.concerns("metadata.order_id") && !unreadable.iter().any(|member| member.path == "metadata")
}

const NO_REFERENCE: &str = "`metadata.order_id` cannot be read";

const NO_AMOUNT: &str = "the amount or the currency cannot be read";

/// The metadata name of the merchant's reference, as the gateway sends it.
const ORDER_ID: &str = "order_id";
