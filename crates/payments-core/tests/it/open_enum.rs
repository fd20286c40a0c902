use proptest::prelude::*;

payments_core::open_enum! {
    /// The status of an order.
    pub(crate) enum Status {
        /// Not yet paid.
        New = "new",
        /// Paid.
        Success = "success",
    }
}

#[test]
fn a_known_value_is_recognised_only_by_its_exact_text() {
    assert_eq!(Status::KNOWN, [Status::New, Status::Success]);
    for known in Status::KNOWN {
        assert_eq!(Status::from(known.as_str()), *known);
        assert_eq!(known.to_string(), known.as_str());
    }
    for similar in ["SUCCESS", "Success", " success", "success ", "success\n", "succes", "", "success\0", "ѕuccess"] {
        let status = Status::from(similar);
        assert!(matches!(status, Status::Unknown(_)), "{similar:?}");
        assert_eq!(status.as_str(), similar);
    }
}

#[test]
fn json_that_is_not_a_string_is_rejected() {
    for json in ["null", "1", "true", "[]", "{}", r#"{"success":null}"#] {
        assert!(serde_json::from_str::<Status>(json).is_err(), "{json}");
    }
}

#[test]
fn an_unknown_value_prints_as_received() {
    let unknown = Status::from("on_the_moon");
    assert_eq!(unknown.to_string(), "on_the_moon");
    assert_eq!(format!("{unknown:?}"), r#"Unknown("on_the_moon")"#);
    assert_eq!(format!("{unknown:>12}"), " on_the_moon");
    assert_ne!(unknown, Status::from("on_the_sun"));
    let Status::Unknown(value) = unknown else { panic!("the value is known") };
    assert_eq!(value.as_str(), "on_the_moon");
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_value_is_preserved_in_json(text: String) {
        let status = Status::from(text.as_str());
        let json = serde_json::to_string(&status).unwrap();
        prop_assert_eq!(&serde_json::from_str::<Status>(&json).unwrap(), &status);
        prop_assert_eq!(&serde_json::from_value::<Status>(serde_json::json!(text)).unwrap(), &status);
        prop_assert_eq!(status.as_str(), text);
    }
}
