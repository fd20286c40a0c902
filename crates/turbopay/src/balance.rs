use payments_core::json;
use payments_core::provider::Operation;
use payments_core::request::{Path, RequestBuilder};
use payments_core::{Call, Currency, Money, MoneyError};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::client::Client;

/// The balance of a merchant's account in one currency.
///
/// The amounts are exact decimals, because TurboPay sends four decimals (recorded), more than a currency has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Balance {
    /// The merchant's account.
    pub account_id: String,
    /// The currency of both amounts.
    pub currency: Currency,
    /// The amount that can be paid out. A negative balance is a debt (inferred: only the number is recorded).
    #[serde(with = "json::decimal")]
    pub available: Decimal,
    /// The total amount.
    #[serde(with = "json::decimal")]
    pub total: Decimal,
}

impl Balance {
    /// Returns the amount that can be paid out.
    ///
    /// # Errors
    ///
    /// Returns an error if the amount has a fraction of the currency's smallest unit. Nothing is rounded.
    pub fn available_money(&self) -> Result<Money, MoneyError> {
        Money::from_decimal(self.available, self.currency)
    }

    /// Returns the total amount.
    ///
    /// # Errors
    ///
    /// Returns an error if the amount has a fraction of the currency's smallest unit. Nothing is rounded.
    pub fn total_money(&self) -> Result<Money, MoneyError> {
        Money::from_decimal(self.total, self.currency)
    }
}

impl Client {
    /// Retrieves the balance in a currency.
    pub fn balance(&self, currency: Currency) -> Call<Balance> {
        let request = RequestBuilder::get(Path::new("balance").query("currency", currency.as_str()));
        self.connection.call(BALANCE, Ok(request), move |wire: WireBalance| {
            json::expect_equal("currency", &wire.currency, &currency).map(|()| wire.balance())
        })
    }

    /// Retrieves the balance in TurboPay's default currency: INR (documented).
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
