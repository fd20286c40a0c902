use std::borrow::Cow;

/// Something the caller passed does not fit: which field, and the rule it breaks.
///
/// Found before any I/O. It never holds the value itself, which may be a secret.
///
/// ```
/// use payments_core::Currency;
///
/// let err = "rupees".parse::<Currency>().unwrap_err();
/// assert_eq!(err.to_string(), "`currency` must be three letters, as in ISO 4217");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{field}` {rule}")]
pub struct ValidationError {
    field: Cow<'static, str>,
    rule: Cow<'static, str>,
}

impl ValidationError {
    /// A field, and the rule it breaks: `("amount", "must be greater than zero")`.
    pub fn new(field: impl Into<Cow<'static, str>>, rule: impl Into<Cow<'static, str>>) -> Self {
        Self { field: field.into(), rule: rule.into() }
    }

    /// The field, by the provider's name where there is one.
    #[must_use]
    pub fn field(&self) -> &str {
        &self.field
    }

    /// The rule, as the end of a sentence that begins with the field.
    #[must_use]
    pub fn rule(&self) -> &str {
        &self.rule
    }
}

/// Checks a text's length in characters, 1 to `max`.
///
/// # Errors
///
/// Names the field and the rule.
pub fn check_length(field: &'static str, text: &str, max: usize) -> Result<(), ValidationError> {
    // No text has more characters than bytes, so a short one need not be counted.
    if !text.is_empty() && text.len() <= max {
        return Ok(());
    }
    let length = text.chars().count();
    if length == 0 {
        Err(ValidationError::new(field, "must not be empty"))
    } else if length > max {
        Err(ValidationError::new(field, format!("must not be longer than {max} characters; it has {length}")))
    } else {
        Ok(())
    }
}
