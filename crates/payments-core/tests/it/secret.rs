use payments_core::Secret;

payments_core::secret_newtype! {
    /// Authenticates requests.
    pub(crate) struct ApiKey("api_key", "ACME_KEY_THAT_NOBODY_SETS");
}

#[test]
fn a_secret_shows_nothing_of_itself() {
    let secret = Secret::new("api_key", "sk-canary").unwrap();
    let key = ApiKey::new("sk-canary").unwrap();
    for shown in [format!("{secret:?}"), format!("{secret:#?}"), format!("{key:?}"), format!("{key:#?}")] {
        assert!(!shown.contains("canary"), "{shown}");
        assert!(shown.contains("[redacted]"), "{shown}");
    }
    assert_eq!(secret.expose(), "sk-canary");
    assert_eq!(key.expose(), "sk-canary");
}

#[test]
fn secrets_are_equal_only_when_they_are_the_same() {
    let secret = |text: &str| Secret::new("s", text).unwrap();
    assert_eq!(secret("abc"), secret("abc"));
    for other in ["abd", "bbc", "ab", "abcd", "ABC"] {
        assert_ne!(secret("abc"), secret(other));
    }
}

#[test]
fn a_secret_that_a_file_or_a_paste_has_spoilt_is_refused() {
    for odd in [
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
        let err = Secret::new("api_key", odd).unwrap_err();
        assert_eq!(err.field(), "api_key");
        assert!(
            odd.trim().is_empty() || !err.to_string().contains(odd.trim_matches('k')) || odd.contains(' '),
            "{err}"
        );
        assert!(ApiKey::new(odd).is_err());
    }
    let visible: String = ('!'..='~').collect();
    assert!(Secret::new("api_key", visible).is_ok());
}

#[test]
fn a_secret_that_is_not_in_the_environment_is_named() {
    let err = ApiKey::from_env().unwrap_err();
    assert_eq!(err.to_string(), "`ACME_KEY_THAT_NOBODY_SETS` is not set in the environment");
}
