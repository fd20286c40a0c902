//! Rows of both databases, which have the same columns.

use payments_core::time::OffsetDateTime;
use payments_core::{Currency, Money, PaymentStatus};
use payments_journal::store::{Entry, Head, Lease, Pause, StuckChange};
use payments_journal::{
    Account, Change, ChangeId, Evidence, IntentId, IntentKey, IntentRow, Message, Review, State, StoreError,
};

use crate::values::{from_millis, unreadable};

/// The columns of a row, by their names. A database implements the first methods.
pub(crate) trait Columns {
    fn optional_integer(&self, column: &'static str) -> Result<Option<i64>, StoreError>;

    fn optional_text(&self, column: &'static str) -> Result<Option<&str>, StoreError>;

    fn bytes(&self, column: &'static str) -> Result<Vec<u8>, StoreError>;

    fn integer(&self, column: &'static str) -> Result<i64, StoreError> {
        self.optional_integer(column)?.ok_or_else(|| unreadable(column, "NULL"))
    }

    fn number<T: TryFrom<i64>>(&self, column: &'static str) -> Result<T, StoreError> {
        let number = self.integer(column)?;
        T::try_from(number).map_err(|_| unreadable(column, &number))
    }

    fn flag(&self, column: &'static str) -> Result<bool, StoreError> {
        Ok(self.integer(column)? != 0)
    }

    fn text(&self, column: &'static str) -> Result<&str, StoreError> {
        self.optional_text(column)?.ok_or_else(|| unreadable(column, "NULL"))
    }

    fn string(&self, column: &'static str) -> Result<String, StoreError> {
        self.text(column).map(str::to_owned)
    }

    fn optional_string(&self, column: &'static str) -> Result<Option<String>, StoreError> {
        Ok(self.optional_text(column)?.map(str::to_owned))
    }

    fn time(&self, column: &'static str) -> Result<OffsetDateTime, StoreError> {
        time(column, self.integer(column)?)
    }

    fn optional_time(&self, column: &'static str) -> Result<Option<OffsetDateTime>, StoreError> {
        self.optional_integer(column)?.map(|millis| time(column, millis)).transpose()
    }

    fn json<T: serde::de::DeserializeOwned>(&self, column: &'static str) -> Result<T, StoreError> {
        serde_json::from_str(self.text(column)?).map_err(|error| unreadable(column, &error))
    }

    fn intent(&self, column: &'static str) -> Result<IntentId, StoreError> {
        self.integer(column).map(IntentId::new)
    }

    fn account(&self) -> Result<Account, StoreError> {
        Ok(Account {
            tenant: self.string("tenant")?,
            provider: self.string("provider")?,
            name: self.string("account")?,
        })
    }

    fn key(&self) -> Result<IntentKey, StoreError> {
        Ok(IntentKey {
            account: self.account()?,
            operation: self.string("operation")?,
            reference: self.string("reference")?,
        })
    }

    fn money(&self, amount: &'static str, currency: &'static str) -> Result<Option<Money>, StoreError> {
        let Some(minor) = self.optional_integer(amount)? else { return Ok(None) };
        let code: Currency = self.text(currency)?.parse().map_err(|error| unreadable(currency, &error))?;
        Ok(Some(Money::from_minor(minor, code)))
    }

    fn state(&self, column: &'static str) -> Result<State, StoreError> {
        let name = self.text(column)?;
        State::from_name(name).ok_or_else(|| unreadable(column, name))
    }

    fn status(&self) -> Result<Option<PaymentStatus>, StoreError> {
        let text = self.optional_text("status")?;
        text.map(|text| serde_json::from_str(text).map_err(|error| unreadable("status", &error))).transpose()
    }

    fn review(&self) -> Result<Option<Review>, StoreError> {
        let code = self.optional_text("review")?;
        code.map(|code| Review::from_code(code).ok_or_else(|| unreadable("review", code))).transpose()
    }

    fn lease(&self) -> Result<Option<Lease>, StoreError> {
        let Some(owner) = self.optional_text("lease_owner")? else { return Ok(None) };
        let owner = u128::from_str_radix(owner, 16).map_err(|error| unreadable("lease_owner", &error))?;
        Ok(Some(Lease { owner, until: self.time("lease_until")? }))
    }

    /// The recorded part of an intent.
    fn intent_row(&self) -> Result<IntentRow, StoreError> {
        Ok(IntentRow {
            key: self.key()?,
            amount: self.money("amount", "currency")?,
            version: self.number("version")?,
            key_id: self.string("key_id")?,
            mac: self.bytes("mac")?,
            parameters: self.bytes("parameters")?,
            by_ticket: self.flag("by_ticket")?,
            recorded_at: self.time("recorded_at")?,
            expires_at: self.optional_time("expires_at")?,
            due_at: self.optional_time("due_at")?,
            supersedes: self.optional_integer("supersedes")?.map(IntentId::new),
        })
    }

    /// The part of an intent that changes.
    fn head(&self) -> Result<Head, StoreError> {
        Ok(Head {
            state: self.state("state")?,
            reported: self.state("reported")?,
            status: self.status()?,
            order_amount: self.money("order_amount", "order_currency")?,
            review: self.review()?,
            provider_id: self.optional_string("provider_id")?,
            epoch: self.number("epoch")?,
            lease: self.lease()?,
            due_at: self.optional_time("due_at")?,
            tries: self.number("tries")?,
            problem: self.optional_string("problem")?,
        })
    }

    /// The pause in a row that is joined with the pauses, if there is one.
    fn pause(&self) -> Result<Option<Pause>, StoreError> {
        let Some(since) = self.optional_time("paused_since")? else { return Ok(None) };
        let (account, until) = (self.account()?, self.time("paused_until")?);
        Ok(Some(Pause { account, since, until, problem: self.string("pause_problem")? }))
    }

    /// A change in a row that is joined with its intent.
    fn change(&self) -> Result<StuckChange, StoreError> {
        let change = Change {
            intent: self.intent("intent")?,
            key: self.key()?,
            amount: self.money("amount", "currency")?,
            from: self.state("from_state")?,
            to: self.state("to_state")?,
            status: self.status()?,
            order_amount: self.money("order_amount", "order_currency")?,
            review: self.review()?,
            at: self.time("at")?,
        };
        Ok(StuckChange {
            id: ChangeId::new(self.integer("id")?),
            change,
            failures: self.number("failures")?,
            problem: self.optional_string("problem")?.unwrap_or_default(),
            next_try: self.time("next_try")?,
        })
    }

    /// A message of a provider.
    fn message(&self) -> Result<Message, StoreError> {
        Ok(Message {
            account: self.account()?,
            source: self.string("source")?,
            reference: self.optional_string("reference")?,
            object_id: self.optional_string("object_id")?,
            operations: self.json("operations")?,
            report: self.string("report")?,
            received_at: self.time("received_at")?,
        })
    }
}

pub(crate) fn time(column: &'static str, millis: i64) -> Result<OffsetDateTime, StoreError> {
    from_millis(millis).ok_or_else(|| unreadable(column, &millis))
}

/// Stored evidence.
pub(crate) fn entry(sequence: i64, at: i64, fact: &str, source: String) -> Result<Entry, StoreError> {
    let fact = serde_json::from_str(fact).map_err(|error| unreadable("fact", &error))?;
    let sequence = u64::try_from(sequence).map_err(|_| unreadable("sequence", &sequence))?;
    Ok(Entry { evidence: Evidence { sequence, fact }, source, at: time("at", at)? })
}

/// A change that a newer version has written, or that was changed by hand.
#[derive(Debug)]
pub(crate) struct Unreadable {
    pub(crate) id: ChangeId,
    pub(crate) intent: IntentId,
    pub(crate) failures: u32,
    pub(crate) what: &'static str,
    pub(crate) problem: String,
}

/// The change that is due in this row, or why it cannot be read.
pub(crate) fn due_change(row: &impl Columns) -> Result<Result<StuckChange, Unreadable>, StoreError> {
    match row.change() {
        Ok(due) => Ok(Ok(due)),
        Err(StoreError::Unreadable { what, problem }) => {
            let (id, intent, failures) = (row.integer("id")?, row.intent("intent")?, row.number("failures")?);
            Ok(Err(Unreadable { id: ChangeId::new(id), intent, failures, what, problem }))
        }
        Err(error) => Err(error),
    }
}
