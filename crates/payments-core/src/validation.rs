use std::borrow::Cow;

/// An invalid argument: the field's name and the rule that it violates.
///
/// The error is found before any I/O. It never contains the value, which may be a secret.
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
    /// Creates an error from a field and a rule: `("amount", "must be greater than zero")`.
    pub fn new(field: impl Into<Cow<'static, str>>, rule: impl Into<Cow<'static, str>>) -> Self {
        Self { field: field.into(), rule: rule.into() }
    }

    /// Returns the error with another name for the field.
    #[must_use]
    pub fn for_field(self, field: &'static str) -> Self {
        Self { field: field.into(), ..self }
    }

    /// The field's name in this SDK.
    #[must_use]
    pub fn field(&self) -> &str {
        &self.field
    }

    /// The violated rule, as the end of a sentence that starts with the field.
    #[must_use]
    pub fn rule(&self) -> &str {
        &self.rule
    }
}

/// Checks that a text has 1 to `max` characters.
///
/// # Errors
///
/// Returns an error if the text is empty or longer than `max` characters.
pub fn check_length(field: &'static str, text: &str, max: usize) -> Result<(), ValidationError> {
    // A text has no more characters than bytes, so a short one need not be counted.
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
