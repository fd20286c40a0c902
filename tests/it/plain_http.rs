//! Plain `http` to one named host, as in a compose file: with test keys only, in every crate.

use turbopay::{Error, ErrorKind, Outcome};

const URL: &str = "http://sandbox:8080";

/// Builds a client of each provider with this key, or changes to this key later.
fn results(text: &str) -> Vec<(&'static str, Result<(), Error>)> {
    let turratech = |text: &str| {
        let key = turratech::ApiKey::new(text.replace("test_1", "sk_test_1").replace("live_1", "sk_live_1"));
        key.map_err(Error::from)
    };
    let connect_turratech =
        |text: &str| turratech::Client::builder(turratech(text)?).base_url(URL).plain_http_host("sandbox").build();
    let turbo_txn = |text: &str| -> Result<_, Error> {
        Ok((turbo_txn::ClientId::new("test_1")?, turbo_txn::SecretKey::new(text)?))
    };
    let connect_turbo_txn = |text: &str| {
        let (id, key) = turbo_txn(text)?;
        turbo_txn::Client::builder(id, key).base_url(URL).plain_http_host("sandbox").build()
    };
    let connect_turbo_link = |text: &str| {
        let key = turbo_link::ApiKey::new(text)?;
        turbo_link::Client::builder(key).base_url(URL).plain_http_host("sandbox").build()
    };
    let card3ds =
        |text: &str| -> Result<_, Error> { Ok((card3ds::ApiKey::new("test_1")?, card3ds::ApiSecret::new(text)?)) };
    let connect_card3ds = |text: &str| {
        let (key, secret) = card3ds(text)?;
        card3ds::Client::builder(key, secret).base_url(URL).plain_http_host("sandbox").build()
    };
    let connect_turbopay = |text: &str| {
        turbopay::Client::builder(turbopay::ApiKey::new(text)?).base_url(URL).plain_http_host("sandbox").build()
    };
    let change = |text: &str| -> Vec<(&'static str, Result<(), Error>)> {
        let test = "test_1";
        let (id, key) = turbo_txn(text).unwrap();
        let (api_key, secret) = card3ds(text).unwrap();
        vec![
            ("turratech", connect_turratech(test).unwrap().with_credentials(turratech(text).unwrap()).map(drop)),
            ("turbo-txn", connect_turbo_txn(test).unwrap().with_credentials(id, key).map(drop)),
            (
                "turbo-link",
                connect_turbo_link(test).unwrap().with_credentials(turbo_link::ApiKey::new(text).unwrap()).map(drop),
            ),
            ("card3ds", connect_card3ds(test).unwrap().with_credentials(api_key, secret).map(drop)),
            (
                "turbopay",
                connect_turbopay(test).unwrap().with_credentials(turbopay::ApiKey::new(text).unwrap()).map(drop),
            ),
        ]
    };
    let mut results = vec![
        ("turratech", connect_turratech(text).map(drop)),
        ("turbo-txn", connect_turbo_txn(text).map(drop)),
        ("turbo-link", connect_turbo_link(text).map(drop)),
        ("card3ds", connect_card3ds(text).map(drop)),
        ("turbopay", connect_turbopay(text).map(drop)),
    ];
    results.extend(change(text));
    results
}

#[test]
fn every_client_accepts_a_test_key() {
    for (provider, result) in results("test_1") {
        result.unwrap_or_else(|err| panic!("{provider}: {err}"));
    }
}

#[test]
fn every_client_refuses_a_live_key() {
    for (provider, result) in results("live_1") {
        let err = result.expect_err(provider);
        assert_eq!((err.kind(), err.outcome()), (ErrorKind::Configuration, Outcome::NotSent), "{provider}");
        assert!(err.to_string().contains("must start with `sandbox_`, `test_` or `sk_test_`"), "{provider}: {err}");
        assert!(!format!("{err} {err:?}").contains("live_1"), "{provider}: {err:?}");
    }
}
