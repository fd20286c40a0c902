use proptest::prelude::*;

payments_core::open_enum! {
    /// Where an order stands.
    pub(crate) enum Status {
        /// Not yet paid.
        New = "new",
        /// Paid.
        Success = "success",
    }
}

#[test]
fn known_values_are_known_by_their_exact_text() {
    assert_eq!(Status::KNOWN, [Status::New, Status::Success]);
    for known in Status::KNOWN {
        assert_eq!(Status::from(known.as_str()), *known);
        assert_eq!(known.to_string(), known.as_str());
    }
    for near in ["SUCCESS", "Success", " success", "success ", "success\n", "succes", "", "success\0", "ѕuccess"] {
        let status = Status::from(near);
        assert!(matches!(status, Status::Unknown(_)), "{near:?}");
        assert_eq!(status.as_str(), near);
    }
}

#[test]
fn what_is_not_a_text_is_no_status() {
    for odd in ["null", "1", "true", "[]", "{}", r#"{"success":null}"#] {
        assert!(serde_json::from_str::<Status>(odd).is_err(), "{odd}");
    }
}

#[test]
fn an_unknown_value_prints_as_it_came() {
    let odd = Status::from("on_the_moon");
    assert_eq!(odd.to_string(), "on_the_moon");
    assert_eq!(format!("{odd:?}"), r#"Unknown("on_the_moon")"#);
    assert_eq!(format!("{odd:>12}"), " on_the_moon");
    assert_ne!(odd, Status::from("on_the_sun"));
    let Status::Unknown(value) = odd else { panic!("known") };
    assert_eq!(value.as_str(), "on_the_moon");
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_value_survives_json(text: String) {
        let status = Status::from(text.as_str());
        let json = serde_json::to_string(&status).unwrap();
        prop_assert_eq!(&serde_json::from_str::<Status>(&json).unwrap(), &status);
        prop_assert_eq!(&serde_json::from_value::<Status>(serde_json::json!(text)).unwrap(), &status);
        prop_assert_eq!(status.as_str(), text);
    }
}
