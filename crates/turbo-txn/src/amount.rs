//! Amounts in rupees: sent as whole rupees, received with up to two decimals.

use payments_core::json::{DecodeError, JsonNumber};
use payments_core::{Currency, Error, Expected, Mismatch, Money, Reported, ValidationError};
use rust_decimal::Decimal;

use crate::id::MerchantOrderId;

/// Formats a requested amount as an integer of rupees.
pub(crate) fn whole_rupees(amount: Money) -> Result<JsonNumber, Error> {
    if amount.currency() != Currency::INR {
        let rule = "must be in INR, the only currency that Turbo Transactions accepts";
        return Err(ValidationError::new("amount", rule).into());
    }
    amount.check_positive("amount")?;
    match amount.whole_units()? {
        Some(rupees) => Ok(JsonNumber::integer(rupees)?),
        None => {
            let rule = "must be whole rupees: Turbo Transactions accepts no decimals";
            Err(ValidationError::new("amount", rule).into())
        }
    }
}

/// Converts a response's amount exactly. It must be greater than zero (*inferred*).
pub(crate) fn rupees(amount: Decimal) -> Result<Money, DecodeError> {
    let amount = Money::from_decimal(amount, Currency::INR)
        .map_err(|problem| DecodeError::new("data.amount", problem.to_string()))?;
    if amount.is_positive() { Ok(amount) } else { Err(DecodeError::new("data.amount", "is not greater than zero")) }
}

/// Compares an order's reference and amount with what is expected.
pub(crate) fn check(order_id: &MerchantOrderId, amount: Money, expected: &Expected) -> Result<(), Mismatch> {
    let currency = Some(amount.currency());
    let amount = amount.to_decimal().map_err(Mismatch::Amount)?;
    expected.check(&Reported { reference: order_id.as_str(), amount, currency, live: None })
}
