//! Responses that differ from the document: what they still prove, and what they do not.

use card3ds::payments_core::gateway::{Capture, CaptureRequest, Retrieve};
use card3ds::{
    Call, CheckoutId, Client, Enrolment, Error, ErrorKind, Expected, InstallmentQuery, Mismatch, NewCheckout, Outcome,
    Payment, PaymentStatus, ThreeDsCallback,
};
use payments_core::test_util::Reply;
use proptest::prelude::*;

use crate::any_value::any_value;
use crate::support::{
    PAN, PAYMENT, body_of, card, lira, now, payment, payment_id, response, response_text, scripted, three_ds,
};

/// The operations that move money.
const MONEY_MOVING: [fn(&Client) -> Call<Payment>; 4] = [
    |client| client.create_payment(payment()),
    |client| client.pre_authorize(payment()),
    |client| client.capture_payment(&payment_id(), lira("100.50")),
    |client| {
        let posted = format!("paymentId={PAYMENT}&securityKey=key-1");
        client.complete_3ds(&payment_id(), ThreeDsCallback::parse(posted.as_bytes()).unwrap())
    },
];

const OTHER_PAYMENT: &str = "\"00000000-e89b-12d3-a456-426614174000\"";

fn checkout_id() -> CheckoutId {
    PAYMENT.parse().unwrap()
}

fn checkout() -> NewCheckout {
    NewCheckout::new("ORD-12345", lira("100.50"), "Product purchase", "https://example.com/callback")
}

fn result_of(operation: fn(&Client) -> Call<Payment>, reply: Reply) -> Result<Payment, Error> {
    let (client, script) = scripted([reply, response(&[])]);
    let result = now(operation(&client).send());
    assert_eq!(script.requests().len(), 1, "the request was retried");
    result
}

#[track_caller]
fn check_error(result: Result<Payment, Error>, kind: ErrorKind, outcome: Outcome) -> Error {
    let err = result.unwrap_err();
    assert_eq!((err.kind(), err.outcome()), (kind, outcome), "{err}");
    err
}

#[track_caller]
fn check_declined(result: Result<Payment, Error>) -> Error {
    check_error(result, ErrorKind::Declined, Outcome::Refused)
}

#[track_caller]
fn check_conflict(result: Result<Payment, Error>) -> Error {
    check_error(result, ErrorKind::Conflict, Outcome::Unknown)
}

#[track_caller]
fn check_malformed(result: Result<Payment, Error>) -> Error {
    check_error(result, ErrorKind::MalformedResponse, Outcome::Unknown)
}

#[test]
fn a_failed_payment_needs_no_amount_and_no_currency() {
    for members in [
        [("amount", "\"\""), ("currency", "\"\"")],
        [("amount", "null"), ("currency", "null")],
        [("amount", "0"), ("currency", "\"TRY\"")],
        [("amount", "0.00"), ("currency", "\"949\"")],
        [("amount", "\"0\""), ("currency", "\"TL\"")],
        [("amount", "{}"), ("currency", "[]")],
    ] {
        for operation in MONEY_MOVING {
            let reply = response(&[&members[..], &[("status", "\"FAILED\""), ("resultCode", "51")]].concat());
            let payment = result_of(operation, reply).unwrap();
            assert_eq!((&payment.status, payment.result_code.as_deref()), (&PaymentStatus::Failed, Some("51")));
            let err = check_declined(payment.into_success());
            assert_eq!(err.object_id(), Some(PAYMENT));
        }
    }
}

#[test]
fn a_failed_payment_without_an_id_is_declined() {
    let reason = [("resultCode", "\"51\""), ("resultMessage", "\"Insufficient funds\"")];
    for id in ["null", "\"\""] {
        for operation in MONEY_MOVING {
            let members = [&[("paymentId", id), ("status", "\"FAILED\"")], &reason[..]].concat();
            let err = check_declined(result_of(operation, response(&members)));
            assert_eq!((err.code(), err.message()), (Some("51"), Some("Insufficient funds")));
            assert_eq!((err.advice(), err.object_id()), (None, None));
        }
    }
    for minimal in [r#"{"status":"FAILED"}"#, r#"{"status":"FAILED","amount":null,"orderId":"","currency":""}"#] {
        for operation in MONEY_MOVING {
            check_declined(result_of(operation, Reply::json(200, minimal)));
        }
    }
    // An id in another form, unless it is compared with the request.
    for id in ["{}", "[1]", "\"../checkout\""] {
        let reply = || response(&[("paymentId", id), ("status", "\"FAILED\"")]);
        check_declined(result_of(MONEY_MOVING[0], reply()));
        let err = check_malformed(result_of(MONEY_MOVING[2], reply()));
        assert_eq!((err.json_path(), err.reported_status()), (Some("paymentId"), Some("FAILED")));
    }
}

#[test]
fn a_failed_payment_about_another_order_proves_nothing() {
    for order in ["\"ORD-99999\"", "12345", "{}", "[\"ORD-12345\"]"] {
        for id in [format!("\"{PAYMENT}\""), "null".to_owned()] {
            let members = [("orderId", order), ("paymentId", &id), ("status", "\"FAILED\""), ("amount", "0")];
            let err = check_malformed(result_of(MONEY_MOVING[0], response(&members)));
            assert_eq!((err.json_path(), err.reported_status()), (Some("orderId"), Some("FAILED")));
            for status in [400, 402, 404, 422] {
                let err = check_malformed(result_of(MONEY_MOVING[0], Reply::json(status, &response_text(&members))));
                assert_eq!(err.param(), Some("orderId"));
                assert!(err.advice().is_some());
            }
        }
    }
    for operation in [MONEY_MOVING[2], MONEY_MOVING[3]] {
        let members = [("paymentId", OTHER_PAYMENT), ("status", "\"FAILED\"")];
        check_malformed(result_of(operation, response(&members)));
        let err = check_malformed(result_of(operation, Reply::json(422, &response_text(&members))));
        assert_eq!(err.param(), Some("paymentId"));
    }
    for (field, value) in [("amount", "99.00"), ("currency", "\"USD\"")] {
        let members = [(field, value), ("paymentId", "null"), ("status", "\"FAILED\"")];
        assert_eq!(check_malformed(result_of(MONEY_MOVING[0], response(&members))).json_path(), Some(field));
    }
}

#[test]
fn a_refused_payment_for_another_order_does_not_refuse_a_checkout_or_an_enrolment() {
    let body = r#"{"status":"FAILED","orderId":"ORD-99999"}"#;
    let (client, _) = scripted([Reply::json(422, body), Reply::json(422, body)]);
    assert_eq!(now(client.start_3ds(three_ds()).send()).unwrap_err().outcome(), Outcome::Unknown);
    assert_eq!(now(client.create_checkout(checkout()).send()).unwrap_err().outcome(), Outcome::Unknown);
}

#[test]
fn a_refusal_in_another_encoding_is_read_with_replacement_characters() {
    let message = b"\"Yetersiz bakiye, l\xfctfen ba\xfeka kart kullan\xfdn\"";
    let body = [&br#"{"status":"FAILED","resultMessage":"#[..], message, b"}"].concat();
    for status in [400, 422] {
        let err = check_declined(result_of(MONEY_MOVING[0], Reply::new(status, &body)));
        assert_eq!(err.message(), Some("Yetersiz bakiye, l\u{fffd}tfen ba\u{fffd}ka kart kullan\u{fffd}n"));
    }
    check_declined(result_of(MONEY_MOVING[0], Reply::new(200, &body)));
    // Not in a member that a decision depends on.
    check_malformed(result_of(MONEY_MOVING[0], Reply::new(422, b"{\"status\":\"FAILED\",\"orderId\":\"\xdd\"}")));
    check_malformed(result_of(MONEY_MOVING[0], Reply::new(422, b"{\"status\":\"FAILED\xdd\",\"paymentId\":\"p\"}")));
}

#[test]
fn a_byte_order_mark_is_removed() {
    let marked = |text: &str| format!("\u{feff}{text}");
    assert!(result_of(MONEY_MOVING[0], Reply::json(200, &marked(&response_text(&[])))).is_ok());
    check_declined(result_of(MONEY_MOVING[0], Reply::json(422, &marked(r#"{"status":"FAILED"}"#))));
    check_conflict(result_of(MONEY_MOVING[0], Reply::json(422, &marked(r#"{"message":"already paid"}"#))));
}

#[test]
fn a_numeric_currency_code_is_understood() {
    for code in ["\"949\"", "949"] {
        let payment = result_of(MONEY_MOVING[0], response(&[("currency", code)])).unwrap();
        assert_eq!(payment.amount(), Ok(lira("100.50")));
        assert_eq!(payment.check(&Expected::new("ORD-12345", lira("100.50"))), Ok(()));
        assert!(payment.into_success().is_ok());
    }
    let err = check_malformed(result_of(MONEY_MOVING[0], response(&[("currency", "\"840\"")])));
    assert_eq!(err.json_path(), Some("currency"));
}

#[test]
fn an_unknown_currency_keeps_the_ids_and_confirms_nothing() {
    for operation in MONEY_MOVING {
        let payment = result_of(operation, response(&[("currency", "\"TL\"")])).unwrap();
        assert_eq!((&payment.payment_id, payment.order_id.as_ref().unwrap().as_str()), (&payment_id(), "ORD-12345"));
        assert_eq!(payment.amount().unwrap_err().raw(), Some("TL"));
        let check = payment.check(&Expected::new("ORD-12345", lira("100.50")));
        assert!(matches!(check, Err(Mismatch::AmountUnreadable(_))), "{check:?}");
        let err = check_malformed(payment.into_success());
        assert_eq!(err.object_id(), Some(PAYMENT));
        assert!(err.to_string().contains("`TL`"), "{err}");
    }
    // The number still contradicts the request.
    let err = check_malformed(result_of(MONEY_MOVING[0], response(&[("currency", "\"TL\""), ("amount", "999")])));
    assert_eq!(err.json_path(), Some("amount"));
}

#[test]
fn a_card_number_in_an_unreadable_member_is_stored_and_printed_masked() {
    for (field, value) in [
        ("amount", format!("\"pan {PAN}\"")),
        ("currency", PAN.to_owned()),
        ("installmentCount", format!("[{PAN}]")),
        ("resultMessage", format!("{{\"card\":\"{PAN}\"}}")),
    ] {
        let payment = result_of(MONEY_MOVING[0], response(&[(field, &value)])).unwrap();
        let members: String = payment.unreadable_members().iter().map(|member| member.raw.clone()).collect();
        let output = format!("{} {payment:?} {members}", serde_json::to_string(&payment).unwrap());
        assert!(!output.contains(PAN), "{output}");
    }
}

#[test]
fn another_currency_is_never_confirmed() {
    let dollars = response(&[("currency", "\"USD\"")]);
    check_malformed(result_of(MONEY_MOVING[0], dollars));
    let (client, _) = scripted([response(&[("currency", "\"USD\"")])]);
    let payment = now(client.checkout_status(&checkout_id()).send()).unwrap();
    assert!(payment.check(&Expected::new("ORD-12345", lira("100.50"))).is_err());
}

#[test]
fn the_gateway_confirms_no_unreadable_amount() {
    let expected = Expected::new("ORD-12345", lira("100.50"));
    for (field, value) in [("amount", "\"1,500\""), ("amount", "null"), ("currency", "\"TL\""), ("currency", "null")] {
        let (client, _) = scripted([response(&[(field, value)]), response(&[(field, value)]), response(&[])]);
        let state = now(client.retrieve(PAYMENT, &expected)).unwrap();
        assert!(!state.is_paid_as_expected() && state.amount.is_none(), "{field} {value}");
        let state = now(client.capture(&CaptureRequest::new("capture-1", PAYMENT, lira("100.50")))).unwrap();
        assert!(!state.is_paid_as_expected() && state.amount.is_none(), "{field} {value}");
        assert!(now(client.retrieve(PAYMENT, &expected)).unwrap().is_paid_as_expected());
    }
}

#[tokio::test]
async fn a_raw_plus_in_a_security_key_is_a_plus() {
    for (posted, key) in [("a+b", "a+b"), ("a%2Bb", "a+b"), ("%2B+a==", "++a=="), ("a+%25", "a+%")] {
        let body = format!("paymentId={PAYMENT}&securityKey={posted}");
        let callback = ThreeDsCallback::parse(body.as_bytes()).unwrap();
        let (client, script) = scripted([response(&[])]);
        client.complete_3ds(&payment_id(), &callback).send().await.unwrap();
        assert_eq!(body_of(&script), format!(r#"{{"securityKey":"{key}"}}"#));
    }
    for body in [
        format!("paymentId={PAYMENT}&securityKey=a%20b"),
        format!("paymentId={PAYMENT}&securityKey=a+b&securityKey=c"),
        "paymentId=a+b&securityKey=k".to_owned(),
    ] {
        assert!(ThreeDsCallback::parse(body.as_bytes()).is_err(), "{body}");
    }
}

#[test]
fn a_401_response_without_a_body_is_an_authentication_error() {
    for operation in MONEY_MOVING {
        let err = check_error(result_of(operation, Reply::new(401, "")), ErrorKind::Authentication, Outcome::Refused);
        assert!(err.advice().unwrap().contains("Settings"));
        check_malformed(result_of(operation, Reply::new(401, "<html><h1>Unauthorized</h1></html>")));
        check_malformed(result_of(operation, Reply::new(401, " ")));
        for status in [400, 403, 404, 422] {
            check_malformed(result_of(operation, Reply::new(status, "")));
        }
    }
}

#[test]
fn a_capture_that_contradicts_the_request_has_the_facts() {
    let captured = |members: &[(&str, &str)]| {
        let (client, _) = scripted([response(&[&[("amount", "40.00")], members].concat())]);
        now(client.capture_payment(&payment_id(), lira("40")).send())
    };
    assert!(captured(&[]).is_ok());

    let err = check_malformed(captured(&[("paymentId", OTHER_PAYMENT)]));
    assert_eq!(err.json_path(), Some("paymentId"));
    assert_eq!(err.object_id(), Some(OTHER_PAYMENT.trim_matches('"')));
    assert_eq!((err.reported_status(), err.reported_amount()), (Some("SUCCESS"), Some("40.00")));

    let err = check_malformed(captured(&[("amount", "100.50")]));
    assert_eq!((err.json_path(), err.object_id()), (Some("amount"), Some(PAYMENT)));
    assert_eq!((err.reported_status(), err.reported_amount()), (Some("SUCCESS"), Some("100.50")));
    assert!(err.may_have_moved_money());

    // An amount that cannot be read contradicts nothing, and confirms nothing.
    let payment = captured(&[("amount", "\"40,00\"")]).unwrap();
    assert_eq!(payment.amount().unwrap_err().raw(), Some("40,00"));
    check_malformed(payment.into_success());
}

#[test]
fn a_response_that_cannot_be_read_has_the_facts() {
    let err = check_malformed(result_of(MONEY_MOVING[0], response(&[("status", "{}")])));
    assert_eq!((err.json_path(), err.object_id()), (Some("status"), Some(PAYMENT)));
    assert_eq!((err.reported_status(), err.reported_amount()), (None, Some("100.50")));
    let err = check_malformed(result_of(MONEY_MOVING[0], response(&[("paymentId", "null")])));
    assert_eq!((err.json_path(), err.reported_status()), (Some("paymentId"), Some("SUCCESS")));

    let (client, _) = scripted([Reply::json(200, r#"{"checkoutId":"c-1","redirectUrl":"/checkout"}"#)]);
    let err = now(client.create_checkout(checkout()).send()).unwrap_err();
    assert_eq!((err.outcome(), err.object_id()), (Outcome::Unknown, Some("c-1")));
    let (client, _) = scripted([Reply::json(200, r#"{"paymentId":"p-1","success":true,"htmlContent":null}"#)]);
    let err = now(client.start_3ds(three_ds()).send()).unwrap_err();
    assert_eq!((err.outcome(), err.object_id()), (Outcome::Unknown, Some("p-1")));
}

/// Messages of both languages that say, or may say, that the order was executed before.
const EARLIER: &[&str] = &[
    "Payment already completed",
    "Duplicate order",
    "Order already paid",
    "The pre-authorization was already captured",
    "could not be completed: already paid",
    "an order cannot be captured twice",
    "This order has been paid",
    "Mükerrer işlem",
    "MÜKERRER İŞLEM",
    "Bu sipariş daha önce ödenmiş",
    "BU SİPARİŞ DAHA ÖNCE ÖDENMİŞTİR",
    "Sipariş zaten ödendi",
    "Ödeme zaten tamamlandı",
    "Tutar daha önce çekilmiş",
    "Ön provizyon kapatılmış",
    "Aynı sipariş numarası ile işlem yapılmış",
    "Sipariş numarası benzersiz olmalıdır",
];

/// Refusals that say nothing about an earlier request.
const DECLINED: &[&str] = &[
    "Transaction could not be completed",
    "The payment cannot be completed. Please try again later.",
    "Payment not captured",
    "The order has not been paid",
    "Insufficient funds",
    "Do not honor",
    "Expired card",
    "Invalid security code",
    "İşlem tamamlanamadı",
    "İşlem gerçekleştirilemedi",
    "İşlem gerçekleşmedi, lütfen tekrar deneyiniz",
    "Yetersiz bakiye",
    "Mevcut bakiye yetersiz",
    "Ödeme alınamadı",
    "Kart limiti yetersiz, başka bir kart ile deneyin",
    "Geçersiz kart numarası",
    "3D doğrulama başarısız",
    "Red-Onaylanmadı",
    "Bankanızı arayınız",
];

#[test]
fn wording_of_an_earlier_request_makes_the_outcome_unknown_under_any_status() {
    for message in EARLIER {
        let message = serde_json::Value::from(*message).to_string();
        for id in [format!("\"{PAYMENT}\""), "null".to_owned()] {
            let members = [("paymentId", &*id), ("status", "\"FAILED\""), ("resultMessage", &message)];
            for status in [200, 201, 400, 402, 404, 409, 422] {
                for operation in MONEY_MOVING {
                    let err = check_conflict(result_of(operation, Reply::json(status, &response_text(&members))));
                    assert!(err.may_have_moved_money() && err.advice().unwrap().contains("ask the provider"));
                }
            }
        }
        let (client, _) = scripted([
            Reply::json(200, &format!(r#"{{"success":false,"resultMessage":{message}}}"#)),
            Reply::json(400, &format!(r#"{{"message":{message}}}"#)),
        ]);
        for err in [
            now(client.start_3ds(three_ds()).send()).unwrap_err(),
            now(client.create_checkout(checkout()).send()).unwrap_err(),
        ] {
            assert_eq!((err.kind(), err.outcome()), (ErrorKind::Conflict, Outcome::Unknown), "{message}");
            assert!(err.advice().is_some());
        }
    }
}

/// `Recovery::StartAgain` is not for errors of these two kinds.
#[test]
fn a_payment_is_not_started_again_after_a_response_that_may_describe_a_paid_order() {
    let earlier = r#"{"message":"Order ORD-12345 has already been paid"}"#;
    let paid = format!(r#"{{"paymentId":"{PAYMENT}","orderId":"ORD-12345","status":"SUCCESS"}}"#);
    for status in [400, 408, 409, 429, 500, 503] {
        for (body, kind) in [(earlier, ErrorKind::Conflict), (&*paid, ErrorKind::MalformedResponse)] {
            let (client, _) = scripted([Reply::json(status, body), Reply::json(status, body)]);
            for err in [
                now(client.start_3ds(three_ds()).send()).unwrap_err(),
                now(client.create_checkout(checkout()).send()).unwrap_err(),
            ] {
                assert_eq!((err.kind(), err.outcome()), (kind, Outcome::Unknown), "{status} {body}: {err}");
            }
        }
    }
    let no_page = format!(r#"{{"paymentId":"{PAYMENT}","success":true,"resultMessage":"Successful"}}"#);
    let (client, _) = scripted([Reply::json(200, &no_page), Reply::json(200, &paid)]);
    for err in [
        now(client.start_3ds(three_ds()).send()).unwrap_err(),
        now(client.create_checkout(checkout()).send()).unwrap_err(),
    ] {
        assert_eq!((err.kind(), err.outcome()), (ErrorKind::MalformedResponse, Outcome::Unknown), "{err}");
    }
}

#[test]
fn a_failed_checkout_is_not_final_in_the_gateway_because_the_customer_may_try_again_on_its_page() {
    let expected = Expected::new("ORD-12345", lira("100.50"));
    let (client, _) = scripted([response(&[("status", "\"FAILED\"")]), response(&[])]);
    let state = now(client.retrieve(PAYMENT, &expected)).unwrap();
    assert_eq!((state.status, state.is_final), (payments_core::PaymentStatus::Failed, false));
    let state = now(client.retrieve(PAYMENT, &expected)).unwrap();
    assert!(state.is_paid_as_expected() && state.is_final);
}

#[test]
fn wording_of_an_earlier_request_counts_in_into_success_and_in_the_gateway() {
    let expected = Expected::new("ORD-12345", lira("100.50"));
    for message in EARLIER {
        for message in [serde_json::Value::from(*message), serde_json::json!([message])] {
            let reply = || response(&[("status", "\"FAILED\""), ("resultMessage", &message.to_string())]);
            let (client, _) = scripted([reply(), reply()]);
            let payment = now(client.checkout_status(&checkout_id()).send()).unwrap();
            assert!(payment.may_be_duplicate());
            let err = check_conflict(payment.into_success());
            assert_eq!(err.object_id(), Some(PAYMENT));
            let state = now(client.retrieve(PAYMENT, &expected)).unwrap();
            assert!(!state.is_final && !state.status.is_paid(), "{message}");
            assert_ne!(state.status, payments_core::PaymentStatus::Failed, "{message}");
        }
    }
}

#[test]
fn a_message_in_another_encoding_still_tells_of_an_earlier_request() {
    let message = b"\"Bu sipari\xfe daha \xf6nce \xf6denmi\xfe\"";
    for status in [200, 400, 422] {
        let body = [&br#"{"status":"FAILED","resultMessage":"#[..], message, b"}"].concat();
        check_conflict(result_of(MONEY_MOVING[0], Reply::new(status, body)));
    }
}

#[test]
fn a_negated_or_an_ordinary_refusal_is_declined() {
    for message in DECLINED {
        let members = [("status", "\"FAILED\""), ("resultMessage", &*serde_json::Value::from(*message).to_string())];
        for operation in MONEY_MOVING {
            for status in [400, 402, 422] {
                let err = check_declined(result_of(operation, Reply::json(status, &response_text(&members))));
                assert_eq!(err.message(), Some(*message));
            }
            let payment = result_of(operation, response(&members)).unwrap();
            assert!(!payment.may_be_duplicate(), "{message}");
            check_declined(payment.into_success());
        }
    }
}

#[test]
fn names_of_members_and_repeated_parts_of_the_request_are_no_message() {
    let members = [
        ("status", "\"FAILED\""),
        ("alreadyPaid", "false"),
        ("duplicate", "null"),
        ("cardHolderName", "\"Unique Zaten\""),
        ("customerId", "\"duplicate-7\""),
        ("externalTransactionId", "\"exists\""),
    ];
    check_declined(result_of(MONEY_MOVING[0], response(&members)).unwrap().into_success());
    check_declined(result_of(MONEY_MOVING[0], Reply::json(422, &response_text(&members))));
    // A successful payment is not refused.
    let paid = [("resultMessage", "\"Completed\"")];
    assert!(result_of(MONEY_MOVING[0], response(&paid)).unwrap().into_success().is_ok());
}

#[test]
fn an_enrolment_that_failed_needs_no_readable_id() {
    for id in ["{}", "[]", "\"a/b\""] {
        let body = format!(r#"{{"paymentId":{id},"success":false,"resultCode":12,"resultMessage":"no"}}"#);
        let (client, _) = scripted([Reply::json(200, &body)]);
        let err = now(client.start_3ds(three_ds()).send()).unwrap_err();
        assert_eq!((err.kind(), err.outcome()), (ErrorKind::Declined, Outcome::Refused), "{id}");
        assert_eq!((err.code(), err.message(), err.param()), (Some("12"), Some("no"), Some("paymentId")));
    }
}

#[test]
fn an_installment_option_that_cannot_be_read_does_not_affect_the_others() {
    let option = |currency: &str| {
        format!(
            r#"{{"installmentCount":2,"installmentAmount":510.00,"currency":{currency},"interestAmount":"20","totalAmount":1020}}"#
        )
    };
    let body = [option("\"TRY\""), option("\"TL\""), "7".to_owned(), option("949")].join(",");
    let (client, _) = scripted([Reply::json(200, &format!(r#"{{"options":[{body}]}}"#))]);
    let query = || InstallmentQuery::new(lira("1000"), card().number().clone());
    let options = now(client.installment_options(query()).send()).unwrap();
    let problems: Vec<_> = options.iter().map(|option| option.as_ref().err().map(|item| item.error.path())).collect();
    assert_eq!(problems, [None, Some("options[1].currency"), Some("options[2]"), None]);
    assert_eq!(options[3].as_ref().unwrap().total_money(), Ok(lira("1020")));

    // Bytes that are not UTF-8, in one option.
    let body = format!(r#"{{"options":[{},{}]}}"#, option("\"T?Y\""), option("\"TRY\""));
    let body: Vec<u8> = body.bytes().map(|byte| if byte == b'?' { 0xfe } else { byte }).collect();
    let (client, _) = scripted([Reply::new(200, body)]);
    let options = now(client.installment_options(query()).send()).unwrap();
    assert!(options[0].is_err() && options[1].is_ok(), "{options:?}");
}

/// The descriptive members of a payment that are texts.
const TEXTS: &[&str] = &[
    "paymentDate",
    "cardHolderName",
    "pan",
    "domInt",
    "cardScheme",
    "cardType",
    "loyaltyCode",
    "externalTransactionId",
    "authCode",
    "resultCode",
    "resultMessage",
    "customerId",
];

proptest! {
    #[test]
    fn a_descriptive_member_of_any_shape_leaves_a_payment_readable(
        name in prop::sample::select(TEXTS),
        value in any_value(),
        status in prop::sample::select(vec!["SUCCESS", "ENROLLED"]),
    ) {
        let members = [(name, &*value), ("status", &format!("\"{status}\""))];
        for operation in MONEY_MOVING {
            let payment = result_of(operation, response(&members)).unwrap();
            prop_assert_eq!(&payment.payment_id, &payment_id());
            prop_assert_eq!(payment.status.as_str(), status);
            prop_assert_eq!(payment.check(&Expected::new("ORD-12345", lira("100.50"))), Ok(()));
            let notes: Vec<_> = payment.unreadable_members().iter().map(|member| member.path.clone()).collect();
            let expected: &[&str] = if value.starts_with('"') { &[] } else { &[name] };
            prop_assert_eq!(notes, expected);
        }
    }

    #[test]
    fn a_count_or_commission_of_any_shape_leaves_a_payment_readable(
        name in prop::sample::select(vec!["installmentCount", "merchantCommission"]),
        value in any_value(),
    ) {
        let payment = result_of(MONEY_MOVING[0], response(&[(name, &value)])).unwrap();
        prop_assert_eq!(payment.check(&Expected::new("ORD-12345", lira("100.50"))), Ok(()));
        let is_read = payment.installment_count.is_some() || payment.merchant_commission.is_some();
        let is_noted = payment.unreadable_members().iter().any(|member| member.path == name);
        prop_assert!(is_noted || is_read || value == "\"\"");
    }

    #[test]
    fn an_amount_or_currency_of_any_shape_leaves_the_status_readable_or_contradicts(
        name in prop::sample::select(vec!["amount", "currency"]),
        value in any_value(),
    ) {
        match result_of(MONEY_MOVING[0], response(&[(name, &value)])) {
            Ok(payment) => {
                prop_assert_eq!(&payment.status, &PaymentStatus::Success);
                let is_exact = payment.amount() == Ok(lira("100.50"));
                prop_assert_eq!(payment.check(&Expected::new("ORD-12345", lira("100.50"))).is_ok(), is_exact);
                prop_assert_eq!(payment.into_success().is_ok(), is_exact);
                prop_assert!(!is_exact || value.contains("100.5") || matches!(value.trim_matches('"'), "TRY" | "949"));
            }
            Err(err) => {
                prop_assert_eq!((err.outcome(), err.json_path()), (Outcome::Unknown, Some(name)));
                prop_assert_eq!((err.object_id(), err.reported_status()), (Some(PAYMENT), Some("SUCCESS")));
            }
        }
        // The payment failed in any case, unless it contradicts the request.
        match result_of(MONEY_MOVING[0], response(&[(name, &value), ("status", "\"FAILED\"")])) {
            Ok(payment) => prop_assert_eq!(payment.status, PaymentStatus::Failed),
            Err(err) => prop_assert_eq!((err.outcome(), err.json_path()), (Outcome::Unknown, Some(name))),
        }
    }

    #[test]
    fn a_deciding_member_of_any_shape_passes_no_comparison(
        name in prop::sample::select(vec!["paymentId", "orderId", "status"]),
        value in any_value(),
        status in prop::sample::select(vec![200_u16, 400, 422]),
    ) {
        let text = serde_json::from_str::<String>(&value).unwrap_or_else(|_| value.clone());
        let body = response_text(&[(name, &value)]);
        for operation in MONEY_MOVING {
            match result_of(operation, Reply::json(status, &body)) {
                Ok(payment) => {
                    prop_assert_eq!(status, 200);
                    let read = match name {
                        "paymentId" => payment.payment_id.as_str(),
                        "orderId" => payment.order_id.as_ref().map_or("", |id| id.as_str()),
                        _ => payment.status.as_str(),
                    };
                    prop_assert_eq!(read, text.as_str());
                    let is_paid = payment.into_success().is_ok();
                    prop_assert!(!is_paid || name != "status");
                }
                Err(err) => prop_assert!(err.outcome() == Outcome::Unknown || text.is_empty() || name == "status", "{err}"),
            }
        }
    }

    #[test]
    fn a_member_of_any_shape_leaves_an_enrolment_readable_or_unknown(
        name in prop::sample::select(vec!["paymentId", "success", "htmlContent", "resultCode", "resultMessage"]),
        value in any_value(),
    ) {
        let mut members = vec![
            ("paymentId", format!("\"{PAYMENT}\"")),
            ("success", "true".to_owned()),
            ("htmlContent", "\"<form>\"".to_owned()),
        ];
        members.retain(|(known, _)| *known != name);
        members.push((name, value.clone()));
        let members: Vec<_> = members.iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
        let (client, _) = scripted([Reply::json(200, &format!("{{{}}}", members.join(",")))]);
        match now(client.start_3ds(three_ds()).send()) {
            Ok(Enrolment::Enrolled(challenge)) => {
                let is_descriptive = name.starts_with("result");
                prop_assert!(!is_descriptive || challenge.payment_id == payment_id());
                let is_noted = challenge.unreadable_members().iter().any(|member| member.path == name);
                prop_assert_eq!(is_noted, !value.starts_with('"') && (name, &*value) != ("success", "true"));
            }
            Ok(Enrolment::NotEnrolled(reason)) => prop_assert!(false, "{reason:?}"),
            Err(err) => {
                prop_assert!(!name.starts_with("result"), "{err}");
                prop_assert_eq!(err.outcome(), Outcome::Unknown);
                prop_assert!(name == "paymentId" || err.object_id() == Some(PAYMENT));
            }
        }
    }

    #[test]
    fn a_member_of_any_shape_leaves_a_checkout_readable_or_unknown(
        name in prop::sample::select(vec!["checkoutId", "redirectUrl"]),
        value in any_value(),
    ) {
        let mut members = vec![("checkoutId", "\"c-1\""), ("redirectUrl", "\"https://pay.example/x\"")];
        members.retain(|(known, _)| *known != name);
        members.push((name, &value));
        let members: Vec<_> = members.iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
        let (client, _) = scripted([Reply::json(200, &format!("{{{}}}", members.join(",")))]);
        match now(client.create_checkout(checkout()).send()) {
            Ok(checkout) => {
                let text = serde_json::from_str::<String>(&value).unwrap_or_else(|_| value.clone());
                let read = if name == "checkoutId" { checkout.checkout_id.as_str() } else { &checkout.redirect_url };
                prop_assert_eq!(read, text.as_str());
                prop_assert_eq!(checkout.unreadable_members().is_empty(), value.starts_with('"'));
            }
            Err(err) => prop_assert_eq!(err.outcome(), Outcome::Unknown),
        }
    }

    #[test]
    fn no_bytes_panic(body in prop::collection::vec(any::<u8>(), 0..200), status in prop::sample::select(vec![200_u16, 400, 401])) {
        for operation in MONEY_MOVING {
            if let Ok(payment) = result_of(operation, Reply::new(status, &body)) {
                prop_assert!(payment.into_success().is_err());
            }
        }
        let _ = ThreeDsCallback::parse(&body);
    }
}
