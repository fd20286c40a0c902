use payments_core::text::contains_any;

#[test]
fn a_word_is_found_anywhere_and_in_any_case() {
    for text in ["duplicate", "Order DUPLICATEd", r#"{"why":["orderDuplicate"]}"#, "the id  already\nexists"] {
        assert!(contains_any(text, &["Duplicate", "already"]), "{text}");
    }
    assert!(contains_any(b"\xff\xfeduplicate\xff", &["duplicate"]));
}

#[test]
fn a_missing_word_is_not_found() {
    for text in ["", "dupli cate", "alread", "d\u{fc}plicate"] {
        assert!(!contains_any(text, &["duplicate", "already"]), "{text}");
    }
    assert!(!contains_any("duplicate", &[]));
}
