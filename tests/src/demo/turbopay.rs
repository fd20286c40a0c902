//! TurboPay: deposits, a withdrawal, and a lost payout response, with and without the SDK.

use std::time::Duration;

use payments_sandbox::turbopay::Settings;
use payments_sandbox::{Entry, Sandbox};
use turbopay::payments_core::webhook::Verified;
use turbopay::{
    Client, Currency, Event, Expected, MerchantOrderId, Money, NewDeposit, NewWithdrawal, OrderStatus, Outcome, QrCode,
    WebhookKey, WebhookVerifier,
};

use super::{Failed, Flow, Tour, plain_http, step};
use crate::clients::turbopay_builder;
use crate::merchant::Merchant;

pub(super) async fn tour(seed: u64) -> Result<Tour, Failed> {
    let scene = Setup::start(seed).await?;
    let flows = vec![scene.hosted_deposit().await?, scene.host_to_host_deposit().await?, scene.withdrawal().await?];
    scene.sandbox.finish();
    Ok(Tour { provider: "TurboPay", about: "deposits and withdrawals in INR, signed webhooks", flows })
}

/// Loses a payout's response: in an application that treats it as a failure, and in one with the SDK.
pub(super) async fn lost_payout_response(seed: u64) -> Result<(PayoutScene, PayoutScene), Failed> {
    Ok((naive_application(seed).await?, sdk_application(seed).await?))
}

/// The steps of one application after a lost payout response, and the ledger.
#[derive(Debug)]
pub(super) struct PayoutScene {
    pub(super) steps: Vec<String>,
    pub(super) payouts: usize,
    pub(super) ledger: Vec<Entry>,
}

/// A sandbox, a merchant's web server, a client and a webhook verifier.
struct Setup {
    sandbox: Sandbox,
    merchant: Merchant,
    client: Client,
    verifier: WebhookVerifier,
}

impl Setup {
    async fn start(seed: u64) -> Result<Self, Failed> {
        let sandbox =
            Sandbox::builder().seed(seed).turbopay(Settings::default().opening_balance(5000)).try_start().await?;
        let merchant = Merchant::start().await?;
        let client = turbopay_builder(&sandbox)?
            .status_url(merchant.url("/status"))
            .redirect_url(merchant.url("/thanks"))
            .build()?;
        let verifier = WebhookVerifier::new(WebhookKey::new(sandbox.turbopay().webhook_key())?);
        Ok(Self { sandbox, merchant, client, verifier })
    }

    async fn hosted_deposit(&self) -> Result<Flow, Failed> {
        let amount = rupees(2000);
        let new = NewDeposit::upi(amount, "order-1", "customer-9").customer_name("Raj Singh");
        let deposit = self.client.create_deposit(new).send().await?;
        let mut steps = vec![step("create_deposit", format_args!("{amount}, status {}", deposit.status))];
        let before = self.merchant.deliveries().len();
        plain_http::press_button(&deposit.form_url, "pay").await?;
        steps.push(step("the customer", "opens the page and confirms the payment"));
        let last = self.webhooks_since(before, &mut steps).await?;
        let as_expected = last.is_some_and(|event| {
            event.status == OrderStatus::Success && event.check(&Expected::new("order-1", amount)).is_ok()
        });
        Ok(Flow { title: "A deposit on TurboPay's page", steps, as_expected })
    }

    async fn host_to_host_deposit(&self) -> Result<Flow, Failed> {
        let new = NewDeposit::upi(rupees(226), "order-2", "customer-9");
        let deposit = self.client.create_host_to_host_deposit(new).send().await?;
        let qr = deposit.qr.as_ref().map(QrCode::png).transpose()?.map_or(0, |png| png.len());
        let mut steps = vec![
            step(
                "host-to-host deposit",
                format_args!("QR code of {qr} bytes, to be paid to {}", deposit.wallet_address),
            ),
            step("upi_link", deposit.upi_link().unwrap_or_default()),
        ];
        let confirmed = self.client.confirm_utr(&deposit.order_id, &"409876543210".parse()?).send().await?;
        let order = self.client.wait_until_final(&"order-2".parse()?).send().await?;
        steps.push(step("confirm_utr", format_args!("409876543210, status {}", confirmed.status)));
        steps.push(step("wait_until_final", format_args!("status {}", order.status)));
        Ok(Flow {
            title: "A deposit on the merchant's own page",
            steps,
            as_expected: order.status == OrderStatus::Success,
        })
    }

    async fn withdrawal(&self) -> Result<Flow, Failed> {
        // Deliver the webhooks of the deposits first.
        self.sandbox.settle().await;
        let before = self.merchant.deliveries().len();
        let order = self.client.create_withdrawal(payout("payout-1")?).send().await?;
        let mut steps = vec![step("create_withdrawal", format_args!("{}, status {}", rupees(500), order.status))];
        let last = self.webhooks_since(before, &mut steps).await?;
        let balance = self.client.balance(Currency::INR).send().await?;
        steps.push(step("balance", format_args!("{} INR", balance.available()?)));
        let as_expected = last.is_some_and(|event| event.status == OrderStatus::Success);
        Ok(Flow {
            title: "A withdrawal",
            steps,
            as_expected: as_expected && balance.available_money()? == rupees(5000 + 2000 + 226 - 500),
        })
    }

    /// Advances the clock until the bank has processed the order, and verifies the new webhooks.
    async fn webhooks_since(&self, before: usize, steps: &mut Vec<String>) -> Result<Option<Verified<Event>>, Failed> {
        self.sandbox.clock().advance(Duration::from_secs(2));
        self.sandbox.settle().await;
        let mut last = None;
        for delivery in self.merchant.deliveries().into_iter().skip(before) {
            let event = self.verifier.verify(&delivery.body, &delivery.headers)?;
            steps
                .push(step("webhook (verified)", format_args!("{}, status {}", event.merchant_order_id, event.status)));
            last = Some(event);
        }
        Ok(last)
    }
}

/// TurboPay executes the payout and closes the connection before the response.
const LOST_RESPONSE: &str = "turbopay.withdraw#1 @after-commit fin";

async fn naive_application(seed: u64) -> Result<PayoutScene, Failed> {
    let sandbox = Sandbox::builder().seed(seed).fault(LOST_RESPONSE).try_start().await?;
    let (url, key) = (format!("{}/withdraw/new", sandbox.turbopay().base_url()), sandbox.turbopay().api_key());
    let mut steps = Vec::new();
    for order in ["payout-7", "payout-7-again"] {
        steps.push(format!("POST /withdraw/new {order}"));
        match plain_http::withdraw(&url, key, order).await {
            Ok(status) => {
                steps.push(format!("-> {status}: \"paid\""));
                break;
            }
            Err(err) => steps.push(format!("-> {err}: \"failed, so pay again\"")),
        }
    }
    Ok(scene(sandbox, steps))
}

async fn sdk_application(seed: u64) -> Result<PayoutScene, Failed> {
    let sandbox = Sandbox::builder().seed(seed).fault(LOST_RESPONSE).try_start().await?;
    let client = turbopay_builder(&sandbox)?.build()?;
    let reference: MerchantOrderId = "payout-7".parse()?;
    let mut steps = vec!["create_withdrawal payout-7".to_owned()];
    match client.create_withdrawal(payout("payout-7")?).send().await {
        Ok(order) => steps.push(format!("-> {}", order.status)),
        Err(err) if err.outcome() == Outcome::Unknown => {
            steps.push(format!("-> {}: Outcome::{:?}", err.kind().as_str(), err.outcome()));
            steps.push("wait_until_final payout-7".to_owned());
            let order = client.wait_until_final(&reference).send().await?;
            steps.push(format!("-> {}: \"paid\"", order.status));
        }
        Err(err) => return Err(err.into()),
    }
    Ok(scene(sandbox, steps))
}

fn scene(sandbox: Sandbox, steps: Vec<String>) -> PayoutScene {
    let ledger = sandbox.ledger();
    sandbox.finish();
    PayoutScene { steps, payouts: ledger.executions("turbopay.withdraw"), ledger: ledger.entries().to_vec() }
}

fn payout(order: &str) -> Result<NewWithdrawal, Failed> {
    let (account, bank) = ("065432123456789".parse()?, "HDFC0000053".parse()?);
    Ok(NewWithdrawal::bank_transfer(rupees(500), order, "customer-9", account, bank))
}

fn rupees(amount: i64) -> Money {
    Money::from_minor(amount * 100, Currency::INR)
}
