//! TurboPay: a lookup shows each order. Its references are accepted once, which the sandbox denies where the journal must not
//! need it.

use payments::journaled;
use payments_core::gateway::{ConfirmRequest, PaymentRequest, PayoutRequest};
use payments_core::{Currency, Money};
use payments_journal::{Gateway, Intent};
use payments_sandbox::turbopay::{Settings, Settle};
use payments_sandbox::{Builder, EntryKind, Sandbox};
use turbopay::{ApiKey, Client, NewDeposit, Traffic, WebhookKey, WebhookVerifier};

use super::Failed;
use super::job::Prepared;
use super::scenario::{Incoming, MayReview, PrepareFuture, Provider, REFERENCE, SHOP, Scenario, Wires};
use crate::clients::turbopay_at;

pub(super) const PROVIDER: Provider = Provider {
    name: NAME,
    scenarios: &[
        HOSTED,
        Scenario { name: "turbopay.start-payment/hosted-resend", ..resending(HOSTED) },
        OWN_PAGE,
        Scenario { name: "turbopay.start-payment/own-page-resend", ..resending(OWN_PAGE) },
        Scenario {
            name: "turbopay.start-payment/webhook",
            customer: Some(|sandbox| sandbox.turbopay().order(REFERENCE).pay()),
            has_webhooks: true,
            rests_pending: false,
            ..OWN_PAGE
        },
        CONFIRM,
        Scenario { name: "turbopay.confirm/resend", ..resending(CONFIRM) },
        PAY_OUT,
        Scenario { name: "turbopay.pay-out/resend", ..resending(PAY_OUT) },
        Scenario { name: "turbopay.pay-out/webhook", has_webhooks: true, ..PAY_OUT },
        Scenario {
            name: "turbopay.pay-out/lost-response",
            sandbox: |builder| without_unique_references(builder).fault("turbopay.withdraw @after-commit fin"),
            ..PAY_OUT
        },
        // The credentials are refused once, which pauses the account.
        Scenario {
            name: "turbopay.pay-out/unauthorized",
            sandbox: |builder| without_unique_references(builder).fault("turbopay.withdraw @before-commit json=401"),
            ..PAY_OUT
        },
    ],
    gateway,
    verify: |prepared, headers, body| {
        let key = WebhookKey::new(prepared.key("webhook_key")?)?;
        Ok(Incoming::TurboPay(Box::new(WebhookVerifier::new(key).verify(body, headers)?)))
    },
};

const HOSTED: Scenario = Scenario {
    sandbox: without_unique_references,
    ..Scenario::new(
        "turbopay.start-payment/hosted",
        ("turbopay.deposit", EntryKind::Executed),
        nothing,
        |_, reference| Ok(Intent::new(NAME, deposit(reference)?)),
        MayReview::IfNotExecuted,
    )
};

const OWN_PAGE: Scenario = Scenario {
    sandbox: without_unique_references,
    ..Scenario::new(
        "turbopay.start-payment/own-page",
        ("turbopay.host-to-host-deposit", EntryKind::Executed),
        nothing,
        |_, reference| Ok(Intent::new(NAME, deposit(reference)?.own_page())),
        MayReview::IfNotExecuted,
    )
};

const CONFIRM: Scenario = Scenario {
    sandbox: at_once,
    rests_pending: false,
    ..Scenario::new(
        "turbopay.confirm",
        ("turbopay.confirm", EntryKind::Confirmed),
        |sandbox| Box::pin(waiting_deposit(sandbox)),
        |prepared, reference| {
            Ok(Intent::new(NAME, ConfirmRequest::new(reference, prepared.payment_id()?, "110000000000")))
        },
        MayReview::IfNotExecuted,
    )
};

const PAY_OUT: Scenario = Scenario {
    sandbox: without_unique_references,
    rests_pending: false,
    ..Scenario::new(
        "turbopay.pay-out",
        ("turbopay.withdraw", EntryKind::Executed),
        nothing,
        |_, reference| {
            let amount = Money::parse("500", Currency::INR)?;
            let request = PayoutRequest::new(reference, amount, "customer-9", "065432123456789", "HDFC0000053");
            Ok(Intent::new(NAME, request))
        },
        MayReview::IfNotExecuted,
    )
};

/// The same operation for a merchant who lets the journal send the same reference again.
const fn resending(scenario: Scenario) -> Scenario {
    Scenario { sandbox: at_once, review: MayReview::Never, resends: true, ..scenario }
}

fn settings() -> Settings {
    Settings::default().opening_balance(5000).deposits(Settle::AtOnce).withdrawals(Settle::AtOnce)
}

fn at_once(builder: Builder) -> Builder {
    builder.turbopay(settings())
}

fn without_unique_references(builder: Builder) -> Builder {
    builder.turbopay(settings().without_unique_references())
}

fn gateway(prepared: &Prepared, wires: Wires) -> Result<Gateway, Failed> {
    let builder = Client::builder(ApiKey::new(prepared.key("api_key")?)?).base_url(prepared.base_url.as_str());
    let builder = builder.status_url(format!("{SHOP}/status")).redirect_url(format!("{SHOP}/return"));
    let mut builder = builder.traffic(Traffic::Standard).transport(wires.transport).timeouts(wires.timeouts);
    if let Some(rate_limit) = wires.rate_limit {
        builder = builder.rate_limit(rate_limit);
    }
    Ok(journaled::turbopay(NAME, builder.build()?))
}

fn at(sandbox: &Sandbox) -> Prepared {
    let provider = sandbox.turbopay();
    Prepared::at(provider.base_url(), &[("api_key", provider.api_key()), ("webhook_key", provider.webhook_key())])
}

fn nothing(sandbox: &Sandbox) -> PrepareFuture<'_> {
    Box::pin(async { Ok(at(sandbox)) })
}

/// Creates a deposit on the merchant's own page, which the customer has paid.
async fn waiting_deposit(sandbox: &Sandbox) -> Result<Prepared, Failed> {
    let amount = Money::parse("2000", Currency::INR)?;
    let new = NewDeposit::upi(amount, REFERENCE, "customer-9");
    let deposit = turbopay_at(sandbox)?.create_host_to_host_deposit(new).send().await?;
    Ok(at(sandbox).payment(deposit.order_id.as_str()))
}

fn deposit(reference: &str) -> Result<PaymentRequest, Failed> {
    Ok(PaymentRequest::new(reference, Money::parse("2000", Currency::INR)?).customer("customer-9"))
}

const NAME: &str = "turbopay";
