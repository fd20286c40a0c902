use std::fmt;

use crate::luhn;

/// A card number that the sandbox takes: well known, and nobody's.
#[derive(Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct TestCard {
    /// What it is called on the checkout page: `visa`.
    pub name: &'static str,
    /// Its number.
    pub number: &'static str,
    /// `VISA`, `MASTERCARD`, `AMEX` or `TROY`.
    pub scheme: &'static str,
    /// `CREDIT` or `DEBIT`.
    pub card_type: &'static str,
    /// `DOM` or `INT`: issued in the merchant's country, or elsewhere.
    pub dom_int: &'static str,
    /// Its bank's loyalty programme.
    pub loyalty_code: Option<&'static str>,
    /// The code and the words that its bank declines it with, if it does.
    pub declines: Option<(&'static str, &'static str)>,
}

impl TestCard {
    pub(crate) fn by_number(number: &str) -> Option<&'static Self> {
        TEST_CARDS.iter().find(|card| card.number == number)
    }

    pub(crate) fn by_name(name: &str) -> Option<&'static Self> {
        TEST_CARDS.iter().find(|card| card.name == name)
    }

    /// The first six and the last four digits: `411111******1111`.
    #[must_use]
    pub fn mask(&self) -> String {
        let (first, rest) = self.number.split_at(6);
        let (hidden, last) = rest.split_at(rest.len() - 4);
        format!("{first}{}{last}", "*".repeat(hidden.len()))
    }

    /// Whether its bank lets a customer pay in parts.
    pub(crate) fn pays_in_parts(&self) -> bool {
        self.card_type == "CREDIT" && self.dom_int == "DOM"
    }
}

impl fmt::Debug for TestCard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TestCard").field("name", &self.name).field("number", &self.mask()).finish_non_exhaustive()
    }
}

/// What is kept of a card.
#[derive(Debug, Clone)]
pub(crate) struct StoredCard {
    pub(crate) holder: String,
    pub(crate) mask: String,
    pub(crate) scheme: &'static str,
    pub(crate) card_type: &'static str,
    pub(crate) dom_int: &'static str,
    pub(crate) loyalty_code: Option<&'static str>,
    /// What its bank will say, unless it lets it pay.
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

/// Whether a text is a card number as such: 13 to 19 digits, the last of which checks the others.
pub(crate) fn is_number(text: &str) -> bool {
    (13..=19).contains(&text.len()) && luhn::is_valid(text)
}

const EXPIRED: (&str, &str) = ("EXPIRED_CARD", "The card has expired");

const fn card(name: &'static str, number: &'static str, scheme: &'static str) -> TestCard {
    let (card_type, dom_int, loyalty_code, declines) = ("CREDIT", "DOM", None, None);
    TestCard { name, number, scheme, card_type, dom_int, loyalty_code, declines }
}

const fn declined(name: &'static str, number: &'static str, code: &'static str, message: &'static str) -> TestCard {
    TestCard { declines: Some((code, message)), ..card(name, number, "VISA") }
}

/// The card numbers that the sandbox's card3ds takes; any other is refused.
pub const TEST_CARDS: &[TestCard] = &[
    TestCard { loyalty_code: Some("GOLD123"), ..card("visa", "4111111111111111", "VISA") },
    // The document's.
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
    fn a_number_with_a_wrong_digit_or_of_a_wrong_length_is_none() {
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
