//! card3ds' validation. The fields and their types are documented; the form of errors is inferred.

use std::collections::BTreeMap;
use std::net::IpAddr;

use serde::Deserialize;
use serde_json::value::RawValue;
use time::OffsetDateTime;

use super::amount::Currency;
use super::card::{self, StoredCard, TestCard};
use super::responses::ErrorResponse;
use crate::http::{Request, is_http_url};

/// A body's members, each as raw JSON text, so that amounts are parsed exactly.
pub(crate) struct Fields(BTreeMap<String, Box<RawValue>>);

impl Fields {
    /// Parses a body; `None` if it is not a JSON object.
    pub(crate) fn read(body: &[u8]) -> Option<Self> {
        serde_json::from_slice(body).ok().map(Self)
    }

    /// Parses a request's body, or returns the error response.
    pub(crate) fn of(request: &Request) -> Result<Self, ErrorResponse> {
        if !request.is_json() {
            return Err(ErrorResponse::new(415, "Content-Type must be application/json"));
        }
        Self::read(&request.body).ok_or_else(|| ErrorResponse::new(400, "the body must be a JSON object"))
    }

    /// The request's `orderId`, if it has one.
    pub(crate) fn order(&self) -> Option<String> {
        self.parsed("orderId")
    }

    fn raw(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(|raw| raw.get()).filter(|raw| *raw != "null")
    }

    fn parsed<'a, T: Deserialize<'a>>(&'a self, name: &str) -> Option<T> {
        serde_json::from_str(self.raw(name)?).ok()
    }

    fn required(&self, name: &'static str) -> Result<&str, ErrorResponse> {
        self.raw(name).ok_or_else(|| ErrorResponse::field(name, "is required"))
    }

    pub(crate) fn text(&self, name: &'static str) -> Result<String, ErrorResponse> {
        self.required(name)?;
        let text: String = self.parsed(name).ok_or_else(|| ErrorResponse::field(name, "must be a string"))?;
        if text.trim().is_empty() { Err(ErrorResponse::field(name, "must not be empty")) } else { Ok(text) }
    }

    pub(crate) fn optional_text(&self, name: &'static str) -> Result<Option<String>, ErrorResponse> {
        self.raw(name).map(|_| self.text(name)).transpose()
    }

    pub(crate) fn flag(&self, name: &'static str) -> Result<bool, ErrorResponse> {
        let Some(_) = self.raw(name) else { return Ok(false) };
        self.parsed(name).ok_or_else(|| ErrorResponse::field(name, "must be true or false"))
    }

    pub(crate) fn count(&self, name: &'static str, default: u32) -> Result<u32, ErrorResponse> {
        let Some(_) = self.raw(name) else { return Ok(default) };
        let count = self.parsed::<u32>(name).filter(|count| *count > 0);
        count.ok_or_else(|| ErrorResponse::field(name, "must be a whole number above zero"))
    }

    pub(crate) fn money(&self) -> Result<(i64, Currency), ErrorResponse> {
        let text = self.required("amount")?;
        let is_number = text.starts_with(|c: char| c.is_ascii_digit() || c == '-');
        if !is_number {
            return Err(ErrorResponse::field("amount", "must be a number"));
        }
        let code = self.text("currency")?;
        let currency = Currency::by_code(&code)
            .ok_or_else(|| ErrorResponse::field("currency", "must be one of the merchant's currencies"))?;
        let amount = currency.parse(text).ok_or_else(|| {
            ErrorResponse::field(
                "amount",
                "must be above zero, without an exponent, and with at most the currency's number of decimals",
            )
        })?;
        Ok((amount, currency))
    }

    /// The test card of `pan`.
    pub(crate) fn card(&self) -> Result<&'static TestCard, ErrorResponse> {
        let number = self.text("pan")?;
        if !card::is_number(&number) {
            return Err(ErrorResponse::field("pan", "must be a card number"));
        }
        TestCard::by_number(&number).ok_or_else(|| {
            ErrorResponse::field(
                "pan",
                "must be the number of a well-known test card: the sandbox accepts no real cards",
            )
        })
    }

    /// A URL that a browser can post to.
    pub(crate) fn url(&self, name: &'static str) -> Result<String, ErrorResponse> {
        let text = self.text(name)?;
        let has_host = text.split_once("://").is_some_and(|(_, rest)| !rest.starts_with(['/', '?', '#']));
        if is_http_url(&text) && has_host {
            Ok(text)
        } else {
            Err(ErrorResponse::field(name, "must be an http or https URL"))
        }
    }

    fn digits(&self, name: &'static str, lengths: &[usize], rule: &str) -> Result<String, ErrorResponse> {
        let text = self.text(name)?;
        let is_valid = lengths.contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
        if is_valid { Ok(text) } else { Err(ErrorResponse::field(name, rule)) }
    }

    /// Checks the customer's IP address and port, which are not stored.
    fn check_client(&self) -> Result<(), ErrorResponse> {
        if self.text("requestIp")?.parse::<IpAddr>().is_err() {
            return Err(ErrorResponse::field("requestIp", "must be an IP address"));
        }
        self.required("requestPort")?;
        let port = self.parsed::<u16>("requestPort").filter(|port| *port > 0);
        port.map(|_| ()).ok_or_else(|| ErrorResponse::field("requestPort", "must be a whole number from 1 to 65535"))
    }
}

/// The validated values of a payment, pre-authorization or 3-D Secure payment.
pub(crate) struct NewPayment {
    pub(crate) order: String,
    pub(crate) amount: i64,
    pub(crate) currency: Currency,
    /// The card, for checks that need it now.
    pub(crate) card: &'static TestCard,
    /// The card's details that are stored.
    pub(crate) stored_card: StoredCard,
    pub(crate) customer: Option<String>,
}

impl NewPayment {
    pub(crate) fn read(fields: &Fields, now: OffsetDateTime) -> Result<Self, ErrorResponse> {
        let order = fields.text("orderId")?;
        let (amount, currency) = fields.money()?;
        let holder = fields.text("cardHolderName")?;
        let card = fields.card()?;
        let month = fields.digits("expiryMonth", &[2], "must be two digits")?;
        let month = month.parse::<u8>().ok().filter(|month| (1..=12).contains(month));
        let month = month.ok_or_else(|| ErrorResponse::field("expiryMonth", "must be a month from 01 to 12"))?;
        let year = fields.digits("expiryYear", &[2], "must be two digits")?;
        let expired = is_expired(&year, month, now);
        fields.digits("cvv", &[3, 4], "must be three or four digits")?;
        fields.check_client()?;
        let customer = fields.optional_text("customerId")?;
        let stored_card = StoredCard::of(card, holder, expired);
        Ok(Self { order, amount, currency, card, stored_card, customer })
    }
}

/// True if the card has expired. It is valid until the end of its month.
fn is_expired(year: &str, month: u8, now: OffsetDateTime) -> bool {
    let year: i32 = format!("20{year}").parse().unwrap_or_default();
    (year, month) < (now.year(), u8::from(now.month()))
}
