//! The steps of the checklist, in their own module so that the crate's tests can run them.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use payments_sandbox::Sandbox;
use turbopay::payments_core::http::{HeaderMap, HeaderName, HeaderValue};
use turbopay::payments_core::{Exchange, Observer};
use turbopay::{
    ApiKey, BankAccount, BankCode, Client, ClientBuilder, Currency, Direction, Error, ErrorKind, Event, Expected,
    MerchantOrderId, Method, Mismatch, Money, NewDeposit, NewWithdrawal, OrderStatus, Outcome, Problem, Traffic,
    Transition, Verified, VerifyError, WebhookKey, WebhookVerifier, transition,
};

type Failure = Box<dyn std::error::Error>;

/// Runs the checklist in its documented order, and reports each step when it is done.
pub(crate) async fn run_all(merchant: &Merchant, mut report: impl FnMut(Step)) {
    report(step("deposits are created", deposit(merchant).await));
    report(step("withdrawals are created", withdrawal(merchant).await));
    report(step("incomplete data is rejected", incomplete_data(merchant).await));
    report(step("invalid data is rejected", invalid_data(merchant).await));
    report(step("duplicate data is rejected", duplicate_data(merchant).await));
    report(step("a wrong API key is recognised", wrong_key(merchant).await));
    report(step("a lost response is recognised", lost_response(merchant).await));
    report(manual_step("the application handles every error", "run its tests against the sandbox, with faults"));
    report(step("requests and responses can be logged", logging(merchant)));
    report(manual_step("the application stores the log", "set an observer on its client, as this example does"));
    report(step("the status URL is public", public_status_url(merchant)));
    report(step("each order has a status URL", required_status_url(merchant).await));
    report(step("webhook signatures are verified", signatures(merchant).await));
    report(step("webhooks set the status and the amount", amounts(merchant).await));
    report(step("goods are delivered once, on success", delivery(merchant).await));
    report(step("TurboPay accepts requests from this IP address", whitelisted(merchant).await));
    report(manual_step(
        "TurboPay's IP addresses can reach this server",
        "if you filter requests: ask TurboPay's tech team for the addresses",
    ));
    report(manual_step("the back office shows every order", "log in and find the orders of this run"));
    report(manual_step("the start time is arranged", "with TurboPay's tech team"));
    report(manual_step("TurboPay approved the start", "process nothing live before its tech team agrees"));
    report(manual_step("the first live payments are monitored", "in your system and in the back office"));
}

async fn deposit(merchant: &Merchant) -> Result<StepResult, Failure> {
    let (client, reference) = (merchant.client()?, merchant.reference("deposit")?);
    let deposit = client.create_deposit(merchant.deposit(&reference)?).send().await?;
    let order = client.lookup(&reference).send().await?;
    order.check(&Expected::new(&reference, merchant.amount))?;
    ok(format!(
        "{reference} is {}, and {} in the lookup; the payment page is {}",
        deposit.status, order.status, deposit.form_url
    ))
}

async fn withdrawal(merchant: &Merchant) -> Result<StepResult, Failure> {
    let (client, reference) = (merchant.client()?, merchant.reference("withdrawal")?);
    let Some(withdrawal) = merchant.withdrawal(&reference)? else {
        return by_hand("set a beneficiary with account=.. ifsc=.. (with a live key, this pays out real money)");
    };
    match client.create_withdrawal(withdrawal).send().await {
        Ok(_) => {}
        // The outcome is unknown: look up the order, and never send it again.
        Err(err) if err.outcome() == Outcome::Unknown => {
            let order = client.wait_until_final(&reference).timeout(LOOKUP_TIMEOUT).send().await;
            if order.is_err() {
                return failed(format!(
                    "{err}; {reference} MAY HAVE BEEN PAID OUT, and the lookup failed: ask TurboPay"
                ));
            }
        }
        Err(err) => return Err(err.into()),
    }
    let order = client.lookup(&reference).send().await?;
    order.check(&Expected::new(&reference, merchant.amount))?;
    ok(format!("{reference} is {}", order.status))
}

async fn incomplete_data(merchant: &Merchant) -> Result<StepResult, Failure> {
    let client = merchant.builder(merchant.key.clone()).status_url(&merchant.status_url).build()?;
    let deposit = merchant.deposit(&merchant.reference("incomplete")?)?;
    let err = expect_error(client.create_deposit(deposit).send().await)?;
    not_sent(&err, "a deposit without a redirect URL")
}

async fn invalid_data(merchant: &Merchant) -> Result<StepResult, Failure> {
    let client = merchant.client()?;
    let paise = Money::from_minor(10_050, Currency::INR);
    let (reference, customer) = (merchant.reference("paise")?, "going-live");
    let local = expect_error(client.create_deposit(NewDeposit::upi(paise, reference, customer)).send().await)?;
    if local.outcome() != Outcome::NotSent {
        return failed(format!("an amount with paise should not have been sent: {local}"));
    }
    let (reference, customer) = (merchant.reference("method")?, "going-live");
    let deposit = NewDeposit::new(Method::from("no_such_method"), merchant.amount, reference, customer);
    let remote = expect_error(client.create_deposit(deposit).send().await)?;
    match (remote.outcome(), Problem::of(&remote)) {
        (Outcome::Refused, Some(problem)) => {
            ok(format!("an amount with paise is not sent; an unknown method is rejected with {problem:?}"))
        }
        _ => failed(format!("an unknown method should have been rejected with a known problem: {remote}")),
    }
}

async fn duplicate_data(merchant: &Merchant) -> Result<StepResult, Failure> {
    let (client, reference) = (merchant.client()?, merchant.reference("twice")?);
    client.create_deposit(merchant.deposit(&reference)?).send().await?;
    let err = expect_error(client.create_deposit(merchant.deposit(&reference)?).send().await)?;
    match Problem::of(&err) {
        Some(Problem::MerchantOrderIdTaken) => ok(format!("a second order with {reference} is rejected: {err}")),
        _ => failed(format!("a second order with {reference} should have been rejected as a duplicate: {err}")),
    }
}

async fn wrong_key(merchant: &Merchant) -> Result<StepResult, Failure> {
    let client = merchant.builder(ApiKey::new("sandbox_no_key_of_anybody")?).build()?;
    let err = expect_error(client.default_balance().send().await)?;
    match (err.kind(), err.outcome()) {
        (ErrorKind::Authentication, Outcome::Refused) => ok(err.to_string()),
        _ => failed(format!("a wrong API key should be an authentication error: {err}")),
    }
}

async fn lost_response(merchant: &Merchant) -> Result<StepResult, Failure> {
    let Some(sandbox) = &merchant.sandbox else {
        return by_hand("run this example without an API key: only the sandbox can drop a response");
    };
    let (client, reference) = (merchant.client()?, merchant.reference("lost")?);
    let Some(withdrawal) = merchant.withdrawal(&reference)? else { return failed("there is no beneficiary") };
    sandbox.fault(&format!("turbopay.withdraw order={reference} @after-commit fin"));
    let err = expect_error(client.create_withdrawal(withdrawal).send().await)?;
    let order = client.wait_until_final(&reference).send().await?;
    let executions = sandbox.ledger().order(reference.as_str()).executions();
    if err.outcome() == Outcome::Unknown && order.status == OrderStatus::Success && executions == 1 {
        return ok(format!("{err}; the lookup says {}; paid out once", order.status));
    }
    failed(format!("{err}: {:?}; the lookup says {}; paid out {executions} times", err.outcome(), order.status))
}

fn logging(merchant: &Merchant) -> Result<StepResult, Failure> {
    let log = merchant.log.0.lock().unwrap_or_else(PoisonError::into_inner);
    if log.is_empty() {
        return failed("the observer received no exchange");
    }
    let account = merchant.beneficiary.as_ref().map(|(account, _)| account.as_str());
    let secrets = [merchant.secret.as_deref(), account];
    if log.iter().any(|line| secrets.iter().flatten().any(|text| line.contains(text))) {
        return failed("the log contains an API key or an account number");
    }
    let key_checked = if merchant.secret.is_some() { ", none with the API key" } else { "" };
    ok(format!("{} exchanges so far{key_checked}", log.len()))
}

fn public_status_url(merchant: &Merchant) -> Result<StepResult, Failure> {
    let url = &merchant.status_url;
    let host = url.strip_prefix("https://").and_then(|rest| rest.split(['/', ':']).next());
    if merchant.sandbox.is_some() {
        return by_hand("this is a sandbox: send a POST to your status URL from outside your network");
    }
    match host {
        Some(host) if host != "localhost" && !host.ends_with(".example") && !host.starts_with("127.") => by_hand(
            format!("send an unsigned POST to {url} from outside your network: the correct response is status 400"),
        ),
        _ => failed(format!("TurboPay cannot reach {url}: set status-url=https://..")),
    }
}

async fn required_status_url(merchant: &Merchant) -> Result<StepResult, Failure> {
    let client = merchant.builder(merchant.key.clone()).redirect_url(&merchant.redirect_url).build()?;
    let deposit = merchant.deposit(&merchant.reference("silent")?)?;
    let err = expect_error(client.create_deposit(deposit).send().await)?;
    not_sent(&err, "an order without a status URL")
}

async fn signatures(merchant: &Merchant) -> Result<StepResult, Failure> {
    let Some(sandbox) = &merchant.sandbox else {
        return by_hand(
            "press \"Resend callback\" in the back office: your server responds with 200, and with 400 to a modified copy",
        );
    };
    let reference = paid_deposit(merchant, sandbox, "signed").await?;
    let (verifier, _, body, headers) = last_webhook(sandbox, &reference)?;
    let mut modified = body.clone();
    modified.push(b' ');
    let other_verifier = WebhookVerifier::new(WebhookKey::new("sandbox_another_key")?);
    match (verifier.verify(&modified, &headers), other_verifier.verify(&body, &headers)) {
        (Err(VerifyError::Rejected), Err(VerifyError::Rejected)) => {
            ok("TurboPay's webhook is accepted; a modified body and another key are rejected")
        }
        _ => failed("an invalid webhook was accepted"),
    }
}

async fn amounts(merchant: &Merchant) -> Result<StepResult, Failure> {
    let Some(sandbox) = &merchant.sandbox else {
        return by_hand("pay a test order: your system has the same status and amount as the back office");
    };
    let (client, reference) = (merchant.client()?, merchant.reference("changed")?);
    client.create_deposit(merchant.deposit(&reference)?).send().await?;
    sandbox.turbopay().order(reference.as_str()).succeed_with("250.00");
    sandbox.settle().await;
    let (_, event, ..) = last_webhook(sandbox, &reference)?;
    match event.check(&Expected::new(&reference, merchant.amount)) {
        Err(Mismatch::AmountDiffers { expected, actual }) => {
            ok(format!("the webhook reports {} with {actual} instead of {expected}", event.status))
        }
        other => failed(format!("the paid amount differs from the requested amount, but the check returned {other:?}")),
    }
}

async fn delivery(merchant: &Merchant) -> Result<StepResult, Failure> {
    let Some(sandbox) = &merchant.sandbox else {
        return by_hand("pay a test order and resend its callback: your system delivers the goods once");
    };
    let reference = paid_deposit(merchant, sandbox, "goods").await?;
    let (_, first, ..) = last_webhook(sandbox, &reference)?;
    sandbox.turbopay().order(reference.as_str()).resend();
    sandbox.settle().await;
    let (_, second, ..) = last_webhook(sandbox, &reference)?;
    first.check(&Expected::new(&reference, merchant.amount))?;
    let transitions = [
        transition(Direction::Deposit, &OrderStatus::New, &first.status),
        transition(Direction::Deposit, &first.status, &second.status),
    ];
    match transitions {
        [Transition::Expected, Transition::Repeated] => {
            ok("the first webhook is an expected transition, and its repetition is recognised")
        }
        other => failed(format!("a webhook and its repetition are classified as {other:?}")),
    }
}

async fn whitelisted(merchant: &Merchant) -> Result<StepResult, Failure> {
    match merchant.client()?.default_balance().send().await {
        Ok(balance) => {
            ok(format!("the balance is {} {}; run this on each server", balance.available()?, balance.currency))
        }
        Err(err) => failed(match err.advice() {
            Some(advice) => format!("{err}: {advice}"),
            None => err.to_string(),
        }),
    }
}

/// Creates a deposit and lets the sandbox's customer pay it.
async fn paid_deposit(merchant: &Merchant, sandbox: &Sandbox, name: &str) -> Result<MerchantOrderId, Failure> {
    let reference = merchant.reference(name)?;
    merchant.client()?.create_deposit(merchant.deposit(&reference)?).send().await?;
    sandbox.turbopay().order(reference.as_str()).succeed();
    sandbox.settle().await;
    Ok(reference)
}

type ReceivedWebhook = (WebhookVerifier, Verified<Event>, Vec<u8>, HeaderMap);

/// Returns the latest webhook about an order, verified.
fn last_webhook(sandbox: &Sandbox, reference: &MerchantOrderId) -> Result<ReceivedWebhook, Failure> {
    let deliveries = sandbox.deliveries();
    let delivery = deliveries.into_iter().rfind(|delivery| delivery.reference == reference.as_str());
    let delivery = delivery.ok_or("the sandbox sent no webhook about this order")?;
    let mut headers = HeaderMap::new();
    for (name, value) in &delivery.headers {
        headers.append(name.parse::<HeaderName>()?, value.parse::<HeaderValue>()?);
    }
    let verifier = WebhookVerifier::new(WebhookKey::new(sandbox.turbopay().webhook_key())?);
    let event = verifier.verify(&delivery.body, &headers)?;
    Ok((verifier, event, delivery.body, headers))
}

/// The merchant who runs the checklist, in a sandbox or at TurboPay.
pub(crate) struct Merchant {
    key: ApiKey,
    /// The sandbox key as text, to search the log for it. A real key cannot be read back.
    secret: Option<String>,
    base_url: Option<String>,
    status_url: String,
    redirect_url: String,
    amount: Money,
    traffic: Traffic,
    beneficiary: Option<(BankAccount, BankCode)>,
    sandbox: Option<Sandbox>,
    log: Log,
    /// Makes the references of this run unique.
    run: u128,
}

impl Merchant {
    pub(crate) fn at_turbopay(key: ApiKey, arguments: Arguments) -> Result<Self, Failure> {
        let status_url = arguments.status_url.unwrap_or_else(|| "https://shop.example/turbopay".to_owned());
        let redirect_url = arguments.redirect_url.unwrap_or_else(|| "https://shop.example/thanks".to_owned());
        let beneficiary = match (arguments.account, arguments.ifsc) {
            (Some(account), Some(ifsc)) => Some((account.parse()?, ifsc.parse()?)),
            (None, None) => None,
            _ => return Err("set both account and ifsc, or neither".into()),
        };
        Ok(Self {
            key,
            secret: None,
            base_url: arguments.base_url,
            status_url,
            redirect_url,
            amount: Money::parse(arguments.amount.as_deref().unwrap_or("500"), Currency::INR)?,
            traffic: Traffic::from(arguments.traffic.as_deref().unwrap_or("std")),
            beneficiary,
            sandbox: None,
            log: Log::default(),
            run: std::time::UNIX_EPOCH.elapsed()?.as_millis(),
        })
    }

    pub(crate) fn in_sandbox(sandbox: Sandbox, arguments: Arguments) -> Result<Self, Failure> {
        let secret = sandbox.turbopay().api_key().to_owned();
        let base_url = Some(sandbox.turbopay().base_url().to_owned());
        let status_url = arguments.status_url.clone().or_else(|| Some("http://127.0.0.1:9/turbopay".to_owned()));
        let (account, ifsc) = (Some("065432123456789".to_owned()), Some("HDFC0000053".to_owned()));
        let arguments = Arguments { base_url, status_url, account, ifsc, ..arguments };
        let merchant = Self::at_turbopay(ApiKey::new(secret.as_str())?, arguments)?;
        Ok(Self { secret: Some(secret), sandbox: Some(sandbox), ..merchant })
    }

    /// Builds a client with both URLs set.
    fn client(&self) -> Result<Client, Error> {
        let builder = self.builder(self.key.clone()).status_url(&self.status_url).redirect_url(&self.redirect_url);
        builder.build()
    }

    /// Starts building a client without the URLs for webhooks and customers.
    fn builder(&self, key: ApiKey) -> ClientBuilder {
        let mut builder = Client::builder(key).traffic(self.traffic.clone()).observer(self.log.clone());
        if let Some(base_url) = &self.base_url {
            builder = builder.base_url(base_url);
        }
        match &self.sandbox {
            Some(sandbox) => builder.clock(sandbox.clock()).timer(sandbox.clock()),
            None => builder,
        }
    }

    fn reference(&self, name: &str) -> Result<MerchantOrderId, Failure> {
        Ok(format!("going-live-{}-{name}", self.run).parse()?)
    }

    fn deposit(&self, reference: &MerchantOrderId) -> Result<NewDeposit, Failure> {
        Ok(NewDeposit::upi(self.amount, reference.clone(), "going-live"))
    }

    fn withdrawal(&self, reference: &MerchantOrderId) -> Result<Option<NewWithdrawal>, Failure> {
        let Some((account, bank)) = self.beneficiary.clone() else { return Ok(None) };
        let customer = "going-live";
        Ok(Some(NewWithdrawal::bank_transfer(self.amount, reference.clone(), customer, account, bank)))
    }
}

/// The command line's arguments: `name=value`.
#[derive(Default)]
pub(crate) struct Arguments {
    base_url: Option<String>,
    status_url: Option<String>,
    redirect_url: Option<String>,
    amount: Option<String>,
    traffic: Option<String>,
    account: Option<String>,
    ifsc: Option<String>,
}

impl Arguments {
    pub(crate) fn parse(arguments: impl Iterator<Item = String>) -> Result<Self, Failure> {
        let mut parsed = Self::default();
        for argument in arguments {
            let (name, value) =
                argument.split_once('=').ok_or_else(|| format!("`{argument}` must have the form name=value"))?;
            let field = match name {
                "base-url" => &mut parsed.base_url,
                "status-url" => &mut parsed.status_url,
                "redirect-url" => &mut parsed.redirect_url,
                "amount" => &mut parsed.amount,
                "traffic" => &mut parsed.traffic,
                "account" => &mut parsed.account,
                "ifsc" => &mut parsed.ifsc,
                _ => return Err(format!("there is no argument `{name}`").into()),
            };
            *field = Some(value.to_owned());
        }
        Ok(parsed)
    }
}

/// A log with one line for each exchange. A merchant would write it to a file.
#[derive(Debug, Clone, Default)]
struct Log(Arc<Mutex<Vec<String>>>);

impl Observer for Log {
    fn exchange(&self, exchange: &Exchange<'_>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(format!("{exchange:?}"));
    }
}

/// One step of the checklist and its result.
pub(crate) struct Step {
    pub(crate) name: &'static str,
    pub(crate) result: StepResult,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (label, text) = match &self.result {
            StepResult::Ok(text) => ("ok", text),
            StepResult::Failed(text) => ("FAILED", text),
            StepResult::ByHand(text) => ("by hand", text),
        };
        write!(f, "{label:<8} {}: {text}", self.name)
    }
}

pub(crate) enum StepResult {
    Ok(String),
    Failed(String),
    ByHand(String),
}

/// Any error makes the step fail.
fn step(name: &'static str, result: Result<StepResult, Failure>) -> Step {
    Step { name, result: result.unwrap_or_else(|err| StepResult::Failed(err.to_string())) }
}

fn manual_step(name: &'static str, instruction: &str) -> Step {
    Step { name, result: StepResult::ByHand(instruction.to_owned()) }
}

fn ok(text: impl Into<String>) -> Result<StepResult, Failure> {
    Ok(StepResult::Ok(text.into()))
}

fn failed(text: impl Into<String>) -> Result<StepResult, Failure> {
    Ok(StepResult::Failed(text.into()))
}

fn by_hand(text: impl Into<String>) -> Result<StepResult, Failure> {
    Ok(StepResult::ByHand(text.into()))
}

fn not_sent(err: &Error, request: &str) -> Result<StepResult, Failure> {
    match err.outcome() {
        Outcome::NotSent => ok(format!("{request} is not sent: {err}")),
        Outcome::Refused | Outcome::Unknown => failed(format!("{request} should not have been sent: {err}")),
    }
}

/// Returns the error of a call that must fail.
fn expect_error<T>(result: Result<T, Error>) -> Result<Error, Failure> {
    result.map_or_else(Ok, |_| Err("the call succeeded, but it should have failed".into()))
}

/// How long a withdrawal with an unknown outcome is looked up.
const LOOKUP_TIMEOUT: Duration = Duration::from_secs(60);
