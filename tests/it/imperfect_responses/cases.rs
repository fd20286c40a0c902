//! One table: what the provider sends, and the right result. The base of each body is the document's sample.

use payments_test_json::Message;

use super::exchange::{Exchange, Reading};
use super::{card3ds, turbo_link, turbo_txn, turbopay, turratech};

/// What the provider sends: the sample with a few members replaced, or other bytes.
#[derive(Clone, Copy)]
enum Sends {
    With(&'static [(&'static str, &'static str)]),
    Without(&'static str),
    /// Another body.
    Body(&'static str),
    /// The sample after a byte order mark.
    ByteOrderMark,
    /// A body that is not UTF-8.
    Bytes(&'static [u8]),
}
use Sends::{Body, ByteOrderMark, Bytes, With, Without};

impl Sends {
    fn body(self, exchange: &Exchange) -> Vec<u8> {
        let sample = Message::new(exchange.sample);
        match self {
            With(members) => {
                members.iter().fold(sample, |body, (path, value)| body.with(path, value)).to_string().into()
            }
            Without(path) => sample.without(path).to_string().into(),
            Body(body) => body.into(),
            ByteOrderMark => format!("\u{feff}{}", exchange.sample).into(),
            Bytes(body) => body.to_vec(),
        }
    }
}

/// The call or webhook; the HTTP status, 0 for the sample's; the body; the right result.
type Case = (&'static Exchange, u16, Sends, &'static str);

/// Messages whose descriptive members or amounts differ from the document.
const READING: &[Case] = &[
    (
        &turbopay::HOST_TO_HOST_DEPOSIT,
        0,
        With(&[("deep_links", "[]")]),
        "3e7a1c5b username@bankname new, 0 links, 300 s, passes, noted: deep_links",
    ),
    (
        &turbopay::HOST_TO_HOST_DEPOSIT,
        0,
        With(&[("order_expiration_seconds", "600")]),
        "3e7a1c5b username@bankname new, 2 links, 600 s, passes, noted: order_expiration_seconds",
    ),
    (&turbopay::BALANCE, 0, With(&[("account_id", "7")]), "7 INR, -2.2800, passes, noted: account_id"),
    (
        &turbopay::WEBHOOK,
        0,
        With(&[("utr", "409876543210"), ("error_code", "402"), ("reason", "7")]),
        "849655cf O_XVajPtgGFk173LluM5oKb success, 500.00, 409876543210, 7, 402, passes, noted: reason utr error_code",
    ),
    (
        &turbopay::WEBHOOK,
        0,
        With(&[("status", "\"cancelled\""), ("amount", "null")]),
        "849655cf O_XVajPtgGFk173LluM5oKb cancelled, -, 409876543210, some reason, ERR_001, does not pass",
    ),
    (
        &turbopay::WEBHOOK,
        0,
        Without("amount"),
        "849655cf O_XVajPtgGFk173LluM5oKb success, -, 409876543210, some reason, ERR_001, does not pass",
    ),
    (
        &turbopay::WEBHOOK,
        0,
        With(&[("reason", r#""ok \ud83d""#)]),
        "849655cf O_XVajPtgGFk173LluM5oKb success, 500.00, 409876543210, ok \u{fffd}, ERR_001, passes, noted: reason",
    ),
    (&turbopay::WEBHOOK, 0, With(&[("order_id", r#""849655cf\ud83d""#)]), "unreadable at order_id"),
    (
        &turbopay::WEBHOOK,
        0,
        ByteOrderMark,
        "849655cf O_XVajPtgGFk173LluM5oKb success, 500.00, 409876543210, some reason, ERR_001, passes",
    ),
    (
        &turbopay::WEBHOOK,
        0,
        With(&[("amount", r#""1,500.00""#)]),
        "849655cf O_XVajPtgGFk173LluM5oKb success, 1,500.00, 409876543210, some reason, ERR_001, does not pass",
    ),
    (
        &turratech::RETRIEVE_PAYMENT,
        0,
        With(&[("metadata", "[]")]),
        "pay_1NqQXYZ123456789 succeeded, cus_ABC123, does not pass, noted: metadata",
    ),
    (
        &turratech::CREATE_PLAIN_PAYMENT,
        200,
        With(&[("customer", r#"{"id":"cus_1","object":"customer"}"#)]),
        "pay_1NqQXYZ123456789 succeeded, cus_1, passes",
    ),
    (
        &turratech::LIST_PAYMENTS,
        0,
        With(&[("data[1].customer", r#"{"id":"cus_1","object":"customer"}"#)]),
        "pay_3+pay_2+pay_1 succeeded+succeeded+succeeded, -+cus_1+-, passes",
    ),
    (
        &turratech::CREATE_PLAIN_PAYMENT,
        402,
        Body(r#"{"error":{"type":"card_error","code":402,"message":"Your card was declined."}}"#),
        "refused: declined, says Your card was declined.",
    ),
    (
        &turbo_txn::LOOKUP,
        0,
        With(&[("data.txnStatus", "\"Rejected\""), ("data.amount", "0")]),
        "TestTurboTxn001 Rejected, final, does not pass",
    ),
    (&turbo_link::LIST, 0, With(&[("line_items[0].created", "null")]), "abc123 of 1 completed, passes"),
    (
        &turbo_link::LIST,
        0,
        With(&[("line_items[0].created", "\"0000-00-00 00:00:00\"")]),
        "abc123 of 1 completed, passes, noted: line_items[0].created",
    ),
    (
        &turbo_link::LIST,
        0,
        With(&[("line_items[0].convenience_fee.value", "\"3%\"")]),
        "abc123 of 1 completed, does not pass",
    ),
    (
        &card3ds::PAYMENT,
        0,
        With(&[("currency", "\"949\"")]),
        "123e4567-e89b-12d3-a456-426614174000 ORD-12345 SUCCESS, 100.50 TRY, passes",
    ),
    (
        &card3ds::PAYMENT,
        0,
        With(&[("currency", "\"TL\"")]),
        "123e4567-e89b-12d3-a456-426614174000 ORD-12345 SUCCESS, TL, does not pass",
    ),
    (
        &card3ds::PAYMENT,
        400,
        Bytes(b"{\"status\":\"FAILED\",\"resultMessage\":\"Yetersiz bakiye, l\xfctfen ba\xfeka kart\"}"),
        "refused: declined, says Yetersiz bakiye, l\u{fffd}tfen ba\u{fffd}ka kart",
    ),
    (&card3ds::PAYMENT, 401, Body(""), "refused: authentication"),
    (
        &card3ds::PAYMENT,
        422,
        Body(r#"{"status":"FAILED","resultMessage":"Transaction could not be completed"}"#),
        "refused: declined, says Transaction could not be completed",
    ),
];

/// Messages that must not be taken for the expected ones.
const GUARDS: &[Case] = &[
    (
        &card3ds::PAYMENT,
        0,
        With(&[("status", "\"FAILED\""), ("orderId", "\"ORD-99999\"")]),
        "unknown: malformed response, at orderId, id 123e4567-e89b-12d3-a456-426614174000, status FAILED, amount 100.50",
    ),
    (
        &card3ds::PAYMENT,
        0,
        With(&[("currency", "\"USD\"")]),
        "unknown: malformed response, at currency, id 123e4567-e89b-12d3-a456-426614174000, status SUCCESS, amount 100.50",
    ),
    (
        &card3ds::CHECKOUT_STATUS,
        0,
        With(&[("currency", "\"USD\"")]),
        "123e4567-e89b-12d3-a456-426614174000 ORD-12345 SUCCESS, 100.50 USD, does not pass",
    ),
    (
        &card3ds::PAYMENT,
        422,
        Body(r#"{"status":"FAILED","resultMessage":"Payment already completed"}"#),
        "unknown: conflict, says Payment already completed",
    ),
    (&card3ds::PAYMENT, 401, Body("<html><h1>Unauthorized</h1></html>"), "unknown: malformed response"),
    (
        &turbopay::LOOKUP_OF_007,
        0,
        With(&[("merchant_order_id", "7")]),
        "unknown: malformed response, at merchant_order_id, id 849655cf, status success, amount 500.00",
    ),
    (
        &turratech::CREATE_PAYMENT,
        0,
        With(&[("metadata", "[]")]),
        "unknown: malformed response, at metadata, id pay_1NqQXYZ123456789, status succeeded, amount 2000",
    ),
    (&turbo_txn::LOOKUP, 0, With(&[("data.amount", "0")]), "TestTurboTxn001 Approved, final, does not pass"),
    (
        &turbopay::WEBHOOK,
        0,
        With(&[("amount", r#""1.500,00""#)]),
        "849655cf O_XVajPtgGFk173LluM5oKb success, 1.500,00, 409876543210, some reason, ERR_001, does not pass",
    ),
];

/// Messages whose meaning is easily mistaken.
const MEANING: &[Case] = &[
    // Not waiting for the customer: a payout has none.
    (&turbopay::PAYOUT, 0, With(&[]), "5d4b0e68 Processing, passes"),
    // Another provider must not be tried.
    (
        &turbopay::HOSTED_DEPOSIT,
        422,
        Body(r#"{"message":"The merchant order id has already been taken."}"#),
        "unknown: conflict, says The merchant order id has already been taken.",
    ),
    (
        &turbopay::AVAILABLE_BALANCE,
        0,
        With(&[("available_balance", "\"1234.5678\"")]),
        "unknown: malformed response, at available_balance, amount 1234.5678",
    ),
    (
        &turbopay::BALANCE,
        0,
        With(&[("available_balance", "\"1234.5678\"")]),
        "alisa-test INR, 1234.5678, does not pass",
    ),
    // The error carries what was read, because a person needs it.
    (
        &card3ds::CAPTURE_OF_40,
        0,
        With(&[("amount", "100.50")]),
        "unknown: malformed response, at amount, id 123e4567-e89b-12d3-a456-426614174000, status SUCCESS, amount 100.50",
    ),
    (
        &card3ds::CAPTURE_OF_40,
        0,
        With(&[("amount", "40.00"), ("paymentId", "\"00000000-e89b-12d3-a456-426614174000\"")]),
        "unknown: malformed response, at paymentId, id 00000000-e89b-12d3-a456-426614174000, status SUCCESS, amount 40.00",
    ),
];

#[track_caller]
fn check(cases: &[Case]) {
    let mut wrong = Vec::new();
    for (exchange, status, sends, right) in cases {
        let status = if *status == 0 { exchange.status } else { *status };
        let body = sends.body(exchange);
        let read = (exchange.read)(status, &body).to_string();
        if read != *right {
            wrong.push(format!(
                "{exchange:?}, {status} {}\n   right: {right}\n   read:  {read}",
                String::from_utf8_lossy(&body)
            ));
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn an_imperfect_message_is_read_as_far_as_no_decision_depends_on_the_difference() {
    check(READING);
}

#[test]
fn a_message_about_another_order_or_another_amount_is_never_confirmed() {
    check(GUARDS);
}

#[test]
fn a_message_means_what_the_provider_says_and_no_more() {
    check(MEANING);
}

#[test]
fn a_failed_card3ds_payment_is_declined_whatever_its_amount_and_ids_are() {
    for members in [
        &[("amount", "\"\""), ("currency", "\"\"")][..],
        &[("amount", "0")],
        &[("paymentId", "null")],
        &[("paymentId", "null"), ("orderId", "null"), ("amount", "null"), ("currency", "null")],
    ] {
        for exchange in card3ds::PAYMENTS {
            let sample = Message::new(exchange.sample).with("status", "\"FAILED\"");
            let body = members.iter().fold(sample, |body, (path, value)| body.with(path, value)).to_string();
            match exchange.read(&body) {
                // `into_success` of a payment is the same refusal.
                Reading::Read(facts) => assert_eq!((&*facts.status, facts.passes), ("FAILED", false), "{body}"),
                read => assert!(read.to_string().starts_with("refused: declined"), "{exchange:?}: {body}: {read}"),
            }
            for status in [400, 402, 422] {
                let read = (exchange.read)(status, body.as_bytes()).to_string();
                assert!(read.starts_with("refused: declined"), "{exchange:?}: {status} {body}: {read}");
            }
        }
    }
}

#[test]
fn a_message_of_an_earlier_order_is_a_conflict_at_every_operation_under_every_status() {
    let earlier = [
        "Duplicate order",
        "This order is already paid",
        "The pre-authorization was already captured",
        "could not be completed: already paid",
        "Mükerrer işlem",
        "BU SİPARİŞ DAHA ÖNCE ÖDENMİŞTİR",
        "Tutar daha önce çekilmiş",
    ];
    let negated = ["Transaction could not be completed", "The order has not been paid", "İşlem tamamlanamadı"];
    for exchange in card3ds::WRITES {
        for status in [200, 201, 400, 402, 403, 404, 409, 422] {
            let with_message = |message: &str| {
                let message = serde_json::Value::from(message);
                let body = format!(r#"{{"status":"FAILED","success":false,"resultMessage":{message}}}"#);
                (exchange.read)(status, body.as_bytes())
            };
            for message in earlier {
                let read = with_message(message).to_string();
                assert!(read.starts_with("unknown: conflict"), "{exchange:?}, {status} {message}: {read}");
            }
            for message in negated {
                let read = with_message(message).to_string();
                let is_no_conflict = !read.contains("conflict") || status == 409;
                assert!(is_no_conflict, "{exchange:?}, {status} {message}: {read}");
            }
        }
    }
    // The same payment, looked up: `into_success` and the gateway confirm nothing.
    for exchange in [&card3ds::CHECKOUT_STATUS, &card3ds::STATE] {
        let sample = Message::new(exchange.sample).with("status", "\"FAILED\"");
        let read = exchange.read(sample.with("resultMessage", "\"Order already paid\"").to_string()).facts();
        assert!(!read.passes && read.status != "Failed", "{exchange:?}: {read:?}");
    }
}

#[test]
fn a_callback_is_decrypted_in_every_form_of_base64() {
    let body = turbo_txn::callback(turbo_txn::CALLBACK.sample);
    let data = body.split('"').nth(3).unwrap();
    let wrapped: Vec<&str> = data.as_bytes().chunks(40).map(|line| std::str::from_utf8(line).unwrap()).collect();
    for data in [
        data.to_owned(),
        data.trim_end_matches('=').to_owned(),
        data.replace('+', "-").replace('/', "_"),
        wrapped.join("\\n"),
        wrapped.join("\\r\\n"),
    ] {
        let read = turbo_txn::decrypt(format!(r#"{{"encryptedData":"{data}"}}"#).as_bytes());
        assert_eq!(read.to_string(), "Test123456789 , passes", "{data}");
    }
}
