//! The document's samples: requests are sent as shown, and responses are decoded.

use card3ds::{
    CardScheme, CardType, Enrolment, InstallmentQuery, InterestPaidBy, NewCheckout, PaymentStatus, Region,
    ThreeDsCallback,
};
use payments_core::test_util::{Reply, Script};
use rust_decimal::Decimal;
use time::macros::datetime;

use crate::support::{
    KEY, PAN, PAYMENT, SECRET, body_of, builder, card, lira, payment, payment_id, scripted, sent_to, three_ds,
};

/// A payment response with every documented field and its example value.
const RESPONSE: &str = r#"{"paymentId":"123e4567-e89b-12d3-a456-426614174000","orderId":"ORD-12345","amount":100.50,
    "installmentCount":3,"currency":"TRY","merchantCommission":2.50,"status":"SUCCESS",
    "paymentDate":"2023-05-01T14:30:00Z","cardHolderName":"John Doe","pan":"411111******1111","domInt":"DOM",
    "cardScheme":"VISA","cardType":"CREDIT","loyaltyCode":"GOLD123","externalTransactionId":"EXT123456789",
    "authCode":"AUTH987654","resultCode":"SUCCESS","resultMessage":"Successful","customerId":"CUST-12345"}"#;

const PAYMENT_BODY: &str = concat!(
    r#"{"orderId":"ORD-12345","amount":100.50,"currency":"TRY","cardHolderName":"John Doe","pan":"5421190122090656","#,
    r#""expiryMonth":"04","expiryYear":"28","cvv":"916","requestIp":"192.168.1.1","requestPort":8080,"#,
    r#""customerId":"CUST-12345"}"#
);

#[tokio::test]
async fn every_request_has_both_credentials() {
    let script = Script::new([Reply::json(200, RESPONSE)]);
    let client = builder(&script).application("shop/2.1").build().unwrap();

    client.checkout_status(&PAYMENT.parse().unwrap()).send().await.unwrap();

    let requests = script.requests();
    let header = |name: &str| requests[0].headers()[name].to_str().unwrap().to_owned();
    assert_eq!((header("x-api-key"), header("x-api-secret")), (KEY.to_owned(), SECRET.to_owned()));
    assert!(requests[0].headers()["x-api-key"].is_sensitive() && requests[0].headers()["x-api-secret"].is_sensitive());
    assert_eq!((header("accept"), header("accept-encoding")), ("application/json".into(), "identity".into()));
    assert_eq!(header("user-agent"), format!("card3ds/{} shop/2.1", env!("CARGO_PKG_VERSION")));
}

#[tokio::test]
async fn a_payment_is_sent_and_decoded_as_documented() {
    let (client, script) = scripted([Reply::json(200, RESPONSE)]);

    let created = client.create_payment(payment().customer("CUST-12345")).send().await.unwrap();

    assert_eq!(sent_to(&script), "POST https://api.example.com/api/payment");
    assert_eq!(script.requests()[0].headers()["content-type"], "application/json");
    assert_eq!(body_of(&script), PAYMENT_BODY);
    assert_eq!(created.payment_id.as_str(), PAYMENT);
    assert_eq!(created.order_id.as_ref().unwrap().as_str(), "ORD-12345");
    assert_eq!((created.amount().unwrap(), created.installment_count), (lira("100.50"), Some(3)));
    let commission = created.merchant_commission.as_ref().unwrap();
    assert_eq!((commission.as_str(), commission.decimal().unwrap()), ("2.50", Decimal::new(250, 2)));
    assert_eq!(commission.money(created.amount().unwrap().currency()).unwrap(), lira("2.50"));
    assert_eq!(created.status, PaymentStatus::Success);
    assert_eq!(created.payment_date.as_ref().unwrap().moment(), Some(datetime!(2023-05-01 14:30:00 UTC)));
    assert_eq!(created.card_holder_name.as_deref(), Some("John Doe"));
    assert_eq!(created.pan.as_ref().unwrap().as_str(), "411111******1111");
    assert_eq!(created.region, Some(Region::Domestic));
    assert_eq!(created.card_scheme, Some(CardScheme::Visa));
    assert_eq!(created.card_type, Some(CardType::Credit));
    assert_eq!(created.loyalty_code.as_deref(), Some("GOLD123"));
    assert_eq!(created.external_transaction_id.as_deref(), Some("EXT123456789"));
    assert_eq!(created.auth_code.as_deref(), Some("AUTH987654"));
    assert_eq!(created.result_code.as_deref(), Some("SUCCESS"));
    assert_eq!(created.result_message.as_deref(), Some("Successful"));
    assert_eq!(created.customer_id.as_ref().unwrap().as_str(), "CUST-12345");
}

#[tokio::test]
async fn optional_members_are_omitted_and_never_null() {
    let (client, script) = scripted([]);
    let _ = client.create_payment(payment()).send().await;
    assert_eq!(body_of(&script), PAYMENT_BODY.replace(r#","customerId":"CUST-12345""#, ""));

    let _ = client.start_3ds(three_ds()).send().await;
    let body = body_of(&script);
    assert!(
        ["null", "installmentCount", "interestPaidByCustomer", "customerId"].iter().all(|name| !body.contains(name))
    );

    let _ = client.installment_options(InstallmentQuery::new(lira("1000"), card().number().clone())).send().await;
    assert_eq!(body_of(&script), format!(r#"{{"amount":1000.00,"currency":"TRY","pan":"{PAN}"}}"#));
}

#[tokio::test]
async fn a_pre_authorization_is_a_payment_at_another_path() {
    let (client, script) = scripted([Reply::json(200, RESPONSE)]);

    let authorized = client.pre_authorize(payment().customer("CUST-12345")).send().await.unwrap();

    assert_eq!(sent_to(&script), "POST https://api.example.com/api/pre-authorization");
    assert_eq!(body_of(&script), PAYMENT_BODY);
    assert_eq!(authorized.status, PaymentStatus::Success);
}

#[tokio::test]
async fn a_capture_has_the_payment_id_in_its_path_and_the_amount_in_its_body() {
    let captured = RESPONSE.replace("100.50", "90.00");
    let (client, script) = scripted([Reply::json(200, &captured)]);

    let payment = client.capture_payment(&payment_id(), lira("90")).send().await.unwrap();

    assert_eq!(sent_to(&script), format!("POST https://api.example.com/api/pre-authorization/{PAYMENT}/capture"));
    assert_eq!(body_of(&script), r#"{"amount":90.00,"currency":"TRY"}"#);
    assert_eq!(payment.amount().unwrap(), lira("90.00"));
}

#[tokio::test]
async fn a_3ds_payment_is_started_as_documented() {
    let enrolled = format!(
        r#"{{"paymentId":"{PAYMENT}","success":true,"resultCode":"SUCCESS","resultMessage":"Successful",
            "htmlContent":"<form action=\"https://3ds.example.com\" method=\"POST\">...</form>"}}"#
    );
    let (client, script) = scripted([Reply::json(200, &enrolled)]);
    let start = card3ds::NewThreeDsPayment::new(payment().customer("CUST-12345"), crate::support::urls());

    let enrolment =
        client.start_3ds(start.installments(3).interest_paid_by(InterestPaidBy::Customer)).send().await.unwrap();

    assert_eq!(sent_to(&script), "POST https://api.example.com/api/3ds");
    assert_eq!(
        body_of(&script),
        concat!(
            r#"{"orderId":"ORD-12345","amount":100.50,"currency":"TRY","installmentCount":3,"interestPaidByCustomer":true,"#,
            r#""cardHolderName":"John Doe","pan":"5421190122090656","expiryMonth":"04","expiryYear":"28","cvv":"916","#,
            r#""successUrl":"https://example.com/3ds/success","failureUrl":"https://example.com/3ds/failure","#,
            r#""requestIp":"192.168.1.1","requestPort":8080,"customerId":"CUST-12345"}"#
        )
    );
    let Enrolment::Enrolled(challenge) = enrolment else { panic!("{enrolment:?}") };
    assert_eq!(challenge.payment_id, payment_id());
    assert_eq!(challenge.result_code.as_deref(), Some("SUCCESS"));
    assert_eq!(challenge.result_message.as_deref(), Some("Successful"));
    assert_eq!(challenge.page.html(), r#"<form action="https://3ds.example.com" method="POST">...</form>"#);
}

#[tokio::test]
async fn a_3ds_payment_is_completed_with_the_security_key_of_the_callback() {
    let (client, script) = scripted([Reply::json(200, RESPONSE)]);
    let posted = format!("paymentId={PAYMENT}&securityKey=3DS_AUTH_KEY_123456");

    let callback = ThreeDsCallback::parse(posted.as_bytes()).unwrap();
    let payment = client.complete_3ds(&payment_id(), &callback).send().await.unwrap();

    assert_eq!(sent_to(&script), format!("POST https://api.example.com/api/3ds/{PAYMENT}/complete"));
    assert_eq!(body_of(&script), r#"{"securityKey":"3DS_AUTH_KEY_123456"}"#);
    assert_eq!(payment.status, PaymentStatus::Success);
}

#[tokio::test]
async fn installment_options_are_requested_and_decoded_as_documented() {
    let options = r#"{"options":[
        {"installmentCount":2,"installmentAmount":510.00,"currency":"TRY","interestAmount":20.00,"totalAmount":1020.00},
        {"installmentCount":3,"installmentAmount":345.00,"currency":"TRY","interestAmount":35.00,"totalAmount":1035.00}]}"#;
    let (client, script) = scripted([Reply::json(200, options)]);
    let query = InstallmentQuery::new(lira("1000"), card().number().clone());

    let query = query.max_installments(12).interest_paid_by(InterestPaidBy::Customer);
    let options = client.installment_options(query).send().await.unwrap();
    let options: Vec<_> = options.into_iter().map(Result::unwrap).collect();

    assert_eq!(sent_to(&script), "POST https://api.example.com/api/installment-options");
    assert_eq!(
        body_of(&script),
        r#"{"amount":1000.00,"currency":"TRY","pan":"5421190122090656","maxInstallmentCount":12,"interestPaidByCustomer":true}"#
    );
    let decoded: Vec<_> = options
        .iter()
        .map(|option| {
            let amounts = [option.installment_amount, option.interest_amount, option.total_amount];
            (option.installment_count, amounts.map(|amount| amount.to_string()))
        })
        .collect();
    assert_eq!(
        decoded,
        [
            (2, ["510.00", "20.00", "1020.00"].map(str::to_owned)),
            (3, ["345.00", "35.00", "1035.00"].map(str::to_owned)),
        ]
    );
    for option in &options {
        assert!(option.differences().unwrap().is_zero());
    }
    assert_eq!(options[1].interest_money(), Ok(lira("35")));
    assert_eq!((options[1].installment_money(), options[1].total_money()), (Ok(lira("345")), Ok(lira("1035"))));
}

#[tokio::test]
async fn a_checkout_is_created_and_looked_up_as_documented() {
    let created =
        format!(r#"{{"checkoutId":"{PAYMENT}","redirectUrl":"https://api.example.com/checkout-link/{PAYMENT}"}}"#);
    let (client, script) = scripted([Reply::json(200, &created), Reply::json(200, RESPONSE)]);
    let checkout =
        NewCheckout::new("ORD-12345", lira("100.50"), "Product purchase", "https://example.com/payment-callback");

    let checkout = checkout.customer("CUST-12345").max_installments(6).interest_paid_by(InterestPaidBy::Customer);
    let checkout = client.create_checkout(checkout).send().await.unwrap();

    assert_eq!(sent_to(&script), "POST https://api.example.com/api/checkout");
    assert_eq!(
        body_of(&script),
        concat!(
            r#"{"orderId":"ORD-12345","amount":100.50,"currency":"TRY","description":"Product purchase","#,
            r#""callback":"https://example.com/payment-callback","customerId":"CUST-12345","maxInstallmentCount":6,"#,
            r#""interestPaidByCustomer":true}"#
        )
    );
    assert_eq!(checkout.checkout_id.as_str(), PAYMENT);
    assert_eq!(checkout.redirect_url, format!("https://api.example.com/checkout-link/{PAYMENT}"));

    let payment = client.checkout_status(&checkout.checkout_id).send().await.unwrap();

    assert_eq!(sent_to(&script), format!("GET https://api.example.com/api/checkout/{PAYMENT}"));
    assert!(script.requests()[1].body().is_empty());
    assert_eq!(payment.status, PaymentStatus::Success);
}

#[tokio::test]
async fn interest_paid_by_the_merchant_is_sent_as_false() {
    let (client, script) = scripted([]);
    let _ = client.start_3ds(three_ds().interest_paid_by(InterestPaidBy::Merchant)).send().await;
    assert!(body_of(&script).contains(r#""interestPaidByCustomer":false"#));
}

#[tokio::test]
async fn a_client_with_other_credentials_shares_the_transport() {
    let (client, script) = scripted([]);
    let (key, secret) = (card3ds::ApiKey::new("other-key").unwrap(), card3ds::ApiSecret::new("other-secret").unwrap());
    let _ = client.with_credentials(key, secret).unwrap().create_payment(payment()).send().await;

    let requests = script.requests();
    assert_eq!(requests[0].headers()["x-api-key"], "other-key");
    assert_eq!(requests[0].headers()["x-api-secret"], "other-secret");
}
