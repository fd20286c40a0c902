use payments_core::clock::{Clock as _, ForwardClock, SystemClock};
use payments_core::connection::Credentials;
use payments_core::test_util::{Reply, Script};
use payments_core::time::OffsetDateTime;
use payments_core::{Error, ErrorKind, Outcome, Settings, Timeouts};
use std::time::Duration;

use crate::support::{Client, KEYED, PAYMENT_JSON, scripted_settings};

fn connect(change: impl FnOnce(&mut Settings)) -> Result<(Client, Script), Error> {
    let script = Script::new([Reply::json(200, PAYMENT_JSON)]);
    let mut settings =
        scripted_settings(&script, &payments_core::test_util::ManualClock::at(OffsetDateTime::UNIX_EPOCH));
    change(&mut settings);
    Ok((Client::try_new(settings, &KEYED, None)?, script))
}

fn connect_to(base_url: &str) -> Result<(Client, Script), Error> {
    connect(|settings| settings.base_url = Some(base_url.to_owned()))
}

#[tokio::test]
async fn requests_go_to_the_base_url() {
    for (base, url) in [
        ("https://api.acme.test", "https://api.acme.test/payments"),
        ("https://api.acme.test/", "https://api.acme.test/payments"),
        ("https://api.acme.test///", "https://api.acme.test/payments"),
        ("https://api.acme.test/v1", "https://api.acme.test/v1/payments"),
        ("https://api.acme.test:8443/v1/x-y_z.w~/", "https://api.acme.test:8443/v1/x-y_z.w~/payments"),
        ("https://API.acme.test", "https://API.acme.test/payments"),
        ("https://203.0.113.7", "https://203.0.113.7/payments"),
        ("https://[2001:db8::1]:443", "https://[2001:db8::1]:443/payments"),
        ("http://localhost:8080", "http://localhost:8080/payments"),
        ("http://127.0.0.1", "http://127.0.0.1/payments"),
        ("http://127.255.0.9:1", "http://127.255.0.9:1/payments"),
        ("http://[::1]:8080/v1", "http://[::1]:8080/v1/payments"),
    ] {
        let (client, script) = connect_to(base).unwrap_or_else(|err| panic!("{base}: {err}"));
        client.retrieve().send().await.unwrap();
        assert_eq!(script.requests()[0].url(), url);
    }
}

#[test]
fn an_unsafe_base_url_is_rejected() {
    for base in [
        "",
        " ",
        "/",
        "api.acme.test",
        "//api.acme.test",
        "https:",
        "https:/",
        "https://",
        "https:///",
        "https:///evil.test",
        "https:api.acme.test",
        "https:/api.acme.test",
        "https:\\\\api.acme.test",
        "ftp://api.acme.test",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "HTTPS://api.acme.test",
        " https://api.acme.test",
        "https://api.acme.test ",
        "ht\ttps://a.test",
        "https://api.acme.test\n",
        "https://api.acme.test\r\nx: y",
        "https://api.acme.test/\0",
        // `http` to a host that is not a loopback address.
        "http://api.acme.test",
        "http://10.0.0.1",
        "http://0.0.0.0",
        "http://192.168.0.1:8080",
        "http://[::]",
        "http://[::2]",
        "http://127.0.0.1.evil.com",
        "http://localhost.evil.com",
        "http://evil-localhost",
        "http://localhost.",
        "http://127.0.0.1.",
        "http://128.0.0.1",
        "http://0x7f.0.0.1",
        "http://0177.0.0.1",
        "http://2130706433",
        "http://127.1",
        "http://[::ffff:127.0.0.1]",
        "http://localhost@evil.com",
        "http://127.0.0.1:80@evil.com",
        "http://127.0.0.1\\@evil.com",
        "http://127.0.0.1%2eevil.com",
        "http://[::1",
        "http://::1",
        "http://[::1].evil.com",
        "http://[::1]evil.com",
        // User names and passwords.
        "https://user@api.acme.test",
        "https://user:secret@api.acme.test",
        "https://:@api.acme.test",
        "https://@api.acme.test",
        "https://api.acme.test@evil.com",
        "https://api.acme.test%40evil.com",
        // Queries and fragments.
        "https://api.acme.test?x",
        "https://api.acme.test/?",
        "https://api.acme.test/v1?x=y",
        "https://api.acme.test#x",
        "https://api.acme.test/#",
        "https://evil.com#@api.acme.test",
        "https://evil.com?@api.acme.test",
        // Invalid hosts, and hosts that two parsers may read differently.
        "https://api acme.test",
        "https://api.acme.test\\evil.com",
        "https://api\\.acme.test",
        "https://%61pi.acme.test",
        "https://ápi.acme.test",
        "https://аpi.acme.test",
        "https://api。acme.test",
        "https://💰.test",
        "https://api.acme.test\u{202e}",
        "https://api_acme.test",
        "https://api.acme.test,evil.com",
        "https://api.acme.test;evil.com",
        "https://[api.acme.test",
        "https://a<b>.test",
        "https://a|b.test",
        "https://a^b.test",
        "https://a`b.test",
        "https://{a}.test",
        "https://*.acme.test",
        // Invalid ports.
        "https://api.acme.test:",
        "https://api.acme.test:0",
        "https://api.acme.test:65536",
        "https://api.acme.test:99999999999",
        "https://api.acme.test:80:90",
        "https://api.acme.test:http",
        "https://api.acme.test:-1",
        "https://api.acme.test:+80",
        "https://:443",
        "http://localhost:x",
        "http://[::1]:",
        // Paths with `.` and `..` segments or special characters.
        "https://api.acme.test/..",
        "https://api.acme.test/../x",
        "https://api.acme.test/v1/../..",
        "https://api.acme.test/.",
        "https://api.acme.test/./x",
        "https://api.acme.test/%2e%2e",
        "https://api.acme.test/a%2fb",
        "https://api.acme.test/a b",
        "https://api.acme.test/a\\b",
        "https://api.acme.test/é",
        "https://api.acme.test/;x",
        "https://api.acme.test/@evil.com",
        "https://api.acme.test/a:b",
        "https://api.acme.test/{id}",
    ] {
        match connect_to(base) {
            Ok(_) => panic!("{base:?} was accepted"),
            Err(err) => {
                assert_eq!((err.kind(), err.outcome()), (ErrorKind::InvalidRequest, Outcome::NotSent), "{base:?}");
                assert_eq!(err.param(), Some("base_url"), "{base:?}");
                assert!(!format!("{err} {err:?}").contains("secret"), "{err:?}");
            }
        }
    }
}

/// Connects with plain `http` to the host `sandbox`, which the merchant allowed.
fn connect_in_plain<'a>(base_url: &str, credentials: impl Into<Credentials<'a>>) -> Result<Client, Error> {
    let settings = Settings::builder().base_url(base_url).plain_http_host("sandbox").build();
    Client::try_with_credentials(settings, &KEYED, None, credentials)
}

#[test]
fn plain_http_is_allowed_to_one_named_host_with_test_keys() {
    for key in ["sandbox_api_1", "test_1", "sk_test_1", "Bearer sk_test_1"] {
        for base_url in ["http://sandbox:8080/v1", "http://sandbox", "http://SANDBOX/v1"] {
            connect_in_plain(base_url, &[("x-api-key", key)]).unwrap_or_else(|err| panic!("{base_url}, {key}: {err}"));
        }
        connect_in_plain("http://sandbox", Credentials::in_body("api_key", key)).unwrap();
    }
    let two = [("x-api-key", "sandbox_1"), ("x-api-secret", "test_1")];
    let version = Credentials::in_headers(&two).and_public_header("acme-version", "2024-01-01");
    connect_in_plain("http://sandbox", version).unwrap();
}

#[test]
fn plain_http_is_refused_for_any_other_key_and_names_it() {
    let live = "live-key-canary";
    let refused = |credentials: Credentials<'_>, field: &str| {
        let err = connect_in_plain("http://sandbox:8080", credentials).unwrap_err();
        assert_eq!((err.kind(), err.outcome()), (ErrorKind::Configuration, Outcome::NotSent));
        let rule = format!(
            "the key in `{field}` must start with `sandbox_`, `test_` or `sk_test_`, because `base_url` uses plain http"
        );
        assert!(err.to_string().contains(&rule), "{err}");
        assert!(!format!("{err} {err:?}").contains("canary"), "{err:?}");
    };
    for key in [live, "sk_live_1", "attest_1", "TEST_1", "x sandbox_1 live", "Bearer sk_live_test_1", ""] {
        refused(Credentials::in_headers(&[("x-api-key", key)]), "x-api-key");
        refused(Credentials::in_body("api_key", key), "api_key");
    }
    refused(Credentials::in_headers(&[("x-api-key", "sandbox_1"), ("x-api-secret", live)]), "x-api-secret");
    // Without a key, nothing says that it is a test.
    refused(Credentials::in_headers(&[]), "credentials");
    refused(Credentials::in_headers(&[]).and_public_header("x-version", "test_1"), "credentials");
    // The same key is no problem over TLS or on this machine.
    for base_url in ["https://sandbox:8443", "http://localhost:8080"] {
        connect_in_plain(base_url, &[("x-api-key", live)]).unwrap();
    }
}

#[test]
fn a_client_with_plain_http_does_not_change_to_another_key() {
    let client = connect_in_plain("http://sandbox", &[("x-api-key", "test_1")]).unwrap();
    assert!(client.connection.with_credentials(&[("x-api-key", "test_2")]).is_ok());
    let err = client.connection.with_credentials(&[("x-api-key", "live_1")]).unwrap_err();
    assert_eq!(err.kind(), ErrorKind::Configuration);
}

#[test]
fn plain_http_is_allowed_to_no_other_host() {
    for base_url in [
        "http://sandbox.evil.com",
        "http://evil.com",
        "http://sandbo",
        "http://sandbox@evil.com",
        "http://xsandbox",
        "http://10.0.0.1",
    ] {
        let err = connect_in_plain(base_url, &[("x-api-key", "test_1")]).unwrap_err();
        assert_eq!(err.param(), Some("base_url"), "{base_url}");
    }
}

#[test]
fn the_system_clock_is_not_read_before_a_clock_of_ones_own_can_replace_it() {
    // The compiler cannot read a clock.
    const CLOCK: SystemClock = SystemClock::new();
    assert!(CLOCK.monotonic() <= SystemClock::new().monotonic(), "all of them count from the same moment");
}

#[test]
fn a_forward_clock_follows_a_later_time_and_never_goes_back() {
    let (clock, system, hour) = (ForwardClock::new(), SystemClock::new(), Duration::from_secs(3600));
    let before = clock.monotonic();
    assert!(clock.now() >= system.now() - Duration::from_secs(1) && clock.now() <= system.now());

    clock.clone().catch_up(system.now() + hour);
    assert!(clock.now() >= system.now() + hour - Duration::from_secs(1), "a clone is the same clock");
    assert!(clock.monotonic() >= before + hour - Duration::from_secs(1), "deadlines are an hour nearer");

    clock.catch_up(system.now() - hour);
    assert!(clock.now() >= system.now() + hour - Duration::from_secs(1), "an earlier time changes nothing");
    clock.catch_up(OffsetDateTime::new_utc(time::Date::MAX, time::Time::MIDNIGHT));
    assert_eq!(clock.now().year(), 9999, "the last time there is does not overflow");
}

#[test]
fn a_base_url_is_required_if_the_provider_documents_none() {
    let settings = Settings::default();
    let err = settings.connect(&KEYED, None, &[], None).unwrap_err();
    assert_eq!(err.kind(), ErrorKind::Configuration);
    assert!(err.to_string().contains("`base_url` is required"), "{err}");
}

#[tokio::test]
async fn every_request_has_the_common_headers() {
    let (client, script) = connect(|settings| settings.application = Some("shop/2.1 (staging)".into())).unwrap();
    client.pay().send().await.unwrap();
    let requests = script.requests();
    let headers = requests[0].headers();
    for (name, value) in [
        ("user-agent", "acme/0.1.0 shop/2.1 (staging)"),
        ("accept", "application/json"),
        ("accept-encoding", "identity"),
        ("content-type", "application/json"),
        ("x-api-key", crate::support::API_KEY),
    ] {
        assert_eq!(headers.get_all(name).iter().collect::<Vec<_>>(), [value], "{name}");
    }
    assert_eq!(headers.len(), 5);
    assert!(headers["x-api-key"].is_sensitive());
}

#[test]
fn an_application_name_that_is_not_a_valid_header_value_is_rejected() {
    for invalid in ["shop\r\nx-evil: 1", "shop\n", "sh\0p", "shöp", "🛒", "shop\u{7f}", "sh\top"] {
        let err = connect(|settings| settings.application = Some(invalid.into())).unwrap_err();
        assert_eq!(err.param(), Some("application"), "{invalid:?}");
    }
}

#[test]
fn credentials_that_are_not_valid_header_values_are_rejected_and_not_printed() {
    let credentials = [("x-api-key", "canary\r\nx-evil: 1")];
    let err = Settings::default().connect(&KEYED, Some("https://a.test"), &credentials, None).unwrap_err();
    assert_eq!(err.kind(), ErrorKind::Configuration);
    assert!(!format!("{err} {err:?}").contains("canary"));
    let (client, _) = connect(|_| {}).unwrap();
    assert!(client.connection.with_credentials(&credentials).is_err());
}

#[test]
fn a_timeout_of_zero_is_rejected() {
    let second = Duration::from_secs(1);
    for timeouts in [
        Timeouts::default().total(Duration::ZERO).attempt(second),
        Timeouts::default().total(second).attempt(Duration::ZERO),
    ] {
        assert_eq!(connect(|settings| settings.timeouts = timeouts).unwrap_err().kind(), ErrorKind::Configuration);
    }
    assert_eq!(Timeouts::default(), Timeouts::default().total(second * 60).attempt(second * 30));
}
