//! Amounts in rupees: sent as whole rupees, received with up to two decimals.

use payments_core::json::JsonNumber;
use payments_core::{
    AmountUnreadable, Currency, Error, Expected, Mismatch, Money, Reported, ReportedAmount, ValidationError,
};

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

/// Compares an order's reference and amount with what is expected. An amount that is not greater than zero matches
/// nothing (*inferred*).
pub(crate) fn check(order_id: &MerchantOrderId, amount: &ReportedAmount, expected: &Expected) -> Result<(), Mismatch> {
    expected.check(&Reported {
        reference: order_id.as_str(),
        amount: amount.decimal(),
        currency: Ok(Some(Currency::INR)),
        live: None,
    })?;
    match amount.in_units(Currency::INR) {
        Ok(money) if money.is_positive() => Ok(()),
        Ok(_) => Err(Mismatch::AmountUnreadable(AmountUnreadable::new(
            amount.text().as_deref(),
            "the amount is not greater than zero",
        ))),
        Err(unreadable) => Err(Mismatch::AmountUnreadable(unreadable)),
    }
}
