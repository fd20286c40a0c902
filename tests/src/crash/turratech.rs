//! TurraTech: an idempotency key protects each operation, so nothing ever needs a review.

use payments::journaled;
use payments_core::gateway::{CancelRequest, CaptureRequest, PaymentRequest, RefundRequest};
use payments_core::{Currency, Money};
use payments_journal::{Gateway, Intent};
use payments_sandbox::turratech::Settings;
use payments_sandbox::{EntryKind, Sandbox};
use turratech::{CaptureMethod, Client, NewPayment, WebhookSecret, WebhookVerifier};

use super::Failed;
use super::job::Prepared;
use super::scenario::{Incoming, MayReview, PrepareFuture, Provider, REFERENCE, SHOP, Scenario, Wires};
use crate::clients::turratech_at;

pub(super) const PROVIDER: Provider = Provider {
    name: NAME,
    scenarios: &[
        Scenario {
            rests_pending: false,
            ..Scenario::new(
                "turratech.start-payment",
                ("turratech.create-payment", EntryKind::Executed),
                |sandbox| Box::pin(async { Ok(at(sandbox)) }),
                |_, reference| start_payment(reference, "pm_card_visa"),
                MayReview::Never,
            )
        },
        Scenario {
            sandbox: |builder| builder.turratech(Settings::default().debits_stay_processing()),
            customer: Some(|sandbox| sandbox.turratech().payment(REFERENCE).succeed()),
            has_webhooks: true,
            rests_pending: false,
            ..Scenario::new(
                "turratech.start-payment/webhook",
                ("turratech.create-payment", EntryKind::Executed),
                |sandbox| Box::pin(subscribed(sandbox)),
                |prepared, reference| start_payment(reference, prepared.payment_id()?),
                MayReview::Never,
            )
        },
        Scenario {
            rests_pending: false,
            ..Scenario::new(
                "turratech.capture",
                ("turratech.capture-payment", EntryKind::Captured),
                authorized,
                |prepared, reference| {
                    let request = CaptureRequest::new(reference, prepared.payment_id()?, pounds());
                    Ok(Intent::new(NAME, request))
                },
                MayReview::Never,
            )
        },
        Scenario {
            rests_pending: false,
            ..Scenario::new(
                "turratech.cancel",
                ("turratech.cancel-payment", EntryKind::Released),
                authorized,
                |prepared, reference| Ok(Intent::new(NAME, CancelRequest::new(reference, prepared.payment_id()?))),
                MayReview::Never,
            )
        },
        // A partial refund, so that a second one would also be possible. No status of a refund is documented as final.
        Scenario::new(
            "turratech.refund",
            ("turratech.create-refund", EntryKind::Refunded),
            |sandbox| Box::pin(paid(sandbox, None)),
            |prepared, reference| {
                let part = Money::from_minor(500, Currency::GBP);
                Ok(Intent::new(NAME, RefundRequest::new(reference, prepared.payment_id()?, part)))
            },
            MayReview::Never,
        ),
    ],
    gateway,
    verify: |prepared, headers, body| {
        let secret = WebhookSecret::new(prepared.key("webhook_secret")?)?;
        Ok(Incoming::TurraTech(Box::new(WebhookVerifier::new(secret).verify(body, headers)?)))
    },
};

fn gateway(prepared: &Prepared, wires: Wires) -> Result<Gateway, Failed> {
    let builder = Client::builder(turratech::ApiKey::new(prepared.key("api_key")?)?);
    let client =
        builder.base_url(prepared.base_url.as_str()).transport(wires.transport).timeouts(wires.timeouts).build()?;
    Ok(journaled::turratech(NAME, client))
}

fn at(sandbox: &Sandbox) -> Prepared {
    let provider = sandbox.turratech();
    let keys = [("api_key", provider.api_key()), ("webhook_secret", provider.webhook_secret())];
    Prepared::at(provider.base_url(), &keys)
}

/// Subscribes to webhooks, and creates a direct debit's payment method.
async fn subscribed(sandbox: &Sandbox) -> Result<Prepared, Failed> {
    sandbox.turratech().send_events_to(SHOP);
    let debit = turratech::NewPaymentMethod::new(turratech::PaymentMethodType::BacsDebit);
    let method = turratech_at(sandbox)?.create_payment_method(debit).send().await?;
    Ok(at(sandbox).payment(method.id.as_str()))
}

fn authorized(sandbox: &Sandbox) -> PrepareFuture<'_> {
    Box::pin(paid(sandbox, Some(CaptureMethod::Manual)))
}

/// Creates the payment that the operation is about.
async fn paid(sandbox: &Sandbox, capture: Option<CaptureMethod>) -> Result<Prepared, Failed> {
    let new = NewPayment::new(pounds()).payment_method("pm_card_visa".parse()?).confirm(true);
    let mut new = new.metadata("order_id", REFERENCE);
    if let Some(capture) = capture {
        new = new.capture_method(capture);
    }
    let payment = turratech_at(sandbox)?.create_payment(new).send().await?;
    Ok(at(sandbox).payment(payment.id.as_str()))
}

fn start_payment(reference: &str, method: &str) -> Result<Intent, Failed> {
    Ok(Intent::new(NAME, PaymentRequest::new(reference, pounds()).payment_method(method)))
}

fn pounds() -> Money {
    Money::from_minor(2000, Currency::GBP)
}

const NAME: &str = "turratech";
