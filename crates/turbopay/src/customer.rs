use std::fmt;

use payments_core::id::{check_reference, check_web_address};
use payments_core::{Currency, ValidationError, check_length, string_newtype};

use crate::method::Method;

string_newtype! {
    /// The merchant's own id of a customer: 1 to 100 characters.
    pub struct MerchantCustomerId("merchant_customer_id"): |text| check_reference("merchant_customer_id", text, 100);
}

/// A beneficiary's account number: 9 to 18 characters, leading zeros kept (documented); letters and digits (inferred).
///
/// `Debug` shows its last four.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct BankAccount(Box<str>);

impl BankAccount {
    /// All of it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::str::FromStr for BankAccount {
    type Err = ValidationError;

    fn from_str(text: &str) -> Result<Self, ValidationError> {
        let plain = text.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if !(9..=18).contains(&text.len()) || !plain {
            return Err(ValidationError::new("bank_account", "must be 9 to 18 letters or digits"));
        }
        Ok(Self(text.into()))
    }
}

impl fmt::Debug for BankAccount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = self.0.len().saturating_sub(4);
        write!(f, "BankAccount(*{})", &self.0[shown..])
    }
}

string_newtype! {
    /// A beneficiary's bank: in India the IFSC of the branch, 11 characters such as `HDFC0000053` (documented). Elsewhere
    /// letters, digits and hyphens, at most 100 (inferred).
    pub struct BankCode("bank_code"): |text| check_bank_code(text);
}

fn check_bank_code(text: &str) -> Result<(), ValidationError> {
    check_length("bank_code", text, 100)?;
    if text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') {
        Ok(())
    } else {
        Err(ValidationError::new("bank_code", "must hold only letters, digits and hyphens"))
    }
}

/// What INR asks of an account and a bank beyond their own forms (documented: IFSC has 11 characters; digits are
/// inferred from the table, which calls the account an integer).
pub(crate) fn check_beneficiary(
    account: &BankAccount,
    bank: &BankCode,
    method: &Method,
    currency: Currency,
) -> Result<(), ValidationError> {
    if currency != Currency::INR {
        return Ok(());
    }
    if !account.as_str().bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(ValidationError::new("bank_account", "must hold only digits for INR"));
    }
    let ifsc = bank.as_str().len() == 11 && !bank.as_str().contains('-');
    if *method == Method::BankTransfer && !ifsc {
        return Err(ValidationError::new("bank_code", "must be an IFSC of 11 characters for a bank transfer in INR"));
    }
    Ok(())
}

/// At most 100 characters, of the standard form.
pub(crate) fn check_email(text: &str) -> Result<(), ValidationError> {
    check_length("customer_email", text, 100)?;
    let parts = text.split_once('@');
    let plain = !text.chars().any(|c| c.is_whitespace() || c.is_control());
    if plain && parts.is_some_and(|(local, domain)| !local.is_empty() && !domain.is_empty() && !domain.contains('@')) {
        Ok(())
    } else {
        Err(ValidationError::new("customer_email", "must be an e-mail address"))
    }
}

/// `+`, the country's code and the number; in India ten digits, the first from 6 to 9 (documented). Seven to fifteen digits
/// in all, as numbers have everywhere (inferred).
pub(crate) fn check_phone(text: &str) -> Result<(), ValidationError> {
    let digits = text.strip_prefix('+').unwrap_or_default();
    if !(7..=15).contains(&digits.len()) || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(ValidationError::new(
            "customer_phone",
            "must be `+`, the country's code and the number, digits only",
        ));
    }
    match digits.strip_prefix("91").map(str::as_bytes) {
        Some(number) if number.len() != 10 || !matches!(number.first(), Some(b'6'..=b'9')) => {
            Err(ValidationError::new("customer_phone", "must have ten digits after +91, the first from 6 to 9"))
        }
        _ => Ok(()),
    }
}

/// At most 300 characters.
pub(crate) fn check_name(text: &str) -> Result<(), ValidationError> {
    check_length("customer_name", text, 300)
}

/// A merchant's own web address, at most 255 characters.
pub(crate) fn check_url(field: &'static str, text: &str) -> Result<(), ValidationError> {
    check_web_address(field, text, 255)
}
