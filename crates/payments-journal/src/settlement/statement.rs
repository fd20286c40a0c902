use std::fmt;

use async_trait::async_trait;

use super::coverage::Coverage;
use super::line::Item;

/// The error of a statement: any error.
pub type StatementError = Box<dyn std::error::Error + Send + Sync>;

/// A source of lines: a provider's lists, or a bank's file.
///
/// [`Lines`] is a statement from an iterator. Implement the trait for a source that is read asynchronously.
#[async_trait]
pub trait Statement: Send {
    /// The name of the source, such as `hdfc`. The findings of one source are independent of those of another.
    fn name(&self) -> &str;

    /// What the statement covers.
    fn coverage(&self) -> &Coverage;

    /// Returns the next items, in any order, or `None` at the end. Only these are held in memory.
    ///
    /// # Errors
    ///
    /// After an error, the run ends without a finding.
    async fn next_page(&mut self) -> Result<Option<Vec<Item>>, StatementError>;
}

/// A statement from an iterator of lines.
///
/// ```
/// use std::ops::Range;
///
/// use payments_core::time::OffsetDateTime;
/// use payments_core::{Currency, Money, PaymentStatus};
/// use payments_journal::settlement::{Coverage, Line, Lines, Movement, StatementError};
///
/// fn bank(rows: &[(&str, &str)], period: Range<OffsetDateTime>) -> Lines {
///     let lines: Vec<Result<Line, StatementError>> = rows
///         .iter()
///         .map(|(reference, rupees)| {
///             let amount = Money::parse(rupees, Currency::INR)?;
///             Ok(Line::payout(PaymentStatus::Succeeded).reference(*reference).amount(amount))
///         })
///         .collect();
///     Lines::new("bank", Coverage::new([Movement::Payout], period), lines)
/// }
/// ```
pub struct Lines {
    name: String,
    coverage: Coverage,
    items: Box<dyn Iterator<Item = Result<Item, StatementError>> + Send>,
}

impl Lines {
    /// Creates a statement with a name and what it covers. An error of the iterator ends the run without a finding.
    pub fn new<I, T, E>(name: impl Into<String>, coverage: Coverage, lines: I) -> Self
    where
        I: IntoIterator<Item = Result<T, E>, IntoIter: Send + 'static>,
        T: Into<Item>,
        E: Into<StatementError>,
    {
        let items = lines.into_iter().map(|line| line.map(Into::into).map_err(Into::into));
        Self { name: name.into(), coverage, items: Box::new(items) }
    }
}

impl fmt::Debug for Lines {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lines").field("name", &self.name).field("coverage", &self.coverage).finish_non_exhaustive()
    }
}

#[async_trait]
impl Statement for Lines {
    fn name(&self) -> &str {
        &self.name
    }

    fn coverage(&self) -> &Coverage {
        &self.coverage
    }

    async fn next_page(&mut self) -> Result<Option<Vec<Item>>, StatementError> {
        let page = self.items.by_ref().take(PAGE).collect::<Result<Vec<Item>, _>>()?;
        Ok((!page.is_empty()).then_some(page))
    }
}

const PAGE: usize = 1_000;
