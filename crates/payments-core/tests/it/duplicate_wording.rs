//! Words with which a provider says that an order was already executed.

use payments_core::DuplicateWording;

const WORDING: DuplicateWording = DuplicateWording {
    words: &["already", "duplicate", "mükerrer", "daha önce", "yapılmış"],
    negations: &["has not already been", "not a duplicate"],
};

#[test]
fn the_words_are_found_in_strings_at_any_depth() {
    for body in [
        r#"{"message":"Order already paid"}"#,
        r#"{"a":[{"b":["x","DUPLICATE order"]}]}"#,
        r#"{"message":"al\u0072eady paid"}"#,
        r#"["already"]"#,
        "already paid",
        "{\"message\":\"already",
    ] {
        assert!(WORDING.occurs_in(body.as_bytes()), "{body}");
    }
}

#[test]
fn names_of_members_are_not_searched() {
    assert!(!WORDING.occurs_in(br#"{"already_paid":false,"duplicate":{"of":"x"}}"#));
    assert!(!WORDING.occurs_in(br#"[{"already_paid":false}]"#));
}

#[test]
fn case_and_encoding_hide_nothing() {
    for text in
        ["ALREADY", "Mükerrer işlem", "MÜKERRER", "DAHA ÖNCE", "YAPILMIŞ", "yapılmış", "YAPıLMIş", "daha once\u{301}"]
    {
        let found = WORDING.occurs_in_text(text);
        assert_eq!(found, text != "daha once\u{301}", "{text}");
    }
    assert!(!WORDING.occurs_in_text("mkerrer"), "a missing letter is another word");
    let latin = |text: &str| text.chars().map(|c| u8::try_from(u32::from(c)).unwrap_or(b'?')).collect::<Vec<u8>>();
    assert!(WORDING.occurs_in(&[b"{\"m\":\"", &*latin("daha önce"), b"\"}"].concat()), "in ISO-8859-9");
    assert!(WORDING.occurs_in(r#"{"m":"daha Ã¶nce"}"#.as_bytes()), "UTF-8 read as Latin-1");
}

#[test]
fn a_negated_phrase_is_no_match_unless_another_follows() {
    assert!(!WORDING.occurs_in_text("The order has not already been paid"));
    assert!(!WORDING.occurs_in_text("This is NOT a duplicate"));
    assert!(WORDING.occurs_in_text("This is not a duplicate; it was already paid"));
    assert!(!WORDING.occurs_in_text("Insufficient funds"));
}
