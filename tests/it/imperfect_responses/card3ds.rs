//! card3ds' calls, with the document's sample.

use card3ds::{
    ApiKey, ApiSecret, Call, Client, Enrolment, Error, Expected, InstallmentQuery, NewCheckout, NewThreeDsPayment,
    Payment, ReturnUrls, ThreeDsCallback,
};
use payments_core::gateway::{Capture as _, CaptureRequest, Retrieve as _};
use payments_core::test_util::{Reply, Script};

use super::exchange::{Exchange, Facts, Reading, clock, now};
use crate::support::{card_payment, lira};

pub(super) const EXCHANGES: &[&Exchange] = &[
    &PAYMENT,
    &PRE_AUTHORIZATION,
    &CAPTURE,
    &COMPLETION,
    &CHECKOUT_STATUS,
    &STATE,
    &CAPTURED,
    &ENROLMENT,
    &CHECKOUT,
    &INSTALLMENT_OPTIONS,
];

/// The operations that move money and whose response is a payment.
pub(super) const PAYMENTS: &[&Exchange] = &[&PAYMENT, &PRE_AUTHORIZATION, &CAPTURE, &COMPLETION];

/// Every operation that changes something.
pub(super) const WRITES: &[&Exchange] = &[&PAYMENT, &PRE_AUTHORIZATION, &CAPTURE, &COMPLETION, &ENROLMENT, &CHECKOUT];

pub(super) const PAYMENT: Exchange = Exchange {
    name: "card3ds, payment",
    status: 200,
    sample: r#"{"paymentId":"123e4567-e89b-12d3-a456-426614174000","orderId":"ORD-12345","amount":100.50,
        "installmentCount":3,"currency":"TRY","merchantCommission":2.50,"status":"SUCCESS",
        "paymentDate":"2023-05-01T14:30:00Z","cardHolderName":"John Doe","pan":"411111******1111","domInt":"DOM",
        "cardScheme":"VISA","cardType":"CREDIT","loyaltyCode":"GOLD123","externalTransactionId":"EXT123456789",
        "authCode":"AUTH987654","resultCode":"SUCCESS","resultMessage":"Successful","customerId":"CUST-12345"}"#,
    deciding: &["paymentId", "orderId", "status"],
    compared: &["amount", "currency"],
    // A commission is kept as text if it is not a number.
    any_shape: &["merchantCommission"],
    read: |status, body| payment(status, body, |client| client.create_payment(card_payment("ORD-12345"))),
};

pub(super) const PRE_AUTHORIZATION: Exchange = Exchange {
    name: "card3ds, pre-authorization",
    read: |status, body| payment(status, body, |client| client.pre_authorize(card_payment("ORD-12345"))),
    ..PAYMENT
};

pub(super) const CAPTURE: Exchange = Exchange {
    name: "card3ds, capture",
    read: |status, body| payment(status, body, |client| client.capture_payment(&ID.parse().unwrap(), lira("100.50"))),
    ..PAYMENT
};

pub(super) const CAPTURE_OF_40: Exchange = Exchange {
    name: "card3ds, capture of 40.00",
    read: |status, body| payment(status, body, |client| client.capture_payment(&ID.parse().unwrap(), lira("40.00"))),
    ..PAYMENT
};

pub(super) const COMPLETION: Exchange = Exchange {
    name: "card3ds, completion of 3-D Secure",
    read: |status, body| {
        payment(status, body, |client| {
            let posted = format!("paymentId={ID}&securityKey=key-1");
            client.complete_3ds(&ID.parse().unwrap(), ThreeDsCallback::parse(posted.as_bytes()).unwrap())
        })
    },
    ..PAYMENT
};

/// A read, so that nothing is compared with a request.
pub(super) const CHECKOUT_STATUS: Exchange = Exchange {
    name: "card3ds, checkout status",
    read: |status, body| payment(status, body, |client| client.checkout_status(&ID.parse().unwrap())),
    ..PAYMENT
};

pub(super) const STATE: Exchange = Exchange {
    name: "gateway, card3ds retrieve",
    read: |status, body| {
        Reading::of(now(client(Reply::new(status, body)).retrieve(ID, &expected())), |state| {
            let (id, passes) = (state.id.clone().unwrap_or_default(), state.is_paid_as_expected());
            Facts::new(id, format!("{:?}", state.status), &<_>::default()).passes(passes)
        })
    },
    ..PAYMENT
};

/// A capture does not name the order.
pub(super) const CAPTURED: Exchange = Exchange {
    name: "gateway, card3ds capture",
    sample: r#"{"paymentId":"123e4567-e89b-12d3-a456-426614174000","amount":100.50,"currency":"TRY","status":"SUCCESS"}"#,
    deciding: &["paymentId", "status"],
    any_shape: &[],
    read: |status, body| {
        let request = CaptureRequest::new("capture-1", ID, lira("100.50"));
        Reading::of(now(client(Reply::new(status, body)).capture(&request)), |state| {
            let (id, passes) = (state.id.clone().unwrap_or_default(), state.is_paid_as_expected());
            Facts::new(id, format!("{:?}", state.status), &<_>::default()).passes(passes)
        })
    },
    ..PAYMENT
};

pub(super) const ENROLMENT: Exchange = Exchange {
    name: "card3ds, start of 3-D Secure",
    status: 200,
    sample: r#"{"paymentId":"123e4567-e89b-12d3-a456-426614174000","success":true,"resultCode":"00",
        "resultMessage":"Enrolled","htmlContent":"<form>"}"#,
    deciding: &["paymentId", "success", "htmlContent"],
    compared: &[],
    any_shape: &[],
    read: |status, body| {
        let urls = ReturnUrls {
            success: "https://example.com/3ds/success".to_owned(),
            failure: "https://example.com/3ds/failure".to_owned(),
        };
        let new = NewThreeDsPayment::new(card_payment("ORD-12345"), urls);
        Reading::of(now(client(Reply::new(status, body)).start_3ds(new).send()), |enrolment| match enrolment {
            Enrolment::Enrolled(read) => {
                Facts::new(format!("{} {}", read.payment_id, read.page.html()), "enrolled", read.unreadable_members())
            }
            Enrolment::NotEnrolled(read) => Facts::new("", "not enrolled", read.unreadable_members()).passes(false),
        })
    },
};

pub(super) const CHECKOUT: Exchange = Exchange {
    name: "card3ds, checkout",
    status: 200,
    sample: r#"{"checkoutId":"123e4567-e89b-12d3-a456-426614174000","redirectUrl":"https://api.example.com/checkout"}"#,
    deciding: &["checkoutId", "redirectUrl"],
    compared: &[],
    any_shape: &[],
    read: |status, body| {
        let order = "ORD-12345";
        let new = NewCheckout::new(order, lira("100.50"), "Product purchase", "https://example.com/callback");
        Reading::of(now(client(Reply::new(status, body)).create_checkout(new).send()), |read| {
            Facts::new(format!("{} {}", read.checkout_id, read.redirect_url), "", read.unreadable_members())
        })
    },
};

pub(super) const INSTALLMENT_OPTIONS: Exchange = Exchange {
    name: "card3ds, installment options",
    status: 200,
    sample: r#"{"options":[{"installmentCount":2,"installmentAmount":510.00,"currency":"TRY","interestAmount":20.00,
        "totalAmount":1020.00}]}"#,
    deciding: &[
        "options",
        "options[0]",
        "options[0].installmentCount",
        "options[0].installmentAmount",
        "options[0].currency",
        "options[0].interestAmount",
        "options[0].totalAmount",
    ],
    compared: &[],
    any_shape: &[],
    read: |status, body| {
        let query = InstallmentQuery::new(lira("1000"), "5421190122090656".parse().unwrap());
        Reading::of(now(client(Reply::new(status, body)).installment_options(query).send()), |options| {
            let options: Vec<String> = options
                .iter()
                .map(|option| match option {
                    Ok(option) => format!("{option:?}"),
                    Err(item) => format!("unreadable at {}", item.error.path()),
                })
                .collect();
            Facts::new(options.join("; "), "", &<_>::default())
        })
    },
};

fn payment(status: u16, body: &[u8], call: fn(&Client) -> Call<Payment>) -> Reading {
    let result: Result<Payment, Error> = now(call(&client(Reply::new(status, body))).send());
    Reading::of(result, |payment| {
        let order = payment.order_id.as_ref().map_or("-", |id| id.as_str());
        let amount =
            payment.amount().map_or_else(|err| err.raw().unwrap_or("-").to_owned(), |amount| amount.to_string());
        Facts::new(format!("{} {order}", payment.payment_id), &payment.status, payment.unreadable_members())
            .details(amount)
            .passes(payment.check(&expected()).is_ok() && payment.clone().into_success().is_ok())
    })
}

pub(super) fn client(reply: Reply) -> Client {
    let clock = clock();
    let builder = Client::builder(ApiKey::new("key").unwrap(), ApiSecret::new("secret").unwrap());
    let builder = builder.base_url("https://api.example.com").transport(Script::new([reply]));
    builder.clock(clock.clone()).timer(clock).retry(card3ds::RetryPolicy::none()).build().unwrap()
}

fn expected() -> Expected {
    Expected::new("ORD-12345", lira("100.50"))
}

/// The id of the sample.
pub(super) const ID: &str = "123e4567-e89b-12d3-a456-426614174000";
