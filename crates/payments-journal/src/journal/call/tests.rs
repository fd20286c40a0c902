//! What is stored of an error: never a provider's text.

use payments_core::test_util::error;
use payments_core::{ErrorKind, Outcome};

use super::{is_code, words};

#[test]
fn only_what_a_client_says_about_its_own_settings_is_stored_in_its_words() {
    let said = "configuration: an error of `test_util`";
    assert_eq!(words(&error(ErrorKind::Configuration, Outcome::NotSent)), said);
    assert_eq!(words(&error(ErrorKind::Configuration, Outcome::Refused)), "configuration");
    assert_eq!(words(&error(ErrorKind::InvalidRequest, Outcome::NotSent)), ErrorKind::InvalidRequest.as_str());
}

#[test]
fn a_code_is_short_and_has_neither_words_nor_a_number() {
    let longest = "a".repeat(64);
    for code in ["E-1", "card_declined", "customer.address[0]", "123456", longest.as_str()] {
        assert!(is_code(code), "{code}");
    }
    let too_long = "a".repeat(65);
    for text in ["", "not enough money", "1234567", "a1b2c3d4e5f6g7", "caf\u{e9}", "a@b", too_long.as_str()] {
        assert!(!is_code(text), "{text}");
    }
}
