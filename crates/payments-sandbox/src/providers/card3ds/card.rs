use std::fmt;

use crate::luhn;

/// A well-known test card. The sandbox accepts no other cards.
#[derive(Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct TestCard {
    /// The name on the checkout page: `visa`.
    pub name: &'static str,
    /// The card number.
    pub number: &'static str,
    /// `VISA`, `MASTERCARD`, `AMEX` or `TROY`.
    pub scheme: &'static str,
    /// `CREDIT` or `DEBIT`.
    pub card_type: &'static str,
    /// `DOM` if the card was issued in the merchant's country, otherwise `INT`.
    pub dom_int: &'static str,
    /// The loyalty programme of the card's bank.
    pub loyalty_code: Option<&'static str>,
    /// The result code and message if the bank declines the card.
    pub declines: Option<(&'static str, &'static str)>,
}

impl TestCard {
    pub(crate) fn by_number(number: &str) -> Option<&'static Self> {
        TEST_CARDS.iter().find(|card| card.number == number)
    }

    pub(crate) fn by_name(name: &str) -> Option<&'static Self> {
        TEST_CARDS.iter().find(|card| card.name == name)
    }

    /// Returns the masked number with the first six and the last four digits: `411111******1111`.
    #[must_use]
    pub fn mask(&self) -> String {
        let (first, rest) = self.number.split_at(6);
        let (hidden, last) = rest.split_at(rest.len() - 4);
        format!("{first}{}{last}", "*".repeat(hidden.len()))
    }

    /// True if the card's bank offers installments.
    pub(crate) fn offers_installments(&self) -> bool {
        self.card_type == "CREDIT" && self.dom_int == "DOM"
    }
}

impl fmt::Debug for TestCard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TestCard").field("name", &self.name).field("number", &self.mask()).finish_non_exhaustive()
    }
}

/// The stored details of a card, without its number.
#[derive(Debug, Clone)]
pub(crate) struct StoredCard {
    pub(crate) holder: String,
    pub(crate) mask: String,
    pub(crate) scheme: &'static str,
    pub(crate) card_type: &'static str,
    pub(crate) dom_int: &'static str,
    pub(crate) loyalty_code: Option<&'static str>,
    /// The result code and message if the bank declines the card.
    pub(crate) declines: Option<(&'static str, &'static str)>,
}

impl StoredCard {
    pub(crate) fn of(card: &TestCard, holder: String, expired: bool) -> Self {
        Self {
            holder,
            mask: card.mask(),
            scheme: card.scheme,
            card_type: card.card_type,
            dom_int: card.dom_int,
            loyalty_code: card.loyalty_code,
            declines: if expired { Some(EXPIRED) } else { card.declines },
        }
    }
}

/// True if the text has the form of a card number: 13 to 19 digits with a valid check digit, or of UnionPay.
pub(crate) fn is_number(text: &str) -> bool {
    (13..=19).contains(&text.len()) && luhn::is_card_number(text)
}

const EXPIRED: (&str, &str) = ("EXPIRED_CARD", "The card has expired");

const fn card(name: &'static str, number: &'static str, scheme: &'static str) -> TestCard {
    let (card_type, dom_int, loyalty_code, declines) = ("CREDIT", "DOM", None, None);
    TestCard { name, number, scheme, card_type, dom_int, loyalty_code, declines }
}

const fn declined(name: &'static str, number: &'static str, code: &'static str, message: &'static str) -> TestCard {
    TestCard { declines: Some((code, message)), ..card(name, number, "VISA") }
}

/// The cards that the simulated card3ds accepts. Any other card number is rejected.
pub const TEST_CARDS: &[TestCard] = &[
    TestCard { loyalty_code: Some("GOLD123"), ..card("visa", "4111111111111111", "VISA") },
    // From the document's sample.
    card("mastercard", "5421190122090656", "MASTERCARD"),
    card("troy", "9792030394440796", "TROY"),
    TestCard { card_type: "DEBIT", ..card("visa-debit", "4000056655665556", "VISA") },
    TestCard { dom_int: "INT", ..card("visa-foreign", "4242424242424242", "VISA") },
    TestCard { dom_int: "INT", ..card("mastercard-foreign", "5555555555554444", "MASTERCARD") },
    TestCard { dom_int: "INT", ..card("amex", "378282246310005", "AMEX") },
    declined("declined", "4000000000000002", "DO_NOT_HONOR", "The card was declined"),
    declined("insufficient-funds", "4000000000009995", "INSUFFICIENT_FUNDS", "There is not enough money on the card"),
    declined("expired", "4000000000000069", EXPIRED.0, EXPIRED.1),
    declined("wrong-cvv", "4000000000000127", "INVALID_CVV", "The CVV is wrong"),
];

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::{TEST_CARDS, is_number};

    #[test]
    fn every_test_card_is_a_card_number_and_is_named_once() {
        let names: HashSet<&str> = TEST_CARDS.iter().map(|card| card.name).collect();
        assert_eq!(names.len(), TEST_CARDS.len());
        for card in TEST_CARDS {
            assert!(is_number(card.number), "{}", card.name);
        }
    }

    #[test]
    fn a_number_with_a_wrong_digit_or_of_a_wrong_length_is_not_a_card_number() {
        for text in ["4111111111111112", "411111111111", "41111111111111111111", "4111 1111 1111 1111", ""] {
            assert!(!is_number(text), "{text}");
        }
    }

    #[test]
    fn a_mask_is_as_long_as_the_number() {
        let masks: Vec<String> = TEST_CARDS.iter().map(super::TestCard::mask).collect();
        assert!(masks.contains(&"411111******1111".to_owned()) && masks.contains(&"378282*****0005".to_owned()));
    }
}
