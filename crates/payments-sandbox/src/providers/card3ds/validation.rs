//! What is refused, field by field. The document has the fields and their types; the form of a refusal is inferred.

use std::collections::BTreeMap;
use std::net::IpAddr;

use serde::Deserialize;
use serde_json::json;
use serde_json::value::RawValue;
use time::OffsetDateTime;

use super::amount::Currency;
use super::card::{self, Kept, TestCard};
use crate::http::{Request, Response};

/// Why a request was not taken.
#[derive(Debug)]
pub(crate) struct Rejected {
    status: u16,
    field: Option<&'static str>,
    message: String,
}

impl Rejected {
    /// A field with a value that does not fit. No value is ever repeated: it might be a card number.
    pub(crate) fn field(field: &'static str, rule: &str) -> Self {
        Self { status: 400, field: Some(field), message: format!("{field} {rule}") }
    }

    pub(crate) fn new(status: u16, message: &str) -> Self {
        Self { status, field: None, message: message.to_owned() }
    }

    pub(crate) fn response(self) -> Response {
        let mut body = json!({"message": self.message});
        if let Some(field) = self.field {
            body["field"] = json!(field);
        }
        Response::json(self.status, &body)
    }
}

/// A body's members, each as its text: an amount is read digit by digit.
pub(crate) struct Fields(BTreeMap<String, Box<RawValue>>);

impl Fields {
    /// A body that is no JSON object has none.
    pub(crate) fn read(body: &[u8]) -> Option<Self> {
        serde_json::from_slice(body).ok().map(Self)
    }

    /// Those of a request that is to be done.
    pub(crate) fn of(request: &Request) -> Result<Self, Rejected> {
        let content_type = request.header("content-type").and_then(|value| value.split(';').next());
        if !content_type.is_some_and(|value| value.trim().eq_ignore_ascii_case("application/json")) {
            return Err(Rejected::new(415, "Content-Type must be application/json"));
        }
        Self::read(&request.body).ok_or_else(|| Rejected::new(400, "the body must be a JSON object"))
    }

    /// What says which order a request is about, if anything does.
    pub(crate) fn order(&self) -> Option<String> {
        self.parsed("orderId")
    }

    fn raw(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(|raw| raw.get()).filter(|raw| *raw != "null")
    }

    fn parsed<'a, T: Deserialize<'a>>(&'a self, name: &str) -> Option<T> {
        serde_json::from_str(self.raw(name)?).ok()
    }

    fn required(&self, name: &'static str) -> Result<&str, Rejected> {
        self.raw(name).ok_or_else(|| Rejected::field(name, "is required"))
    }

    pub(crate) fn text(&self, name: &'static str) -> Result<String, Rejected> {
        self.required(name)?;
        let text: String = self.parsed(name).ok_or_else(|| Rejected::field(name, "must be a text"))?;
        if text.trim().is_empty() { Err(Rejected::field(name, "must not be empty")) } else { Ok(text) }
    }

    pub(crate) fn optional_text(&self, name: &'static str) -> Result<Option<String>, Rejected> {
        self.raw(name).map(|_| self.text(name)).transpose()
    }

    pub(crate) fn flag(&self, name: &'static str) -> Result<bool, Rejected> {
        let Some(_) = self.raw(name) else { return Ok(false) };
        self.parsed(name).ok_or_else(|| Rejected::field(name, "must be true or false"))
    }

    pub(crate) fn count(&self, name: &'static str, standard: u32) -> Result<u32, Rejected> {
        let Some(_) = self.raw(name) else { return Ok(standard) };
        let count = self.parsed::<u32>(name).filter(|count| *count > 0);
        count.ok_or_else(|| Rejected::field(name, "must be a whole number above zero"))
    }

    pub(crate) fn money(&self) -> Result<(i64, Currency), Rejected> {
        let text = self.required("amount")?;
        let is_number = text.starts_with(|c: char| c.is_ascii_digit() || c == '-');
        if !is_number {
            return Err(Rejected::field("amount", "must be a number"));
        }
        let code = self.text("currency")?;
        let currency = Currency::named(&code)
            .ok_or_else(|| Rejected::field("currency", "must be one that the merchant is set up for"))?;
        let amount = currency.parse(text).ok_or_else(|| {
            Rejected::field(
                "amount",
                "must be above zero, without an exponent and with its currency's decimals at most",
            )
        })?;
        Ok((amount, currency))
    }

    /// The card as such.
    pub(crate) fn card(&self) -> Result<&'static TestCard, Rejected> {
        let number = self.text("pan")?;
        if !card::is_number(&number) {
            return Err(Rejected::field("pan", "must be a card number"));
        }
        TestCard::numbered(&number)
            .ok_or_else(|| Rejected::field("pan", "must be a well-known test card's: real cards have no place here"))
    }

    /// An address that a browser can be sent to.
    pub(crate) fn address(&self, name: &'static str) -> Result<String, Rejected> {
        let text = self.text(name)?;
        let plain = text.chars().all(|c| c.is_ascii_graphic());
        let host = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
        let has_host = host.is_some_and(|rest| !rest.is_empty() && !rest.starts_with(['/', '?', '#']));
        if plain && has_host { Ok(text) } else { Err(Rejected::field(name, "must be an http or https address")) }
    }

    fn digits(&self, name: &'static str, lengths: &[usize], rule: &str) -> Result<String, Rejected> {
        let text = self.text(name)?;
        let fits = lengths.contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
        if fits { Ok(text) } else { Err(Rejected::field(name, rule)) }
    }

    /// The customer's address, which is checked and not kept.
    fn check_client(&self) -> Result<(), Rejected> {
        if self.text("requestIp")?.parse::<IpAddr>().is_err() {
            return Err(Rejected::field("requestIp", "must be an IP address"));
        }
        self.required("requestPort")?;
        let port = self.parsed::<u16>("requestPort").filter(|port| *port > 0);
        port.map(|_| ()).ok_or_else(|| Rejected::field("requestPort", "must be a whole number from 1 to 65535"))
    }
}

/// What payments, pre-authorizations and 3-D Secure payments have in common.
pub(crate) struct NewPayment {
    pub(crate) order: String,
    pub(crate) amount: i64,
    pub(crate) currency: Currency,
    /// For what depends on it now.
    pub(crate) card: &'static TestCard,
    /// For later.
    pub(crate) kept: Kept,
    pub(crate) customer: Option<String>,
}

impl NewPayment {
    pub(crate) fn read(fields: &Fields, now: OffsetDateTime) -> Result<Self, Rejected> {
        let order = fields.text("orderId")?;
        let (amount, currency) = fields.money()?;
        let holder = fields.text("cardHolderName")?;
        let card = fields.card()?;
        let month = fields.digits("expiryMonth", &[2], "must be two digits")?;
        let month = month.parse::<u8>().ok().filter(|month| (1..=12).contains(month));
        let month = month.ok_or_else(|| Rejected::field("expiryMonth", "must be a month from 01 to 12"))?;
        let year = fields.digits("expiryYear", &[2], "must be two digits")?;
        let expired = is_over(&year, month, now);
        fields.digits("cvv", &[3, 4], "must be three or four digits")?;
        fields.check_client()?;
        let customer = fields.optional_text("customerId")?;
        let kept = Kept::of(card, holder, expired);
        Ok(Self { order, amount, currency, card, kept, customer })
    }
}

/// A card is good until the end of its month.
fn is_over(year: &str, month: u8, now: OffsetDateTime) -> bool {
    let year: i32 = format!("20{year}").parse().unwrap_or_default();
    (year, month) < (now.year(), u8::from(now.month()))
}
