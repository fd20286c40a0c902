//! What is refused, field by field. The document has the fields and their types; the form of a refusal is inferred.

use std::collections::BTreeMap;
use std::net::IpAddr;

use serde::Deserialize;
use serde_json::value::RawValue;
use time::OffsetDateTime;

use super::amount::Currency;
use super::card::{self, StoredCard, TestCard};
use super::responses::ErrorResponse;
use crate::http::{Request, is_web_address};

/// A body's members, each as its text: an amount is read digit by digit.
pub(crate) struct Fields(BTreeMap<String, Box<RawValue>>);

impl Fields {
    /// A body that is no JSON object has none.
    pub(crate) fn read(body: &[u8]) -> Option<Self> {
        serde_json::from_slice(body).ok().map(Self)
    }

    /// Those of a request that is to be done.
    pub(crate) fn of(request: &Request) -> Result<Self, ErrorResponse> {
        if !request.is_json() {
            return Err(ErrorResponse::new(415, "Content-Type must be application/json"));
        }
        Self::read(&request.body).ok_or_else(|| ErrorResponse::new(400, "the body must be a JSON object"))
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

    fn required(&self, name: &'static str) -> Result<&str, ErrorResponse> {
        self.raw(name).ok_or_else(|| ErrorResponse::field(name, "is required"))
    }

    pub(crate) fn text(&self, name: &'static str) -> Result<String, ErrorResponse> {
        self.required(name)?;
        let text: String = self.parsed(name).ok_or_else(|| ErrorResponse::field(name, "must be a text"))?;
        if text.trim().is_empty() { Err(ErrorResponse::field(name, "must not be empty")) } else { Ok(text) }
    }

    pub(crate) fn optional_text(&self, name: &'static str) -> Result<Option<String>, ErrorResponse> {
        self.raw(name).map(|_| self.text(name)).transpose()
    }

    pub(crate) fn flag(&self, name: &'static str) -> Result<bool, ErrorResponse> {
        let Some(_) = self.raw(name) else { return Ok(false) };
        self.parsed(name).ok_or_else(|| ErrorResponse::field(name, "must be true or false"))
    }

    pub(crate) fn count(&self, name: &'static str, standard: u32) -> Result<u32, ErrorResponse> {
        let Some(_) = self.raw(name) else { return Ok(standard) };
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
        let currency = Currency::named(&code)
            .ok_or_else(|| ErrorResponse::field("currency", "must be one that the merchant is set up for"))?;
        let amount = currency.parse(text).ok_or_else(|| {
            ErrorResponse::field(
                "amount",
                "must be above zero, without an exponent and with its currency's decimals at most",
            )
        })?;
        Ok((amount, currency))
    }

    /// The card as such.
    pub(crate) fn card(&self) -> Result<&'static TestCard, ErrorResponse> {
        let number = self.text("pan")?;
        if !card::is_number(&number) {
            return Err(ErrorResponse::field("pan", "must be a card number"));
        }
        TestCard::by_number(&number).ok_or_else(|| {
            ErrorResponse::field("pan", "must be a well-known test card's: real cards have no place here")
        })
    }

    /// An address that a browser can be sent to.
    pub(crate) fn address(&self, name: &'static str) -> Result<String, ErrorResponse> {
        let text = self.text(name)?;
        let has_host = text.split_once("://").is_some_and(|(_, rest)| !rest.starts_with(['/', '?', '#']));
        if is_web_address(&text) && has_host {
            Ok(text)
        } else {
            Err(ErrorResponse::field(name, "must be an http or https address"))
        }
    }

    fn digits(&self, name: &'static str, lengths: &[usize], rule: &str) -> Result<String, ErrorResponse> {
        let text = self.text(name)?;
        let fits = lengths.contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
        if fits { Ok(text) } else { Err(ErrorResponse::field(name, rule)) }
    }

    /// The customer's address, which is checked and not kept.
    fn check_client(&self) -> Result<(), ErrorResponse> {
        if self.text("requestIp")?.parse::<IpAddr>().is_err() {
            return Err(ErrorResponse::field("requestIp", "must be an IP address"));
        }
        self.required("requestPort")?;
        let port = self.parsed::<u16>("requestPort").filter(|port| *port > 0);
        port.map(|_| ()).ok_or_else(|| ErrorResponse::field("requestPort", "must be a whole number from 1 to 65535"))
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

/// A card is good until the end of its month.
fn is_expired(year: &str, month: u8, now: OffsetDateTime) -> bool {
    let year: i32 = format!("20{year}").parse().unwrap_or_default();
    (year, month) < (now.year(), u8::from(now.month()))
}
