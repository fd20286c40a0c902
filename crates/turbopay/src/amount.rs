use payments_core::json::JsonNumber;
use payments_core::{Currency, Money, MoneyError, ValidationError};

/// Converts an amount: INR to an integer of rupees (documented: paise are rejected), others to two decimals.
pub(crate) fn wire_amount(amount: Money) -> Result<JsonNumber, ValidationError> {
    let unwritable = |error: MoneyError| ValidationError::new("amount", format!("cannot be sent: {error}"));
    amount.check_positive("amount")?;
    let currency = amount.currency();
    if currency.exponent() != Some(2) {
        return Err(ValidationError::new("currency", "must have two decimals: TurboPay documents no other amounts"));
    }
    if currency != Currency::INR {
        return JsonNumber::decimal(amount).map_err(unwritable);
    }
    match amount.whole_units().map_err(unwritable)? {
        Some(rupees) => JsonNumber::integer(rupees).map_err(unwritable),
        None => Err(ValidationError::new("amount", "must be whole rupees: TurboPay accepts no decimals in INR")),
    }
}
