//! Turbo Transactions: nothing prevents a second execution, but a lookup shows the first.

use payments::journaled;
use payments_core::gateway::PaymentRequest;
use payments_core::{Currency, Money};
use payments_journal::{Gateway, Intent};
use payments_sandbox::turbo_txn::Settings;
use payments_sandbox::{EntryKind, Sandbox};
use turbo_txn::{CallbackDecryptor, CallbackKey, Client, ClientId, SecretKey};

use super::Failed;
use super::job::Prepared;
use super::scenario::{Incoming, MayReview, Provider, REFERENCE, SHOP, Scenario, Wires};

pub(super) const PROVIDER: Provider = Provider {
    name: NAME,
    scenarios: &[
        Scenario {
            sandbox: |builder| builder.turbo_txn(Settings::default().unadjusted_amounts()),
            ..Scenario::new(
                "turbo-txn.start-payment",
                ("turbo-txn.initiate", EntryKind::Executed),
                |sandbox| Box::pin(async { Ok(at(sandbox)) }),
                |_, reference| start_payment(reference),
                MayReview::IfNotExecuted,
            )
        },
        Scenario {
            sandbox: |builder| {
                let builder = builder.turbo_txn(Settings::default().unadjusted_amounts());
                builder.fault("turbo-txn.initiate @after-commit fin")
            },
            ..Scenario::new(
                "turbo-txn.start-payment/lost-response",
                ("turbo-txn.initiate", EntryKind::Executed),
                |sandbox| Box::pin(async { Ok(at(sandbox)) }),
                |_, reference| start_payment(reference),
                MayReview::IfNotExecuted,
            )
        },
        // The provider adds paise to the amount, and the customer pays them. Only the response explains the other amount.
        Scenario {
            customer: Some(|sandbox| sandbox.turbo_txn().order(REFERENCE).approve()),
            rests_pending: false,
            ..Scenario::new(
                "turbo-txn.start-payment/adjusted",
                ("turbo-txn.initiate", EntryKind::Executed),
                |sandbox| Box::pin(async { Ok(at(sandbox)) }),
                |_, reference| start_payment(reference),
                MayReview::IfNotAccepted,
            )
        },
        // The callbacks are hints: a lookup decides.
        Scenario {
            sandbox: |builder| builder.turbo_txn(Settings::default().unadjusted_amounts().callback_url(SHOP)),
            customer: Some(|sandbox| {
                let order = sandbox.turbo_txn().order(REFERENCE);
                order.pending();
                order.approve();
            }),
            has_webhooks: true,
            rests_pending: false,
            ..Scenario::new(
                "turbo-txn.start-payment/callback",
                ("turbo-txn.initiate", EntryKind::Executed),
                |sandbox| Box::pin(async { Ok(at(sandbox)) }),
                |_, reference| start_payment(reference),
                MayReview::IfNotExecuted,
            )
        },
    ],
    gateway,
    verify: |prepared, _, body| {
        let decryptor = CallbackDecryptor::new(CallbackKey::new(prepared.key("callback_key")?)?);
        Ok(Incoming::Hint(Box::new(decryptor.decrypt(body)?.hint())))
    },
};

fn gateway(prepared: &Prepared, wires: Wires) -> Result<Gateway, Failed> {
    let id = ClientId::new(prepared.key("client_id")?)?;
    let builder = Client::builder(id, SecretKey::new(prepared.key("secret_key")?)?);
    let client =
        builder.base_url(prepared.base_url.as_str()).transport(wires.transport).timeouts(wires.timeouts).build()?;
    Ok(journaled::turbo_txn(NAME, client))
}

fn at(sandbox: &Sandbox) -> Prepared {
    let provider = sandbox.turbo_txn();
    let keys = [
        ("client_id", provider.client_id()),
        ("secret_key", provider.secret_key()),
        ("callback_key", provider.callback_key()),
    ];
    Prepared::at(provider.base_url(), &keys)
}

fn start_payment(reference: &str) -> Result<Intent, Failed> {
    let amount = Money::parse("300", Currency::INR)?;
    Ok(Intent::new(NAME, PaymentRequest::new(reference, amount).return_url(format!("{SHOP}/thanks"))))
}

const NAME: &str = "turbo-txn";
