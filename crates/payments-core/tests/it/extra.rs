//! Parameters by name: which are refused, and what is printed.

use payments_core::Extra;

fn extra(name: &str, value: &impl serde::Serialize) -> Extra {
    let mut extra = Extra::default();
    extra.insert(name, value);
    extra
}

#[test]
fn a_name_that_the_sdk_sends_itself_is_refused_in_any_case_of_its_letters() {
    for name in ["orderId", "ORDERID", "orderid"] {
        let err = extra(name, &1).check(&["amount", "orderId"]).unwrap_err();
        assert_eq!(err.to_string(), "`orderId` has a setter of its own: use it instead of `extra`");
    }
    assert!(extra("orderIds", &1).check(&["amount", "orderId"]).is_ok());
}

#[test]
fn a_parameter_needs_a_name_and_a_value_that_is_json() {
    assert_eq!(extra("", &1).check(&[]).unwrap_err().field(), "extra");
    assert!(extra("note", &()).check(&[]).unwrap_err().rule().starts_with("must not be null"));
    let not_json = std::collections::BTreeMap::from([((1, 2), 3)]);
    assert_eq!(extra("note", &not_json).check(&[]).unwrap_err().rule(), "cannot be written as JSON");
}

#[test]
fn a_field_of_a_form_is_a_string_a_number_or_a_boolean() {
    for (value, text) in [(serde_json::json!("a b"), "a b"), (1.into(), "1"), (true.into(), "true")] {
        assert_eq!(extra("note", &value).fields().unwrap(), [("note", text.to_owned())]);
    }
    for value in [serde_json::json!([1]), serde_json::json!({"a": 1})] {
        assert_eq!(extra("note", &value).fields().unwrap_err().field(), "note");
    }
}

#[test]
fn debug_and_errors_show_names_only_and_mask_card_numbers_in_them() {
    let parameter = extra("4111111111111111", &"canary");
    let printed = format!("{parameter:?} {}", extra("4111111111111111", &()).check(&[]).unwrap_err());
    assert!(printed.contains("411111******1111"), "{printed}");
    assert!(!printed.contains("canary") && !printed.contains("4111111111111111"), "{printed}");
}
