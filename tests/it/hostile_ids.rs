//! Whatever an id or a reference holds: each provider's request goes where the call says, with what the call carries.

use std::collections::BTreeSet;

use payments_core::ValidationError;
use payments_core::test_util::Script;
use payments_core::transport::Request;
use serde_json::Value;
use turratech::VersionExt as _;

use crate::support::{lira, pounds, rupees};

#[test]
fn no_id_and_no_reference_changes_where_a_request_goes_or_what_it_carries() {
    let texts = hostile();
    assert!(texts.len() >= 200, "{}", texts.len());
    let (mut sent, mut refused) = (0, 0);
    for (name, send) in WAYS {
        let plain = one_request(*send, PLAIN).unwrap().unwrap_or_else(|| panic!("{name} sends nothing"));
        let mut sent_here = 0;
        for text in &texts {
            match one_request(*send, text) {
                Ok(Some(request)) => {
                    check(name, &plain, &request, text);
                    sent_here += 1;
                }
                // It was a parameter's, and refused before anything was sent.
                Ok(None) => refused += 1,
                Err(invalid) => {
                    assert!(!invalid.field().is_empty(), "{invalid:?}");
                    assert!(text.len() < 4 || !invalid.to_string().contains(text.as_str()), "{invalid:?}");
                    refused += 1;
                }
            }
        }
        assert!(sent_here > 0, "{name} takes none of them");
        sent += sent_here;
    }
    println!("{} texts in {} places: {sent} sent as they are, {refused} refused", texts.len(), WAYS.len());
    assert!(sent > 1000 && refused > 1000, "{sent} sent, {refused} refused");
}

/// The request for `text` is that for a plain one with the text in its place, and no other byte changed.
#[track_caller]
fn check(name: &str, plain: &Request, request: &Request, text: &str) {
    let about = format!("{name} with {:?}: {}", text.chars().take(40).collect::<String>(), request.url());
    assert_eq!(request.method(), plain.method(), "{about}");
    match plain.url().split_once(PLAIN) {
        None => assert_eq!(request.url(), plain.url(), "{about}"),
        Some((before, behind)) => {
            let url = request.url();
            let part = url.strip_prefix(before).and_then(|rest| rest.strip_suffix(behind));
            assert!(part.is_some(), "{about}");
            let part = part.unwrap_or_default();
            let safe = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~%".contains(&byte);
            assert!(part.bytes().all(safe) && !matches!(part, "" | "." | ".."), "{about}");
            assert_eq!(decoded(part, false), text.as_bytes(), "{about}");
        }
    }
    let names = |request: &Request| request.headers().keys().map(ToString::to_string).collect::<BTreeSet<_>>();
    assert_eq!(names(request), names(plain), "{about}");
    assert_eq!(request.headers().len(), plain.headers().len(), "{about}");
    for (header, value) in plain.headers() {
        let expected = if value == PLAIN { text.as_bytes() } else { value.as_bytes() };
        // A fresh one is drawn for each call.
        if header != "idempotency-key" || value == PLAIN {
            assert_eq!(request.headers()[header].as_bytes(), expected, "{about}");
        }
    }
    let body = |request: &Request| request.body().as_ref().to_vec();
    if body(plain).starts_with(b"{") {
        let expected = with_text(serde_json::from_slice(&body(plain)).unwrap(), text);
        assert_eq!(serde_json::from_slice::<Value>(&body(request)).unwrap(), expected, "{about}");
    } else {
        let fields = |body: &[u8]| {
            let fields: Vec<_> = body.split(|byte| *byte == b'&').map(|field| decoded_bytes(field, true)).collect();
            fields
        };
        let expected: Vec<_> = fields(&body(plain)).into_iter().map(|field| in_place(&field, text)).collect();
        assert_eq!(fields(&body(request)), expected, "{about}");
    }
}

/// A JSON value with the text where the plain one stands.
fn with_text(value: Value, text: &str) -> Value {
    match value {
        Value::String(plain) if plain == PLAIN => Value::String(text.to_owned()),
        Value::Array(all) => all.into_iter().map(|value| with_text(value, text)).collect(),
        Value::Object(members) => members
            .into_iter()
            .map(|(name, value)| (name, with_text(value, text)))
            .collect::<serde_json::Map<_, _>>()
            .into(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value,
    }
}

fn in_place(field: &[u8], text: &str) -> Vec<u8> {
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

/// Texts that somebody would try in order to reach another endpoint, another header or another machine.
fn hostile() -> BTreeSet<String> {
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

/// The one request that is made with a text; nothing where it is refused as a parameter.
fn one_request(send: Send, text: &str) -> Result<Option<Request>, ValidationError> {
    // Nothing is answered, so that every call ends with its first request.
    let script = Script::new([]);
    send(&Clients::over(&script), text)?;
    let mut requests = script.requests();
    assert!(requests.len() <= 1, "{} requests", requests.len());
    Ok(requests.pop())
}

type Send = fn(&Clients, &str) -> Result<(), ValidationError>;

/// Sends a call, and does not care for what comes of it.
macro_rules! send {
    ($call:expr) => {{
        let call = $call.retry(payments_core::RetryPolicy::none());
        let _ = tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(call.send());
        Ok(())
    }};
}

/// Every place in every provider's requests where an id or a reference of the caller's can stand.
const WAYS: &[(&str, Send)] = &[
    ("turratech retrieve_payment", |to, text| send!(to.turratech.retrieve_payment(&text.parse()?))),
    ("turratech capture_payment", |to, text| send!(to.turratech.capture_payment(&text.parse()?))),
    ("turratech cancel_payment", |to, text| send!(to.turratech.cancel_payment(&text.parse()?))),
    ("turratech retrieve_refund", |to, text| send!(to.turratech.retrieve_refund(&text.parse()?))),
    ("turratech create_refund", |to, text| send!(to.turratech.create_refund(turratech::NewRefund::new(text.parse()?)))),
    ("turratech retrieve_customer", |to, text| send!(to.turratech.retrieve_customer(&text.parse()?))),
    ("turratech update_customer", |to, text| {
        send!(to.turratech.update_customer(&text.parse()?, turratech::CustomerDetails::new().name("Jo")))
    }),
    ("turratech delete_customer", |to, text| send!(to.turratech.delete_customer(&text.parse()?))),
    ("turratech update_subscription", |to, text| {
        send!(to.turratech.update_subscription(&text.parse()?, turratech::SubscriptionUpdate::new()))
    }),
    ("turratech cancel_subscription", |to, text| send!(to.turratech.cancel_subscription(&text.parse()?))),
    ("turratech attach_payment_method", |to, text| {
        send!(to.turratech.attach_payment_method(&text.parse()?, &"cus_1".parse()?))
    }),
    ("turratech attach_payment_method, customer", |to, text| {
        send!(to.turratech.attach_payment_method(&"pm_1".parse()?, &text.parse()?))
    }),
    ("turratech detach_payment_method", |to, text| send!(to.turratech.detach_payment_method(&text.parse()?))),
    ("turratech create_payment, metadata", |to, text| {
        send!(to.turratech.create_payment(turratech::NewPayment::new(pounds(2000)).metadata("order_id", text)))
    }),
    ("turratech list_payments", |to, text| {
        let mut list = to.turratech.list_payments(turratech::ListParams::new().starting_after(text.parse()?));
        let _ = tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(list.try_next());
        Ok(())
    }),
    ("turratech version", |to, text| send!(to.turratech.retrieve_payment(&"pay_1".parse()?).version(text))),
    ("turratech idempotency key", |to, text| {
        let key = turratech::IdempotencyKey::new(text, payments_core::time::OffsetDateTime::UNIX_EPOCH)?;
        send!(to.turratech.capture_payment(&"pay_1".parse()?).idempotency_key(key))
    }),
    ("turbopay order_status", |to, text| send!(to.turbopay.order_status(&text.parse()?))),
    ("turbopay lookup", |to, text| send!(to.turbopay.lookup(&text.parse()?))),
    ("turbopay create_deposit", |to, text| {
        send!(to.turbopay.create_deposit(turbopay::NewDeposit::upi(rupees(100), text.parse()?, "c-1".parse()?)))
    }),
    ("turbopay create_deposit, customer", |to, text| {
        send!(to.turbopay.create_deposit(turbopay::NewDeposit::upi(rupees(100), "o-1".parse()?, text.parse()?)))
    }),
    ("turbopay confirm_utr", |to, text| send!(to.turbopay.confirm_utr(&"o-1".parse()?, &text.parse()?))),
    ("turbopay confirm_utr, order", |to, text| send!(to.turbopay.confirm_utr(&text.parse()?, &"4093".parse()?))),
    ("turbo-txn lookup", |to, text| send!(to.turbo_txn.lookup(&text.parse()?))),
    ("turbo-txn initiate", |to, text| {
        send!(to.turbo_txn.initiate(turbo_txn::NewTransaction::new(text.parse()?, rupees(300), "https://m.example/")))
    }),
    ("turbo-link link", |to, text| send!(to.turbo_link.list_links(turbo_link::ListLinks::new().only(text.parse()?)))),
    ("turbo-link list, field", |to, text| {
        send!(to.turbo_link.list_links(turbo_link::ListLinks::new().field("reference", text)))
    }),
    ("card3ds capture", |to, text| send!(to.card3ds.capture(&text.parse()?, lira("100.50")))),
    ("card3ds checkout_status", |to, text| send!(to.card3ds.checkout_status(&text.parse()?))),
    ("card3ds complete", |to, text| {
        let stored: card3ds::PaymentId = text.parse()?;
        // What can be a payment's id needs no encoding in a form.
        let callback = card3ds::ThreeDsCallback::parse(format!("paymentId={text}&securityKey=k").as_bytes()).unwrap();
        send!(to.card3ds.complete_3ds(&stored, &callback))
    }),
    ("card3ds create_checkout", |to, text| {
        send!(to.card3ds.create_checkout(card3ds::NewCheckout::new(
            text.parse()?,
            lira("1"),
            "a book",
            "https://m.example/"
        )))
    }),
    ("card3ds create_checkout, customer", |to, text| {
        let checkout = card3ds::NewCheckout::new("o-1".parse()?, lira("1"), "a book", "https://m.example/");
        send!(to.card3ds.create_checkout(checkout.customer(text.parse()?)))
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

/// What every way takes, and what stands nowhere else in a request.
const PLAIN: &str = "plain-7f3a";
