use payments_core::json::{self, DecodeError, Facts, ProviderMessage, Read, UnreadableMembers};
use payments_core::provider::Operation;
use payments_core::request::{Path, RequestBuilder};
use payments_core::stored::{Stored, StoredAs};
use payments_core::{AmountUnreadable, Call, Currency, Money, ReportedAmount, ReportedCurrency};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::client::Client;

/// The balance of a merchant's account in one currency.
///
/// The amounts are exact decimals, because TurboPay sends four decimals (recorded), more than a currency has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Balance {
    stored: StoredAs<Self>,
    /// The merchant's account.
    pub account_id: String,
    /// The currency of both amounts.
    pub currency: Currency,
    available: ReportedAmount,
    total: ReportedAmount,
    unreadable: UnreadableMembers,
}

impl Stored for Balance {
    const TAG: &'static str = "turbopay.balance/1";
}

impl Balance {
    /// Returns the amount that can be paid out. A negative balance is a debt (inferred: only the number is recorded).
    ///
    /// # Errors
    ///
    /// Returns an error if the amount is not a plain number.
    pub fn available(&self) -> Result<Decimal, AmountUnreadable> {
        self.available.decimal()
    }

    /// Returns the total amount.
    ///
    /// # Errors
    ///
    /// Returns an error if the amount is missing or is not a plain number.
    pub fn total(&self) -> Result<Decimal, AmountUnreadable> {
        self.total.decimal()
    }

    /// Returns the amount that can be paid out.
    ///
    /// # Errors
    ///
    /// Returns an error if the amount is unreadable or has a fraction of the currency's smallest unit. Nothing is
    /// rounded.
    pub fn available_money(&self) -> Result<Money, AmountUnreadable> {
        self.available.in_units(self.currency)
    }

    /// Returns the total amount.
    ///
    /// # Errors
    ///
    /// Returns an error if the amount is missing or unreadable, or has a fraction of the currency's smallest unit.
    /// Nothing is rounded.
    pub fn total_money(&self) -> Result<Money, AmountUnreadable> {
        self.total.in_units(self.currency)
    }

    /// Returns the members of the response that could not be read as documented. Usually there are none.
    #[must_use]
    pub fn unreadable_members(&self) -> &UnreadableMembers {
        &self.unreadable
    }

    pub(crate) fn of(read: Read<'_, WireBalance>) -> Result<Self, DecodeError> {
        let Read { value: wire, unreadable, .. } = read;
        let currency = wire.currency.currency();
        let currency = currency.map_err(|unreadable| DecodeError::new("currency", unreadable.to_string()))?;
        if wire.available_balance == ReportedAmount::Missing {
            return Err(DecodeError::new("available_balance", "is missing"));
        }
        Ok(Self {
            stored: StoredAs::new(),
            account_id: wire.account_id,
            currency,
            available: wire.available_balance,
            total: wire.total_balance,
            unreadable,
        })
    }
}

impl Client {
    /// Retrieves the balance in a currency.
    pub fn balance(&self, currency: Currency) -> Call<Balance> {
        self.balance_as(currency, Ok)
    }

    /// Retrieves the amount that can be paid out. An amount with a fraction of the currency's smallest unit is an error
    /// of the response, because the request was valid and was answered.
    pub(crate) fn available_money(&self, currency: Currency) -> Call<Money> {
        self.balance_as(currency, |balance| {
            balance.available_money().map_err(|unreadable| {
                let amount = balance.available.text();
                DecodeError::new("available_balance", unreadable.to_string())
                    .with_facts(Facts { amount, ..Facts::default() })
            })
        })
    }

    /// Retrieves the balance in TurboPay's default currency: INR (documented).
    pub fn default_balance(&self) -> Call<Balance> {
        self.connection.call(BALANCE, Ok(RequestBuilder::get(Path::new("balance"))), Balance::of)
    }

    fn balance_as<T: 'static>(&self, currency: Currency, convert: fn(Balance) -> Result<T, DecodeError>) -> Call<T> {
        let request = RequestBuilder::get(Path::new("balance").query("currency", currency.as_str()));
        self.connection.call(BALANCE, Ok(request), move |read| {
            let balance = Balance::of(read)?;
            json::expect_equal("currency", &balance.currency, &currency)?;
            convert(balance)
        })
    }
}

#[derive(Deserialize)]
pub(crate) struct WireBalance {
    account_id: String,
    #[serde(deserialize_with = "json::currency")]
    currency: ReportedCurrency,
    #[serde(default, deserialize_with = "json::amount")]
    available_balance: ReportedAmount,
    #[serde(default, deserialize_with = "json::amount")]
    total_balance: ReportedAmount,
}

impl ProviderMessage for WireBalance {
    const DECIDING: &'static [&'static str] = &["account_id", "currency", "available_balance"];
}

const BALANCE: Operation = Operation::read("balance");
