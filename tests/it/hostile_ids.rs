//! Hostile ids and references never change where a request goes or what else it carries.

use std::collections::BTreeSet;

use payments_core::ValidationError;
use payments_core::test_util::Script;
use payments_core::transport::Request;
use serde_json::Value;
use turratech::VersionExt as _;

use crate::support::{lira, pounds, rupees};

#[test]
fn no_id_or_reference_changes_where_a_request_goes_or_what_else_it_carries() {
    let texts = hostile_texts();
    assert!(texts.len() >= 200, "{}", texts.len());
    let (mut sent, mut rejected) = (0, 0);
    for (name, send) in PLACES {
        let plain = one_request(*send, PLAIN).unwrap().unwrap_or_else(|| panic!("{name} sends no request"));
        let mut sent_at_place = 0;
        for text in &texts {
            match one_request(*send, text) {
                Ok(Some(request)) => {
                    check(name, &plain, &request, text);
                    sent_at_place += 1;
                }
                // Rejected as a parameter before the request was sent.
                Ok(None) => rejected += 1,
                Err(invalid) => {
                    assert!(!invalid.field().is_empty(), "{invalid:?}");
                    assert!(text.len() < 4 || !invalid.to_string().contains(text.as_str()), "{invalid:?}");
                    rejected += 1;
                }
            }
        }
        assert!(sent_at_place > 0, "{name} accepts none of the texts");
        sent += sent_at_place;
    }
    println!("{} texts in {} places: {sent} sent unchanged, {rejected} rejected", texts.len(), PLACES.len());
    assert!(sent > 1000 && rejected > 1000, "{sent} sent, {rejected} rejected");
}

/// Asserts that a request equals the one for [`PLAIN`], apart from the text that replaces it.
#[track_caller]
fn check(name: &str, plain: &Request, request: &Request, text: &str) {
    let context = format!("{name} with {:?}: {}", text.chars().take(40).collect::<String>(), request.url());
    assert_eq!(request.method(), plain.method(), "{context}");
    match plain.url().split_once(PLAIN) {
        None => assert_eq!(request.url(), plain.url(), "{context}"),
        Some((before, after)) => {
            let url = request.url();
            let part = url.strip_prefix(before).and_then(|rest| rest.strip_suffix(after));
            assert!(part.is_some(), "{context}");
            let part = part.unwrap_or_default();
            let safe = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~%".contains(&byte);
            assert!(part.bytes().all(safe) && !matches!(part, "" | "." | ".."), "{context}");
            assert_eq!(decoded(part, false), text.as_bytes(), "{context}");
        }
    }
    let names = |request: &Request| request.headers().keys().map(ToString::to_string).collect::<BTreeSet<_>>();
    assert_eq!(names(request), names(plain), "{context}");
    assert_eq!(request.headers().len(), plain.headers().len(), "{context}");
    for (header, value) in plain.headers() {
        let expected = if value == PLAIN { text.as_bytes() } else { value.as_bytes() };
        // Each call has a new random key.
        if header != "idempotency-key" || value == PLAIN {
            assert_eq!(request.headers()[header].as_bytes(), expected, "{context}");
        }
    }
    let body = |request: &Request| request.body().as_ref().to_vec();
    if body(plain).starts_with(b"{") {
        let expected = replace_plain_in_json(serde_json::from_slice(&body(plain)).unwrap(), text);
        assert_eq!(serde_json::from_slice::<Value>(&body(request)).unwrap(), expected, "{context}");
    } else {
        let fields = |body: &[u8]| {
            let fields: Vec<_> = body.split(|byte| *byte == b'&').map(|field| decoded_bytes(field, true)).collect();
            fields
        };
        let expected: Vec<_> = fields(&body(plain)).into_iter().map(|field| replace_plain(&field, text)).collect();
        assert_eq!(fields(&body(request)), expected, "{context}");
    }
}

/// Replaces [`PLAIN`] with the text in a JSON value.
fn replace_plain_in_json(value: Value, text: &str) -> Value {
    match value {
        Value::String(plain) if plain == PLAIN => Value::String(text.to_owned()),
        Value::Array(items) => items.into_iter().map(|value| replace_plain_in_json(value, text)).collect(),
        Value::Object(fields) => fields
            .into_iter()
            .map(|(name, value)| (name, replace_plain_in_json(value, text)))
            .collect::<serde_json::Map<_, _>>()
            .into(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value,
    }
}

fn replace_plain(field: &[u8], text: &str) -> Vec<u8> {
    let field = String::from_utf8(field.to_vec()).unwrap();
    field.replace(PLAIN, text).into_bytes()
}

fn decoded(text: &str, form: bool) -> Vec<u8> {
    decoded_bytes(text.as_bytes(), form)
}

fn decoded_bytes(mut text: &[u8], form: bool) -> Vec<u8> {
    let mut decoded = Vec::new();
    while let [first, rest @ ..] = text {
        (text, decoded) = match (first, rest) {
            (b'%', [high, low, rest @ ..]) => {
                let hex = String::from_utf8(vec![*high, *low]).unwrap();
                decoded.push(u8::from_str_radix(&hex, 16).unwrap());
                (rest, decoded)
            }
            (b'+', rest) if form => {
                decoded.push(b' ');
                (rest, decoded)
            }
            (byte, rest) => {
                decoded.push(*byte);
                (rest, decoded)
            }
        };
    }
    decoded
}

/// Returns texts that try to reach another endpoint, another header or another machine.
fn hostile_texts() -> BTreeSet<String> {
    let parts = [
        ".",
        "..",
        "/",
        "//",
        "\\",
        "%2e%2e",
        "%2E",
        "%2f",
        "%252f",
        "%00",
        "\0",
        "?",
        "?a=b",
        "#",
        "#x",
        "&",
        "&api_key=x",
        "=",
        ";",
        ":",
        "@",
        "@evil.example",
        "\r",
        "\n",
        "\r\n",
        "\r\nx-evil: 1",
        "\r\n\r\n",
        "\t",
        " ",
        "+",
        "\"",
        "'",
        "<",
        ">",
        "{",
        "}",
        "{id}",
        "[",
        "]",
        "|",
        "^",
        "`",
        "~",
        "*",
        "!",
        "$",
        ",",
        "\u{7f}",
        "\u{85}",
        "\u{a0}",
        "\u{200b}",
        "\u{202e}",
        "\u{2024}",
        "\u{2025}",
        "\u{2044}",
        "\u{2215}",
        "\u{ff0e}",
        "\u{ff0f}",
        "\u{feff}",
        "é",
        "е",
        "٣",
        "🔥",
        "\u{0}x",
    ];
    let mut all: BTreeSet<String> = parts.iter().map(|part| (*part).to_owned()).collect();
    for part in parts {
        all.extend([
            format!("{part}a"),
            format!("a{part}"),
            format!("a{part}b"),
            format!("{part}{part}"),
            format!("../{part}"),
        ]);
    }
    all.extend(
        ["", "a", "a.b", "a_b-c", "...", "capture", "null", "https://evil.example/", "//evil.example"]
            .map(str::to_owned),
    );
    all.extend(
        [("a", 10_240), ("../", 3_400), ("%2e", 3_400), ("é", 100), ("\r\n", 5_000), ("a", 100), ("a", 255)]
            .map(|(part, times): (&str, usize)| part.repeat(times)),
    );
    all
}

/// Returns the request that is sent with a text, or `None` if the text is rejected as a parameter.
fn one_request(send: SendCall, text: &str) -> Result<Option<Request>, ValidationError> {
    // The script has no replies, so that every call ends after its first request.
    let script = Script::new([]);
    send(&Clients::over(&script), text)?;
    let mut requests = script.requests();
    assert!(requests.len() <= 1, "{} requests", requests.len());
    Ok(requests.pop())
}

type SendCall = fn(&Clients, &str) -> Result<(), ValidationError>;

/// Sends a call and ignores its result.
macro_rules! send {
    ($call:expr) => {{
        let call = $call.retry(payments_core::RetryPolicy::none());
        let _ = tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(call.send());
        Ok(())
    }};
}

/// Each place in the requests of all providers for an id or a reference of the caller.
const PLACES: &[(&str, SendCall)] = &[
    ("turratech retrieve_payment", |clients, text| send!(clients.turratech.retrieve_payment(&text.parse()?))),
    ("turratech capture_payment", |clients, text| send!(clients.turratech.capture_payment(&text.parse()?))),
    ("turratech cancel_payment", |clients, text| send!(clients.turratech.cancel_payment(&text.parse()?))),
    ("turratech retrieve_refund", |clients, text| send!(clients.turratech.retrieve_refund(&text.parse()?))),
    ("turratech create_refund", |clients, text| {
        send!(clients.turratech.create_refund(turratech::NewRefund::new(text)))
    }),
    ("turratech retrieve_customer", |clients, text| send!(clients.turratech.retrieve_customer(&text.parse()?))),
    ("turratech update_customer", |clients, text| {
        send!(clients.turratech.update_customer(&text.parse()?, turratech::CustomerDetails::new().name("Jo")))
    }),
    ("turratech delete_customer", |clients, text| send!(clients.turratech.delete_customer(&text.parse()?))),
    ("turratech update_subscription", |clients, text| {
        send!(clients.turratech.update_subscription(&text.parse()?, turratech::SubscriptionUpdate::new()))
    }),
    ("turratech cancel_subscription", |clients, text| send!(clients.turratech.cancel_subscription(&text.parse()?))),
    ("turratech attach_payment_method", |clients, text| {
        send!(clients.turratech.attach_payment_method(&text.parse()?, &"cus_1".parse()?))
    }),
    ("turratech attach_payment_method, customer", |clients, text| {
        send!(clients.turratech.attach_payment_method(&"pm_1".parse()?, &text.parse()?))
    }),
    ("turratech detach_payment_method", |clients, text| send!(clients.turratech.detach_payment_method(&text.parse()?))),
    ("turratech create_payment, metadata", |clients, text| {
        send!(clients.turratech.create_payment(turratech::NewPayment::new(pounds(2000)).metadata("order_id", text)))
    }),
    ("turratech list_payments", |clients, text| {
        let mut list = clients.turratech.list_payments(turratech::ListParams::new().starting_after(text.parse()?));
        let _ = tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(list.try_next());
        Ok(())
    }),
    ("turratech version", |clients, text| send!(clients.turratech.retrieve_payment(&"pay_1".parse()?).version(text))),
    ("turratech idempotency key", |clients, text| {
        let key = turratech::IdempotencyKey::new(text, payments_core::time::OffsetDateTime::UNIX_EPOCH)?;
        send!(clients.turratech.capture_payment(&"pay_1".parse()?).idempotency_key(key))
    }),
    ("turbopay order_status", |clients, text| send!(clients.turbopay.order_status(&text.parse()?))),
    ("turbopay lookup", |clients, text| send!(clients.turbopay.lookup(&text.parse()?))),
    ("turbopay create_deposit", |clients, text| {
        send!(clients.turbopay.create_deposit(turbopay::NewDeposit::upi(rupees(100), text, "c-1")))
    }),
    ("turbopay create_deposit, customer", |clients, text| {
        send!(clients.turbopay.create_deposit(turbopay::NewDeposit::upi(rupees(100), "o-1", text)))
    }),
    ("turbopay confirm_utr", |clients, text| send!(clients.turbopay.confirm_utr(&"o-1".parse()?, &text.parse()?))),
    ("turbopay confirm_utr, order", |clients, text| {
        send!(clients.turbopay.confirm_utr(&text.parse()?, &"4093".parse()?))
    }),
    ("turbo-txn lookup", |clients, text| send!(clients.turbo_txn.lookup(&text.parse()?))),
    ("turbo-txn initiate", |clients, text| {
        send!(clients.turbo_txn.initiate(turbo_txn::NewTransaction::new(text, rupees(300), "https://m.example/")))
    }),
    ("turbo-link link", |clients, text| send!(clients.turbo_link.list_links(turbo_link::ListLinks::new().only(text)))),
    ("turbo-link list, field", |clients, text| {
        send!(clients.turbo_link.list_links(turbo_link::ListLinks::new().extra("reference", text)))
    }),
    ("card3ds capture", |clients, text| send!(clients.card3ds.capture_payment(&text.parse()?, lira("100.50")))),
    ("card3ds checkout_status", |clients, text| send!(clients.card3ds.checkout_status(&text.parse()?))),
    ("card3ds complete", |clients, text| {
        let stored: card3ds::PaymentId = text.parse()?;
        // Every valid payment id needs no encoding in a form.
        let callback = card3ds::ThreeDsCallback::parse(format!("paymentId={text}&securityKey=k").as_bytes()).unwrap();
        send!(clients.card3ds.complete_3ds(&stored, &callback))
    }),
    ("card3ds create_checkout", |clients, text| {
        send!(clients.card3ds.create_checkout(card3ds::NewCheckout::new(
            text,
            lira("1"),
            "a book",
            "https://m.example/"
        )))
    }),
    ("card3ds create_checkout, customer", |clients, text| {
        let checkout = card3ds::NewCheckout::new("o-1", lira("1"), "a book", "https://m.example/");
        send!(clients.card3ds.create_checkout(checkout.customer(text)))
    }),
];

struct Clients {
    turratech: turratech::Client,
    turbopay: turbopay::Client,
    turbo_txn: turbo_txn::Client,
    turbo_link: turbo_link::Client,
    card3ds: card3ds::Client,
}

impl Clients {
    fn over(script: &Script) -> Self {
        let clock = payments_core::test_util::ManualClock::at(payments_core::time::OffsetDateTime::UNIX_EPOCH);
        macro_rules! over {
            ($builder:expr) => {
                $builder
                    .transport(script.clone())
                    .clock(clock.clone())
                    .timer(clock.clone())
                    .retry(payments_core::RetryPolicy::none())
            };
        }
        let turratech = turratech::Client::builder(turratech::ApiKey::new("sk_test_1").unwrap());
        let turbopay = turbopay::Client::builder(turbopay::ApiKey::new("key").unwrap());
        let turbo_txn = turbo_txn::Client::builder(
            turbo_txn::ClientId::new("id").unwrap(),
            turbo_txn::SecretKey::new("key").unwrap(),
        );
        let turbo_link = turbo_link::Client::builder(turbo_link::ApiKey::new("key").unwrap());
        let card3ds =
            card3ds::Client::builder(card3ds::ApiKey::new("key").unwrap(), card3ds::ApiSecret::new("secret").unwrap());
        Self {
            turratech: over!(turratech).build().unwrap(),
            turbopay: over!(turbopay)
                .status_url("https://m.example/status")
                .redirect_url("https://m.example/return")
                .traffic(turbopay::Traffic::Standard)
                .build()
                .unwrap(),
            turbo_txn: over!(turbo_txn).base_url("https://turbo.example").build().unwrap(),
            turbo_link: over!(turbo_link).build().unwrap(),
            card3ds: over!(card3ds).base_url("https://acquirer.example").build().unwrap(),
        }
    }
}

/// A text that every place accepts and that occurs nowhere else in a request.
const PLAIN: &str = "plain-7f3a";
