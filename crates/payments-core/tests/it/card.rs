use payments_core::{CardNumber, Expiry, SecurityCode, mask_card_numbers};
use proptest::prelude::*;

/// Test numbers that card schemes and processors publish.
const TEST_NUMBERS: [&str; 12] = [
    "4111111111111111",
    "4012888888881881",
    "4222222222222",
    "5555555555554444",
    "2223003122003222",
    "378282246310005",
    "371449635398431",
    "6011111111111117",
    "30569309025904",
    "3530111333300000",
    "6304000000000000",
    "6759649826438453",
];

/// Appends the check digit that makes `digits` a card number.
fn with_check_digit(digits: &str) -> String {
    let append = |check_digit: u32| format!("{digits}{check_digit}");
    (0..10).map(append).find(|number| passes_luhn(number)).unwrap()
}

/// The Luhn check, implemented differently from the one in the crate.
fn passes_luhn(number: &str) -> bool {
    let doubled = [0, 2, 4, 6, 8, 1, 3, 5, 7, 9];
    let digits: Vec<usize> = number.bytes().rev().map(|byte| usize::from(byte - b'0')).collect();
    let sum: usize =
        digits.iter().enumerate().map(|(index, digit)| if index % 2 == 0 { *digit } else { doubled[*digit] }).sum();
    sum.is_multiple_of(10)
}

fn masked(number: &str) -> String {
    format!("{}{}{}", &number[..6], "*".repeat(number.len() - 10), &number[number.len() - 4..])
}

#[test]
fn published_test_numbers_are_accepted_and_printed_masked() {
    for number in TEST_NUMBERS {
        let card: CardNumber = number.parse().unwrap();
        assert_eq!(card.expose(), number);
        assert_eq!(card.masked(), masked(number));
        for printed in [format!("{card}"), format!("{card:?}"), format!("{card:#?}")] {
            assert!(printed.contains(&masked(number)) && !printed.contains(number), "{printed}");
        }
    }
}

#[test]
fn a_union_pay_number_needs_no_valid_check_digit_and_is_masked_in_any_text() {
    let number = "6240008631401149";
    assert!(!passes_luhn(number));
    let card: CardNumber = number.parse().unwrap();
    assert_eq!((card.expose(), card.masked()), (number, masked(number)));
    for text in [
        number,
        "6240 0086 3140 1149",
        "card 6240008631401149 declined",
        "6240008631401149123",
        "pan=6240008631401149,",
    ] {
        check_masked(text, number);
    }
    check_masked("62400086314011491227916", number);
    assert!("6240008631401149123".parse::<CardNumber>().is_ok());
    // Other schemes, and shorter or longer numbers, need their check digit and their length.
    for invalid in ["6340008631401149", "624000863140114", "62400086314011491234", "0624000863140114"] {
        assert!(invalid.parse::<CardNumber>().is_err(), "{invalid}");
    }
    for other in ["6340008631401149", "62400086314011", "order 0624000863140114"] {
        assert_eq!(mask_card_numbers(other), other);
    }
}

#[test]
fn spaces_and_hyphens_are_ignored() {
    for text in ["4111 1111 1111 1111", "4111-1111-1111-1111", "4111 1111-11111111"] {
        assert_eq!(text.parse::<CardNumber>().unwrap().expose(), "4111111111111111");
    }
}

#[test]
fn a_number_has_12_to_19_digits() {
    for length in 1..=30 {
        let number = with_check_digit(&"4".repeat(length - 1));
        assert_eq!(number.parse::<CardNumber>().is_ok(), (12..=19).contains(&length), "{number}");
    }
}

#[test]
fn a_wrong_digit_or_two_swapped_digits_are_detected() {
    let valid = b"4012888888881881";
    for index in 0..valid.len() {
        for digit in b'0'..=b'9' {
            let mut wrong = *valid;
            wrong[index] = digit;
            let text = std::str::from_utf8(&wrong).unwrap();
            assert_eq!(text.parse::<CardNumber>().is_ok(), digit == valid[index], "{text}");
        }
    }
    for index in 1..valid.len() {
        let mut swapped = *valid;
        swapped.swap(index - 1, index);
        let text = std::str::from_utf8(&swapped).unwrap();
        // The Luhn check does not distinguish 09 from 90, but this number contains neither.
        assert_eq!(text.parse::<CardNumber>().is_ok(), swapped == *valid, "{text}");
    }
}

#[test]
fn an_invalid_card_number_is_rejected_and_not_quoted() {
    for text in [
        "",
        "4111111111111112",
        "4111 1111 1111 111x",
        "4111.1111.1111.1111",
        "٤١١١١١١١١١١١١١١١",
        "４１１１１１１１１１１１１１１１",
        "4111111111111111\n",
        "4111111111111111\0",
        "+4111111111111111",
    ] {
        let err = text.parse::<CardNumber>().unwrap_err();
        assert_eq!(err.field(), "card_number");
        assert!(!err.to_string().contains("4111"), "{err}");
    }
    assert!("4".repeat(10_240).parse::<CardNumber>().is_err());
}

#[test]
fn card_numbers_are_equal_if_their_digits_are() {
    let card = |text: &str| text.parse::<CardNumber>().unwrap();
    assert_eq!(card("4111 1111 1111 1111"), card("4111111111111111"));
    assert_ne!(card("4111111111111111"), card("4012888888881881"));
    assert_ne!(card("4222222222222"), card("4111111111111111"));
}

#[test]
fn a_security_code_has_three_or_four_digits_and_is_never_printed() {
    for valid in ["000", "123", "9999"] {
        let code: SecurityCode = valid.parse().unwrap();
        assert_eq!(code.expose(), valid);
        assert!(!format!("{code:?} {code:#?}").contains(valid));
    }
    for invalid in ["", "1", "12", "12345", "12a", " 123", "123 ", "१२३", "12\n", "-12"] {
        let err = invalid.parse::<SecurityCode>().unwrap_err();
        assert_eq!(err.field(), "security_code");
        assert!(invalid.is_empty() || !err.to_string().contains(invalid) || invalid.len() < 3, "{err}");
    }
    assert_eq!("123".parse::<SecurityCode>().unwrap(), "123".parse().unwrap());
    assert_ne!("123".parse::<SecurityCode>().unwrap(), "124".parse().unwrap());
}

#[test]
fn an_expiry_date_has_a_year_of_four_or_two_digits_and_is_not_printed() {
    assert!(Expiry::new(0, 2030).is_err());
    assert!(Expiry::new(13, 2030).is_err());
    assert!(Expiry::new(12, 1999).is_err());
    assert!(Expiry::new(12, 2100).is_err());
    assert!(Expiry::new(12, 100).is_err());
    assert_eq!(Expiry::new(12, 30), Expiry::new(12, 2030));
    assert_eq!((Expiry::new(1, 0), Expiry::new(1, 99)), (Expiry::new(1, 2000), Expiry::new(1, 2099)));
    assert!(Expiry::new(1, 2000).is_ok());
    assert!(Expiry::new(12, 2099).is_ok());
    let expiry = Expiry::new(7, 2031).unwrap();
    assert_eq!((expiry.month(), expiry.year()), (7, 2031));
    assert_eq!(format!("{expiry:?}"), "Expiry([redacted])");
    assert!(Expiry::new(12, 2030).unwrap() < Expiry::new(1, 2031).unwrap());
}

#[test]
fn an_expiry_date_is_parsed_as_it_is_printed_on_cards() {
    for text in ["04/28", "4/28", "04/2028", " 04 / 28 ", "04-28", "04 - 2028"] {
        assert_eq!(text.parse::<Expiry>(), Expiry::new(4, 2028), "{text}");
    }
    for text in [
        "", "/", "04", "0428", "04/", "/28", "04/8", "04/028", "004/28", "13/28", "00/28", "04/1928", "04/28/1",
        "+4/28", "04/+8", "４/28", "2028-04",
    ] {
        let err = text.parse::<Expiry>().unwrap_err();
        assert_eq!((err.field().starts_with("expiry"), err.to_string().contains("28/1")), (true, false), "{text}");
    }
}

#[track_caller]
fn check_masked(text: &str, number: &str) {
    let masked = mask_card_numbers(text);
    let digits: String = masked.chars().filter(char::is_ascii_digit).collect();
    // At most the first six or the last four digits stay visible in sequence.
    assert!(!digits.contains(&number[..number.len() - 4]), "{masked}");
    assert!(!digits.contains(&number[6..]), "{masked}");
}

#[test]
fn a_card_number_in_a_message_is_masked() {
    let number = "4111111111111111";
    for (text, masked) in [
        ("card 4111111111111111 declined", "card 411111******1111 declined"),
        ("4111111111111111", "411111******1111"),
        ("(4111111111111111)", "(411111******1111)"),
        // The first fifteen digits pass the check as well.
        ("4242424242424242", "424242******4242"),
        ("pan=4111111111111111;exp=12/27", "pan=411111******1111;exp=12/27"),
        ("नंबर4111111111111111।", "नंबर411111******1111।"),
    ] {
        assert_eq!(mask_card_numbers(text), masked);
    }
    check_masked("4111 1111 1111 1111", number);
    check_masked("4111-1111-1111-1111 ", number);
    check_masked("4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1", number);
    // A security code that follows without a space is masked as well.
    assert!(mask_card_numbers("4111111111111111916").ends_with("11***"));
    assert_eq!(mask_card_numbers("\u{ff14}111111111111111"), "\u{ff14}11111******1111");
}

#[test]
fn a_card_number_next_to_other_numbers_is_masked() {
    let number = "4012888888881881";
    for text in [
        "card 4012888888881881 12/27 declined",
        "4012888888881881 1227",
        "4012 8888 8888 1881 12-27 123",
        "order 7 4012888888881881",
        "order 2024-01-15 4012888888881881",
        "1 4012 8888 8888 1881 2",
        "retry 3 4012-8888-8888-1881-5",
        "4111111111111111 4012888888881881",
        "4111111111111111-4012888888881881",
        "123456789012345678901234567890 4012888888881881",
        "4012888888881881 123456789012345678901234567890",
        "4012.8888.8888.1881",
        "4012/8888/8888/1881",
        "4012\t8888\u{a0}8888 1881",
        "4012888888881881916",
        "40128888888818811227916",
    ] {
        check_masked(text, number);
    }
}

#[test]
fn other_text_is_not_changed() {
    for text in [
        "",
        "order-7421",
        "4111111111111112",
        "12345678901",
        "UPI ref 407312345677x",
        "300.10 INR",
        "2024-01-15",
        "- - -",
        "₹ 1 000",
        "123456789012345678901234567890",
        "no digits at all\n",
        "1-2 3",
        "7 ",
    ] {
        assert_eq!(mask_card_numbers(text), text);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_number_is_accepted_only_with_its_check_digit(digits in "[0-9]{11,18}", offset in 1_u32..10) {
        let number = with_check_digit(&digits);
        prop_assert!(number.parse::<CardNumber>().is_ok());
        let last = number[digits.len()..].parse::<u32>().unwrap();
        let wrong = format!("{digits}{}", (last + offset) % 10);
        // A UnionPay number may have any check digit.
        prop_assert_eq!(wrong.parse::<CardNumber>().is_ok(), digits.starts_with("62") && digits.len() >= 15);
    }

    #[test]
    fn a_card_number_is_masked_anywhere_in_a_message(
        before in "([0-9]{1,5}[ -])?[a-z ]{0,9}([0-9]{1,4}[ -]){0,3}",
        digits in "[2-6][0-9]{14}",
        after in "([ -][0-9]{1,4}){0,3}[a-z ]{0,9}",
    ) {
        let number = with_check_digit(&digits);
        let masked = mask_card_numbers(&format!("{before}{number}{after}"));
        prop_assert!(!masked.contains(&number[..12]) && !masked.contains(&number[6..]), "{}", masked);
    }

    #[test]
    fn masking_changes_nothing_but_digits(text: String) {
        let masked = mask_card_numbers(&text);
        prop_assert_eq!(masked.chars().count(), text.chars().count());
        for (before, after) in text.chars().zip(masked.chars()) {
            prop_assert!(before == after || (before.is_numeric() && after == '*'));
        }
    }
}
