use payments_core::Secret;

payments_core::secret_newtype! {
    /// The API key that authenticates requests.
    pub(crate) struct ApiKey("api_key", "ACME_API_KEY_UNSET_IN_TESTS");
}

#[test]
fn a_secret_is_printed_redacted() {
    let secret = Secret::new("api_key", "sk-canary").unwrap();
    let key = ApiKey::new("sk-canary").unwrap();
    for printed in [format!("{secret:?}"), format!("{secret:#?}"), format!("{key:?}"), format!("{key:#?}")] {
        assert!(!printed.contains("canary"), "{printed}");
        assert!(printed.contains("[redacted]"), "{printed}");
    }
    assert_eq!(secret.expose(), "sk-canary");
    assert_eq!(key.expose(), "sk-canary");
}

#[test]
fn secrets_are_equal_only_if_their_texts_are() {
    let secret = |text: &str| Secret::new("s", text).unwrap();
    assert_eq!(secret("abc"), secret("abc"));
    for other in ["abd", "bbc", "ab", "abcd", "ABC"] {
        assert_ne!(secret("abc"), secret(other));
    }
}

#[test]
fn a_secret_with_whitespace_or_invisible_characters_is_rejected() {
    for invalid in [
        "",
        " ",
        "k\n",
        "k\r\n",
        "\nk",
        " k",
        "k ",
        "k k",
        "k\tk",
        "k\0",
        "k\u{7f}",
        "k\u{a0}",
        "k\u{200b}",
        "clé",
        "k\u{feff}",
        "\u{1b}[0m",
        "k\u{2028}",
        "🔑",
    ] {
        let err = Secret::new("api_key", invalid).unwrap_err();
        assert_eq!(err.field(), "api_key");
        assert!(
            invalid.trim().is_empty() || !err.to_string().contains(invalid.trim_matches('k')) || invalid.contains(' '),
            "{err}"
        );
        assert!(ApiKey::new(invalid).is_err());
    }
    let visible: String = ('!'..='~').collect();
    assert!(Secret::new("api_key", visible).is_ok());
}

#[test]
fn a_missing_environment_variable_is_named() {
    let err = ApiKey::from_env().unwrap_err();
    assert_eq!(err.to_string(), "`ACME_API_KEY_UNSET_IN_TESTS` is not set in the environment");
}
