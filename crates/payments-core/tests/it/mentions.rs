use payments_core::api::mentions;

#[test]
fn a_word_is_found_wherever_and_however_it_is_written() {
    for text in ["duplicate", "Order DUPLICATEd", r#"{"why":["orderDuplicate"]}"#, "the id  already\nexists"] {
        assert!(mentions(text, &["Duplicate", "already"]), "{text}");
    }
    assert!(mentions(b"\xff\xfeduplicate\xff", &["duplicate"]));
}

#[test]
fn what_is_not_there_is_not_found() {
    for text in ["", "dupli cate", "alread", "d\u{fc}plicate"] {
        assert!(!mentions(text, &["duplicate", "already"]), "{text}");
    }
    assert!(!mentions("duplicate", &[]));
}
