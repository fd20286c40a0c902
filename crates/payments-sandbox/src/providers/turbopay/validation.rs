//! TurboPay's validation, with the messages of its documentation and recorded responses.

use std::collections::BTreeMap;

use serde_json::value::RawValue;

use super::engine::{CURRENCIES, MAX_UTR_LENGTH};
use super::order::Kind;
use super::responses::ErrorResponse;
use super::settings::Settings;
use crate::money;

/// A body's members, each as raw JSON text.
pub(crate) struct Fields(BTreeMap<String, Box<RawValue>>);

impl Fields {
    /// Parses a body. A body that is not a JSON object has no members.
    pub(crate) fn read(body: &[u8]) -> Self {
        Self(serde_json::from_slice(body).unwrap_or_default())
    }

    /// Returns a member that is a non-empty string.
    pub(crate) fn text(&self, name: &str) -> Option<String> {
        serde_json::from_str::<String>(self.0.get(name)?.get()).ok().filter(|text| !text.is_empty())
    }

    /// Returns a number as it was written, as a JSON number or as a string.
    fn number(&self, name: &str) -> Option<String> {
        let raw = self.0.get(name).filter(|_| self.has(name))?.get();
        if raw.starts_with('"') { self.text(name) } else { Some(raw.to_owned()) }
    }

    fn has(&self, name: &str) -> bool {
        self.0.get(name).is_some_and(|raw| raw.get() != "null" && raw.get() != "\"\"")
    }
}

/// The validated values of a new order.
pub(crate) struct NewOrder {
    pub(crate) reference: String,
    pub(crate) customer: String,
    pub(crate) amount: i64,
    pub(crate) currency: String,
    pub(crate) status_url: String,
    pub(crate) redirect_url: Option<String>,
}

/// Validates a new order as TurboPay does: first all fields, then the merchant's configuration.
pub(crate) fn new_order(
    kind: Kind,
    fields: &Fields,
    settings: &Settings,
    is_taken: impl Fn(&str) -> bool,
) -> Result<NewOrder, ErrorResponse> {
    let mut check = Check { fields, errors: Vec::new() };
    let method = check.required("method", 100);
    let amount = check.amount(settings.amounts);
    let currency = check.required("currency", 3);
    let traffic = check.required("traffic", 10);
    check.check_form("traffic", "traffic type", matches!(traffic.as_str(), "" | "ftd" | "std"));
    check.optional("customer_email", 100, "email address", is_email);
    check.optional("customer_phone", 20, "phone number", is_phone);
    check.optional("customer_name", 300, "name", |_| true);
    let reference = check.required("merchant_order_id", 100);
    let customer = check.required("merchant_customer_id", 100);
    let status_url = check.url("status_url");
    let redirect_url = (kind != Kind::Withdrawal).then(|| check.url("redirect_url"));
    if kind == Kind::Withdrawal {
        check.beneficiary(&method, &currency);
    }
    if is_taken(&reference) {
        check.add_error("merchant_order_id", "The merchant order id has already been taken.".to_owned());
    }
    if !check.errors.is_empty() {
        return Err(ErrorResponse::fields(check.errors));
    }
    if !CURRENCIES.contains(&currency.as_str()) {
        return Err(ErrorResponse::invalid("currency", format!("Currency \"{currency}\" is not valid")));
    }
    match (kind, method.as_str()) {
        (Kind::Hosted | Kind::HostToHost, "upi") | (Kind::Hosted | Kind::Withdrawal, "bank_transfer") => {}
        (Kind::HostToHost, "bank_transfer") => {
            return Err(ErrorResponse::invalid("account", format!("Mid is not configured for method \"{method}\"")));
        }
        _ => return Err(ErrorResponse::invalid("method", format!("Method \"{method}\" is not valid"))),
    }
    if !settings.wallets {
        return Err(ErrorResponse::invalid("method", format!("No available wallets found for method: {method}")));
    }
    Ok(NewOrder { reference, customer, amount, currency, status_url, redirect_url })
}

/// Validates a confirmation. Both of its fields can be reported at once (recorded).
pub(crate) fn confirmation(
    fields: &Fields,
    order_is_open: bool,
    is_taken: impl Fn(&str) -> bool,
) -> Result<String, ErrorResponse> {
    let mut check = Check { fields, errors: Vec::new() };
    let order = check.required("order_id", 255);
    if !order.is_empty() && !order_is_open {
        check.add_error("order_id", "The selected order id is invalid.".to_owned());
    }
    let utr = check.required("customer_transaction_id", MAX_UTR_LENGTH);
    if is_taken(&utr) {
        check.add_error("customer_transaction_id", "The customer transaction id has already been taken.".to_owned());
    }
    if check.errors.is_empty() { Ok(utr) } else { Err(ErrorResponse::fields(check.errors)) }
}

struct Check<'a> {
    fields: &'a Fields,
    errors: Vec<(&'static str, String)>,
}

impl Check<'_> {
    fn required(&mut self, name: &'static str, max_length: usize) -> String {
        if !self.fields.has(name) {
            self.add_error(name, format!("The {} field is required.", label(name)));
            return String::new();
        }
        let Some(text) = self.fields.text(name) else {
            self.add_error(name, format!("The {} field must be a valid string.", label(name)));
            return String::new();
        };
        self.check_length(name, &text, max_length);
        text
    }

    fn optional(&mut self, name: &'static str, max_length: usize, form: &str, is_valid: impl Fn(&str) -> bool) {
        if !self.fields.has(name) {
            return;
        }
        match self.fields.text(name) {
            Some(text) if is_valid(&text) => self.check_length(name, &text, max_length),
            _ => self.add_error(name, format!("The {} field must be a valid {form}.", label(name))),
        }
    }

    /// Adds an error unless the field has the documented form.
    fn check_form(&mut self, name: &'static str, form: &str, is_valid: bool) {
        if !is_valid {
            self.add_error(name, format!("The {} field must be a valid {form}.", label(name)));
        }
    }

    fn url(&mut self, name: &'static str) -> String {
        let text = self.required(name, 255);
        if !text.is_empty() && !is_url(&text) {
            self.add_error(name, format!("The {} field must be a valid URL.", label(name)));
        }
        text
    }

    fn beneficiary(&mut self, method: &str, currency: &str) {
        let account = self.required("customer_bank_account", 18);
        let digits = currency != "INR" || account.bytes().all(|byte| byte.is_ascii_digit());
        let is_account = account.is_empty() || (account.len() >= 9 && digits);
        self.check_form("customer_bank_account", "bank account number", is_account);
        let bank = self.required("bank_code", 100);
        let ifsc = bank.len() == 11 && bank.bytes().all(|byte| byte.is_ascii_alphanumeric());
        let needs_no_ifsc = bank.is_empty() || (method, currency) != ("bank_transfer", "INR");
        self.check_form("bank_code", "IFSC code", needs_no_ifsc || ifsc);
    }

    fn amount(&mut self, (min, max): (i64, i64)) -> i64 {
        let Some(text) = self.fields.number("amount") else {
            self.add_error("amount", "The amount field is required.".to_owned());
            return 0;
        };
        let rupees = self.fields.text("currency").as_deref() == Some("INR");
        let Some(amount) = money::parse_hundredths(&text).filter(|amount| !rupees || amount % 100 == 0) else {
            self.add_error("amount", "The amount field must be an integer.".to_owned());
            return 0;
        };
        if amount < min * 100 {
            self.add_error("amount", format!("The amount field must be at least {min}."));
        } else if amount > max * 100 {
            self.add_error("amount", format!("The amount field must not be greater than {max}."));
        }
        amount
    }

    fn check_length(&mut self, name: &'static str, text: &str, max_length: usize) {
        if text.chars().count() > max_length {
            self.add_error(
                name,
                format!("The {} field must not be greater than {max_length} characters.", label(name)),
            );
        }
    }

    fn add_error(&mut self, name: &'static str, problem: String) {
        self.errors.push((name, problem));
    }
}

/// True for a number with a country code. After India's, ten digits follow, and the first is 6, 7, 8 or 9.
fn is_phone(text: &str) -> bool {
    let Some(digits) = text.strip_prefix('+') else { return false };
    let national = digits.strip_prefix("91");
    !digits.is_empty()
        && digits.bytes().all(|byte| byte.is_ascii_digit())
        && national.is_none_or(|rest| rest.len() == 10 && rest.starts_with(['6', '7', '8', '9']))
}

fn label(name: &str) -> String {
    name.replace('_', " ")
}

fn is_email(text: &str) -> bool {
    let Some((name, host)) = text.rsplit_once('@') else { return false };
    !name.is_empty() && !host.is_empty() && !text.contains(char::is_whitespace)
}

fn is_url(text: &str) -> bool {
    // The URL is written into headers of messages and redirects, where a line feed would start another header.
    let plain = text.chars().all(|c| c.is_ascii_graphic());
    plain && (text.starts_with("http://") || text.starts_with("https://"))
}
