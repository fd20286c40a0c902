use payments_core::json;
use payments_core::provider::Operation;
use payments_core::request::{Path, RequestBuilder};
use payments_core::{Call, Currency, Money, MoneyError};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::client::Client;

/// An account's balance in one currency.
///
/// TurboPay writes it with four decimals, more than a currency has, so it is an exact decimal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Balance {
    /// The merchant's account.
    pub account_id: String,
    /// The currency of both amounts.
    pub currency: Currency,
    /// What can be paid out. A balance below zero is owed (inferred: no document or recorded exchange shows one).
    #[serde(with = "json::decimal")]
    pub available: Decimal,
    /// All of it.
    #[serde(with = "json::decimal")]
    pub total: Decimal,
}

impl Balance {
    /// What can be paid out, as money.
    ///
    /// # Errors
    ///
    /// When it has a fraction of the smallest unit: nothing is rounded.
    pub fn available_money(&self) -> Result<Money, MoneyError> {
        Money::from_decimal(self.available, self.currency)
    }

    /// All of it, as money.
    ///
    /// # Errors
    ///
    /// When it has a fraction of the smallest unit: nothing is rounded.
    pub fn total_money(&self) -> Result<Money, MoneyError> {
        Money::from_decimal(self.total, self.currency)
    }
}

impl Client {
    /// The balance in a currency.
    pub fn balance(&self, currency: Currency) -> Call<Balance> {
        let request = RequestBuilder::get(Path::new("balance").query("currency", currency.as_str()));
        self.connection.call(BALANCE, Ok(request), move |wire: WireBalance| {
            json::expect_equal("currency", &wire.currency, &currency).map(|()| wire.balance())
        })
    }

    /// The balance in the account's default currency: INR (documented).
    pub fn default_balance(&self) -> Call<Balance> {
        self.connection
            .call(BALANCE, Ok(RequestBuilder::get(Path::new("balance"))), |wire: WireBalance| Ok(wire.balance()))
    }
}

#[derive(Deserialize)]
struct WireBalance {
    account_id: String,
    currency: Currency,
    #[serde(with = "json::decimal")]
    available_balance: Decimal,
    #[serde(with = "json::decimal")]
    total_balance: Decimal,
}

impl WireBalance {
    fn balance(self) -> Balance {
        Balance {
            account_id: self.account_id,
            currency: self.currency,
            available: self.available_balance,
            total: self.total_balance,
        }
    }
}

const BALANCE: Operation = Operation::read("balance");
