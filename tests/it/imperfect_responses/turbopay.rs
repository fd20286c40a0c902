//! TurboPay's calls and webhooks, with its recorded responses.

use payments_core::gateway::{AvailableBalance as _, Lookup as _, PayOut as _, PayoutRequest};
use payments_core::test_util::{Reply, Script};
use turbopay::test_util::sign;
use turbopay::{ApiKey, Client, Currency, Error, Expected, Order, Traffic, WebhookKey, WebhookVerifier};

use super::exchange::{Exchange, Facts, Reading, clock, now};
use crate::support::{deposit, rupees, withdrawal};

pub(super) const EXCHANGES: &[&Exchange] = &[
    &HOSTED_DEPOSIT,
    &HOST_TO_HOST_DEPOSIT,
    &CONFIRMATION,
    &WITHDRAWAL,
    &PAYOUT,
    &ORDER_STATUS,
    &LOOKUP,
    &STATE,
    &BALANCE,
    &AVAILABLE_BALANCE,
    &WEBHOOK,
];

pub(super) const HOSTED_DEPOSIT: Exchange = Exchange {
    name: "turbopay, hosted deposit",
    status: 201,
    sample: r#"{"form_url":"https://pay.turbopay.tech/wire?hash=1","order_id":"3e7a1c5b","status":"new"}"#,
    deciding: &["order_id", "status", "form_url"],
    compared: &[],
    any_shape: &[],
    read: |status, body| {
        let sent = now(client(Reply::new(status, body)).create_deposit(deposit("order-1")).send());
        Reading::of(sent, |read| {
            Facts::new(format!("{} {}", read.order_id.as_ref(), read.form_url), &read.status, read.unreadable_members())
        })
    },
};

pub(super) const HOST_TO_HOST_DEPOSIT: Exchange = Exchange {
    name: "turbopay, host-to-host deposit",
    status: 201,
    sample: r#"{"wallet_address":"username@bankname","wallet_name":"Company Name","order_expiration_seconds":"300",
        "transaction_note":"A1b2c","order_id":"3e7a1c5b","status":"new","qr":"aGVsbG8=",
        "deep_links":{"phonepe":"phonepe://pay","paytm":"paytmmp://pay"}}"#,
    deciding: &["order_id", "status", "wallet_address"],
    compared: &[],
    any_shape: &[],
    read: |status, body| {
        let sent = now(client(Reply::new(status, body)).create_host_to_host_deposit(deposit("order-1")).send());
        Reading::of(sent, |read| {
            let identity = format!("{} {}", read.order_id.as_ref(), read.wallet_address);
            let links = [read.deep_links.phonepe(), read.deep_links.paytm()].into_iter().flatten().count();
            let expires = read.expires_after.map_or(0, |time| time.as_secs());
            Facts::new(identity, &read.status, read.unreadable_members())
                .details(format_args!("{links} links, {expires} s"))
        })
    },
};

pub(super) const CONFIRMATION: Exchange = Exchange {
    name: "turbopay, confirmation of a UTR",
    status: 200,
    sample: r#"{"status":"pending"}"#,
    deciding: &["status"],
    compared: &[],
    any_shape: &[],
    read: |status, body| {
        let (order, utr) = ("3e7a1c5b".parse().unwrap(), "409876543210".parse().unwrap());
        let sent = now(client(Reply::new(status, body)).confirm_utr(&order, &utr).send());
        Reading::of(sent, |read| Facts::new("", &read.status, read.unreadable_members()))
    },
};

pub(super) const WITHDRAWAL: Exchange = Exchange {
    name: "turbopay, withdrawal",
    status: 201,
    sample: r#"{"order_id":"5d4b0e68","status":"new"}"#,
    deciding: &["order_id", "status"],
    compared: &[],
    any_shape: &[],
    read: |status, body| {
        let sent = now(client(Reply::new(status, body)).create_withdrawal(withdrawal("order-1")).send());
        Reading::of(sent, |read| Facts::new(read.order_id.as_ref(), &read.status, read.unreadable_members()))
    },
};

/// The gateway keeps no unreadable members.
pub(super) const PAYOUT: Exchange = Exchange {
    name: "gateway, turbopay payout",
    read: |status, body| {
        let request = PayoutRequest::new("order-1", rupees(500), "customer-9", "065432123456789", "HDFC0000053");
        let sent = now(client(Reply::new(status, body)).pay_out(&request));
        Reading::of(sent, |read| Facts::new(read.id.unwrap_or_default(), format!("{:?}", read.status), &<_>::default()))
    },
    ..WITHDRAWAL
};

pub(super) const ORDER_STATUS: Exchange = Exchange {
    name: "turbopay, order status",
    status: 200,
    sample: r#"{"order_id":"849655cf","merchant_order_id":"O_XVajPtgGFk173LluM5oKb","status":"success",
        "reason":"some reason","amount":"500.00","utr":"409876543210"}"#,
    deciding: &["order_id", "merchant_order_id", "status"],
    compared: &["amount"],
    any_shape: &[],
    read: |status, body| order(now(client(Reply::new(status, body)).order_status(&"849655cf".parse().unwrap()).send())),
};

pub(super) const LOOKUP: Exchange = Exchange {
    name: "turbopay, lookup",
    read: |status, body| {
        let reference = REFERENCE.parse().unwrap();
        order(now(client(Reply::new(status, body)).lookup(&reference).send()))
    },
    ..ORDER_STATUS
};

/// A lookup of another reference than the sample's.
pub(super) const LOOKUP_OF_007: Exchange = Exchange {
    name: "turbopay, lookup of 007",
    read: |status, body| order(now(client(Reply::new(status, body)).lookup(&"007".parse().unwrap()).send())),
    ..ORDER_STATUS
};

pub(super) const STATE: Exchange = Exchange {
    name: "gateway, turbopay lookup",
    read: |status, body| {
        let found = now(client(Reply::new(status, body)).lookup_payment(&expected()));
        Reading::of(found, |state| {
            let (id, passes) = (state.id.clone().unwrap_or_default(), state.is_paid_as_expected());
            Facts::new(id, format!("{:?}", state.status), &<_>::default()).passes(passes)
        })
    },
    ..ORDER_STATUS
};

pub(super) const BALANCE: Exchange = Exchange {
    name: "turbopay, balance",
    status: 200,
    sample: r#"{"account_id":"alisa-test","currency":"INR","available_balance":"-2.2800","total_balance":"-2.2800"}"#,
    deciding: &["account_id", "currency"],
    compared: &["available_balance", "total_balance"],
    any_shape: &[],
    read: |status, body| {
        let sent = now(client(Reply::new(status, body)).balance(Currency::INR).send());
        Reading::of(sent, |read| {
            let available = read.available().map_or_else(|err| err.to_string(), |amount| amount.to_string());
            let same = |amount: Result<_, _>| amount.is_ok_and(|amount| amount == rupees_of("-2.28"));
            Facts::new(&read.account_id, read.currency, read.unreadable_members())
                .details(available)
                .passes(same(read.available_money()) && same(read.total_money()))
        })
    },
};

pub(super) const AVAILABLE_BALANCE: Exchange = Exchange {
    name: "gateway, turbopay balance",
    deciding: &["account_id", "currency", "available_balance"],
    compared: &[],
    any_shape: &["total_balance"],
    read: |status, body| {
        let balance = now(client(Reply::new(status, body)).available_balance(Currency::INR));
        Reading::of(balance, |amount| Facts::new(amount, "", &<_>::default()))
    },
    ..BALANCE
};

pub(super) const WEBHOOK: Exchange = Exchange {
    name: "turbopay, signed webhook",
    status: 0,
    sample: r#"{"order_id":"849655cf","merchant_order_id":"O_XVajPtgGFk173LluM5oKb","status":"success",
        "reason":"some reason","amount":"500.00","utr":"409876543210","target_upi_id":"deposit@test",
        "merchant_customer_id":"customer-9","error_code":"ERR_001","error_message":"m","claim_id":"c"}"#,
    deciding: &["order_id", "merchant_order_id", "status"],
    compared: &["amount"],
    any_shape: &[],
    read: |_, body| {
        let key = WebhookKey::new("whk-51ab").unwrap();
        let signature = sign(&key, body);
        Reading::of_webhook(WebhookVerifier::new(key).verify_signature(body, signature.as_bytes()), |event| {
            let text = |text: Option<&str>| text.unwrap_or("-").to_owned();
            let details = [
                event.amount().map_or_else(|err| text(err.raw()), |amount| amount.to_string()),
                text(event.utr.as_ref().map(turbopay::Utr::as_str)),
                text(event.reason.as_deref()),
                text(event.error_code.as_deref()),
            ];
            Facts::new(
                format!("{} {}", event.order_id.as_ref(), event.merchant_order_id),
                &event.status,
                event.unreadable_members(),
            )
            .details(details.join(", "))
            .passes(event.check(&expected()).is_ok())
        })
    },
};

fn order(result: Result<Order, Error>) -> Reading {
    Reading::of(result, |order| {
        let amount = order.amount().map_or_else(|err| err.raw().unwrap_or("-").to_owned(), |amount| amount.to_string());
        Facts::new(
            format!("{} {}", order.order_id.as_ref(), order.merchant_order_id),
            &order.status,
            order.unreadable_members(),
        )
        .details(amount)
        .passes(order.check(&expected()).is_ok())
    })
}

pub(super) fn client(reply: Reply) -> Client {
    let clock = clock();
    let builder = Client::builder(ApiKey::new("key").unwrap()).transport(Script::new([reply]));
    let builder = builder.clock(clock.clone()).timer(clock).retry(turbopay::RetryPolicy::none());
    let builder = builder.status_url("https://merchant.example/status").redirect_url("https://merchant.example/return");
    builder.traffic(Traffic::Standard).build().unwrap()
}

fn expected() -> Expected {
    Expected::new(REFERENCE, rupees(500))
}

fn rupees_of(text: &str) -> turbopay::Money {
    turbopay::Money::parse(text, Currency::INR).unwrap()
}

/// The reference of the samples.
const REFERENCE: &str = "O_XVajPtgGFk173LluM5oKb";
