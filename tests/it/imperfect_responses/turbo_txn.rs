//! Turbo Transactions' calls and callbacks, with the document's samples.

use payments_core::gateway::{Lookup as _, PaymentRequest, StartPayment as _};
use payments_core::test_util::{Reply, Script};
use turbo_txn::{
    CallbackDecryptor, CallbackKey, Client, ClientId, Currency, Expected, Money, NewTransaction, SecretKey, TxnStatus,
};

use super::exchange::{Exchange, Facts, Reading, clock, now};

pub(super) const EXCHANGES: &[&Exchange] = &[&INITIATE, &START, &LOOKUP, &STATE, &CALLBACK];

pub(super) const INITIATE: Exchange = Exchange {
    name: "turbo-txn, initiate",
    status: 200,
    sample: r#"{"statusCode":200,"message":"Order Created Successfully","status":"OK","success":true,
        "timestamp":"2025-08-26T07:52:23.243989861Z","data":{"txnId":"5NNGB2SVNBY0NOZ3G809SEM",
        "orderId":"tt00d0u049100","amount":300.01,"sdkUrl":"https://payment-sdk.turbotransactions.in/utr/payment"}}"#,
    deciding: &["statusCode", "success", "data", "data.txnId", "data.orderId", "data.sdkUrl"],
    compared: &["data.amount"],
    any_shape: &[],
    read: |status, body| {
        let new = NewTransaction::new("tt00d0u049100", rupees("300"), "https://example.com");
        Reading::of(now(client(Reply::new(status, body)).initiate(new).send()), |read| {
            let passes = read.check(&Expected::new("tt00d0u049100", rupees("300.01"))).is_ok();
            let identity = format!("{} {} {}", read.txn_id.as_str(), read.order_id, read.sdk_url);
            Facts::new(identity, "", read.unreadable_members()).passes(passes)
        })
    },
};

pub(super) const START: Exchange = Exchange {
    name: "gateway, turbo-txn start",
    read: |status, body| {
        let request = PaymentRequest::new("tt00d0u049100", rupees("300")).return_url("https://example.com");
        Reading::of(now(client(Reply::new(status, body)).start_payment(&request)), |read| {
            let identity = format!("{} {:?}", read.id.unwrap_or_default(), read.next);
            Facts::new(identity, "", &<_>::default()).passes(read.amount == rupees("300.01"))
        })
    },
    ..INITIATE
};

pub(super) const LOOKUP: Exchange = Exchange {
    name: "turbo-txn, lookup",
    status: 200,
    // The document's `txnStatus` lists all four.
    sample: r#"{"statusCode":200,"message":"Txn details fetched successfully","status":"OK","success":true,
        "timestamp":"2025-03-21T15:35:43.797919902Z","data":{"utr":"","orderId":"TestTurboTxn001",
        "txnStatus":"Approved","amount":300.01}}"#,
    deciding: &["statusCode", "success", "data", "data.orderId", "data.txnStatus"],
    compared: &["data.amount"],
    any_shape: &[],
    read: |status, body| {
        let order = "TestTurboTxn001".parse().unwrap();
        Reading::of(now(client(Reply::new(status, body)).lookup(&order).send()), |read| {
            let is_final = if read.status.is_final() { "final" } else { "not final" };
            let passes = read.status == TxnStatus::Approved && read.check(&expected()).is_ok();
            Facts::new(&read.order_id, &read.status, read.unreadable_members()).details(is_final).passes(passes)
        })
    },
};

pub(super) const STATE: Exchange = Exchange {
    name: "gateway, turbo-txn lookup",
    read: |status, body| {
        Reading::of(now(client(Reply::new(status, body)).lookup_payment(&expected())), |state| {
            let (id, passes) = (state.id.clone().unwrap_or_default(), state.is_paid_as_expected());
            Facts::new(id, format!("{:?}", state.status), &<_>::default()).passes(passes)
        })
    },
    ..LOOKUP
};

/// A callback proves nothing, and yields only an order id.
pub(super) const CALLBACK: Exchange = Exchange {
    name: "turbo-txn, callback",
    status: 0,
    sample: r#"{"utr":"407719853170","amount":300.01,"orderId":"Test123456789","txnStatus":"Approved"}"#,
    deciding: &["orderId"],
    compared: &[],
    any_shape: &["utr", "amount", "txnStatus"],
    read: |_, body| decrypt(callback(body).as_bytes()),
};

/// Encrypts a callback as Turbo Transactions does.
pub(super) fn callback(text: impl AsRef<[u8]>) -> String {
    turbo_txn::test_util::callback(&callback_key(), [9; 16], text.as_ref())
}

/// Reads an encrypted callback.
pub(super) fn decrypt(body: &[u8]) -> Reading {
    Reading::of_webhook(CallbackDecryptor::new(callback_key()).decrypt(body), |callback| {
        Facts::new(callback.claimed(), "", &<_>::default())
    })
}

fn callback_key() -> CallbackKey {
    CallbackKey::new("Y2FuYXJ5LWNhbGxiYWNrLWtleS0wMTIzNDU2Nzg5YWI=").unwrap()
}

fn client(reply: Reply) -> Client {
    let clock = clock();
    let builder = Client::builder(ClientId::new("id").unwrap(), SecretKey::new("key").unwrap());
    let builder = builder.base_url("https://turbo.example").transport(Script::new([reply]));
    builder.clock(clock.clone()).timer(clock).retry(turbo_txn::RetryPolicy::none()).build().unwrap()
}

fn expected() -> Expected {
    Expected::new("TestTurboTxn001", rupees("300.01"))
}

fn rupees(text: &str) -> Money {
    Money::parse(text, Currency::INR).unwrap()
}
