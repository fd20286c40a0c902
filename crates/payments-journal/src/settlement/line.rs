use std::fmt;

use payments_core::gateway::WriteOperation;
use payments_core::time::OffsetDateTime;
use payments_core::{Money, PaymentStatus};

/// Which way the money of a line goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(clippy::exhaustive_enums, reason = "closed on purpose: a merchant gets money, returns it, or pays it out")]
pub enum Movement {
    /// A payment by a customer.
    Payment,
    /// A refund of a payment.
    Refund,
    /// A payout to a beneficiary.
    Payout,
}

impl Movement {
    /// All movements.
    pub const ALL: &[Self] = &[Self::Payment, Self::Refund, Self::Payout];

    /// The movement's stored name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Payment => "payment",
            Self::Refund => "refund",
            Self::Payout => "payout",
        }
    }

    /// Returns the movement with this stored name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|movement| movement.as_str() == name)
    }

    /// The movement that an operation is about.
    pub(crate) fn of(operation: WriteOperation) -> Self {
        match operation {
            WriteOperation::Refund => Self::Refund,
            WriteOperation::PayOut => Self::Payout,
            _ => Self::Payment,
        }
    }
}

impl fmt::Display for Movement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A line of a statement: a payment, a refund or a payout, as the provider or the bank reports it.
///
/// ```
/// use payments_core::{Currency, Money, PaymentStatus};
/// use payments_journal::settlement::Line;
///
/// # fn line() -> Result<Line, payments_core::MoneyError> {
/// let line = Line::payout(PaymentStatus::Succeeded)
///     .reference("W-7421")
///     .amount(Money::parse("500", Currency::INR)?);
/// # Ok(line)
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "adapters of providers build it")]
pub struct Line {
    /// Which way the money goes.
    pub movement: Movement,
    /// The provider's id of the order. Two lines with the same id and time are one line: the last one counts.
    pub id: Option<String>,
    /// The merchant's reference.
    pub reference: Option<String>,
    /// The amount; `None` if the source does not have it, so that it is not compared.
    pub amount: Option<Money>,
    /// The status, in the vocabulary that all providers share.
    pub status: PaymentStatus,
    /// True if the status normally does not change any more.
    pub is_final: bool,
    /// When the order was created or booked, by the source's clock.
    pub time: Option<OffsetDateTime>,
}

impl Line {
    /// A line with this status, and nothing else. Whether the status is final follows from the status.
    #[must_use]
    pub fn new(movement: Movement, status: PaymentStatus) -> Self {
        let is_final = !matches!(
            status,
            PaymentStatus::AwaitingCustomer
                | PaymentStatus::Processing
                | PaymentStatus::Authorized
                | PaymentStatus::Unknown(_)
        );
        Self { movement, id: None, reference: None, amount: None, status, is_final, time: None }
    }

    /// A payment by a customer.
    #[must_use]
    pub fn payment(status: PaymentStatus) -> Self {
        Self::new(Movement::Payment, status)
    }

    /// A refund of a payment.
    #[must_use]
    pub fn refund(status: PaymentStatus) -> Self {
        Self::new(Movement::Refund, status)
    }

    /// A payout to a beneficiary.
    #[must_use]
    pub fn payout(status: PaymentStatus) -> Self {
        Self::new(Movement::Payout, status)
    }

    /// Sets the provider's id of the order.
    #[must_use]
    pub fn id(self, id: impl Into<String>) -> Self {
        Self { id: Some(id.into()), ..self }
    }

    /// Sets the merchant's reference.
    #[must_use]
    pub fn reference(self, reference: impl Into<String>) -> Self {
        Self { reference: Some(reference.into()), ..self }
    }

    /// Sets the amount.
    #[must_use]
    pub fn amount(self, amount: Money) -> Self {
        Self { amount: Some(amount), ..self }
    }

    /// Sets when the order was created or booked.
    #[must_use]
    pub fn time(self, time: OffsetDateTime) -> Self {
        Self { time: Some(time), ..self }
    }

    /// Says that the status can still change, such as an expired payment that can still be paid.
    #[must_use]
    pub fn not_final(self) -> Self {
        Self { is_final: false, ..self }
    }

    /// True if the line shows that money moved, and was not returned. An unknown status may mean that.
    #[must_use]
    pub fn moves_money(&self) -> bool {
        match self.status {
            PaymentStatus::Succeeded | PaymentStatus::Unknown(_) => true,
            // A refund that is done. A refunded payment, or a payout that was returned, leaves nothing.
            PaymentStatus::Refunded => self.movement == Movement::Refund,
            _ => false,
        }
    }
}

/// A line that the source has, and that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "adapters of providers build it")]
pub struct UnreadableLine {
    /// Which way the money goes.
    pub movement: Movement,
    /// The provider's id of the order, if it can be read.
    pub id: Option<String>,
    /// The merchant's reference, if it can be read.
    pub reference: Option<String>,
    /// The problem in words, without private values.
    pub problem: String,
}

/// What a statement contains.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "closed on purpose: a line can be read or not")]
pub enum Item {
    /// A line.
    Line(Line),
    /// A line that cannot be read. It becomes a finding, and no intent that it may be about is missing.
    Unreadable(UnreadableLine),
}

impl From<Line> for Item {
    fn from(line: Line) -> Self {
        Self::Line(line)
    }
}

impl From<UnreadableLine> for Item {
    fn from(line: UnreadableLine) -> Self {
        Self::Unreadable(line)
    }
}
