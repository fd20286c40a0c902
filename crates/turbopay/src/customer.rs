use std::fmt;

use payments_core::{Currency, ValidationError, check_length, string_newtype};

use crate::method::Method;

/// A beneficiary's bank account number.
///
/// It has 9 to 18 characters, and leading zeros are kept (documented). Only letters and digits are accepted (inferred).
/// `Debug` shows the last four characters.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BankAccount(Box<str>);

impl BankAccount {
    /// Returns the full account number.
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

impl TryFrom<&str> for BankAccount {
    type Error = ValidationError;

    fn try_from(text: &str) -> Result<Self, ValidationError> {
        text.parse()
    }
}

impl TryFrom<String> for BankAccount {
    type Error = ValidationError;

    fn try_from(text: String) -> Result<Self, ValidationError> {
        text.parse()
    }
}

impl AsRef<str> for BankAccount {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for BankAccount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let redacted = self.0.len().saturating_sub(4);
        write!(f, "BankAccount(*{})", &self.0[redacted..])
    }
}

string_newtype! {
    /// The code of a beneficiary's bank.
    ///
    /// For bank transfers in INR, this is the IFSC of the branch: 11 characters, such as `HDFC0000053` (documented).
    /// Elsewhere, 1 to 100 letters, digits and hyphens are accepted (inferred).
    pub struct BankCode("bank_code"): |text| check_bank_code(text);
}

fn check_bank_code(text: &str) -> Result<(), ValidationError> {
    check_length("bank_code", text, 100)?;
    if text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') {
        Ok(())
    } else {
        Err(ValidationError::new("bank_code", "must contain only letters, digits and hyphens"))
    }
}

/// Checks the rules for beneficiaries in INR.
///
/// An IFSC has 11 characters (documented). That an account number has only digits is inferred from the document's
/// table, which calls it an integer.
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
        return Err(ValidationError::new("bank_account", "must contain only digits for INR"));
    }
    let is_ifsc = bank.as_str().len() == 11 && !bank.as_str().contains('-');
    if *method == Method::BankTransfer && !is_ifsc {
        return Err(ValidationError::new("bank_code", "must be an IFSC of 11 characters for a bank transfer in INR"));
    }
    Ok(())
}

/// Checks an email address: standard form, at most 100 characters (documented).
pub(crate) fn check_email(text: &str) -> Result<(), ValidationError> {
    check_length("customer_email", text, 100)?;
    let parts = text.split_once('@');
    let plain = !text.chars().any(|c| c.is_whitespace() || c.is_control());
    if plain && parts.is_some_and(|(local, domain)| !local.is_empty() && !domain.is_empty() && !domain.contains('@')) {
        Ok(())
    } else {
        Err(ValidationError::new("customer_email", "must be a valid email address"))
    }
}

/// Checks a phone number.
///
/// It is `+`, the country code and the number; in India ten digits after `+91`, the first from 6 to 9 (documented). A
/// limit of 7 to 15 digits in total, as for phone numbers worldwide, is inferred.
pub(crate) fn check_phone(text: &str) -> Result<(), ValidationError> {
    let digits = text.strip_prefix('+').unwrap_or_default();
    if !(7..=15).contains(&digits.len()) || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(ValidationError::new(
            "customer_phone",
            "must be `+`, the country code and the number, 7 to 15 digits without spaces",
        ));
    }
    match digits.strip_prefix("91").map(str::as_bytes) {
        Some(number) if number.len() != 10 || !matches!(number.first(), Some(b'6'..=b'9')) => {
            Err(ValidationError::new("customer_phone", "must have ten digits after +91, the first from 6 to 9"))
        }
        _ => Ok(()),
    }
}

/// Checks a customer's name: at most 300 characters (documented).
pub(crate) fn check_name(text: &str) -> Result<(), ValidationError> {
    check_length("customer_name", text, 300)
}

/// Checks a merchant's own URL: at most 255 characters (documented).
pub(crate) fn check_url(field: &'static str, text: &str) -> Result<(), ValidationError> {
    payments_core::id::check_url(field, text, 255)
}
