use payments_core::text::contains_any;

#[test]
fn a_word_is_found_wherever_and_however_it_is_written() {
    for text in ["duplicate", "Order DUPLICATEd", r#"{"why":["orderDuplicate"]}"#, "the id  already\nexists"] {
        assert!(contains_any(text, &["Duplicate", "already"]), "{text}");
    }
    assert!(contains_any(b"\xff\xfeduplicate\xff", &["duplicate"]));
}

#[test]
fn what_is_not_there_is_not_found() {
    for text in ["", "dupli cate", "alread", "d\u{fc}plicate"] {
        assert!(!contains_any(text, &["duplicate", "already"]), "{text}");
    }
    assert!(!contains_any("duplicate", &[]));
}
