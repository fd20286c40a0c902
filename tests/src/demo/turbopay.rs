//! TurboPay: deposits, a withdrawal, and the answer that is lost, with and without the SDK.

use std::time::Duration;

use payments_sandbox::turbopay::Settings;
use payments_sandbox::{Entry, Sandbox};
use turbopay::payments_core::webhook::Verified;
use turbopay::{
    Client, Currency, Event, Expected, MerchantOrderId, Money, NewDeposit, NewWithdrawal, OrderStatus, Outcome, QrCode,
    WebhookKey, WebhookVerifier,
};

use super::{Failed, Flow, Tour, naive};
use crate::clients::turbopay_builder;
use crate::merchant::Merchant;

pub(super) async fn tour(seed: u64) -> Result<Tour, Failed> {
    let shop = Shop::open(seed).await?;
    let flows = vec![shop.hosted_deposit().await?, shop.host_to_host_deposit().await?, shop.withdrawal().await?];
    shop.sandbox.finish();
    Ok(Tour { provider: "TurboPay", about: "deposits and withdrawals in INR, signed webhooks", flows })
}

/// What a closed connection does to an application that takes it for a failure, and the same with this SDK.
pub(super) async fn lost_answer(seed: u64) -> Result<(Side, Side), Failed> {
    Ok((lost_answer_naively(seed).await?, lost_answer_asked(seed).await?))
}

/// One application's story of the lost answer.
#[derive(Debug)]
pub(super) struct Side {
    pub(super) steps: Vec<String>,
    pub(super) payouts: usize,
    pub(super) ledger: Vec<Entry>,
}

/// A merchant with a client, a status URL and a provider.
struct Shop {
    sandbox: Sandbox,
    merchant: Merchant,
    client: Client,
    endpoint: WebhookVerifier,
}

impl Shop {
    async fn open(seed: u64) -> Result<Self, Failed> {
        let sandbox =
            Sandbox::builder().seed(seed).turbopay(Settings::default().opening_balance(5000)).try_start().await?;
        let merchant = Merchant::start().await?;
        let client = turbopay_builder(&sandbox)?
            .status_url(merchant.url("/status"))
            .redirect_url(merchant.url("/thanks"))
            .build()?;
        let endpoint = WebhookVerifier::new(WebhookKey::new(sandbox.turbopay().webhook_key())?);
        Ok(Self { sandbox, merchant, client, endpoint })
    }

    async fn hosted_deposit(&self) -> Result<Flow, Failed> {
        let amount = rupees(2000);
        let new = NewDeposit::upi(amount, "order-1".parse()?, "customer-9".parse()?).customer_name("Raj Singh");
        let deposit = self.client.create_deposit(new).send().await?;
        let mut steps = vec![format!("create_deposit     {amount}, status {}", deposit.status)];
        let before = self.merchant.deliveries().len();
        naive::press(&deposit.form_url, "pay").await?;
        steps.push("the customer       opens the page and presses \"I have paid\"".to_owned());
        let last = self.webhooks_since(before, &mut steps).await?;
        let works = last.is_some_and(|event| {
            event.status == OrderStatus::Success && event.check(&Expected::new("order-1", amount)).is_ok()
        });
        Ok(Flow { title: "A deposit on TurboPay's page", steps, works })
    }

    async fn host_to_host_deposit(&self) -> Result<Flow, Failed> {
        let new = NewDeposit::upi(rupees(226), "order-2".parse()?, "customer-9".parse()?);
        let deposit = self.client.create_host_to_host_deposit(new).send().await?;
        let qr = deposit.qr.as_ref().map(QrCode::png).transpose()?.map_or(0, |png| png.len());
        let mut steps = vec![
            format!(
                "create_deposit     host to host: a QR code of {qr} bytes, to be paid to {}",
                deposit.wallet_address
            ),
            format!("upi_link           {}", deposit.upi_link().unwrap_or_default()),
        ];
        let confirmed = self.client.confirm_utr(&deposit.order_id, &"409876543210".parse()?).send().await?;
        let order = self.client.wait_until_final(&"order-2".parse()?).send().await?;
        steps.push(format!("confirm_utr        409876543210: {}", confirmed.status));
        steps.push(format!("wait_until_final   {}", order.status));
        Ok(Flow { title: "A deposit on your own page", steps, works: order.status == OrderStatus::Success })
    }

    async fn withdrawal(&self) -> Result<Flow, Failed> {
        // What is still to be said of the deposits is not this flow's.
        self.sandbox.settle().await;
        let before = self.merchant.deliveries().len();
        let order = self.client.create_withdrawal(payout("payout-1")?).send().await?;
        let mut steps = vec![format!("create_withdrawal  {}, status {}", rupees(500), order.status)];
        let last = self.webhooks_since(before, &mut steps).await?;
        let balance = self.client.balance(Currency::INR).send().await?;
        steps.push(format!("balance            {} INR", balance.available));
        let works = last.is_some_and(|event| event.status == OrderStatus::Success);
        Ok(Flow {
            title: "A withdrawal",
            steps,
            works: works && balance.available_money()? == rupees(5000 + 2000 + 226 - 500),
        })
    }

    /// Lets the bank do its work, and proves what TurboPay says of it.
    async fn webhooks_since(&self, before: usize, steps: &mut Vec<String>) -> Result<Option<Verified<Event>>, Failed> {
        self.sandbox.clock().advance(Duration::from_secs(2));
        self.sandbox.settle().await;
        let mut last = None;
        for delivery in self.merchant.deliveries().into_iter().skip(before) {
            let event = self.endpoint.verify(&delivery.body, &delivery.headers)?;
            steps.push(format!("webhook, verified  {} is {}", event.merchant_order_id, event.status));
            last = Some(event);
        }
        Ok(last)
    }
}

/// The provider pays, and closes the connection instead of saying so.
const LOST: &str = "turbopay.withdraw#1 @after-commit fin";

async fn lost_answer_naively(seed: u64) -> Result<Side, Failed> {
    let sandbox = Sandbox::builder().seed(seed).fault(LOST).try_start().await?;
    let (url, key) = (format!("{}/withdraw/new", sandbox.turbopay().base_url()), sandbox.turbopay().api_key());
    let mut steps = Vec::new();
    for order in ["payout-7", "payout-7-again"] {
        steps.push(format!("POST /withdraw/new {order}"));
        match naive::withdraw(&url, key, order).await {
            Ok(status) => {
                steps.push(format!("-> {status}: \"paid\""));
                break;
            }
            Err(err) => steps.push(format!("-> {err}: \"failed, so pay again\"")),
        }
    }
    Ok(side(sandbox, steps))
}

async fn lost_answer_asked(seed: u64) -> Result<Side, Failed> {
    let sandbox = Sandbox::builder().seed(seed).fault(LOST).try_start().await?;
    let client = turbopay_builder(&sandbox)?.build()?;
    let reference: MerchantOrderId = "payout-7".parse()?;
    let mut steps = vec!["create_withdrawal payout-7".to_owned()];
    match client.create_withdrawal(payout("payout-7")?).send().await {
        Ok(order) => steps.push(format!("-> {}", order.status)),
        Err(err) if err.outcome() == Outcome::Unknown => {
            steps.push(format!("-> {}: Outcome::{:?}, so ask", err.kind().as_str(), err.outcome()));
            steps.push("wait_until_final payout-7".to_owned());
            let order = client.wait_until_final(&reference).send().await?;
            steps.push(format!("-> {}: \"paid\"", order.status));
        }
        Err(err) => return Err(err.into()),
    }
    Ok(side(sandbox, steps))
}

fn side(sandbox: Sandbox, steps: Vec<String>) -> Side {
    let ledger = sandbox.ledger();
    sandbox.finish();
    Side { steps, payouts: ledger.executions("turbopay.withdraw"), ledger: ledger.entries().to_vec() }
}

fn payout(order: &str) -> Result<NewWithdrawal, Failed> {
    let (account, bank) = ("065432123456789".parse()?, "HDFC0000053".parse()?);
    Ok(NewWithdrawal::bank_transfer(rupees(500), order.parse()?, "customer-9".parse()?, account, bank))
}

fn rupees(amount: i64) -> Money {
    Money::from_minor(amount * 100, Currency::INR)
}
