//! The stored forms of all requests.

use std::mem::size_of;
use std::net::SocketAddr;
use std::time::Duration;

use payments_core::gateway::*;
use payments_core::time::OffsetDateTime;
use payments_core::{Card, Currency, Expiry, IdempotencyKey, Money};
use proptest::prelude::*;

use super::Request;
use super::stored::StoredRequestError;

fn inr(minor: i64) -> Money {
    Money::from_minor(minor, Currency::INR)
}

fn card(holder: &str) -> Card {
    Card::new(holder, "5421190122090656".parse().unwrap(), Expiry::new(4, 2028).unwrap(), "9163".parse().unwrap())
}
